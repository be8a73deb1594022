// SPDX-License-Identifier: MIT

package logql

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

type kind int

const (
	kindEnd kind = iota
	kindName
	kindString
	kindNumber
	kindDuration
	kindSign
)

type token struct {
	kind kind
	text string // of a string: unquoted
	at   int
}

// Signs, the longer before the shorter.
var signs = []string{"|=", "|~", "|>", "!=", "!~", "!>", "=~", "==", ">=", "<=",
	"{", "}", "(", ")", "[", "]", ",", "|", "=", ">", "<", "+", "-", "*", "/", "%", "^"}

func failure(at int, format string, arguments ...any) error {
	return fmt.Errorf("parse error at line 1, col %d: %s", at+1, fmt.Sprintf(format, arguments...))
}

// scan cuts a query into tokens.
func scan(query string) ([]token, error) {
	var all []token
	for at := 0; ; {
		for at < len(query) && strings.IndexByte(" \t\r\n", query[at]) >= 0 {
			at++
		}
		if at == len(query) {
			return append(all, token{kindEnd, "", at}), nil
		}
		if query[at] == '#' {
			end := strings.IndexByte(query[at:], '\n')
			if end < 0 {
				end = len(query) - at
			}
			at += end
			continue
		}
		next, length, err := scanOne(query, at)
		if err != nil {
			return nil, err
		}
		all = append(all, next)
		at += length
	}
}

func scanOne(query string, at int) (token, int, error) {
	rest := query[at:]
	switch c := rest[0]; {
	case c == '"' || c == '`':
		return scanString(rest, at)
	case c >= '0' && c <= '9' || c == '.':
		return scanNumber(rest, at)
	case validName(rest[:1]):
		length := 1
		for length < len(rest) && validName("_"+rest[length:length+1]) {
			length++
		}
		return token{kindName, rest[:length], at}, length, nil
	}
	for _, sign := range signs {
		if strings.HasPrefix(rest, sign) {
			return token{kindSign, sign, at}, len(sign), nil
		}
	}
	return token{}, 0, failure(at, "syntax error: unexpected %q", rest[:1])
}

func scanString(rest string, at int) (token, int, error) {
	quote := rest[0]
	for end := 1; end < len(rest); end++ {
		switch {
		case rest[end] == '\\' && quote == '"':
			end++
		case rest[end] == quote:
			text, err := strconv.Unquote(rest[:end+1])
			if quote == '`' {
				text, err = rest[1:end], nil
			}
			if err != nil {
				return token{}, 0, failure(at, "invalid char escape in %s", rest[:end+1])
			}
			return token{kindString, text, at}, end + 1, nil
		case rest[end] == '\n' && quote == '"':
			return token{}, 0, failure(at, "literal not terminated")
		}
	}
	return token{}, 0, failure(at, "literal not terminated")
}

func scanNumber(rest string, at int) (token, int, error) {
	length := 0
	for length < len(rest) && (validName("_"+rest[length:length+1]) || rest[length] == '.') {
		length++
	}
	text := rest[:length]
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return token{kindNumber, text, at}, length, nil
	}
	if _, err := ParseDuration(text); err == nil {
		return token{kindDuration, text, at}, length, nil
	}
	return token{}, 0, failure(at, "the stand-in takes numbers and durations, not %q", text)
}

// ParseDuration takes what Go takes, and Prometheus' days, weeks and years before it: 7d, 1d12h.
func ParseDuration(text string) (time.Duration, error) {
	var sum time.Duration
	rest, found := text, false
	for _, unit := range []struct {
		sign  string
		hours int
	}{{"y", 365 * 24}, {"w", 7 * 24}, {"d", 24}} {
		digits, after, has := strings.Cut(rest, unit.sign)
		count, err := strconv.Atoi(digits)
		if !has || err != nil || count < 0 {
			continue
		}
		sum += time.Duration(count*unit.hours) * time.Hour
		rest, found = after, true
	}
	if found && rest == "" {
		return sum, nil
	}
	part, err := time.ParseDuration(rest)
	return sum + part, err
}
