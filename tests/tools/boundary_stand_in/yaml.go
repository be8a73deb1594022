// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// entry is one top-level key of a configuration file.
type entry struct {
	key    string
	values []string
	isList bool
}

// parseYAML reads the part of YAML that Boundary's configuration files are written in: one mapping of plain or quoted
// scalars and of lists of them. Anything else is an error. As with Boundary, `~` and `null` are text.
func parseYAML(content string) ([]entry, error) {
	var entries []entry
	for i, line := range strings.Split(content, "\n") {
		bare := strings.TrimSpace(line)
		if bare == "" || bare[0] == '#' || (bare == "---" && len(entries) == 0) {
			continue
		}
		if item, isItem := strings.CutPrefix(bare, "- "); isItem {
			last := len(entries) - 1
			if last < 0 || !entries[last].isList {
				return nil, fmt.Errorf("line %d: a list item without a list", i+1)
			}
			value, err := scalar(item)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			entries[last].values = append(entries[last].values, value)
			continue
		}
		key, value, isPair := strings.Cut(line, ":")
		if !isPair || key == "" || strings.ContainsAny(key, " \t\"'") || (value != "" && value[0] != ' ') {
			return nil, fmt.Errorf("line %d: not `key: value`", i+1)
		}
		added, err := pair(key, strings.TrimSpace(value))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		entries = append(entries, added)
	}
	return entries, nil
}

func pair(key, value string) (entry, error) {
	if value == "" || value[0] == '#' {
		return entry{key: key, isList: true}, nil
	}
	if value[0] != '[' {
		one, err := scalar(value)
		return entry{key: key, values: []string{one}}, err
	}
	value = uncommented(value)
	if !strings.HasSuffix(value, "]") || strings.ContainsAny(value, "\"'{}") {
		return entry{}, fmt.Errorf("a list that the stand-in does not read: %s", value)
	}
	made := entry{key: key, isList: true}
	for _, item := range strings.Split(value[1:len(value)-1], ",") {
		if item = strings.TrimSpace(item); item != "" {
			made.values = append(made.values, item)
		}
	}
	return made, nil
}

func scalar(value string) (string, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return "", nil
	}
	switch value[0] {
	case '"': // JSON's escapes are among YAML's
		decoder := json.NewDecoder(strings.NewReader(value))
		var unquoted string
		if err := decoder.Decode(&unquoted); err != nil {
			return "", err
		}
		return unquoted, onlyComment(value[decoder.InputOffset():])
	case '\'':
		const escaped = "\x00"
		unquoted, rest, closed := strings.Cut(strings.ReplaceAll(value[1:], "''", escaped), "'")
		if !closed {
			return "", fmt.Errorf("a quote that does not end: %s", value)
		}
		return strings.ReplaceAll(unquoted, escaped, "'"), onlyComment(rest)
	case '[', ']', '{', '}', '|', '>', '&', '*', '!', '%', '@', '`':
		return "", fmt.Errorf("a value that the stand-in does not read: %s", value)
	}
	value = uncommented(value)
	if strings.Contains(value, ": ") {
		return "", fmt.Errorf("a mapping where a value is expected: %s", value)
	}
	return value, nil
}

func onlyComment(rest string) error {
	if rest = strings.TrimSpace(rest); rest != "" && rest[0] != '#' {
		return fmt.Errorf("text after the closing quote: %s", rest)
	}
	return nil
}

func uncommented(value string) string {
	if at := strings.Index(value, " #"); at >= 0 {
		value = value[:at]
	}
	return strings.TrimSpace(value)
}
