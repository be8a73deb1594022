#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a tool call costs beyond its command: best and median of 41 runs of `true`, through the shim and without, with
# the packaged program. Boundary is the real one, or where that could not be had its stand-in.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
boundary=$root/build/tools/bin/boundary
[ -x "$boundary" ] || boundary=$root/build/tools/bin/boundary-stand-in
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/tree" "$work/config/coder_boundary"
echo made >"$work/config/coder_boundary/ca-cert.pem"
tar -xzf "$root"/build/release/packages/*.tar.gz --strip-components=1 -C "$work/tree"
ln -s "$work/tree/bin/boundary-loki" "$work/bin/boundary-loki"
printf '#!/bin/sh\nexec "%s" --log-level info "$@"\n' "$boundary" >"$work/bin/boundary"
chmod +x "$work/bin/boundary"
export BOUNDARY_LOG_DIR=$work/logs BOUNDARY_JAIL_TYPE=landjail XDG_CONFIG_HOME=$work/config PATH=$work/bin:$PATH
shim=$root/coder-templates/shim/sh

measure() { # NAME COMMAND...
    local began i
    printf '%-34s' "$1"
    shift
    for ((i = 0; i < 41; ++i)); do
        began=${EPOCHREALTIME/./}
        "$@" >/dev/null
        echo $((${EPOCHREALTIME/./} - began))
    done | sort -n | awk '{ v[NR] = $1 } END { printf "best %5.1f ms, median %5.1f ms\n", v[1] / 1000, v[(NR + 1) / 2] / 1000 }'
}
measure '/bin/sh' /bin/sh -c true
measure 'shim, no tool call' "$shim" -c true
measure "${boundary##*/} alone" "$work/bin/boundary" --proxy-port 0 -- /bin/sh -c true
export CODER_CHAT_ID=chat-1
measure 'shim, tool call' "$shim" -c true
