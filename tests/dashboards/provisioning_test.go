// SPDX-License-Identifier: MIT

package dashboards

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"gopkg.in/yaml.v3"
)

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text := must(os.ReadFile(filepath.Join(dashboards, path)))
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// composeConfig is the text of one of compose.yaml's inline configuration files.
func composeConfig(t *testing.T, name string) string {
	t.Helper()
	var file struct {
		Configs map[string]struct{ Content string }
		Rest    map[string]any `yaml:",inline"`
	}
	readYAML(t, "compose.yaml", &file)
	return file.Configs[name].Content
}

func TestDashboardIsReviewable(t *testing.T) {
	text := must(os.ReadFile(filepath.Join(dashboards, "agent-firewall.json")))
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var all any
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	var formatted bytes.Buffer
	encoder := json.NewEncoder(&formatted)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(all); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, formatted.Bytes()) {
		t.Error("not formatted: run jq -S . over it")
	}
	board := loadDashboard()
	if board.UID != "agent-firewall" || board.Title != "Agent Firewall" {
		t.Errorf("%s %s", board.UID, board.Title)
	}
	above := panel{}
	for i, p := range board.Panels {
		if p.ID != i+1 {
			t.Errorf("%q has id %d, want %d", p.Title, p.ID, i+1)
		}
		if p.Type != "row" && p.Description == "" {
			t.Errorf("%q has no description", p.Title)
		}
		if at, last := p.GridPos, above.GridPos; at.Y < last.Y || (at.Y == last.Y && at.X < last.X+last.W) || at.X+at.W > 24 {
			t.Errorf("%q is out of order on the grid", p.Title)
		}
		above = p
	}
}
