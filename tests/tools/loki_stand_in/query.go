// SPDX-License-Identifier: MIT

package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
)

// instant reads a time: RFC 3339, or seconds with a fraction, or nanoseconds.
func instant(text string, missing time.Time) (time.Time, error) {
	if text == "" {
		return missing, nil
	}
	if strings.Contains(text, ".") {
		if seconds, err := strconv.ParseFloat(text, 64); err == nil {
			whole, part := math.Modf(seconds)
			return time.Unix(int64(whole), int64(math.Round(part*1000)*1e6)), nil
		}
	}
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		if len(text) <= 10 {
			return time.Unix(number, 0), nil
		}
		return time.Unix(0, number), nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return at, fmt.Errorf("could not parse '%s' as a time", text)
	}
	return at, nil
}

func span(r *http.Request, length time.Duration) (start, end time.Time, err error) {
	if end, err = instant(r.FormValue("end"), time.Now()); err != nil {
		return start, end, err
	}
	if since := r.FormValue("since"); since != "" {
		if length, err = logql.ParseDuration(since); err != nil {
			return start, end, err
		}
	}
	start, err = instant(r.FormValue("start"), end.Add(-length))
	if err == nil && end.Before(start) {
		err = errors.New("end timestamp must not be before or equal to start time")
	}
	return start, end, err
}

func (a *api) engine(tenant string) *logql.Engine {
	return &logql.Engine{Source: source{a.store, tenant}, MaxSeries: a.config.limits.querySeries, Doubles: a.store.version.doubles}
}

func (a *api) query(w http.ResponseWriter, r *http.Request, tenant string) {
	expr, err := logql.Parse(r.FormValue("query"))
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if _, log := expr.(*logql.LogExpr); log {
		refuse(w, http.StatusBadRequest, "log queries are not supported as an instant query type, please change your query to a range query type")
		return
	}
	at, err := instant(r.FormValue("time"), time.Now())
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	begun, engine := time.Now(), a.engine(tenant)
	result, err := engine.Metric(expr, []int64{at.UnixNano()})
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	seconds := float64(at.UnixMilli()) / 1000
	if result.Scalar {
		respond(w, "scalar", []any{seconds, number64(result.Series[0].Values[0])}, engine, begun, nil)
		return
	}
	// The largest first, as topk has it.
	slices.SortStableFunc(result.Series, func(x, y *logql.Series) int {
		return cmp.Or(cmp.Compare(y.Values[0], x.Values[0]), strings.Compare(x.Labels.String(), y.Labels.String()))
	})
	vector := []any{}
	for _, one := range result.Series {
		vector = append(vector, map[string]any{"metric": one.Labels.Map(), "value": []any{seconds, number64(one.Values[0])}})
	}
	respond(w, "vector", vector, engine, begun, nil)
}

func number64(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }

