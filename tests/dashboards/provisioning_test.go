// SPDX-License-Identifier: MIT

package dashboards

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
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
	for i, p := range board.all() {
		if p.ID != i+1 {
			t.Errorf("%q has id %d, want %d", p.Title, p.ID, i+1)
		}
	}
}

// Grafana finds the dashboard where compose.yaml puts it, and the dashboard its data sources.
func TestProvisioningFitsTogether(t *testing.T) {
	var sources struct {
		APIVersion  int `yaml:"apiVersion"`
		Datasources []struct {
			Name, UID, Type, Access, URL string
			JSONData                     map[string]string `yaml:"jsonData"`
		}
	}
	readYAML(t, "provisioning/datasources/agent-firewall.yaml", &sources)
	uids := map[string]string{}
	for _, source := range sources.Datasources {
		uids[source.Type] = source.UID
	}
	for _, v := range loadDashboard().Templating.List {
		// Coder's database is where it is or is not: no panel needs it.
		if v.Type == "datasource" && v.Name != "ai_gateway" && (v.Current.Value != uids[v.Query.(string)] || uids[v.Query.(string)] == "") {
			t.Errorf("%s is %v, provisioned are %v", v.Name, v.Current.Value, uids)
		}
	}
	var provided struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Name, Type string
			Options    struct{ Path string }
		}
	}
	readYAML(t, "provisioning/dashboards/agent-firewall.yaml", &provided)

	// compose-go is what `docker compose` reads its files with.
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  dashboards,
		ConfigFiles: types.ToConfigFiles([]string{filepath.Join(dashboards, "compose.yaml")}),
	})
	if err != nil {
		t.Fatal(err)
	}
	mounted := map[string]string{}
	for _, service := range project.Services {
		for _, volume := range service.Volumes {
			if volume.Type != types.VolumeTypeBind {
				continue
			}
			mounted[volume.Target] = volume.Source
			if _, err := os.Stat(volume.Source); err != nil {
				t.Error(err)
			}
		}
	}
	// It is the one that the alerts link to, and README.
	var board struct{ UID string }
	shown := mounted[provided.Providers[0].Options.Path+"/boundary-loki.json"]
	if err := json.Unmarshal(must(os.ReadFile(shown)), &board); err != nil || board.UID == "" {
		t.Fatalf("the dashboard's folder holds %q: %v", shown, err)
	}
	for file, link := range map[string]string{"provisioning/alerting/agent-firewall.yaml": `__dashboardUid__: "` + board.UID + `"`,
		"alerts/loki.yaml": `dashboard_url: "/d/` + board.UID + "?", "alerts/prometheus.yaml": `dashboard_url: "/d/` + board.UID + `"`,
		"README.md": "http://localhost:3000/d/" + board.UID + "?"} {
		if text := string(must(os.ReadFile(filepath.Join(dashboards, file)))); !strings.Contains(text, link) {
			t.Errorf("%s has no %s", file, link)
		}
	}
	for _, source := range sources.Datasources {
		host := must(url.Parse(source.URL)).Hostname()
		if _, err := project.GetService(host); err != nil {
			t.Error(err)
		}
	}
	// Its image is built of all that the build wants.
	recipe := project.Services["bridge"].Build.DockerfileInline
	for _, folder := range regexp.MustCompile(`add_subdirectory\((\w+)\)`).FindAllStringSubmatch(string(must(os.ReadFile(filepath.Join(root, "CMakeLists.txt")))), -1) {
		if name := folder[1]; name != "tests" && !strings.Contains(recipe, "COPY "+name+" "+name+"\n") {
			t.Errorf("the bridge's image is built without %s", name)
		}
	}
	// The bridge takes its command line.
	address := freeAddress()
	command := strings.NewReplacer("/state", t.TempDir(), "/logs", t.TempDir(), "0.0.0.0:9765", address, "loki:3100", freeAddress()).
		Replace(strings.Join(project.Services["bridge"].Command, " "))
	start(t, bridgeBinary(), strings.Fields(command)...)
	eventually(t, "the bridge answers", func() bool { return len(scrapeOf("http://"+address+"/metrics")) > 0 })
}
