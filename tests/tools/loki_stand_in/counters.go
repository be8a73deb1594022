// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// counters are Loki's own that tests read: value by series, as /metrics has them.
type counters struct {
	mutex  sync.Mutex
	values map[string]float64
}

func (c *counters) add(value float64, name string, pairs ...string) {
	var series strings.Builder
	series.WriteString(name)
	for i := 0; i+1 < len(pairs); i += 2 {
		series.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		fmt.Fprintf(&series, "%s=%q", pairs[i], pairs[i+1])
	}
	if len(pairs) > 0 {
		series.WriteString("}")
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.values == nil {
		c.values = map[string]float64{}
	}
	c.values[series.String()] += value
}

// discard counts entries that were not taken.
func (c *counters) discard(reason, tenant string, entries, bytes int) {
	for name, value := range map[string]int{"samples": entries, "bytes": bytes} {
		if value == 0 {
			continue
		}
		c.add(float64(value), "loki_discarded_"+name+"_total", "policy", "", "reason", reason, "retention_hours", "", "tenant", tenant)
	}
}

func (c *counters) write(to io.Writer) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, series := range slices.Sorted(maps.Keys(c.values)) {
		fmt.Fprintf(to, "%s %v\n", series, c.values[series])
	}
}
