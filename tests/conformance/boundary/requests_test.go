// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"slices"
	"strings"
)

// job runs a shell script with a policy, and writes down what came to the servers. `PORT`, `HTTP`, `HTTPS`, `CLOSED` in it
// stand for the ports.
func (w *world) job(level, script string, allow ...string) {
	w.jobWith(nil, level, script, allow...)
}

func (w *world) jobWith(env []string, level, script string, allow ...string) {
	ports := map[string]int{"@PORT": w.port, "@HTTPS": w.servers.httpsPort, "@HTTP": w.servers.httpPort, "@CLOSED": w.servers.closedPort}
	for _, name := range []string{"@PORT", "@HTTPS", "@HTTP", "@CLOSED"} {
		script = strings.ReplaceAll(script, name, fmt.Sprint(ports[name]))
	}
	args := []string{"--log-dir", w.path("logs"), "--log-level", level, w.portFlag()}
	for _, rule := range allow {
		args = append(args, "--allow", rule)
	}
	// What answers is shown without the page of a denial, whose words are each program's own.
	w.write("job.sh", `get() { curl -s --max-time 5 -A agent -o answer -w '%{http_code} %{content_type} ' "$@"; echo "curl $?";
	grep -a upstream: answer 2>/dev/null; rm -f answer; }
`+script)
	w.run(call{args: append(args, "--", "bash", "job.sh"), env: append(slices.Clone(env),
		"SSL_CERT_FILE="+w.servers.certificate, "UPSTREAM_CERTIFICATE="+w.servers.certificate)})
	for _, line := range w.servers.takeSeen() {
		w.note("came: %s", line)
	}
}

var local = []string{"domain=127.0.0.1", "domain=localhost"}

func plainHTTP(w *world) {
	for _, level := range []string{"warn", "info", "debug"} {
		w.job(level, `get http://127.0.0.1:@HTTP/x; get -I http://localhost:@HTTP/x; get http://denied.example/x`, local...)
	}
	w.job("info", `
get http://127.0.0.1:@HTTP/a -o answer http://127.0.0.1:@HTTP/b
get -d hello http://127.0.0.1:@HTTP/post
get -X PUT --data-binary @job.sh -H 'Content-Length: 3' http://127.0.0.1:@HTTP/put
get -X DELETE http://localhost:@HTTP/
get -X GET -d body http://localhost:@HTTP/get-with-a-body
get -H 'Connection: close' -H 'Proxy-Authorization: Basic x' -H 'X-Twice: 1' -H 'X-Twice: 2' http://127.0.0.1:@HTTP/headers
get http://127.0.0.1:@HTTP/redirect
get http://127.0.0.1:@HTTP/nothing
get http://127.0.0.1:@HTTP/large
get --compressed http://127.0.0.1:@HTTP/compressed
get 'http://127.0.0.1:@HTTP/a%20b%2Fc?x=%22q%22&y=a+b'
get --path-as-is 'http://127.0.0.1:@HTTP/../a/./b//c'
get 'http://127.0.0.1:@HTTP/caf%C3%A9?é'
get --globoff 'http://127.0.0.1:@HTTP/a?<>|{}\x'
get -H 'Host: other.example' http://127.0.0.1:@HTTP/host
get http://user:secret@127.0.0.1:@HTTP/userinfo
`, local...)
}

// What is allowed goes to this machine, by address: nothing depends on a resolver.
func decidedByRule(w *world) {
	for _, rule := range []string{"method=GET,HEAD domain=localhost path=/x", "domain=*", "domain=*.0.0.1", "domain=*.0.1", "domain=*.*.0.1",
		"domain=127.*.0.1", "domain=0.0.1", "path=/a/*", "path=/a,/b/*/c", "method=POST", "method=get", "path=", "domain=LOCALHOST", "path=/"} {
		w.job("info", `
get http://localhost:@CLOSED/x; get -d x http://localhost:@CLOSED/x; get http://localhost:@CLOSED/x/; get http://LOCALHOST:@CLOSED/a/
get http://127.0.0.1:@CLOSED/a/b/c; get http://127.0.0.1:@CLOSED/b/x/c; get http://127.0.0.1:@CLOSED/b; get 'http://127.0.0.1:@CLOSED/a?x'
get -X OPTIONS --request-target '*' http://127.0.0.1:@CLOSED/
`, rule)
	}
	w.job("debug", `get http://127.0.0.1:@CLOSED/x/y`, "method=POST", "domain=9.127.0.0.1", "domain=127.0.0.2", "domain=0.0.1", "path=/z",
		"domain=127.0.1", "path=/x/*")
}

