#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds what the tests run against on every machine into build/tools/bin: VictoriaLogs, OpenTofu with the providers that
# templates use, and our own programs: the stand-ins for Loki and Boundary, and agent-exec, which runs a command as the Coder
# agent does; and Grafana's grammar of LogQL, for node. A tool that cannot be had is said and left out, and the tests that need it fail; all others still run.
# A run with nothing to do takes about a second.
set -euo pipefail

victoria_logs_version=1.52.1
tofu_version=1.12.6 # OpenTofu: it builds as a module, terraform since 1.6 does not (its own go.mod replaces parts by folders)
coder_provider_version=2.20.0
kubernetes_provider_version=1.13.4 # the last that has a version as a module

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/build/tools
bin=$out/bin
mkdir -p "$bin" "$out/stamps" "$out/versions.d"

exec 9>"$out/lock"
flock 9

go=$(bash "$here/go.sh")
go_version=$(cd / && "$go" env GOVERSION)
# Only what the registry serves counts: no quiet fall-back to a version-control host when it refuses.
GOPROXY=$(cd / && "$go" env GOPROXY)
GOPROXY=${GOPROXY%[,|]direct}
export GOPROXY GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0

say() { printf 'tools: %s\n' "$*"; }

# What a result depends on: its files, this script and the compiler.
key_of() { # FOLDER
    { find "$here/$1" -type f -print0 | sort -z | xargs -0 cat "$here/install.sh" && echo "$go_version"; } | sha256sum | cut -d' ' -f1
}

provide() { # FOLDER TOOL VERSION PACKAGE: the tool that FOLDER pins (tools.go) or is
    local folder=$1 tool=$2 version=$3 package=$4 log=$out/$1.log key
    key=$(key_of "$folder")
    if [[ -x $bin/$tool && -f $out/stamps/$folder && $(<"$out/stamps/$folder") == "$key" ]]; then return 0; fi
    say "building $tool $version (log: build/tools/$folder.log)"
    rm -f "$bin/$tool" "$out/versions.d/$tool"
    if (cd "$here/$folder" && "$go" build -mod=readonly -p 2 -trimpath -buildvcs=false -ldflags "-s -w" -o "$bin/$tool" "$package") >"$log" 2>&1; then
        printf '%s %s\n' "$tool" "$version" >"$out/versions.d/$tool"
        echo "$key" >"$out/stamps/$folder"
    else
        say "NOT BUILT: $tool $version: $(grep -v '^go: downloading' "$log" | tail -n 1)"
    fi
}

provide victoria_logs victoria-logs $victoria_logs_version github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs
provide tofu tofu $tofu_version github.com/opentofu/opentofu/cmd/tofu
provide terraform-provider-coder terraform-provider-coder $coder_provider_version github.com/coder/terraform-provider-coder/v2
provide terraform-provider-kubernetes terraform-provider-kubernetes $kubernetes_provider_version \
    github.com/hashicorp/terraform-provider-kubernetes
provide loki_stand_in loki-stand-in for-3.5.9 .
provide boundary_stand_in boundary-stand-in for-0.9.0-main-and-2026-07 .
ln -sf boundary-stand-in "$bin/boundary-stand-in-main" # the name chooses the version
provide agent_exec agent-exec for-coder-agentproc .

# Its lock file names no registry, so it is whichever this machine uses; the integrity of what that serves is checked.
provide_logql_grammar() {
    local folder=logql_grammar to=$out/logql-grammar log=$out/logql_grammar.log key
    key=$(find "$here/$folder" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
    if [[ -f $to/errors.mjs && -f $out/stamps/$folder && $(<"$out/stamps/$folder") == "$key" ]]; then return 0; fi
    say "fetching Grafana's grammar of LogQL (log: build/tools/$folder.log)"
    rm -rf "$to" "$out/versions.d/logql-grammar"
    cp -r "$here/$folder" "$to"
    if { bash "$here/node.sh" && (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund); } >"$log" 2>&1; then
        echo "logql-grammar $(jq -r '.dependencies["@grafana/lezer-logql"]' "$to/package.json")" >"$out/versions.d/logql-grammar"
        echo "$key" >"$out/stamps/$folder"
    else
        rm -rf "$to"
        say "NOT FETCHED: Grafana's grammar of LogQL: $(tail -n 1 "$log")"
    fi
}
provide_logql_grammar

cat "$out"/versions.d/* >"$out/versions"
say "$(paste -sd, "$out/versions" | sed 's/,/, /g')"
