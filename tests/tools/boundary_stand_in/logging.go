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

// newLogger writes to a new file in the log folder, or to stderr where there is none.
func newLogger(config config) (*slog.Logger, error) {
	var out io.Writer = os.Stderr
	if config.LogDir != "" {
		if err := os.MkdirAll(config.LogDir, 0o755); err != nil {
			return nil, fmt.Errorf("could not set up log dir %s: %w", config.LogDir, err)
		}
		name := fmt.Sprintf("boundary-%s-%d.log", time.Now().Format("2006-01-02_15-04-05"), os.Getpid())
		file, err := os.Create(filepath.Join(config.LogDir, name))
		if err != nil {
			return nil, fmt.Errorf("could not create log file %s: %w", name, err)
		}
		out = file
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level(config.LogLevel)})), nil
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
