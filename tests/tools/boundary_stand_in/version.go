// SPDX-License-Identifier: MIT

package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
)

// version holds in what the versions of Boundary differ.
type version struct {
	name         string // what --version prints
	passesStatus bool   // Boundary ends with the command's status, and says nothing about it
	hasSessions  bool   // each process logs a session id; the flags of session correlation are there
	takesEmpty   bool   // a variable that is set and empty is a value
	correlates   bool   // session correlation is more than its flags
}

var versions = map[string]version{
	"0.9.0":   {name: "v0.9.0"},
	"main":    {name: "main", passesStatus: true, hasSessions: true, takesEmpty: true},
	"2026-07": {name: "main", passesStatus: true, hasSessions: true, takesEmpty: true, correlates: true},
}

// chosenVersion is that of --stand-in-version, else of BOUNDARY_STAND_IN_VERSION, else the one with which the program's name
// ends, else 0.9.0.
func chosenVersion(args []string) (version, error) {
	name := "0.9.0"
	for known := range versions {
		if strings.HasSuffix(args[0], "-"+known) {
			name = known
		}
	}
	if variable := os.Getenv("BOUNDARY_STAND_IN_VERSION"); variable != "" {
		name = variable
	}
	for i, arg := range args[1:] {
		if arg == "--" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--stand-in-version="); ok {
			name = value
		} else if arg == "--stand-in-version" && i+2 < len(args) {
			name = args[i+2]
		}
	}
	chosen, known := versions[strings.TrimPrefix(name, "v")]
	if !known {
		return version{}, fmt.Errorf("the stand-in has no version %q: 0.9.0, main or 2026-07", name)
	}
	return chosen, nil
}

// newSessionID makes a random UUID (version 4).
func newSessionID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
