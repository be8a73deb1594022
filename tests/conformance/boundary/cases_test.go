// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

type testCase struct {
	name   string
	script func(w *world)
}

// cases is the script. Each is independent of the others.
var cases = []testCase{
	{"flags", flags},
	{"environment", environmentVariables},
	{"configuration", configuration},
	{"rules", allowRules},
	{"statuses", statuses},
	{"statuses on stderr", statusesOnStderr},
	{"levels", levels},
	{"descriptors", descriptors},
	{"jail environment", jailEnvironment},
	{"first start", firstStart},
	{"home of the passwd entry", passwdHome},
	{"broken authority", brokenAuthority},
	{"audit socket", auditSocket},
	{"audit records", auditRecords},
	{"session correlation", sessionCorrelation},
	{"failures at the start", failuresAtStart},
	{"nested", nested},
	{"start-up delay", startUpDelay},
	{"http", plainHTTP},
	{"http is decided by rule", decidedByRule},
	{"http that fails", plainHTTPFails},
	{"https", overTLS},
	{"https that fails", overTLSFails},
	{"odd clients", oddClients},
	{"requests at once", requestsAtOnce},
	{"terminated", signalled("TERM")},
	{"interrupted", signalled("INT")},
	{"hung up", signalled("HUP")},
	{"killed", signalled("KILL")},
	{"terminated while it starts", terminatedEarly},
	{"child terminated", childTerminated},
}

func (w *world) portFlag() string { return fmt.Sprintf("--proxy-port=%d", w.port) }

// simple runs at info with logs in files.
func (w *world) simple(args ...string) {
	w.run(call{args: append([]string{"--log-dir", w.path("logs"), "--log-level=info", w.portFlag()}, args...)})
}

func flags(w *world) {
	for _, args := range [][]string{
		{}, {"--"}, {"--nosuch", "--", "true"}, {"-x"}, {"---x"}, {"--=x"}, {"--log-level"}, {"--no-log-level", "x"},
		{"--proxy-port", "abc", "--", "true"}, {"--proxy-port", "1.5", "--", "true"}, {"--jail-type", "foo", "--", "true"},
		{"--disable-audit-logs=maybe", "--", "true"}, {"--version=false"}, {"--config", w.path("missing.yaml"), "--", "true"},
		{"--enable-session-correlation", w.portFlag(), "--", "true"},
		{"--enable-session-correlation", "--session-id-inject-target", "path=/x", w.portFlag(), "--", "true"},
		{w.portFlag(), "echo", "hi", "--nosuch"},
		{w.portFlag(), "echo", "one", "--log-level=error", "two", "--", "three", "--", "--four"},
		{w.portFlag(), "--disable-audit-logs", "echo", "a bool takes no word"},
		{w.portFlag(), "--log-level", "INFO", "--", "true"}, {w.portFlag(), "--log-level", "nosuch", "--", "true"},
		{w.portFlag(), "-"},
	} {
		w.run(call{args: args})
	}
}

func environmentVariables(w *world) {
	port := fmt.Sprintf("PROXY_PORT=%d", w.port)
	for _, c := range []call{
		{env: []string{port, "BOUNDARY_LOG_LEVEL=info", "BOUNDARY_LOG_DIR=" + w.path("logs"), "BOUNDARY_ALLOW=domain=a.example"}},
		{env: []string{port, "BOUNDARY_ALLOW=domain=a.example,domain=b.example"}},
		{env: []string{port, "BOUNDARY_ALLOW=domain=a.example", "BOUNDARY_LOG_LEVEL=debug"}, args: []string{"--allow", "domain=b.example"}},
		{env: []string{"PROXY_PORT=1", "BOUNDARY_LOG_LEVEL=debug"}, args: []string{w.portFlag(), "--log-level=info"}},
		{env: []string{"PROXY_PORT=abc"}}, {env: []string{"PROXY_PORT=a", "DISABLE_AUDIT_LOGS=b"}, args: []string{"--nosuch"}},
		{env: []string{port, "DISABLE_AUDIT_LOGS=true"}}, {env: []string{port, "DISABLE_AUDIT_LOGS="}},
		{env: []string{"PROXY_PORT="}, args: []string{w.portFlag()}}, {env: []string{port, "BOUNDARY_ALLOW="}},
		{env: []string{port, "BOUNDARY_LOG_LEVEL="}}, {env: []string{port, "BOUNDARY_CONFIG="}},
		{env: []string{port, "BOUNDARY_CONFIG=" + w.path("missing.yaml")}}, {env: []string{port, "BOUNDARY_JAIL_TYPE=foo"}},
	} {
		c.args = append(c.args, "--", "true")
		w.run(c)
	}
}

