// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// settings is what flags, environment and configuration file say.
type settings struct {
	configFile, logLevel, logDir, jailType, socket string
	allow, allowlist                               []string
	proxyPort, pprofPort                           int64
	pprof, realDNS, noUserNamespace, noAuditLogs   bool
	showVersion                                    bool
	correlation                                    bool
	injectTarget, injectTargets                    []string
	command                                        []string

	// The stand-in's own.
	standInVersion          string
	startDelay              time.Duration
	upstream, serveUpstream string
}

// option is one setting and the names under which it can be given. Flags win over the environment, the environment
// over the file; a list grows by each.
type option struct {
	flag, env, yaml string
	set             func(string) error
	setList         func([]string) // lists in the file
	isBool          bool           // a flag without a value
	given           bool           // by flag or environment
}

func defaultSettings() *settings {
	s := &settings{logLevel: "warn", jailType: "nsjail", proxyPort: 8080, pprofPort: 6060,
		socket:     filepath.Join(os.TempDir(), "boundary-audit.sock"),
		startDelay: 100 * time.Millisecond}
	if home, err := os.UserHomeDir(); err == nil {
		path := filepath.Join(home, ".config", configFolder, "config.yaml")
		if _, err := os.Stat(path); err == nil {
			s.configFile = path
		}
	}
	return s
}

func (s *settings) options(version version) []*option {
	options := []*option{
		{flag: "allow", env: "BOUNDARY_ALLOW", set: appended(&s.allow)},
		{yaml: "allowlist", set: split(&s.allowlist), setList: list(&s.allowlist)},
		{flag: "config", env: "BOUNDARY_CONFIG", set: text(&s.configFile)},
		{flag: "disable-audit-logs", env: "DISABLE_AUDIT_LOGS", yaml: "disable_audit_logs", set: boolean(&s.noAuditLogs), isBool: true},
		{flag: "jail-type", env: "BOUNDARY_JAIL_TYPE", yaml: "jail_type", set: text(&s.jailType)},
		{flag: "log-dir", env: "BOUNDARY_LOG_DIR", yaml: "log_dir", set: text(&s.logDir)},
		{flag: "log-level", env: "BOUNDARY_LOG_LEVEL", yaml: "log_level", set: text(&s.logLevel)},
		{flag: "log-proxy-socket-path", env: "CODER_AGENT_BOUNDARY_LOG_PROXY_SOCKET_PATH", set: text(&s.socket)},
		{flag: "no-user-namespace", env: "BOUNDARY_NO_USER_NAMESPACE", yaml: "no_user_namespace", set: boolean(&s.noUserNamespace), isBool: true},
		{flag: "pprof", env: "BOUNDARY_PPROF", yaml: "pprof_enabled", set: boolean(&s.pprof), isBool: true},
		{flag: "pprof-port", env: "BOUNDARY_PPROF_PORT", yaml: "pprof_port", set: integer(&s.pprofPort)},
		{flag: "proxy-port", env: "PROXY_PORT", yaml: "proxy_port", set: integer(&s.proxyPort)},
		{flag: "use-real-dns", env: "BOUNDARY_USE_REAL_DNS", yaml: "use_real_dns", set: boolean(&s.realDNS), isBool: true},
		{flag: "version", set: boolean(&s.showVersion), isBool: true},

		{flag: "stand-in-version", env: "BOUNDARY_STAND_IN_VERSION", set: text(&s.standInVersion)},
		{flag: "stand-in-start-delay", env: "BOUNDARY_STAND_IN_START_DELAY", set: duration(&s.startDelay)},
		{flag: "upstream", set: text(&s.upstream)},
		{flag: "serve-upstream", set: text(&s.serveUpstream)},
	}
	if version.hasSessions {
		options = append(options,
			&option{flag: "enable-session-correlation", env: "BOUNDARY_SESSION_CORRELATION_ENABLED",
				yaml: "session_correlation_enabled", set: boolean(&s.correlation), isBool: true},
			&option{flag: "session-id-inject-target", env: "BOUNDARY_SESSION_ID_INJECT_TARGET", set: appended(&s.injectTarget)},
			&option{yaml: "session_id_inject_targets", set: split(&s.injectTargets), setList: list(&s.injectTargets)})
	}
	return options
}

func text(target *string) func(string) error {
	return func(value string) error {
		*target = value
		return nil
	}
}

func appended(target *[]string) func(string) error {
	return func(value string) error {
		*target = append(*target, value)
		return nil
	}
}

func integer(target *int64) func(string) error {
	return func(value string) (err error) {
		*target, err = strconv.ParseInt(value, 10, 64)
		return err
	}
}

func boolean(target *bool) func(string) error {
	return func(value string) (err error) {
		if value == "" { // an empty variable
			*target = false
			return nil
		}
		*target, err = strconv.ParseBool(value)
		return err
	}
}

func duration(target *time.Duration) func(string) error {
	return func(value string) (err error) {
		*target, err = time.ParseDuration(value)
		return err
	}
}

func usage(options []*option) string {
	help := "USAGE:\n  boundary [flags] -- command [args...]\n\n" +
		"  boundary-stand-in does what Coder Boundary does, and confines nothing.\n\nOPTIONS:\n"
	for _, o := range options {
		if o.flag != "" {
			help += fmt.Sprintf("      --%s", o.flag)
			if o.env != "" {
				help += ", $" + o.env
			}
			help += "\n"
		}
	}
	return help
}
