// SPDX-License-Identifier: MIT

package dashboards

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

type workspace struct{ owner, name, template string }

type toolCall struct{ id, chat, tool, name, match string }

// request is what the agent asked for: the URL and host as Boundary logs them, and what they mean.
type request struct{ url, host, domain, path string }

type decision struct {
	at      time.Time
	allowed bool
	method  string
	rule    string
	workspace
	request
	call    toolCall // zero when none is known
	suspect bool     // an ALLOW without its rule
}

var (
	from = time.Date(2026, 6, 9, 12, 0, 0, 0, time.UTC)
	to   = from.Add(time.Hour)

	workspaces = []workspace{
		{"joe", "w1", "firewalled"}, {"joe", "w2", "firewalled"}, {"ann", "w1", "plain"}, {"j.e", "a+b", "plain"},
	}
	// Never denied anything, and knows no tool calls.
	quiet = workspace{"ann", "quiet", "plain"}
	kinds = []toolCall{
		{tool: "execute", name: "execute", match: "exact"}, {tool: "Bash", name: "Bash", match: "window"},
		{tool: "mcp", name: "mcp__git__push", match: "overlap"},
	}
	odd = []request{
		{"https://[2001:db8::1]:8443/v1/x%20y%2Fz", "[2001:db8::1]:8443", "2001:db8::1", "/v1/x%20y%2Fz"},
		{"http://host.example:8080/a", "host.example:8080", "host.example", "/a"},
		{"https://h.example?x=1", "h.example", "h.example", "/"},
		{"https://H.example/a?q=%22hi%22&r=/b", "H.example", "h.example", "/a"},
		{"https://user:pass@h.example/p#fragment", "h.example", "h.example", "/p"},
		{"https://h.example/a%26b&c", "h.example", "h.example", "/a%26b&c"},
		{"https://h-example/", "h-example", "h-example", "/"}, // where a dot would stand for any character
	}
)

// knownDecisions covers the hour before the range, too. No two are at one instant, none on a whole second.
func knownDecisions() []decision {
	const count = 1500
	dice := rand.New(rand.NewPCG(1, 2))
	var all []decision
	for i := range count {
		at := from.Add(-time.Hour).Add(time.Duration(i)*2*time.Hour/count + 137*time.Millisecond)
		d := decision{at: at, workspace: workspaces[dice.IntN(len(workspaces))], allowed: dice.IntN(3) == 0}
		d.method = []string{"GET", "GET", "POST", "DELETE"}[dice.IntN(4)]
		switch kind := dice.IntN(10); {
		case kind == 0:
			d.request = odd[dice.IntN(len(odd))]
		case kind == 1 && at.After(from):
			d.request = plain(fmt.Sprintf("fresh%d.example", dice.IntN(4)), "/new")
		default:
			n := dice.IntN(30)
			d.request = plain(fmt.Sprintf("d%d.example", dice.IntN(n+1)), fmt.Sprintf("/p/%d", dice.IntN(3)))
		}
		if d.allowed {
			d.rule = "domain=" + d.domain
			if d.suspect = i%40 == 0; d.suspect {
				d.rule = ""
			}
		}
		if dice.IntN(3) > 0 {
			n := dice.IntN(80)
			d.call = kinds[n%len(kinds)]
			d.call.id, d.call.chat = fmt.Sprintf("call-%d", n), fmt.Sprintf("chat-%d", n%5)
			d.workspace = workspaces[n%len(workspaces)]
		}
		if dice.IntN(40) == 0 {
			d.workspace, d.call, d.allowed, d.rule, d.suspect = quiet, toolCall{}, true, "domain="+d.domain, false
		}
		all = append(all, d)
	}
	return all
}

func plain(domain, path string) request {
	return request{"https://" + domain + path, domain, domain, path}
}

func (d decision) line() string {
	stamp := d.at.Format("2006-01-02T15:04:05.000Z07:00")
	if d.allowed {
		rule := fmt.Sprintf(" rule=%q", d.rule)
		if d.suspect {
			rule = ""
		}
		return fmt.Sprintf("time=%s level=INFO msg=ALLOW method=%s url=%q host=%s%s\n", stamp, d.method, d.url, d.host, rule)
	}
	return fmt.Sprintf("time=%s level=WARN msg=DENY method=%s url=%q host=%s\n", stamp, d.method, d.url, d.host)
}

func (d decision) verdict() string {
	if d.allowed {
		return "allow"
	}
	return "deny"
}

