// SPDX-License-Identifier: MIT

package logql

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// jsonStage is `json`: every text, number and truth value, names of nested ones joined by _.
type jsonStage struct{}

func (*jsonStage) isParser() {}

// jsonPaths is `json a="b.c", ...`.
type jsonPaths struct {
	names []string
	paths [][]string // an index as [0]
}

func (*jsonPaths) isParser() {}

func newJSONStage(all []assignment) (stage, error) {
	if len(all) == 0 {
		return &jsonStage{}, nil
	}
	made := &jsonPaths{}
	for _, one := range all {
		path, err := jsonPath(one.value)
		if err != nil {
			return nil, fmt.Errorf("cannot parse expression [%s]: %w", one.value, err)
		}
		made.names = append(made.names, one.name)
		made.paths = append(made.paths, path)
	}
	return made, nil
}

// jsonPath reads a.b["c d"][0].
func jsonPath(text string) ([]string, error) {
	var path []string
	for rest := text; rest != ""; {
		if rest[0] == '[' {
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil, errors.New("no ] in path")
			}
			inner := rest[1:end]
			if _, err := strconv.Atoi(inner); err == nil {
				path = append(path, "["+inner+"]")
			} else if key, err := strconv.Unquote(inner); err == nil {
				path = append(path, key)
			} else {
				return nil, errors.New("no index or key in [ ]")
			}
			rest = rest[end+1:]
		} else {
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			if !validName(rest[:end]) {
				return nil, fmt.Errorf("no field name: %q", rest[:end])
			}
			path = append(path, rest[:end])
			rest = rest[end:]
		}
		if strings.HasPrefix(rest, ".") {
			if rest = rest[1:]; rest == "" {
				return nil, errors.New("path ends in a dot")
			}
		}
	}
	if len(path) == 0 {
		return nil, errors.New("empty path")
	}
	return path, nil
}

func (s *jsonStage) process(l *line) bool {
	taken := l.extracted()
	decoder := json.NewDecoder(strings.NewReader(l.text))
	decoder.UseNumber()
	if err := s.object(decoder, nil, l, taken); err != nil && !errors.Is(err, errComplete) {
		l.fail("JSONParserErr", err.Error())
	}
	return true
}

var errComplete = errors.New("all that is required was found")

var errNoObject = errors.New("Value looks like object, but can't find closing '}' symbol")

func (s *jsonStage) object(decoder *json.Decoder, prefix []string, l *line, taken map[string]bool) error {
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return errNoObject
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		path := append(prefix[:len(prefix):len(prefix)], key.(string))
		switch value[0] {
		case '{':
			inner := json.NewDecoder(bytes.NewReader(value))
			if err := s.object(inner, path, l, taken); err != nil {
				return err
			}
		case '[', 'n':
		default:
			if name := l.free(joined(path)); !taken[name] {
				l.set(name, plain(value))
			}
			if l.complete() {
				return errComplete
			}
		}
	}
	_, err := decoder.Token()
	return err
}

func joined(path []string) string {
	var parts []string
	for _, key := range path {
		if strings.TrimSpace(key) != "" {
			parts = append(parts, sanitized(key, len(parts) == 0))
		}
	}
	return strings.Join(parts, "_")
}

// plain is a JSON value as a label has it.
func plain(value json.RawMessage) string {
	var text string
	if value[0] != '"' || json.Unmarshal(value, &text) != nil {
		return string(value)
	}
	return strings.ReplaceAll(text, "\uFFFD", " ")
}

func (s *jsonPaths) process(l *line) bool {
	if l.text == "" {
		return true
	}
	if strings.IndexByte(`"{[`, l.text[0]) < 0 {
		l.fail("JSONParserErr", "")
		return true
	}
	matches := 0
	for i, path := range s.paths {
		value, err := at([]byte(l.text), path)
		if err != nil {
			l.fail("JSONParserErr", err.Error())
			break
		}
		if value == nil {
			continue
		}
		matches++
		text := plain(value)
		if text == "null" {
			text = ""
		}
		l.set(l.free(s.names[i]), text)
	}
	if matches < len(s.names) {
		for _, name := range s.names {
			if _, found := l.get(name); !found {
				l.set(name, "")
			}
		}
	}
	return true
}

// at gives the first value under a path; nil = none.
func at(value json.RawMessage, path []string) (json.RawMessage, error) {
	value = bytes.TrimLeft(value, " \t\r\n")
	if len(path) == 0 || len(value) == 0 {
		return value, nil
	}
	index := -1
	if strings.HasPrefix(path[0], "[") {
		index, _ = strconv.Atoi(strings.Trim(path[0], "[]"))
	}
	if want := byte('{'); value[0] != want && !(index >= 0 && value[0] == '[') || index >= 0 && value[0] == '{' {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	for i := 0; decoder.More(); i++ {
		fits := i == index
		if index < 0 {
			key, err := decoder.Token()
			if err != nil {
				return nil, unexpectedEnd(err)
			}
			fits = key == path[0]
		}
		var inner json.RawMessage
		if err := decoder.Decode(&inner); err != nil {
			return nil, unexpectedEnd(err)
		}
		if fits {
			return at(inner, path[1:])
		}
	}
	_, err := decoder.Token()
	return nil, unexpectedEnd(err)
}

func unexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return errNoObject
	}
	return err
}
