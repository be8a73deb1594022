#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sees to it that there are a `node` and an `npm`: what is on PATH, else Debian's packages (47 MB to fetch, 236 MB on disk).
set -euo pipefail

if command -v node >/dev/null && command -v npm >/dev/null; then exit; fi
as_root=()
if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || {
        echo "node.sh: no node and npm on PATH, and no root or sudo to install nodejs and npm" >&2
        exit 1
    }
    as_root=(sudo)
fi
echo "node.sh: installing nodejs and npm" >&2
"${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 update >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends nodejs npm >/dev/null
