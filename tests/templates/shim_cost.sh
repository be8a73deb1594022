#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shim_cost.sh [BOUNDARY]: what a tool call costs beyond its command, and beyond Boundary: best and median of 21 runs of
# `true`, with the packaged program. The kinds take turns, so that what else the machine does falls on all. BOUNDARY is
# the real one, or by default its stand-in.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
boundary=${1:-$root/build/tools/bin/boundary-stand-in}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tree"
tar -xzf "$root"/build/release/packages/*.tar.gz --strip-components=1 -C "$work/tree"
export BOUNDARY_LOG_DIR=$work/logs BOUNDARY_LOG_LEVEL=info BOUNDARY_JAIL_TYPE=landjail XDG_CONFIG_HOME=$work/config
export BOUNDARY_LOKI_BOUNDARY=$boundary PATH=$work/tree/bin:$PATH
mkdir "$work/tree/shim"
cp "$root/coder-templates/shim/sh" "$work/tree/shim/sh"
shim=$work/tree/shim/sh

kinds=('sh' 'shim, no tool call' 'Boundary alone' 'shim, tool call' 'boundary-loki toolcall exec')
run() { # NUMBER
    case $1 in
    0) /bin/sh -c true ;;
    1) "$shim" -c true ;;
    2) "$boundary" -- /bin/sh -c true ;;
    3) CODER_CHAT_ID=chat-1 "$shim" -c true ;;
    4) CODER_CHAT_ID=chat-1 boundary-loki toolcall exec -- /bin/sh -c true ;;
    esac
}
run 2 # makes the CA
for ((i = 0; i < 21; ++i)); do
    for kind in "${!kinds[@]}"; do
        began=${EPOCHREALTIME/./}
        run "$kind" >/dev/null
        echo $((${EPOCHREALTIME/./} - began)) >>"$work/$kind"
    done
done
for kind in "${!kinds[@]}"; do
    printf '%-30s' "${kinds[kind]}"
    sort -n "$work/$kind" | awk '{ v[NR] = $1 } END { printf "best %6.1f ms, median %6.1f ms\n", v[1] / 1000, v[(NR + 1) / 2] / 1000 }'
done
