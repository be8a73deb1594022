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

// findReal asks tests/tools/real_programs.sh, as the other suites do.
func findReal() ([]program, error) {
	listed, err := exec.Command("bash", "../../tools/real_programs.sh").Output()
	if err != nil {
		return nil, err
	}
	var found []program
	for _, line := range strings.Split(string(listed), "\n") {
		fields := strings.Split(line, "\t")
		if len(fields) == 3 && fields[0] == "boundary" {
			found = append(found, realProgram(fields[2]))
		}
	}
	return found, nil
}

func realProgram(path string) program { return program{filepath.Base(path), path, versionOf(path)} }

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
