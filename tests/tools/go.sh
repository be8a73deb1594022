#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints the path of a `go` that is new enough for the modules under tests/.
#
# `go` on PATH is used when it is new enough. Debian 12's own is not (1.19), but it can fetch a newer one: the Go
# project publishes its toolchains as the module golang.org/toolchain, checked against the checksum database like any
# other module. That needs no package source beyond the ones already configured, hence no bookworm-backports here.
set -euo pipefail

fetched_version=1.26.8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fetched=$here/../../build/tools/go-$fetched_version
minimum=$(awk '$1 == "go" { print $2 }' "$here"/*/go.mod "$here"/../*/go.mod | sort --version-sort | tail -n 1)

new_enough() { # GO
    local version
    version=$(cd / && GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
    printf '%s\n%s\n' "$minimum" "${version#go}" | sort --version-sort --check=quiet
}

install_debian_go() {
    local as_root=()
    if [[ $(id -u) -ne 0 ]]; then
        command -v sudo >/dev/null || {
            echo "go.sh: no go on PATH, and no root or sudo to install golang-go" >&2
            return 1
        }
        as_root=(sudo)
    fi
    echo "go.sh: installing golang-go" >&2
    "${as_root[@]}" apt-get -qq update >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install -y --no-install-recommends golang-go ca-certificates >/dev/null
}

fetch() {
    local module answer folder copy
    module=golang.org/toolchain@v0.0.1-go$fetched_version.linux-$(dpkg --print-architecture)
    echo "go.sh: fetching $module" >&2
    answer=$(cd / && GOTOOLCHAIN=local go mod download -json "$module") || {
        printf 'go.sh: go mod download %s failed:\n%s\n' "$module" "$answer" >&2
        return 1
    }
    folder=$(sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p' <<<"$answer")
    mkdir -p "$here/../../build/tools"
    copy=$(mktemp -d "$fetched.XXXXXX")
    cp -r --no-preserve=mode "$folder/." "$copy"
    # A module zip carries neither execute bits nor nested go.mod files: the same two repairs that `go` does
    # itself when it switches toolchains.
    chmod -R a+rX,u+x "$copy/bin" "$copy/pkg/tool"
    find "$copy" -name _go.mod -execdir cp _go.mod go.mod \;
    chmod 755 "$copy"
    mv -T "$copy" "$fetched"
}

if command -v go >/dev/null && new_enough go; then
    command -v go
    exit
fi
if ! new_enough "$fetched/bin/go"; then
    command -v go >/dev/null || install_debian_go
    rm -rf "$fetched"
    fetch
    new_enough "$fetched/bin/go"
fi
readlink -f "$fetched/bin/go"
