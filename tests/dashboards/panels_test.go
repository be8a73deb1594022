// SPDX-License-Identifier: MIT

// Package dashboards runs every query of dashboards/ against a real Loki and a real Prometheus that the real bridge
// filled from a known set of decisions, and compares each answer with the number computed from that set.
package dashboards

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const step = time.Minute

// question is one query in one situation: the decisions that pass the user's filters.
type question struct {
	decisions []decision // of all time
	picked    choice
}

func (q question) where(holds ...func(decision) bool) []decision {
	return slices.DeleteFunc(slices.Clone(q.decisions), func(d decision) bool {
		return slices.ContainsFunc(holds, func(one func(decision) bool) bool { return !one(d) })
	})
}

func inRange(d decision) bool { return d.at.After(from) && !d.at.After(to) }
func before(d decision) bool  { return !d.at.After(from) }
func allowed(d decision) bool { return d.allowed }
func denied(d decision) bool  { return !d.allowed }
func hasCall(d decision) bool { return d.call.id != "" }

func labelsOf(d decision, names []string) string {
	labels := map[string]string{}
	for _, name := range names {
		labels[name] = d.label(name)
	}
	return labelText(labels)
}

func countBy(decisions []decision, names ...string) answer {
	counts := answer{}
	for _, d := range decisions {
		counts[labelsOf(d, names)]++
	}
	return counts
}

func scalar(value float64) expected { return expected{answer: answer{"": value}} }

func total(holds ...func(decision) bool) func(question) expected {
	return func(q question) expected { return scalar(float64(len(q.where(append(holds, inRange)...)))) }
}

func distinct(names []string, holds ...func(decision) bool) func(question) expected {
	return func(q question) expected {
		return scalar(float64(len(countBy(q.where(append(holds, inRange)...), names...))))
	}
}

func top(n int, names []string, holds ...func(decision) bool) func(question) expected {
	return func(q question) expected {
		return expected{countBy(q.where(append(holds, inRange)...), names...), n}
	}
}

func overTime(n int, names []string, holds ...func(decision) bool) func(question) expected {
	return func(q question) expected {
		points := answer{}
		for _, d := range q.where(holds...) {
			bucket := d.at.Truncate(step).Add(step) // no decision lies on a whole step
			if labels := labelsOf(d, names); !bucket.Before(from) && !bucket.After(to) {
				points[atSecond(labels, bucket.Unix())]++
			}
		}
		return expected{points, n}
	}
}

func newest(limit int, names []string, holds ...func(decision) bool) func(question) expected {
	return func(q question) expected {
		rows := q.where(append(holds, inRange)...)
		rows = rows[max(0, len(rows)-limit):] // they are in order of time
		want := answer{}
		for _, d := range rows {
			labels := map[string]string{"at": decimal(d.at.UnixMilli())}
			for _, name := range names {
				labels[name] = d.label(name)
			}
			want[labelText(labels)] = 1
		}
		return expected{answer: want}
	}
}

func decimal(value int64) string { return strconv.FormatInt(value, 10) }

var (
	requestColumns = []string{"owner", "workspace_name", "tool", "http_method", "domain", "path", "matched_rule", "tool_call_id"}
	suspectColumns = []string{"suspect", "decision", "owner", "workspace_name", "tool_call_id", "http_method", "domain"}
	trailColumns   = []string{"decision", "owner", "workspace_name", "template_name", "http_method", "domain", "chat_id", "tool_call_id"}
	everyFilter    = []string{"owner", "workspace", "template", "template_version", "namespace", "cluster", "tool", "decision", "domain",
		"chat_id", "tool_call_id"}
	placeAndClusterFilters = []string{"owner", "workspace", "template", "namespace", "cluster"}
)

// lokiPanel is how to know a Loki query's answer.
type lokiPanel struct {
	want    func(question) expected
	columns []string // of log rows
	filters []string // that narrow it; nil = every one
}

// withoutDecision is a panel that the decision filter does not narrow.
func withoutDecision(want func(question) expected) lokiPanel {
	return lokiPanel{want: want, filters: without(everyFilter, "decision")}
}

func named(label string, value string, want func(question) expected) func(question) expected {
	return func(q question) expected {
		return expected{answer: answer{label + "=" + value: want(q).answer[""]}}
	}
}

