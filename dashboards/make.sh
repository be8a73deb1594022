#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make.sh [FOLDER]: writes what kustomize applies, from agent-firewall.json and provisioning/, for kustomize reads no file outside
# the folder that it is told; and the alerts of each kind, from alerts/rules.json. A test holds them to be what this script writes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
to=${1:-$here}
mkdir -p "$to"/{beside,replace,with-datasources,provisioning/alerting} "$to"/alerts/{operator,grafana}

# Beside a dashboard that has the uid already: another uid and title.
jq -S 'walk(if type == "string" then gsub("/d/agent-firewall\\?"; "/d/boundary-loki?") else . end)
    | .uid = "boundary-loki" | .title = "Agent Firewall (boundary-loki)"' "$here/agent-firewall.json" >"$to/beside/boundary-loki.json"

# In place of it: with a row of its operations panels below.
jq -S --slurpfile operations "$here/replace/operations.json" '
    ([.panels[].gridPos | .y + .h] | max) as $below | ([.panels[], .panels[].panels[]?] | map(.id) | max) as $last
    | .panels += ([{ type: "row", title: "Operations", collapsed: false, gridPos: { h: 1, w: 24, x: 0, y: 0 }, panels: [] }] + $operations[0]
        | to_entries | map(.value + { id: ($last + 1 + .key) } | .gridPos.y += $below))' "$here/agent-firewall.json" >"$to/replace/agent-firewall.json"

cp "$here/provisioning/datasources/agent-firewall.yaml" "$to/with-datasources/agent-firewall.yaml"

alerts() { jq -r --arg to "$1" -f "$here/alerts/make.jq" "$here/alerts/rules.json"; }
alerts loki >"$to/alerts/loki.yaml"
alerts prometheus >"$to/alerts/prometheus.yaml"
alerts operator >"$to/alerts/operator/rules.yaml"
alerts grafana >"$to/provisioning/alerting/agent-firewall.yaml"
cp "$to/provisioning/alerting/agent-firewall.yaml" "$to/alerts/grafana/agent-firewall.yaml"
