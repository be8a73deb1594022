// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
)

// validation is what the distributor refuses of one request.
type validation struct {
	store  *store
	tenant string
	now    time.Time

	errors  map[string]int // how often each text
	blocked *rejection
	poison  *rejection // nothing of the request is stored
}

func (v *validation) refuse(reason string, entries, bytes int, format string, arguments ...any) {
	v.errors[fmt.Sprintf(format, arguments...)]++
	v.store.counters.discard(reason, v.tenant, entries, bytes)
}

// stream gives what is left of a stream.
func (v *validation) stream(one pushed) accepted {
	limits := &v.store.limits
	if len(one.entries) == 0 {
		return accepted{}
	}
	if limits.lineSizeTruncate && limits.lineSize > 0 {
		v.truncate(one.entries)
	}
	labels, err := parseLabels(one.labels)
	bytes := 0
	for _, e := range one.entries {
		bytes += e.size()
	}
	if err != nil || !v.labels(labels, one, bytes) {
		v.store.counters.discard("invalid_labels", v.tenant, len(one.entries), bytes) // as well as by its own reason
		return accepted{}
	}
	if v.now.Before(limits.blockUntil) {
		v.store.counters.discard("blocked_ingestion", v.tenant, len(one.entries), bytes)
		if limits.blockStatus != http.StatusOK {
			v.blocked = &rejection{limits.blockStatus, fmt.Sprintf("ingestion blocked for user %s until '%s' with status code '%d'",
				v.tenant, limits.blockUntil.Format(time.RFC3339), limits.blockStatus)}
		}
		return accepted{}
	}
	made := accepted{labels: labels}
	var before time.Time
	for _, e := range one.entries {
		if !v.entry(labels, e) {
			continue
		}
		e.metadata = v.normalized(e.metadata)
		if limits.metadata && limits.discoverLevels {
			if level := levelOf(labels, e.metadata, e.line); level != "" {
				e.metadata = append(e.metadata, logql.Label{Name: levelLabel, Value: level})
			}
		}
		if limits.incrementDuplicates {
			e.at = incremented(made.entries, e, &before)
		}
		made.entries = append(made.entries, e)
	}
	return made
}

// incremented is the time of an entry that goes behind others of the request: a nanosecond later than a neighbour with
// another line at the same time.
func incremented(taken []entry, e entry, before *time.Time) time.Time {
	if len(taken) == 0 {
		*before = e.at
		return e.at
	}
	last := taken[len(taken)-1]
	if last.line != e.line && (e.at.Equal(*before) || e.at.Equal(last.at)) {
		return last.at.Add(time.Nanosecond)
	}
	*before = e.at
	return e.at
}

func (v *validation) truncate(entries []entry) {
	limit := v.store.limits.lineSize
	for i, e := range entries {
		if len(e.line) > limit {
			entries[i].line = e.line[:limit]
			v.store.counters.add(1, "loki_mutated_samples_total", "reason", "line_too_long", "truncated", v.tenant)
			v.store.counters.add(float64(len(e.line)-limit), "loki_mutated_bytes_total", "reason", "line_too_long", "truncated", v.tenant)
		}
	}
}

func (v *validation) labels(labels logql.Labels, one pushed, bytes int) bool {
	limits, count := &v.store.limits, len(labels)
	refuse := func(reason, format string, arguments ...any) bool {
		v.refuse(reason, len(one.entries), bytes, format, arguments...)
		return false
	}
	if count == 0 {
		v.errors["error at least one label pair is required per stream"]++
		v.store.counters.discard("missing_labels", v.tenant, 1, 0)
		return false
	}
	if _, has := labels.Get(serviceLabel); has {
		count--
	}
	if count > limits.labelNames {
		return refuse("max_label_names_per_series", "entry for stream '%s' has %d label names; limit %d", one.labels, count, limits.labelNames)
	}
	before := ""
	for _, label := range labels {
		switch {
		case len(label.Name) > limits.labelNameLength:
			return refuse("label_name_too_long", "stream '%s' has label name too long: '%s'", one.labels, label.Name)
		case len(label.Value) > limits.labelValueLength:
			return refuse("label_value_too_long", "stream '%s' has label value too long: '%s'", one.labels, label.Value)
		case label.Name == before:
			return refuse("duplicate_label_names", "stream '%s' has duplicate label name: '%s'", one.labels, label.Name)
		}
		before = label.Name
	}
	return true
}

func (v *validation) entry(labels logql.Labels, e entry) bool {
	limits, size := &v.store.limits, e.metadataSize()
	refuse := func(reason, format string, arguments ...any) bool {
		v.refuse(reason, 1, e.size(), format, arguments...)
		return false
	}
	oldest := v.now.Add(-limits.maxAge)
	switch {
	case limits.rejectOld && e.at.Before(oldest):
		return refuse("greater_than_max_sample_age", "entry for stream '%s' has timestamp too old: %v, oldest acceptable timestamp is: %v",
			labels, e.at.UTC().Format(time.RFC3339), oldest.UTC().Format(time.RFC3339))
	case e.at.After(v.now.Add(limits.grace)):
		return refuse("too_far_in_future", "entry for stream '%s' has timestamp too new: %v", labels, e.at.UTC().Format(time.RFC3339))
	case limits.lineSize > 0 && len(e.line) > limits.lineSize:
		return refuse("line_too_long", "max entry size '%d' bytes exceeded for stream '%s' while adding an entry with length '%d' bytes",
			limits.lineSize, labels, len(e.line))
	case len(e.metadata) == 0:
		return true
	case !limits.metadata:
		return refuse("disallowed_structured_metadata", "stream '%s' includes structured metadata, but this feature is disallowed. Please "+
			"see `limits_config.allow_structured_metadata` or contact your Loki administrator to enable it", labels)
	case limits.metadataSize > 0 && size > limits.metadataSize:
		return refuse("structured_metadata_too_large", "stream '%s' has structured metadata too large: '%d' bytes, limit: '%d' bytes. "+
			"Please see `limits_config.max_structured_metadata_size` or contact your Loki administrator to increase it",
			labels, size, limits.metadataSize)
	case limits.metadataCount > 0 && len(e.metadata) > limits.metadataCount:
		return refuse("structured_metadata_too_many", "stream '%s' has too many structured metadata labels: '%d', limit: '%d'. Please see "+
			"`limits_config.max_structured_metadata_entries_count` or contact your Loki administrator to increase it",
			labels, len(e.metadata), limits.metadataCount)
	}
	return true
}

// normalized gives metadata names that a query can have.
func (v *validation) normalized(metadata logql.Labels) logql.Labels {
	made := make(logql.Labels, 0, len(metadata)+1)
	for _, one := range metadata {
		if v.store.version.byMetadata {
			if one.Value == "" {
				continue
			}
			if plain := underscored(one.Name); strings.Trim(plain, "_") == "" {
				text := fmt.Sprintf("normalization for label name %q resulted in invalid name %q", one.Name, plain)
				if one.Name == "" {
					text = "label name is empty"
				}
				v.poison = &rejection{http.StatusInternalServerError, text}
			}
		}
		name := normalName(one.Name)
		value := strings.Map(func(r rune) rune {
			if r == utf8.RuneError {
				return ' '
			}
			return r
		}, one.Value)
		made = append(made, logql.Label{Name: name, Value: value})
	}
	return made
}

func underscored(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

func normalName(name string) string {
	made := underscored(name)
	switch {
	case made == "":
	case made[0] >= '0' && made[0] <= '9':
		return "key_" + made
	case made[0] == '_' && !strings.HasPrefix(made, "__"):
		return "key" + made
	}
	return made
}