func (a *api) queryRange(w http.ResponseWriter, r *http.Request, tenant string) {
	expr, err := logql.Parse(r.FormValue("query"))
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	start, end, err := span(r, time.Hour)
	if err == nil && a.config.limits.queryLength > 0 && end.Sub(start) > a.config.limits.queryLength {
		err = fmt.Errorf("the query time range exceeds the limit (query length: %s, limit: %s)", end.Sub(start), days(a.config.limits.queryLength))
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if log, ok := expr.(*logql.LogExpr); ok {
		a.rows(w, r, tenant, log, start, end)
		return
	}
	step, err := stepOf(r.FormValue("step"), start, end)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	var steps []int64
	for at := start.UnixNano() / step * step; at < end.UnixNano()+step; at += step {
		steps = append(steps, at)
	}
	begun, engine := time.Now(), a.engine(tenant)
	result, err := engine.Metric(expr, steps)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	matrix := []any{}
	slices.SortStableFunc(result.Series, func(x, y *logql.Series) int { return strings.Compare(x.Labels.String(), y.Labels.String()) })
	for _, one := range result.Series {
		values := []any{}
		for i, there := range one.There {
			if there {
				values = append(values, []any{float64(steps[i]/1e6) / 1000, number64(one.Values[i])})
			}
		}
		matrix = append(matrix, map[string]any{"metric": one.Labels.Map(), "values": values})
	}
	respond(w, "matrix", matrix, engine, begun, nil)
}

// days is a duration as Prometheus writes it: 30d1h.
func days(length time.Duration) string {
	text, hours := "", int64(length.Hours())
	for _, unit := range []struct {
		name  string
		hours int64
	}{{"d", 24}, {"h", 1}} {
		if count := hours / unit.hours; count > 0 {
			text += strconv.FormatInt(count, 10) + unit.name
			hours -= count * unit.hours
		}
	}
	return text
}

const mostSteps = 11000

func stepOf(text string, start, end time.Time) (int64, error) {
	step := time.Duration(max(math.Floor(end.Sub(start).Seconds()/250), 1)) * time.Second
	if text != "" {
		if seconds, err := strconv.ParseFloat(text, 64); err == nil {
			step = time.Duration(seconds * float64(time.Second))
		} else if step, err = logql.ParseDuration(text); err != nil {
			return 0, fmt.Errorf("cannot parse %q to a valid duration", text)
		}
	}
	if step <= 0 {
		return 0, errors.New("zero or negative query resolution step widths are not accepted. Try a positive integer")
	}
	if end.Sub(start)/step > mostSteps {
		return 0, errors.New("exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter")
	}
	return int64(step), nil
}

const categories = "categorize-labels"

func (a *api) rows(w http.ResponseWriter, r *http.Request, tenant string, log *logql.LogExpr, start, end time.Time) {
	limit, limits := 100, a.config.limits
	if text := r.FormValue("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
	}
	if limit <= 0 {
		refuse(w, http.StatusBadRequest, "limit must be a positive value")
		return
	}
	if limits.entriesPerQuery > 0 && limit > limits.entriesPerQuery {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("max entries limit per query exceeded, limit > max_entries_limit_per_query (%d > %d)",
			limit, limits.entriesPerQuery))
		return
	}
	direction := strings.ToLower(cmp.Or(r.FormValue("direction"), "backward"))
	if direction != "backward" && direction != "forward" {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("invalid direction '%s'", r.FormValue("direction")))
		return
	}
	begun, engine := time.Now(), a.engine(tenant)
	categorized := strings.Contains(r.Header.Get("X-Loki-Response-Encoding-Flags"), categories)
	results, flags := []map[string]any{}, []string(nil)
	if categorized {
		flags = []string{categories}
	}
	byLabels := map[string]int{}
	for _, row := range engine.Logs(log, start.UnixNano(), end.UnixNano(), limit, direction == "backward") {
		labels, value := row.Labels, []any{strconv.FormatInt(row.Nanos, 10), strings.ToValidUTF8(row.Line, "\uFFFD")}
		for _, one := range labels {
			if !readable(one.Name) {
				refuse(w, http.StatusInternalServerError, "err while creating labelset for "+labels.String())
				return
			}
		}
		if categorized {
			labels, value = row.Stream, append(value, extras(row))
		}
		at, known := byLabels[labels.String()]
		if !known {
			at = len(results)
			byLabels[labels.String()] = at
			results = append(results, map[string]any{"stream": labels.Map(), "values": []any{}})
		}
		results[at]["values"] = append(results[at]["values"].([]any), value)
	}
	respond(w, "streams", results, engine, begun, flags)
}

// readable says whether Loki can show a label of that name.
func readable(name string) bool {
	labels, err := parseLabels("{" + name + `="x"}`)
	return err == nil && len(labels) == 1 && name[0] != '"'
}

func extras(row logql.Row) map[string]any {
	made := map[string]any{}
	if len(row.Metadata) > 0 {
		made["structuredMetadata"] = row.Metadata.Map()
	}
	if len(row.Parsed) > 0 {
		made["parsed"] = row.Parsed.Map()
	}
	return made
}

func respond(w http.ResponseWriter, kind string, result any, engine *logql.Engine, begun time.Time, flags []string) {
	data := map[string]any{"resultType": kind, "result": result, "stats": map[string]any{"summary": map[string]any{
		"totalLinesProcessed": engine.Lines, "totalBytesProcessed": engine.Bytes, "execTime": time.Since(begun).Seconds(),
	}}}
	if flags != nil {
		data["encodingFlags"] = flags
	}
	answer(w, map[string]any{"status": "success", "data": data})
}
