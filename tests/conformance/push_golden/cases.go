// SPDX-License-Identifier: MIT

package main

import "strings"

// cases are the requests of the golden files, by file name. Each has one stream, as every push of ours does.
func cases() map[string][]stream {
	const labels = `{decision="deny", job="boundary"}`
	one := func(e entry) []stream {
		if e.Metadata == nil {
			e.Metadata = []label{}
		}
		return []stream{{Labels: labels, Entries: []entry{e}}}
	}
	return map[string][]stream{
		"one_entry":        one(entry{Seconds: 1781006400, Nanos: 123000000, Line: `{"msg":"boundary_request"}`}),
		"zero_nanoseconds": one(entry{Seconds: 1781006400, Nanos: 0, Line: "x"}),
		"last_nanosecond":  one(entry{Seconds: 1781006400, Nanos: 999999999, Line: "x"}),
		"epoch":            one(entry{Seconds: 0, Nanos: 0, Line: "x"}),
		"empty_line":       one(entry{Seconds: 1781006400, Nanos: 1, Line: ""}),
		"utf8_line":        one(entry{Seconds: 1781006400, Nanos: 1, Line: "é 日本語 😀 \u2028 \ufffd \" \\ \t \n"}),
		// Lengths from 128 on take a second byte.
		"line_of_127_bytes": one(entry{Seconds: 1781006400, Nanos: 1, Line: strings.Repeat("a", 127)}),
		"line_of_128_bytes": one(entry{Seconds: 1781006400, Nanos: 1, Line: strings.Repeat("a", 128)}),
		"line_of_300_bytes": one(entry{Seconds: 1781006400, Nanos: 1, Line: strings.Repeat("0123456789", 30)}),
		"metadata": one(entry{Seconds: 1781006400, Nanos: 5, Line: "x", Metadata: []label{
			{"domain", "npm.registry.example"}, {"http_method", "GET"}, {"matched_rule", `domain=*.example path="/é"`}, {"empty", ""}}}),
		"several_entries": {{Labels: `{job="boundary", owner="o'\"\\x"}`, Entries: []entry{
			{Seconds: 1781006400, Nanos: 0, Line: "first", Metadata: []label{}},
			{Seconds: 1781006400, Nanos: 1000001, Line: "second", Metadata: []label{{"session", "boundary-2026-06-09_12-00-00-4242"}}},
			{Seconds: 1781006401, Nanos: 2, Line: strings.Repeat("third ", 50), Metadata: []label{{"a", "1"}, {"b", "2"}}},
		}}},
	}
}
