// SPDX-License-Identifier: MIT

// Package logql parses and evaluates the part of LogQL that the tests use, as Loki does. What it does not know is an
// error, never an empty answer.
package logql

import (
	"slices"
	"strconv"
	"strings"
)

// Label is a name and its value.
type Label struct{ Name, Value string }

// Labels are sorted by name, each name once.
type Labels []Label

// Get gives a label's value and whether it is there.
func (l Labels) Get(name string) (string, bool) {
	for _, one := range l {
		if one.Name == name {
			return one.Value, true
		}
	}
	return "", false
}

// String is Loki's own form: {a="b", c="d"}.
func (l Labels) String() string {
	var text strings.Builder
	text.WriteByte('{')
	for i, one := range l {
		if i > 0 {
			text.WriteString(", ")
		}
		if validName(one.Name) {
			text.WriteString(one.Name)
		} else {
			text.WriteString(strconv.Quote(one.Name))
		}
		text.WriteByte('=')
		text.WriteString(strconv.Quote(one.Value))
	}
	text.WriteByte('}')
	return text.String()
}

// Map is for JSON.
func (l Labels) Map() map[string]string {
	all := make(map[string]string, len(l))
	for _, one := range l {
		all[one.Name] = one.Value
	}
	return all
}

// Sort puts the labels in order and leaves those without a value out.
func (l Labels) Sort() Labels {
	slices.SortStableFunc(l, func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
	return slices.DeleteFunc(l, func(one Label) bool { return one.Value == "" })
}

// filtered keeps the labels whose name holds.
func (l Labels) filtered(holds func(string) bool) Labels {
	kept := make(Labels, 0, len(l))
	for _, one := range l {
		if holds(one.Name) {
			kept = append(kept, one)
		}
	}
	return kept
}

func validName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !(c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return name != ""
}

// sanitized makes a label's name of any key, as Loki's parsers do.
func sanitized(key string, first bool) string {
	key = strings.TrimSpace(key)
	if key == "" {
		return ""
	}
	name := strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, key)
	if first && key[0] >= '0' && key[0] <= '9' {
		name = "_" + name
	}
	return name
}
