// SPDX-License-Identifier: MIT

package loki

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// fill pushes what the queries are about: decisions as JSON and logfmt, with metadata, a minute apart.
func fill(c *transcript) {
	hosts := []string{"a.example", "b.example", "B.example:8443", "c.example"}
	for i := range 24 {
		host, verdict := hosts[i%len(hosts)], []string{"allow", "deny", "deny"}[i%3]
		owner := []string{"joe", "ann"}[i/12]
		at := -time.Duration(i)*30*time.Second - 500*time.Millisecond
		json := fmt.Sprintf(`{"msg":"boundary_request","n":%d,"fields":{"decision":%q,"owner":%q,"http_url":"https://%s/p/%d?q=1","path":"","list":[1,"x"],"none":null,"yes":true}}`,
			i, verdict, owner, host, i%2)
		logfmt := fmt.Sprintf(`msg=boundary_request n=%d decision=%s owner=%s http_url=https://%s/p/%d quoted="a b\"c" empty= bare domain=line.example`,
			i, verdict, owner, host, i%2)
		metadata := []pair{{"domain", []string{"a.example", "b.example", "b.example", "c.example"}[i%4]}, {"size", fmt.Sprint(i * 10)}}
		if i%5 == 0 {
			metadata = append(metadata, pair{"call", fmt.Sprintf("call-%d", i)})
		}
		labels := fmt.Sprintf(`decision=%q, owner=%q`, verdict, owner)
		status, text := c.send(packed(stream{`{job="boundary", ` + labels + `}`, []entry{{c.at(at), json, metadata}}},
			stream{`{job="logfmt", owner="` + owner + `"}`, []entry{{c.at(at), logfmt, metadata}}}), map[string]string{"Content-Type": proto})
		if status != 204 {
			c.t.Fatalf("%d %s", status, text)
		}
	}
	status, text := c.send(packed(stream{`{job="broken"}`, []entry{c.entry(-time.Second, `{"a":1,`), c.entry(-2*time.Second, "no json"),
		c.entry(-3*time.Second, `{"a":"2"}`), c.entry(-4*time.Second, ``), c.entry(-5*time.Second, `x="unclosed a=1`), c.entry(-6*time.Second, `a=1 b"c d=2 "e" =f g==h`)}}),
		map[string]string{"Content-Type": proto})
	if status != 204 {
		c.t.Fatalf("%d %s", status, text)
	}
}

