#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# report.sh BUILD_DIR: says what the last ctest run of that folder did, by suite (label) and by what it ran on (the part in
# brackets that ends a test's name), and fails when anything failed, was left out or skipped. With
# BOUNDARY_LOKI_REQUIRE_REAL=1 it fails, too, when no real Loki or no real Boundary was there to run on (sanitizers never do).
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:?usage: report.sh BUILD_DIR}

if [ ! -s "$folder/junit.xml" ]; then
    echo "FAILED: no test results in $folder"
    echo "total: 0 passed, 1 failed"
    exit 1
fi

require_real=${BOUNDARY_LOKI_REQUIRE_REAL:-}
grep -q '^BOUNDARY_LOKI_SANITIZE:[A-Z]*=$' "$folder/CMakeCache.txt" || require_real=

{
    # suite TAB name, as configured; then the outcomes.
    ctest --test-dir "$folder" --show-only=json-v1 |
        jq -r '.tests[] | [([.properties[] | select(.name == "LABELS").value[]] | first) // "other", .name] | "suite\t" + join("\t")'
    cat "$folder/junit.xml"
} | awk -v require_real="$require_real" '
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
    $1 == "suite" {
        on = match($3, / \[[^]]*\]$/) ? " on " substr($3, RSTART + 2, RLENGTH - 3) : ""
        suite_of[$3] = $2 on
        configured[++tests] = $3
        if (on ~ /Loki [0-9]/) real_loki = 1
        if (on ~ /Boundary [^s]/) real_boundary = 1
        next
    }
    /<testcase / { test = attribute("name"); state[test] = attribute("status"); skips[test] = 0 }
    /\[  SKIPPED \].* \([0-9]+ ms\)/ { ++skips[test] }
    END {
        for (i = 1; i <= tests; ++i) {
            test = configured[i]
            suite = suite_of[test]
            if (!(suite in seen)) { seen[suite] = 1; order[++suites] = suite }
            if (state[test] == "run" && skips[test] == 0) {
                ++passed[suite]
            } else {
                ++failed[suite]
                why = state[test] == "fail" ? "failed" : skips[test] > 0 ? "skipped" : state[test] == "" ? "did not run" : state[test]
                print "FAILED: " test " (" why ")"
            }
        }
        for (i = 1; i <= suites; ++i) {
            suite = order[i]
            printf "%-52s %d passed, %d failed\n", suite ":", passed[suite], failed[suite]
            all_passed += passed[suite]; all_failed += failed[suite]
        }
        if (tests == 0) { print "FAILED: no tests are registered"; all_failed = 1 }
        if (require_real == "1" && !real_loki) { print "FAILED: no real Loki to run on"; ++all_failed }
        if (require_real == "1" && !real_boundary) { print "FAILED: no real Boundary to run on"; ++all_failed }
        printf "%-52s %d passed, %d failed\n", "total:", all_passed, all_failed
        exit all_failed > 0
    }'
