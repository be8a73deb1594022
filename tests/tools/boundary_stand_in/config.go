// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	configFolder = "coder_boundary"
	landjail     = "landjail"
)

// config is what the settings come to. At level debug Boundary logs it as JSON, hence the order and names.
type config struct {
	AllowRules         []string
	LogLevel           string
	LogDir             string
	ProxyPort          int64
	PprofEnabled       bool
	PprofPort          int64
	JailType           string
	UseRealDNS         bool
	NoUserNamespace    bool
	TargetCMD          []string
	UserInfo           userInfo
	DisableAuditLogs   bool
	LogProxySocketPath string
	SessionCorrelation *correlation `json:",omitempty"`
	SessionID          string       `json:",omitempty"`
}

type correlation struct {
	Enabled       bool
	InjectTargets []string
	rules         []rule // of the targets
}

type userInfo struct {
	SudoUser  string
	Uid       int
	Gid       int
	HomeDir   string
	ConfigDir string
}

func (c config) json() []byte {
	encoded, err := json.Marshal(c)
	if err != nil {
		return []byte(err.Error())
	}
	return encoded
}

func (s *settings) resolve(version version) (config, error) {
	if s.jailType != landjail && s.jailType != "nsjail" {
		return config{}, fmt.Errorf("invalid JailType: %s", s.jailType)
	}
	c := config{
		AllowRules: append(s.allowlist, s.allow...), LogLevel: s.logLevel, LogDir: s.logDir, ProxyPort: s.proxyPort,
		PprofEnabled: s.pprof, PprofPort: s.pprofPort, JailType: s.jailType, UseRealDNS: s.realDNS,
		NoUserNamespace: s.noUserNamespace, TargetCMD: s.command, UserInfo: findUser(), DisableAuditLogs: s.noAuditLogs,
		LogProxySocketPath: s.socket,
	}
	if version.hasSessions {
		var err error
		if c.SessionCorrelation, err = s.resolveCorrelation(version); err != nil {
			return config{}, fmt.Errorf("session correlation config: %w", err)
		}
		c.SessionID = "00000000-0000-0000-0000-000000000000" // Boundary sets it after it has logged its configuration
	}
	return c, nil
}

// resolveCorrelation checks the targets. Without any it is the AI Gateway of the workspace's deployment.
func (s *settings) resolveCorrelation(version version) (*correlation, error) {
	c := &correlation{Enabled: s.correlation, InjectTargets: append(s.injectTargets, s.injectTarget...)}
	if !c.Enabled {
		return c, nil
	}
	if agent, err := url.Parse(os.Getenv("CODER_AGENT_URL")); len(c.InjectTargets) == 0 && err == nil && agent.Hostname() != "" {
		if version.correlates {
			c.InjectTargets = []string{"domain=" + agent.Hostname() + " path=/api/v2/ai-gateway/*"}
		}
		c.InjectTargets = append(c.InjectTargets, "domain="+agent.Hostname()+" path=/api/v2/aibridge/*") // its former name
	}
	if len(c.InjectTargets) == 0 {
		return nil, errors.New("session correlation is enabled but no inject targets are configured")
	}
	for _, target := range c.InjectTargets {
		if strings.TrimSpace(target) == "" {
			return nil, errors.New("inject target: must not be empty")
		}
	}
	rules, err := parseRules(c.InjectTargets)
	if err != nil {
		return nil, fmt.Errorf("inject target: %w", err)
	}
	for _, rule := range rules {
		if rule.domain == nil {
			return nil, fmt.Errorf("inject target %q: domain is required", rule.raw)
		}
	}
	if version.correlates {
		c.rules = rules
	}
	return c, nil
}

// findUser is the user whose home holds the CA: by the passwd entry, not by $HOME; under sudo the one who called it.
func findUser() userInfo {
	found, err := user.Current()
	if name := os.Getenv("SUDO_USER"); name != "" && name != "root" && os.Geteuid() == 0 {
		if caller, lookupErr := user.Lookup(name); lookupErr == nil {
			found, err = caller, nil
		}
	}
	if err != nil {
		return userInfo{}
	}
	uid, _ := strconv.Atoi(found.Uid) // numbers on Linux
	gid, _ := strconv.Atoi(found.Gid)
	folder := os.Getenv("XDG_CONFIG_HOME")
	if folder == "" {
		folder = filepath.Join(found.HomeDir, ".config")
	}
	return userInfo{found.Username, uid, gid, found.HomeDir, filepath.Join(folder, configFolder)}
}
