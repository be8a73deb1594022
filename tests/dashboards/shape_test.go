// SPDX-License-Identifier: MIT

package dashboards

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// shipped are the dashboards that somebody may apply, by file.
func shipped() map[string]dashboard {
	boards := map[string]dashboard{}
	for _, file := range []string{"agent-firewall.json", "beside/boundary-loki.json", "replace/agent-firewall.json"} {
		boards[file] = readDashboard(file)
	}
	return boards
}

// overlaps says whether two panels cover a cell of the grid that both are on.
func overlaps(a, b panel) bool {
	one, other := a.GridPos, b.GridPos
	return one.X < other.X+other.W && other.X < one.X+one.W && one.Y < other.Y+other.H && other.Y < one.Y+one.H
}

func TestPanelsFitOnTheGrid(t *testing.T) {
	if !overlaps(panel{GridPos: gridPos{H: 2, W: 2}}, panel{GridPos: gridPos{X: 1, Y: 1, H: 1, W: 1}}) ||
		overlaps(panel{GridPos: gridPos{H: 1, W: 2}}, panel{GridPos: gridPos{X: 2, H: 1, W: 1}}) {
		t.Fatal("overlaps is wrong")
	}
	for file, board := range shipped() {
		ids := map[int]string{}
		for _, p := range board.all() {
			if other, taken := ids[p.ID]; taken || p.ID == 0 {
				t.Errorf("%s: %q and %q have the id %d", file, p.Title, other, p.ID)
			}
			ids[p.ID] = p.Title
			if at := p.GridPos; at.W < 1 || at.H < 1 || at.X < 0 || at.Y < 0 || at.X+at.W > 24 || (p.Type == "row" && (at.W != 24 || at.H != 1)) {
				t.Errorf("%s: %q does not fit: %+v", file, p.Title, at)
			}
			if p.Type == "row" && p.Collapsed != (len(p.Panels) > 0) {
				t.Errorf("%s: the row %q is open and holds panels, or collapsed and holds none", file, p.Title)
			}
		}
		// What a collapsed row holds has its places below the row, and moves the rest down when it opens.
		sections := [][]panel{board.Panels}
		for _, p := range board.Panels {
			sections = append(sections, append([]panel{p}, p.Panels...))
		}
		for _, section := range sections {
			for i, p := range section {
				for _, other := range section[:i] {
					if overlaps(p, other) || p.GridPos.Y < other.GridPos.Y {
						t.Errorf("%s: %q lies over %q, or above", file, p.Title, other.Title)
					}
				}
			}
		}
	}
}

func TestEveryPanelSaysWhatItMeansAndInWhichUnit(t *testing.T) {
	units := []string{"short", "percentunit", "bytes", "s", "reqps", "ops", "dateTimeFromNow", "dateTimeAsSystem"}
	for file, board := range shipped() {
		for _, p := range board.all() {
			if p.Type == "row" {
				continue
			}
			if p.Title == "" || len(p.Description) < 10 {
				t.Errorf("%s: %q says nothing of itself", file, p.Title)
			}
			var given []string
			if unit := p.FieldConfig.Defaults.Unit; unit != "" {
				given = append(given, unit)
			}
			for _, override := range p.FieldConfig.Overrides {
				for _, property := range override.Properties {
					if property.ID == "unit" {
						given = append(given, property.Value.(string))
					}
				}
			}
			counts := p.Type != "logs" && !slices.ContainsFunc(p.Targets, func(q target) bool { return q.MaxLines > 0 || q.Format == "table" })
			if counts && len(given) == 0 {
				t.Errorf("%s: %q has no unit", file, p.Title)
			}
			for _, unit := range given {
				if !slices.Contains(units, unit) {
					t.Errorf("%s: %q has the unit %q", file, p.Title, unit)
				}
			}
		}
	}
}

// What Grafana fills in by itself.
var builtIn = regexp.MustCompile(`^(__range|__auto|__interval|__rate_interval|__from|__to|__url_time_range|__value|__data|__field|__timeFilter|__all)$`)

