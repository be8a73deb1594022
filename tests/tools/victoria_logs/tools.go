// SPDX-License-Identifier: MIT

//go:build tools

// Package tools names the command that this module exists to build.
package tools

import _ "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs"
