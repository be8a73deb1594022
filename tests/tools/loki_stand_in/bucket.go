// SPDX-License-Identifier: MIT

package main

import "time"

// bucket lets a rate through, and a burst. A request that it refuses takes nothing.
type bucket struct {
	rate, burst, tokens float64
	filled              time.Time
}

func newBucket(rate, burst float64, now time.Time) *bucket {
	return &bucket{rate, burst, burst, now}
}

func (b *bucket) allow(count int, now time.Time) bool {
	b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.filled).Seconds())
	b.filled = now
	if float64(count) > b.tokens {
		return false
	}
	b.tokens -= float64(count)
	return true
}
