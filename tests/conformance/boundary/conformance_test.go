// SPDX-License-Identifier: MIT

// Package main holds the stand-in for Boundary to the real one. One script of cases runs on each; what can be observed is
// written down and compared. Without a real one the stand-in is compared with what was recorded from the real ones, which
// lies in recorded/.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	record   = flag.Bool("record", false, "record anew from the real ones")
	realPath = flag.String("real", "", "the real one; otherwise each that is found")
	standIns map[string]program
)

func TestMain(m *testing.M) {
	flag.Parse()
	folder, err := os.MkdirTemp("", "boundary-conformance-")
	if err == nil {
		standIns, err = buildStandIns(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(folder)
	os.Exit(status)
}

func TestStandIn(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			recorded, bench := readRecorded(t, version), prepare(t, standIns[version])
			each(t, func(t *testing.T, name string) {
				expect(t, "recorded from the real one", "the stand-in", func() (string, string) {
					return recorded[name], observe(t, standIns[version], bench, name)
				})
			})
		})
	}
}

func TestReal(t *testing.T) {
	found, err := findReal()
	if err != nil {
		t.Fatal(err)
	}
	if *realPath != "" {
		found = []program{realProgram(*realPath)}
	}
	if len(found) == 0 && (*record || os.Getenv("BOUNDARY_LOKI_REQUIRE_REAL") == "1") {
		t.Fatal("no real Boundary: name its folder in BOUNDARY_LOKI_REAL_TOOLS, or put it on PATH")
	}
	if len(found) == 0 {
		t.Log("no real Boundary found: the stand-in was held to what was recorded from one")
	}
	for _, real := range found {
		t.Run(real.name, func(t *testing.T) {
			t.Parallel()
			t.Logf("%s says it is %s, and does as %s does", real.name, saysVersion(real.path), real.version)
			recorded, bench := map[string]string{}, prepare(t, real)
			standIn, standInBench := standIns[real.version], prepare(t, standIns[real.version])
			each(t, func(t *testing.T, name string) {
				if *record {
					recorded[name] = observe(t, real, bench, name)
					return
				}
				expect(t, real.name, "the stand-in", func() (string, string) {
					return observe(t, real, bench, name), observe(t, standIn, standInBench, name)
				})
			})
			if *record && !t.Failed() {
				writeRecorded(t, real.version, recorded)
			}
		})
	}
}

func each(t *testing.T, check func(t *testing.T, name string)) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { check(t, c.name) })
	}
}

// bench is what the cases on one program share.
type bench struct {
	shared  string
	servers *upstreams
}

func observe(t *testing.T, program program, bench *bench, name string) string {
	t.Helper()
	for _, c := range cases {
		if c.name == name {
			w := &world{t: t, program: program, folder: t.TempDir(), shared: bench.shared, port: freePort(), servers: bench.servers}
			w.write("home/readme", "")
			c.script(w)
			return w.observed()
		}
	}
	t.Fatalf("no case %q", name)
	return ""
}

// prepare has the program make its CA, whose lines belong to no case.
func prepare(t *testing.T, program program) *bench {
	folder := t.TempDir()
	servers, err := startUpstreams(folder)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, program: program, folder: t.TempDir(), shared: folder, port: freePort(), servers: servers}
	w.simple("--", "true")
	return &bench{folder, servers}
}

// expect compares again what differed: a busy machine can upset the order of two processes' lines, or make a certificate of
// this second one of the future for a client whose clock lags by a tick. What is different by intent stays different.
func expect(t *testing.T, first, second string, run func() (string, string)) {
	t.Helper()
	var wanted, got string
	for range 3 {
		if wanted, got = run(); wanted == got {
			return
		}
	}
	a, b := strings.Split(wanted, "\n"), strings.Split(got, "\n")
	for i := 0; i < max(len(a), len(b)); i++ {
		if lineA, lineB := lineAt(a, i), lineAt(b, i); lineA != lineB {
			t.Errorf("they differ in line %d\n%s:\n\t%s\n%s:\n\t%s\n\nall of the first:\n%s\nall of the second:\n%s",
				i+1, first, lineA, second, lineB, wanted, got)
			return
		}
	}
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

const separator = "=== "

func recordedPath(version string) string { return filepath.Join("recorded", version+".txt") }

func readRecorded(t *testing.T, version string) map[string]string {
	content, err := os.ReadFile(recordedPath(version))
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]string{}
	for _, part := range strings.Split("\n"+string(content), "\n"+separator)[1:] {
		name, text, _ := strings.Cut(part, "\n")
		recorded[name] = strings.TrimSuffix(text, "\n") + "\n"
	}
	return recorded
}

func writeRecorded(t *testing.T, version string, recorded map[string]string) {
	var all strings.Builder
	for _, c := range cases {
		fmt.Fprintf(&all, "%s%s\n%s", separator, c.name, recorded[c.name])
	}
	if err := os.WriteFile(recordedPath(version), []byte(all.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
