// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
)

// runChild is the side that would be in the jail. It stays as the command's parent and passes no signal on.
func runChild(version version, logger *slog.Logger, config config) error {
	logger.Debug("Adding TCP connect port", "port", config.ProxyPort)
	command := exec.Command(config.TargetCMD[0], config.TargetCMD[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	logger.Info("Executing target command", "command", config.TargetCMD)
	err := command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		logger.Debug("Command exited with non-zero status", "exit_code", exit.ExitCode())
		if version.passesStatus {
			return err
		}
		return fmt.Errorf("command exited with code %d", exit.ExitCode())
	}
	if err != nil {
		logger.Error("Command execution failed", "error", err)
		return fmt.Errorf("command execution failed: %w", err)
	}
	logger.Debug("Command completed successfully")
	return nil
}
