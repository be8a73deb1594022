// SPDX-License-Identifier: MIT

package loki

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// chapter is a part of the script, on a tenant of its own.
type chapter struct {
	name string
	tell func(*transcript)
}

// script is what is asked, by the limits under which it is.
var script = []struct {
	limits   string
	chapters []chapter
}{
	{"", []chapter{
		{"bodies", tellBodies}, {"labels", tellLabels}, {"tenants", tellTenants}, {"duplicates", tellDuplicates},
		{"blocks", tellBlocks}, {"window", tellWindow}, {"last stream", tellLastStream}, {"age", tellAge},
		{"sizes", tellSizes}, {"metadata", tellMetadata}, {"levels", tellLevels}, {"message", tellMessage}, {"burst", tellBurst},
		{"selection", tellSelection}, {"parsers", tellParsers}, {"counts", tellCounts}, {"arithmetic", tellArithmetic},
		{"catalogue", tellCatalogue}, {"refusals", tellRefusals}, {"growth", tellGrowth}, {"restart", tellRestart},
	}},
	{"ingestion_rate_mb: 0.01, ingestion_burst_size_mb: 0.02, max_global_streams_per_user: 2, max_line_size: 1KB, " +
		"max_line_size_truncate: true, increment_duplicate_timestamp: true, max_query_series: 3, max_entries_limit_per_query: 10",
		[]chapter{{"rate", tellRate}, {"streams", tellStreams}, {"truncation", tellTruncation}, {"increments", tellIncrements},
			{"query limits", tellQueryLimits}}},
	{"per_stream_rate_limit: 1KB, per_stream_rate_limit_burst: 2KB, allow_structured_metadata: false, reject_old_samples: false, " +
		"max_label_names_per_series: 2, max_label_name_length: 8, max_label_value_length: 9, discover_service_name: []",
		[]chapter{{"stream rate", tellStreamRate}, {"no metadata", tellNoMetadata}, {"any age", tellAnyAge}, {"label limits", tellLabelLimits}}},
	{"per_stream_rate_limit: 1KB, per_stream_rate_limit_burst: 2KB, shard_streams: {enabled: false}, max_structured_metadata_size: 100, " +
		"max_structured_metadata_entries_count: 3, discover_log_levels: false, reject_old_samples_max_age: 8h, creation_grace_period: 1m",
		[]chapter{{"stream rate unsharded", tellStreamRate}, {"metadata limits", tellMetadataLimits}, {"other ages", tellOtherAges}}},
}

func (c *transcript) entry(offset time.Duration, line string, metadata ...pair) entry {
	return entry{c.at(offset), line, metadata}
}

const proto = "application/x-protobuf"

func (c *transcript) json(values string) []byte {
	return []byte(`{"streams":[{"stream":{"job":"json"},"values":[` + strings.ReplaceAll(values, "NOW", nanos(c.now)) + `]}]}`)
}

