// SPDX-License-Identifier: MIT

package dashboards

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// beat is one heartbeat of a workspace's daemon: what it says beside what all say.
type beat struct {
	at time.Time
	workspace
	says map[string]float64
}

const beatEvery = 5 * time.Minute

// knownBeats is the fleet around the range: daemons that see trouble of each kind, that are killed, that cannot deliver, and one
// that is stopped.
func knownBeats() []beat {
	var all []beat
	tell := func(w workspace, until time.Duration, says func(since time.Duration) map[string]float64) {
		for since := -time.Hour; since < until; since += beatEvery {
			all = append(all, beat{from.Add(since + 37*time.Second), w, says(since)})
		}
	}
	troubles := []string{"rejected", "tampered", "suspect", "skipped", "unparsed", "lost", "audit_dropped"}
	// In the first half hour of the range, one kind after the other.
	troubled := func(since time.Duration, times float64, says map[string]float64) map[string]float64 {
		if i := int(since / beatEvery); since >= 0 && i < len(troubles) {
			says[troubles[i]] = times
		}
		return says
	}
	well := func(time.Duration) map[string]float64 { return map[string]float64{"up": 1} }
	tell(workspaces[0], 3*time.Hour, func(since time.Duration) map[string]float64 {
		return troubled(since, 2, map[string]float64{"up": 1, "spool_bytes": 700})
	})
	tell(workspaces[1], 15*time.Minute, well) // killed
	tell(workspaces[2], 10*time.Minute, well)
	tell(workspaces[3], 3*time.Hour, func(since time.Duration) map[string]float64 {
		if since >= 10*time.Minute && since < 40*time.Minute {
			return map[string]float64{"up": 1, "lag_seconds": 400, "spool_bytes": 5000}
		}
		return map[string]float64{"up": 1, "lag_seconds": 3}
	})
	tell(quiet, 35*time.Minute, func(since time.Duration) map[string]float64 { return troubled(since, 5, map[string]float64{"up": 1}) })
	all = append(all, beat{from.Add(36 * time.Minute), quiet, map[string]float64{"up": 0}}) // stopped
	return all
}

// heartbeatLine is one that a real daemon sent to this Loki, with its labels.
func heartbeatLine(t *testing.T, loki server) string {
	t.Helper()
	folder, probe := t.TempDir(), loki.of("heartbeat")
	daemon := start(t, bridgeBinary(), "run", "--loki-url", probe.base, "--tenant", probe.tenant, "--log-dir", filepath.Join(folder, "logs"),
		"--state-dir", filepath.Join(folder, "state"), "--metrics-address", "off", "--owner", "joe", "--workspace", "w1",
		"--template", "firewalled", "--namespace", "coder-workspaces", "--heartbeat", "1s")
	rows := func() []result {
		found, _, _ := probe.query("/query_range", url.Values{"query": {`{job="boundary-loki", owner="joe", workspace_name="w1", template_name="firewalled"}`},
			"start": {unix(time.Now().Add(-time.Minute))}, "end": {unix(time.Now().Add(time.Minute))}, "direction": {"backward"}})
		return found
	}
	eventually(t, "a heartbeat", func() bool { return len(rows()) > 0 })
	line := rows()[0].Values[0][1].(string)
	if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its last word", func() bool { return strings.Contains(rows()[0].Values[0][1].(string), " up=0 ") })
	return line
}

var pair = regexp.MustCompile(`([a-z_]+)=[0-9]+( |$)`)

// sendBeats stores the beats as the daemons would have sent them.
func sendBeats(t *testing.T, loki server, beats []beat) {
	t.Helper()
	line := heartbeatLine(t, loki)
	streams := map[workspace]*stream{}
	for _, b := range beats {
		for name := range b.says {
			if !strings.Contains(" "+line, " "+name+"=") {
				t.Fatalf("no %s in %s", name, line)
			}
		}
		if streams[b.workspace] == nil {
			streams[b.workspace] = &stream{Stream: map[string]string{"job": "boundary-loki", "owner": b.owner, "workspace_name": b.name,
				"template_name": b.template}}
		}
		text := pair.ReplaceAllStringFunc(line, func(found string) string {
			name, _, _ := strings.Cut(found, "=")
			return fmt.Sprintf("%s=%v%s", name, b.says[name], found[len(strings.TrimRight(found, " ")):])
		})
		streams[b.workspace].Values = append(streams[b.workspace].Values, [2]string{unix(b.at), text})
	}
	for _, one := range streams {
		loki.push(t, one)
	}
	eventually(t, "the heartbeats are there", func() bool {
		found, err := instantOf(loki, `count_over_time({job="boundary-loki"}[12h])`, to.Add(4*time.Hour))
		total := 0.0
		for _, value := range found {
			total += value
		}
		return err == nil && int(total) == len(beats)
	})
}

// pulse answers what the beats of some workspaces say.
type pulse []beat

func (p pulse) of(picked choice) pulse {
	return slices.DeleteFunc(slices.Clone(p), func(b beat) bool {
		return !(decision{workspace: b.workspace}).fits(only(picked, "owner", "workspace", "template"))
	})
}

