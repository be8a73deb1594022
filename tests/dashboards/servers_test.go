// SPDX-License-Identifier: MIT

package dashboards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	root       = must(filepath.Abs("../.."))
	tools      = filepath.Join(root, "build/tools/bin")
	dashboards = filepath.Join(root, "dashboards")
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// bridgeBinary is the boundary-loki under test.
func bridgeBinary() string {
	if path := os.Getenv("BOUNDARY_LOKI_BINARY"); path != "" {
		return path
	}
	return filepath.Join(root, "build/release/boundary-loki")
}

// lokiProgram is the Loki that this run tests against: BOUNDARY_LOKI_TEST_LOKI, else the stand-in.
func lokiProgram() string {
	if path := os.Getenv("BOUNDARY_LOKI_TEST_LOKI"); path != "" {
		return path
	}
	return filepath.Join(tools, "loki-stand-in")
}

// freeAddress holds its port as long as this process lives, by a socket that does not listen: the kernel gives it to
// nobody else, yet a server that asks for it with SO_REUSEADDR, as servers do, can have it.
func freeAddress() string {
	held := must(syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0))
	if err := syscall.SetsockoptInt(held, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		panic(err)
	}
	if err := syscall.Bind(held, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		panic(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", must(syscall.Getsockname(held)).(*syscall.SockaddrInet4).Port)
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func run(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	output, err := exec.Command(name, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, output)
	}
	return string(output)
}

func output(name string, arguments ...string) (string, error) {
	text, err := exec.Command(name, arguments...).Output()
	return string(text), err
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(90 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 90 s: %s", what)
		}
	}
}

// start runs a server until the test ends; its log is shown when the test fails.
func start(t *testing.T, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	log := must(os.Create(filepath.Join(t.TempDir(), filepath.Base(name)+".log")))
	command := exec.Command(name, arguments...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = log.Close()
		if t.Failed() {
			text := must(os.ReadFile(log.Name()))
			t.Logf("%s:\n%s", name, text[max(0, len(text)-4000):])
		}
	})
	return command
}

// server is a Loki (one tenant of it) or a Prometheus.
type server struct {
	url    string // of the API that ends in /api/v1
	base   string
	tenant string
}

func (s server) of(tenant string) server { s.tenant = tenant; return s }

func (s server) get(address string, parameters url.Values) (int, []byte) {
	request := must(http.NewRequest("GET", address+"?"+parameters.Encode(), nil))
	request.Header.Set("X-Scope-OrgID", s.tenant)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer response.Body.Close()
	return response.StatusCode, must(io.ReadAll(response.Body))
}

// stream is what another shipper pushes: by nanosecond, a line.
type stream struct {
	Stream map[string]string `json:"stream"`
	Values [][2]string       `json:"values"`
}

func (s server) push(t *testing.T, one *stream) {
	t.Helper()
	request := must(http.NewRequest("POST", s.url+"/push", bytes.NewReader(must(json.Marshal(map[string]any{"streams": []*stream{one}})))))
	request.Header.Set("X-Scope-OrgID", s.tenant)
	request.Header.Set("Content-Type", "application/json")
	response := must(http.DefaultClient.Do(request))
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		t.Fatalf("%s: %s", response.Status, must(io.ReadAll(response.Body)))
	}
}

type result struct {
	Metric map[string]string
	Stream map[string]string
	Value  [2]any
	Values [][2]any
}

type stats struct {
	Summary struct {
		TotalBytesProcessed, TotalLinesProcessed int64
		ExecTime                                 float64
	}
}

func (s server) query(path string, parameters url.Values) ([]result, stats, error) {
	status, body := s.get(s.url+path, parameters)
	var answer struct {
		Data struct {
			Result []result
			Stats  stats
		}
	}
	if status != http.StatusOK {
		return nil, stats{}, fmt.Errorf("%s\n%d: %s", parameters.Get("query"), status, body)
	}
	err := json.Unmarshal(body, &answer)
	return answer.Data.Result, answer.Data.Stats, err
}

// startLoki runs the Loki of compose.yaml, with its paths and ports moved, more than one tenant, and text replaced.
func startLoki(t *testing.T, rules string, oldnew ...string) server {
	t.Helper()
	folder, address := t.TempDir(), freeAddress()
	config := strings.NewReplacer(append(oldnew,
		"/loki", folder,
		"auth_enabled: false", "auth_enabled: true",
		"http_listen_port: 3100", "http_listen_address: 127.0.0.1\n  http_listen_port: "+address[len("127.0.0.1:"):],
		"grpc_listen_port: 9095", "grpc_listen_address: 127.0.0.1\n  grpc_listen_port: "+freeAddress()[len("127.0.0.1:"):],
		"/etc/rules", rules,
	)...).Replace(composeConfig(t, "loki"))
	start(t, lokiProgram(), "-config.file="+write(t, filepath.Join(folder, "loki.yaml"), config))
	loki := server{base: "http://" + address, url: "http://" + address + "/loki/api/v1", tenant: "probe"}
	eventually(t, "Loki answers", func() bool {
		_, _, err := loki.query("/query", url.Values{"query": {`sum(count_over_time({probe="none"}[1m]))`}})
		return err == nil
	})
	return loki
}

// atLeast says whether a Loki is of a version or a later one.
func (s server) atLeast(major, minor int) bool {
	status, body := s.get(s.url+"/status/buildinfo", nil)
	var info struct{ Version string }
	var is [2]int
	if err := json.Unmarshal(body, &info); err == nil {
		_, err = fmt.Sscanf(info.Version, "%d.%d", &is[0], &is[1])
		if err == nil {
			return is[0] > major || (is[0] == major && is[1] >= minor)
		}
	}
	panic(fmt.Sprintf("no version of Loki's: %d %s", status, body))
}

func startPrometheus(t *testing.T, config, data string) server {
	t.Helper()
	address := freeAddress()
	start(t, filepath.Join(tools, "prometheus"), "--config.file="+config, "--storage.tsdb.path="+data,
		"--storage.tsdb.retention.time=100y", "--web.listen-address="+address)
	prometheus := server{base: "http://" + address, url: "http://" + address + "/api/v1"}
	eventually(t, "Prometheus answers", func() bool {
		status, _ := prometheus.get(prometheus.base+"/-/ready", nil)
		return status == http.StatusOK
	})
	return prometheus
}

func unix(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func number(value any) float64 { return must(strconv.ParseFloat(value.(string), 64)) }
