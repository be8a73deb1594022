// SPDX-License-Identifier: MIT

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	keyFile         = "ca-key.pem"
	certificateFile = "ca-cert.pem"
)

// authority signs certificates for the hosts that a command asks for. It is made once and kept in the user's folder.
type authority struct {
	logger      *slog.Logger
	folder      string
	certificate *x509.Certificate
	key         *rsa.PrivateKey

	mutex  sync.Mutex
	issued map[string]*tls.Certificate
}

// openAuthority takes the files that are there, or makes new ones where they are missing or of no use.
func openAuthority(logger *slog.Logger, user userInfo) (*authority, error) {
	a := &authority{logger: logger, folder: user.ConfigDir, issued: map[string]*tls.Certificate{}}
	logger.Debug("paths", "cm.configDir", a.folder, "caCertPath", filepath.Join(a.folder, certificateFile))
	switch problem, err := a.load(); {
	case problem == "":
		logger.Debug("Loaded existing CA certificate")
		return a, nil
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		logger.Warn(problem, "error", err)
	default:
		logger.Warn(problem)
	}
	logger.Info("Generating new CA certificate")
	if err := a.generate(user); err != nil {
		return nil, fmt.Errorf("failed to load or generate CA: %w", err)
	}
	return a, nil
}

// load returns what was wrong, in Boundary's words.
func (a *authority) load() (string, error) {
	for _, name := range []string{keyFile, certificateFile} {
		if _, err := os.Stat(filepath.Join(a.folder, name)); errors.Is(err, os.ErrNotExist) {
			return "missing", err
		}
	}
	text, err := os.ReadFile(filepath.Join(a.folder, keyFile))
	if err != nil {
		return "Failed to read CA key", err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return "Failed to decode CA key PEM", nil
	}
	if a.key, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
		return "Failed to parse CA private key", err
	}
	if text, err = os.ReadFile(filepath.Join(a.folder, certificateFile)); err != nil {
		return "Failed to read CA cert", err
	}
	if block, _ = pem.Decode(text); block == nil {
		return "Failed to decode CA cert PEM", nil
	}
	if a.certificate, err = x509.ParseCertificate(block.Bytes); err != nil {
		return "Failed to parse CA certificate", err
	}
	if time.Now().After(a.certificate.NotAfter) {
		return "CA certificate has expired", nil
	}
	return "", nil
}

func (a *authority) generate(user userInfo) error {
	if err := os.MkdirAll(a.folder, 0o700); err != nil {
		return fmt.Errorf("failed to create config directory at %s: %w", a.folder, err)
	}
	if err := os.Chown(a.folder, user.Uid, user.Gid); err != nil {
		a.logger.Warn("Failed to change config directory ownership", "error", err)
	}
	var err error
	if a.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return err
	}
	template := certificateTemplate("boundary-stand-in CA", 365*24*time.Hour)
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage |= x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		return err
	}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(a.key)}
	if err := os.WriteFile(filepath.Join(a.folder, keyFile), pem.EncodeToMemory(block), 0o600); err != nil {
		return fmt.Errorf("failed to create key file: %w", err)
	}
	if err := a.writeCertificate(); err != nil {
		return fmt.Errorf("failed to create cert file: %w", err)
	}
	return nil
}

// writeCertificate happens at every start, also of an authority that was there: readers can see a file that is cut
// short.
func (a *authority) writeCertificate() error {
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
	return os.WriteFile(filepath.Join(a.folder, certificateFile), text, 0o644)
}

// serverConfig answers a client with a certificate for the name that it asks for. A client that names no host, as for
// an address, is refused.
func (a *authority) serverConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName == "" {
				return nil, errors.New("no server name provided")
			}
			return a.issue(hello.ServerName)
		},
	}
}

func (a *authority) issue(name string) (*tls.Certificate, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if known := a.issued[name]; known != nil {
		return known, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // Boundary takes RSA, which is slow to make
	if err != nil {
		return nil, err
	}
	template := certificateTemplate(name, 24*time.Hour)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.DNSNames = []string{name}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	a.issued[name] = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	for range 2 { // Boundary says it twice
		a.logger.Debug("Generated certificate", "hostname", name)
	}
	return a.issued[name], nil
}

func certificateTemplate(name string, lifetime time.Duration) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour), // Boundary's begin now, which a client whose clock lags does not take
		NotAfter:     time.Now().Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}
