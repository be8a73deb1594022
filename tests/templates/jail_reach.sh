#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# jail_reach.sh BOUNDARY: what the real Boundary (landjail) lets a jailed command reach, and what its log says of it. One line a way
# out: what was tried, what came of it, and the decisions that it left. Needs curl, python3 and openssl; asks nobody outside.
set -euo pipefail
boundary=$(realpath "${1:?usage: jail_reach.sh BOUNDARY}")
work=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
http=$(free_port) https=$(free_port) udp=$(free_port) proxy=$(free_port)
(cd "$work" && exec python3 -m http.server "$http" --bind 127.0.0.1 >/dev/null 2>&1) &
servers+=($!)
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key" -out "$work/cert" -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
(cd "$work" && exec openssl s_server -quiet -www -accept "$https" -key key -cert cert >/dev/null 2>&1) &
servers+=($!)
python3 -c "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('127.0.0.1', $udp)); open('$work/datagram', 'wb').write(s.recv(9))" &
servers+=($!)
sleep 1

jailed() { # COMMAND...: its output
    SSL_CERT_FILE=$work/cert "$boundary" --jail-type landjail --log-level info --log-dir "$work/logs" --proxy-port "$proxy" --allow domain=localhost --allow domain=127.0.0.1 -- "$@" 2>/dev/null || true
}
decisions() { cat "$work"/logs/*.log 2>/dev/null | grep -cE 'msg=(ALLOW|DENY)' || true; }
try() { # WHAT COMMAND...
    local what=$1 said before
    shift
    before=$(decisions)
    said=$(jailed "$@")
    printf '%-58s %-22s %s\n' "$what" "${said:--}" "$(($(decisions) - before))"
}
code=(curl -s -o /dev/null -m 3 -w '%{http_code}')
connect() { # ADDRESS PORT: the name of the error of a TCP connection
    echo "import errno, socket
s = socket.socket()
s.settimeout(1)
try: s.connect(('$1', $2)); print('connected')
except socket.timeout: print('let out')
except OSError as e: print('refused by the jail' if e.errno == errno.EACCES else 'let out')"
}

printf '%-58s %-22s %s\n' 'tried' 'came of it' 'decisions'
try 'allowed, by the proxy' "${code[@]}" "http://127.0.0.1:$http/"
try 'denied, by the proxy' "${code[@]}" http://npm.registry.example/left-pad
try 'past the proxy (--noproxy)' "${code[@]}" --noproxy '*' "http://127.0.0.1:$http/"
try 'any address, on the number of the proxy'\''s port' python3 -c "$(connect 192.0.2.1 "$proxy")"
try 'the same address, on another port' python3 -c "$(connect 192.0.2.1 "$http")"
try 'a datagram (UDP)' python3 -c "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'escaped', ('127.0.0.1', $udp))"
sleep 0.2
printf '%-58s %s\n' '  what its receiver got' "$(cat "$work/datagram" 2>/dev/null || echo nothing)"
try 'HTTPS that trusts what Boundary signs' "${code[@]}" "https://localhost:$https/"
try 'HTTPS with a certificate pinned (its own --cacert)' "${code[@]}" --cacert "$work/cert" "https://localhost:$https/"
before=$(decisions)
jailed sleep 1 &
sleep 0.5
printf '%-58s %-22s' 'somebody outside the jail asks the proxy, on 127.0.0.2' "$("${code[@]}" -x "http://127.0.0.2:$proxy" "http://127.0.0.1:$http/" || true)"
wait $!
printf ' %s\n' "$(($(decisions) - before))"
