#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds what the tests run against into build/tools/bin: the real loki, logcli, promtail and boundary, the stand-in for
# boundary, agent-exec, which runs a command as the Coder agent does, and OpenTofu with the providers that templates use. A
# tool whose pinned version the module registry refuses is not worked around: the refusal is written to
# build/tools/unavailable/<tool> in the registry's own words. Loki alone has a second, later pin.
# A run with nothing to do takes about a second. A refusal is asked about again after a day, or at once with
# BOUNDARY_LOKI_TOOLS_RETRY=1.
set -euo pipefail

loki_preferred=3.5.9
loki_fallback=3.6.15
boundary_version=0.9.0
tofu_version=1.12.6 # OpenTofu: it builds as a module, terraform since 1.6 does not (its own go.mod replaces parts by folders)
coder_provider_version=2.20.0
kubernetes_provider_version=1.13.4 # the last that has a version as a module

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/build/tools
bin=$out/bin
mkdir -p "$bin" "$out/unavailable" "$out/stamps" "$out/versions.d"

exec 9>"$out/lock"
flock 9

go=$(bash "$here/go.sh")
go_version=$(cd / && "$go" env GOVERSION)
# Only what the registry serves counts: no quiet fall-back to a version-control host when it refuses.
GOPROXY=$(cd / && "$go" env GOPROXY)
GOPROXY=${GOPROXY%[,|]direct}
export GOPROXY GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0

say() { printf 'tools: %s\n' "$*"; }

# What a result depends on: the module's files, this script and the compiler.
key_of() { # FOLDER
    { find "$here/$1" -type f -print0 | sort -z | xargs -0 cat "$here/install.sh" && echo "$go_version"; } | sha256sum | cut -d' ' -f1
}

is_built() { # NAME KEY TOOL...
    [[ -f $out/stamps/$1 && $(<"$out/stamps/$1") == "$2" ]] || return 1
    local tool
    for tool in "${@:3}"; do [[ -x $bin/$tool && -f $out/versions.d/$tool ]] || return 1; done
}

is_remembered_refusal() { # NAME KEY
    local stamp=$out/stamps/refused-$1
    [[ -z ${BOUNDARY_LOKI_TOOLS_RETRY:-} && -f $stamp && $(<"$stamp") == "$2" && -n $(find "$stamp" -mtime -1) ]]
}

note_unavailable() { # TEXT NAME...
    local name
    for name in "${@:2}"; do printf '%s\n' "$1" >"$out/unavailable/$name"; done
}

forget_tools() { # TOOL...
    local tool
    for tool in "$@"; do rm -f "$bin/$tool" "$out/versions.d/$tool"; done
}

is_refusal() { grep -qE ': (403 Forbidden|404 Not Found|410 Gone)' <<<"$1"; }

die_of_network() { # COMMAND ANSWER
    printf 'tools: the module registry gave no answer to: %s\n%s\n' "$1" "$2" >&2
    exit 1
}

# Sets `refusal` to the command and the registry's answer and returns 1 when the version is refused.
ask() { # MODULE@VERSION
    local answer
    if answer=$(cd / && "$go" mod download -json "$1" 2>&1); then return 0; fi
    is_refusal "$answer" || die_of_network "go mod download -json $1" "$answer"
    refusal=$(printf '$ go mod download -json %s\n%s' "$1" "$answer")
    return 1
}