// noTool stands for a request outside of any tool call.
func (q question) toolsNamed() question {
	named := q.where()
	for i := range named {
		if named[i].call.tool == "" {
			named[i].call.tool = "(none)"
		}
	}
	return question{decisions: named, picked: q.picked}
}

var lokiPanels = map[string]lokiPanel{
	"Allowed": withoutDecision(named("decision", "allow", total(allowed))),
	"Denied":  withoutDecision(named("decision", "deny", total(denied))),
	"Deny ratio": withoutDecision(func(q question) expected {
		all := len(q.where(inRange))
		if all == 0 {
			return expected{}
		}
		return scalar(float64(len(q.where(inRange, denied))) / float64(all))
	}),
	"Tool calls with a denial": {want: distinct([]string{"tool_call_id"}, denied, hasCall)},
	"Decisions":                {want: func(q question) expected { return overTime(0, []string{"decision", "tool"})(q.toolsNamed()) }},
	"Denies by tool": {want: func(q question) expected {
		return overTime(0, []string{"decision", "tool"}, denied)(q.toolsNamed())
	}},
	"Denies by workspace": {want: overTime(10, []string{"owner", "workspace_name"}, denied)},
	"Top denied domains":  {want: top(20, []string{"domain"}, denied)},
	"Top allowed domains": {want: top(20, []string{"domain"}, allowed)},
	"Allowed by rule":     {want: top(50, []string{"matched_rule"}, allowed, func(d decision) bool { return d.rule != "" })},
	"New denied domains":  {want: newDomains},
	"Suspect verdicts": {columns: suspectColumns, want: func(q question) expected {
		rows := newest(100, suspectColumns, func(d decision) bool { return d.suspect })(q)
		// An ALLOW of another level is no decision.
		for _, w := range append(workspaces, quiet) {
			if d := (decision{workspace: w}); d.fits(but(q.picked, "decision", "new_within")) {
				rows.answer[labelText(map[string]string{"at": decimal(from.UnixMilli() + 700), "owner": w.owner, "workspace_name": w.name, "suspect": "level"})] = 1
			}
		}
		return rows
	}},
	"Tampered by workspace": {filters: placeFilters, want: func(q question) expected {
		return expected{above(0, pulse(knownBeats()).of(q.picked).folded(to, to.Sub(from), "tampered", sum)), 100}
	}},
	"Requests without a decision": {filters: placeAndClusterFilters, want: func(q question) expected {
		found := answer{}
		for _, w := range append(workspaces, quiet) {
			if d := (decision{workspace: w}); d.fits(only(q.picked, placeAndClusterFilters...)) {
				found[labelText(map[string]string{"owner": w.owner, "workspace_name": w.name, "session": "boundary-2026-06-09_11-00-00-1",
					"msg": "boundary: TLS handshake failed in CONNECT tunnel", "error": "remote error: tls: unknown certificate authority"})] = 1
			}
		}
		return expected{found, 50}
	}},
	"Denied methods and paths": {want: top(20, []string{"http_method", "domain", "path"}, denied)},
	"Denies by tool call": {want: top(50, []string{"tool_call_id", "tool_name", "tool_match", "chat_id", "owner",
		"workspace_name"}, denied, hasCall)},
	"Recent denied":  {want: newest(20, requestColumns, denied), columns: requestColumns},
	"Recent allowed": {want: newest(20, requestColumns, allowed), columns: requestColumns},
	"Trail":          {want: newest(500, trailColumns), columns: trailColumns},
	"Notices": {filters: []string{"owner", "workspace", "template"}, columns: []string{"owner", "workspace_name"},
		want: func(q question) expected {
			rows := answer{}
			for _, w := range append(workspaces, quiet) {
				if d := (decision{workspace: w}); d.fits(only(q.picked, "owner", "workspace", "template")) {
					for _, at := range []int64{500, 600, 700} {
						rows[labelText(map[string]string{"at": decimal(from.UnixMilli() + at), "owner": w.owner, "workspace_name": w.name})] = 1
					}
				}
			}
			return expected{answer: rows}
		}},
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(one string) bool { return one == name })
}

