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

# One line that moves on a terminal; a log of its own in any case.
progress() {
    if [ -t 2 ]; then
        sed -un 's#^\[\([0-9]*/[0-9]*\)\].*#\1#p' | while read -r step; do printf '\rCompiling: step %s ' "$step" >&2; done
        echo >&2
    else
        cat >/dev/null
    fi
}

mkdir -p build
echo "Building boundary-loki, two or three minutes on two cores (log: build/demo.log) ..." >&2
{ cmake --preset release -DBUILD_TESTING="$testing" && cmake --build --preset release --target boundary-loki manual; } 2>&1 |
    tee build/demo.log | progress || { tail -n 60 build/demo.log >&2; exit 1; }

exec build/release/boundary-loki summary tests/samples/boundary_logs
