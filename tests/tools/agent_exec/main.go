// SPDX-License-Identifier: MIT

// Command agent-exec runs one command as the Coder agent runs a tool call of Coder Agents, for tests: package
// github.com/coder/coder/v2/agent/agentproc cannot be imported here (the module registry refuses the versions that have
// it), so this does what its manager.start, signal and Close do. It starts the `sh` that is first on its own PATH with
// -c, no stdin, a process group of its own, stdout and stderr merged in one pipe, and CODER_CHAT_ID last in the
// environment, on top of what the execute tool sets (coderd/x/chatd/chattool/execute.go).
//
// SIGTERM is the agent's "terminate", SIGINT its "kill": both go to the whole group. It exits with the command's status;
// where the agent reports -1 (killed by a signal), with 128 and the signal's number, as shells do.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// What the execute tool adds to a call's environment.
var toolEnvironment = []string{
	"CODER_CHAT_AGENT=true", "GIT_EDITOR=true", "GIT_SEQUENCE_EDITOR=true", "EDITOR=true", "VISUAL=true",
	"GIT_TERMINAL_PROMPT=0", "NO_COLOR=1", "TERM=dumb", "PAGER=cat", "GIT_PAGER=cat",
}

// merged makes os/exec use one pipe for both outputs, as it does for the agent's buffer; an *os.File would be inherited.
type merged struct{ io.Writer }

func run(chatID, command string) (int, error) {
	cmd := exec.Command("sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 5 * time.Second
	output := &merged{os.Stdout}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Env = append(os.Environ(), toolEnvironment...)
	if chatID != "" {
		cmd.Env = append(cmd.Env, "CODER_CHAT_ID="+chatID)
	}

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case received := <-signals:
			number := syscall.SIGTERM
			if received == syscall.SIGINT {
				number = syscall.SIGKILL
			}
			_ = syscall.Kill(-cmd.Process.Pid, number) // fails only when the group is gone, which `ended` tells
		case err := <-ended:
			return statusOf(cmd, err)
		}
	}
}

func statusOf(cmd *exec.Cmd, err error) (int, error) {
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		return 0, err
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

func main() {
	chatID := flag.String("chat-id", "", "chat that the call belongs to; empty = no tool call")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: agent-exec [-chat-id ID] COMMAND")
		os.Exit(2)
	}
	status, err := run(*chatID, flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "agent-exec:", err)
		os.Exit(255)
	}
	os.Exit(status)
}
