// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"log/slog"
	"time"
)

// record is one log call. verdict is empty on a notice.
type record struct {
	at      time.Time
	level   slog.Level
	message string
	verdict string
	attrs   []slog.Attr
}

func (r record) slog() slog.Record {
	out := slog.NewRecord(r.at, r.level, r.message, 0)
	out.AddAttrs(r.attrs...)
	return out
}

func (s source) record() record {
	if s.chance(10) {
		return s.notice()
	}
	host := s.host()
	r := record{at: s.time(), level: slog.LevelWarn, message: "DENY", verdict: "deny", attrs: []slog.Attr{
		slog.String("method", pick(s, methods)), slog.String("url", s.url(host)), slog.String("host", host)}}
	if s.chance(60) {
		r.level, r.message, r.verdict = slog.LevelInfo, "ALLOW", "allow"
		r.attrs = append(r.attrs, slog.String("rule", s.rule()))
	}
	return r
}

const (
	minute = 60
	hour   = 60 * minute
)

var zones = []*time.Location{
	time.UTC, time.UTC, time.FixedZone("", 0), time.FixedZone("CET", hour), time.FixedZone("", 5*hour+45*minute),
	time.FixedZone("", -11*hour), time.FixedZone("", 14*hour), time.FixedZone("", -30*minute), time.FixedZone("", -3*hour-30*minute),
	time.FixedZone("", 23*hour+59*minute), time.FixedZone("", -23*hour-59*minute),
}

func (s source) time() time.Time {
	end := time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)
	seconds := s.Int64N(end.Unix())
	if s.chance(10) {
		seconds = pick(s, []int64{
			0, end.Unix() - 1,
			time.Date(2000, 2, 29, 23, 59, 59, 0, time.UTC).Unix(), time.Date(2100, 2, 28, 23, 59, 59, 0, time.UTC).Unix(),
			time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC).Unix(), time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC).Unix(),
		})
	}
	nanoseconds := s.Int64N(1e9)
	if s.chance(20) {
		nanoseconds = pick(s, []int64{0, 1, 999_999, 1_000_000, 500_000_000, 999_000_000, 999_999_999})
	}
	return time.Unix(seconds, nanoseconds).In(pick(s, zones))
}

var levels = []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelInfo, slog.LevelWarn, slog.LevelError, slog.LevelInfo + 2, slog.LevelError + 4, slog.LevelDebug + 1}

var messages = []string{
	"Starting HTTP proxy with TLS termination", "Command completed, shutting down...", "audit log dropped, channel full", "Stop landjail manager",
	"Failed to read HTTP request", "boundary session started", "failed to connect to audit socket", "🔥 rule evaluation", "x",
}

var keys = []string{"error", "port", "socket", "session_id", "command", "signal", "path", "duration_sec", "batch_size", "reason"}

func (s source) notice() record {
	r := record{at: s.time(), level: pick(s, levels), message: pick(s, messages)}
	if s.chance(10) {
		r.message = s.hostile()
	}
	if s.chance(20) {
		s.almostDecision(&r)
		return r
	}
	for _, index := range s.Perm(len(keys))[:s.IntN(5)] {
		r.attrs = append(r.attrs, slog.Any(keys[index], s.value()))
	}
	return r
}

// almostDecision has the look of a decision but a level, a message or a key that no decision has.
func (s source) almostDecision(r *record) {
	method, url, host := slog.String("method", "GET"), slog.String("url", "https://a.example/"), slog.String("host", "a.example")
	rule := slog.String("rule", "domain=*")
	switch s.IntN(5) {
	case 0:
		r.level, r.message, r.attrs = slog.LevelWarn, "ALLOW", []slog.Attr{method, url, host, rule}
	case 1:
		r.level, r.message, r.attrs = slog.LevelInfo, "DENY", []slog.Attr{method, url, host}
	case 2:
		r.level, r.message, r.attrs = slog.LevelInfo+2, "ALLOW", []slog.Attr{method, url, host, rule}
	case 3:
		r.level, r.message, r.attrs = slog.LevelWarn, "DENY", []slog.Attr{method, url}
	case 4:
		r.level, r.message, r.attrs = slog.LevelInfo, "allow", []slog.Attr{method, url, host, rule}
	}
}

func (s source) value() any {
	switch s.IntN(8) {
	case 0:
		return s.Int64() - s.Int64()
	case 1:
		return errors.New(s.hostile())
	case 2:
		return []string{"claude", "--resume", s.hostile()}
	case 3:
		return s.chance(50)
	case 4:
		return time.Duration(s.Int64N(1e12))
	}
	return s.hostile()
}
