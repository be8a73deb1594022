// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const smallest = `
common: {path_prefix: /nowhere}
ingester: {query_store_max_look_back_period: -1}
`

func configOf(t *testing.T, text string) (config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "loki.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return readConfig(path)
}

func TestSettingsAreRead(t *testing.T) {
	read, err := configOf(t, smallest+`
auth_enabled: true
limits_config: {max_line_size: 8KB, reject_old_samples_max_age: 8h, discover_service_name: [], shard_streams: {enabled: false}}
analytics:
`)
	if err != nil || !read.auth || read.limits.lineSize != 8192 || read.limits.maxAge != 8*time.Hour ||
		len(read.limits.serviceNameFrom) != 0 || read.limits.shardStreams || read.limits.streams != 5000 {
		t.Errorf("%+v, %v", read, err)
	}
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	for text, wanted := range map[string]string{
		smallest + "limits_config: {max_line_length: 8KB}":        "line 4: the stand-in knows no setting limits_config.max_line_length",
		smallest + "limits_config: {max_line_size: long}":         "limits_config.max_line_size: no size",
		smallest + "limits_config: {reject_old_samples: perhaps}": "limits_config.reject_old_samples",
		smallest + "common: {path_prefix: /again}":                "line 4: common is there twice",
		smallest + "schema_config: {configs: [{schema: v11}]}":    "does only v13",
		"common: {path_prefix: /x}":                               "query_store_max_look_back_period",
		"ingester: {query_store_max_look_back_period: -1}":        "common.path_prefix",
		"ingester: {query_store_max_look_back_period: 1h}":        "does only -1",
		"{":                "yaml",
		"":                 "EOF",
		"- a list of this": "knows no setting",
	} {
		if _, err := configOf(t, text); err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("%s: %v, want %s", text, err, wanted)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, wanted := range map[string]int{"0": 0, "12": 12, "3B": 3, "8KB": 8192, "8KiB": 8192, "1.5MB": 1572864, "1GB": 1 << 30, "1536kb": 1536 << 10} {
		if got, err := parseBytes(text); got != wanted || err != nil {
			t.Errorf("%s: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"", "KB", "x", "-1KB", "1XB"} {
		if got, err := parseBytes(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
	for bytes, wanted := range map[int]string{3 << 20: "3MB", 1536 << 10: "1536KB", 500: "500B"} {
		if got := sizeText(bytes); got != wanted {
			t.Errorf("%d: %s", bytes, got)
		}
	}
}