func configuration(w *world) {
	port := fmt.Sprintf("proxy_port: %d\n", w.port)
	for _, content := range []string{
		"allowlist:\n  - domain=a.example\n  - \"domain=b.example path=/x,/y\"\nlog_dir: " + w.path("logs") + "\nlog_level: info\njail_type: landjail\n",
		"# a comment\nallowlist:\n- domain=a.example # why\n- 'domain=b.example path=/it''s'\n\nlog_level: debug # so\n",
		"allowlist: [domain=a.example, domain=b.example]\nlog_level: debug\n", "allowlist: domain=a.example,domain=b.example\nlog_level: debug\n",
		"allowlist: []\n", "allowlist:\nlog_level: info\n", "log_dir:\n", "disable_audit_logs: true\n", "---\nlog_level: info\n",
		"use_real_dns: true\nno_user_namespace: true\nlog_level: debug\n", "nosuch: 1\n", "log_proxy_socket_path: /x\n",
		"disable_audit_logs: maybe\n", "jail_type: foo\n", "session_correlation_enabled: true\n",
	} {
		w.note("configuration:\n%s", content)
		w.run(call{args: []string{"--config", w.write("boundary.yaml", content+port), "--", "true"}})
	}
	w.note("wrong port, and nothing")
	w.run(call{args: []string{"--config", w.write("boundary.yaml", "proxy_port: abc\n"), "--", "true"}})
	w.run(call{args: []string{"--config", w.write("boundary.yaml", ""), "--", "true"}})
	w.note("flags win over the environment, that over the file")
	file := w.write("boundary.yaml", "log_level: debug\nproxy_port: 1\nallowlist: [domain=file.example]\n")
	w.run(call{args: []string{"--allow", "domain=flag.example", "--log-level=debug", "--", "true"},
		env: []string{"BOUNDARY_CONFIG=" + file, fmt.Sprintf("PROXY_PORT=%d", w.port), "BOUNDARY_ALLOW=domain=variable.example", "BOUNDARY_LOG_LEVEL=info"}})
	w.note("by itself only below HOME")
	w.write("home/.config/coder_boundary/config.yaml", "log_level: info\nallowlist: [domain=home.example]\n"+port)
	w.run(call{args: []string{"--", "true"}})
	w.run(call{args: []string{"--", "true"}, env: []string{"BOUNDARY_CONFIG=" + w.write("boundary.yaml", "log_level: warn\n"+port)}})
}

func allowRules(w *world) {
	for _, rule := range []string{
		"", "xx", "foo=1", "domain=", "domain=a.*", "domain=*", "domain=-a", "domain=a-.example", "domain=a..example", "domain=a.",
		"domain=a_b", "domain=a.example foo=1", "domain=a.example, path=/x", "domain=a.example\tpath=/\n", "method=", "method=,",
		"method=GET,", "method=GET,M-SEARCH,*", "method=a b", "path=", "path=/", "path=a", "path=/a/*x", "path=/a//b", "path=/a/%zz",
		"path=/a%20,/b/*/c,/d", "path=*", "path=/é",
	} {
		w.run(call{args: []string{"--log-level=info", w.portFlag(), "--allow", rule, "--", "true"}})
	}
}

func statuses(w *world) {
	for _, script := range []string{"true", "exit 1", "exit 3", "exit 126", "exit 127", "exit 255", "kill -TERM $$", "kill -KILL $$"} {
		w.simple("--allow", "domain=a.example", "--", "sh", "-c", script)
	}
	w.simple("--", "no-such-command", "--x")
	w.simple("--", w.write("not-executable/x", "")+"/y")
	w.simple("--", w.folder)
}