func tellBodies(c *transcript) {
	one := stream{`{job="proto"}`, []entry{c.entry(0, "a line")}}
	c.push("protobuf", one)
	c.raw("any other media type is protobuf", packed(one), map[string]string{"Content-Type": "text/plain"})
	c.raw("no media type", packed(one), map[string]string{})
	c.raw("not packed", message(one), map[string]string{"Content-Type": proto})
	c.raw("marked snappy", packed(one), map[string]string{"Content-Type": proto, "Content-Encoding": "snappy"})
	for _, encoding := range []string{"zstd", "identity", "GZIP"} {
		c.raw("encoding "+encoding, packed(one), map[string]string{"Content-Type": proto, "Content-Encoding": encoding})
	}
	c.rawStatus("no message", []byte{2, 4, 0xff, 0xff}, map[string]string{"Content-Type": proto})
	c.raw("empty", packed(), map[string]string{"Content-Type": proto})
	c.push("stream without entries", stream{`{job="none"}`, nil})

	media := map[string]string{"Content-Type": "application/json; charset=utf-8"}
	c.raw("JSON", c.json(`["NOW","one"],["NOW","two",{"trace":"t","owner":"o"}]`), media)
	var zipped, deflated bytes.Buffer
	zipper := gzip.NewWriter(&zipped)
	_, _ = zipper.Write(c.json(`["NOW","zipped"]`))
	_ = zipper.Close()
	c.raw("gzip", zipped.Bytes(), map[string]string{"Content-Type": "application/json", "Content-Encoding": "gzip"})
	deflater, _ := flate.NewWriter(&deflated, 1)
	_, _ = deflater.Write(c.json(`["NOW","deflated"]`))
	_ = deflater.Close()
	c.raw("deflate", deflated.Bytes(), map[string]string{"Content-Type": "application/json", "Content-Encoding": "deflate"})
	all := map[string]string{
		"number as time": `[1,"x"]`, "text as time": `["soon","x"]`, "number as line": `["NOW",1]`, "null as metadata": `["NOW","x",null]`,
		"number in metadata": `["NOW","x",{"a":1}]`, "text as metadata": `["NOW","x","a"]`,
	}
	for _, step := range slices.Sorted(maps.Keys(all)) {
		values := all[step]
		c.rawStatus("JSON "+step, c.json(values), media)
	}
	c.raw("JSON without streams", []byte(`{}`), media)
	c.rawStatus("no JSON", []byte(`{"streams":`), media)
	c.rawStatus("no body", nil, media)
	c.raw("seconds as nanoseconds", c.json(fmt.Sprintf(`["%d","x"]`, c.now.Unix())), media)
	c.rows("all", `{job=~".+"}`)
	c.counters("counters")
}

func tellLabels(c *transcript) {
	for i, labels := range []string{
		`{job="a", x="1"}`, `{x="1",job="a",}`, `{ job = "a" , x = '1', empty="" }`, "{job=`a`, x=\"1\"}", `{job="q\"\\\n\tz\u00e9"}`,
		`{}`, ``, `{service_name="own"}`, `{app="b", job="c"}`,
	} {
		c.push("good "+labels, stream{labels, []entry{c.entry(time.Duration(i)*time.Second-time.Minute, "l")}})
	}
	for _, labels := range []string{`{a="\d"}`, "{a=\"x\ny\"}", `{a-b="1"}`, `{a.b="1"}`, `{1a="1"}`, `{ü="1"}`, `{a=1}`, `{a~="b"}`, `{a=~"b"}`,
		`{a="b"`, `a="b"`, "{a=\"\xff\"}", `{a="b"} x`} {
		c.rawStatus("bad "+fmt.Sprintf("%q", labels), packed(stream{labels, []entry{c.entry(0, "l")}}), map[string]string{"Content-Type": proto})
	}
	c.push("twice, and a good one", stream{`{a="1", a="2"}`, []entry{c.entry(0, "l")}}, stream{`{job="beside"}`, []entry{c.entry(0, "l")}})
	c.rawStatus("no labels, and a good one", packed(stream{`{a`, []entry{c.entry(0, "l")}}, stream{`{job="never"}`, []entry{c.entry(0, "l")}}),
		map[string]string{"Content-Type": proto})
	c.push("16 names", stream{`{` + names(16) + `}`, []entry{c.entry(0, "l")}})
	c.push("15 names", stream{`{` + names(15) + `}`, []entry{c.entry(0, "l")}})
	c.push("long name", stream{`{` + strings.Repeat("n", 1025) + `="1"}`, []entry{c.entry(0, "l")}})
	c.push("long value", stream{`{a="` + strings.Repeat("v", 2049) + `"}`, []entry{c.entry(0, "l")}})
	c.push("long enough", stream{`{` + strings.Repeat("n", 1024) + `="` + strings.Repeat("v", 2048) + `"}`, []entry{c.entry(0, "l")}})
	c.rows("all", `{service_name=~".+"}`)
	c.counters("counters")
	c.push("quoted name", stream{`{"a.b"="1", job="quoted"}`, []entry{c.entry(0, "l")}})
	c.rows("quoted name is not shown", `{job="quoted"}`)
}

func names(count int) string {
	var all []string
	for i := range count {
		all = append(all, fmt.Sprintf(`l%d="v"`, i))
	}
	return strings.Join(all, ", ")
}

