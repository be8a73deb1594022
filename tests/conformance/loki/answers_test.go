// SPDX-License-Identifier: MIT

package loki

import (
	"encoding/json"
	"strings"
)

// categoriesIn gives the labels, and the third part of each value, of an answer that was asked for by category.
func categoriesIn(c *transcript, body string) string {
	var all struct {
		Data struct {
			EncodingFlags []string
			Result        []struct {
				Stream map[string]string
				Values [][]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		c.t.Fatalf("%v: %s", err, body)
	}
	text := strings.Join(all.Data.EncodingFlags, ",")
	for _, one := range all.Data.Result {
		text += " " + labelText(one.Stream)
		for _, value := range one.Values {
			var extra map[string]map[string]string
			if err := json.Unmarshal(value[2], &extra); err != nil {
				c.t.Fatalf("%v: %s", err, body)
			}
			again, _ := json.Marshal(extra)
			text += " " + string(again)
		}
	}
	return text
}

// sameWords leaves out what a server says in words of its own.
func sameWords(step, text string) string {
	switch step {
	case "limit", "a year":
		return text
	}
	return ""
}
