// SPDX-License-Identifier: MIT

// Command boundary-stand-in imitates the log files of Coder Boundary where the real program cannot be had. It is not
// Boundary and confines nothing; README.md says what it does and what it does not.
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

type options struct {
	logDir, logLevel string
	allow            []string
	proxyPort        int
	upstream         string
	serveUpstream    string
	command          []string
}

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("boundary-stand-in", flag.ContinueOnError)
	flags.StringVar(&o.logDir, "log-dir", os.Getenv("BOUNDARY_LOG_DIR"), "folder of the log files; stderr when empty")
	flags.StringVar(&o.logLevel, "log-level", os.Getenv("BOUNDARY_LOG_LEVEL"), "error, warn, info or debug (default warn)")
	flags.Func("allow", "allow rule, repeatable", func(rule string) error {
		o.allow = append(o.allow, rule)
		return nil
	})
	flags.IntVar(&o.proxyPort, "proxy-port", 0, "port of the proxy; 0 picks a free one")
	flags.StringVar(&o.upstream, "upstream", "", "send every allowed request to this address as plain HTTP")
	flags.StringVar(&o.serveUpstream, "serve-upstream", "", "be the upstream server on this address")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.command = flags.Args()
	if len(o.command) == 0 && o.serveUpstream == "" {
		return o, fmt.Errorf("no command given")
	}
	return o, nil
}

func main() {
	o, err := parseOptions(os.Args[1:])
	if err == nil {
		switch {
		case o.serveUpstream != "":
			err = serveUpstream(o.serveUpstream)
		case os.Getenv("CHILD") == "true":
			err = runChild(o)
		default:
			err = runParent(o)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

// runChild is the side that would be in the jail: it logs to a file of its own and becomes the command.
func runChild(o options) error {
	logger, err := newLogger(o)
	if err != nil {
		return err
	}
	logger.Info("Executing target command", "command", o.command)
	path, err := exec.LookPath(o.command[0])
	if err == nil {
		err = os.Unsetenv("CHILD")
	}
	if err == nil {
		err = syscall.Exec(path, o.command, os.Environ())
	}
	logger.Error("Command failed to start", "error", err)
	return err
}

// runParent owns the proxy, hence every decision.
func runParent(o options) error {
	logger, err := newLogger(o)
	if err != nil {
		return err
	}
	logAuditSocket(logger)
	rules, err := parseRules(o.allow)
	if err != nil {
		logger.Error("Failed to parse allow rules", "error", err)
		return err
	}
	if len(rules) == 0 {
		logger.Warn("No allow rules specified; all network traffic will be denied by default")
	}
	logger.Info("Generating new CA certificate")
	authority, err := newAuthority()
	if err != nil {
		logger.Error("Failed to create certificate manager", "error", err)
		return err
	}
	defer os.RemoveAll(authority.folder)

	logger.Info("Start landjail manager")
	proxy, err := startProxy(logger, rules, authority, o)
	if err != nil {
		logger.Error("Failed to create HTTP listener", "error", err)
		return err
	}
	runCommand(logger, childEnvironment(proxy.address(), authority.bundle))
	proxy.stop()
	logger.Info("Stop landjail manager")
	return nil
}

// runCommand swallows the command's status, as Boundary up to v0.9.0 does.
func runCommand(logger *slog.Logger, environment []string) {
	self, err := os.Executable()
	if err != nil {
		logger.Error("Failed to run child process", "error", err)
		return
	}
	child := exec.Command(self, os.Args[1:]...)
	child.Env = environment
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if err := child.Start(); err != nil {
		logger.Error("Failed to run child process", "error", err)
		return
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		select {
		case received := <-signals:
			logger.Info("Received signal, shutting down...", "signal", received)
			_ = child.Process.Signal(received) // fails only when the child is gone, which `ended` tells
		case err := <-ended:
			if err != nil {
				logger.Error("Failed to run child process", "error", err)
			}
			logger.Info("Command completed, shutting down...")
			return
		}
	}
}

func childEnvironment(proxyAddress, bundle string) []string {
	environment := append(os.Environ(), "CHILD=true", "NO_PROXY=", "no_proxy=")
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		environment = append(environment, name+"=http://"+proxyAddress)
	}
	for _, name := range []string{"SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"} {
		environment = append(environment, name+"="+bundle)
	}
	return environment
}
