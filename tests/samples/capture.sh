#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Captures sample log files into OUTDIR from a few sessions of curl under Boundary (landjail), or, where there is none, under
# the stand-in. The hosts are reserved names: with the stand-in every allowed request goes to a server
# on loopback; the real Boundary logs the same decisions and then fails to resolve the hosts.
# CAPTURE_PAUSE seconds (default 1) pass between sessions, and a tenth of it between the steps of one.
set -euo pipefail

usage() {
    echo "usage: $0 OUTDIR" >&2
    exit 2
}

samples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pause=${CAPTURE_PAUSE:-1}

step() { sleep "$(awk "BEGIN { print $pause / 10 }")"; }

get() { curl --silent --show-error --globoff --max-time 10 --output /dev/null "$@" || true; }

# What the agent does inside the jail.
session() {
    case $1 in
    npm)
        for package in left-pad react @types/node lodash; do get "https://npm.registry.example/$package"; done
        step
        for package in left-pad-1.3.0 react-19.0.0 lodash-4.17.21; do get "https://npm.registry.example/-/$package.tgz"; done
        get "https://telemetry.example/v1/batch?client=npm&run=1" --data '{"event":"install"}'
        get "https://npm.registry.example/-/npm/v1/security/audits/quick" --data '{}'
        step
        get "http://ads.example/pixel.gif"
        get "https://npm.registry.example/-/user/token" --request PUT --data '{}'
        ;;
    github)
        get "https://api.github.example/repos/acme/widget/pulls?state=open&per_page=50"
        get "https://api.github.example/repos/acme/widget/issues/7/comments" --data '{"body":"done"}'
        step
        get "https://codeload.github.example/acme/widget/tar.gz/refs/heads/main"
        get "https://api.github.example/repos/acme/widget" --request DELETE
        get "https://paste.example/upload?access_token=not-a-real-token" --data-binary 'x'
        step
        get "https://paste.example/upload?access_token=not-a-real-token" --data-binary 'x'
        get "https://api.github.example/search/code?q=\"quoted\"+is:public"
        get "http://docs.example/" --request-target "http://user:not-a-real-password@docs.example/private"
        ;;
    pip)
        for package in requests numpy; do get "https://pypi.example/simple/$package/"; done
        get "https://files.pypi.example/packages/requests-2.32.3.tar.gz"
        step
        get "https://pypi.example:8443/simple/internal/"
        get "https://[2001:db8::1]:8443/v1/x%20y"
        get "https://telemetry.example/v1/pip" --data '{}'
        get "http://mirror.example/simple/requests/" --header "Host: evil host=\"x\" msg=ALLOW"
        get "https://PyPI.Example/Simple/"
        ;;
    docs)
        for page in / /guide/ /guide/install "/search?q=caf%C3%A9&lang=fr" "/a;b=c?d" "/a?x\\y"; do get "https://docs.example$page"; done
        step
        get "https://docs.example/" --request OPTIONS --request-target '*'
        get "https://docs.example/" --request M-SEARCH
        get "https://docs.example/" --head
        get "https://docs.example/q?é"
        ;;
    *) usage ;;
    esac
}

if [[ ${1:-} == session ]]; then
    session "${2:-}"
    exit
fi
[[ $# -eq 1 ]] || usage

mkdir -p "$1"
out=$(cd "$1" && pwd)
bin=$samples/../../build/tools/bin
extra=()
export BOUNDARY_JAIL_TYPE=landjail
boundary=$(bash "$samples/../tools/real_programs.sh" | awk -F '\t' '$1 == "boundary" { print $3; exit }')
if [[ -n $boundary ]]; then
    echo "capturing with Boundary"
else
    boundary=$bin/boundary-stand-in
    echo "capturing with boundary-stand-in: there is no Boundary"
    exec {upstream}< <(exec "$boundary" --serve-upstream 127.0.0.1:0)
    upstream_pid=$!
    trap 'kill "$upstream_pid"' EXIT
    read -r -u "$upstream" address
    extra=(--upstream "$address")
fi

run() { # LEVEL SESSION RULE...
    local level=$1 name=$2 rules=() rule
    for rule in "${@:3}"; do rules+=(--allow "$rule"); done
    echo "session $name at level $level"
    # The command as it will stand in the child's log: no path of this machine.
    (cd "$samples" && "$boundary" --log-dir "$out" --log-level "$level" "${extra[@]}" "${rules[@]}" -- bash capture.sh session "$name")
    sleep "$pause"
}

run info npm "domain=npm.registry.example method=GET"
run info github "domain=api.github.example method=GET,POST" "domain=codeload.github.example"
TZ=Europe/Berlin run warn pip "domain=pypi.example" "domain=files.pypi.example"
run info docs "domain=docs.example"
ls -l "$out"
