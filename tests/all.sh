#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the release preset and runs every test against the real tools (Loki, promtail, Prometheus, Boundary).
# A test that skips fails the run, unless the tool it names could not be had (build/tools/unavailable).
set -euo pipefail
cd "$(dirname "$0")/.."
export BOUNDARY_LOKI_REQUIRE_REAL=1

quietly() { # NAME COMMAND...: the output goes to build/NAME.log and is shown on failure
    local log=build/$1.log
    shift
    "$@" >"$log" 2>&1 || { tail -n 60 "$log" >&2; echo "failed: $* (whole log: $log)" >&2; return 1; }
}

mkdir -p build
bash tests/packages.sh test
bash tests/tools/install.sh
bash tests/tools/roots.sh
echo "Building boundary-loki and its tests (log: build/build.log) ..."
quietly configure cmake --preset release
quietly build cmake --build --preset release

rm -f build/release/junit.xml
status=0
ctest --preset release || status=1
bash tests/report.sh build/release || status=1
exit "$status"
