// SPDX-License-Identifier: MIT

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	auditBatch  = 10
	auditQueue  = 2 * auditBatch
	auditPeriod = 5 * time.Second
)

// decision is what the workspace agent is told of a request.
type decision struct {
	at                time.Time
	number            int32
	allowed           bool
	method, url, rule string
}

// auditor sends decisions to the workspace agent: ten at a time, and what is fewer after 5 s. What has not gone when the
// command ends never goes, as with Boundary.
type auditor struct {
	logger           *slog.Logger
	socket           string
	session, process string // empty in versions that do not send them
	queue            chan decision
	connection       net.Conn
	batch            []decision
}

// newAuditor looks for the socket once. Without one there is no auditor, and decisions are logged only.
func newAuditor(version version, logger *slog.Logger, config config) (*auditor, error) {
	if config.DisableAuditLogs {
		logger.Warn("Audit logs are disabled by configuration")
		return nil, nil
	}
	socket := config.LogProxySocketPath
	if socket == "" {
		return nil, errors.New("log proxy socket path is undefined")
	}
	switch _, err := os.Stat(socket); {
	case errors.Is(err, fs.ErrNotExist):
		logger.Warn("Audit logs are disabled; workspace agent has not created log proxy socket", "socket", socket)
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("failed to stat log proxy socket: %w", err)
	}
	a := &auditor{logger: logger, socket: socket, session: config.SessionID, queue: make(chan decision, auditQueue)}
	if version.correlates {
		a.process = filepath.Base(config.TargetCMD[0])
	}
	go a.run()
	return a, nil
}

func (a *auditor) take(d decision) {
	if a == nil {
		return
	}
	if a.session == "" {
		d.number = 0 // a version without sessions numbers nothing
	}
	select {
	case a.queue <- d:
	default:
		a.logger.Warn("audit log dropped, channel full")
	}
}

func (a *auditor) run() {
	a.connect()
	timer := time.NewTimer(auditPeriod)
	timer.Stop()
	flush := func() bool {
		timer.Stop()
		if a.flush() {
			return true
		}
		timer.Reset(auditPeriod)
		return false
	}
	for {
		select {
		case <-timer.C:
			flush()
		case d := <-a.queue:
			if len(a.batch) == auditBatch && !flush() {
				a.logger.Warn("audit log dropped, batch full")
				continue
			}
			a.batch = append(a.batch, d)
			switch len(a.batch) {
			case 1:
				timer.Reset(auditPeriod)
			case auditBatch:
				flush()
			}
		}
	}
}

func (a *auditor) connect() {
	connection, err := net.Dial("unix", a.socket)
	if err != nil {
		a.logger.Warn("failed to connect to audit socket", "path", a.socket, "error", err)
		return
	}
	a.connection = connection
}

// flush tells whether the batch has gone.
func (a *auditor) flush() bool {
	if a.connection == nil {
		a.connect()
	}
	if a.connection == nil {
		a.logger.Warn("no connection to flush; resetting batch timer", "duration_sec", auditPeriod.Seconds(), "batch_size", len(a.batch))
		return false
	}
	if _, err := a.connection.Write(a.frame()); err != nil {
		a.logger.Warn("failed to flush audit logs; resetting batch timer to reconnect and retry",
			"error", fmt.Errorf("write logs: %w", err), "duration_sec", auditPeriod.Seconds(), "batch_size", len(a.batch))
		a.connection.Close()
		a.connection = nil
		return false
	}
	a.batch = a.batch[:0]
	return true
}

// frame is the batch on the wire: a tag, the length in 24 bits, and the message in Protocol Buffers.
func (a *auditor) frame() []byte {
	var report []byte
	for _, d := range a.batch {
		report = appendBytes(report, 1, d.encoded())
	}
	report = appendText(report, 2, a.session)
	report = appendText(report, 3, a.process)
	const tag = 2
	message := appendBytes(nil, 1, report)
	return append(binary.BigEndian.AppendUint32(nil, tag<<24|uint32(len(message))), message...)
}

func (d decision) encoded() []byte {
	var log []byte
	if d.allowed {
		log = appendNumber(log, 1, 1)
	}
	log = appendBytes(log, 2, appendNumber(appendNumber(nil, 1, uint64(d.at.Unix())), 2, uint64(d.at.Nanosecond())))
	log = appendBytes(log, 3, appendText(appendText(appendText(nil, 1, d.method), 2, d.url), 3, d.rule))
	return appendNumber(log, 4, uint64(d.number))
}

func appendBytes(to []byte, field uint64, value []byte) []byte {
	to = binary.AppendUvarint(to, field<<3|2)
	return append(binary.AppendUvarint(to, uint64(len(value))), value...)
}

func appendText(to []byte, field uint64, value string) []byte {
	if value == "" {
		return to
	}
	return appendBytes(to, field, []byte(value))
}

func appendNumber(to []byte, field, value uint64) []byte {
	if value == 0 {
		return to
	}
	return binary.AppendUvarint(binary.AppendUvarint(to, field<<3), value)
}
