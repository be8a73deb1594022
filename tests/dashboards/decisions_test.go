// SPDX-License-Identifier: MIT

package dashboards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
	call toolCall // zero when none is known
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
		}
		if dice.IntN(3) > 0 {
			n := dice.IntN(80)
			d.call = kinds[n%len(kinds)]
			d.call.id, d.call.chat = fmt.Sprintf("call-%d", n), fmt.Sprintf("chat-%d", n%5)
			d.workspace = workspaces[n%len(workspaces)]
		}
		if dice.IntN(40) == 0 {
			d.workspace, d.call, d.allowed, d.rule = quiet, toolCall{}, true, "domain="+d.domain
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
		return fmt.Sprintf("time=%s level=INFO msg=ALLOW method=%s url=%q host=%s rule=%q\n", stamp, d.method, d.url, d.host, d.rule)
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
	return map[string]string{
		"decision": d.verdict(), "owner": d.owner, "workspace_name": d.name, "template_name": d.template,
		"tool": d.call.tool, "tool_name": d.call.name, "tool_match": d.call.match, "tool_call_id": d.call.id,
		"chat_id": d.call.chat, "domain": d.domain, "http_method": d.method, "path": d.path, "matched_rule": d.rule,
	}[name]
}

// fits says whether the decision passes the user's filters.
func (d decision) fits(picked choice) bool {
	for name, values := range picked {
		switch name {
		case "domain":
			if !regexp.MustCompile(values[0]).MatchString(d.domain) {
				return false
			}
		case "chat_id", "tool_call_id":
			if !strings.HasPrefix(d.label(name), values[0]) {
				return false
			}
		default:
			label := map[string]string{"workspace": "workspace_name", "template": "template_name"}[name]
			if label == "" {
				label = name
			}
			if !slices.Contains(values, d.label(label)) {
				return false
			}
		}
	}
	return true
}

const notice = "time=2026-06-09T12:00:00.500Z level=WARN msg=\"No allow rules specified; all network traffic will be denied by default\"\n"

// load brings the decisions to Loki as log files read by the bridge: one session a workspace for requests without a
// tool call, with one notice each, and one session a tool call.
func load(t *testing.T, loki server, decisions []decision, flags ...string) {
	t.Helper()
	for _, w := range append(workspaces, quiet) {
		folder := t.TempDir()
		calls := map[string]toolCall{}
		logs := map[string]string{"boundary-2026-06-09_11-00-00-1.log": notice}
		for _, d := range decisions {
			if d.workspace != w {
				continue
			}
			name := "boundary-2026-06-09_11-00-00-1.log"
			if d.call != (toolCall{}) {
				name = fmt.Sprintf("boundary-2026-06-09_11-00-00-%s.log", strings.Replace(d.call.id, "call-", "10", 1))
				calls[strings.TrimSuffix(name, ".log")] = d.call
			}
			logs[name] += d.line()
		}
		var plainFiles, callFiles []string
		for name, text := range logs {
			path := write(t, filepath.Join(folder, name), text)
			if _, known := calls[strings.TrimSuffix(name, ".log")]; known {
				callFiles = append(callFiles, path)
			} else {
				plainFiles = append(plainFiles, path)
			}
		}
		replay := append([]string{"replay", "--loki-url", loki.base, "--tenant", loki.tenant, "--owner", w.owner,
			"--workspace", w.name, "--template", w.template}, flags...)
		run(t, bridgeBinary(), append(replay, plainFiles...)...)
		if len(callFiles) > 0 {
			entries, err := exec.Command(bridgeBinary(), append(append(replay, "--output", "ndjson"), callFiles...)...).Output()
			if err != nil {
				t.Fatalf("replay --output ndjson: %v", err)
			}
			pushWithToolCalls(t, loki, entries, calls)
		}
	}
}

// pushWithToolCalls pushes what `replay --output ndjson` printed with the tool calls' labels added, by session.
func pushWithToolCalls(t *testing.T, loki server, ndjson []byte, calls map[string]toolCall) {
	t.Helper()
	type stream struct {
		Stream map[string]string `json:"stream"`
		Values [][3]any          `json:"values"`
	}
	streams := map[string]*stream{}
	for _, text := range bytes.Split(bytes.TrimSpace(ndjson), []byte("\n")) {
		var entry struct {
			Stream             map[string]string
			Timestamp, Line    string
			StructuredMetadata map[string]string `json:"structured_metadata"`
		}
		if err := json.Unmarshal(text, &entry); err != nil {
			t.Fatal(err)
		}
		call := calls[entry.StructuredMetadata["session"]]
		entry.Stream["tool"] = call.tool
		for name, value := range map[string]string{
			"tool_name": call.name, "tool_call_id": call.id, "tool_match": call.match, "chat_id": call.chat,
		} {
			entry.StructuredMetadata[name] = value
		}
		key := fmt.Sprint(entry.Stream)
		if streams[key] == nil {
			streams[key] = &stream{Stream: entry.Stream}
		}
		streams[key].Values = append(streams[key].Values, [3]any{entry.Timestamp, entry.Line, entry.StructuredMetadata})
	}
	var body struct {
		Streams []*stream `json:"streams"`
	}
	for _, one := range streams {
		body.Streams = append(body.Streams, one)
	}
	request := must(http.NewRequest("POST", loki.url+"/push", bytes.NewReader(must(json.Marshal(body)))))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Scope-OrgID", loki.tenant)
	response := must(http.DefaultClient.Do(request))
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		t.Fatalf("push: %s", response.Status)
	}
}
