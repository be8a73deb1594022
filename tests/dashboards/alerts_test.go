// SPDX-License-Identifier: MIT

package dashboards

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// alertsOf reads a file of rules: the expression by the alert's name. Each must say how bad it is, what it is and what
// to do.
func alertsOf(t *testing.T, path string) map[string]string {
	t.Helper()
	var file struct {
		Groups []struct {
			Name, Interval string
			Rules          []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	readYAML(t, path, &file)
	alerts := map[string]string{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" || rule.Annotations["runbook"] == "" {
				t.Errorf("%s lacks severity, summary or runbook", rule.Alert)
			}
			alerts[rule.Alert] = rule.Expr
		}
	}
	return alerts
}

func during(at time.Time, start, end time.Duration) func(decision) bool {
	return func(d decision) bool { return d.at.After(at.Add(-start)) && !d.at.After(at.Add(-end)) }
}

// lokiAlerts: where the alert's expression holds at an instant.
var lokiAlerts = map[string]func(question, time.Time) answer{
	"AgentDeniedSpike": func(q question, at time.Time) answer {
		counts := countBy(q.where(denied, during(at, 10*time.Minute, 0)), "owner", "workspace_name")
		usual := countBy(q.where(denied, during(at, 6*time.Hour+10*time.Minute, 10*time.Minute)), "owner", "workspace_name")
		for labels, value := range counts {
			if value <= 50 || (usual[labels] > 0 && value <= usual[labels]/12) {
				delete(counts, labels)
			}
		}
		return counts
	},
	"AgentDeniedNewDomain": func(q question, at time.Time) answer {
		old := countBy(q.where(denied, during(at, 7*24*time.Hour+10*time.Minute, 10*time.Minute)), "domain")
		return countBy(q.where(denied, during(at, 10*time.Minute, 0), func(d decision) bool { return old["domain="+d.domain] == 0 }),
			"owner", "workspace_name", "domain")
	},
	"AgentWorkspaceSilent": func(q question, at time.Time) answer {
		silent := countBy(q.where(during(at, 7*time.Hour, time.Hour)), "owner", "workspace_name")
		for alive := range countBy(q.where(during(at, time.Hour, 0)), "owner", "workspace_name") {
			delete(silent, alive)
		}
		return silent
	},
}

func TestLokiAlertsHoldWhenTheyShould(t *testing.T) {
	rules := t.TempDir()
	text := string(must(os.ReadFile(filepath.Join(dashboards, "alerts/loki.yaml"))))
	write(t, filepath.Join(rules, "alerts", "agent-firewall.yaml"), text)
	write(t, filepath.Join(rules, "broken", "agent-firewall.yaml"), strings.Replace(text, "count_over_time", "count_over_thyme", 1))
	loki := startLoki(t, rules).of("alerts")

	decisions := knownDecisions()
	deny := func(w workspace, count int, begin, end time.Duration) {
		for i := range count {
			at := from.Add(begin + time.Duration(i)*(end-begin)/time.Duration(count)).Truncate(time.Second).Add(501 * time.Millisecond)
			decisions = append(decisions, decision{at: at, method: "GET", workspace: w, request: plain("wild.example", "/")})
		}
	}
	deny(quiet, 800, 40*time.Minute, 45*time.Minute) // a burst
	deny(quiet, 60, 50*time.Minute, time.Hour)       // and what is little after it
	deny(workspaces[0], 360, 0, time.Hour)           // steady, and new only at first
	slices.SortStableFunc(decisions, func(a, b decision) int { return a.at.Compare(b.at) })
	load(t, loki, decisions)
	// The notices that `load` adds.
	counted := decisions
	for _, w := range append(workspaces, quiet) {
		counted = append(counted, decision{at: from.Add(500 * time.Millisecond), workspace: w, allowed: true})
	}

	alerts := alertsOf(t, "alerts/loki.yaml")
	for name, expr := range alerts {
		t.Run(name, func(t *testing.T) {
			check, held, rested := lokiAlerts[name], false, false
			if check == nil {
				t.Fatal("no check for this alert")
			}
			for at := from.Add(-30 * time.Minute); at.Before(to.Add(2 * time.Hour)); at = at.Add(10 * time.Minute) {
				got, err := instantOf(loki, expr, at)
				if err != nil {
					t.Fatal(err)
				}
				want := check(question{decisions: counted}, at)
				expected{answer: want}.check(t, got)
				held, rested = held || len(want) > 0, rested || len(want) == 0
			}
			if !held || !rested {
				t.Errorf("held %v, rested %v: the decisions prove little", held, rested)
			}
		})
	}
	if len(alerts) != len(lokiAlerts) {
		t.Errorf("%d alerts, %d checks", len(alerts), len(lokiAlerts))
	}

	status, listed := loki.get(loki.url+"/rules", nil)
	for name := range alerts {
		if !strings.Contains(string(listed), "alert: "+name) {
			t.Errorf("Loki's ruler has no %s: %d %s", name, status, listed)
		}
	}
	if status, listed := loki.of("broken").get(loki.url+"/rules", nil); status == 200 {
		t.Errorf("Loki's ruler took a broken rule: %s", listed)
	}
}

func TestPrometheusTakesTheRulesAndTheConfiguration(t *testing.T) {
	promtool := filepath.Join(tools, "promtool")
	rules := filepath.Join(dashboards, "alerts/prometheus.yaml")
	run(t, promtool, "check", "rules", rules)
	config := strings.Replace(composeConfig(t, "prometheus"), "/etc/prometheus/agent-firewall.yaml", rules, 1)
	run(t, promtool, "check", "config", write(t, filepath.Join(t.TempDir(), "prometheus.yml"), config))
}
