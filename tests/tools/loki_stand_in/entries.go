// SPDX-License-Identifier: MIT

package main

import (
	"time"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
)

// pushed is one stream of a push request.
type pushed struct {
	labels  string
	entries []entry
}

type entry struct {
	at       time.Time
	line     string
	metadata logql.Labels // as sent: in order, names perhaps twice
}

func (e entry) metadataSize() int {
	size := 0
	for _, one := range e.metadata {
		if one.Name == levelLabel {
			continue // what Loki adds itself is free
		}
		size += len(one.Name) + len(one.Value)
	}
	return size
}

func (e entry) size() int { return len(e.line) + e.metadataSize() }
