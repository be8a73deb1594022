// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"strings"
	"unicode"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
)

const (
	levelLabel   = "detected_level"
	serviceLabel = "service_name"
	unknown      = "unknown"
)

var levelFields = []string{"level", "LEVEL", "Level", "log.level", "severity", "SEVERITY", "Severity", "SeverityText",
	"lvl", "LVL", "Lvl", "severity_text", "Severity_Text", "SEVERITY_TEXT"}

// withService adds the label that Loki gives a stream without one: the first of `from` that it has.
func withService(labels logql.Labels, from []string) logql.Labels {
	if _, has := labels.Get(serviceLabel); has || len(from) == 0 {
		return labels
	}
	service := "unknown_service"
	for _, name := range from {
		if value, has := labels.Get(name); has {
			service = value
			break
		}
	}
	return append(labels, logql.Label{Name: serviceLabel, Value: service}).Sort()
}

// levelOf is the level that Loki adds to an entry; empty = none to add.
func levelOf(labels, metadata logql.Labels, line string) string {
	if _, has := metadata.Get(levelLabel); has {
		return ""
	}
	for _, source := range []logql.Labels{labels, metadata} {
		for _, name := range levelFields {
			if value, has := source.Get(name); has {
				return value
			}
		}
	}
	trimmed := strings.TrimFunc(line, unicode.IsSpace)
	field := ""
	switch {
	case strings.HasPrefix(trimmed, "{") && strings.HasSuffix(trimmed, "}"):
		field = levelInJSON(trimmed, 0)
	case strings.Contains(line, "="):
		field = levelInLogfmt(line)
	default:
		return levelInText(line)
	}
	switch strings.ToLower(field) {
	case "trace", "trc":
		return "trace"
	case "debug", "dbg":
		return "debug"
	case "info", "inf":
		return "info"
	case "warn", "wrn", "warning":
		return "warn"
	case "error", "err":
		return "error"
	case "critical":
		return "critical"
	case "fatal":
		return "fatal"
	}
	return levelInText(line)
}

// levelInJSON looks two objects deep, in order.
func levelInJSON(text string, depth int) string {
	decoder := json.NewDecoder(strings.NewReader(text))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return ""
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return ""
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return ""
		}
		if value[0] == '"' {
			for _, name := range levelFields {
				if key == name {
					return text1(value)
				}
			}
		}
		if value[0] == '{' && depth == 0 {
			if found := levelInJSON(string(value), depth+1); found != "" {
				return found
			}
		}
	}
	return ""
}

func levelInLogfmt(line string) string {
	found, best := "", len(levelFields)
	for key, value := range logql.LogfmtPairs(line) {
		for i, name := range levelFields[:best] {
			if strings.EqualFold(key, name) {
				found, best = value, i
				break
			}
		}
	}
	return found
}

func levelInText(line string) string {
	for _, level := range []struct {
		name  string
		signs []string
	}{
		{"info", []string{"info", "INFO"}}, {"error", []string{"err:", "ERR:", "error", "ERROR"}},
		{"warn", []string{"warn:", "WARN:", "warning", "WARNING"}}, {"critical", []string{"CRITICAL:", "critical:"}},
		{"debug", []string{"debug:", "DEBUG:"}},
	} {
		for _, sign := range level.signs {
			if strings.Contains(line, sign) {
				return level.name
			}
		}
	}
	return unknown
}
