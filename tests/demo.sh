#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds boundary-loki and shows what it reads out of the sample logs. Needs no Loki and no network
# beyond the Debian packages.
set -euo pipefail
cd "$(dirname "$0")/.."

bash tests/packages.sh demo

# A build folder that has the tests keeps them.
testing=OFF
[ ! -f build/release/build.ninja ] || ! grep -q '^BUILD_TESTING:[A-Z]*=ON' build/release/CMakeCache.txt || testing=ON

mkdir -p build
echo "Building boundary-loki (log: build/demo.log) ..." >&2
{ cmake --preset release -DBUILD_TESTING="$testing" && cmake --build --preset release --target boundary-loki; } \
    >build/demo.log 2>&1 || { tail -n 60 build/demo.log >&2; exit 1; }

exec build/release/boundary-loki summary tests/samples/boundary_logs