func tellSelection(c *transcript) {
	fill(c)
	for _, query := range []string{
		`{job="boundary", decision="deny"}`, `{job="boundary", decision=~"allow|de.y", owner!="joe"}`, `{job="boundary", decision!~"de.*"}`,
		`{job=~"bound.+", tool=""}`, `{job=~"bound"}`, `{owner=~"joe|ann", job!="logfmt"} |= "/p/1"`, `{job="boundary"} != "deny" |~ "a.example|c\\.example"`,
		`{job="boundary"} !~ "(?i)B.EXAMPLE" |= "allow" or "p/0"`, "{job=\"boundary\"} |= `\"allow\"` # a comment", `{job="boundary"} |= ""`,
		`{job="boundary"} | domain="b.example"`, `{job="boundary"} | domain!="b.example", owner="joe"`, `{job="boundary"} | call=~"call-1.*" or domain="a.example"`,
		`{job="boundary"} | call!="" | size > 100`, `{job="boundary"} | size >= 50 and size < 90`, `{job="boundary"} | size == 50 or size != 0 and call!=""`,
		`{job="boundary"} | (size = 50 or call="call-10") domain=~".+"`, `{job="boundary"} | domain > 5`, `{job="boundary"} | nothing > 5`,
		// The short cuts of label filters.
		`{job="boundary"} | domain=~""`, `{job="boundary"} | domain!~""`, `{job="boundary"} | domain=~"example"`, `{job="boundary"} | domain=~".example"`,
		`{job="boundary"} | domain=~"example.*"`, `{job="boundary"} | domain=~".*exam.*"`, `{job="boundary"} | domain=~"a.example|b.example"`,
		"{job=\"boundary\"} | domain=~`.*(?:b\\.ex).*`", "{job=\"boundary\"} | call=~`(?:all-1).*`", "{job=\"boundary\"} | call=~`(?:).*`",
		`{job="boundary"} | call=~"call-1|call-10|call"`, `{job="boundary"} | call=~".+"`, `{job="boundary"} | call!~".+"`, `{job="boundary"} | domain=~"(?i)A.EXAMPLE"`,
		`{job="boundary"} | domain!~"b.*"`, `{job="boundary"} | call=~"call-(1|2).*"`, `{job="boundary"} | call=~"-1"`,
	} {
		c.rows(query, query)
	}
	c.rows("backward", `{job="boundary"}`, "limit=3", "direction=backward")
	c.rows("forward", `{job="boundary"}`, "limit=3", "direction=forward")
	c.rows("by default", `{job="boundary"}`, "limit=3", "direction=")
	c.rows("start is in, end is out", `{job="boundary"}`, "start="+nanos(c.at(-30500*time.Millisecond)), "end="+nanos(c.at(-500*time.Millisecond)))
	c.rows("seconds", `{job="boundary"}`, fmt.Sprintf("start=%d", c.now.Unix()-31), fmt.Sprintf("end=%d", c.now.Unix()))
	c.rows("RFC 3339", `{job="boundary"}`, "start="+c.at(-31*time.Second).UTC().Format(time.RFC3339), "end="+c.now.UTC().Format(time.RFC3339Nano))
	status, body := c.ask("query_range", url.Values{"query": {`{job="logfmt"} | logfmt n | n="3"`}, "start": {nanos(c.at(-time.Hour))}, "end": {nanos(c.now)}},
		map[string]string{"X-Loki-Response-Encoding-Flags": "categorize-labels"})
	c.note("categories", "%d %s", status, categoriesIn(c, body))
}

func tellParsers(c *transcript) {
	fill(c)
	url := "`http_url\"?[:=]\"?https?://(?P<domain>[^/\"]+)(?P<path>/[^?#\"\\s]*)`"
	for _, query := range []string{
		`{job="boundary"} | size < 40 | json`, `{job="boundary"} | size < 40 | json decision="fields.decision", who="fields.owner", domain="fields.http_url", gone="no.such"`,
		`{job="boundary"} | size < 40 | json all="fields", item="fields.list[1]", list="fields.list", none="fields.none", yes="fields[\"yes\"]", n`,
		`{job="boundary"} | size < 40 | json | fields_decision="deny"`, `{job="boundary"} | json | n >= 20`, `{job="boundary"} | json | regexp ` + url + ` | n < 3`,
		`{job="boundary"} | size < 40 | regexp ` + url, `{job="boundary"} | size < 40 | regexp ` + url + " | domain=~`.*8443`",
		`{job="boundary"} | size < 40 | regexp ` + url + " | line_format `{{.domain}} {{.path}} {{.owner}} {{.gone}}` |= `/p/1`",
		`{job="boundary"} | size < 40 | regexp "(?P<maybe>zzz)?msg"`,
		`{job="logfmt"} | size < 40 | logfmt`, `{job="logfmt"} | size < 40 | logfmt | regexp ` + url, `{job="logfmt"} | size < 40 | logfmt verdict="decision", quoted, owner`,
		`{job="boundary"} | size < 40 | label_format who=owner, url="{{.domain}}/x", domain="new"`, `{job="boundary"} | size < 40 | label_format owner=domain`,
		"{job=\"boundary\"} | size < 40 | json u=\"fields.http_url\" | label_format path=`{{ regexReplaceAll \"https?://[^/]+([^?#]*).*\" .u \"${1}\" }}`",
		`{job="boundary"} | size < 40 | line_format "{{__line__ | upper}} {{.domain | replace \"example\" \"e\"}}"`,
		"{job=\"boundary\"} | size < 40 | label_format at=\"2026-06-09T12:00:00.123456789+02:00\", no=\"no time\" | label_format ms=`{{ unixEpochMillis (toDateInZone \"2006-01-02T15:04:05Z07:00\" \"UTC\" .at) }}`" +
			", none=`{{ unixEpochMillis (toDateInZone \"2006-01-02T15:04:05Z07:00\" \"UTC\" .no) }}` | ms > 1780999200122 | ms <= 1780999200123",
		`{job="boundary"} | size < 40 | drop domain, owner, gone`, `{job="boundary"} | size < 40 | keep domain, owner, gone`,
		`{job="broken"} | json`, `{job="broken"} | json a="a"`, `{job="broken"} | json | __error__=""`, `{job="broken"} | json | __error__!="" | drop __error__, __error_details__`,
		`{job="broken"} | logfmt`, `{job="broken"} | regexp "(?P<a>x)"`,
	} {
		c.rows(query, dropDetails(query))
	}
}

