# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: MIT
# Behind a line that sets `hooks`, JSON: adds them to the settings of Claude Code. What the user has there stays, hooks of the same
# events included.
settings=$HOME/.claude/settings.json
mkdir -p "$HOME/.claude"
if [ ! -s "$settings" ]; then
    printf '%s\n' "$hooks" >"$settings"
elif command -v jq >/dev/null; then
    jq --argjson ours "$hooks" 'reduce ($ours.hooks | to_entries[]) as $event
        (.; .hooks[$event.key] = ((.hooks[$event.key] // []) + $event.value | unique))' "$settings" >"$settings.new"
    mv "$settings.new" "$settings"
else
    echo "boundary-loki: jq is missing, so $settings keeps its own hooks: requests will carry no tool call" >&2
fi
