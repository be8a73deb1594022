// SPDX-License-Identifier: MIT

package dashboards

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// alertsOf reads a file of rules: the expression by the alert's name. Each must say how bad it is and what it is, and link to
// what to do and to where to look.
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
			if rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" || !strings.HasPrefix(rule.Annotations["dashboard_url"], "/d/boundary-loki") {
				t.Errorf("%s lacks severity, summary or dashboard", rule.Alert)
			}
			checkRunbook(t, rule.Alert, rule.Annotations["runbook_url"])
			alerts[rule.Alert] = rule.Expr
		}
	}
	return alerts
}

// checkRunbook holds the link to lead to a part of runbooks.md that says something.
func checkRunbook(t *testing.T, alert, link string) {
	t.Helper()
	page, anchor, _ := strings.Cut(link, "#")
	_, part, found := strings.Cut(string(must(os.ReadFile(filepath.Join(dashboards, "runbooks.md")))), "\n## "+alert+"\n")
	part, _, _ = strings.Cut(part, "\n## ")
	if !strings.HasSuffix(page, "/dashboards/runbooks.md") || anchor != strings.ToLower(alert) || !found || len(part) < 100 {
		t.Errorf("%s: the runbook %q says %q", alert, link, part)
	}
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
	sendBeats(t, loki, knownBeats())

	alerts := alertsOf(t, "alerts/loki.yaml")
	for name, expr := range alerts {
		t.Run(name, func(t *testing.T) {
			check, held, rested := lokiAlerts[name], false, false
			if beats := heartbeatAlerts[name]; beats != nil {
				check = func(_ question, at time.Time) answer { return beats(at) }
			}
			if check == nil {
				t.Fatal("no check for this alert")
			}
			for at := from.Add(-30 * time.Minute); at.Before(to.Add(2 * time.Hour)); at = at.Add(10 * time.Minute) {
				got, err := instantOf(loki, expr, at)
				if err != nil {
					t.Fatal(err)
				}
				want := check(question{decisions: decisions}, at)
				expected{answer: want}.check(t, got)
				held, rested = held || len(want) > 0, rested || len(want) == 0
			}
			if !held || !rested {
				t.Errorf("held %v, rested %v: the decisions prove little", held, rested)
			}
		})
	}
	if len(alerts) != len(lokiAlerts)+len(heartbeatAlerts) {
		t.Errorf("%d alerts, %d checks", len(alerts), len(lokiAlerts)+len(heartbeatAlerts))
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

// Grafana's own alerting asks what Loki's ruler asks, and shows the same.
func TestGrafanaAlertsAreTheRulersOwn(t *testing.T) {
	var file struct {
		APIVersion int `yaml:"apiVersion"`
		Groups     []struct {
			OrgID                  int `yaml:"orgId"`
			Name, Folder, Interval string
			Rules                  []struct {
				UID, Title, Condition, For string
				Data                       []struct {
					RefID         string         `yaml:"refId"`
					Range         map[string]int `yaml:"relativeTimeRange"`
					DatasourceUID string         `yaml:"datasourceUid"`
					Model         map[string]any
				}
				NoDataState         string `yaml:"noDataState"`
				ExecErrState        string `yaml:"execErrState"`
				Labels, Annotations map[string]string
				IsPaused            bool `yaml:"isPaused"`
			}
		}
	}
	readYAML(t, "provisioning/alerting/agent-firewall.yaml", &file)
	left, uids := alertsOf(t, "alerts/loki.yaml"), map[string]bool{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if len(rule.Data) != 2 || rule.Condition != "B" || rule.NoDataState != "OK" || uids[rule.UID] || len(rule.UID) > 40 {
				t.Fatalf("%+v", rule)
			}
			uids[rule.UID] = true
			asks, judges := rule.Data[0], rule.Data[1]
			if asks.DatasourceUID != "loki" || asks.Model["queryType"] != "instant" || asks.Range["from"] == 0 ||
				strings.TrimSpace(asks.Model["expr"].(string)) != strings.TrimSpace(left[rule.Title]) {
				t.Errorf("%s asks %+v", rule.Title, asks)
			}
			if judges.DatasourceUID != "__expr__" || judges.Model["expression"] != "A" || judges.Model["type"] != "threshold" {
				t.Errorf("%s judges by %+v", rule.Title, judges)
			}
			if rule.Annotations["__dashboardUid__"] != "boundary-loki" || rule.Annotations["summary"] == "" || rule.Labels["severity"] == "" {
				t.Errorf("%s: %v %v", rule.Title, rule.Annotations, rule.Labels)
			}
			checkRunbook(t, rule.Title, rule.Annotations["runbook_url"])
			delete(left, rule.Title)
		}
	}
	if len(left) > 0 {
		t.Errorf("not in Grafana: %v", left)
	}
}

// The operator's rules are Prometheus' own, and its monitor finds the templates' pods.
func TestTheOperatorHasTheSameRulesAndFindsThePods(t *testing.T) {
	var rule struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   map[string]any
		Spec       map[string]any
	}
	readYAML(t, "alerts/operator/rules.yaml", &rule)
	if rule.Kind != "PrometheusRule" || rule.APIVersion != "monitoring.coreos.com/v1" {
		t.Errorf("%s %s", rule.APIVersion, rule.Kind)
	}
	var rules map[string]any
	readYAML(t, "alerts/prometheus.yaml", &rules)
	if !reflect.DeepEqual(rule.Spec, rules) {
		t.Errorf("%v\nis not\n%v", rule.Spec, rules)
	}
	var monitor struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   map[string]any
		Spec       struct {
			NamespaceSelector map[string][]string          `yaml:"namespaceSelector"`
			Selector          map[string]map[string]string `yaml:"selector"`
			Endpoints         []map[string]string          `yaml:"podMetricsEndpoints"`
		}
	}
	readYAML(t, "alerts/operator/podmonitor.yaml", &monitor)
	for _, template := range []string{"agents-firewalled", "firewalled"} {
		pod := string(must(os.ReadFile(filepath.Join(root, "coder-templates", template, "kubernetes.tf"))))
		for name, value := range monitor.Spec.Selector["matchLabels"] {
			if !strings.Contains(pod, fmt.Sprintf("%q = %q", name, value)) {
				t.Errorf("%s has no label %s=%s", template, name, value)
			}
		}
		for _, endpoint := range monitor.Spec.Endpoints {
			if !regexp.MustCompile(`port \{\s+name += "` + endpoint["port"] + `"`).MatchString(pod) {
				t.Errorf("%s has no port %s", template, endpoint["port"])
			}
		}
	}
}