// but leaves filters out of those picked.
func but(picked choice, names ...string) choice {
	kept := maps.Clone(picked)
	maps.DeleteFunc(kept, func(name string, _ []string) bool { return slices.Contains(names, name) })
	return kept
}

func only(picked choice, names ...string) choice {
	kept := maps.Clone(picked)
	maps.DeleteFunc(kept, func(name string, _ []string) bool { return !slices.Contains(names, name) })
	return kept
}

// newDomains are those denied within "New within" of the end and not in the week before that.
func newDomains(q question) expected {
	within := 24 * time.Hour
	if picked := q.picked["new_within"]; picked != nil {
		within = must(time.ParseDuration(picked[0]))
	}
	fresh := countBy(q.where(denied, during(to, within, 0)), "domain")
	for old := range countBy(q.where(denied, during(to, within+7*24*time.Hour, within)), "domain") {
		delete(fresh, old)
	}
	return expected{fresh, 50}
}

// choices holds the defaults, then each filter alone in its forms, then several at once.
var choices = map[string]choice{
	"defaults":                  {},
	"one owner":                 {"owner": {"joe"}},
	"owner with a dot":          {"owner": {"j.e"}},
	"two owners":                {"owner": {"j.e", "ann"}},
	"workspace with a plus":     {"workspace": {"a+b"}},
	"one template":              {"template": {"plain"}},
	"one template version":      {"template_version": {"v-plain"}},
	"one namespace":             {"namespace": {"ns-j.e"}},
	"one cluster":               {"cluster": {"east"}},
	"one tool":                  {"tool": {"execute"}},
	"two tools":                 {"tool": {"mcp", "Bash"}},
	"allow":                     {"decision": {"allow"}},
	"deny":                      {"decision": {"deny"}},
	"both decisions":            {"decision": {"allow", "deny"}},
	"part of a domain":          {"domain": {"resh"}},
	"a dot is a dot":            {"domain": {"h.example"}},
	"upper case":                {"domain": {"Fresh1.EXAMPLE"}},
	"no expression":             {"domain": {"^(h|d1).*$"}},
	"a backtick":                {"domain": {"a`b"}},
	"a backslash and a bracket": {"domain": {"\\d[", "d1.example"}},
	"two domains":               {"domain": {"h.example", "d1."}},
	"IPv6":                      {"domain": {"2001:db8"}},
	"chat":                      {"chat_id": {"chat-3"}},
	"any chat":                  {"chat_id": {"chat"}},
	"tool call":                 {"tool_call_id": {"call-17"}},
	"tool calls":                {"tool_call_id": {"call-1"}},
	"no such domain":            {"domain": {"nowhere"}},
	"new within an hour":        {"new_within": {"1h"}},
	"owner, tool and domain":    {"owner": {"joe"}, "tool": {"execute", "Bash"}, "domain": {"d1", "d2"}},
	"domain and chat":           {"domain": {"example"}, "chat_id": {"chat-1"}, "decision": {"deny"}},
}

func TestPanelsShowTheKnownNumbers(t *testing.T) {
	board := loadDashboard()
	loki := startLoki(t, t.TempDir()).of("panels")
	decisions := knownDecisions()
	load(t, loki, decisions)
	sendBeats(t, loki, knownBeats())

	known := maps.Clone(lokiPanels)
	maps.Copy(known, heartbeatPanels)
	for _, p := range board.all() {
		if _, elsewhere := reconcilePanels[p.Title]; elsewhere || p.Type == "row" || p.Datasource.Type == "prometheus" {
			continue
		}
		check, found := known[p.Title]
		delete(known, p.Title)
		if !found || len(p.Targets) != 1 {
			t.Errorf("no check for panel %q", p.Title)
			continue
		}
		query := board.asks(p)
		if check.filters == nil {
			check.filters = everyFilter
		}
		answers := map[string]answer{}
		for name, picked := range choices {
			t.Run(p.Title+"/"+name, func(t *testing.T) {
				got, err := ask(loki, board, query, picked, check.columns)
				if err != nil {
					t.Fatal(err)
				}
				if p.Title == "Deny ratio" {
					got = ratioOf(t, p, got)
				} else {
					got = p.shown(query.Legend, got)
				}
				answers[name] = got
				fitting := only(picked, check.filters...)
				q := question{picked: picked}
				for _, d := range decisions {
					if d.fits(fitting) {
						q.decisions = append(q.decisions, d)
					}
				}
				check.want(q).check(t, got)
			})
		}
		for _, filter := range everyFilter {
			narrows := slices.ContainsFunc(slices.Collect(maps.Keys(choices)), func(name string) bool {
				_, picked := choices[name][filter]
				return picked && len(choices[name]) == 1 && !maps.Equal(answers[name], answers["defaults"])
			})
			if claims := slices.Contains(check.filters, filter); narrows != claims {
				t.Errorf("%s: filter %s narrows it: %v, should: %v", p.Title, filter, narrows, claims)
			}
		}
	}
	for title := range known {
		t.Errorf("no panel %q", title)
	}
}

