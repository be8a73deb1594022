// SPDX-License-Identifier: MIT

package loki

import (
	"fmt"
	"strings"
	"time"
)

func kilobytes(c *transcript, count int) []entry {
	var all []entry
	for i := range count {
		all = append(all, c.entry(time.Duration(i), fmt.Sprintf("%03d %s", i, strings.Repeat("k", 1020))))
	}
	return all
}

func tellRate(c *transcript) {
	c.push("over the burst", stream{`{job="rate"}`, kilobytes(c, 30)})
	c.push("within it", stream{`{job="rate"}`, kilobytes(c, 15)})
	c.push("over the rate", stream{`{job="rate"}`, kilobytes(c, 18)}, stream{`{job="other"}`, kilobytes(c, 1)})
	c.push("with an invalid one", stream{`{job="rate"}`, append(kilobytes(c, 18), c.entry(-8*24*time.Hour, "old"))})
	c.instant("count", `sum(count_over_time({job=~"rate|other"}[1m] offset -30s))`)
	c.counters("counters")
}

func tellStreams(c *transcript) {
	of := func(name string) stream { return stream{`{job="` + name + `"}`, []entry{c.entry(0, name)}} }
	c.push("two", of("one"), of("two"))
	c.push("a third", of("three"))
	c.push("a third, then a known one", of("three"), of("one"))
	c.push("a known one, then a third", stream{`{job="one"}`, []entry{c.entry(1, "more")}}, of("three"))
	c.rows("rows", `{job=~".+"}`)
	c.counters("counters")
}

func tellTruncation(c *transcript) {
	long := strings.Repeat("t", 1024)
	c.push("two that are the same then", stream{`{job="t"}`, []entry{c.entry(0, long+"a"), c.entry(0, long+"b"), c.entry(1, long)}})
	c.rows("rows", `{job="t"}`)
	c.counters("counters")
}

func tellIncrements(c *transcript) {
	of := func(lines ...string) stream {
		var all []entry
		for _, line := range lines {
			all = append(all, c.entry(0, line))
		}
		return stream{`{job="i"}`, all}
	}
	c.push("three", of("a", "b", "c"))
	c.push("again", of("a", "b", "c"))
	c.push("in parts", of("b"))
	c.push("the same twice", of("c", "c", "d"))
	c.push("another between", stream{`{job="i", x="1"}`, []entry{c.entry(0, "a"), c.entry(5, "b"), c.entry(0, "c"), c.entry(5, "d"), c.entry(5, "e")}})
	c.rows("rows", `{job="i"}`)
}

func tellQueryLimits(c *transcript) {
	var all []entry
	for i := range 5 {
		all = append(all, c.entry(time.Duration(i), "l", pair{"n", fmt.Sprint(i)}))
	}
	c.push("five series", stream{`{job="q"}`, all})
	c.instant("too many series", `count_over_time({job="q"}[1m] offset -30s)`)
	c.instant("within", `sum(count_over_time({job="q"}[1m] offset -30s))`)
	c.instant("top", `topk(2, count_over_time({job="q"} | n=~"0|1" [1m] offset -30s))`)
	c.rows("too many rows", `{job="q"}`, "limit=11")
	c.rows("ten rows", `{job="q"}`, "limit=10")
}

func tellStreamRate(c *transcript) {
	lines := func(count int) []entry {
		var all []entry
		for i := range count {
			all = append(all, c.entry(time.Duration(i), fmt.Sprintf("%02d %s", i, strings.Repeat("r", 497))))
		}
		return all
	}
	c.push("over the burst", stream{`{job="sr"}`, lines(6)})
	c.push("over it, then another", stream{`{job="sr", x="1"}`, lines(6)}, stream{`{job="sr", x="2"}`, lines(1)})
	c.push("within", stream{`{job="sr", x="3"}`, lines(3)})
	c.instant("counts", `sum by (x) (count_over_time({job="sr"}[1m] offset -30s))`)
	c.counters("counters")
}

func tellNoMetadata(c *transcript) {
	c.push("with", stream{`{job="n"}`, []entry{c.entry(0, "with", pair{"k", "v"}), c.entry(0, "without")}})
	c.push("no labels", stream{`{}`, []entry{c.entry(0, "l")}})
	c.rows("rows", `{job="n"}`)
	c.counters("counters")
}

func tellAnyAge(c *transcript) {
	c.push("last year", stream{`{job="y"}`, []entry{c.entry(-365*24*time.Hour, "old")}})
	c.push("today", stream{`{job="y"}`, []entry{c.entry(0, "new")}})
	c.push("last year again", stream{`{job="y"}`, []entry{c.entry(-365*24*time.Hour, "older")}})
}

func tellLabelLimits(c *transcript) {
	for _, labels := range []string{`{a="1", b="2"}`, `{a="1", b="2", c="3"}`, `{a="1", b="2", service_name="s"}`, `{abcdefgh="1"}`, `{abcdefghi="1"}`,
		`{a="123456789"}`, `{a="1234567890"}`} {
		c.push(labels, stream{labels, []entry{c.entry(0, "l")}})
	}
	c.push("two errors", stream{`{abcdefghi="1"}`, []entry{c.entry(0, "l"), c.entry(1, "l")}}, stream{`{a="1234567890"}`, []entry{c.entry(0, "l")}},
		stream{`{a="x"}`, []entry{c.entry(0, "l")}})
	c.counters("counters")
}

func tellMetadataLimits(c *transcript) {
	of := func(pairs ...pair) stream {
		return stream{`{job="ml"}`, []entry{c.entry(0, fmt.Sprint(pairs), pairs...)}}
	}
	c.push("100 bytes", of(pair{"k", strings.Repeat("v", 99)}))
	c.push("101 bytes", of(pair{"k", strings.Repeat("v", 100)}))
	c.push("three", of(pair{"a", "1"}, pair{"b", "2"}, pair{"c", "3"}))
	c.push("four", of(pair{"a", "1"}, pair{"b", "2"}, pair{"c", "3"}, pair{"d", "4"}))
	c.rows("rows", `{job="ml"}`)
}

func tellOtherAges(c *transcript) {
	c.push("9 hours", stream{`{job="oa"}`, []entry{c.entry(-9*time.Hour, "old")}})
	c.push("7 hours", stream{`{job="oa"}`, []entry{c.entry(-7*time.Hour, "old")}})
	c.push("in 3 minutes", stream{`{job="oa"}`, []entry{c.entry(3*time.Minute, "new")}})
}
