// SPDX-License-Identifier: MIT

package loki

import (
	"time"

	"github.com/golang/snappy"
	"google.golang.org/protobuf/encoding/protowire"
)

type pair struct{ name, value string }

type entry struct {
	at       time.Time
	line     string
	metadata []pair
}

type stream struct {
	labels  string
	entries []entry
}

func field(message []byte, number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(message, number, protowire.BytesType), content)
}

// message is a PushRequest.
func message(streams ...stream) []byte {
	var request []byte
	for _, s := range streams {
		one := field(nil, 1, []byte(s.labels))
		for _, e := range s.entries {
			var stamp []byte
			stamp = protowire.AppendVarint(protowire.AppendTag(stamp, 1, protowire.VarintType), uint64(e.at.Unix()))
			stamp = protowire.AppendVarint(protowire.AppendTag(stamp, 2, protowire.VarintType), uint64(e.at.Nanosecond()))
			made := field(field(nil, 1, stamp), 2, []byte(e.line))
			for _, p := range e.metadata {
				made = field(made, 3, field(field(nil, 1, []byte(p.name)), 2, []byte(p.value)))
			}
			one = field(one, 2, made)
		}
		request = field(request, 1, one)
	}
	return request
}

func packed(streams ...stream) []byte { return snappy.Encode(nil, message(streams...)) }
