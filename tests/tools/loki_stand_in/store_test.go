// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func newTestStore(t *testing.T, folder string) *store {
	t.Helper()
	made, err := newStore(config{folder: folder, limits: defaultLimits()}, versions["3.5.9"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.journal.file.Close() })
	return made
}

func lines(count, size int) pushed {
	made := pushed{labels: `{job="t"}`}
	for i := range count {
		made.entries = append(made.entries, entry{at: time.Now().Add(time.Duration(i) - time.Minute).UTC(), line: fmt.Sprintf("%06d%s", i, strings.Repeat("x", size))})
	}
	return made
}

func (s *store) count(counted bool) int {
	total := 0
	for _, one := range (source{s, "a"}).Select(nil, 0, 1<<62, counted) {
		total += len(one.Entries)
	}
	return total
}

func mustPush(t *testing.T, s *store, one pushed) {
	t.Helper()
	if refusal := s.push("a", []pushed{one}); refusal != nil {
		t.Fatal(refusal)
	}
}

// What is pushed again outside of its block counts twice until all of it is flushed.
func TestFlushHealsTheCount(t *testing.T) {
	s := newTestStore(t, t.TempDir())
	all := lines(300, 1000)
	mustPush(t, s, all)
	mustPush(t, s, all)
	if shown, counted := s.count(false), s.count(true); shown != 300 || counted <= 500 {
		t.Errorf("in memory: %d shown, %d counted", shown, counted)
	}
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	if shown, counted := s.count(false), s.count(true); shown != 300 || counted != 300 {
		t.Errorf("flushed: %d shown, %d counted", shown, counted)
	}
	mustPush(t, s, all)
	if shown, counted := s.count(false), s.count(true); shown != 300 || counted != 600 {
		t.Errorf("pushed again at once: %d shown, %d counted", shown, counted)
	}
}

// A stream that has left memory has no window.
func TestSweepForgetsTheWindow(t *testing.T) {
	s := newTestStore(t, t.TempDir())
	mustPush(t, s, lines(1, 1))
	old := pushed{labels: `{job="t"}`, entries: []entry{{at: time.Now().Add(-3 * time.Hour).UTC(), line: "old"}}}
	if refusal := s.push("a", []pushed{old}); refusal == nil || refusal.status != 400 {
		t.Fatal(refusal)
	}
	if err := s.flush(); err != nil {
		t.Fatal(err)
	}
	for _, one := range s.tenants["a"].streams {
		one.sweep(time.Now().Add(sweepAfter))
	}
	mustPush(t, s, old)
}

func TestJournalOutlivesATornEnd(t *testing.T) {
	folder := t.TempDir()
	mustPush(t, newTestStore(t, folder), lines(3, 10))
	path := filepath.Join(folder, "loki-stand-in.journal")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(whole, whole[:len(whole)-1]...), 0o644); err != nil {
		t.Fatal(err)
	}
	again := newTestStore(t, folder)
	if again.count(false) != 3 {
		t.Errorf("%d of 3", again.count(false))
	}
	mustPush(t, again, lines(5, 10))
	if last := newTestStore(t, folder); last.count(false) != again.count(false) {
		t.Errorf("%d, then %d", again.count(false), last.count(false))
	}
}

func TestBucket(t *testing.T) {
	now := time.Now()
	b := newBucket(10, 30, now)
	if b.allow(31, now) || !b.allow(30, now) || b.allow(1, now) || b.allow(11, now.Add(time.Second)) || !b.allow(10, now.Add(time.Second)) {
		t.Error("10 a second and 30 at once, and no more")
	}
}
