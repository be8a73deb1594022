// SPDX-License-Identifier: MIT

package loki

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// transcript is what a server answered to a chapter of the script, one line an answer, with times told from the chapter's
// own instant on, so that two of them can be compared.
type transcript struct {
	t      *testing.T
	server *server
	tenant string
	now    time.Time // the chapter's instant: a whole second
	lines  []string
}

func (c *transcript) note(step, format string, arguments ...any) {
	c.lines = append(c.lines, step+": "+fmt.Sprintf(format, arguments...))
}

func (c *transcript) at(offset time.Duration) time.Time { return c.now.Add(offset) }

var (
	moment  = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC)`)
	vsLimit = regexp.MustCompile(`\(\d+ vs\. `)
)

// told makes a text comparable: times to the minute from the chapter's instant on.
func (c *transcript) told(text string) string {
	text = moment.ReplaceAllStringFunc(text, func(found string) string {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999 -0700 MST"} {
			if at, err := time.Parse(layout, found); err == nil {
				if at.Year() < 2000 {
					return "<long ago>"
				}
				return fmt.Sprintf("<%+d min>", int(at.Sub(c.now).Round(time.Minute).Minutes()))
			}
		}
		return found
	})
	text = vsLimit.ReplaceAllString(text, "(N vs. ")
	text = strings.TrimSpace(text)
	if parts := strings.Split(text, "; "); len(parts) > 1 { // groups of errors come in no order
		slices.Sort(parts)
		text = strings.Join(parts, "; ")
	}
	if len(text) > 700 {
		text = text[:300] + fmt.Sprintf("...%d more...", len(text)-600) + text[len(text)-300:]
	}
	return strings.ReplaceAll(text, "\n", `\n`)
}

func (c *transcript) send(body []byte, headers map[string]string) (int, string) {
	request, err := http.NewRequest("POST", c.server.url+"/loki/api/v1/push", bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	return c.server.do(request, c.tenant, headers)
}

// push notes the answer to streams in protobuf.
func (c *transcript) push(step string, streams ...stream) {
	c.raw(step, packed(streams...), map[string]string{"Content-Type": "application/x-protobuf"})
}

// raw notes the answer to any body.
func (c *transcript) raw(step string, body []byte, headers map[string]string) {
	status, text := c.send(body, headers)
	c.note(step, "%d %s", status, c.told(text))
}

// rawStatus is for what the stand-in refuses in words of its own.
func (c *transcript) rawStatus(step string, body []byte, headers map[string]string) {
	status, _ := c.send(body, headers)
	c.note(step, "%d", status)
}

type answer struct {
	Data struct {
		ResultType string
		Result     []struct {
			Stream, Metric map[string]string
			Values         [][]any
			Value          []any
		}
		Stats struct {
			Summary struct{ TotalLinesProcessed, TotalBytesProcessed int64 }
		}
	}
}

func (c *transcript) ask(path string, parameters url.Values, headers map[string]string) (int, string) {
	return c.server.ask(c.tenant, "/loki/api/v1/"+path+"?"+parameters.Encode(), headers)
}

func labelText(labels map[string]string) string {
	text, _ := json.Marshal(labels) // in order of names
	return string(text)
}

// rows notes the rows of a log query within two hours of the chapter's instant, each on a line, in the answer's order
// where a limit is given.
func (c *transcript) rows(step, query string, options ...string) {
	parameters := url.Values{"query": {query}, "start": {nanos(c.at(-2 * time.Hour))}, "end": {nanos(c.at(2 * time.Hour))},
		"limit": {"2000"}, "direction": {"forward"}}
	inOrder := false
	for _, option := range options {
		name, value, _ := strings.Cut(option, "=")
		parameters.Set(name, value)
		inOrder = inOrder || name == "limit"
	}
	status, body := c.ask("query_range", parameters, nil)
	if status != http.StatusOK {
		c.note(step, "%d", status)
		return
	}
	var all answer
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		c.t.Fatalf("%s: %v: %s", step, err, body)
	}
	var rows []string
	for _, one := range all.Data.Result {
		for _, value := range one.Values {
			at, _ := strconv.ParseInt(value[0].(string), 10, 64)
			line := value[1].(string)
			if len(line) > 120 {
				line = fmt.Sprintf("%s...(%d)", line[:20], len(line))
			}
			rows = append(rows, fmt.Sprintf("%+d %s %q", at-c.now.UnixNano(), labelText(one.Stream), line))
		}
	}
	if slices.Sort(rows); inOrder {
		c.note(step, "%d in order", len(rows))
	}
	if len(rows) > 60 {
		c.note(step, "%d rows, %s ... %s", len(rows), rows[0], rows[len(rows)-1])
		return
	}
	for _, row := range rows {
		c.note(step, "%s", row)
	}
	c.note(step, "%d rows", len(rows))
}

func nanos(at time.Time) string { return strconv.FormatInt(at.UnixNano(), 10) }

// instant notes an instant query's answer at the chapter's instant.
func (c *transcript) instant(step, query string) {
	status, body := c.ask("query", url.Values{"query": {query}, "time": {nanos(c.now)}}, nil)
	c.metric(step, status, body)
}

// over notes a range query's answer between two times that are no whole steps, in steps.
func (c *transcript) over(step, query, width string) {
	status, body := c.ask("query_range", url.Values{"query": {query}, "start": {nanos(c.at(-10*time.Minute + 7*time.Second))},
		"end": {nanos(c.at(-20 * time.Second))}, "step": {width}}, nil)
	c.metric(step, status, body)
}

func (c *transcript) metric(step string, status int, body string) {
	if status != http.StatusOK {
		c.note(step, "%d", status)
		return
	}
	var all answer
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		var scalar struct{ Data struct{ Result []any } }
		if err := json.Unmarshal([]byte(body), &scalar); err != nil || len(scalar.Data.Result) != 2 {
			c.t.Fatalf("%s: %v: %s", step, err, body)
		}
		c.note(step, "scalar %v", scalar.Data.Result[1])
		return
	}
	var points []string
	for _, one := range all.Data.Result {
		values := one.Values
		if one.Value != nil {
			values = append(values, one.Value)
		}
		for _, value := range values {
			at := time.UnixMilli(int64(value[0].(float64) * 1000))
			points = append(points, fmt.Sprintf("%s @%+g = %v", labelText(one.Metric), at.Sub(c.now).Seconds(), rounded(value[1].(string))))
		}
	}
	slices.Sort(points)
	c.note(step, "%s of %d", all.Data.ResultType, len(points))
	for _, point := range points {
		c.note(step, "%s", point)
	}
}

// rounded leaves the last digits of a quotient out.
func rounded(value string) string {
	number, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return value
	}
	return strconv.FormatFloat(number, 'g', 12, 64)
}

// list notes the data of a label or series query.
func (c *transcript) list(step, path string, parameters url.Values) {
	if parameters == nil {
		parameters = url.Values{}
	}
	parameters.Set("start", nanos(c.at(-2*time.Hour)))
	parameters.Set("end", nanos(c.at(time.Hour)))
	status, body := c.ask(path, parameters, nil)
	var found struct{ Data []any }
	if status != http.StatusOK || json.Unmarshal([]byte(body), &found) != nil {
		c.note(step, "%d", status)
		return
	}
	var texts []string
	for _, one := range found.Data {
		text, _ := json.Marshal(one)
		texts = append(texts, string(text))
	}
	slices.Sort(texts)
	c.note(step, "%s", strings.Join(texts, " "))
}

// counters notes the tenant's series of a counter by reason.
func (c *transcript) counters(step string) {
	_, body := c.server.ask("", "/metrics", nil)
	sums := map[string]float64{}
	reason := regexp.MustCompile(`reason="(\w+)"`)
	for _, line := range strings.Split(body, "\n") {
		name, _, _ := strings.Cut(line, "{")
		wanted := name == "loki_discarded_samples_total" || name == "loki_discarded_bytes_total" ||
			name == "loki_distributor_lines_received_total" || name == "loki_distributor_bytes_received_total" ||
			name == "loki_ingester_memory_streams"
		if !wanted || !strings.Contains(line, `tenant="`+c.tenant+`"`) {
			continue
		}
		if found := reason.FindStringSubmatch(line); found != nil {
			name += " " + found[1]
		}
		value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			c.t.Fatal(err)
		}
		sums[name] += value
	}
	var texts []string
	for name, value := range sums {
		texts = append(texts, fmt.Sprintf("%s %v", name, value))
	}
	slices.Sort(texts)
	for _, text := range texts {
		c.note(step, "%s", text)
	}
}
