// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// program is one Boundary, real or not, and the version whose behaviour it shows.
type program struct {
	name, path, version string
}

var versions = []string{"0.9.0", "main"}

// buildStandIns builds the stand-in from its source as it is now. The version goes by the program's name.
func buildStandIns(folder string) (map[string]program, error) {
	built := filepath.Join(folder, "boundary")
	build := exec.Command("go", "build", "-C", "../../tools/boundary_stand_in", "-buildvcs=false", "-o", built, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the stand-in does not build: %w\n%s", err, output)
	}
	other := filepath.Join(folder, "boundary-main")
	if err := os.Symlink(built, other); err != nil {
		return nil, err
	}
	return map[string]program{
		"0.9.0": {"stand-in for 0.9.0", built, "0.9.0"},
		"main":  {"stand-in for main", other, "main"},
	}, nil
}

// findReal finds `boundary` and, beside it, `boundary-*`: in BOUNDARY_LOKI_REAL_TOOLS, else on PATH.
func findReal() []program {
	folder := os.Getenv("BOUNDARY_LOKI_REAL_TOOLS")
	if folder == "" {
		path, err := exec.LookPath("boundary")
		if err != nil {
			return nil
		}
		folder = filepath.Dir(path)
	}
	var found []program
	others, _ := filepath.Glob(filepath.Join(folder, "boundary-*")) // fails only for a bad pattern
	for _, path := range append([]string{filepath.Join(folder, "boundary")}, others...) {
		name := filepath.Base(path)
		if strings.HasPrefix(name, "boundary-loki") || strings.Contains(name, "stand-in") {
			continue
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			found = append(found, program{name, path, versionOf(path)})
		}
	}
	return found
}

// versionOf goes by behaviour, because a Boundary that somebody has built says "dev": does it pass the command's status?
func versionOf(path string) string {
	folder, err := os.MkdirTemp("", "boundary-version-")
	if err != nil {
		return "0.9.0"
	}
	defer os.RemoveAll(folder)
	probe := exec.Command(path, "--log-dir", folder, "--proxy-port", fmt.Sprint(freePort()), "--", "sh", "-c", "exit 3")
	probe.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "XDG_CONFIG_HOME=" + folder, "BOUNDARY_JAIL_TYPE=landjail"}
	_ = probe.Run() // its status is the answer
	if probe.ProcessState != nil && probe.ProcessState.ExitCode() == 3 {
		return "main"
	}
	return "0.9.0"
}

func saysVersion(path string) string {
	said, err := exec.Command(path, "--version").Output()
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(said))
}
