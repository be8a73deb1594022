#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the Debian packages that are missing; touches apt only when something is.
#   packages.sh demo    what building and running boundary-loki needs
#   packages.sh test    ... and what its tests need
#   packages.sh ci      ... and the linters and the fuzzers' compiler
set -euo pipefail
cd "$(dirname "$0")/.."

build=(build-essential cmake file ninja-build pkg-config ca-certificates libcli11-dev libcurl4-openssl-dev libexpected-dev
    libprotozero-dev libsimdjson-dev libsnappy-dev libyaml-cpp-dev libzstd-dev
    prometheus-cpp-dev zlib1g-dev)
test=(binutils curl debootstrap fish git groff-base jq libbenchmark-dev libgmock-dev libgtest-dev openssl python3
    python3-jsonschema systemd zsh)
lint=(clang-format clang-tidy shellcheck)
fuzz=(clang-14 libclang-rt-14-dev)

case ${1:-} in
    demo) wanted=("${build[@]}") ;;
    test) wanted=("${build[@]}" "${test[@]}") ;;
    ci) wanted=("${build[@]}" "${test[@]}" "${lint[@]}" "${fuzz[@]}") ;;
    *) echo "usage: packages.sh demo|test|ci" >&2; exit 2 ;;
esac

fail() { echo "packages.sh: $*" >&2; exit 1; }

as_root=(env DEBIAN_FRONTEND=noninteractive)
[ "$(id -u)" = 0 ] || as_root=(sudo "${as_root[@]}")

# A repository of the machine's that we do not need may be broken, so a failed update alone is no error.
apt_update() { "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 update || echo "packages.sh: apt-get update failed, going on" >&2; }

install_missing() {
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
    mapfile -t missing < <(printf '%s\n' "${wanted[@]}" | grep -vxF -f <(echo "$installed"))
    [ "${#missing[@]}" -gt 0 ] || return 0
    [ "${as_root[0]}" != sudo ] || command -v sudo >/dev/null ||
        fail "neither root nor sudo: ask an administrator to run: apt-get install ${missing[*]}"
    echo "packages.sh: installing ${missing[*]}"
    mkdir -p build
    { apt_update && "${as_root[@]}" apt-get -y -q -o DPkg::Lock::Timeout=300 install --no-install-recommends "${missing[@]}"; } \
        >build/packages.log 2>&1 || { tail -n 30 build/packages.log >&2; fail "apt-get could not install ${missing[*]}"; }
}

# Unpacked, not installed: installing them would start servers on the machine.
provide() { # PACKAGE PATH...: links the programs at PATH of a package into build/tools/bin
    local package=$1 bin=build/tools/bin dir=build/tools/$1 path name
    shift
    mkdir -p "$bin" "$dir"
    for path in "$@"; do
        name=${path##*/}
        if [ -x "$bin/$name" ]; then continue; fi
        if [ ! -x "$dir/$path" ] && ! command -v "$name" >/dev/null; then
            echo "packages.sh: unpacking $package into $dir"
            (cd "$dir" && { apt-get -qq download "$package" || { apt_update && apt-get -qq download "$package"; }; }) \
                >"$dir/download.log" 2>&1 || { cat "$dir/download.log" >&2; fail "apt-get could not download $package"; }
            dpkg -x "$dir/$package"_*.deb "$dir"
        fi
        if [ -x "$dir/$path" ]; then
            ln -sf "../$package/$path" "$bin/$name"
        else
            ln -sf "$(command -v "$name")" "$bin/$name"
        fi
    done
}

command -v apt-get >/dev/null ||
    fail "this is not a Debian system; the packages are, by their Debian names: ${wanted[*]}"
install_missing
[ "$1" = demo ] || { provide prometheus usr/bin/prometheus usr/bin/promtool && provide nginx usr/sbin/nginx; }
