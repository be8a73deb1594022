#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Holds the stand-in for Boundary to what was recorded from the real one, and each real one that is found (in the folder that
# BOUNDARY_LOKI_REAL_TOOLS names, else on PATH) to the stand-in. `run.sh -record` records anew from the real ones; other
# arguments are those of a Go test binary: `run.sh -test.run 'TestStandIn/main/signals'`.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
go=$(bash "$here/../../tools/go.sh")
export GOTOOLCHAIN=local GOWORK=off
exec "$go" test -C "$here" -count=1 -v . -args "$@"
