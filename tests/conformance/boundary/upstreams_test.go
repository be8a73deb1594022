// SPDX-License-Identifier: MIT

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// upstreams are the servers that allowed requests come to, and a port that nobody listens on.
type upstreams struct {
	plain, secure                   *httptest.Server
	httpPort, httpsPort, closedPort int
	certificate                     string // a file: what a client must trust to reach `secure`

	mutex sync.Mutex
	came  []string
}

func startUpstreams(folder string) (*upstreams, error) {
	u := &upstreams{}
	u.plain = httptest.NewServer(u)
	certificate, err := selfSigned("localhost")
	if err != nil {
		return nil, err
	}
	u.secure = httptest.NewUnstartedServer(u)
	u.secure.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	u.secure.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it
	u.secure.StartTLS()
	u.httpPort = u.plain.Listener.Addr().(*net.TCPAddr).Port
	u.httpsPort = u.secure.Listener.Addr().(*net.TCPAddr).Port
	u.closedPort = freePort()
	u.certificate = filepath.Join(folder, "upstream.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	return u, os.WriteFile(u.certificate, text, 0o644)
}

func selfSigned(name string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, IsCA: true,
		BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// ServeHTTP notes what came, and answers with it.
func (u *upstreams) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what came of it is noted
	var headers []string
	for name, values := range r.Header {
		if name != "User-Agent" {
			headers = append(headers, name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(headers)
	line := fmt.Sprintf("%s %s host=%s %v length=%d body=%q", r.Method, r.RequestURI, r.Host, headers, r.ContentLength, body)
	u.mutex.Lock()
	u.came = append(u.came, line)
	u.mutex.Unlock()
	w.Header().Set("Date", "Thu, 01 Jan 1970 00:00:00 GMT")
	switch r.URL.Path {
	case "/redirect":
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	case "/large":
		_, _ = w.Write(make([]byte, 1<<20)) // a client that goes away is its own affair
	case "/nothing":
		w.WriteHeader(http.StatusNoContent)
	case "/cut":
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "cut short")
	default:
		fmt.Fprintln(w, "upstream:", r.Method, r.RequestURI)
	}
}

// takeSeen returns what has come since the last time.
func (u *upstreams) takeSeen() []string {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	seen := u.came
	u.came = nil
	return seen
}
