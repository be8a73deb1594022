// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
)

// proxy reads requests, decides and forwards. It listens on all addresses, as Boundary does.
type proxy struct {
	logger    *slog.Logger
	rules     []rule
	auditor   *auditor
	session   string
	targets   []rule // whose requests bear the session and their number
	authority *authority
	upstream  string

	listener  net.Listener
	stopped   atomic.Bool
	decisions atomic.Int32
	transport http.RoundTripper
}

func (p *proxy) start(port int64) error {
	p.logger.Info("Starting HTTP proxy with TLS termination", "port", port)
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		p.logger.Error("Failed to create HTTP listener", "error", err)
		return err
	}
	p.listener = listener
	p.transport = newTransport(p.upstream)
	go p.accept()
	return nil
}

// stop leaves the open connections to the end of the process.
func (p *proxy) stop() {
	p.stopped.Store(true)
	if err := p.listener.Close(); err != nil {
		p.logger.Error("Failed to close listener", "error", err)
	}
}

func (p *proxy) accept() {
	for {
		connection, err := p.listener.Accept()
		switch {
		case err == nil:
			go p.serve(connection)
		case p.stopped.Load() && errors.Is(err, net.ErrClosed):
			return
		default:
			p.logger.Error("Failed to accept connection", "error", err)
		}
	}
}

// serve tells TLS from plain HTTP by the first byte.
func (p *proxy) serve(connection net.Conn) {
	first := make([]byte, 1)
	if n, err := connection.Read(first); err != nil || n == 0 {
		err = fmt.Errorf("failed to read first byte from connection: %w, read %d bytes", err, n)
		p.logger.Error("Failed to check connection type", "error", err)
		p.close(connection, "Failed to close connection")
		return
	}
	whole := prefixed{connection, io.MultiReader(bytes.NewReader(first), connection)}
	const firstRecordType, lastRecordType = 0x14, 0x17 // of TLS
	if first[0] >= firstRecordType && first[0] <= lastRecordType {
		p.logger.Debug("TLS detected", "first byte", first[0])
		p.logger.Debug("🔒 Detected TLS connection - handling as HTTPS")
		p.serveTLS(whole)
		return
	}
	p.logger.Debug("🌐 Detected HTTP connection")
	p.servePlain(whole)
}

// prefixed gives back what was read ahead.
type prefixed struct {
	net.Conn
	reader io.Reader
}

func (c prefixed) Read(p []byte) (int, error) { return c.reader.Read(p) }

func (p *proxy) close(connection io.Closer, failure string) {
	if err := connection.Close(); err != nil {
		p.logger.Error(failure, "error", err)
	}
}

// servePlain takes one request and ends the connection, also where the client would keep it.
func (p *proxy) servePlain(connection net.Conn) {
	defer p.close(connection, "Failed to close connection")
	request, err := http.ReadRequest(bufio.NewReader(connection))
	if err != nil {
		p.logger.Error("Failed to read HTTP request", "error", err)
		return
	}
	if request.Method == http.MethodConnect {
		p.serveTunnel(connection, request.Host)
		return
	}
	p.logger.Debug("🌐 HTTP Request", "method", request.Method, "url", request.URL.String())
	p.decide(connection, request, "http")
}

// serveTLS is for a client that speaks TLS to the proxy itself.
func (p *proxy) serveTLS(connection net.Conn) {
	secure := tls.Server(connection, p.authority.serverConfig())
	defer p.close(secure, "Failed to close TLS connection")
	if err := secure.Handshake(); err != nil {
		p.logger.Error("TLS handshake failed", "error", err)
		return
	}
	p.logger.Debug("✅ TLS handshake successful")
	request, err := http.ReadRequest(bufio.NewReader(secure))
	if err != nil {
		p.logger.Error("Failed to read HTTPS request", "error", err)
		return
	}
	p.logger.Debug("🔒 HTTPS Request", "method", request.Method, "url", request.URL.String())
	p.decide(secure, request, "https")
}

// serveTunnel answers a CONNECT, which is not audited: what comes through the tunnel is, until the client ends it.
func (p *proxy) serveTunnel(connection net.Conn, target string) {
	p.logger.Debug("🔌 CONNECT request", "target", target)
	if _, err := io.WriteString(connection, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		p.logger.Error("Failed to send CONNECT response", "error", err)
		return
	}
	p.logger.Debug("CONNECT tunnel established", "target", target)
	secure := tls.Server(connection, p.authority.serverConfig())
	if err := secure.Handshake(); err != nil {
		p.logger.Error("TLS handshake failed in CONNECT tunnel", "error", err)
		return
	}
	p.logger.Debug("✅ TLS handshake successful in CONNECT tunnel")
	reader := bufio.NewReader(secure)
	for {
		request, err := http.ReadRequest(reader)
		if errors.Is(err, io.EOF) {
			p.logger.Debug("CONNECT tunnel closed by client")
			return
		}
		if err != nil {
			p.logger.Error("Failed to read HTTP request from CONNECT tunnel", "error", err)
			return
		}
		p.logger.Debug("🔒 HTTP Request in CONNECT tunnel", "method", request.Method, "url", request.URL.String(),
			"target", request.Host)
		p.decide(secure, request, "https")
	}
}
