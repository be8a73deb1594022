// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

type proxy struct {
	logger    *slog.Logger
	rules     []rule
	authority *authority
	upstream  string
	listener  net.Listener
	transport *http.Transport

	mutex       sync.Mutex
	connections map[net.Conn]struct{}
	handlers    sync.WaitGroup
}

func startProxy(logger *slog.Logger, rules []rule, authority *authority, o options) (*proxy, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.proxyPort)))
	if err != nil {
		return nil, err
	}
	p := &proxy{logger: logger, rules: rules, authority: authority, upstream: o.upstream, listener: listener,
		connections: map[net.Conn]struct{}{}}
	// The proxy variables in our own environment must not lead a forwarded request elsewhere.
	p.transport = &http.Transport{DisableCompression: true}
	if p.upstream != "" {
		p.transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, p.upstream)
		}
	}
	logger.Info("Starting HTTP proxy with TLS termination", "port", listener.Addr().(*net.TCPAddr).Port)
	p.handlers.Add(1)
	go p.accept()
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// stop ends the open connections, so that nothing is logged after it returns.
func (p *proxy) stop() {
	p.listener.Close()
	p.mutex.Lock()
	for connection := range p.connections {
		connection.Close()
	}
	p.connections = nil
	p.mutex.Unlock()
	p.handlers.Wait()
	p.transport.CloseIdleConnections()
}

func (p *proxy) accept() {
	defer p.handlers.Done()
	for {
		connection, err := p.listener.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				p.logger.Error("Failed to accept connection", "error", err)
			}
			return
		}
		if !p.track(connection) {
			return
		}
		go func() {
			defer p.handlers.Done()
			defer p.forget(connection)
			p.serve(connection, "http", "Failed to read HTTP request")
		}()
	}
}

func (p *proxy) track(connection net.Conn) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.connections == nil {
		connection.Close()
		return false
	}
	p.connections[connection] = struct{}{}
	p.handlers.Add(1)
	return true
}

func (p *proxy) forget(connection net.Conn) {
	connection.Close()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.connections, connection)
}

// serve reads requests off one connection until it ends. A CONNECT is answered and not audited: what comes through the
// tunnel is.
func (p *proxy) serve(connection net.Conn, scheme, readFailure string) {
	reader := bufio.NewReader(connection)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				p.logger.Error(readFailure, "error", err)
			}
			return
		}
		if request.Method == http.MethodConnect && scheme == "http" {
			p.serveTunnel(connection, reader, request.Host)
			return
		}
		if !p.decide(connection, request, scheme) {
			return
		}
	}
}

func (p *proxy) serveTunnel(connection net.Conn, reader *bufio.Reader, target string) {
	if _, err := io.WriteString(connection, "HTTP/1.1 200 Connection Established\r\n\r\n"); err != nil {
		p.logger.Error("Failed to send CONNECT response", "error", err)
		return
	}
	const readFailure = "Failed to read HTTP request from CONNECT tunnel"
	inner := bufferedConnection{connection, reader}
	first, err := reader.Peek(1)
	if err != nil {
		return
	}
	const tlsHandshakeRecord = 0x16
	if first[0] != tlsHandshakeRecord {
		p.serve(inner, "http", readFailure)
		return
	}
	host, _, err := net.SplitHostPort(target)
	if err != nil {
		host = target
	}
	secure := tls.Server(inner, p.authority.serverConfig(host))
	if err := secure.Handshake(); err != nil {
		p.logger.Error("TLS handshake failed in CONNECT tunnel", "error", err)
		return
	}
	p.serve(secure, "https", readFailure)
}

// bufferedConnection gives back what the reader took ahead of the tunnel.
type bufferedConnection struct {
	net.Conn
	reader *bufio.Reader
}

func (c bufferedConnection) Read(p []byte) (int, error) { return c.reader.Read(p) }

// decide logs the decision before anything is sent on, and tells whether the connection can go on.
func (p *proxy) decide(connection net.Conn, request *http.Request, scheme string) bool {
	url := request.URL.String()
	if !request.URL.IsAbs() {
		url = scheme + "://" + request.Host + url
	}
	for _, rule := range p.rules {
		if rule.matches(request) {
			p.logger.Info("ALLOW", "method", request.Method, "url", url, "host", request.Host, "rule", rule.raw)
			return p.forward(connection, request, scheme)
		}
	}
	p.logger.Warn("DENY", "method", request.Method, "url", url, "host", request.Host)
	body := "Request blocked by boundary-stand-in\n"
	if err := respond(connection, request, http.StatusForbidden, body); err != nil {
		p.logger.Error("Failed to write blocker response", "error", err)
		return false
	}
	return drain(request)
}

func (p *proxy) forward(connection net.Conn, request *http.Request, scheme string) bool {
	outgoing := request.Clone(context.Background())
	outgoing.RequestURI = ""
	outgoing.URL.Scheme = scheme
	if p.upstream != "" {
		outgoing.URL.Scheme = "http"
	}
	if outgoing.URL.Host == "" {
		outgoing.URL.Host = request.Host
	}
	for _, hopByHop := range []string{"Connection", "Proxy-Connection", "Proxy-Authorization", "Keep-Alive", "Te", "Upgrade"} {
		outgoing.Header.Del(hopByHop)
	}
	response, err := p.transport.RoundTrip(outgoing)
	if err != nil {
		p.logger.Error(fmt.Sprintf("Failed to forward %s request", strings.ToUpper(scheme)), "error", err)
		_ = respond(connection, request, http.StatusBadGateway, err.Error()+"\n") // the connection ends either way
		return false
	}
	defer response.Body.Close()
	response.Request = request // a HEAD has no body to wait for
	if err := response.Write(connection); err != nil {
		p.logger.Error("Failed to forward back HTTP response", "error", err, "host", request.Host, "method", request.Method)
		return false
	}
	return !response.Close && !request.Close
}

func respond(connection net.Conn, request *http.Request, status int, body string) error {
	response := &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header:        http.Header{"Content-Type": {"text/plain"}},
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}
	return response.Write(connection)
}

// drain skips what is left of the request's body and tells whether another request may follow.
func drain(request *http.Request) bool {
	_, err := io.Copy(io.Discard, request.Body)
	return err == nil && !request.Close
}