func tellTenants(c *transcript) {
	own := c.tenant
	for _, name := range []string{"", "a|b", "a/b", "a b", strings.Repeat("x", 151), strings.Repeat("x", 150), ".", "..", "a.b_c-d!*'()"} {
		c.tenant = name
		c.push("push as "+name, stream{`{job="t"}`, []entry{c.entry(0, "of "+name)}})
		status, text := c.ask("labels", url.Values{}, nil)
		if status == 200 {
			text = ""
		}
		c.note("query as "+name, "%d %s", status, c.told(text))
	}
	c.tenant = own
	c.push("own", stream{`{job="t"}`, []entry{c.entry(0, "own")}})
	c.rows("sees its own only", `{job="t"}`)
}

func tellDuplicates(c *transcript) {
	a, b := c.entry(-time.Second, "a"), c.entry(-time.Second, "b")
	c.push("first", stream{`{job="d"}`, []entry{a, b, a}})
	c.push("again", stream{`{job="d"}`, []entry{b, a}})
	c.push("other labels", stream{`{job="d", x="1"}`, []entry{a}})
	c.push("earlier", stream{`{job="d"}`, []entry{c.entry(-time.Minute, "a"), c.entry(-time.Minute, "a")}})
	c.rows("rows", `{job="d"}`)
	c.instant("count", `sum by (x) (count_over_time({job="d"}[5m]))`)
	with := func(value string) entry { return c.entry(-time.Second, "m", pair{"k", value}) }
	c.push("other metadata", stream{`{job="m"}`, []entry{with("1"), with("2"), with("1")}})
	c.push("metadata in another order", stream{`{job="o"}`, []entry{c.entry(-time.Second, "m", pair{"k", "1"}, pair{"l", "2"}),
		c.entry(-time.Second, "m", pair{"l", "2"}, pair{"k", "1"})}})
	c.rows("by metadata", `{job=~"m|o"}`)
	c.instant("count by metadata", `sum by (job) (count_over_time({job=~"m|o"}[5m]))`)
}

// Some more than a head block: what is pushed again is there twice for who counts, and once for who reads.
func tellBlocks(c *transcript) {
	var all []entry
	for i := range 300 {
		all = append(all, c.entry(-time.Minute+time.Duration(i)*time.Millisecond, fmt.Sprintf("%04d %s", i, strings.Repeat("x", 1000))))
	}
	c.push("first", stream{`{job="b"}`, all})
	c.instant("count once", `sum(count_over_time({job="b"}[5m]))`)
	c.push("again", stream{`{job="b"}`, all})
	c.instant("count", `sum(count_over_time({job="b"}[5m]))`)
	c.rows("rows", `{job="b"}`)
	c.push("the last again", stream{`{job="b"}`, all[290:]})
	c.instant("count of the last", `sum(count_over_time({job="b"}[5m]))`)
}

func tellWindow(c *transcript) {
	one := func(offset time.Duration) []entry { return []entry{c.entry(offset, "at "+offset.String())} }
	c.push("newest", stream{`{job="w"}`, one(0)})
	c.push("an hour back", stream{`{job="w"}`, one(-time.Hour)})
	c.push("and a second", stream{`{job="w"}`, one(-time.Hour - time.Second)})
	c.push("partly", stream{`{job="w"}`, append(append(one(-90*time.Minute), one(-time.Minute)...), one(-80*time.Minute)...)})
	c.push("another stream", stream{`{job="w", x="1"}`, one(-90 * time.Minute)})
	c.push("the new first", stream{`{job="w", x="2"}`, append(one(-time.Minute), one(-2*time.Hour)...)})
	c.push("the old first", stream{`{job="w", x="3"}`, append(one(-110*time.Minute), one(-time.Minute)...)})
	c.push("the future counts", stream{`{job="w"}`, one(9 * time.Minute)})
	c.push("so this is late", stream{`{job="w"}`, one(-55 * time.Minute)})
	var many []entry
	for i := range 15 {
		many = append(many, c.entry(-3*time.Hour+time.Duration(i)*time.Second, "late"))
	}
	c.push("ten are told", stream{`{job="w"}`, many})
	c.rows("rows", `{job="w"}`)
	c.counters("counters")
}

