// SPDX-License-Identifier: MIT

// Command push-golden keeps the push request encoder honest: it encodes requests with the code that Loki itself is
// generated from.
//
//	push-golden -write FOLDER   writes NAME.json (the request) and NAME.pb (its uncompressed protobuf) for each case
//	push-golden -check FOLDER   verifies that the files there are what it would write
//	push-golden -decode FILE    prints the push body (a snappy block) in FILE as JSON
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/golang/snappy"
	"github.com/grafana/loki/pkg/push"
)

// The JSON form keeps seconds and nanos apart and metadata as a list, so that nothing of the wire form is lost.
type stream struct {
	Labels  string  `json:"labels"`
	Entries []entry `json:"entries"`
}

type entry struct {
	Seconds  int64   `json:"seconds"`
	Nanos    int32   `json:"nanos"`
	Line     string  `json:"line"`
	Metadata []label `json:"metadata"`
}

type label struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func main() {
	log.SetFlags(0)
	write := flag.String("write", "", "write the golden files to this `folder`")
	check := flag.String("check", "", "compare the golden files in this `folder`")
	decode := flag.String("decode", "", "print the push body in this `file`")
	flag.Parse()
	var err error
	switch {
	case flag.NArg() != 0 || flag.NFlag() != 1:
		flag.Usage()
		os.Exit(2)
	case *write != "":
		err = forEachFile(*write, func(path string, content []byte) error { return os.WriteFile(path, content, 0o644) })
	case *check != "":
		err = forEachFile(*check, compare)
	case *decode != "":
		err = printBody(*decode)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func forEachFile(folder string, do func(path string, content []byte) error) error {
	for name, request := range cases() {
		encoded, err := toPush(request).Marshal()
		if err != nil {
			return err
		}
		text, err := toJSON(request)
		if err != nil {
			return err
		}
		if err := do(filepath.Join(folder, name+".json"), text); err != nil {
			return err
		}
		if err := do(filepath.Join(folder, name+".pb"), encoded); err != nil {
			return err
		}
	}
	return nil
}

func compare(path string, want []byte) error {
	have, err := os.ReadFile(path)
	if err == nil && !bytes.Equal(have, want) {
		err = fmt.Errorf("%s is out of date: run push-golden -write", path)
	}
	return err
}

func printBody(path string) error {
	body, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	encoded, err := snappy.Decode(nil, body)
	if err != nil {
		return err
	}
	var request push.PushRequest
	if err := request.Unmarshal(encoded); err != nil {
		return err
	}
	text, err := toJSON(fromPush(request))
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

func toJSON(streams []stream) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(map[string][]stream{"streams": streams})
	return out.Bytes(), err
}

func toPush(streams []stream) *push.PushRequest {
	request := &push.PushRequest{}
	for _, s := range streams {
		out := push.Stream{Labels: s.Labels}
		for _, e := range s.Entries {
			converted := push.Entry{Timestamp: time.Unix(e.Seconds, int64(e.Nanos)).UTC(), Line: e.Line}
			for _, l := range e.Metadata {
				converted.StructuredMetadata = append(converted.StructuredMetadata, push.LabelAdapter(l))
			}
			out.Entries = append(out.Entries, converted)
		}
		request.Streams = append(request.Streams, out)
	}
	return request
}

func fromPush(request push.PushRequest) []stream {
	streams := []stream{}
	for _, s := range request.Streams {
		out := stream{Labels: s.Labels, Entries: []entry{}}
		for _, e := range s.Entries {
			converted := entry{Seconds: e.Timestamp.Unix(), Nanos: int32(e.Timestamp.Nanosecond()), Line: e.Line, Metadata: []label{}}
			for _, l := range e.StructuredMetadata {
				converted.Metadata = append(converted.Metadata, label(l))
			}
			out.Entries = append(out.Entries, converted)
		}
		streams = append(streams, out)
	}
	return streams
}