// within is what each workspace said of a thing in a window that ends at an instant, oldest first.
func (p pulse) within(at time.Time, window time.Duration, name string) map[string][]float64 {
	found := map[string][]float64{}
	for _, b := range p {
		if b.at.After(at.Add(-window)) && !b.at.After(at) {
			key := labelsOf(decision{workspace: b.workspace}, []string{"owner", "workspace_name"})
			found[key] = append(found[key], b.says[name])
		}
	}
	return found
}

func (p pulse) folded(at time.Time, window time.Duration, name string, fold func([]float64) float64) answer {
	all := answer{}
	for key, values := range p.within(at, window, name) {
		all[key] = fold(values)
	}
	return all
}

func last(values []float64) float64    { return values[len(values)-1] }
func highest(values []float64) float64 { return slices.Max(values) }
func sum(values []float64) float64 {
	total := 0.0
	for _, value := range values {
		total += value
	}
	return total
}

// silent are those that were up and have said nothing of late.
func (p pulse) silent(at time.Time, since time.Duration) answer {
	found := p.folded(at, since, "up", last)
	for key := range p.within(at, 15*time.Minute, "up") {
		delete(found, key)
	}
	for key, value := range found {
		if value != 1 {
			delete(found, key)
		}
	}
	return found
}

func (p pulse) troubled(name string) func(time.Time) answer {
	return func(at time.Time) answer { return above(0, p.folded(at, 15*time.Minute, name, sum)) }
}

// heartbeatAlerts: where an alert on the heartbeats holds at an instant.
var heartbeatAlerts = map[string]func(time.Time) answer{
	"AgentWorkspaceSilent": func(at time.Time) answer { return pulse(knownBeats()).silent(at, 6*time.Hour) },
	"BoundaryLokiLag": func(at time.Time) answer {
		return above(300, pulse(knownBeats()).folded(at, 10*time.Minute, "lag_seconds", last))
	},
	"BoundaryLokiRejected": pulse(knownBeats()).troubled("rejected"),
	"BoundaryLokiLost":     pulse(knownBeats()).troubled("lost"),
	"BoundaryLokiTampered": pulse(knownBeats()).troubled("tampered"),
	"BoundaryLokiSuspect":  pulse(knownBeats()).troubled("suspect"),
	"BoundaryLokiSkipped":  pulse(knownBeats()).troubled("skipped"),
	"BoundaryAuditDropped": pulse(knownBeats()).troubled("audit_dropped"),
}

var placeFilters = []string{"owner", "workspace", "template"}

// fleet is a panel that shows one number of the fleet.
func fleet(value func(pulse) float64) lokiPanel {
	return lokiPanel{filters: placeFilters, want: func(q question) expected {
		return scalar(value(pulse(knownBeats()).of(q.picked)))
	}}
}

// toldInRange is a panel that adds up what the daemons counted.
func toldInRange(name string) lokiPanel {
	return fleet(func(p pulse) float64 { return sum(values(p.folded(to, to.Sub(from), name, sum))) })
}

func values(all answer) []float64 {
	var found []float64
	for _, value := range all {
		found = append(found, value)
	}
	return found
}

// everyMinute is a panel that shows how a thing goes, as it was told within ten minutes.
func everyMinute(name string, top int, total bool) lokiPanel {
	return lokiPanel{filters: placeFilters, want: func(q question) expected {
		points, p := answer{}, pulse(knownBeats()).of(q.picked)
		for at := from; !at.After(to); at = at.Add(step) {
			now := p.folded(at, 10*time.Minute, name, highest)
			if total && len(now) > 0 {
				now = answer{"": sum(values(now))}
			}
			for labels, value := range now {
				points[atSecond(labels, at.Unix())] = value
			}
		}
		return expected{points, top}
	}}
}

// heartbeatPanels need no Prometheus and no decisions.
var heartbeatPanels = map[string]lokiPanel{
	"Workspaces reporting": fleet(func(p pulse) float64 { return float64(len(p.within(to, to.Sub(from), "up"))) }),
	"Daemons reporting":    fleet(func(p pulse) float64 { return sum(values(p.folded(to, 15*time.Minute, "up", last))) }),
	"Silent daemons":       fleet(func(p pulse) float64 { return float64(len(p.silent(to, to.Sub(from)))) }),
	"Rejected":             toldInRange("rejected"),
	"Tampered":             toldInRange("tampered"),
	"Suspect":              toldInRange("suspect"),
	"Skipped":              toldInRange("skipped"),
	"Unparsed":             toldInRange("unparsed"),
	"Dropped by Boundary":  toldInRange("audit_dropped"),
	"Lag":                  everyMinute("lag_seconds", 10, false),
	"Spool":                everyMinute("spool_bytes", 0, true),
	"Daemons": {filters: placeFilters, want: func(q question) expected {
		found := answer{}
		for labels, uptime := range pulse(knownBeats()).of(q.picked).folded(to, 15*time.Minute, "uptime_seconds", last) {
			found[strings.Replace(labels, ",workspace_name", ",version="+bridgeVersion()+",workspace_name", 1)] = uptime
		}
		return expected{found, 500}
	}},
}

// bridgeVersion is what the bridge says it is.
func bridgeVersion() string {
	return strings.TrimSpace(strings.TrimPrefix(must(output(bridgeBinary(), "--version")), "boundary-loki "))
}
