// SPDX-License-Identifier: MIT

// Package loki holds the stand-in for Loki to the real one: one script of pushes and queries is run on the stand-in and on
// each real Loki that this machine has, and every answer is compared. Without a real one, the stand-in is held to the
// answers that the real ones gave when they were recorded:
//
//	go test -count=1 -run Conforms . -args -record
package loki

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var record = flag.Bool("record", false, "write the answers of each real Loki that is found to golden/")

// The versions that the stand-in behaves as.
var versions = []string{"3.5.9", "3.7.6"}

func standIn(version string) program {
	path := os.Getenv("BOUNDARY_LOKI_STAND_IN")
	if path == "" {
		path, _ = filepath.Abs("../../../build/tools/bin/loki-stand-in")
	}
	return program{"loki-stand-in", version, path, []string{"-like=" + version}}
}

// realOnes are the real programs found.
func realOnes(t *testing.T) []program {
	t.Helper()
	listed, err := exec.Command("bash", "../../tools/real_programs.sh").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []program
	for _, line := range strings.Split(string(listed), "\n") {
		if parts := strings.Split(line, "\t"); len(parts) == 3 && parts[0] == "loki" {
			found = append(found, program{parts[0], parts[1], parts[2], nil})
		}
	}
	return found
}

// whole runs the script on a program.
func whole(t *testing.T, p program) []string {
	t.Helper()
	var lines []string
	for _, part := range script {
		s := start(t, p, part.limits)
		for _, one := range part.chapters {
			c := &transcript{t: t, server: s, tenant: strings.ReplaceAll(one.name, " ", "-"), now: time.Now().Truncate(time.Second)}
			one.tell(c)
			for _, line := range c.lines {
				lines = append(lines, one.name+"/"+line)
			}
		}
		s.kill()
	}
	return lines
}

func golden(version string) string { return filepath.Join("golden", "loki-"+version+".txt") }

func known(version string) bool {
	for _, one := range versions {
		if one == version {
			return true
		}
	}
	return false
}

// like is the version whose behaviour the stand-in has for a real one of another.
func like(version string) string {
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err == nil && (major > 3 || minor >= 7) {
		return "3.7.6"
	}
	return "3.5.9"
}

func TestStandInConforms(t *testing.T) {
	of := map[string][]string{}
	for _, version := range versions {
		of[version] = whole(t, standIn(version))
	}
	found := realOnes(t)
	if len(found) == 0 && os.Getenv("BOUNDARY_LOKI_REQUIRE_REAL") == "1" {
		t.Error("no real Loki found")
	}
	for _, p := range found {
		t.Run("Loki "+p.version, func(t *testing.T) {
			t.Parallel()
			lines := whole(t, p)
			if *record && known(p.version) {
				if err := os.WriteFile(golden(p.version), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			compare(t, p.version, lines, of[like(p.version)])
		})
	}
	if *record {
		return
	}
	for _, version := range versions {
		t.Run("as recorded of Loki "+version, func(t *testing.T) {
			text, err := os.ReadFile(golden(version))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, version, strings.Split(strings.TrimSpace(string(text)), "\n"), of[version])
		})
	}
}

// compare shows what the stand-in answers otherwise.
func compare(t *testing.T, version string, real, stood []string) {
	t.Helper()
	wanted, got := byStep(real), byStep(stood)
	for _, step := range order(real, stood) {
		same := wanted[step] == got[step]
		if why := differs(version, step); why != "" {
			if same {
				t.Errorf("%s: no difference any more: %s", step, why)
			}
			continue
		}
		if !same {
			t.Errorf("%s\n  Loki:     %s\n  stand-in: %s", step, wanted[step], got[step])
		}
	}
}

func stepOf(line string) string { return line[:strings.Index(line, ": ")] }

func byStep(lines []string) map[string]string {
	all := map[string]string{}
	for _, line := range lines {
		all[stepOf(line)] += "\n            " + line[len(stepOf(line))+2:]
	}
	return all
}

func order(lists ...[]string) []string {
	var steps []string
	seen := map[string]bool{}
	for _, lines := range lists {
		for _, line := range lines {
			if step := stepOf(line); !seen[step] {
				seen[step] = true
				steps = append(steps, step)
			}
		}
	}
	return steps
}
