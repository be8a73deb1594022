#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Captures into OUTDIR what agents at work leave there: a chat of Coder Agents, each of whose tool calls runs under a Boundary of its
# own through `boundary-loki toolcall exec`, and a session of Claude Code under one Boundary, with its hooks. The agents' work is that
# of this script: curl and hook events. Boundary (landjail) is the one of PATH or of BOUNDARY, boundary-loki that of PATH. The hosts are
# reserved names; those that are allowed are on loopback, in a network of the capture's own, so it takes root.
# CAPTURE_PAUSE seconds (default 1) pass between calls.
set -euo pipefail

usage() {
    echo "usage: $0 OUTDIR" >&2
    exit 2
}

samples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pause=${CAPTURE_PAUSE:-1}

get() { curl --silent --show-error --globoff --max-time 3 --output /dev/null "$@" 2>/dev/null || true; }

# What a tool call of the chat does, inside the jail.
call() {
    case $1 in
    clone)
        get "https://code.example/acme/widget.git/info/refs?service=git-upload-pack"
        get "https://code.example/acme/widget.git/git-upload-pack" --data 'x'
        ;;
    test) true ;;
    docs)
        for page in / /guide/ /guide/install "/search?q=flaky+test&lang=en"; do get "https://docs.example$page"; done
        ;;
    npm)
        for package in left-pad react @types/node lodash; do get "https://npm.registry.example/$package"; done
        get "https://telemetry.example/v1/batch?client=npm&run=1" --data '{"event":"install"}'
        exit 1
        ;;
    pip)
        for package in requests numpy; do get "https://pypi.registry.example/simple/$package/"; done
        get "http://mirror.example/simple/requests/"
        exit 1
        ;;
    review)
        get "https://api.code.example/repos/acme/widget/pulls?state=open&per_page=50"
        get "https://api.code.example/repos/acme/widget/issues/7/comments" --data '{"body":"done"}'
        get "https://api.code.example/repos/acme/widget" --request DELETE
        ;;
    upload)
        for try in 1 2; do get "https://paste.example/upload?access_token=not-a-real-token&try=$try" --data-binary 'x'; done
        get "http://docs.example/" --request-target "http://user:not-a-real-password@docs.example/private"
        exit 1
        ;;
    push)
        get "https://code.example/acme/widget.git/info/refs?service=git-receive-pack"
        get "https://code.example/acme/widget.git/git-receive-pack" --data 'x'
        ;;
    *) usage ;;
    esac
}

hook() { # EVENT TOOL ID
    printf '{"session_id":"6f0d3c1e-0000-4000-8000-00000000c1a0","hook_event_name":"%s","tool_name":"%s","tool_use_id":"%s"}\n' "$@" |
        boundary-loki toolcall hook
}

# A session of Claude Code: the last two calls overlap.
claude() {
    hook PreToolUse Bash toolu_01Npm
    for package in left-pad react lodash; do get "https://npm.registry.example/$package"; done
    get "https://npm.registry.example/-/npm/v1/security/audits/quick" --data '{}'
    hook PostToolUse Bash toolu_01Npm
    sleep "$pause"
    hook PreToolUse WebFetch toolu_02Fetch
    get "https://docs.example/guide/install"
    hook PreToolUse mcp__search__query toolu_03Search
    get "http://ads.example/pixel.gif"
    get "https://docs.example/search?q=install"
    hook PostToolUse WebFetch toolu_02Fetch
    hook PostToolUse mcp__search__query toolu_03Search
}

case ${1:-} in
call) call "${2:-}"; exit ;;
claude) claude; exit ;;
esac
[[ $# -eq 1 ]] || usage

mkdir -p "$1"
[[ -n ${CAPTURE_ALONE:-} ]] || CAPTURE_ALONE=yes exec unshare --mount --net "$0" "$1"
ip link set lo up
work=$(mktemp -d)
trap 'kill "$server"; rm -rf "$work"' EXIT
echo "127.0.0.1 localhost code.example api.code.example docs.example" >"$work/hosts"
mount --bind "$work/hosts" /etc/hosts
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=samples -addext "subjectAltName=DNS:code.example,DNS:api.code.example,DNS:docs.example" \
    -keyout "$work/key" -out "$work/cert" 2>/dev/null
export SSL_CERT_FILE=$work/cert
python3 - "$work" <<'SERVER' &
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    do_POST = do_GET
    def log_message(self, *arguments): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/cert", sys.argv[1] + "/key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
SERVER
server=$!
until curl --silent --cacert "$work/cert" --output /dev/null https://code.example/; do sleep 0.1; done
BOUNDARY_LOG_DIR=$(cd "$1" && pwd)
export BOUNDARY_LOG_DIR BOUNDARY_JAIL_TYPE=landjail BOUNDARY_LOG_LEVEL=info
cat >"$work/config.yaml" <<'CONFIG'
allowlist:
  - domain=code.example
  - domain=docs.example
  - method=GET,POST domain=api.code.example
CONFIG
export BOUNDARY_CONFIG=$work/config.yaml BOUNDARY_LOKI_BOUNDARY=${BOUNDARY:-boundary}

cd "$samples" # the command as it will stand in the child's log: no path of this machine
for name in clone test docs npm pip review upload push; do
    echo "tool call $name"
    CODER_CHAT_ID=b7c1f6d2-0000-4000-8000-00000000c4a7 boundary-loki toolcall exec -- bash capture.sh call "$name" || true
    sleep "$pause"
done
echo "session of Claude Code"
TZ=Europe/Berlin $BOUNDARY_LOKI_BOUNDARY -- bash capture.sh claude
ls -l "$BOUNDARY_LOG_DIR"
