// SPDX-License-Identifier: MIT

package loki

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// program is a Loki or the stand-in, as one version of it.
type program struct {
	name, version, path string
	arguments           []string
}

// server is a running program with a folder of its own.
type server struct {
	program program
	folder  string
	url     string
	command *exec.Cmd
}

const settings = `auth_enabled: true
server: {http_listen_address: 127.0.0.1, http_listen_port: %d, grpc_listen_address: 127.0.0.1, grpc_listen_port: %d, log_level: error}
common:
  path_prefix: %[3]s
  instance_addr: 127.0.0.1
  replication_factor: 1
  ring: {kvstore: {store: inmemory}, instance_addr: 127.0.0.1}
  storage: {filesystem: {chunks_directory: %[3]s/chunks, rules_directory: %[3]s/rules}}
schema_config: {configs: [{from: 2020-01-01, store: tsdb, object_store: filesystem, schema: v13, index: {prefix: index_, period: 24h}}]}
frontend: {address: 127.0.0.1}
ingester: {query_store_max_look_back_period: -1, lifecycler: {min_ready_duration: 0s}}
query_range: {cache_results: false}
analytics: {reporting_enabled: false}
limits_config: {%[4]s}
`

// freePort holds the port until the test ends, by a socket that does not listen: the kernel gives it to nobody else, yet
// a server that asks for it with SO_REUSEADDR, as servers do, can have it.
func freePort(t *testing.T) int {
	t.Helper()
	held, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(held) })
	if err := syscall.SetsockoptInt(held, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(held, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(held)
	if err != nil {
		t.Fatal(err)
	}
	return name.(*syscall.SockaddrInet4).Port
}

// start runs the program with these limits until the test ends.
func start(t *testing.T, p program, limits string) *server {
	t.Helper()
	s := &server{program: p, folder: t.TempDir()}
	port := freePort(t)
	s.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	text := fmt.Sprintf(settings, port, freePort(t), s.folder, limits)
	if err := os.WriteFile(filepath.Join(s.folder, "loki.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s.run(t)
	t.Cleanup(s.kill)
	return s
}

func (s *server) run(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(s.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	s.command = exec.Command(s.program.path, append([]string{"-config.file=" + filepath.Join(s.folder, "loki.yaml")}, s.program.arguments...)...)
	s.command.Env = append(os.Environ(), "TZ=UTC") // Loki tells times in its own zone
	s.command.Stdout, s.command.Stderr = log, log
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = log.Close()
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		status, _ := s.ask("probe", "/loki/api/v1/query?query="+`sum(count_over_time(%7Bprobe%3D%22none%22%7D%5B1m%5D))`, nil)
		if status == http.StatusOK {
			return
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			t.Fatalf("%s does not answer:\n%s", s.program.name, text)
		}
	}
}

// kill ends it as SIGKILL does.
func (s *server) kill() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
}

func (s *server) ask(tenant, path string, headers map[string]string) (int, string) {
	request, err := http.NewRequest("GET", s.url+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	return s.do(request, tenant, headers)
}

func (s *server) do(request *http.Request, tenant string, headers map[string]string) (int, string) {
	if tenant != "" {
		request.Header.Set("X-Scope-OrgID", tenant)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(body)
}
