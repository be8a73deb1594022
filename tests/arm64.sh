#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Cross-compiles for arm64, runs the unit tests under qemu and makes the packages, in build/arm64. The compiler and the
# libraries are in a Debian root of their own, which takes root or sudo to make, once. Takes Linux 6.7, which hands arm64
# programs to qemu in a namespace and nowhere else on the machine.
set -euo pipefail
cd "$(dirname "$0")/.."

root=${XDG_CACHE_HOME:-$HOME/.cache}/boundary-loki/roots/arm64-$(cat tests/arm64.sh tests/tools/roots.sh | sha256sum | cut -c1-12)
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

if [ ! -d "$root" ]; then
    bash tests/packages.sh test
    bash tests/tools/roots.sh
    log=build/tools/roots/arm64.log
    echo "arm64.sh: installing the cross-compiler and the libraries (log: $log)"
    "${as_root[@]}" rm -rf "$root.new"
    "${as_root[@]}" cp -a "$(realpath build/tools/roots/12)" "$root.new"
    "${as_root[@]}" cp -L /etc/resolv.conf "$root.new/etc/resolv.conf"
    "${as_root[@]}" chroot "$root.new" sh -euc '
        export DEBIAN_FRONTEND=noninteractive
        dpkg --add-architecture arm64
        apt-get -q update
        apt-get -y -q install --no-install-recommends \
            cmake dpkg-dev file g++-aarch64-linux-gnu git ninja-build python3 qemu-user-static libcli11-dev libexpected-dev \
            libbenchmark-dev:arm64 libcurl4-openssl-dev:arm64 libgmock-dev:arm64 libgtest-dev:arm64 libprotozero-dev:arm64 \
            libsimdjson-dev:arm64 libsnappy-dev:arm64 libyaml-cpp-dev:arm64 libzstd-dev:arm64 prometheus-cpp-dev:arm64 \
            zlib1g-dev:arm64
        apt-get -q clean' >"$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }
    "${as_root[@]}" mv -T "$root.new" "$root"
fi

build='
    cd /mnt
    cmake --preset release -B build/arm64 --toolchain bridge/packaging/arm64.cmake
    cmake --build build/arm64 --target boundary-loki manual \
        base_test tailer_test exporter_test bridge_test doctor_test suggest_test summary_test verify_test
    # Without what wants a second user, whom this namespace does not have, or a seccomp filter, which qemu does not.
    ctest --test-dir build/arm64 --label-regex unit --parallel 2 --output-on-failure --exclude-regex \
        "MayNotBe|ReadWholeTest.TellsWhyItCannot|OwnFileTest.RefusesWhatIsAnothers|PassesOverWhatTheDaemon|KernelHasNoLandlock"
    cd build/arm64
    rm -rf packages
    cpack
    file --brief boundary-loki
    readelf --dynamic boundary-loki | grep NEEDED
    dpkg-deb --field packages/*.deb Architecture Depends'
# An ELF header of 64 bits, little-endian, an executable or a shared object (2 or 3), for machine 183.
header='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
# shellcheck disable=SC2016
exec unshare --user --map-root-user --mount sh -euc '
    mount --rbind /proc "$1/proc"
    mount --rbind /dev "$1/dev"
    mount --rbind "$PWD" "$1/mnt"
    mount -t binfmt_misc binfmt_misc "$1/proc/sys/fs/binfmt_misc"
    printf %s ":aarch64:M::$2:/usr/bin/qemu-aarch64-static:" >"$1/proc/sys/fs/binfmt_misc/register"
    exec chroot "$1" env -i PATH=/usr/bin:/usr/sbin:/bin:/sbin HOME=/root sh -euc "$3"' sh "$root" "$header:$mask" "$build"
