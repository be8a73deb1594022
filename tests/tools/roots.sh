#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the clean Debian roots that packages and start scripts are tested in: build/tools/roots/RELEASE for Debian 12
# (the release of the build), 13 (another one) and "13-workspace", which has curl as a workspace's image does. minbase
# is what a slim image holds. They are kept under ~/.cache/boundary-loki by what makes them, this file.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { echo "roots.sh: $*" >&2; exit 1; }

roots=build/tools/roots
cache=${XDG_CACHE_HOME:-$HOME/.cache}/boundary-loki/roots
key=$(sha256sum tests/tools/roots.sh | cut -c1-12)
mkdir -p "$roots" "$cache"
exec 9>"$cache/lock"
flock 9

mirror() { # the machine's own, of any Debian release
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 'Origin: Debian' | grep -m1 -v security
}

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

make_root() { # NAME RELEASE [PACKAGE,PACKAGE...]
    local root=$cache/$1-$key work
    if [ ! -d "$root" ]; then
        [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || fail "neither root nor sudo to make the clean Debian root $1 with"
        echo "roots.sh: making a clean Debian root: $1 (log: build/tools/roots/$1.log)"
        work=$(mktemp -d "$cache/making.XXXXXX")
        "${as_root[@]}" nice debootstrap --variant=minbase ${3:+--include="$3"} "$2" "$work" "$(mirror)" >"$roots/$1.log" 2>&1 || {
            tail -n 20 "$roots/$1.log" >&2
            "${as_root[@]}" umount -R "$work/proc" "$work/sys" 2>/dev/null || true
            "${as_root[@]}" rm -rf --one-file-system "$work"
            fail "debootstrap of $2 failed; a container needs CAP_SYS_ADMIN, CAP_MKNOD and CAP_SYS_CHROOT for it"
        }
        # A user without any right, and places to mount at.
        # shellcheck disable=SC2016
        "${as_root[@]}" sh -euc 'cd "$1"
            echo "coder:x:1000:1000::/home/coder:/bin/bash" >>etc/passwd
            echo "coder:x:1000:" >>etc/group
            mkdir -p home/coder opt/artifacts opt/firewall
            rm -rf var/cache/apt/* var/lib/apt/lists/* usr/share/doc usr/share/locale usr/share/man
            chmod 755 .' sh "$work"
        mv -T "$work" "$root"
    fi
    ln -sfn "$root" "$roots/$1"
}

make_root 12 bookworm
make_root 13 trixie
make_root 13-workspace trixie ca-certificates,curl
