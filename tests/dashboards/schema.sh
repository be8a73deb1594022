#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks the dashboard against the types that Grafana publishes for it. Needs npm, hence no part of the tests.
set -euo pipefail
dashboard=$(cd "$(dirname "$0")/../.." && pwd)/dashboards/agent-firewall.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --prefix . @grafana/schema@11.6.16 typescript@5.6.3
{
    # The values of its enumerations stand in the JSON as text.
    cat <<'TYPES'
import type { Dashboard } from '@grafana/schema';
type Plain<T> = T extends string ? `${T}` : T extends (infer U)[] ? Plain<U>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
export const dashboard: Plain<Dashboard> =
TYPES
    # An annotation's query has the keys of its data source beside those of the schema.
    jq 'del(.annotations.list[] | .expr, .queryType, .maxLines, .titleFormat, .textFormat, .tagKeys)' "$dashboard"
} >check.ts
node_modules/.bin/tsc --noEmit --strict --skipLibCheck --moduleResolution node --target es2020 check.ts
echo "fits Grafana's schema"
