// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
	"gopkg.in/yaml.v3"
)

type config struct {
	auth         bool
	httpAddress  string
	httpPort     int
	folder       string
	rules        string // folder of the ruler's rules; empty = no ruler
	lookBackSeen bool
	limits       limits
}

// A setting reads one value. One that is nil is known and makes no difference here.
type setting func(*config, string) error

func text(at func(*config) *string) setting {
	return func(c *config, value string) error { *at(c) = value; return nil }
}

func parsed[T any](at func(*config) *T, parse func(string) (T, error)) setting {
	return func(c *config, value string) error {
		var err error
		*at(c), err = parse(value)
		return err
	}
}

func truth(at func(*config) *bool) setting { return parsed(at, strconv.ParseBool) }
func number(at func(*config) *int) setting { return parsed(at, strconv.Atoi) }
func size(at func(*config) *int) setting   { return parsed(at, parseBytes) }
func megabytes(at func(*config) *float64) setting {
	return parsed(at, func(text string) (float64, error) { return strconv.ParseFloat(text, 64) })
}
func duration(at func(*config) *time.Duration) setting { return parsed(at, logql.ParseDuration) }

// only takes the one value that the stand-in can be.
func only(wanted string) setting {
	return func(_ *config, value string) error {
		if value != wanted {
			return fmt.Errorf("the stand-in does only %s", wanted)
		}
		return nil
	}
}

// The settings by their path. A list is as its entries.
var settings = map[string]setting{
	"auth_enabled":               truth(func(c *config) *bool { return &c.auth }),
	"server.http_listen_address": text(func(c *config) *string { return &c.httpAddress }),
	"server.http_listen_port":    number(func(c *config) *int { return &c.httpPort }),
	"common.path_prefix":         text(func(c *config) *string { return &c.folder }),

	"ingester.max_chunk_age":    duration(func(c *config) *time.Duration { return &c.limits.maxChunkAge }),
	"ingester.chunk_block_size": size(func(c *config) *int { return &c.limits.blockSize }),
	"ingester.query_store_max_look_back_period": func(c *config, value string) error {
		c.lookBackSeen = true
		return only("-1")(c, value)
	},

	"ruler.storage.type":            only("local"),
	"ruler.storage.local.directory": text(func(c *config) *string { return &c.rules }),

	"schema_config.configs.store":        only("tsdb"),
	"schema_config.configs.object_store": only("filesystem"),
	"schema_config.configs.schema":       only("v13"),
	"common.replication_factor":          only("1"),
	"common.ring.kvstore.store":          only("inmemory"),
	"query_range.cache_results":          only("false"),

	"limits_config.ingestion_rate_mb":           megabytes(func(c *config) *float64 { return &c.limits.ingestionRateMB }),
	"limits_config.ingestion_burst_size_mb":     megabytes(func(c *config) *float64 { return &c.limits.ingestionBurstMB }),
	"limits_config.per_stream_rate_limit":       size(func(c *config) *int { return &c.limits.streamRate }),
	"limits_config.per_stream_rate_limit_burst": size(func(c *config) *int { return &c.limits.streamBurst }),
	"limits_config.shard_streams.enabled":       truth(func(c *config) *bool { return &c.limits.shardStreams }),
	"limits_config.shard_streams.desired_rate":  size(func(c *config) *int { return &c.limits.shardRate }),
	"limits_config.max_label_names_per_series":  number(func(c *config) *int { return &c.limits.labelNames }),
	"limits_config.max_label_name_length":       number(func(c *config) *int { return &c.limits.labelNameLength }),
	"limits_config.max_label_value_length":      number(func(c *config) *int { return &c.limits.labelValueLength }),
	"limits_config.max_line_size":               size(func(c *config) *int { return &c.limits.lineSize }),
	"limits_config.max_line_size_truncate":      truth(func(c *config) *bool { return &c.limits.lineSizeTruncate }),
	"limits_config.reject_old_samples":          truth(func(c *config) *bool { return &c.limits.rejectOld }),
	"limits_config.reject_old_samples_max_age":  duration(func(c *config) *time.Duration { return &c.limits.maxAge }),
	"limits_config.creation_grace_period":       duration(func(c *config) *time.Duration { return &c.limits.grace }),
	"limits_config.allow_structured_metadata":   truth(func(c *config) *bool { return &c.limits.metadata }),
	"limits_config.max_structured_metadata_size": size(
		func(c *config) *int { return &c.limits.metadataSize }),
	"limits_config.max_structured_metadata_entries_count": number(func(c *config) *int { return &c.limits.metadataCount }),
	"limits_config.discover_log_levels":                   truth(func(c *config) *bool { return &c.limits.discoverLevels }),
	"limits_config.increment_duplicate_timestamp":         truth(func(c *config) *bool { return &c.limits.incrementDuplicates }),
	"limits_config.max_global_streams_per_user":           number(func(c *config) *int { return &c.limits.streams }),
	"limits_config.max_entries_limit_per_query":           number(func(c *config) *int { return &c.limits.entriesPerQuery }),
	"limits_config.max_query_series":                      number(func(c *config) *int { return &c.limits.querySeries }),
	"limits_config.max_query_length":                      duration(func(c *config) *time.Duration { return &c.limits.queryLength }),
	"limits_config.block_ingestion_status_code":           number(func(c *config) *int { return &c.limits.blockStatus }),
	"limits_config.block_ingestion_until": parsed(func(c *config) *time.Time { return &c.limits.blockUntil },
		func(text string) (time.Time, error) { return time.Parse(time.RFC3339, text) }),
	"limits_config.discover_service_name": func(c *config, value string) error {
		c.limits.serviceNameFrom = append(c.limits.serviceNameFrom, value)
		return nil
	},

	// Where a real Loki listens to itself and keeps its files, how long it waits, and what it tells its makers.
	"server.grpc_listen_address":                          nil,
	"server.grpc_listen_port":                             nil,
	"server.log_level":                                    nil,
	"server.http_server_write_timeout":                    nil,
	"common.instance_addr":                                nil,
	"common.ring.instance_addr":                           nil,
	"common.storage.filesystem.chunks_directory":          nil,
	"common.storage.filesystem.rules_directory":           nil,
	"schema_config.configs.from":                          nil,
	"schema_config.configs.index.prefix":                  nil,
	"schema_config.configs.index.period":                  nil,
	"frontend.address":                                    nil,
	"ingester.lifecycler.min_ready_duration":              nil,
	"ingester.chunk_retain_period":                        nil,
	"ruler.rule_path":                                     nil,
	"limits_config.query_timeout":                         nil,
	"analytics.reporting_enabled":                         nil,
	"limits_config.allow_deletes":                         nil,
	"limits_config.retention_period":                      nil,
	"compactor.working_directory":                         nil,
	"limits_config.shard_streams.logging_enabled":         nil,
	"limits_config.volume_enabled":                        nil,
	"limits_config.split_queries_by_interval":             nil,
	"limits_config.max_query_parallelism":                 nil,
	"querier.max_concurrent":                              nil,
	"query_scheduler.max_outstanding_requests_per_tenant": nil,
}

