// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var signalNumbers = map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL}

// eventually waits for what must come soon, and says whether it came.
func eventually(condition func() bool) bool {
	for end := time.Now().Add(timeLimit); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return true
		}
	}
	return false
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func parentOf(pid int) int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	parent, _ := strconv.Atoi(strings.Fields(after)[1]) // the kernel writes numbers
	return parent
}

// The command tells its PID, notes each signal that reaches it, and goes on until the file `go` is there.
const patient = `for s in TERM INT HUP USR1; do trap "echo $s >>got" $s; done
echo $$ >pid.new; mv pid.new pid
until [ -e go ]; do sleep 0.02; done; echo went on >>got; exit 3`

type running struct {
	command        *exec.Cmd
	stdout, stderr *os.File
	pid, child     int // the command, and Boundary's child
}

func (w *world) start(script string) *running {
	c := w.command(w.t.Context(), call{args: []string{"--log-dir", w.path("logs"), "--log-level=info", w.portFlag(), "--", "sh", "-c", script}})
	r := &running{command: c}
	var err error
	if r.stdout, err = os.Create(w.path("stdout")); err == nil {
		r.stderr, err = os.Create(w.path("stderr"))
	}
	if err != nil {
		w.t.Fatal(err)
	}
	c.Stdout, c.Stderr = r.stdout, r.stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) startPatient() *running {
	r := w.start(patient)
	if !eventually(func() bool { r.pid, _ = strconv.Atoi(strings.TrimSpace(w.read("pid"))); return r.pid != 0 }) {
		w.t.Fatalf("the command did not start: %s", w.read("stderr"))
	}
	r.child = parentOf(r.pid)
	w.note("the command's parent is Boundary's child: %t", parentOf(r.child) == r.command.Process.Pid)
	return r
}

// noteEndOf waits for Boundary alone, and says how it and the others fared.
func (w *world) noteEndOf(r *running, since time.Time) {
	tooLong := time.AfterFunc(timeLimit/4, func() { w.write("go", "") }) // it waits for its command, which waits for us
	_ = r.command.Wait()                                                 // its status is written down
	tooLong.Stop()
	w.noteEnd(r.command.ProcessState)
	w.note("within a second: %t", time.Since(since) < time.Second)
	w.note("the child ends: %t", eventually(func() bool { return !alive(r.child) }))
	time.Sleep(50 * time.Millisecond) // for a signal that must not come
	w.note("the command runs on: %t", alive(r.pid))
	w.note("its proxy takes connections: %t", w.proxyListens())
	w.write("go", "")
	w.note("the command ends: %t", eventually(func() bool { return !alive(r.pid) }))
	w.note("the command says: %s", strings.TrimSpace(w.read("got")))
	w.noteText("stdout", []byte(w.read("stdout")))
	w.noteText("stderr", []byte(w.read("stderr")))
	w.noteLogs()
}

func (w *world) proxyListens() bool {
	connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", w.port))
	if err == nil {
		connection.Close()
	}
	return err == nil
}

// signalled ends Boundary's parent alone.
func signalled(name string) func(*world) {
	return func(w *world) {
		r := w.startPatient()
		w.note("its proxy takes connections: %t", w.proxyListens())
		time.Sleep(20 * time.Millisecond) // the proxy's words about our connection
		started := time.Now()
		if err := r.command.Process.Signal(signalNumbers[name]); err != nil {
			w.t.Fatal(err)
		}
		w.noteEndOf(r, started)
	}
}

func childTerminated(w *world) {
	r := w.startPatient()
	started := time.Now()
	if err := syscall.Kill(r.child, syscall.SIGTERM); err != nil {
		w.t.Fatal(err)
	}
	w.noteEndOf(r, started)
}

// terminatedEarly: between the proxy's start and the command's there is nobody yet to answer a signal.
func terminatedEarly(w *world) {
	r := w.start("echo ran >got")
	if !eventually(w.proxyListens) {
		w.t.Fatal("the proxy did not start")
	}
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil {
		w.t.Fatal(err)
	}
	_ = r.command.Wait() // its status is written down
	w.noteEnd(r.command.ProcessState)
	w.note("the command: %s", strings.TrimSpace(w.read("got")))
	// Our own connection may or may not have been seen.
	text := bytes.Buffer{}
	text.WriteString(w.read("stderr"))
	w.noteText("stderr", text.Bytes())
	w.noteLogs()
}