func statusesOnStderr(w *world) {
	for _, script := range []string{"echo out; echo err >&2", "echo out; echo err >&2; exit 3", "kill -KILL $$"} {
		for _, level := range []string{"error", "warn", "info"} {
			w.run(call{args: []string{w.portFlag(), "--log-level", level, "--", "sh", "-c", script}})
		}
	}
}

func levels(w *world) {
	for _, level := range []string{"error", "warn", "info", "debug"} {
		for _, script := range []string{"true", "exit 3"} {
			w.run(call{args: []string{"--log-dir", w.path("logs"), "--log-level", level, w.portFlag(), "--", "sh", "-c", script}})
		}
	}
}

func descriptors(w *world) {
	job := func(script string) []string {
		return []string{"--log-level=error", w.portFlag(), "--", "sh", "-c", script}
	}
	w.run(call{args: job(`printf 'a\0b\377\n\tc'; printf 'e\0' >&2`)})
	w.run(call{args: job("cat; echo end"), stdin: "one\ntwo"})
	w.run(call{args: job("head -c 1048576 /dev/zero | tr '\\0' x"), through: `"$@" | wc -c`})
	w.run(call{args: job("echo $0 $1"), through: `"$@" first second`})
	w.run(call{args: job("cat <&7"), through: `echo seven >seven; "$@" 7<seven 8</dev/null`})
	for _, closed := range []string{"<&-", ">&-", "2>&-", "<&- >&- 2>&-"} {
		w.note("closed: %s", closed)
		w.run(call{args: []string{"--log-dir", w.path("logs"), "--log-level=info", w.portFlag(), "--", "sh", "-c",
			"readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2 | grep -c null >fds; echo out; echo err >&2; exit 3"}, through: `"$@" ` + closed})
		w.note("of the command's first three are /dev/null: %s", strings.TrimSpace(w.read("fds")))
	}
}

func jailEnvironment(w *world) {
	w.run(call{args: []string{"--log-level=error", w.portFlag(), "--", "sh", "-c",
		"env | grep -iE 'proxy|cert|_ca_|cainfo|^child|^boundary' | LC_ALL=C sort; env | grep -c ^HTTP_PROXY="},
		env: []string{"no_proxy=.internal", "HTTP_PROXY=http://127.0.0.1:1", "all_proxy=http://127.0.0.1:2", "SSL_CERT_FILE=/x", "PIP_CERT=/y"}})
}

func firstStart(w *world) {
	fresh := "XDG_CONFIG_HOME=" + w.path("fresh/config")
	c := call{args: []string{"--log-level=debug", "--log-dir", w.path("logs"), w.portFlag(), "--", "true"}, env: []string{fresh}}
	w.run(c)
	w.listFolder("fresh")
	key, certificate := w.read("fresh/config/coder_boundary/ca-key.pem"), w.read("fresh/config/coder_boundary/ca-cert.pem")
	w.note("key begins: %s", strings.SplitN(key, "\n", 2)[0])
	w.note("certificate begins: %s", strings.SplitN(certificate, "\n", 2)[0])
	w.run(call{args: []string{w.portFlag(), "--log-level=error", "--", "sh", "-c",
		"openssl x509 -in $SSL_CERT_FILE -noout -ext basicConstraints -checkend 31000000"}, env: []string{fresh}})
	w.note("the next start")
	old := time.Unix(1000000000, 0)
	if err := os.Chtimes(w.path("fresh/config/coder_boundary/ca-cert.pem"), old, old); err != nil {
		w.t.Fatal(err)
	}
	w.run(c)
	w.note("the same key: %t", w.read("fresh/config/coder_boundary/ca-key.pem") == key)
	w.note("the same certificate: %t", w.read("fresh/config/coder_boundary/ca-cert.pem") == certificate)
	info, err := os.Stat(w.path("fresh/config/coder_boundary/ca-cert.pem"))
	w.note("its file was written again: %t", err == nil && info.ModTime().After(old))
}

