// SPDX-License-Identifier: MIT

// Command slog-corpus writes log lines with Go's own encoders, and beside each file the truth about every line, for the
// parser tests to compare with:
//
//	text.log    as Boundary writes it: slog.TextHandler
//	json.log    the same records by slog.JSONHandler
//	coderd.log  the decisions among them in coderd's boundary_request form
//
// A truth file has one line a record, tab-separated, every text in lower-case hex, "-" for absent:
//
//	kind  unix_ns  level  msg  allow|deny  method  url  host  rule  attrs
//
// where kind is decision or notice, and attrs (notices only) is key=value joined by commas. The truth of text.log is
// what went into the handler, that of the JSON files what encoding/json reads back from the line.
package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"log"
	"log/slog"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	seed := flag.Uint64("seed", 1, "the same seed gives the same corpus")
	count := flag.Int("count", 100000, "how many records")
	folder := flag.String("out", "", "where to write (required)")
	flag.Parse()
	if *folder == "" || flag.NArg() != 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*seed, *count, *folder); err != nil {
		log.Fatal(err)
	}
}

func run(seed uint64, count int, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	text, err := create(folder, "text")
	if err != nil {
		return err
	}
	json, err := create(folder, "json")
	if err != nil {
		return err
	}
	coderd, err := create(folder, "coderd")
	if err != nil {
		return err
	}

	var line bytes.Buffer
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	textHandler := slog.NewTextHandler(&line, options)
	jsonHandler := slog.NewJSONHandler(&line, options)

	random := newSource(seed)
	for range count {
		r := random.record()

		line.Reset()
		if err := textHandler.Handle(context.Background(), r.slog()); err != nil {
			return err
		}
		text.add(line.Bytes(), textTruth(r))

		line.Reset()
		if err := jsonHandler.Handle(context.Background(), r.slog()); err != nil {
			return err
		}
		truth, err := jsonTruth(line.Bytes())
		if err != nil {
			return err
		}
		json.add(line.Bytes(), truth)

		if r.verdict != "" {
			encoded := random.coderdLine(r)
			truth, err := coderdTruth(encoded)
			if err != nil {
				return err
			}
			coderd.add(encoded, truth)
		}
	}
	for _, c := range []*corpus{text, json, coderd} {
		if err := c.close(); err != nil {
			return err
		}
	}
	return nil
}

// corpus is a log file and its truth file.
type corpus struct {
	files        [2]*os.File
	lines, truth *bufio.Writer
}

func create(folder, name string) (*corpus, error) {
	lines, err := os.Create(filepath.Join(folder, name+".log"))
	if err != nil {
		return nil, err
	}
	truth, err := os.Create(filepath.Join(folder, name+".truth"))
	if err != nil {
		return nil, err
	}
	return &corpus{[2]*os.File{lines, truth}, bufio.NewWriter(lines), bufio.NewWriter(truth)}, nil
}

// add leaves write errors to close: a bufio.Writer keeps its first one.
func (c *corpus) add(line []byte, t truth) {
	c.lines.Write(line)
	c.truth.WriteString(t.String())
}

func (c *corpus) close() error {
	for _, writer := range []*bufio.Writer{c.lines, c.truth} {
		if err := writer.Flush(); err != nil {
			return err
		}
	}
	for _, file := range c.files {
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}
