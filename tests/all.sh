#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the release preset and runs every test: on the stand-ins for Loki and Boundary, on VictoriaLogs, and on each real
# program that the machine has (tests/tools/real_programs.sh). A test that skips fails the run. With
# BOUNDARY_LOKI_REQUIRE_REAL=1 so does a machine without a real Loki or a real Boundary.
set -euo pipefail
cd "$(dirname "$0")/.."

quietly() { # NAME COMMAND...: the output goes to build/NAME.log and is shown on failure
    local log=build/$1.log
    shift
    "$@" >"$log" 2>&1 || { tail -n 60 "$log" >&2; echo "failed: $* (whole log: $log)" >&2; return 1; }
}

mkdir -p build
bash tests/packages.sh test
bash tests/tools/install.sh
bash tests/tools/roots.sh
echo "Real programs here: $(bash tests/tools/real_programs.sh | awk -F '\t' '{ print $1, $2 }' | paste -sd, | sed 's/,/, /g; s/^$/none, so the stand-ins serve/')"
echo "Building boundary-loki and its tests (log: build/build.log) ..."
quietly configure cmake --preset release
quietly build cmake --build --preset release

rm -f build/release/junit.xml
status=0
ctest --preset release || status=1
bash tests/report.sh build/release || status=1
exit "$status"
