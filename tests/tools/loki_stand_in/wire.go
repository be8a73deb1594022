// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"time"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of Loki's push.proto that a client sends.
const (
	requestStreams protowire.Number = 1
	streamLabels   protowire.Number = 1
	streamEntries  protowire.Number = 2
	entryTime      protowire.Number = 1
	entryLine      protowire.Number = 2
	entryMetadata  protowire.Number = 3
	pairName       protowire.Number = 1
	pairValue      protowire.Number = 2
	timeSeconds    protowire.Number = 1
	timeNanos      protowire.Number = 2
)

// fields calls `use` for each field of a message: bytes of a length-delimited one, else the number.
func fields(message []byte, use func(number protowire.Number, kind protowire.Type, bytes []byte, value uint64) error) error {
	for len(message) > 0 {
		number, kind, length := protowire.ConsumeTag(message)
		if length < 0 {
			if len(message) > 0 && message[0]&7 > 5 {
				return fmt.Errorf("proto: illegal wireType %d", message[0]&7)
			}
			return errors.New("unexpected EOF")
		}
		message = message[length:]
		var bytes []byte
		var value uint64
		switch kind {
		case protowire.BytesType:
			bytes, length = protowire.ConsumeBytes(message)
		case protowire.VarintType:
			value, length = protowire.ConsumeVarint(message)
		default:
			length = protowire.ConsumeFieldValue(number, kind, message)
		}
		if length < 0 {
			return errors.New("unexpected EOF")
		}
		message = message[length:]
		if err := use(number, kind, bytes, value); err != nil {
			return err
		}
	}
	return nil
}

func wrongType(kind protowire.Type, field string) error {
	return fmt.Errorf("proto: wrong wireType = %d for field %s", kind, field)
}

// decodeRequest reads a PushRequest.
func decodeRequest(message []byte) ([]pushed, error) {
	var all []pushed
	err := fields(message, func(number protowire.Number, kind protowire.Type, bytes []byte, _ uint64) error {
		if number != requestStreams {
			return nil
		}
		if kind != protowire.BytesType {
			return wrongType(kind, "Streams")
		}
		stream, err := decodeStream(bytes)
		all = append(all, stream)
		return err
	})
	return all, err
}

func decodeStream(message []byte) (pushed, error) {
	var made pushed
	err := fields(message, func(number protowire.Number, kind protowire.Type, bytes []byte, _ uint64) error {
		if kind != protowire.BytesType {
			return nil
		}
		switch number {
		case streamLabels:
			made.labels = string(bytes)
		case streamEntries:
			one, err := decodeEntry(bytes)
			made.entries = append(made.entries, one)
			return err
		}
		return nil
	})
	return made, err
}

func decodeEntry(message []byte) (entry, error) {
	made := entry{at: time.Time{}}
	err := fields(message, func(number protowire.Number, kind protowire.Type, bytes []byte, _ uint64) error {
		if kind != protowire.BytesType {
			return nil
		}
		var err error
		switch number {
		case entryTime:
			made.at, err = decodeTime(bytes)
		case entryLine:
			made.line = string(bytes)
		case entryMetadata:
			var one logql.Label
			one, err = decodePair(bytes)
			made.metadata = append(made.metadata, one)
		}
		return err
	})
	return made, err
}

func decodePair(message []byte) (logql.Label, error) {
	var made logql.Label
	err := fields(message, func(number protowire.Number, kind protowire.Type, bytes []byte, _ uint64) error {
		switch number {
		case pairName:
			made.Name = string(bytes)
		case pairValue:
			made.Value = string(bytes)
		}
		return nil
	})
	return made, err
}

func decodeTime(message []byte) (time.Time, error) {
	var seconds, nanos int64
	err := fields(message, func(number protowire.Number, kind protowire.Type, _ []byte, value uint64) error {
		switch number {
		case timeSeconds:
			seconds = int64(value)
		case timeNanos:
			nanos = int64(int32(value))
		}
		return nil
	})
	if err == nil && (nanos < 0 || nanos >= int64(time.Second)) {
		err = fmt.Errorf("timestamp: &types.Timestamp{Seconds: %d,\nNanos: %d,\n}: nanos not in range [0, 1e9)", seconds, nanos)
	}
	return time.Unix(seconds, nanos).UTC(), err
}

// encodeStream is the journal's form: a stream as a client would send it.
func encodeStream(labels string, entries []entry) []byte {
	made := appendText(nil, streamLabels, labels)
	for _, one := range entries {
		var stamp, body []byte
		stamp = protowire.AppendVarint(protowire.AppendTag(stamp, timeSeconds, protowire.VarintType), uint64(one.at.Unix()))
		stamp = protowire.AppendVarint(protowire.AppendTag(stamp, timeNanos, protowire.VarintType), uint64(one.at.Nanosecond()))
		body = appendText(body, entryTime, string(stamp))
		body = appendText(body, entryLine, one.line)
		for _, pair := range one.metadata {
			body = appendText(body, entryMetadata, string(appendText(appendText(nil, pairName, pair.Name), pairValue, pair.Value)))
		}
		made = appendText(made, streamEntries, string(body))
	}
	return made
}

func appendText(message []byte, number protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(message, number, protowire.BytesType), text)
}
