// SPDX-License-Identifier: MIT

package dashboards

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

type datasource struct{ Type, UID string }

type target struct {
	Datasource datasource
	Expr       string
	RefID      string
	QueryType  string // Loki
	Instant    bool   // Prometheus
	MaxLines   int
	Format     string // SQL
	PanelID    int    // of sharedResults
	Legend     string `json:"legendFormat"`
}

// sharedResults is the source that shows another panel's result, without asking again.
var sharedResults = datasource{"datasource", "-- Dashboard --"}

type gridPos struct{ H, W, X, Y int }

type link struct{ Title, URL string }

type panel struct {
	ID          int
	Type        string
	Title       string
	Description string
	Datasource  datasource
	GridPos     gridPos
	Collapsed   bool
	Targets     []target
	Panels      []panel
	FieldConfig struct {
		Defaults struct {
			Unit  string
			Links []link
		}
		Overrides []struct {
			Properties []struct {
				ID    string
				Value any
			}
		}
	}
	Transformations []struct {
		ID      string
		Options struct {
			RenameByName map[string]string
			Include      struct{ Pattern string } // filterFieldsByName
			Filters      []struct {               // filterByValue
				FieldName string
				Config    struct {
					ID      string
					Options struct{ Value any }
				}
			}
		}
	}
}

// asks is the query whose result the panel shows: its own, or that of the panel that it shares.
func (d dashboard) asks(p panel) target {
	if p.Datasource != sharedResults {
		return p.Targets[0]
	}
	all := d.all()
	return all[slices.IndexFunc(all, func(other panel) bool { return other.ID == p.Targets[0].PanelID })].Targets[0]
}

var legendField = regexp.MustCompile(`\{\{(\w+)\}\}`)

// shows says whether the panel's transformations leave a series of its query, by its labels. Of an instant query Grafana makes one
// table, with a column for each label, of which rows are left out by their values; of a range query a frame for each series,
// which is called by its legend.
func (p panel) shows(legend string, labels map[string]string) bool {
	name := legendField.ReplaceAllStringFunc(legend, func(found string) string { return labels[strings.Trim(found, "{}")] })
	for _, one := range p.Transformations {
		if pattern := one.Options.Include.Pattern; pattern != "" && !regexp.MustCompile(pattern).MatchString(name) {
			return false
		}
		for _, filter := range one.Options.Filters {
			if filter.Config.ID != "equal" {
				panic("no such filter: " + filter.Config.ID)
			}
			if labels[filter.FieldName] != filter.Config.Options.Value {
				return false
			}
		}
	}
	return true
}

// shown leaves of an answer what the panel shows.
func (p panel) shown(legend string, got answer) answer {
	kept := answer{}
	for key, value := range got {
		labels := map[string]string{}
		text, _, _ := strings.Cut(key, "@")
		for _, pair := range strings.Split(text, ",") {
			name, of, _ := strings.Cut(pair, "=")
			labels[name] = of
		}
		if p.shows(legend, labels) {
			kept[key] = value
		}
	}
	return kept
}

// columns are the names that a table's columns end up with, for those that are renamed.
func (p panel) columns() []string {
	var names []string
	for _, one := range p.Transformations {
		for _, name := range one.Options.RenameByName {
			names = append(names, name)
		}
	}
	return names
}

type variable struct {
	Name, Type, AllValue string
	Multi, IncludeAll    bool
	Current              struct{ Value any }
	Query                any
}

type dashboard struct {
	UID, Title  string
	Panels      []panel
	Templating  struct{ List []variable }
	Annotations struct{ List []annotation }
}

type annotation struct {
	BuiltIn    int
	Name, Expr string
	Datasource datasource
}

// all are its panels, those in collapsed rows among them.
func (d dashboard) all() []panel {
	var every []panel
	for _, p := range d.Panels {
		every = append(append(every, p), p.Panels...)
	}
	return every
}

func loadDashboard() dashboard { return readDashboard("agent-firewall.json") }

func readDashboard(file string) dashboard {
	var all dashboard
	text := must(os.ReadFile(filepath.Join(dashboards, file)))
	if err := json.Unmarshal(text, &all); err != nil {
		panic(err)
	}
	return all
}

// choice is what the user picked, by variable; a variable left out keeps the dashboard's default.
type choice map[string][]string

var (
	reference    = regexp.MustCompile(`\$(\w+)|\$\{(\w+)\}`)
	regexSpecial = regexp.MustCompile(`[$^*{}\[\]+?.()|]`)
)

// interpolate fills a query as Grafana's Loki data source does: All stands for its custom value as it is, picked
// values are escaped for a regular expression within a double-quoted string and joined, a text box goes in as typed.
func (d dashboard) interpolate(expr string, picked choice, from, to time.Time, step time.Duration, instant bool) string {
	seconds := func(d time.Duration) string { return fmt.Sprintf("%ds", int(d.Seconds())) }
	auto := step
	if instant {
		auto = to.Sub(from)
	}
	built := map[string]string{
		"__range": seconds(to.Sub(from)), "__interval": seconds(step), "__auto": seconds(auto), "__rate_interval": "60s",
		"__from": decimal(from.UnixMilli()), "__to": decimal(to.UnixMilli()),
	}
	for _, variable := range d.Templating.List {
		built[variable.Name] = variable.fill(picked[variable.Name])
	}
	return reference.ReplaceAllStringFunc(expr, func(found string) string {
		value, known := built[strings.Trim(found, "${}")]
		if !known {
			panic("no variable " + found + " in " + expr)
		}
		return value
	})
}

func (v variable) fill(picked []string) string {
	if picked == nil {
		switch value := v.Current.Value.(type) {
		case string:
			picked = []string{value}
		case []any:
			for _, one := range value {
				picked = append(picked, one.(string))
			}
		}
	}
	if !v.Multi && !v.IncludeAll {
		return strings.Join(picked, "")
	}
	var escaped []string
	for _, value := range picked {
		if value == "$__all" {
			return v.AllValue
		}
		value = strings.ReplaceAll(value, `\`, `\\\\`)
		escaped = append(escaped, regexSpecial.ReplaceAllString(value, `\\$0`))
	}
	return strings.Join(escaped, "|")
}