// dropDetails leaves the words of an error out, which are those of a JSON library.
func dropDetails(query string) string { return query + " | drop __error_details__" }

func tellCounts(c *transcript) {
	c.now = c.now.Truncate(6 * time.Minute) // whole steps
	fill(c)
	range10 := " [10m]"
	for _, query := range []string{
		`sum(count_over_time({job="boundary"}` + range10 + `))`, `sum by (decision) (count_over_time({job="boundary"}` + range10 + `))`,
		`sum(count_over_time({job="boundary"}[10m])) by (decision, owner)`, `sum without (size, detected_level, call) (count_over_time({job="boundary"}[3m]))`,
		`count_over_time({job="boundary"} | size < 40 [10m])`, `count_over_time(({job="boundary"} |= "deny")[10m])`, `count_over_time({job="boundary"}[2m] |= "deny")`,
		`topk(1, sum by (domain) (count_over_time({job="boundary", decision="deny"}[10m])))`, `bottomk(1, sum by (domain) (count_over_time({job="boundary", domain!="", owner="joe"} | domain!~"a.*|c.*" [10m])))`,
		`topk by (owner) (1, sum by (owner, decision) (count_over_time({job="boundary"}[10m])))`,
		`count(sum by (owner, domain) (count_over_time({job="boundary"}[10m])))`, `max(sum by (domain) (count_over_time({job="boundary"}[10m])))`,
		`min by (owner) (sum by (domain, owner) (count_over_time({job="boundary"}[10m])))`, `avg(sum by (domain) (count_over_time({job="boundary"}[7m])))`,
		`sum by (domain) (count_over_time({job="boundary"}[2m] offset 3m))`, `rate({job="logfmt", owner="joe"} | size < 20 [10m])`, `sum(rate({job="boundary"}[5m]))`,
		`sum(count_over_time({job="boundary"}[1m90s] offset -1m))`, `sum(count_over_time({job="boundary"}[4m180s] offset 90s30s))`,
		`sum(bytes_over_time({job="boundary"}[10m]))`, `sum by (owner) (bytes_rate({job="boundary"}[10m]))`,
		`sum by (decision) (count_over_time({job=~"boundary"} |= "boundary_request" | json decision="fields.decision", owner="fields.owner" | decision=~"allow|deny" | owner=~"" [10m]))`,
		"sum by (domain) (count_over_time({job=\"boundary\"} | json | regexp `\"http_url\":\"(?P<scheme>https?)://(?P<domain>[^/:\"]+)` | domain=~\"\" [10m]))",
		"sum by (domain) (count_over_time({job=\"boundary\"} | regexp `\"http_url\":\"(?P<scheme>https?)://(?P<domain>[^/:\"]+)` | domain=~\"b\\\\.example\" [10m]))",
		`sum by (decision, domain) (count_over_time({job="logfmt"} | logfmt | decision=~"allow|deny" [10m]))`,
		`sum(count_over_time({job="broken"} | json [10m]))`, `sum by (a) (count_over_time({job="broken"} | json [10m]))`, `count_over_time({job="broken"} | json [10m])`,
		`sum by (a) (count_over_time({job="broken"} | json | __error__="" [10m]))`, `sum(count_over_time({job="broken"} | json | a!="" [10m]))`,
		`sum(count_over_time({job="broken"} | json a="a" [10m]))`,
		`sum by (domain) (sum_over_time({job="boundary"} | unwrap size [10m]))`, `max_over_time({job="boundary"} | unwrap size [10m]) by (domain)`,
		`avg_over_time({job="boundary"} | unwrap size [10m]) by (owner)`, `min_over_time({job="boundary"} | unwrap size [10m]) by (owner)`,
		`last_over_time({job="boundary"} | unwrap size [10m]) by (owner)`, `last_over_time({job="logfmt"} | logfmt | unwrap n [3m]) by (owner) == 0`,
		`last_over_time({job="logfmt"} | logfmt | unwrap n [10m]) by (owner) >= 12 unless sum by (owner) (count_over_time({job="logfmt"}[4m]))`,
		`sum(sum_over_time({job="boundary"} | unwrap domain [10m]))`, `sum(count_over_time({job="none"}[10m]))`,
	} {
		c.instant(query, query)
	}
	for _, query := range []string{
		`sum by (decision) (count_over_time({job="boundary"}[2m]))`, `topk(1, sum by (domain) (count_over_time({job="boundary"} | domain=~"b.*" [2m])))`,
		`count_over_time({job="boundary", owner="joe"} | size < 30 [1m])`, `sum(count_over_time({job="boundary", owner="ann"}[1m])) or vector(0)`,
		`sum(rate({job="boundary"}[2m] offset 1m))`, `vector(3)`, `1 + 1`,
	} {
		c.over("over time "+query, query, "120")
	}
	c.over("odd steps", `sum(count_over_time({job="boundary"}[90s]))`, "90s")
	c.over("no such step", `sum(count_over_time({job="boundary"}[90s]))`, "0")
}

