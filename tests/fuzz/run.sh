#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the fuzzers and runs each for a while: run.sh [SECONDS [TARGET...]], 5 s and all by default. What they learn stays
# in build/corpus/TARGET, an input that breaks something in build/corpus/TARGET-crash-*.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-5}
targets=("${@:2}")
[ "${#targets[@]}" -gt 0 ] || targets=(slog_text slog_json hook_event journal checkpoint spool_segment loki_answer config
    merge journal_turns read_back_pages)
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
cmake --preset fuzz
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}"
failed=0
for target in "${targets[@]}"; do
    mkdir -p "build/corpus/$target"
    log=build/corpus/$target.log
    if "build/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=4096 -timeout=20 -print_final_stats=1 \
        -artifact_prefix="build/corpus/$target-" "build/corpus/$target" "tests/fuzz/regressions/$target" >"$log" 2>&1; then
        printf '%-16s %s executions, %s\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: //p' "$log")" \
            "$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1)"
    else
        printf '%-16s FAILED\n' "$target"
        tail -n 40 "$log"
        failed=1
    fi
done
exit "$failed"