func tellLastStream(c *transcript) {
	c.push("newest", stream{`{job="l"}`, []entry{c.entry(0, "new")}})
	late := stream{`{job="l"}`, []entry{c.entry(-2*time.Hour, "late"), c.entry(-time.Second, "beside")}}
	good := stream{`{job="l", x="1"}`, []entry{c.entry(0, "good")}}
	c.push("late, then good", late, good)
	c.push("good, then late", good, late)
	c.push("invalid and late, then good", stream{`{job="l"}`, []entry{c.entry(-8*24*time.Hour, "invalid")}}, late, good)
	c.push("invalid and late", stream{`{job="l"}`, []entry{c.entry(-8*24*time.Hour, "invalid")}}, good, late)
	c.rows("rows", `{job="l"}`)
	c.counters("counters")
}

func tellAge(c *transcript) {
	const week = 7 * 24 * time.Hour
	c.push("too old", stream{`{job="age"}`, []entry{c.entry(-week-time.Hour, "old")}})
	c.push("not quite", stream{`{job="age"}`, []entry{c.entry(-week+time.Hour, "almost")}})
	c.push("too new", stream{`{job="age", x="1"}`, []entry{c.entry(11*time.Minute, "new")}})
	c.push("new enough", stream{`{job="age", x="1"}`, []entry{c.entry(9*time.Minute, "soon")}})
	c.push("one of each", stream{`{job="age", x="2"}`, []entry{c.entry(-week-time.Hour, "old"), c.entry(0, "good"), c.entry(20*time.Minute, "new")}})
	c.push("two of one", stream{`{job="age", x="3"}`, []entry{c.entry(-week-time.Hour, "old"), c.entry(-week-time.Hour, "older"), c.entry(0, "good")}})
	c.push("without a time", stream{`{job="age"}`, []entry{{time.Time{}, "never", nil}}})
	c.rows("rows", `{job="age"}`)
	c.counters("counters")
}

func tellSizes(c *transcript) {
	long := strings.Repeat("y", 262144)
	c.push("longest line", stream{`{job="s"}`, []entry{c.entry(0, long)}})
	c.push("longer", stream{`{job="s"}`, []entry{c.entry(0, long+"y"), c.entry(0, "short")}})
	c.push("odd bytes", stream{`{job="s"}`, []entry{c.entry(0, ""), c.entry(1, "\x00\r\n\t"), c.entry(2, "\xff")}})
	c.rows("rows", `{job="s"}`)
	c.counters("counters")
}

func tellMetadata(c *transcript) {
	of := func(pairs ...pair) stream {
		return stream{`{job="sm", level="none"}`, []entry{c.entry(0, fmt.Sprint("with ", pairs), pairs...)}}
	}
	c.push("large", of(pair{"k", strings.Repeat("v", 65535)}))
	c.push("too large", of(pair{"k", strings.Repeat("v", 65536)}))
	var many []pair
	for i := range 129 {
		many = append(many, pair{fmt.Sprintf("k%d", i), "v"})
	}
	c.push("many", of(many[:128]...))
	c.push("too many", of(many...))
	c.push("names", of(pair{"a.b", "1"}, pair{"1a", "2"}, pair{"_a", "3"}, pair{"__a", "4"}, pair{"a-c", "5"}, pair{"ü", "6"}))
	c.push("one name for two", of(pair{"c.d", "1"}, pair{"c-d", "2"}))
	c.push("twice", of(pair{"t", "1"}, pair{"t", "2"}))
	c.push("a label's name", of(pair{"job", "1"}))
	c.push("empty value", of(pair{"e", ""}))
	c.push("odd value", of(pair{"o", "q\"\\\n\té\xff"}))
	c.push("own level", of(pair{"detected_level", "mine"}))
	c.raw("JSON escapes", []byte(`{"streams":[{"stream":{"job":"sm"},"values":[["`+nanos(c.now)+`","json",{"e":"a\"b\u00e9\n","f":"é"}]]}]}`),
		map[string]string{"Content-Type": "application/json"})
	c.rows("rows", `{job="sm"} | k0="" | k=""`)
	c.instant("metadata splits series", `count(count_over_time({job="sm"} | k0="" | k="" [5m]))`)
	c.rows("filter", `{job="sm"} | t="2"`)
	c.rows("no selector", `{t="2"}`)
	c.counters("counters")
}

