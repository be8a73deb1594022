#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The benchmark in one command: builds the release preset and runs every contender on every axis.
#   run.sh                        all axes at full size, three rounds: an hour and more with promtail
#   run.sh --rounds 1 --scale 0.1 --axes one_file,many_files
#   run.sh --help
# Results: build/bench/results.json, build/bench/results.md, and with --growth tests/bench/growth.svg.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v python3 >/dev/null || { echo "run.sh: needs python3 (apt-get install python3)" >&2; exit 2; }
mkdir -p build/bench
cmake --preset release >build/bench/build.log
cmake --build --preset release --target boundary-loki bench_sink >>build/bench/build.log ||
    { tail -n 30 build/bench/build.log >&2; exit 1; }
exec python3 tests/bench/kit.py "$@"