// Each variable that something refers to is there, and each that is there is referred to.
func TestVariablesAndDataSourcesResolve(t *testing.T) {
	anyReference := regexp.MustCompile(`\$\{?(\w+)`)
	for file, board := range shipped() {
		known := map[string]bool{}
		for _, v := range board.Templating.List {
			known[v.Name] = false
		}
		for _, found := range anyReference.FindAllStringSubmatch(string(must(os.ReadFile(filepath.Join(dashboards, file)))), -1) {
			if _, is := known[found[1]]; is {
				known[found[1]] = true
			} else if !builtIn.MatchString(found[1]) {
				t.Errorf("%s refers to $%s, which is no variable", file, found[1])
			}
		}
		for name, used := range known {
			if !used {
				t.Errorf("%s: nothing uses the variable %s", file, name)
			}
		}
		byID := map[int]panel{}
		for _, p := range board.all() {
			byID[p.ID] = p
		}
		// The last is the live stack's own, of which the operations panels were taken over.
		sources := []datasource{{"loki", "${loki}"}, {"prometheus", "${prometheus}"}}
		if strings.HasPrefix(file, "replace/") {
			sources = append(sources, datasource{"postgres", "aibridge-postgres"})
		}
		for _, p := range board.all() {
			refs := map[string]bool{}
			for _, query := range p.Targets {
				if refs[query.RefID] || query.RefID == "" {
					t.Errorf("%s: %q has two queries %q", file, p.Title, query.RefID)
				}
				refs[query.RefID] = true
				if query.Datasource == sharedResults {
					if of := byID[query.PanelID]; len(of.Targets) == 0 || of.Targets[0].Datasource == sharedResults || p.Datasource != sharedResults {
						t.Errorf("%s: %q shows the result of panel %d, which has none", file, p.Title, query.PanelID)
					}
				} else if !slices.Contains(sources, query.Datasource) || query.Datasource != p.Datasource {
					t.Errorf("%s: %q asks %+v", file, p.Title, query.Datasource)
				}
			}
			if p.Type != "row" && len(p.Targets) == 0 {
				t.Errorf("%s: %q asks nothing", file, p.Title)
			}
		}
	}
}

// linksOf are the addresses that a dashboard leads to, with the panel that does.
func linksOf(board dashboard) map[string]panel {
	links := map[string]panel{}
	for _, p := range board.all() {
		for _, one := range p.FieldConfig.Defaults.Links {
			links[one.URL] = p
		}
		for _, override := range p.FieldConfig.Overrides {
			for _, property := range override.Properties {
				if property.ID != "links" {
					continue
				}
				for _, one := range property.Value.([]any) {
					links[one.(map[string]any)["url"].(string)] = p
				}
			}
		}
	}
	return links
}

var cell = regexp.MustCompile(`\$\{__data\.fields\["?([^\]"}]+)"?\](?::\w+)?\}|\$\{__data\.fields\.(\w+)(?::\w+)?\}`)

// clicked is where a link leads once Grafana has filled it in; queryparam makes a parameter of its own.
func clicked(link string) (*url.URL, error) {
	filled := regexp.MustCompile(`\$\{(\w+):queryparam\}`).ReplaceAllString(link, "var-$1=x")
	filled = regexp.MustCompile(`\$\{__url_time_range\}`).ReplaceAllString(filled, "from=1&to=2")
	return url.Parse(regexp.MustCompile(`\$\{[^}]+\}`).ReplaceAllString(filled, "x"))
}

// explored is what one half of Explore shows.
type explored struct {
	Datasource string
	Queries    []struct {
		Expr       string
		RawSQL     string
		Datasource datasource
	}
	Range struct{ From, To string }
}

func panesOf(address *url.URL) (map[string]explored, error) {
	var panes map[string]explored
	err := json.Unmarshal([]byte(address.Query().Get("panes")), &panes)
	return panes, err
}

// What Grafana fills in of a link: a variable, what is clicked on, or the row or series around it.
var filledIn = regexp.MustCompile(`^\$\{(\w+(:\w+)?|__value\.text(:\w+)?|__field\.labels\.\w+|__data\.fields\["[^"\\]+"\])\}$`)

