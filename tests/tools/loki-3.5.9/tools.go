// SPDX-License-Identifier: MIT

//go:build tools

// Package tools names the commands that this module exists to build.
package tools

import (
	_ "github.com/grafana/loki/v3/clients/cmd/promtail"
	_ "github.com/grafana/loki/v3/cmd/logcli"
	_ "github.com/grafana/loki/v3/cmd/loki"
)
