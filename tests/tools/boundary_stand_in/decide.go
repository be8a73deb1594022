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
	"strings"
)

// decide logs the decision before anything is sent on.
func (p *proxy) decide(connection net.Conn, request *http.Request, scheme string) {
	p.logger.Debug("   Host", "host", request.Host)
	p.logger.Debug("   User-Agent", "user-agent", request.Header.Get("User-Agent"))
	target := request.URL.String()
	if request.URL.Scheme == "" {
		target = scheme + "://" + request.Host + target
	}
	for i := range p.rules {
		if p.rules[i].matches(p.logger, request.Method, target) {
			p.logger.Info("ALLOW", "method", request.Method, "url", target, "host", request.Host, "rule", p.rules[i].raw)
			p.forward(connection, request, scheme)
			return
		}
	}
	p.logger.Warn("DENY", "method", request.Method, "url", target, "host", request.Host)
	p.refuse(connection, request)
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
func (p *proxy) forward(connection net.Conn, request *http.Request, scheme string) {
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
