// SPDX-License-Identifier: MIT

package dashboards

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// configMap is what matters of one: what Grafana's sidecar looks for, and what it then writes.
type configMap struct {
	dashboard, datasource bool
	data                  map[string]string
}

// cluster holds ConfigMaps by name, all in Grafana's namespace.
type cluster map[string]configMap

// runningStack is a stack that has the dashboard already, with the names, keys and uids of coder/usgov-coderdemo.
func runningStack() cluster {
	return cluster{
		"coder-dashboard-boundary": {dashboard: true, data: map[string]string{"agent-firewall.json": `{"uid":"agent-firewall","title":"live"}`}},
		"coder-dashboard-status":   {dashboard: true, data: map[string]string{"status.json": `{"uid":"coder-status","title":"live"}`}},
		"loki-datasource":          {datasource: true, data: map[string]string{"loki-datasource.yaml": "live"}},
	}
}

// built is the output of `kustomize build` in this folder.
func built(t *testing.T, folder string) []*resource.Resource {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(dashboards, folder))
	if err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	return made.Resources()
}

// kustomized is the output of `kustomize build` in this folder, with kustomize's own restrictions.
func kustomized(t *testing.T, folder string) cluster {
	t.Helper()
	all := cluster{}
	for _, object := range built(t, folder) {
		if object.GetKind() != "ConfigMap" {
			t.Errorf("%s: a %s", folder, object.GetKind())
		}
		labels := object.GetLabels()
		all[object.GetName()] = configMap{labels["grafana_dashboard"] == "1", labels["grafana_datasource"] == "1", object.GetDataMap()}
	}
	return all
}

// seen is what Grafana has of a cluster: the sidecar writes files by key, and of two ConfigMaps with one key the last wins. A
// uid that two files have is a fight between them, and so is a key that two ConfigMaps have.
func (c cluster) seen(t *testing.T) (dashboardsByUID, datasources map[string]string) {
	t.Helper()
	dashboardsByUID, datasources = map[string]string{}, map[string]string{}
	keys := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		for key, text := range c[name].data {
			if other, taken := keys[key]; taken {
				t.Errorf("%s and %s both have the key %s", name, other, key)
			}
			keys[key] = name
			if c[name].datasource {
				datasources[key] = text
			}
			if c[name].dashboard {
				var board struct{ UID string }
				if err := json.Unmarshal([]byte(text), &board); err != nil || board.UID == "" {
					t.Errorf("%s %s: %v", name, key, err)
				}
				if _, taken := dashboardsByUID[board.UID]; taken {
					t.Errorf("two dashboards have the uid %s", board.UID)
				}
				dashboardsByUID[board.UID] = text
			}
		}
	}
	return dashboardsByUID, datasources
}

func TestWhatIsAppliedIsMadeFromTheSources(t *testing.T) {
	made := t.TempDir()
	run(t, "bash", filepath.Join(dashboards, "make.sh"), made)
	for _, file := range []string{"beside/boundary-loki.json", "replace/agent-firewall.json", "with-datasources/agent-firewall.yaml",
		"alerts/loki.yaml", "alerts/prometheus.yaml", "alerts/operator/rules.yaml", "alerts/grafana/agent-firewall.yaml",
		"provisioning/alerting/agent-firewall.yaml"} {
		if want := must(os.ReadFile(filepath.Join(made, file))); string(want) != string(must(os.ReadFile(filepath.Join(dashboards, file)))) {
			t.Errorf("%s is not what dashboards/make.sh writes: run it", file)
		}
	}
}

func TestOverlaysAppliedToARunningStack(t *testing.T) {
	stack := runningStack()
	before, sources := stack.seen(t)

	// The default leaves all that is there as it was, and shows the same panels.
	maps.Copy(stack, kustomized(t, "."))
	after, afterSources := stack.seen(t)
	if !maps.Equal(sources, afterSources) {
		t.Errorf("data sources are %v", slices.Sorted(maps.Keys(afterSources)))
	}
	for uid, text := range before {
		if after[uid] != text {
			t.Errorf("the dashboard %s was changed", uid)
		}
	}
	if len(after) != len(before)+1 || after["boundary-loki"] == "" {
		t.Errorf("dashboards: %v", slices.Sorted(maps.Keys(after)))
	}
	if strings.Contains(after["boundary-loki"], "agent-firewall?") {
		t.Error("it links to the dashboard that was there before")
	}

	// The one that says so takes the place of the live dashboard, and of nothing else.
	maps.Copy(stack, kustomized(t, "replace"))
	replaced, replacedSources := stack.seen(t)
	if !maps.Equal(sources, replacedSources) {
		t.Errorf("data sources are %v", slices.Sorted(maps.Keys(replacedSources)))
	}
	for uid, text := range after {
		if same := replaced[uid] == text; same == (uid == "agent-firewall") {
			t.Errorf("the dashboard %s is the same: %v", uid, same)
		}
	}
	if len(replaced) != len(after) {
		t.Errorf("dashboards: %v", slices.Sorted(maps.Keys(replaced)))
	}
}

