// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

type pair struct{ key, value string }

// truth is what a parser must find in a line; nil means absent.
type truth struct {
	at                      time.Time
	level, message, verdict string
	method, url, host, rule *string
	attrs                   []pair
}

func (t truth) String() string {
	kind, verdict, attrs := "decision", t.verdict, "-"
	if t.verdict == "" {
		kind, verdict = "notice", "-"
		if len(t.attrs) > 0 {
			joined := make([]string, len(t.attrs))
			for i, attr := range t.attrs {
				joined[i] = hex.EncodeToString([]byte(attr.key)) + "=" + hex.EncodeToString([]byte(attr.value))
			}
			attrs = strings.Join(joined, ",")
		}
	}
	return fmt.Sprintf("%s\t%d\t%s\t%x\t%s\t%s\t%s\t%s\t%s\t%s\n", kind, t.at.UnixNano(), t.level, t.message, verdict,
		hexOf(t.method), hexOf(t.url), hexOf(t.host), hexOf(t.rule), attrs)
}

func hexOf(text *string) string {
	if text == nil {
		return "-"
	}
	return hex.EncodeToString([]byte(*text))
}

// setAttrs puts a decision's attributes in their columns and a notice's in the list.
func (t *truth) setAttrs(attrs []pair) {
	if t.verdict == "" {
		t.attrs = attrs
		return
	}
	columns := map[string]**string{"method": &t.method, "url": &t.url, "host": &t.host, "rule": &t.rule}
	for _, attr := range attrs {
		*columns[attr.key] = &attr.value
	}
}

// textTruth is what was logged. The handler cuts the time to milliseconds.
func textTruth(r record) truth {
	t := truth{at: r.at.Truncate(time.Millisecond), level: r.level.String(), message: r.message, verdict: r.verdict}
	var attrs []pair
	for _, attr := range r.attrs {
		text := attr.Value.String()
		if value, isSlice := attr.Value.Any().([]string); isSlice {
			text = fmt.Sprintf("%+v", value)
		}
		attrs = append(attrs, pair{attr.Key, text})
	}
	t.setAttrs(attrs)
	return t
}

// jsonTruth reads a line back. A value that is no string stands for its JSON text.
func jsonTruth(line []byte) (truth, error) {
	var t truth
	members, err := readObject(line)
	if err != nil {
		return t, err
	}
	if t.at, err = time.Parse(time.RFC3339Nano, members[0].value); err != nil {
		return t, err
	}
	t.level, t.message = members[1].value, members[2].value
	attrs := members[3:]
	isDecision := len(attrs) >= 3 && attrs[0].key == "method" && attrs[1].key == "url" && attrs[2].key == "host"
	switch {
	case isDecision && t.level == "INFO" && t.message == "ALLOW":
		t.verdict = "allow"
	case isDecision && t.level == "WARN" && t.message == "DENY":
		t.verdict = "deny"
	}
	t.setAttrs(attrs)
	return t, nil
}

func readObject(line []byte) ([]pair, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	if _, err := decoder.Token(); err != nil { // the opening brace
		return nil, err
	}
	var members []pair
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return nil, err
		}
		text := string(raw)
		if raw[0] == '"' {
			if err := json.Unmarshal(raw, &text); err != nil {
				return nil, err
			}
		}
		members = append(members, pair{key.(string), text})
	}
	return members, nil
}