func (w *world) listFolder(name string) {
	_ = filepath.Walk(w.path(name), func(path string, info os.FileInfo, err error) error {
		if err == nil {
			w.note("%s %s", info.Mode(), strings.TrimPrefix(path, w.folder))
		}
		return nil
	})
}

func passwdHome(w *world) {
	for _, home := range []string{"HOME=" + w.path("home"), "HOME", "HOME=/nonexistent"} {
		w.run(call{args: []string{"--log-level=error", w.portFlag(), "--", "sh", "-c", "echo $SSL_CERT_FILE $SSL_CERT_DIR"},
			env: []string{"XDG_CONFIG_HOME", home}})
	}
	w.listFolder("home")
}

func brokenAuthority(w *world) {
	folder := "broken/coder_boundary/"
	c := call{args: []string{"--log-level=info", w.portFlag(), "--", "true"}, env: []string{"XDG_CONFIG_HOME=" + w.path("broken")}}
	w.write(folder+"ca-cert.pem", "x")
	w.run(c)
	for _, file := range []string{"ca-key.pem", "ca-cert.pem"} {
		kind := "CERTIFICATE"
		if file == "ca-key.pem" {
			kind = "RSA PRIVATE KEY"
		}
		for _, content := range []string{"x", "-----BEGIN " + kind + "-----\nAAAA\n-----END " + kind + "-----\n"} {
			w.write(folder+file, content)
			w.run(c)
		}
		if err := os.Remove(w.path(folder + file)); err != nil {
			w.t.Fatal(err)
		}
		w.run(c)
	}
	w.write("file", "")
	w.run(call{args: c.args, env: []string{"XDG_CONFIG_HOME=" + w.path("file")}})
	w.write("folder/coder_boundary/ca-cert.pem/x", "")
	w.run(call{args: c.args, env: []string{"XDG_CONFIG_HOME=" + w.path("folder")}})
}

func auditSocket(w *world) {
	for _, args := range [][]string{{}, {"--disable-audit-logs"}, {"--log-proxy-socket-path", ""}, {"--log-proxy-socket-path", w.write("file", "")},
		{"--log-proxy-socket-path", w.path("file") + "/x"}} {
		w.run(call{args: append(append([]string{"--allow=domain=a.example", "--log-level=info", w.portFlag()}, args...), "--", "true")})
	}
	listener, err := net.Listen("unix", w.path("socket"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer listener.Close()
	w.note("somebody listens")
	w.run(call{args: []string{"--log-level=info", w.portFlag(), "--", "true"}, env: []string{"CODER_AGENT_BOUNDARY_LOG_PROXY_SOCKET_PATH=" + w.path("socket")}})
}

func failuresAtStart(w *world) {
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", w.port))
	if err != nil {
		w.t.Fatal(err)
	}
	w.simple("--", "true")
	listener.Close()
	w.run(call{args: []string{"--proxy-port=70000", "--log-level=info", "--", "true"}})
	w.run(call{args: []string{"--proxy-port=-1", "--log-level=info", "--", "true"}})
	w.run(call{args: []string{"--log-dir", w.write("a-file", "") + "/x", w.portFlag(), "--", "true"}})
	w.run(call{args: []string{"--log-dir", "/dev/null", w.portFlag(), "--", "true"}})
}

func nested(w *world) {
	w.simple("--", w.program.path, "--log-level=info", "--log-dir", w.path("logs"), "--", "sh", "-c", "echo in; exit 4")
}

func startUpDelay(w *world) {
	var quickest time.Duration = time.Hour
	for range 3 {
		started := time.Now()
		c := w.command(w.t.Context(), call{args: []string{w.portFlag(), "--log-level=error", "--", "true"}})
		if err := c.Run(); err != nil {
			w.note("%v", err)
		}
		quickest = min(quickest, time.Since(started))
	}
	w.note("at least 100 ms: %t", quickest >= 100*time.Millisecond)
	w.note("less than a second: %t", quickest < time.Second)
}
