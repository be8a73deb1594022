// SPDX-License-Identifier: MIT

package main

import (
	"slices"
	"strings"
	"sync"
	"time"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
)

// version is which of Loki's two behaviours is stood in for.
type version struct {
	name string
	// As from 3.6 on: structured metadata in JSON is unescaped.
	unescapes bool
	// As from 3.7 on: what a query extracts goes beside structured metadata of its name.
	doubles bool
	// As from 3.7 on: structured metadata tells entries apart.
	byMetadata bool
}

var versions = map[string]version{
	"3.5.9": {name: "3.5.9"},
	"3.7.6": {name: "3.7.6", unescapes: true, doubles: true, byMetadata: true},
}

// store holds the streams of all tenants.
type store struct {
	limits   limits
	version  version
	counters counters

	mutex   sync.Mutex // of all below
	tenants map[string]*tenant
	journal *journal
}

type tenant struct {
	name    string
	streams map[string]*stream
	rate    *bucket
	shards  shards
}

func newStore(c config, v version) (*store, error) {
	s := &store{limits: c.limits, version: v, tenants: map[string]*tenant{}}
	var err error
	s.journal, err = openJournal(c.folder, s.replay)
	return s, err
}

func (s *store) replay(name string, one pushed) error {
	if one.labels == flushed {
		s.flushAll(time.Now())
		return nil
	}
	labels, err := parseLabels(one.labels)
	if err != nil {
		return err
	}
	stream := s.tenant(name).stream(labels, &s.limits, time.Now())
	for _, e := range one.entries {
		stream.put(storedForm(e), &s.limits, s.version.byMetadata)
	}
	return nil
}

func storedForm(e entry) logql.Entry {
	var metadata logql.Labels
	for _, one := range e.metadata {
		if at := slices.IndexFunc(metadata, func(other logql.Label) bool { return other.Name == one.Name }); at >= 0 {
			metadata[at] = one
		} else {
			metadata = append(metadata, one)
		}
	}
	slices.SortFunc(metadata, func(a, b logql.Label) int { return strings.Compare(a.Name, b.Name) })
	return logql.Entry{Nanos: e.at.UnixNano(), Line: e.line, Metadata: metadata}
}

// tenant is made when it is first asked for.
func (s *store) tenant(name string) *tenant {
	t := s.tenants[name]
	if t == nil {
		t = &tenant{name: name, streams: map[string]*stream{},
			rate: newBucket(s.limits.ingestionRateMB*(1<<20), s.limits.ingestionBurstMB*(1<<20), time.Now())}
		s.tenants[name] = t
	}
	return t
}

func (t *tenant) stream(labels logql.Labels, limits *limits, now time.Time) *stream {
	text := labels.String()
	one := t.streams[text]
	if one == nil {
		one = &stream{labels: labels, text: text, limiter: newBucket(float64(limits.streamRate), float64(limits.streamBurst), now)}
		t.streams[text] = one
	}
	return one
}

// active counts the streams in memory.
func (t *tenant) active(now time.Time) int {
	count := 0
	for _, one := range t.streams {
		one.sweep(now)
		if !one.gone {
			count++
		}
	}
	return count
}

func (s *store) flushAll(now time.Time) {
	for _, t := range s.tenants {
		for _, one := range t.streams {
			one.flush(now, s.version.byMetadata)
		}
	}
}

func (s *store) flush() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.flushAll(time.Now())
	return s.journal.write("", flushed, nil)
}

// source is one tenant's part of the store.
type source struct {
	store  *store
	tenant string
}

// Select is as logql.Source says.
func (s source) Select(matchers []*logql.Matcher, from, to int64, counted bool) []logql.Stream {
	s.store.mutex.Lock()
	defer s.store.mutex.Unlock()
	t := s.store.tenants[s.tenant]
	if t == nil {
		return nil
	}
	now := time.Now()
	var found []logql.Stream
	for _, one := range t.streams {
		fits := !slices.ContainsFunc(matchers, func(m *logql.Matcher) bool {
			value, _ := one.labels.Get(m.Name)
			return !m.Matches(value)
		})
		if !fits {
			continue
		}
		one.sweep(now)
		if entries := between(one.read(counted, s.store.version.byMetadata), from, to); len(entries) > 0 {
			found = append(found, logql.Stream{Labels: one.labels, Entries: entries})
		}
	}
	slices.SortFunc(found, func(a, b logql.Stream) int { return strings.Compare(a.Labels.String(), b.Labels.String()) })
	return found
}
