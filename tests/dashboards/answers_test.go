// SPDX-License-Identifier: MIT

package dashboards

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// answer is any query's result: value by "label=value,..." with "@seconds" in a range; a log row counts 1.
type answer map[string]float64

func labelText(labels map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if labels[name] != "" {
			parts = append(parts, name+"="+labels[name])
		}
	}
	return strings.Join(parts, ",")
}

func atSecond(labels string, second int64) string { return fmt.Sprintf("%s@%d", labels, second) }

func instantOf(s server, expr string, at time.Time) (answer, error) {
	results, _, err := s.query("/query", url.Values{"query": {expr}, "time": {at.Format(time.RFC3339)}})
	found := answer{}
	for _, one := range results {
		found[labelText(one.Metric)] += number(one.Value[1])
	}
	return found, err
}

func rangeOf(s server, expr string, start, end time.Time, step time.Duration) (answer, error) {
	results, _, err := s.query("/query_range", url.Values{"query": {expr}, "start": {start.Format(time.RFC3339)},
		"end": {end.Format(time.RFC3339)}, "step": {strconv.Itoa(int(step.Seconds()))}})
	found := answer{}
	for _, one := range results {
		for _, point := range one.Values {
			found[atSecond(labelText(one.Metric), int64(point[0].(float64)))] += number(point[1])
		}
	}
	return found, err
}

// rowsOf gives the named labels of each log row, its millisecond as "at" among them.
func rowsOf(s server, expr string, start, end time.Time, limit int, labels []string) (answer, error) {
	results, _, err := s.query("/query_range", url.Values{"query": {expr}, "start": {unix(start)}, "end": {unix(end)},
		"limit": {strconv.Itoa(limit)}, "direction": {"backward"}})
	found := answer{}
	for _, one := range results {
		for _, row := range one.Values {
			kept := map[string]string{"at": decimal(must(strconv.ParseInt(row[0].(string), 10, 64)) / 1e6)}
			for _, name := range labels {
				kept[name] = one.Stream[name]
			}
			found[labelText(kept)]++
		}
	}
	return found, err
}

// expected is what a query must answer. With top, at each instant any `top` of the highest will do, since equals have
// no order.
type expected struct {
	answer
	top int
}

func instantKey(key string) string {
	if i := strings.LastIndexByte(key, '@'); i >= 0 {
		return key[i:]
	}
	return ""
}

func (want expected) check(t *testing.T, got answer) {
	t.Helper()
	report := func(key string) { t.Errorf("%q: got %v, want %v", key, got[key], want.answer[key]) }
	if want.top == 0 {
		for key := range want.answer {
			if _, found := got[key]; !found {
				report(key)
			}
		}
	}
	for key, value := range got {
		if wanted, known := want.answer[key]; !known || math.Abs(wanted-value) > 1e-9 {
			report(key)
		}
	}
	if want.top > 0 {
		for at, values := range byInstant(want.answer) {
			slices.Sort(values)
			slices.Reverse(values)
			values = values[:min(want.top, len(values))]
			found := byInstant(got)[at]
			slices.Sort(found)
			slices.Reverse(found)
			if !slices.Equal(found, values) {
				t.Errorf("the highest %d%s: got %v, want %v", want.top, at, found, values)
			}
		}
	}
}

func byInstant(all answer) map[string][]float64 {
	groups := map[string][]float64{}
	for key, value := range all {
		groups[instantKey(key)] = append(groups[instantKey(key)], value)
	}
	return groups
}
