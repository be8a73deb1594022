// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// program is one Boundary, real or not, and the version whose behaviour it shows.
type program struct {
	name, path, version string
}

// versions are those that were recorded.
var versions = []string{"0.9.0", "main"}

// correlating is the version that sends the headers of session correlation. None was at hand to be recorded.
const correlating = "2026-07"

// buildStandIns builds the stand-in from its source as it is now. The version goes by the program's name.
func buildStandIns(folder string) (map[string]program, error) {
	built := filepath.Join(folder, "boundary")
	build := exec.Command("go", "build", "-C", "../../tools/boundary_stand_in", "-buildvcs=false", "-o", built, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the stand-in does not build: %w\n%s", err, output)
	}
	programs := map[string]program{"0.9.0": {"stand-in for 0.9.0", built, "0.9.0"}}
	for _, version := range []string{"main", correlating} {
		named := filepath.Join(folder, "boundary-"+version)
		if err := os.Symlink(built, named); err != nil {
			return nil, err
		}
		programs[version] = program{"stand-in for " + version, named, version}
	}
	return programs, nil
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

// versionOf goes by behaviour, because a Boundary that somebody has built says "dev": does it pass the command's status, and
// does what it forwards bear its session?
func versionOf(path string) string {
	folder, err := os.MkdirTemp("", "boundary-version-")
	if err != nil {
		return "0.9.0"
	}
	defer os.RemoveAll(folder)
	var bears atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		bears.Store(r.Header.Get("X-Coder-Agent-Firewall-Session-Id") != "")
	}))
	defer server.Close()
	probe := exec.Command(path, "--log-dir", folder, "--proxy-port", fmt.Sprint(freePort()), "--allow", "domain=127.0.0.1",
		"--", "sh", "-c", "curl -s "+server.URL+"; exit 3")
	probe.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "XDG_CONFIG_HOME=" + folder, "BOUNDARY_JAIL_TYPE=landjail",
		"BOUNDARY_SESSION_CORRELATION_ENABLED=true", "BOUNDARY_SESSION_ID_INJECT_TARGET=domain=127.0.0.1"}
	_ = probe.Run() // its status is the answer
	switch {
	case probe.ProcessState == nil || probe.ProcessState.ExitCode() != 3:
		return "0.9.0"
	case bears.Load():
		return correlating
	default:
		return "main"
	}
}

func saysVersion(path string) string {
	said, err := exec.Command(path, "--version").Output()
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(said))
}
