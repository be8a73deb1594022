// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
)

var (
	errText   = errors.New("Value is string, but can't find closing '\"' symbol")
	errObject = errors.New("Value looks like object, but can't find closing '}' symbol")
)

// decodeJSON reads {"streams":[{"stream":{...},"values":[["<ns>","line",{...}], ...]}]}.
func decodeJSON(body []byte, rawMetadata bool) ([]pushed, error) {
	var request struct {
		Streams []struct {
			Stream map[string]json.RawMessage
			Values [][]json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	var all []pushed
	for _, stream := range request.Streams {
		var labels logql.Labels
		for name, value := range stream.Stream {
			labels = append(labels, logql.Label{Name: name, Value: text1(value)})
		}
		made := pushed{labels: labels.Sort().String()}
		for _, value := range stream.Values {
			one, err := decodeJSONEntry(value, rawMetadata)
			if err != nil {
				return nil, err
			}
			made.entries = append(made.entries, one)
		}
		all = append(all, made)
	}
	return all, nil
}

// text1 is a text as it is, and anything else as it is written.
func text1(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

func decodeJSONEntry(value []json.RawMessage, rawMetadata bool) (entry, error) {
	var made entry
	if len(value) < 2 {
		return made, errText
	}
	var stamp string
	if json.Unmarshal(value[0], &stamp) != nil || json.Unmarshal(value[1], &made.line) != nil || value[1][0] != '"' {
		return made, errText
	}
	nanos, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return made, errors.New("Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol")
	}
	made.at = time.Unix(0, nanos).UTC()
	if len(value) < 3 {
		return made, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(value[2]))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return made, errObject
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return made, err
		}
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return made, err
		}
		if raw[0] != '"' {
			return made, errText
		}
		text := text1(raw)
		if rawMetadata {
			text = strings.TrimSuffix(string(raw[1:]), `"`)
		}
		made.metadata = append(made.metadata, logql.Label{Name: fmt.Sprint(name), Value: text})
	}
	return made, nil
}
