// SPDX-License-Identifier: MIT

package logql

import (
	"testing"
	"time"
)

// What Loki takes and the stand-in does not is an error, so that no test passes by accident.
func TestWhatIsNotKnownIsAnError(t *testing.T) {
	for _, query := range []string{
		`{job="a"} | pattern "<_> <x>"`, `{job="a"} | unpack`, `{job="a"} | decolorize`, `{job="a"} | logfmt --strict`, `{job="a"} |> "<_>x"`,
		`{job="a"} |= ip("127.0.0.1")`, `{job="a"} | a > 5s`, `{job="a"} | a > 5MB`, `{job="a"} | a=ip("127.0.0.1")`, `{job="a"} | drop a="b"`,
		`{job="a"} | line_format "{{.a | sha1sum}}"`, `stddev(vector(1))`, `sort(vector(1))`, `quantile_over_time(0.9, {job="a"} | unwrap a [1m])`,
		`first_over_time({job="a"} | unwrap a [1m])`, `absent_over_time({job="a"}[1m])`, `sum(vector(1)) * on (a) group_left vector(1)`,
		`sum_over_time({job="a"} | unwrap duration(a) [1m])`, `vector(1) atan2 vector(1)`, `count_over_time({job="a"}[1m]) by (a)`,
		`variants(count_over_time({job="a"}[1m])) of ({job="a"}[1m])`, `approx_topk(1, vector(1))`,
	} {
		if made, err := Parse(query); err == nil {
			t.Errorf("%s: %#v", query, made)
		}
	}
}

func TestDurations(t *testing.T) {
	for text, wanted := range map[string]time.Duration{"7d": 168 * time.Hour, "1d12h": 36 * time.Hour, "90s": 90 * time.Second, "1w": 168 * time.Hour, "1h30m": 90 * time.Minute} {
		if got, err := ParseDuration(text); got != wanted || err != nil {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "5", "d", "x", "1h7d"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}