func plainHTTPFails(w *world) {
	w.job("info", `get http://127.0.0.1:@CLOSED/x; get -d x http://127.0.0.1:@CLOSED/x; get http://127.0.0.1:@HTTP/cut`, local...)
	w.job("debug", `get http://127.0.0.1:@CLOSED/x`, local...)
}

func overTLS(w *world) {
	for _, level := range []string{"warn", "info", "debug"} {
		w.job(level, `get https://localhost:@HTTPS/x; get https://denied.example/x; get https://denied.example:8443/y?z`, local...)
	}
	w.job("info", `
get https://localhost:@HTTPS/a -o answer https://localhost:@HTTPS/b
get https://denied.example/a -o answer https://denied.example/b
get -d hello https://localhost:@HTTPS/post
get -H 'Host: other.example' https://localhost:@HTTPS/host
get --http2 https://localhost:@HTTPS/http2
get -p http://denied.example/plain-through-a-tunnel
get --resolve direct.example:@PORT:127.0.0.1 --proxy '' https://direct.example:@PORT/to-the-proxy-itself
`, local...)
}

func overTLSFails(w *world) {
	w.job("info", `
get https://127.0.0.1:@HTTPS/an-address-names-no-host
get --cacert "$UPSTREAM_CERTIFICATE" https://pinned.example/
get --max-time 1 https://localhost:@CLOSED/no-answer-comes
get --max-time 1 https://localhost:@HTTP/no-tls-there
`, local...)
	w.job("debug", `get https://127.0.0.1:@HTTPS/x`, local...)
}

func oddClients(w *world) {
	w.job("info", `
trap '' PIPE # bash writes line by line, and a bad first line ends the connection
say() { exec 3<>/dev/tcp/127.0.0.1/@PORT; printf "$1" >&3 2>/dev/null; timeout 2 head -1 <&3 2>/dev/null | tr -d '\r'; exec 3>&-; sleep 0.1; }
exec 3<>/dev/tcp/127.0.0.1/@PORT; exec 3>&-; sleep 0.1
say 'garbage\r\n\r\n'
say 'GET /x HTTP/1.1\r\nHost: path-only.example\r\n\r\n'
say 'GET /x HTTP/1.0\r\n\r\n'
say 'GET http://absolute.example/y HTTP/1.1\r\nHost: header.example\r\n\r\n'
say 'GET /x HTTP/1.1\r\nHost: a.example msg=ALLOW\r\n\r\n'
say 'GET /x HTTP/1.1\r\nHost: a.example\r\nBad Header\r\n\r\n'
say 'GET /a b HTTP/1.1\r\nHost: a.example\r\n\r\n'
say 'get /q?"<>| HTTP/1.1\r\nHost: A.Example:80\r\n\r\n'
say 'M-SEARCH * HTTP/1.1\r\nHost: ssdp.example\r\n\r\n'
say 'OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n'
say 'GET mailto:x HTTP/1.1\r\nHost: a.example\r\n\r\n'
say 'GET /frag#x HTTP/1.1\r\nHost: a.example\r\n\r\n'
say 'SSH-2.0-OpenSSH_9\r\n'
`, local...)
	w.job("info", `trap '' PIPE; exec 3<>/dev/tcp/127.0.0.1/@PORT; printf 'CONNECT a.example:80 HTTP/1.1\r\n\r\n' >&3; sleep 0.1
printf 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n' >&3 2>/dev/null; sleep 0.1`, local...)
}

func requestsAtOnce(w *world) {
	w.job("info", `for i in 1 2 3 4 5 6 7 8; do get http://telemetry.example/v1/ping >/dev/null & done; wait`, local...)
}
