// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"time"
)

// appending decides which entries of one stream's part of a push are stored.
type appending struct {
	stream     *stream
	limits     *limits
	byMetadata bool
	now        time.Time

	good        []entry
	refused     []refused
	lastLimited bool

	bytes                 int // of all that is not the same as the one before
	behind, behindBytes   int
	limited, limitedBytes int
}

func (a *appending) all(entries []entry) {
	last, highest, goodBytes := a.stream.last, a.stream.highest, 0
	for _, e := range entries {
		same := a.stream.keyOf(storedForm(e), a.byMetadata)
		if same == last {
			continue
		}
		a.bytes += e.size()
		if !a.limits.shardStreams && !a.stream.limiter.allow(e.size(), a.now) {
			a.limit(e)
			continue
		}
		if reason := tooFarBehind(e.at, highest, a.limits.maxChunkAge); reason != "" {
			a.refused = append(a.refused, refused{e.at, reason})
			a.lastLimited = false
			a.behind++
			a.behindBytes += e.size()
			continue
		}
		goodBytes += e.size()
		last = same
		if highest.Before(e.at) {
			highest = e.at
		}
		a.good = append(a.good, e)
	}
	// With sharding on, a stream is taken whole or not at all.
	if a.limits.shardStreams && !a.stream.limiter.allow(goodBytes, a.now) {
		good := a.good
		a.good, a.refused = nil, nil
		for _, e := range good {
			a.limit(e)
		}
	}
}

func (a *appending) limit(e entry) {
	a.refused = append(a.refused, refused{e.at, fmt.Sprintf("Per stream rate limit exceeded (limit: %s/sec) while attempting to "+
		"ingest for stream '%s' totaling %s, consider splitting a stream via additional labels or contact your Loki administrator "+
		"to see if the limit can be increased", sizeText(a.limits.streamRate), a.stream.text, sizeText(e.size()))})
	a.lastLimited = true
	a.limited++
	a.limitedBytes += e.size()
}