func tellArithmetic(c *transcript) {
	fill(c)
	deny, all := `sum by (domain) (count_over_time({job="boundary", decision="deny"}[10m]))`, `sum by (domain) (count_over_time({job="boundary"}[10m]))`
	few := `sum by (domain) (count_over_time({job="boundary", decision="deny"}[1m]))`
	owners := `sum by (owner, domain) (count_over_time({job="boundary"}[10m]))`
	for _, query := range []string{
		deny + " / " + all, deny + " unless " + few, deny + " and " + few, few + " or " + deny, owners + " unless on (domain) " + few, owners + " and ignoring (owner) " + few,
		deny + " > 3", deny + " > bool 3", "3 < " + deny, deny + " == " + all, deny + " != " + all, deny + " <= " + all + " / 2", "(" + deny + " or vector(0)) / " + all,
		"1 - " + deny + " / " + all, "2 ^ 3 ^ 2", "10 % 4 - 3 * 2", "-1 + 2", deny + " * on (domain) " + all, owners + " / " + all, "(sum(count_over_time({job=\"none\"}[1m])) or vector(0)) / 0",
		"sum(count_over_time({job=\"none\"}[1m])) or vector(0)", "vector(1) > 2", "vector(5)", "1 > 2", "1 == bool 1",
		`label_replace(` + deny + `, "host", "$1!", "domain", "(.)\\.example")`, `label_replace(` + deny + `, "domain", "(none)", "nothing", "")`,
		`label_replace(vector(0), "side", "none", "", "") or -1 * label_replace(` + deny + `, "side", "deny", "", "")`,
		`label_replace(` + deny + ` * -1, "side", "deny", "", "")`,
		`sum by (domain) (label_replace(` + all + `, "side", "all", "", "") or -1 * label_replace(` + deny + `, "side", "deny", "", "")) > 0`,
		deny + ` unless vector(0)`, `topk(2, -1 * (` + few + ` - ` + all + ` < 0))`, `sum(` + few + ` > 1000) or 0 * sum(` + all + `)`,
		`label_replace(` + deny + `, "domain", "same", "domain", ".*")`, `label_replace(` + deny + `, "x", "", "domain", ".*")`,
		`count(` + deny + ` > 2) or vector(0)`, `sum(` + all + `) - sum(` + deny + `)`, deny + " + ignoring (owner) " + all,
		`sum by (owner) (count_over_time({job="boundary"}[10m])) > 50 unless sum by (owner) (count_over_time({job="boundary"}[10m])) <= sum by (owner) (count_over_time({job="boundary"}[10m] offset 5m)) / 12`,
	} {
		c.instant(query, query)
	}
}

