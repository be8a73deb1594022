#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# report.sh BUILD_DIR: says what the last ctest run of that folder did, by suite (label), and fails when
# anything failed, was left out or skipped. One kind of skip is allowed: a test whose output names
# build/tools/unavailable/TOOL, where that file holds the registry's refusal.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:?usage: report.sh BUILD_DIR}
refusals=build/tools/unavailable

if [ ! -s "$folder/junit.xml" ]; then
    echo "FAILED: no test results in $folder"
    echo "total: 0 passed, 1 failed"
    exit 1
fi

{
    # suite TAB name, as configured; then the outcomes.
    ctest --test-dir "$folder" --show-only=json-v1 |
        jq -r '.tests[] | [([.properties[] | select(.name == "LABELS").value[]] | first) // "other", .name] | "suite\t" + join("\t")'
    for refusal in "$refusals"/*; do [ ! -f "$refusal" ] || printf 'refused\t%s\n' "${refusal##*/}"; done
    cat "$folder/junit.xml"
} | awk '
    function unescape(s) {
        gsub(/&lt;/, "<", s); gsub(/&gt;/, ">", s); gsub(/&quot;/, "\"", s); gsub(/&apos;/, "\047", s)
        gsub(/&amp;/, "\\&", s)
        return s
    }
    function attribute(name) {
        if (!match($0, " " name "=\"[^\"]*\"")) return ""
        return unescape(substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4))
    }
    BEGIN { FS = "\t" }
    $1 == "suite" { suite_of[$3] = $2; configured[++tests] = $3; next }
    $1 == "refused" { refused[$2] = 1; next }
    /<testcase / { test = attribute("name"); state[test] = attribute("status"); skips[test] = excuses[test] = 0 }
    /\[  SKIPPED \].* \([0-9]+ ms\)/ { ++skips[test] }
    match($0, /build\/tools\/unavailable\/[A-Za-z0-9_.-]+/) {
        tool = substr($0, RSTART + 24, RLENGTH - 24)
        if (tool in refused) { ++excuses[test]; excuse[test] = tool }
    }
    END {
        for (i = 1; i <= tests; ++i) {
            test = configured[i]
            suite = suite_of[test]
            if (!(suite in seen)) { seen[suite] = 1; order[++suites] = suite }
            ran = state[test] == "run"
            if (ran && skips[test] == 0) {
                ++passed[suite]
            } else if (state[test] != "fail" && skips[test] > 0 && excuses[test] >= skips[test]) {
                ++left_out[suite]
                print "NOT RUN: " test " (" excuse[test] " cannot be had, see below)"
            } else {
                ++failed[suite]
                why = state[test] == "fail" ? "failed" : skips[test] > 0 ? "skipped" : state[test] == "" ? "did not run" : state[test]
                print "FAILED: " test " (" why ")"
            }
        }
        for (i = 1; i <= suites; ++i) {
            suite = order[i]
            printf "%-14s %d passed, %d failed", suite ":", passed[suite], failed[suite]
            if (left_out[suite]) printf ", %d not run", left_out[suite]
            printf "\n"
            all_passed += passed[suite]; all_failed += failed[suite]
        }
        if (tests == 0) { print "FAILED: no tests are registered"; all_failed = 1 }
        printf "%-14s %d passed, %d failed\n", "total:", all_passed, all_failed
        exit all_failed > 0
    }' && status=0 || status=1

for refusal in "$refusals"/*; do
    if [ ! -f "$refusal" ]; then continue; fi
    echo "NOT RUN: anything with ${refusal##*/}: the registry refused it"
    sed 's/^/    /' "$refusal"
done
exit "$status"
