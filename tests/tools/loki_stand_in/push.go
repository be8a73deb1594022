// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
)

// rejection is an answer other than 204.
type rejection struct {
	status int
	text   string
}

func (r *rejection) Error() string { return r.text }

// accepted is a stream as the distributor passes it on.
type accepted struct {
	labels  logql.Labels
	whole   logql.Labels // without the shard
	entries []entry
}

const messageLimit = 4 << 20 // of gRPC between distributor and ingester

// push does what Loki does with a push request.
func (s *store) push(name string, streams []pushed) *rejection {
	now := time.Now()
	for i := range streams {
		labels, err := parseLabels(streams[i].labels)
		if err != nil {
			return &rejection{http.StatusBadRequest, "couldn't parse labels: " + err.Error()}
		}
		streams[i].labels = withService(labels, s.limits.serviceNameFrom).String()
		bytes := 0
		for _, e := range streams[i].entries {
			bytes += e.size()
		}
		s.counters.add(float64(len(streams[i].entries)), "loki_distributor_lines_received_total",
			"aggregated_metric", "false", "policy", "", "tenant", name)
		s.counters.add(float64(bytes), "loki_distributor_bytes_received_total",
			"aggregated_metric", "false", "policy", "", "retention_hours", "", "tenant", name)
	}
	if len(streams) == 0 {
		return &rejection{http.StatusUnprocessableEntity, "error at least one valid stream is required for ingestion"}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	v := &validation{store: s, tenant: name, now: now, errors: map[string]int{}}
	var taken []accepted
	for _, one := range streams {
		if good := v.stream(one); len(good.entries) > 0 {
			taken = append(taken, s.tenant(name).shards.split(good, &s.limits, now)...)
		}
	}
	if v.poison != nil {
		return v.poison
	}
	if len(taken) == 0 {
		return v.verdict()
	}
	if refusal := s.overRate(name, taken, streams, now); refusal != nil {
		return refusal
	}
	if size := messageSize(taken); size > messageLimit {
		return &rejection{http.StatusInternalServerError, fmt.Sprintf(
			"rpc error: code = ResourceExhausted desc = grpc: received message larger than max (%d vs. %d)", size, messageLimit)}
	}
	if refusal := s.ingest(name, taken, now); refusal != nil {
		return refusal
	}
	return v.verdict()
}

func messageSize(all []accepted) int {
	size := 0
	for _, one := range all {
		// With the hash that Loki adds, and the field around it.
		size += len(encodeStream(one.labels.String(), one.entries)) + 11 + 4
	}
	return size
}

func (s *store) overRate(name string, taken []accepted, streams []pushed, now time.Time) *rejection {
	lines, bytes := 0, 0
	for _, one := range taken {
		lines += len(one.entries)
		for _, e := range one.entries {
			bytes += e.size()
		}
	}
	if s.tenant(name).rate.allow(bytes, now) {
		return nil
	}
	s.counters.discard("rate_limited", name, lines, bytes)
	return &rejection{http.StatusTooManyRequests, fmt.Sprintf("ingestion rate limit exceeded for user %s (limit: %d bytes/sec) while "+
		"attempting to ingest '%d' lines totaling '%d' bytes, reduce log volume or contact your Loki administrator to see if the limit "+
		"can be increased", name, int(s.limits.ingestionRateMB*(1<<20)), lines, bytes)}
}

// ingest stores what it can. The answer is about the last stream alone.
func (s *store) ingest(name string, taken []accepted, now time.Time) *rejection {
	var last *rejection
	t := s.tenant(name)
	for _, one := range taken {
		if known := t.streams[one.labels.String()]; known == nil && s.limits.streams > 0 && t.active(now) >= s.limits.streams {
			bytes := 0
			for _, e := range one.entries {
				bytes += e.size()
			}
			s.counters.discard("stream_limit", name, len(one.entries), bytes)
			last = &rejection{http.StatusTooManyRequests, fmt.Sprintf("maximum active stream limit exceeded when trying to create stream "+
				"%s, reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator to "+
				"see if the limit can be increased, user: '%s'", one.labels, name)}
			continue
		}
		last = s.append(t, one, now)
	}
	return last
}

func (s *store) append(t *tenant, one accepted, now time.Time) *rejection {
	into := t.stream(one.labels, &s.limits, now)
	into.sweep(now)
	check := &appending{stream: into, limits: &s.limits, byMetadata: s.version.byMetadata, now: now}
	check.all(one.entries)
	whole := one.whole
	if whole == nil {
		whole = one.labels
	}
	growth := t.shards.of(whole.String(), now)
	growth.bytes += float64(check.bytes)
	growth.pushed++
	if check.behind > 0 {
		s.counters.discard("too_far_behind", t.name, check.behind, check.behindBytes)
	}
	if check.limited > 0 {
		s.counters.discard("per_stream_rate_limit", t.name, check.limited, check.limitedBytes)
	}
	for _, e := range check.good {
		into.put(storedForm(e), &s.limits, s.version.byMetadata)
	}
	if len(check.good) > 0 {
		if err := s.journal.write(t.name, into.text, check.good); err != nil {
			return &rejection{http.StatusInternalServerError, err.Error()}
		}
	}
	if len(check.refused) == 0 {
		return nil
	}
	status := http.StatusBadRequest
	if check.lastLimited {
		status = http.StatusTooManyRequests
	}
	return &rejection{status, into.failure(check.refused, len(one.entries), t.name)}
}

// verdict is about what the distributor itself refused.
func (v *validation) verdict() *rejection {
	if len(v.errors) == 0 {
		return v.blocked
	}
	var parts []string
	for _, text := range slices.Sorted(maps.Keys(v.errors)) {
		if count := v.errors[text]; len(v.errors) > 1 || count > 1 {
			text = fmt.Sprintf("%d errors like: %s", count, text)
		}
		parts = append(parts, text)
	}
	return &rejection{http.StatusBadRequest, strings.Join(parts, "; ")}
}