func TestLinksResolve(t *testing.T) {
	for file, board := range shipped() {
		names := map[string]bool{}
		for _, v := range board.Templating.List {
			names["var-"+v.Name] = true
		}
		links := linksOf(board)
		if len(links) == 0 {
			t.Errorf("%s: no links", file)
		}
		for link, p := range links {
			for _, found := range cell.FindAllStringSubmatch(link, -1) {
				if name := found[1] + found[2]; !slices.Contains(p.columns(), name) {
					t.Errorf("%s: a link of %q takes the column %q of %q", file, p.Title, name, p.columns())
				}
			}
			for _, found := range regexp.MustCompile(`\$\{[^}]*\}?`).FindAllString(link, -1) {
				if !filledIn.MatchString(found) {
					t.Errorf("%s: nothing fills in %s in a link of %q", file, found, p.Title)
				}
			}
			address, err := clicked(link)
			if err != nil {
				t.Errorf("%s: %q: %v", file, p.Title, err)
				continue
			}
			switch {
			case strings.HasPrefix(link, "/d/"+board.UID+"?"):
				for name := range address.Query() {
					if !names[name] && name != "from" && name != "to" {
						t.Errorf("%s: a link of %q sets %s", file, p.Title, name)
					}
				}
			case strings.HasPrefix(link, "/explore?"):
				panes, err := panesOf(address)
				if err != nil || len(panes) != 1 || address.Query().Get("schemaVersion") != "1" {
					t.Errorf("%s: %q leads to Explore with %s: %v", file, p.Title, address.Query().Get("panes"), err)
				}
				for _, pane := range panes {
					if pane.Datasource == "" || len(pane.Queries) != 1 || (pane.Queries[0].Expr == "") == (pane.Queries[0].RawSQL == "") || pane.Range.From == "" || pane.Range.To == "" {
						t.Errorf("%s: %q leads to Explore with %+v", file, p.Title, pane)
					}
				}
			case strings.HasPrefix(link, "${coder}/"):
			default:
				t.Errorf("%s: a link of %q leads nowhere: %s", file, p.Title, link)
			}
		}
	}
}

// grammarErrors says where Grafana's own grammar finds no LogQL in each query.
func grammarErrors(t *testing.T, queries []string) [][]int {
	t.Helper()
	parser := exec.Command("node", "errors.mjs")
	parser.Dir = filepath.Join(root, "build/tools/logql-grammar")
	parser.Stdin = bytes.NewReader(must(json.Marshal(queries)))
	text, err := parser.Output()
	if err != nil {
		t.Fatalf("%v; tests/tools/install.sh fetches the grammar", err)
	}
	var found [][]int
	if err := json.Unmarshal(text, &found); err != nil || len(found) != len(queries) {
		t.Fatalf("%v %s", err, text)
	}
	return found
}

// As the query editor sees them, and as Loki gets them for each choice of the filters.
func TestGrafanasGrammarTakesEveryQuery(t *testing.T) {
	if bad := grammarErrors(t, []string{`{job="boundary"`, `sum by (a (rate({a="b"}[1m]))`, `{a="b"} | nothing`}); slices.ContainsFunc(bad, func(at []int) bool { return len(at) == 0 }) {
		t.Fatalf("the grammar takes what is no LogQL: %v", bad)
	}
	seen := map[string]bool{}
	for _, board := range shipped() {
		add := func(expr string, instant bool) {
			for _, picked := range choices {
				seen[board.interpolate(expr, picked, from, to, time.Minute, instant)] = true
			}
		}
		for _, p := range board.all() {
			for _, query := range p.Targets {
				if query.Datasource.Type == "loki" {
					add(query.Expr, query.QueryType == "instant")
				}
			}
		}
		for _, annotation := range board.Annotations.List {
			if annotation.BuiltIn != 1 {
				add(annotation.Expr, false)
			}
		}
	}
	for _, expr := range alertsOf(t, "alerts/loki.yaml") {
		seen[expr] = true
	}
	for link := range linksOf(loadDashboard()) {
		panes, _ := panesOf(must(clicked(link)))
		for _, pane := range panes {
			if expr := pane.Queries[0].Expr; expr != "" {
				seen[expr] = true
			}
		}
	}
	queries := slices.Sorted(maps.Keys(seen))
	for i, at := range grammarErrors(t, queries) {
		if len(at) > 0 {
			t.Errorf("no LogQL at %v: %s", at, queries[i])
		}
	}
}
