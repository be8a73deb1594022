// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The headers of session correlation, as the AI Gateway looks for them.
const (
	sessionHeader = "X-Coder-Agent-Firewall-Session-Id"
	numberHeader  = "X-Coder-Agent-Firewall-Sequence-Number"
)

// decide numbers and logs the decision before anything is sent on. Of requests at once, one with a higher number may be
// logged before one with a lower, as with Boundary.
func (p *proxy) decide(connection net.Conn, request *http.Request, scheme string) {
	p.logger.Debug("   Host", "host", request.Host)
	p.logger.Debug("   User-Agent", "user-agent", request.Header.Get("User-Agent"))
	target := request.URL.String()
	if request.URL.Scheme == "" {
		target = scheme + "://" + request.Host + target
	}
	allowing := p.firstMatch(p.rules, request.Method, target)
	decision := decision{at: time.Now(), number: p.decisions.Add(1) - 1, method: request.Method, url: target}
	if allowing == nil {
		p.logger.Warn("DENY", "method", request.Method, "url", target, "host", request.Host)
		p.auditor.take(decision)
		p.refuse(connection, request)
		return
	}
	decision.allowed, decision.rule = true, allowing.raw
	p.logger.Info("ALLOW", "method", request.Method, "url", target, "host", request.Host, "rule", allowing.raw)
	p.auditor.take(decision)
	p.forward(connection, request, scheme, decision.number)
}

func (p *proxy) firstMatch(rules []rule, method, target string) *rule {
	for i := range rules {
		if rules[i].matches(p.logger, method, target) {
			return &rules[i]
		}
	}
	return nil
}

func (p *proxy) refuse(connection net.Conn, request *http.Request) {
	body := fmt.Sprintf("Request blocked by boundary-stand-in: %s %s\n", request.Method, request.Host)
	response := &http.Response{
		StatusCode: http.StatusForbidden, ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"text/plain"}},
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}
	if err := response.Write(connection); err != nil {
		p.logger.Error("Failed to write blocker response", "error", err)
		return
	}
	p.logger.Debug("Successfully wrote to connection")
}

// forward gives no answer where it fails: a plain connection ends, a tunnel stays open and silent.
func (p *proxy) forward(connection net.Conn, request *http.Request, scheme string, number int32) {
	// The Host header says where to, not the request line and not the CONNECT.
	target := url.URL{Scheme: scheme, Host: request.Host, Path: request.URL.Path, RawPath: request.URL.RawPath,
		RawQuery: request.URL.RawQuery}
	var body io.Reader
	if request.Method != http.MethodGet && request.Method != http.MethodHead {
		body = request.Body
	}
	outgoing, err := http.NewRequest(request.Method, target.String(), body)
	if err != nil {
		p.logger.Error("can't create http request", "error", err)
		return
	}
	outgoing.Header = request.Header.Clone()
	outgoing.Header.Del("Connection")
	outgoing.Header.Del("Proxy-Connection")
	if p.firstMatch(p.targets, "", target.String()) != nil {
		outgoing.Header.Set(sessionHeader, p.session)
		outgoing.Header.Set(numberHeader, strconv.Itoa(int(number)))
	}

	client := http.Client{Transport: p.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(outgoing)
	if err != nil {
		p.logger.Error("Failed to forward HTTPS request", "error", err) // so called for plain HTTP, too
		return
	}
	defer response.Body.Close()
	p.logger.Debug("🔒 HTTPS Response", "status code", response.StatusCode, "status", response.Status)
	p.logger.Debug("Forwarded Request", "method", outgoing.Method, "host", outgoing.Host, "URL", outgoing.URL)
	content, err := io.ReadAll(response.Body)
	if err != nil {
		p.logger.Error("can't read response body", "error", err)
		return
	}
	response.ContentLength = int64(len(content))
	response.TransferEncoding = nil
	response.Body = io.NopCloser(bytes.NewReader(content))
	response.Proto, response.ProtoMajor, response.ProtoMinor = "HTTP/1.1", 1, 1
	if err := response.Write(connection); err != nil {
		p.logger.Error("Failed to forward back HTTP response", "error", err, "host", request.Host, "method", request.Method)
		return
	}
	p.logger.Debug("Successfully wrote to connection")
}

// newTransport leads every request to `upstream` as plain HTTP, if there is one.
func newTransport(upstream string) http.RoundTripper {
	if upstream == "" {
		return http.DefaultTransport
	}
	return upstreamTransport{&http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, upstream)
		},
	}}
}

type upstreamTransport struct{ plain http.RoundTripper }

func (t upstreamTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	outgoing := request.Clone(request.Context())
	outgoing.URL.Scheme = "http"
	return t.plain.RoundTrip(outgoing)
}