# Builds in a copy, so that a module without a go.sum can have one made. Sets `refusal` and returns 1 when a dependency
# is refused or the build fails.
build() { # FOLDER VERSION TOOL=PACKAGE...
    local work=$out/src/$1 version=$2 log=$out/$1.log tool listed targets=() tools=()
    local variable=github.com/grafana/loki/v3/pkg/util/build.Version
    for tool in "${@:3}"; do
        tools+=("${tool%%=*}")
        targets+=("${tool#*=}")
    done
    rm -rf "$work"
    { mkdir -p "$work/bin" && cp "$here/$1"/* "$work"; } || exit 1
    say "building ${tools[*]} $version (log: build/tools/$1.log)"
    # Fetching first keeps a network failure apart from a build failure.
    local mode=-mod=readonly
    [[ -f $work/go.sum ]] || mode=-mod=mod
    if ! listed=$(cd "$work" && "$go" list "$mode" -deps "${targets[@]}" 2>&1 >/dev/null); then
        printf '%s\n' "$listed" >"$log"
        if grep -qE 'dial tcp|lookup |i/o timeout|connection re|TLS handshake|: 5[0-9][0-9] |: 429 ' <<<"$listed" && ! is_refusal "$listed"; then
            die_of_network "go list -deps ${targets[*]}" "$listed"
        fi
        refusal=$(printf '$ go list %s -deps %s\n%s' "$mode" "${targets[*]}" "$(tail -n 20 "$log")")
        return 1
    fi
    if ! (cd "$work" && "$go" build "$mode" -p 2 -trimpath -buildvcs=false -ldflags "-s -w -X $variable=$version" -o bin/ "${targets[@]}") >"$log" 2>&1; then
        refusal=$(printf '$ go build %s\n%s' "${targets[*]}" "$(tail -n 20 "$log")")
        return 1
    fi
    for tool in "${tools[@]}"; do
        mv -f "$work/bin/$tool" "$bin/$tool" || exit 1
        printf '%s %s\n' "$tool" "$version" >"$out/versions.d/$tool"
        rm -f "$out/unavailable/$tool"
    done
    rm -rf "$work"
}

# `set -e` is off in here, because the callers test the result.
# One tool family at one version. Returns 1 when it cannot be had, with the reason under unavailable/NOTE...
provide() { # FOLDER MODULE VERSION "NOTE..." TOOL=PACKAGE...
    local folder=$1 module=$2 version=$3 key notes tools
    read -ra notes <<<"$4"
    tools=("${@:5}")
    key=$(key_of "$folder")
    if is_built "$folder" "$key" "${tools[@]%%=*}"; then return 0; fi
    if is_remembered_refusal "$folder" "$key" && [[ -f $out/unavailable/${notes[0]} ]]; then
        say "$folder $version is not available (asked $(date -r "$out/stamps/refused-$folder" '+%F %T'), see build/tools/unavailable/${notes[0]})"
        return 1
    fi
    if ask "$module@v$version" && build "$folder" "$version" "${tools[@]}"; then
        rm -f "$out/stamps/refused-$folder"
        local note
        for note in "${notes[@]}"; do rm -f "$out/unavailable/$note"; done
        echo "$key" >"$out/stamps/$folder"
        return 0
    fi
    note_unavailable "$refusal" "${notes[@]}"
    rm -f "$out/stamps/$folder"
    echo "$key" >"$out/stamps/refused-$folder"
    say "NOT AVAILABLE: $folder $version: $(grep -vE '^\$|^go: downloading|^#' <<<"$refusal" | grep -m1 -E '[Ee]rror|: [0-9]+' | sed 's/^[[:space:]]*//')"
    return 1
}

loki_packages=(loki=github.com/grafana/loki/v3/cmd/loki
    logcli=github.com/grafana/loki/v3/cmd/logcli
    promtail=github.com/grafana/loki/v3/clients/cmd/promtail)

if provide loki-3.5.9 github.com/grafana/loki/v3 $loki_preferred loki-3.5.9 "${loki_packages[@]}"; then
    rm -f "$out/stamps/loki" # its binaries have just been replaced
elif provide loki github.com/grafana/loki/v3 $loki_fallback "loki logcli promtail" "${loki_packages[@]}"; then
    say "loki, logcli and promtail are $loki_fallback, not the pinned $loki_preferred"
else
    forget_tools loki logcli promtail
fi

provide boundary github.com/coder/boundary $boundary_version boundary boundary=github.com/coder/boundary/cmd/boundary ||
    forget_tools boundary

# Templates are validated with the real providers.
provide tofu github.com/opentofu/opentofu $tofu_version tofu tofu=github.com/opentofu/opentofu/cmd/tofu || forget_tools tofu
provide terraform-provider-coder github.com/coder/terraform-provider-coder/v2 $coder_provider_version terraform-provider-coder \
    terraform-provider-coder=github.com/coder/terraform-provider-coder/v2 || forget_tools terraform-provider-coder
provide terraform-provider-kubernetes github.com/hashicorp/terraform-provider-kubernetes $kubernetes_provider_version \
    terraform-provider-kubernetes terraform-provider-kubernetes=github.com/hashicorp/terraform-provider-kubernetes ||
    forget_tools terraform-provider-kubernetes

# A program of our own, from the standard library alone.
make_own() { # FOLDER TOOL VERSION
    local folder=$1 tool=$2 version=$3 key
    key=$(key_of "$folder")
    if is_built "$folder" "$key" "$tool"; then return 0; fi
    say "building $tool"
    (cd "$here/$folder" && "$go" build -trimpath -buildvcs=false -ldflags "-s -w" -o "$bin/$tool" .)
    echo "$tool $version" >"$out/versions.d/$tool"
    echo "$key" >"$out/stamps/$folder"
}

make_own stand_in boundary-stand-in for-$boundary_version
make_own agent_exec agent-exec for-coder-agentproc

cat "$out"/versions.d/* >"$out/versions"
say "$(paste -sd, "$out/versions" | sed 's/,/, /g')"