func tellCatalogue(c *transcript) {
	fill(c)
	c.list("labels", "labels", nil)
	c.list("values", "label/owner/values", nil)
	c.list("values of a selection", "label/decision/values", url.Values{"query": {`{job="boundary", owner=~"j.*"}`}})
	c.list("values of nothing", "label/none/values", nil)
	c.list("metadata is no label", "label/domain/values", nil)
	c.list("series", "series", url.Values{"match[]": {`{job="boundary"}`}})
	c.list("series of two", "series", url.Values{"match[]": {`{job="logfmt"}`, `{decision="allow"}`}})
	c.list("series of none", "series", url.Values{"match[]": {`{job="none"}`}})
	c.list("series of all", "series", url.Values{"match[]": {`{job=~".*"}`}})
	c.counters("counters")
}

func tellRefusals(c *transcript) {
	fill(c)
	for _, query := range []string{"", "{", "{}", `{job=~".*"}`, `{job="a"`, `{job='a'}`, `{job="a"} |`, `{job="a"} | json a=`, `{job="a"} | regexp "("`, `{job="a"} | regexp "x"`,
		`{job="a"} | line_format "{{"`, `{job="a"} | nothing`, `count_over_time({job="a"})`, `count_over_time({job="a"}[0s])`, `count_over_thyme({job="a"}[1m])`,
		`sum({job="a"})`, `sum by (count_over_time({job="a"}[1m]))`, `topk(count_over_time({job="a"}[1m]))`, `topk(0, count_over_time({job="a"}[1m]))`, `1 or 2`,
		`{job="a"} + 1`, `{job="a"}`, `sum_over_time({job="a"}[1m])`, `count_over_time({job="a"} | unwrap x [1m])`, `label_replace({job="a"}, "a", "b", "c", "d")`,
		`label_replace(vector(1), "a", "b", "c", "(")`, `vector(1) +`, `{job=~"("}`, `{job="a"} |~ "("`, `{job="a"} | a=~"("`, `vector(1) == bool`, `vector(1) + bool 1`} {
		status, _ := c.ask("query", url.Values{"query": {query}}, nil)
		c.note("instant "+query, "%d", status)
	}
	all := map[string]url.Values{
		"limit": {"limit": {"6000"}}, "limit of none": {"limit": {"0"}}, "limit of text": {"limit": {"x"}}, "direction": {"direction": {"up"}}, "start": {"start": {"x"}},
		"end before start": {"start": {nanos(c.now)}, "end": {nanos(c.at(-time.Hour))}}, "a year": {"start": {nanos(c.at(-365 * 24 * time.Hour))}, "end": {nanos(c.now)}},
	}
	for _, step := range slices.Sorted(maps.Keys(all)) {
		parameters := all[step]
		parameters.Set("query", `{job="boundary"}`)
		status, text := c.ask("query_range", parameters, nil)
		c.note("range "+step, "%d %s", status, sameWords(step, c.told(text)))
	}
	status, text := c.ask("query", url.Values{"query": {`{job="boundary"}`}}, nil)
	c.note("rows at an instant", "%d %s", status, c.told(text))
	status, _ = c.server.ask(c.tenant, "/loki/api/v1/nothing", nil)
	c.note("no such path", "%d", status)
	status, _ = c.server.ask(c.tenant, "/loki/api/v1/push", nil)
	if status == http.StatusNotFound { // one or the other, by the order in which a Loki's modules came up
		status = http.StatusMethodNotAllowed
	}
	c.note("GET a push", "%d", status)
	status, text = c.server.ask("", "/ready", nil)
	c.note("ready", "%d %s", status, c.told(text))
}
