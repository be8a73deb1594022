// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func newLogger(o options) (*slog.Logger, error) {
	var out io.Writer = os.Stderr
	if o.logDir != "" {
		if err := os.MkdirAll(o.logDir, 0o755); err != nil {
			return nil, err
		}
		name := fmt.Sprintf("boundary-%s-%d.log", time.Now().Format("2006-01-02_15-04-05"), os.Getpid())
		file, err := os.Create(filepath.Join(o.logDir, name))
		if err != nil {
			return nil, err
		}
		out = file
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level(o.logLevel)})), nil
}

func level(name string) slog.Level {
	switch strings.ToLower(name) {
	case "error":
		return slog.LevelError
	case "info":
		return slog.LevelInfo
	case "debug":
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// logAuditSocket writes the line that Boundary writes when it finds no one to forward decisions to.
func logAuditSocket(logger *slog.Logger) {
	if os.Getenv("DISABLE_AUDIT_LOGS") != "" {
		logger.Warn("Audit logs are disabled by configuration")
		return
	}
	socket := os.Getenv("CODER_AGENT_BOUNDARY_LOG_PROXY_SOCKET_PATH")
	if socket == "" {
		socket = filepath.Join(os.TempDir(), "boundary-audit.sock")
	}
	if _, err := os.Stat(socket); err != nil {
		logger.Warn("Audit logs are disabled; workspace agent has not created log proxy socket", "socket", socket)
	}
}
