// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
)

type labelReader struct {
	text string
	at   int
}

func (r *labelReader) fail(format string, arguments ...any) error {
	return fmt.Errorf("1:%d: parse error: %s", r.at+1, fmt.Sprintf(format, arguments...))
}

func (r *labelReader) blanks() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
}

func (r *labelReader) takes(sign byte) bool {
	r.blanks()
	if r.at < len(r.text) && r.text[r.at] == sign {
		r.at++
		return true
	}
	return false
}

// parseLabels reads a stream's labels, {a="b", c='d'}: sorted, without empty ones, a name perhaps twice.
func parseLabels(text string) (logql.Labels, error) {
	r := &labelReader{text: text}
	var labels logql.Labels
	r.blanks()
	if r.at == len(text) {
		return labels, nil
	}
	if !r.takes('{') {
		return nil, r.fail("unexpected %q", text[r.at:r.at+1])
	}
	for !r.takes('}') {
		if len(labels) > 0 {
			if !r.takes(',') {
				return nil, r.fail("unexpected input in label set, expected \",\" or \"}\"")
			}
			if r.takes('}') {
				break
			}
		}
		one, err := r.pair()
		if err != nil {
			return nil, err
		}
		labels = append(labels, one)
	}
	if r.blanks(); r.at != len(text) {
		return nil, r.fail("unexpected input after the labels")
	}
	return labels.Sort(), nil
}

func (r *labelReader) pair() (logql.Label, error) {
	var made logql.Label
	r.blanks()
	start := r.at
	letter := func(c byte) bool {
		return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || r.at > start && c >= '0' && c <= '9'
	}
	for r.at < len(r.text) && letter(r.text[r.at]) {
		r.at++
	}
	made.Name = r.text[start:r.at]
	var err error
	if made.Name == "" && r.at < len(r.text) && r.text[r.at] == '"' {
		made.Name, err = r.quoted() // Loki takes it, and then cannot show it
	}
	if err != nil || made.Name == "" {
		return made, errors.Join(err, r.fail("unexpected character inside braces"))
	}
	if !r.takes('=') || r.at < len(r.text) && strings.IndexByte("=~", r.text[r.at]) >= 0 {
		return made, r.fail("unexpected input in label set, expected label matching operator")
	}
	r.blanks()
	made.Value, err = r.quoted()
	return made, err
}

func (r *labelReader) quoted() (string, error) {
	if r.at == len(r.text) || strings.IndexByte("\"'`", r.text[r.at]) < 0 {
		return "", r.fail("unexpected input in label matching, expected string")
	}
	quote := r.text[r.at]
	start := r.at
	r.at++
	var value strings.Builder
	for r.at < len(r.text) && r.text[r.at] != quote {
		rest := r.text[r.at:]
		first, length := utf8.DecodeRuneInString(rest)
		switch {
		case first == utf8.RuneError && length == 1:
			return "", r.fail("invalid UTF-8 rune")
		case quote != '`' && first == '\n':
			r.at = start
			return "", r.fail("unterminated quoted string")
		case quote != '`' && first == '\\':
			char, multibyte, tail, err := strconv.UnquoteChar(rest, quote)
			if err != nil {
				return "", r.fail("unknown escape sequence")
			}
			if multibyte {
				value.WriteRune(char)
			} else {
				value.WriteByte(byte(char))
			}
			r.at += len(rest) - len(tail)
			continue
		}
		value.WriteString(rest[:length])
		r.at += length
	}
	if r.at == len(r.text) {
		r.at = start
		return "", r.fail("unterminated quoted string")
	}
	r.at++
	return value.String(), nil
}
