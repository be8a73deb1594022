// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"time"
)

// coderdEntry is the line that coderd logs for a decision that reached it, keys in coderd's order.
type coderdEntry struct {
	Time        string       `json:"ts"`
	Level       string       `json:"level"`
	Message     string       `json:"msg"`
	Caller      string       `json:"caller"`
	Function    string       `json:"func"`
	LoggerNames []string     `json:"logger_names"`
	Trace       string       `json:"trace,omitempty"`
	Span        string       `json:"span,omitempty"`
	Fields      coderdFields `json:"fields"`
}

type coderdFields struct {
	Owner             string  `json:"owner"`
	WorkspaceName     string  `json:"workspace_name"`
	AgentName         string  `json:"agent_name"`
	Decision          string  `json:"decision"`
	WorkspaceID       string  `json:"workspace_id"`
	TemplateID        string  `json:"template_id"`
	TemplateVersionID string  `json:"template_version_id"`
	Method            string  `json:"http_method"`
	URL               string  `json:"http_url"`
	EventTime         string  `json:"event_time"`
	MatchedRule       *string `json:"matched_rule,omitempty"` // absent on a deny, perhaps empty on an allow
	RequestID         string  `json:"request_id,omitempty"`
}

func (s source) uuid() string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", s.Uint32(), s.Uint32()&0xffff, s.Uint32()&0xfff, s.Uint32()&0xfff, s.Uint64()&0xffffffffffff)
}

func (s source) coderdLine(r record) []byte {
	values := map[string]string{}
	for _, attr := range r.attrs {
		values[attr.Key] = attr.Value.String()
	}
	entry := coderdEntry{
		Time: r.at.UTC().Add(time.Second).Format(time.RFC3339Nano), Level: "INFO", Message: "boundary_request",
		Caller:      ".../coderd/agentapi/boundary_logs.go:94",
		Function:    "github.com/coder/coder/v2/coderd/agentapi.(*BoundaryLogsAPI).ReportBoundaryLogs",
		LoggerNames: []string{"coderd", "agentrpc"},
		Fields: coderdFields{
			Owner: pick(s, []string{"joe", "eve-2"}), WorkspaceName: pick(s, words), AgentName: "main",
			Decision: r.verdict, WorkspaceID: s.uuid(), TemplateID: s.uuid(), TemplateVersionID: s.uuid(),
			Method: values["method"], URL: values["url"], EventTime: r.at.UTC().Format(time.RFC3339Nano),
		},
	}
	if rule, allowed := values["rule"]; allowed {
		entry.Fields.MatchedRule = &rule
	}
	if s.chance(50) {
		entry.Trace, entry.Span = fmt.Sprintf("%016x%016x", s.Uint64(), s.Uint64()), fmt.Sprintf("%016x", s.Uint64())
	}
	if s.chance(50) {
		entry.Fields.RequestID = s.uuid()
	}
	line, err := json.Marshal(entry)
	if err != nil {
		panic(err) // strings always encode
	}
	return append(line, '\n')
}

func coderdTruth(line []byte) (truth, error) {
	var entry coderdEntry
	if err := json.Unmarshal(line, &entry); err != nil {
		return truth{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, entry.Fields.EventTime)
	if err != nil {
		return truth{}, err
	}
	return truth{at: at, level: entry.Level, message: entry.Message, verdict: entry.Fields.Decision,
		method: &entry.Fields.Method, url: &entry.Fields.URL, rule: entry.Fields.MatchedRule}, nil
}
