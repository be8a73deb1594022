// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
)

// lookForAuditSocket logs what Boundary logs about the socket of the workspace agent. Nothing is sent there.
func lookForAuditSocket(logger *slog.Logger, config config) error {
	if config.DisableAuditLogs {
		logger.Warn("Audit logs are disabled by configuration")
		return nil
	}
	socket := config.LogProxySocketPath
	if socket == "" {
		return errors.New("log proxy socket path is undefined")
	}
	switch _, err := os.Stat(socket); {
	case errors.Is(err, fs.ErrNotExist):
		logger.Warn("Audit logs are disabled; workspace agent has not created log proxy socket", "socket", socket)
		return nil
	case err != nil:
		return fmt.Errorf("failed to stat log proxy socket: %w", err)
	}
	go func() {
		// The connection, if there is one, stays open until we end.
		if _, err := net.Dial("unix", socket); err != nil {
			logger.Warn("failed to connect to audit socket", "path", socket, "error", err)
		}
	}()
	return nil
}
