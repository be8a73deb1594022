#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Lists the real programs that this machine has, one a line: NAME, VERSION and PATH, separated by tabs. They are looked for in
# the folder that BOUNDARY_LOKI_REAL_TOOLS names, else on PATH. Of loki and boundary, NAME-* beside NAME counts as a further
# version. Nothing here fetches or builds one; CONTRIBUTING.md says where a person gets them.
set -uo pipefail
# A program that is asked for its version must not read the caller's input.
exec </dev/null

folders() { # NAME: where NAME is
    if [ -n "${BOUNDARY_LOKI_REAL_TOOLS:-}" ] && [ -x "$BOUNDARY_LOKI_REAL_TOOLS/$1" ]; then
        echo "$BOUNDARY_LOKI_REAL_TOOLS"
    else
        dirname "$(command -v "$1" || echo /nowhere/)"
    fi
}

# Other projects use the names, too: HashiCorp has a `boundary`, and `loki-canary` is no Loki.
version_of() { # NAME PATH: prints the version, or nothing for another program
    local said name
    case $1 in
        loki | logcli | promtail) timeout 10 "$2" --version 2>&1 | sed -nE "1s/^$1, version ([^ ]+).*/\1/p" ;;
        boundary)
            if timeout 10 "$2" --help 2>&1 | grep BOUNDARY_JAIL_TYPE >/dev/null; then
                said=$(timeout 10 "$2" --version 2>/dev/null | grep -oE '(v?[0-9]+\.[0-9]+\.[0-9]+|main)[^ ]*' | head -n 1)
                # One that was built by hand says "dev": its name may know more.
                name=${2##*/} && name=${name#boundary}
                echo "${said:-${name#-}}" | grep . || echo unknown
            fi
            ;;
        *) timeout 10 "$2" --version 2>&1 | grep -oE 'v?[0-9]+\.[0-9]+\.[0-9]+[^ ,]*' | head -n 1 ;;
    esac
}

for name in loki logcli promtail boundary fluent-bit vector alloy; do
    folder=$(folders "$name")
    programs=("$folder/$name")
    case $name in loki | boundary) programs+=("$folder/$name"-*) ;; esac
    for program in "${programs[@]}"; do
        case $program in */boundary-loki* | *stand-in*) continue ;; esac
        [ -x "$program" ] || continue
        version=$(version_of "$name" "$program")
        [ -z "$version" ] || printf '%s\t%s\t%s\n' "$name" "$version" "$program"
    done
done