// readConfig reads Loki's YAML. A setting that is not in the table is an error.
func readConfig(path string) (config, error) {
	made := config{httpPort: 3100, limits: defaultLimits()}
	content, err := os.ReadFile(path)
	if err != nil {
		return made, err
	}
	var root yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	if err := decoder.Decode(&root); err != nil {
		return made, err
	}
	if err := read(&made, root.Content[0], ""); err != nil {
		return made, err
	}
	switch {
	case made.folder == "":
		return made, errors.New("common.path_prefix: where to keep the data is not said")
	case !made.lookBackSeen:
		return made, errors.New("ingester.query_store_max_look_back_period: the stand-in does only -1, say so")
	}
	return made, nil
}

func read(into *config, node *yaml.Node, path string) error {
	switch node.Kind {
	case yaml.MappingNode:
		seen := map[string]bool{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i].Value
			if seen[key] {
				return fmt.Errorf("line %d: %s is there twice", node.Content[i].Line, key)
			}
			seen[key] = true
			if path != "" {
				key = path + "." + key
			}
			if err := read(into, node.Content[i+1], key); err != nil {
				return err
			}
		}
		return nil
	case yaml.SequenceNode:
		if path == "limits_config.discover_service_name" {
			into.limits.serviceNameFrom = nil
		}
		for _, one := range node.Content {
			if err := read(into, one, path); err != nil {
				return err
			}
		}
		return nil
	case yaml.ScalarNode:
		if node.Tag == "!!null" {
			return nil // a section without settings
		}
		set, known := settings[path]
		if !known {
			return fmt.Errorf("line %d: the stand-in knows no setting %s", node.Line, path)
		}
		if set == nil {
			return nil
		}
		if err := set(into, node.Value); err != nil {
			return fmt.Errorf("line %d: %s: %w", node.Line, path, err)
		}
		return nil
	}
	return fmt.Errorf("line %d: %s: neither a value nor a section", node.Line, path)
}
