// SPDX-License-Identifier: MIT

package main

import (
	"math"
	"strconv"
	"time"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
)

const shardLabel = "__stream_shard__"

// shards knows how fast each stream of a tenant grew of late. Loki splits one that grows too fast into several, which
// then have each their own window, and know of no duplicate in another.
type shards struct {
	streams map[string]*growth
}

type growth struct {
	known         bool
	rate, pushes  float64 // smoothed, per second
	bytes, pushed float64 // since `since`
	since         time.Time
	next          int // the shard to begin with
}

const smoothing = 0.4

// settle moves whole seconds into the smoothed rate.
func (g *growth) settle(now time.Time) {
	for ; now.Sub(g.since) >= time.Second; g.since = g.since.Add(time.Second) {
		if !g.known {
			g.known = g.pushed > 0
			g.rate, g.pushes = g.bytes, g.pushed
		} else {
			g.rate = smoothing*g.bytes + (1-smoothing)*g.rate
			g.pushes = smoothing*g.pushed + (1-smoothing)*g.pushes
		}
		g.bytes, g.pushed = 0, 0
		if g.rate < 1 && g.pushes < 1e-9 {
			g.since = now
			return
		}
	}
}

func (s *shards) of(labels string, now time.Time) *growth {
	if s.streams == nil {
		s.streams = map[string]*growth{}
	}
	one := s.streams[labels]
	if one == nil {
		one = &growth{since: now}
		s.streams[labels] = one
	}
	one.settle(now)
	return one
}

// split gives the streams to write instead of one. The first push of an unknown stream is never split.
func (s *shards) split(one accepted, limits *limits, now time.Time) []accepted {
	lines := 0
	for _, e := range one.entries {
		lines += len(e.line)
	}
	growth := s.of(one.labels.String(), now)
	count := int(math.Ceil((growth.rate + float64(lines)*min(1, growth.pushes)) / float64(limits.shardRate)))
	if !limits.shardStreams || growth.pushes == 0 || count <= 1 {
		return []accepted{one}
	}
	made := make([]accepted, min(count, len(one.entries)))
	for i := range made {
		shard := logql.Label{Name: shardLabel, Value: strconv.Itoa((growth.next + i) % count)}
		made[i].labels = append(append(logql.Labels{}, one.labels...), shard).Sort()
		made[i].whole = one.labels
	}
	growth.next += len(made)
	for i, e := range one.entries {
		shard := &made[i%len(made)]
		shard.entries = append(shard.entries, e)
	}
	return made
}