func tellLevels(c *transcript) {
	for i, line := range []string{
		"plain", "an info", "INFO x", "error", "ERR: x", "err x", "a warning", "warn: x", "warn x", "critical: x", "DEBUG: x", "debug x", "fatal",
		"level=warn x", "lvl=wrn", "Level=ERROR info", "msg=x level=odd info", "severity=critical level=trace", "msg=info", `{"level":"warn"}`,
		`{"a":{"level":"debug"}}`, `{"a":{"b":{"level":"debug"}}}`, `{"level":3}`, `{"LEVEL":"WARNING"}`, `{"lEvel":"warn"}`, `{"a":"error"}`, ` {"level":"dbg"} `,
		"time=x level=WARN msg=DENY", `{"level":"odd"}`,
	} {
		c.push(fmt.Sprint("level ", i), stream{`{job="level"}`, []entry{c.entry(time.Duration(i), line)}})
	}
	c.push("by label", stream{`{job="level", severity="Custom"}`, []entry{c.entry(time.Minute, "level=warn")}})
	c.push("by metadata", stream{`{job="level"}`, []entry{c.entry(time.Minute, "level=warn", pair{"level", "Meta"})}})
	c.rows("rows", `{job="level"}`)
}

// A message of 4 MiB between distributor and ingester is too much, whatever the limits are.
func tellMessage(c *transcript) {
	fat := func(count int) stream {
		var all []entry
		for i := range count {
			all = append(all, c.entry(time.Duration(i), strings.Repeat("f", 100_000)))
		}
		return stream{`{job="fat"}`, all}
	}
	c.push("too much", fat(42))
	c.rows("nothing of it", `{job="fat"}`)
}

func tellBurst(c *transcript) {
	var all []entry
	for i := range 70 {
		all = append(all, c.entry(time.Duration(i), strings.Repeat("f", 100_000)))
	}
	c.push("over the burst", stream{`{job="fat"}`, all})
	c.push("what fits, then", stream{`{job="fat"}`, all[:3]})
	c.instant("count", `sum(count_over_time({job="fat"}[1m] offset -30s))`)
	c.counters("counters")
}

// A stream that grows by more than 1.5 MB/s is split: not at once, but soon.
func tellGrowth(c *transcript) {
	part := func(i int) stream {
		var all []entry
		for j := range 10 {
			all = append(all, c.entry(time.Duration(10*i+j), strings.Repeat("g", 100_000)))
		}
		return stream{`{job="growth"}`, all}
	}
	split := func() bool {
		_, body := c.ask("label/__stream_shard__/values", url.Values{}, nil)
		return strings.Contains(body, `"0"`)
	}
	c.push("first", part(0))
	c.note("split at once", "%v", split())
	for i := 1; i < 40 && !split(); i += 2 {
		c.send(packed(part(i)), map[string]string{"Content-Type": proto})
		c.send(packed(part(i+1)), map[string]string{"Content-Type": proto})
		time.Sleep(time.Second)
	}
	c.note("split then", "%v", split())
}

func tellRestart(c *transcript) {
	all := []entry{c.entry(-time.Second, "one"), c.entry(0, "two", pair{"k", "v"})}
	c.push("before", stream{`{job="r"}`, all})
	c.server.kill()
	c.server.run(c.t)
	c.rows("after", `{job="r"}`)
	c.push("again", stream{`{job="r"}`, all})
	c.push("late", stream{`{job="r"}`, []entry{c.entry(-61*time.Minute, "late")}})
	c.rows("after again", `{job="r"}`)
	c.instant("count", `sum(count_over_time({job="r"}[5m]))`)
}
