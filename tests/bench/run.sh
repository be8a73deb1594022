#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The benchmark in one command: builds the release preset and runs every contender on every axis.
#   run.sh                        all axes at full size, three rounds: an hour and more with promtail
#   run.sh --rounds 1 --scale 0.1 --axes one_file,many_files
#   run.sh --help
# The peers are the real programs that are found, and an OpenTelemetry collector, built here once so that there always
# is one; without it (no network, no go) the others run.
# Results: build/bench/results.json, build/bench/results.md, and with --growth tests/bench/growth.svg.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v python3 >/dev/null || { echo "run.sh: needs python3 (apt-get install python3)" >&2; exit 2; }
mkdir -p build/bench
cmake --preset release >build/bench/build.log
cmake --build --preset release --target boundary-loki bench_sink >>build/bench/build.log ||
    { tail -n 30 build/bench/build.log >&2; exit 1; }

build_peer() {
    local source=tests/tools/otel_collector out=$PWD/build/bench/otel-collector key go
    key=$(cat "$source"/* | sha256sum)
    [[ -x $out && $(cat "$out.key" 2>/dev/null) == "$key" ]] && return 0
    go=$(bash tests/tools/go.sh) || return 1
    echo "run.sh: building the OpenTelemetry collector, some minutes once (log: build/bench/otel-collector.log)" >&2
    (cd "$source" && GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0 "$go" build -mod=readonly -p 2 -trimpath \
        -buildvcs=false -ldflags "-s -w" -o "$out" .) >build/bench/otel-collector.log 2>&1 || return 1
    echo "$key" >"$out.key"
}
if [[ $* != *--loki* ]] && ! build_peer; then
    echo "run.sh: no OpenTelemetry collector:" >&2
    tail -n 3 build/bench/otel-collector.log >&2 || true
fi
exec python3 tests/bench/kit.py "$@"
