// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// world is one case on one program: what it does is written down, with what differs from run to run taken out.
type world struct {
	t       *testing.T
	program program
	folder  string // "TMP" in what is written down
	shared  string // where the CA lies: made once a program
	port    int
	servers *upstreams
	seen    bytes.Buffer
	ids     []string
}

const timeLimit = 20 * time.Second

var lastPort atomic.Int64

// freePort is below the range from which the kernel takes ports for others, and a new one each time.
func freePort() int {
	for {
		port := 10000 + (os.Getpid()*64+int(lastPort.Add(1)))%20000
		if listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port)); err == nil {
			listener.Close()
			return port
		}
	}
}

func (w *world) path(name string) string { return filepath.Join(w.folder, name) }

func (w *world) note(format string, values ...any) {
	fmt.Fprintf(&w.seen, format+"\n", values...)
}

func (w *world) write(name, content string) string {
	path := w.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *world) read(name string) string {
	content, err := os.ReadFile(w.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return "(no file)"
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}

// environment is clean but for what is added: "NAME=value" sets, "NAME" removes.
func (w *world) environment(added ...string) []string {
	environment := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.path("home"), "CODER_AGENT_BOUNDARY_LOG_PROXY_SOCKET_PATH=" + w.path("audit.sock"),
		"XDG_CONFIG_HOME=" + w.shared, "BOUNDARY_JAIL_TYPE=landjail", "TZ=UTC"}
	for _, change := range added {
		name, _, sets := strings.Cut(change, "=")
		environment = slices.DeleteFunc(environment, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
		if sets {
			environment = append(environment, change)
		}
	}
	return environment
}

// call is one invocation. `through` is a shell line that starts "$@".
type call struct {
	args, env []string
	stdin     string
	through   string
}

func (w *world) command(ctx context.Context, c call) *exec.Cmd {
	argv := append([]string{w.program.path}, c.args...)
	if c.through != "" {
		argv = append([]string{"sh", "-c", c.through, "sh"}, argv...)
	}
	command := exec.CommandContext(ctx, argv[0], argv[1:]...)
	command.Env = w.environment(c.env...)
	command.Dir = w.folder
	command.WaitDelay = timeLimit // an orphaned command may hold the pipes
	if c.stdin != "" {
		command.Stdin = strings.NewReader(c.stdin)
	}
	return command
}

// run writes down the call and all that came of it.
func (w *world) run(c call) {
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	command := w.command(ctx, c)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	_ = command.Run() // the status is written down
	w.note("$ %sboundary %s", strings.Join(append(slices.Clone(c.env), ""), " "), quoted(c.args))
	w.noteEnd(command.ProcessState)
	w.noteText("stdout", stdout.Bytes())
	w.noteText("stderr", stderr.Bytes())
	w.noteLogs()
}

func quoted(args []string) string {
	var words []string
	for _, arg := range args {
		if arg == "" || strings.ContainsAny(arg, " \n\"'$") {
			arg = strconv.Quote(arg)
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

func (w *world) noteEnd(state *os.ProcessState) {
	status, ok := state.Sys().(syscall.WaitStatus)
	switch {
	case !ok:
		w.note("no status")
	case status.Signaled():
		w.note("ended by signal %d", status.Signal())
	default:
		w.note("status %d", status.ExitStatus())
	}
}

// noteText shows bytes that are no text, and the lack of a last newline.
func (w *world) noteText(name string, text []byte) {
	if len(text) == 0 {
		return
	}
	w.note("%s:", name)
	for _, line := range strings.SplitAfter(string(text), "\n") {
		if line == "" {
			continue
		}
		whole := strings.TrimSuffix(line, "\n")
		if slices.ContainsFunc([]byte(whole), func(b byte) bool { return b < ' ' || b == 0x7f }) {
			whole = strconv.Quote(whole)
		}
		if !strings.HasSuffix(line, "\n") {
			whole += "(no newline)"
		}
		w.note("  %s", whole)
	}
}

// noteLogs writes down the log files, the parent's first, and removes them.
func (w *world) noteLogs() {
	names, _ := filepath.Glob(w.path("logs/*")) // fails only for a bad pattern
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(age(a), age(b)) })
	for i, path := range names {
		name := filepath.Base(path)
		if !logName.MatchString(name) {
			w.note("a log file of an unexpected name: %s", name)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			w.t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			w.t.Fatal(err)
		}
		w.note("log %d, mode %o, %d lines:", i+1, info.Mode().Perm(), bytes.Count(content, []byte("\n")))
		for _, line := range strings.Split(strings.TrimSuffix(string(content), "\n"), "\n") {
			if line != "" {
				w.note("  %s", line)
			}
		}
		if err := os.Remove(path); err != nil {
			w.t.Fatal(err)
		}
	}
}

var (
	logName  = regexp.MustCompile(`^boundary-\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d-(\d+)\.log$`)
	lineTime = regexp.MustCompile(`time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)
	uuid     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
	userName = regexp.MustCompile(`(SudoUser\\":\\")[^\\]*(\\",\\"Uid\\":)\d+(,\\"Gid\\":)\d+`)
	tlsAlert = regexp.MustCompile(`error="(local|remote) error: tls: [^"]*"`) // the client's library has a say in it
	ephemera = regexp.MustCompile(`127\.0\.0\.1:\d+->`)
)

// age sorts files by their first lines, and those without by PID, which wraps around, but seldom.
func age(path string) string {
	content, err := os.ReadFile(path)
	first := lineTime.Find(content)
	if err != nil || first == nil {
		first = []byte("time=later")
	}
	var pid string
	if match := logName.FindStringSubmatch(filepath.Base(path)); match != nil {
		pid = match[1]
	}
	return fmt.Sprintf("%s %10s", first, pid)
}

// observed is what was written down, without times, ids, paths, ports and the name of the user.
func (w *world) observed() string {
	home := "/"
	if current, err := user.Current(); err == nil {
		home = current.HomeDir
	}
	text := lineTime.ReplaceAllString(w.seen.String(), "time=T")
	text = uuid.ReplaceAllStringFunc(text, func(id string) string {
		if !slices.Contains(w.ids, id) {
			w.ids = append(w.ids, id)
		}
		return fmt.Sprintf("UUID%d", slices.Index(w.ids, id)+1)
	})
	text = userName.ReplaceAllString(text, "${1}USER${2}UID${3}GID")
	text = tlsAlert.ReplaceAllString(text, `error="a TLS alert"`)
	text = strings.ReplaceAll(text, "dial tcp [::1]:", "dial tcp 127.0.0.1:") // where localhost is that first
	text = ephemera.ReplaceAllString(text, "127.0.0.1:EPHEMERAL->")
	for _, known := range [][2]string{{w.program.path, "BOUNDARY"},
		{w.servers.certificate, "UPSTREAM_CERTIFICATE"}, {w.shared, "XDG"}, {w.folder, "TMP"}} {
		text = strings.ReplaceAll(text, known[0], known[1])
	}
	text = regexp.MustCompile(regexp.QuoteMeta(home)+`(/\.config|\\")`).ReplaceAllString(text, "PASSWD_HOME$1")
	for _, known := range []struct {
		port int
		name string
	}{{w.port, "PORT"}, {w.servers.httpPort, "HTTP"}, {w.servers.httpsPort, "HTTPS"}, {w.servers.closedPort, "CLOSED"}} {
		text = regexp.MustCompile(`\b`+strconv.Itoa(known.port)+`\b`).ReplaceAllString(text, known.name)
	}
	return text
}
