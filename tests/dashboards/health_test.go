// SPDX-License-Identifier: MIT

package dashboards

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	scrape = 15 * time.Second
	phase  = 12 * time.Minute
)

// exposition is one answer of the daemon's /metrics: value by series.
type exposition map[string]float64

func scrapeOf(address string) exposition {
	values := exposition{}
	response, err := http.Get(address)
	if err != nil {
		return values
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return values // the port is open a moment before there is something to serve
	}
	for _, line := range strings.Split(string(must(io.ReadAll(response.Body))), "\n") {
		if at := strings.LastIndexByte(line, ' '); at > 0 && line[0] != '#' {
			values[line[:at]] = must(strconv.ParseFloat(line[at+1:], 64))
		}
	}
	return values
}

// lifeOfADaemon gives the metrics of a real daemon that is idle, then cannot reach Loki, then spools, then delivered, then finds
// its log cut.
func lifeOfADaemon(t *testing.T, loki server) []exposition {
	var up atomic.Bool
	pass := httputil.NewSingleHostReverseProxy(must(url.Parse(loki.base)))
	way := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !up.Load() {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(way.Close)
	folder, address := t.TempDir(), freeAddress()
	metrics := "http://" + address + "/metrics"
	start(t, bridgeBinary(), "run", "--loki-url", way.URL, "--tenant", loki.tenant, "--log-dir", filepath.Join(folder, "logs"),
		"--state-dir", filepath.Join(folder, "state"), "--metrics-address", address, "--owner", "joe")

	text := "no line of Boundary's\n"
	for _, drop := range []string{"channel", "batch"} {
		text += fmt.Sprintf("time=2026-06-09T12:00:00.100Z level=WARN msg=\"audit log dropped, %s full\"\n", drop)
	}
	for _, d := range knownDecisions()[:40] {
		text += d.line()
	}
	// One that Boundary cannot have written, for its level.
	forged := knownDecisions()[40]
	forged.allowed, forged.rule = true, "domain="+forged.domain
	text += strings.Replace(forged.line(), "level=INFO", "level=WARN", 1)
	future := decision{at: time.Now().Add(24 * time.Hour).UTC(), method: "GET", request: plain("h.example", "/")}
	text += future.line() // Loki refuses it
	var life []exposition
	until := func(what string, holds func(exposition) bool) {
		t.Helper()
		var seen exposition
		eventually(t, what, func() bool { seen = scrapeOf(metrics); return len(seen) > 0 && holds(seen) })
		life = append(life, seen)
	}
	until("the daemon is idle", func(e exposition) bool { return e["boundary_loki_lag_seconds"] == 0 })
	log := write(t, filepath.Join(folder, "logs", "boundary-2026-06-09_11-00-00-1.log"), text)
	if err := os.Symlink("/etc/hostname", filepath.Join(folder, "logs", "boundary-2026-06-09_11-00-00-2.log")); err != nil {
		t.Fatal(err)
	}
	until("a decision waits", func(e exposition) bool {
		return e["boundary_loki_lag_seconds"] > 0 && e["boundary_loki_push_retries_total"] > 0
	})
	until("it spools", func(e exposition) bool { return e["boundary_loki_spool_bytes"] > 0 })
	up.Store(true)
	until("all is delivered or refused", func(e exposition) bool {
		return e["boundary_loki_pushed_entries_total"] == 43 && e["boundary_loki_spool_bytes"] == 0 &&
			e[`boundary_loki_rejected_entries_total{reason="too_far_in_future"}`] == 1
	})
	if err := os.Truncate(log, 10); err != nil {
		t.Fatal(err)
	}
	up.Store(false)
	loseOneEntry(t, folder, metrics)
	up.Store(true)
	until("the log was tampered with, and an entry is lost", func(e exposition) bool {
		return e[`boundary_loki_tampered_files_total{kind="truncated"}`] == 1 && e["boundary_loki_lost_entries_total"] == 1
	})
	return life
}

// loseOneEntry has two segments spooled and takes them away, with their logs. The older one's entry is in memory, to be
// tried.
func loseOneEntry(t *testing.T, folder, metrics string) {
	var taken []string
	for i := range 2 {
		taken = append(taken, write(t, filepath.Join(folder, "logs", fmt.Sprintf("boundary-2026-06-09_11-00-00-%d.log", 3+i)),
			fmt.Sprintf("time=2026-06-09T12:00:00.%d00Z level=ERROR msg=\"of no interest\"\n", i)))
		eventually(t, "a segment more", func() bool { return scrapeOf(metrics)["boundary_loki_spool_segments"] == float64(i+1) })
	}
	for _, path := range append(must(filepath.Glob(filepath.Join(folder, "state", "spool", "*.zst"))), taken...) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// prometheusOf is a Prometheus that scraped the exposures, each for a phase from `from` on. The times are made up, so
// that they are exact and nobody waits for an hour; scraping itself is tested in tests/end_to_end.
func prometheusOf(t *testing.T, life []exposition) server {
	var text strings.Builder
	for at := from; !at.After(to); at = at.Add(scrape) {
		for series, value := range life[phaseAt(at)] {
			name, labels, _ := strings.Cut(strings.TrimSuffix(series, "}"), "{")
			fmt.Fprintf(&text, "%s{%s} %v %d\n", name, strings.Trim(labels+`,instance="w1:9765",job="boundary-loki"`, ","), value, at.Unix())
		}
	}
	folder := t.TempDir()
	samples := write(t, filepath.Join(folder, "samples"), text.String()+"# EOF\n")
	run(t, filepath.Join(tools, "promtool"), "tsdb", "create-blocks-from", "openmetrics", samples, filepath.Join(folder, "data"))
	return startPrometheus(t, write(t, filepath.Join(folder, "prometheus.yml"), "scrape_configs: []\n"), filepath.Join(folder, "data"))
}

func phaseAt(at time.Time) int { return min(4, int(at.Sub(from)/phase)) }

// history answers what Prometheus should know, from the exposures alone.
type history []exposition

var labelPair = regexp.MustCompile(`(\w+)="((?:[^"\\]|\\.)*)"`)

// sum adds up what `of` gives for each series of a name, by one label or none, leaving out series with `skip` in them.
func (h history) sum(name, by, skip string, of func(series string) (float64, bool)) answer {
	found := answer{}
	for series := range h[len(h)-1] {
		if base, _, _ := strings.Cut(series, "{"); base != name || (skip != "" && strings.Contains(series, skip)) {
			continue
		}
		labels := map[string]string{"instance": "w1:9765"}
		for _, pair := range labelPair.FindAllStringSubmatch(series, -1) {
			labels[pair[1]] = pair[2]
		}
		maps.DeleteFunc(labels, func(label, _ string) bool { return !slices.Contains(strings.Fields(by), label) })
		if value, known := of(series); known {
			found[labelText(labels)] += value
		}
	}
	return found
}

func (h history) now(at time.Time) func(string) (float64, bool) {
	return func(series string) (float64, bool) { value, known := h[phaseAt(at)][series]; return value, known }
}

// increase over a window that ends at a scrape. A window reaches back to a scrape, too, so Prometheus extrapolates only
// for a series that is younger than the window; such a one must not have moved.
func (h history) increase(at time.Time, window time.Duration) func(string) (float64, bool) {
	return func(series string) (float64, bool) {
		var seen []float64
		for scraped := at.Add(-window); !scraped.After(at); scraped = scraped.Add(scrape) {
			if scraped.Before(from) {
				continue
			}
			if value, known := h[phaseAt(scraped)][series]; known {
				seen = append(seen, value)
			}
		}
		if len(seen) < 2 {
			return 0, false
		}
		return seen[len(seen)-1] - seen[0], true
	}
}

func (h history) rate(at time.Time) func(string) (float64, bool) {
	increase := h.increase(at, time.Minute)
	return func(series string) (float64, bool) { value, known := increase(series); return value / 60, known }
}

// prometheusPanels: the answer at an instant, by title and query.
var prometheusPanels = map[string]func(history, time.Time) answer{
	"Pushed and rejected/A": rateOf("boundary_loki_pushed_entries_total", "", ""),
	"Pushed and rejected/B": rateOf("boundary_loki_rejected_entries_total", "reason", ""),
	"Retries/A":             rateOf("boundary_loki_push_retries_total", "", ""),
	"Retries/B":             rateOf("boundary_loki_push_requests_total", "code", `code="204"`),
}

func rateOf(name, by, skip string) func(history, time.Time) answer {
	return func(h history, at time.Time) answer { return h.sum(name, by, skip, h.rate(at)) }
}

// prometheusAlerts: where the alert's expression holds at an instant.
var prometheusAlerts = map[string]func(history, time.Time) answer{
	"BoundaryLokiRejected": increased("boundary_loki_rejected_entries_total", "instance reason", ""),
	"BoundaryLokiLost":     increased("boundary_loki_lost_entries_total", "instance", ""),
	"BoundaryLokiTampered": increased("boundary_loki_tampered_files_total", "instance kind", ""),
	"BoundaryLokiSuspect":  increased("boundary_loki_suspect_lines_total", "instance reason", ""),
	"BoundaryLokiSkipped":  increased("boundary_loki_skipped_files_total", "instance reason", `reason="name"`),
	"BoundaryAuditDropped": increased("boundary_loki_boundary_audit_dropped_total", "instance", ""),
	"BoundaryLokiLag": func(h history, at time.Time) answer {
		return above(300, answer{"__name__=boundary_loki_lag_seconds,instance=w1:9765,job=boundary-loki": h[phaseAt(at)]["boundary_loki_lag_seconds"]})
	},
}

func increased(name, by, skip string) func(history, time.Time) answer {
	return func(h history, at time.Time) answer {
		return above(0, h.sum(name, by, skip, h.increase(at, 15*time.Minute)))
	}
}

func above(limit float64, all answer) answer {
	maps.DeleteFunc(all, func(_ string, value float64) bool { return value <= limit })
	return all
}

func everyStep(h history, one func(history, time.Time) answer) expected {
	all := answer{}
	for at := from; !at.After(to); at = at.Add(step) {
		for labels, value := range one(h, at) {
			all[atSecond(labels, at.Unix())] = value
		}
	}
	return expected{answer: all}
}

func TestBridgeHealthShowsTheDaemonsMetrics(t *testing.T) {
	life := lifeOfADaemon(t, startLoki(t, t.TempDir()).of("health"))
	last := life[len(life)-1]
	for series, want := range map[string]float64{
		`boundary_loki_decisions_total{decision="allow"}`: float64(len(question{decisions: knownDecisions()[:40]}.where(allowed))),
		`boundary_loki_lines_total{kind="decision"}`:      41, `boundary_loki_lines_total{kind="unparsed"}`: 1,
		"boundary_loki_boundary_audit_dropped_total": 2,
	} {
		if last[series] != want {
			t.Errorf("%s = %v, want %v", series, last[series], want)
		}
	}
	prometheus := prometheusOf(t, life)
	board, known := loadDashboard(), maps.Clone(prometheusPanels)
	for _, p := range board.all() {
		for _, query := range p.Targets {
			if p.Datasource.Type != "prometheus" {
				continue
			}
			name := p.Title + "/" + query.RefID
			check := known[name]
			delete(known, name)
			if check == nil || query.Datasource != (datasource{"prometheus", "${prometheus}"}) {
				t.Errorf("no check for %s", name)
				continue
			}
			t.Run(name, func(t *testing.T) {
				expr := board.interpolate(query.Expr, nil, from, to, step, query.Instant)
				var got answer
				var err error
				want := everyStep(life, check)
				if query.Instant {
					got, err = instantOf(prometheus, expr, to)
					want = expected{answer: check(life, to)}
				} else {
					got, err = rangeOf(prometheus, expr, from, to, step)
				}
				if err != nil || len(want.answer) == 0 {
					t.Fatal(err, want)
				}
				want.check(t, got)
			})
		}
	}
	for name := range known {
		t.Errorf("no query %s", name)
	}
	alerts := alertsOf(t, "alerts/prometheus.yaml")
	for name, expr := range alerts {
		t.Run(name, func(t *testing.T) {
			check := prometheusAlerts[name]
			if check == nil {
				t.Fatal("no check for this alert")
			}
			want := everyStep(life, check)
			got, err := rangeOf(prometheus, expr, from, to, step)
			if err != nil || len(want.answer) == 0 || len(want.answer) > 50 {
				t.Fatalf("%v; it should hold now and then: %v", err, want)
			}
			want.check(t, got)
		})
	}
	if len(alerts) != len(prometheusAlerts) {
		t.Errorf("%d alerts, %d checks", len(alerts), len(prometheusAlerts))
	}
}