// ratioOf is what the panel's transformations make of the two numbers.
func ratioOf(t *testing.T, p panel, got answer) answer {
	t.Helper()
	var steps []string
	for _, one := range p.Transformations {
		steps = append(steps, one.ID)
	}
	allow, deny := got["decision=allow"], got["decision=deny"]
	if !slices.Equal(steps, []string{"groupingToMatrix", "calculateField", "calculateField"}) || len(got) != 2 {
		t.Errorf("%v of %v", steps, got)
	}
	if allow+deny == 0 {
		return answer{}
	}
	return answer{"": deny / (allow + deny)}
}

func ask(loki server, board dashboard, query target, picked choice, columns []string) (answer, error) {
	instant := query.QueryType == "instant"
	expr := board.interpolate(query.Expr, picked, from, to, step, instant)
	switch {
	case instant:
		return instantOf(loki, expr, to)
	case columns != nil:
		return rowsOf(loki, expr, from, to, query.MaxLines, columns)
	default:
		return rangeOf(loki, expr, from, to, step)
	}
}

func TestVariablesListWhatIsThere(t *testing.T) {
	board := loadDashboard()
	loki := startLoki(t, t.TempDir()).of("variables")
	load(t, loki, knownDecisions())
	values := func(name string, picked choice) []string {
		i := slices.IndexFunc(board.Templating.List, func(v variable) bool { return v.Name == name })
		query := board.Templating.List[i].Query.(map[string]any)
		stream := board.interpolate(query["stream"].(string), picked, from, to, step, false)
		status, body := loki.get(loki.url+"/label/"+query["label"].(string)+"/values",
			url.Values{"query": {stream}, "start": {unix(from)}, "end": {unix(to)}})
		var answer struct{ Data []string }
		if err := json.Unmarshal(body, &answer); err != nil || status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		slices.Sort(answer.Data)
		return answer.Data
	}
	lists := map[string][]string{
		"namespace": {"ns-ann", "ns-j.e", "ns-joe"}, "cluster": {"east"}, "coderd_namespace": nil,
		"owner": {"ann", "j.e", "joe"}, "workspace": {"a+b", "quiet", "w1", "w2"}, "template": {"firewalled", "plain"},
		"tool": {"Bash", "execute", "mcp"},
	}
	plain := map[string]string{"decision": "custom", "domain": "custom", "chat_id": "custom", "tool_call_id": "custom",
		"template_version": "custom", "new_within": "custom", "coder": "textbox", "loki": "datasource", "prometheus": "datasource",
		"ai_gateway": "datasource"}
	for _, v := range board.Templating.List {
		if want, listed := lists[v.Name]; listed {
			if got := values(v.Name, nil); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", v.Name, got, want)
			}
		} else if plain[v.Name] != v.Type {
			t.Errorf("no check for variable %s (%s)", v.Name, v.Type)
		}
	}
	if got := values("workspace", choice{"owner": {"j.e"}}); !slices.Equal(got, []string{"a+b"}) {
		t.Errorf("workspaces of j.e: %v", got)
	}
	for _, v := range board.Templating.List {
		if slices.Contains(typedIn, v.Name) && (!v.Multi || !v.IncludeAll || v.AllValue != ".*" || v.Query != "") {
			t.Errorf("%s: Grafana escapes what is typed into a list without values of its own that takes several, and into no other", v.Name)
		}
	}
}