func TestADataSourceIsMadeOnlyWhereThatIsSaid(t *testing.T) {
	for folder, want := range map[string]int{".": 0, "beside": 0, "replace": 0, "with-datasources": 1} {
		boards, sources := kustomized(t, folder).seen(t)
		if len(sources) != want || len(boards) != 1 {
			t.Errorf("%s makes %d data sources, %d dashboards", folder, len(sources), len(boards))
		}
	}
}

func TestAlertsAppliedToARunningStackChangeNothingThatIsThere(t *testing.T) {
	stack := runningStack()
	boards, sources := stack.seen(t)
	maps.Copy(stack, kustomized(t, "."))
	with, _ := stack.seen(t)
	maps.Copy(stack, kustomized(t, "alerts/grafana"))
	after, afterSources := stack.seen(t)
	if !maps.Equal(with, after) || !maps.Equal(sources, afterSources) || len(after) != len(boards)+1 {
		t.Errorf("dashboards %v, data sources %v", slices.Sorted(maps.Keys(after)), slices.Sorted(maps.Keys(afterSources)))
	}
	var kinds []string
	for _, object := range built(t, "alerts/operator") {
		kinds = append(kinds, object.GetKind()+" "+object.GetName())
	}
	if want := []string{"PodMonitor boundary-loki", "PrometheusRule boundary-loki"}; !slices.Equal(kinds, want) {
		t.Errorf("%v, want %v", kinds, want)
	}
}

// What the live dashboard shows of coderd's forwarding, by the title of the panel and what its query asks.
func TestTheReplacementKeepsTheOperationsPanels(t *testing.T) {
	type asked struct {
		Title   string
		Targets []struct{ Expr, RawSQL string }
		ID      int
		GridPos struct{ H, W, X, Y int }
	}
	var board struct {
		UID    string
		Panels []asked
	}
	text := kustomized(t, "replace")["coder-dashboard-boundary"].data["agent-firewall.json"]
	if err := json.Unmarshal([]byte(text), &board); err != nil || board.UID != "agent-firewall" {
		t.Fatalf("%v %s", err, board.UID)
	}
	const forwarded = "agent_boundary_log_proxy_batches_forwarded_total"
	kept := []struct{ title, asks string }{
		{"Total Batches Forwarded", "sum(" + forwarded}, {"Active Firewall Agents", "count(" + forwarded},
		{"Firewall Sessions", "count(*)"}, {"Forwarded Batches by Workspace", "rate(" + forwarded},
		{"Active Firewall Agents", "agent_name) (" + forwarded}, {"Firewall Sessions", "started_at DESC"},
		{"Agent Firewall Log Stream", `{namespace="coder-workspaces"} |= "boundary"`},
		{"Agent Firewall Log Event Rate", `count_over_time({namespace="coder-workspaces"} |= "boundary"`},
	}
	ids, ends := map[int]bool{}, 0
	for _, panel := range board.Panels {
		if ids[panel.ID] || panel.GridPos.Y < ends-32 {
			t.Errorf("%q has id %d at %d", panel.Title, panel.ID, panel.GridPos.Y)
		}
		ids[panel.ID] = true
		ends = max(ends, panel.GridPos.Y+panel.GridPos.H)
	}
	for _, want := range kept {
		if !slices.ContainsFunc(board.Panels, func(p asked) bool {
			return p.Title == want.title && len(p.Targets) == 1 && strings.Contains(p.Targets[0].Expr+p.Targets[0].RawSQL, want.asks)
		}) {
			t.Errorf("no panel %q that asks %s", want.title, want.asks)
		}
	}
	// And every panel of this folder's own dashboard.
	for _, own := range loadDashboard().Panels {
		if !slices.ContainsFunc(board.Panels, func(p asked) bool { return p.Title == own.Title && p.ID == own.ID }) {
			t.Errorf("no panel %q", own.Title)
		}
	}
}
