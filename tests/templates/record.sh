#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# record.sh OUT.cast: one denied request, from the apply to the dashboard's own query, really run, and recorded as an
# asciicast. OpenTofu and the provider are real; Loki, logcli and Boundary are, too, where they are found, and else stood in for.
# Needs the release build (or another at BOUNDARY_LOKI_BUILD_DIR) with its packages (cpack there) and tests/tools/install.sh.
set -euo pipefail
cast=$(realpath "${1:?usage: record.sh OUT.cast}")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$root/build/tools/bin
real() { # NAME: the first real one that is found, or nothing
    bash "$root/tests/tools/real_programs.sh" | awk -F '\t' -v name="$1" '$1 == name { print $3; exit }'
}
loki_program=$(real loki) logcli=$(real logcli) boundary=$(real boundary)
: "${loki_program:=$tools/loki-stand-in}" "${boundary:=$tools/boundary-stand-in}"
work=$(mktemp -d)
loki=''
end() {
    (cd "$work" && sh stop.sh >/dev/null 2>&1) || true
    [ -z "$loki" ] || kill "$loki"
    rm -rf "$work"
}
trap end EXIT
export HOME=$work TZ=UTC # Boundary tells times in its own zone

free_port() { # none of those that are listened on
    local port
    for port in $(shuf -i 20000-30000 -n 50); do (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null || { echo "$port"; return; }; done
}
port=$(free_port) grpc=$(free_port)
cat >"$work/loki.yaml" <<YAML
auth_enabled: false
server: {http_listen_address: 127.0.0.1, http_listen_port: $port, grpc_listen_address: 127.0.0.1, grpc_listen_port: $grpc, log_level: error}
common: {path_prefix: $work/loki, replication_factor: 1, instance_addr: 127.0.0.1, ring: {kvstore: {store: inmemory}}, storage: {filesystem: {chunks_directory: $work/loki/chunks, rules_directory: $work/loki/rules}}}
schema_config: {configs: [{from: 2024-01-01, store: tsdb, object_store: filesystem, schema: v13, index: {prefix: index_, period: 24h}}]}
ingester: {query_store_max_look_back_period: -1}
analytics: {reporting_enabled: false}
YAML
"$loki_program" -config.file="$work/loki.yaml" >"$work/loki.log" 2>&1 &
loki=$!
for _ in $(seq 300); do
    [ "$(curl -s "http://127.0.0.1:$port/ready")" = ready ] && break
    kill -0 "$loki" || { cat "$work/loki.log" >&2; exit 1; }
    sleep 0.2
done

# A template, the shim, and a Boundary with nothing allowed.
cp -rL "$root/coder-templates/modules/boundary-loki" "$work/boundary-loki"
cat "$root"/coder-templates/modules/boundary-loki/scripts/{supervisor,stop}.sh >"$work/stop.sh"
archive=$(ls "${BOUNDARY_LOKI_BUILD_DIR:-$root/build/release}"/packages/*.tar.gz)
cat >"$work/main.tf" <<TF
terraform {
  required_providers {
    coder = { source = "coder/coder" }
  }
}
resource "coder_agent" "main" {
  os   = "linux"
  arch = "amd64"
}
module "boundary_loki" {
  source         = "./boundary-loki"
  agent_id       = coder_agent.main.id
  loki_url       = "http://127.0.0.1:$port"
  archive_url    = "file://$archive"
  archive_sha256 = "$(cut -c1-64 "$archive.sha256")"
  log_dirs       = ["$work/boundary_logs"]
}
output "start" { value = module.boundary_loki.start_script }
TF
printf 'provider_installation {\n  dev_overrides {\n    "coder/coder" = "%s"\n  }\n}\n' "$tools" >"$work/tofurc"
mkdir "$work/shim" "$work/bin"
cp "$root/coder-templates/shim/sh" "$work/shim/sh"
printf '#!/bin/sh\nexec "%s" --log-level info "$@"\n' "$boundary" >"$work/bin/boundary"
chmod +x "$work/bin/boundary"
ln -s "$tools/tofu" "$work/bin"
if [ -n "$logcli" ]; then
    ln -s "$logcli" "$work/bin/logcli"
else
    # The two questions that are asked below, as logcli puts and answers them.
    cat >"$work/bin/logcli" <<'SH'
#!/bin/sh
ask() { curl -sG "$LOKI_ADDR/loki/api/v1/$1" --data-urlencode "query=$2"; }
case $2 in
    query) ask query_range "$4" | jq -r '[.data.result[].values[]] | sort | reverse[][1]' ;;
    instant-query) ask query "$3" | jq .data.result ;;
esac
SH
    chmod +x "$work/bin/logcli"
fi
tar -xzf "$archive" -C "$work" --strip-components=1

export TF_CLI_CONFIG_FILE=$work/tofurc TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1 LOKI_ADDR=http://127.0.0.1:$port
export CODER_WORKSPACE_NAME=w1 CODER_WORKSPACE_OWNER=joe CODER_WORKSPACE_OWNER_NAME=joe CODER_WORKSPACE_AGENT_NAME=main
export CODER_WORKSPACE_TEMPLATE_NAME=agents-firewalled BOUNDARY_LOG_DIR=$work/boundary_logs BOUNDARY_JAIL_TYPE=landjail
export PATH=$work/shim:$work/bin:$work/.local/bin:$PATH
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY no_proxy NO_PROXY
cd "$work"
tofu get >/dev/null 2>&1

# The panel's own query, its variables at their defaults, as Grafana fills them in.
panel() {
    jq -r --arg title "$1" '. as $all | [.. | objects | select(.title? == $title and .targets?)][0].targets[0].expr
        | reduce ($all.templating.list[] | select(.allValue)) as $variable (.; gsub("\\$\($variable.name)\\b"; $variable.allValue))
        | gsub("\\$__range"; "1h")' "$root/dashboards/agent-firewall.json"
}
recent=$(panel 'Recent denied')
counts=$(panel Allowed) # which "Denied" shares
export recent counts

show() { # COMMAND: as typed, then really run
    printf '\033[1m$ %s\033[0m\n' "$1"
    bash -c "$1" 2>&1 || true
    sleep 1
}
# What is shown expands when it runs.
# shellcheck disable=SC2016
demonstration() {
    echo '# One apply.'
    show 'tofu apply -auto-approve -no-color 2>/dev/null | grep ^Apply'
    echo '# The workspace starts: the agent runs the start script.'
    show 'tofu output -raw start 2>/dev/null | /bin/sh'
    echo '# A tool call of Coder Agents. npm is not on the allowlist.'
    show 'CODER_CHAT_ID=chat-1 sh -c "curl -s -o /dev/null -w %{http_code} http://npm.registry.example/left-pad; echo; exit 3"; echo "status $?"'
    echo '# The decision in the log of Boundary ...'
    show 'grep -h msg=DENY boundary_logs/*.log'
    for _ in $(seq 100); do [ -z "$(logcli --quiet query --output=raw "$recent")" ] || break; sleep 0.1; done
    echo '# ... in Loki, by the query of the panel "Recent denied" ...'
    show 'logcli --quiet query --output=raw "$recent" | jq .fields'
    echo '# ... and by that of the panels "Allowed" and "Denied".'
    show 'logcli --quiet instant-query "$counts" | jq -cS "map({(.metric.decision): .value[1]}) | add"'
}
began=$(date +%s%N)
printf '{"version":2,"width":110,"height":40,"timestamp":%s,"title":"A DENY, from apply to dashboard"}\n' "$(date +%s)" >"$cast.new"
demonstration | while IFS= read -r line; do
    printf '%s\n' "$line"
    jq -cn --arg line "$line"$'\r\n' --argjson ms "$((($(date +%s%N) - began) / 1000000))" '[$ms / 1000, "o", $line]' >>"$cast.new"
done
mv "$cast.new" "$cast"