// annotationRows: what each annotation marks in the range, by workspace and second.
var annotationRows = map[string]func(beat) bool{
	"Tampering": func(b beat) bool { return b.says["tampered"] > 0 },
	"Restarts":  func(b beat) bool { return b.says["up"] == 0 || b.says["uptime_seconds"] < 60 },
}

func TestAnnotationsMarkWhatHappened(t *testing.T) {
	board := loadDashboard()
	loki := startLoki(t, t.TempDir()).of("annotations")
	load(t, loki, nil)
	beats := knownBeats()
	for i := range beats {
		if beats[i].says["uptime_seconds"] = 4000; i%17 == 0 {
			beats[i].says["uptime_seconds"] = 10
		}
	}
	sendBeats(t, loki, beats)
	for _, one := range board.Annotations.List {
		if one.BuiltIn == 1 {
			continue
		}
		want := answer{}
		if marks := annotationRows[one.Name]; marks != nil {
			for _, b := range beats {
				if marks(b) && inRange(decision{at: b.at}) {
					want[labelText(map[string]string{"at": decimal(b.at.UnixMilli()), "owner": b.owner, "workspace_name": b.name})] = 1
				}
			}
		} else if one.Name == "Policy" {
			for _, w := range append(workspaces, quiet) {
				want[labelText(map[string]string{"at": decimal(from.UnixMilli() + 500), "owner": w.owner, "workspace_name": w.name})] = 1
			}
		}
		got, err := rowsOf(loki, board.interpolate(one.Expr, nil, from, to, step, false), from, to, 1000, []string{"owner", "workspace_name"})
		if err != nil || len(want) == 0 || one.Datasource != (datasource{"loki", "${loki}"}) {
			t.Errorf("%s: %v, %d rows", one.Name, err, len(want))
			continue
		}
		expected{answer: want}.check(t, got)
	}
}

// The domains that are new are the same, however much of what Loki keeps the range covers.
func TestNewDomainsStayRightWhenTheRangeReachesTheRetention(t *testing.T) {
	board, decisions := loadDashboard(), knownDecisions()
	loki := startLoki(t, t.TempDir()).of("new")
	load(t, loki, decisions)
	all := board.all()
	query := all[slices.IndexFunc(all, func(p panel) bool { return p.Title == "New denied domains" })].Targets[0]
	picked := choice{"new_within": {"1h"}}
	want := newDomains(question{decisions: decisions, picked: picked})
	if len(want.answer) < 2 || len(want.answer) > 20 {
		t.Fatalf("%v", want.answer)
	}
	for _, back := range []time.Duration{10 * time.Minute, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour} {
		got, err := instantOf(loki, board.interpolate(query.Expr, picked, to.Add(-back), to, step, true), to)
		if err != nil {
			t.Fatal(err)
		}
		want.check(t, got)
	}
}

var reader = regexp.MustCompile(`\| *(json|logfmt|regexp|pattern|unpack)\b`)

// The cheap first: every Loki query starts from the stream labels and filters by metadata before it reads a line.
func TestQueriesStayCheap(t *testing.T) {
	for _, p := range loadDashboard().all() {
		for _, query := range p.Targets {
			if query.Datasource.Type != "loki" {
				continue
			}
			for _, selection := range regexp.MustCompile(`(?:^|[^{$])\{(\w[^}]*=[^}]*)\}`).FindAllStringSubmatch(query.Expr, -1) {
				selection := selection[1]
				if _, both := reconcilePanels[p.Title]; both && strings.HasPrefix(selection, `namespace="$coderd_namespace", job!="boundary"`) {
					continue
				}
				if !strings.HasPrefix(selection, `job="boundary", `) && !strings.HasPrefix(selection, `job="boundary-loki", `) {
					t.Errorf("%s: a selector without the job: %s", p.Title, query.Expr)
				}
			}
			if at := reader.FindStringIndex(query.Expr); at != nil && !strings.Contains(query.Expr, "boundary-loki") && strings.Contains(query.Expr, "$tool_call_id") && at[0] < strings.LastIndex(query.Expr, "$tool_call_id") {
				t.Errorf("%s: parses before it filters: %s", p.Title, query.Expr)
			}
			if p.Type == "logs" && query.MaxLines == 0 {
				t.Errorf("%s: no limit", p.Title)
			}
		}
	}
}
