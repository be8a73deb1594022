// SPDX-License-Identifier: MIT

// Command boundary-stand-in does what a user of Coder Boundary (landjail) can observe, in three versions, except that it
// confines nothing. It shares no code with Boundary; README.md says what it does and what it does not.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

func main() {
	version, err := chosenVersion(os.Args)
	if err != nil {
		fail(err)
	}
	settings := defaultSettings()
	switch err := settings.read(version, os.Args[1:]); {
	case errors.Is(err, errHelp):
		fmt.Print(usage(settings.options(version)))
		return
	case err != nil:
		fail(err)
	}
	if settings.serveUpstream != "" {
		if err := serveUpstream(settings.serveUpstream); err != nil {
			fail(err)
		}
		return
	}
	err = run(version, settings)
	var exit *exec.ExitError
	if version.passesStatus && errors.As(err, &exit) {
		os.Exit(exit.ExitCode()) // -1, hence 255, for a command that a signal ended
	}
	if err != nil {
		fail(fmt.Errorf("running command %q: %w", "boundary", err))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "Error:", err)
	os.Exit(1)
}

func run(version version, settings *settings) error {
	if settings.showVersion {
		fmt.Println(version.name)
		return nil
	}
	config, err := settings.resolve(version)
	if err != nil {
		return fmt.Errorf("failed to parse cli config file: %w", err)
	}
	if len(config.TargetCMD) == 0 {
		return errors.New("no command specified")
	}
	if config.JailType != landjail {
		return errors.New("the stand-in does landjail only: set BOUNDARY_JAIL_TYPE=landjail")
	}
	if config.PprofEnabled {
		return errors.New("the stand-in does no pprof")
	}
	logger, err := newLogger(config)
	if err != nil {
		return fmt.Errorf("could not set up logging: %w", err)
	}
	logger.Debug("Application config", "config", config.json())
	if version.hasSessions {
		config.SessionID = newSessionID()
		logger.Info("boundary session started", "session_id", config.SessionID)
	}
	if os.Getenv("CHILD") == "true" {
		return runChild(version, logger, config)
	}
	return runParent(version, logger, config, settings)
}
