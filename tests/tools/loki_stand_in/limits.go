// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// limits are those of limits_config, with Loki 3.5.9's defaults. They are the same for every tenant.
type limits struct {
	ingestionRateMB, ingestionBurstMB float64
	streamRate, streamBurst           int
	shardStreams                      bool
	shardRate                         int
	labelNames                        int
	labelNameLength, labelValueLength int
	lineSize                          int
	lineSizeTruncate                  bool
	rejectOld                         bool
	maxAge, grace                     time.Duration
	metadata                          bool
	metadataSize, metadataCount       int
	serviceNameFrom                   []string
	discoverLevels                    bool
	incrementDuplicates               bool
	streams                           int
	entriesPerQuery, querySeries      int
	queryLength                       time.Duration
	blockUntil                        time.Time
	blockStatus                       int
	maxChunkAge                       time.Duration // of the ingester
	blockSize                         int
}

func defaultLimits() limits {
	return limits{
		ingestionRateMB: 4, ingestionBurstMB: 6,
		streamRate: 3 << 20, streamBurst: 15 << 20,
		shardStreams: true, shardRate: 1536 << 10,
		labelNames: 15, labelNameLength: 1024, labelValueLength: 2048,
		lineSize:  256 << 10,
		rejectOld: true, maxAge: 7 * 24 * time.Hour, grace: 10 * time.Minute,
		metadata: true, metadataSize: 64 << 10, metadataCount: 128,
		serviceNameFrom: []string{"service", "app", "application", "app_name", "name", "app_kubernetes_io_name", "container",
			"container_name", "k8s_container_name", "component", "workload", "job", "k8s_job_name"},
		discoverLevels: true,
		streams:        5000, entriesPerQuery: 5000, querySeries: 500, queryLength: 721 * time.Hour,
		blockStatus: 260,
		maxChunkAge: 2 * time.Hour, blockSize: 256 << 10,
	}
}

// parseBytes takes Loki's sizes: 8KB and 8KiB are both 8192.
func parseBytes(text string) (int, error) {
	digits := strings.TrimRight(strings.ToUpper(text), "KMGIB")
	unit := strings.TrimSpace(strings.TrimSuffix(strings.ToUpper(text)[len(digits):], "B"))
	shift := map[string]int{"": 0, "K": 10, "KI": 10, "M": 20, "MI": 20, "G": 30, "GI": 30}
	by, known := shift[unit]
	count, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if err != nil || !known || count < 0 {
		return 0, fmt.Errorf("no size: %q", text)
	}
	return int(count * float64(int(1)<<by)), nil
}

// sizeText is how Loki shows a size: 3MB, 1536KB, 120B.
func sizeText(bytes int) string {
	for _, unit := range []struct {
		shift int
		name  string
	}{{40, "TB"}, {30, "GB"}, {20, "MB"}, {10, "KB"}} {
		if bytes != 0 && bytes%(1<<unit.shift) == 0 {
			return strconv.Itoa(bytes>>unit.shift) + unit.name
		}
	}
	return strconv.Itoa(bytes) + "B"
}
