// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// runParent owns the proxy, hence every decision.
func runParent(version version, logger *slog.Logger, config config, settings *settings) error {
	if len(config.AllowRules) == 0 {
		logger.Warn("No allow rules specified; all network traffic will be denied by default")
	}
	rules, err := parseRules(config.AllowRules)
	if err != nil {
		logger.Error("Failed to parse allow rules", "error", err)
		return fmt.Errorf("failed to parse allow rules: %w", err)
	}
	auditor, err := newAuditor(version, logger, config)
	if err != nil {
		return fmt.Errorf("failed to setup auditor: %w", err)
	}
	authority, err := openAuthority(logger, config.UserInfo)
	if err != nil {
		logger.Error("Failed to create certificate manager", "error", err)
		return fmt.Errorf("failed to create certificate manager: %w", err)
	}
	if err := authority.writeCertificate(); err != nil {
		return fmt.Errorf("failed to setup TLS and CA certificate: failed to write CA certificate file: %w", err)
	}

	logger.Info("Start landjail manager")
	proxy := &proxy{logger: logger, rules: rules, auditor: auditor, session: config.SessionID, authority: authority, upstream: settings.upstream}
	if config.SessionCorrelation != nil {
		proxy.targets = config.SessionCorrelation.rules
	}
	if err := proxy.start(config.ProxyPort); err != nil {
		logger.Error("Proxy server error", "error", err)
		return fmt.Errorf("failed to start landjail manager: %w", err)
	}
	time.Sleep(settings.startDelay)
	defer proxy.stop()
	defer logger.Info("Stop landjail manager")
	return superviseChild(version, logger, config)
}

// superviseChild waits for the child or for a signal. On a signal it leaves at once: the child, which is bound to our
// life, goes too, and the command that the child has started runs on.
func superviseChild(version version, logger *slog.Logger, config config) error {
	ended := make(chan error, 1)
	go func() {
		err := runCommand(logger, config)
		if err != nil && !version.passesStatus {
			logger.Error("Failed to run child process", "error", err)
			err = nil
		}
		ended <- err
	}()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	select {
	case received := <-signals:
		logger.Info("Received signal, shutting down...", "signal", received)
		return nil
	case err := <-ended:
		logger.Info("Command completed, shutting down...")
		return err
	}
}

func runCommand(logger *slog.Logger, config config) error {
	child := exec.Command(os.Args[0], os.Args[1:]...)
	child.Env = childEnvironment(config)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	logger.Debug("Executing command in boundary", "command", strings.Join(os.Args, " "))
	if err := child.Start(); err != nil {
		logger.Error("Command failed to start", "error", err)
		return err
	}
	logger.Debug("waiting on a child process to finish")
	err := child.Wait()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		logger.Debug("Command exited with non-zero status", "exit_code", exit.ExitCode())
	case err != nil:
		logger.Error("Command execution failed", "error", err)
	default:
		logger.Debug("Command completed successfully")
	}
	return err
}

// childEnvironment is what the command finds, too: CHILD included.
func childEnvironment(config config) []string {
	proxy := fmt.Sprintf("http://localhost:%d", config.ProxyPort)
	folder := config.UserInfo.ConfigDir
	certificate := filepath.Join(folder, certificateFile)
	environment := append(os.Environ(), "SSL_CERT_DIR="+folder, "no_proxy=", "NO_PROXY=")
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		environment = append(environment, name+"="+proxy)
	}
	for _, name := range []string{"SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"} {
		environment = append(environment, name+"="+certificate)
	}
	return append(environment, "CHILD=true") // of two entries with one name, os/exec takes the later
}