// label is the decision's value of a label or of structured metadata.
func (d decision) label(name string) string {
	if name == "suspect" && d.suspect {
		return "keys"
	}
	return map[string]string{
		"decision": d.verdict(), "owner": d.owner, "workspace_name": d.name, "template_name": d.template,
		"tool": d.call.tool, "tool_name": d.call.name, "tool_match": d.call.match, "tool_call_id": d.call.id,
		"template_version_id": d.version(), "namespace": d.namespace(), "cluster": d.cluster(),
		"chat_id": d.call.chat, "domain": d.domain, "http_method": d.method, "path": d.path, "matched_rule": d.rule,
	}[name]
}

func (w workspace) version() string   { return "v-" + w.template }
func (w workspace) namespace() string { return "ns-" + w.owner }
func (w workspace) cluster() string {
	if w.owner == "joe" {
		return "east"
	}
	return "" // its daemons set none
}

// typedIn are the filters that somebody types into: parts of what is looked for, as they are.
var typedIn = []string{"domain", "chat_id", "tool_call_id", "template_version"}

// fits says whether the decision passes the user's filters.
func (d decision) fits(picked choice) bool {
	for name, values := range picked {
		label := map[string]string{"workspace": "workspace_name", "template": "template_name", "template_version": "template_version_id"}[name]
		if label == "" {
			label = name
		}
		fits := slices.ContainsFunc(values, func(value string) bool {
			if slices.Contains(typedIn, name) {
				return strings.Contains(d.label(label), value) || (name == "domain" && strings.Contains(d.domain, strings.ToLower(value)))
			}
			return d.label(label) == value
		})
		if !fits {
			return false
		}
	}
	return true
}

const notices = "time=2026-06-09T12:00:00.500Z level=WARN msg=\"No allow rules specified; all network traffic will be denied by default\"\n" +
	"time=2026-06-09T12:00:00.600Z level=ERROR msg=\"TLS handshake failed in CONNECT tunnel\" error=\"remote error: tls: unknown certificate authority\"\n" +
	"time=2026-06-09T12:00:00.700Z level=WARN msg=ALLOW method=GET url=https://h.example/ host=h.example rule=\"domain=h.example\"\n"

// load brings the decisions to Loki as log files that the bridge reads, and a journal of the tool calls: one session a
// workspace for requests without a tool call, with three notices each, and one session a tool call.
func load(t *testing.T, loki server, decisions []decision, flags ...string) {
	t.Helper()
	for _, w := range append(workspaces, quiet) {
		const plainPID = 1
		all := flags
		logs, calls := map[int]string{plainPID: notices}, map[int]toolCall{}
		for _, d := range decisions {
			if d.workspace != w {
				continue
			}
			pid := plainPID
			if d.call != (toolCall{}) {
				pid = 1000 + must(strconv.Atoi(strings.TrimPrefix(d.call.id, "call-")))
				calls[pid] = d.call
			}
			logs[pid] += d.line()
		}
		folder, journal := t.TempDir(), ""
		for pid, text := range logs {
			write(t, filepath.Join(folder, fmt.Sprintf("boundary-2026-06-09_11-00-00-%d.log", pid)), text)
		}
		for pid, call := range calls {
			journal += call.records(pid)
		}
		write(t, filepath.Join(folder, "toolcalls", "toolcalls-2026-06-09.jsonl"), journal)
		if flags == nil {
			all = []string{"--template-version-id", w.version(), "--namespace", w.namespace()}
			if w.cluster() != "" {
				all = append(all, "--label", "cluster="+w.cluster())
			}
		}
		run(t, bridgeBinary(), append([]string{"replay", "--loki-url", loki.base, "--tenant", loki.tenant, "--owner", w.owner,
			"--workspace", w.name, "--template", w.template, "--journal-dir", filepath.Join(folder, "toolcalls"), folder}, all...)...)
	}
}

// records is how the journal tells of the call, so that its match comes out: an exact one started its Boundary itself,
// in a window it was the only call open in it, and at an overlap it was the later of two.
func (c toolCall) records(pid int) string {
	start := func(source, id string, minute int) string {
		return fmt.Sprintf(`{"v":1,"event":"start","id":%q,"tool":%q,"source":%q,"time":"2026-06-09T10:%02d:00Z","pids":[%d],"chat_id":%q}`+"\n",
			id, c.name, source, minute, pid, c.chat)
	}
	switch c.match {
	case "exact":
		return start("exec", c.id, 50)
	case "overlap":
		return start("hook", "earlier-"+c.id, 40) + start("hook", c.id, 50)
	default:
		return start("hook", c.id, 50)
	}
}
