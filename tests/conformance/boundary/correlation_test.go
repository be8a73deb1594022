// SPDX-License-Identifier: MIT

package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
)

// auditRecords: what the workspace agent is told of ten decisions, which is a batch. The command ends once it has been told,
// as what has not gone by then may never go.
func auditRecords(w *world) {
	listener, err := net.Listen("unix", w.path("audit.sock"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer listener.Close()
	if err := syscall.Mkfifo(w.path("told"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	told, err := os.OpenFile(w.path("told"), os.O_RDWR, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	defer told.Close()
	heard := make(chan string, 1)
	go func() {
		heard <- hear(listener)
		fmt.Fprintln(told)
	}()
	w.job("info", `
for i in 1 2 3 4; do get "http://127.0.0.1:@HTTP/$i?q=%20"; get -d x "http://denied.example/$i"; done
get https://localhost:@HTTPS/x -o answer https://localhost:@HTTPS/y
read -r < told
`, "domain=127.0.0.1 method=GET", "domain=localhost")
	listener.Close()
	w.note("%s", <-heard)
}

// hear reads until it has been told of ten decisions: in one frame, or in several where the machine is slow.
func hear(listener net.Listener) string {
	connection, err := listener.Accept()
	if err != nil {
		return "nobody came"
	}
	defer connection.Close()
	var who, decisions []string
	for len(decisions) < 10 {
		var head [4]byte
		if _, err := io.ReadFull(connection, head[:]); err != nil {
			return "no frame: " + err.Error()
		}
		word := binary.BigEndian.Uint32(head[:])
		message := make([]byte, word&0xffffff)
		if _, err := io.ReadFull(connection, message); err != nil {
			return "no message: " + err.Error()
		}
		report := parseFields([]byte(parseFields(message).text(1)))
		who = append(who, fmt.Sprintf("tag %d, session %q, process %q", word>>24, report.text(2), report.text(3)))
		for _, log := range report {
			if log.number == 1 {
				entry := parseFields(log.bytes)
				request := parseFields([]byte(entry.text(3)))
				decisions = append(decisions, fmt.Sprintf("  %d allowed=%d %s %s rule=%q", entry.value(4), entry.value(1),
					request.text(1), request.text(2), request.text(3)))
			}
		}
	}
	return strings.Join(append(slices.Compact(who), decisions...), "\n")
}

// fields are those of a message in Protocol Buffers: numbers, and bytes that may be a text or a message.
type fields []field

type field struct {
	number, value uint64
	bytes         []byte
}

func parseFields(message []byte) fields {
	var found fields
	for len(message) > 0 {
		key, n := binary.Uvarint(message)
		value, m := binary.Uvarint(message[max(n, 0):])
		if n <= 0 || m <= 0 {
			return found
		}
		message = message[n+m:]
		f := field{number: key >> 3, value: value}
		if key&7 == 2 {
			f.bytes, message = message[:min(value, uint64(len(message)))], message[min(value, uint64(len(message))):]
		}
		found = append(found, f)
	}
	return found
}

func (f fields) text(number uint64) string {
	for _, one := range f {
		if one.number == number {
			return string(one.bytes)
		}
	}
	return ""
}

func (f fields) value(number uint64) uint64 {
	for _, one := range f {
		if one.number == number {
			return one.value
		}
	}
	return 0
}

// sessionCorrelation: which of the forwarded requests bear the session and their number. What the client says of them itself
// is not heeded.
func sessionCorrelation(w *world) {
	const script = `
get http://127.0.0.1:@HTTP/other; get http://denied.example/v1/x; get http://127.0.0.1:@HTTP/v1/x
get -H 'X-Coder-Agent-Firewall-Session-Id: forged' -H 'X-Coder-Agent-Firewall-Sequence-Number: 7' http://127.0.0.1:@HTTP/v1/y
get -d x http://localhost:@HTTP/v1/z
get -d x https://localhost:@HTTPS/api/v2/ai-gateway/v1/messages; get -d x https://localhost:@HTTPS/api/v2/aibridge/v1/messages
`
	const enabled = "BOUNDARY_SESSION_CORRELATION_ENABLED=true"
	for _, env := range [][]string{
		{enabled, "BOUNDARY_SESSION_ID_INJECT_TARGET=domain=127.0.0.1 path=/v1/*"},
		{enabled, "CODER_AGENT_URL=https://localhost:1/"},
		{"BOUNDARY_SESSION_ID_INJECT_TARGET=domain=127.0.0.1"},
	} {
		w.note("%s", strings.Join(env, ", "))
		w.jobWith(env, "info", script, local...)
	}
}
