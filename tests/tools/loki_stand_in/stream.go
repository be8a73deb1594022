// SPDX-License-Identifier: MIT

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
)

// How long a flushed chunk stays in memory.
const sweepAfter = 30 * time.Second

// key is what two entries have in common that Loki takes for one.
type key struct {
	nanos int64
	line  string
	more  string // structured metadata, from 3.7 on
}

// stream is one label set of a tenant, as an ingester and the store behind it hold it.
type stream struct {
	labels  logql.Labels
	text    string
	limiter *bucket

	highest time.Time // the newest entry ever taken
	last    key

	memory   []logql.Entry // not yet flushed: what was pushed again outside of its block is there twice
	head     map[key]bool  // of the block that is being filled
	headSize int
	gone     bool // out of memory

	stored map[key]bool // flushed
	flat   []logql.Entry
	swept  time.Time // when the flushed leaves memory

	shown, counted []logql.Entry // sorted; nil when out of date
}

func (s *stream) keyOf(e logql.Entry, byMetadata bool) key {
	made := key{nanos: e.Nanos, line: e.Line}
	if byMetadata {
		made.more = e.Metadata.String()
	}
	return made
}

func (s *stream) sweep(now time.Time) {
	if s.swept.IsZero() || now.Before(s.swept) {
		return
	}
	s.swept = time.Time{}
	s.shown, s.counted = nil, nil
	if len(s.memory) == 0 {
		s.highest, s.last, s.gone = time.Time{}, key{}, true
	}
}

// refused is an entry that the stream did not take.
type refused struct {
	at     time.Time
	reason string
}

// tooFarBehind gives why an entry is outside of the window; empty = it is inside.
func tooFarBehind(at, highest time.Time, maxAge time.Duration) string {
	oldest := highest.Add(-maxAge / 2)
	if highest.IsZero() || !oldest.After(at) {
		return ""
	}
	return fmt.Sprintf("entry too far behind, entry timestamp is: %s, oldest acceptable timestamp is: %s",
		at.UTC().Format(time.RFC3339), oldest.UTC().Format(time.RFC3339))
}

// put stores an entry, unless it is in the block already.
func (s *stream) put(e logql.Entry, limits *limits, byMetadata bool) {
	same := s.keyOf(e, byMetadata)
	s.last = same
	if at := time.Unix(0, e.Nanos).UTC(); s.highest.Before(at) {
		s.highest = at
	}
	if s.head[same] {
		return
	}
	if s.head == nil {
		s.head = map[key]bool{}
	}
	s.head[same], s.gone = true, false
	s.headSize += len(e.Line) + 8*len(e.Metadata)
	s.memory = append(s.memory, e)
	s.shown, s.counted = nil, nil
	if s.headSize >= limits.blockSize {
		s.head, s.headSize = nil, 0
	}
}

// flush makes what is in memory durable, each entry once.
func (s *stream) flush(now time.Time, byMetadata bool) {
	if len(s.memory) == 0 {
		return
	}
	if s.stored == nil {
		s.stored = map[key]bool{}
	}
	for _, e := range s.memory {
		if same := s.keyOf(e, byMetadata); !s.stored[same] {
			s.stored[same] = true
			s.flat = append(s.flat, e)
		}
	}
	s.memory, s.head, s.headSize = nil, nil, 0
	s.swept = now.Add(sweepAfter)
	s.shown, s.counted = nil, nil
}

// read gives the entries in order of time, equals in order of arrival: as log queries see them, each once, or as metric
// queries count them.
func (s *stream) read(counted, byMetadata bool) []logql.Entry {
	if counted && s.counted == nil {
		s.counted = slices.Clone(s.flat)
		for _, e := range s.memory {
			// While the flushed is in memory, too, a copy counts again.
			if !s.stored[s.keyOf(e, byMetadata)] || !s.swept.IsZero() {
				s.counted = append(s.counted, e)
			}
		}
		sortEntries(s.counted)
	}
	if !counted && s.shown == nil {
		seen := map[key]bool{}
		for _, e := range append(slices.Clone(s.flat), s.memory...) {
			if same := s.keyOf(e, byMetadata); !seen[same] {
				seen[same] = true
				s.shown = append(s.shown, e)
			}
		}
		sortEntries(s.shown)
	}
	if counted {
		return s.counted
	}
	return s.shown
}

func sortEntries(all []logql.Entry) {
	slices.SortStableFunc(all, func(a, b logql.Entry) int { return cmp.Compare(a.Nanos, b.Nanos) })
}

// between are the entries from..to, both included, of entries in order.
func between(all []logql.Entry, from, to int64) []logql.Entry {
	index := func(nanos int64) int {
		at, _ := slices.BinarySearchFunc(all, nanos, func(e logql.Entry, nanos int64) int { return cmp.Compare(e.Nanos, nanos) })
		for at > 0 && all[at-1].Nanos == nanos {
			at--
		}
		return at
	}
	first := index(from)
	end := len(all)
	if to < 1<<63-1 {
		end = index(to + 1)
	}
	if first >= end {
		return nil
	}
	return all[first:end]
}

// failure is Loki's answer about entries that a stream did not take.
func (s *stream) failure(all []refused, total int, tenant string) string {
	var text strings.Builder
	for _, one := range all[:min(len(all), 10)] {
		fmt.Fprintf(&text, "entry with timestamp %s ignored, reason: '%s',\n", one.at.UTC(), one.reason)
	}
	fmt.Fprintf(&text, "user '%s', total ignored: %d out of %d for stream: %s", tenant, len(all), total, s.text)
	return text.String()
}
