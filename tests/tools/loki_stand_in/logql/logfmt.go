// SPDX-License-Identifier: MIT

package logql

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// logfmtStage is `logfmt`, or `logfmt a="b", ...`, neither strict nor keeping empty values.
type logfmtStage struct{ wanted []assignment }

func (*logfmtStage) isParser() {}

func newLogfmtStage(all []assignment) (stage, error) {
	for _, one := range all {
		if !validName(one.value) {
			return nil, fmt.Errorf("cannot parse expression [%s]", one.value)
		}
	}
	return &logfmtStage{all}, nil
}

func (s *logfmtStage) process(l *line) bool {
	if len(s.wanted) > 0 {
		s.assign(l)
		return true
	}
	taken := l.extracted()
	for key, value := range LogfmtPairs(l.text) {
		name := sanitized(key, true)
		if name == "" || value == "" {
			continue
		}
		if name = l.free(name); !taken[name] {
			l.set(name, strings.ReplaceAll(value, "\uFFFD", " "))
		}
	}
	return true
}

func (s *logfmtStage) assign(l *line) {
	for _, one := range s.wanted {
		if _, taken := l.stream.Get(one.name); !taken {
			l.set(one.name, "")
		}
	}
	for key, value := range LogfmtPairs(l.text) {
		for _, one := range s.wanted {
			if one.value == sanitized(key, true) {
				l.set(l.free(one.name), value)
			}
		}
	}
}

// LogfmtPairs gives each key with its value; what is neither is passed over up to the next blank.
func LogfmtPairs(text string) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for {
			for text != "" && text[0] <= ' ' {
				text = text[1:]
			}
			if text == "" {
				return
			}
			key, value, rest, good := logfmtPair(text)
			text = rest
			if good && !yield(key, value) {
				return
			}
		}
	}
}

func logfmtPair(text string) (key, value, rest string, good bool) {
	end := 0
	for end < len(text) && text[end] > ' ' && text[end] != '=' && text[end] != '"' {
		end++
	}
	key = text[:end]
	bad := strings.ContainsRune(key, utf8.RuneError)
	rest = text[end:]
	if rest == "" || rest[0] <= ' ' {
		return key, "", rest, !bad
	}
	if rest[0] == '"' || key == "" || bad {
		return "", "", toBlank(rest), false
	}
	rest = rest[1:]
	if rest == "" || rest[0] <= ' ' {
		return key, "", rest, true
	}
	if rest[0] == '"' {
		return quotedValue(key, rest)
	}
	end = 0
	for end < len(rest) && rest[end] > ' ' {
		if rest[end] == '=' || rest[end] == '"' {
			return "", "", toBlank(rest[end:]), false
		}
		end++
	}
	return key, rest[:end], rest[end:], true
}

func quotedValue(key, text string) (string, string, string, bool) {
	for end := 1; end < len(text); end++ {
		switch text[end] {
		case '\\':
			end++
		case '"':
			quoted, rest := text[:end+1], text[end+1:]
			if !strings.Contains(quoted, `\`) {
				return key, quoted[1:end], rest, true
			}
			var value string
			if json.Unmarshal([]byte(quoted), &value) != nil {
				return "", "", rest, false
			}
			return key, value, rest, true
		}
	}
	return "", "", "", false
}

func toBlank(text string) string {
	for i := range len(text) {
		if text[i] <= ' ' {
			return text[i:]
		}
	}
	return ""
}
