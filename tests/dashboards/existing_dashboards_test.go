// SPDX-License-Identifier: MIT

package dashboards

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// existing is a dashboard made for coderd's lines, and the flags under which it shows ours. Its queries use nothing of
// ours but the line and the labels named in the flags.
type existing struct {
	flags  []string
	counts string // ... [range]), by decision and by domain
	rows   string
	// What they take for the domain where what they extract replaces our metadata: in the counts, and in the rows.
	domains func(decision) (string, string)
}

const emitted = " | line_format `time=\"{{.event_time}}\" method=\"{{.http_method}}\" domain=\"{{.domain}}\" path=\"{{.path}}\" owner=\"{{.owner}}\"" +
	" workspace_name=\"{{.workspace_name}}\" template_id=\"{{.template_id}}\" template_version_id=\"{{.template_version_id}}\"`"

var existingDashboards = map[string]existing{
	"json": {
		// By their own expressions from the URL: its host as the agent wrote it, as far as a colon or with the port.
		// That is so on 3.6 only: before and since, our metadata of that name stays, and they show that.
		domains: func(d decision) (string, string) {
			name, _, _ := strings.Cut(d.host, ":")
			return name, d.host
		},
		flags: []string{"--namespace", "coder-workspaces"},
		counts: `{namespace=~"(coder|coder-workspaces)"} |= "boundary_request" | json decision="fields.decision", owner="fields.owner",` +
			` template_id="fields.template_id", template_version_id="fields.template_version_id" | decision=~"%s" | owner=~"$owner"` +
			` | template_id=~"$template" | template_version_id=~"" | regexp ` + "`" + `"http_url":"(?P<scheme>https?)://(?P<domain>[^/:"]+)` + "`" + ` | domain=~"$domain"`,
		rows: `{namespace=~"(coder|coder-workspaces)"} |= "boundary_request" | json decision="fields.decision", owner="fields.owner",` +
			` template_id="fields.template_id", template_version_id="fields.template_version_id", workspace_name="fields.workspace_name",` +
			` http_method="fields.http_method", event_time="fields.event_time" | decision="%s" | owner=~"$owner" | template_id=~"$template"` +
			" | regexp `\"http_url\":\"https?://(?P<domain>[^/?#\"]+)(?P<path>/[^?#\" ]*)?` | domain=~\"$domain\"" + emitted,
	},
	"logfmt": {
		// The line's field of that name comes first.
		domains: func(d decision) (string, string) { return d.domain, d.domain },
		flags:   []string{"--namespace", "coder", "--line-format", "logfmt", "--label", "logger=coderd.agentrpc"},
		counts: `{namespace=~"(coder|coder)", logger="coderd.agentrpc"} |= "boundary_request" | logfmt | decision=~"%s" | owner=~"$owner"` +
			` | template_id=~"$template" | regexp ` + "`http_url=(?P<scheme>https?)://(?P<domain>[^/:]+)`" + ` | domain=~"$domain"`,
		rows: `{namespace=~"(coder|coder)", logger="coderd.agentrpc"} |= "boundary_request" | logfmt | decision="%s" | owner=~"$owner"` +
			` | template_id=~"$template" | regexp ` + "`http_url=https?://(?P<domain>[^/?# ]+)(?P<path>/[^?# ]*)?`" + ` | domain=~"$domain"` + emitted,
	},
}

func name(counted, _ string) string { return counted }

func TestExistingDashboardsShowOurEntries(t *testing.T) {
	all := startLoki(t, t.TempDir())
	decisions := knownDecisions()
	metadataStays := !all.atLeast(3, 6) || all.atLeast(3, 7)
	for format, board := range existingDashboards {
		if metadataStays {
			board.domains = func(d decision) (string, string) { return d.domain, d.domain }
		}
		loki := all.of(format)
		load(t, loki, decisions, append(board.flags, "--template-id", "t-1", "--template-version-id", "v-2")...)
		filters := map[string]choice{
			"no filter": {}, "owner": {"owner": {"ann"}}, "domain": {"domain": {"h[.]example"}}, // theirs is an expression
			"template": {"template": {"t-1"}}, "another template": {"template": {"t-9"}},
		}
		for which, picked := range filters {
			fill := strings.NewReplacer("$owner", strings.Join(picked["owner"], ""), "$domain", strings.Join(picked["domain"], ""),
				"$template", strings.Join(picked["template"], ""))
			q := question{}
			for _, d := range decisions {
				if fits := (picked["owner"] == nil || d.owner == "ann") && (picked["domain"] == nil || name(board.domains(d)) == "h.example") &&
					which != "another template"; fits {
					q.decisions = append(q.decisions, d)
				}
			}
			ask := func(expr, decision string) answer {
				t.Helper()
				got, err := instantOf(loki, fill.Replace(fmt.Sprintf(expr, decision)), to)
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			t.Run(format+"/"+which, func(t *testing.T) {
				expected{answer: countBy(q.where(inRange), "decision")}.check(t, ask("sum by (decision) (count_over_time("+board.counts+" [1h]))", "allow|deny"))
				for decision, holds := range map[string]func(decision) bool{"allow": allowed, "deny": denied} {
					domains := "topk(20, sum by (domain) (count_over_time(" + board.counts + " [1h])))"
					counted, shown := q.where(inRange, holds), q.where(inRange, holds)
					for i, d := range counted {
						counted[i].domain, shown[i].domain = board.domains(d)
					}
					expected{countBy(counted, "domain"), 20}.check(t, ask(domains, decision))

					results, _, err := loki.query("/query_range", url.Values{"query": {fill.Replace(fmt.Sprintf(board.rows, decision))},
						"start": {unix(from)}, "end": {unix(to)}, "limit": {"5000"}})
					if err != nil {
						t.Fatal(err)
					}
					got, want := answer{}, answer{}
					for _, one := range results {
						for _, row := range one.Values {
							got[row[1].(string)]++
						}
					}
					for _, d := range shown {
						want[fmt.Sprintf(`time=%q method=%q domain=%q path=%q owner=%q workspace_name=%q template_id="t-1" template_version_id="v-2"`,
							d.at.Format(time.RFC3339Nano), d.method, d.domain, d.path, d.owner, d.name)] = 1
					}
					expected{answer: want}.check(t, got)
				}
			})
		}
	}
}

// Odd lines: forged looks, hostile quoting, every kind of host.
func TestExistingDashboardsCountOddLines(t *testing.T) {
	all := startLoki(t, t.TempDir())
	samples := filepath.Join(root, "tests/data/odd_lines")
	var summary struct{ Decisions struct{ Allow, Deny float64 } }
	if err := json.Unmarshal([]byte(run(t, bridgeBinary(), "summary", "--json", samples)), &summary); err != nil {
		t.Fatal(err)
	}
	for name, board := range existingDashboards {
		loki := all.of(name)
		run(t, bridgeBinary(), append([]string{"replay", "--loki-url", loki.base, "--tenant", loki.tenant, "--owner", "joe", samples}, board.flags...)...)
		got, err := instantOf(loki, "sum by (decision) (count_over_time("+strings.NewReplacer("$owner", "", "$domain", "", "$template", "").
			Replace(fmt.Sprintf(board.counts, "allow|deny"))+" [48h]))", from.Add(24*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		expected{answer: answer{"decision=allow": summary.Decisions.Allow, "decision=deny": summary.Decisions.Deny}}.check(t, got)
	}
}
