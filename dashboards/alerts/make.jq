# rules.json -> what Loki's ruler, Prometheus, the Prometheus operator and Grafana read, as YAML. $to says which.

# The lines of a value as YAML. Scalars are JSON, which YAML includes.
def lines:
    if type == "object" then [to_entries[] | .key as $key | .value as $value | ($value | type) as $type
        | if $type == "object" or $type == "array" then "\($key):", ($value | lines[] | "  " + .)
          elif $type == "string" and ($value | contains("\n")) then "\($key): |", ($value | split("\n")[] | "  " + .)
          else "\($key): \($value | tojson)" end]
    elif type == "array" then [.[] | lines | "- " + .[0], (.[1:][] | "  " + .)]
    else [tojson] end;
def header: "# Made by dashboards/make.sh from alerts/rules.json: edit that one.";

def expr: .expr | join("\n");
def runbook($base): "\($base)#\(.alert | ascii_downcase)";
def link($source): if $source == "loki"
    then "/d/boundary-loki?var-owner={{ $labels.owner }}&var-workspace={{ $labels.workspace_name }}" else "/d/boundary-loki" end;

# The groups of a source as Prometheus and Loki's ruler have them.
def groups($source): .runbooks as $base | [.groups[] | select(.source == $source) | {name, interval, rules: [.rules[]
    | {alert, expr: expr} + (if .for then {for} else {} end)
      + {labels: {severity}, annotations: {summary, runbook_url: runbook($base), dashboard_url: link($source)}}]}];

# Grafana asks Loki itself. Each expression gives rows above 0 where the alert holds, and none where it does not.
def grafana: .runbooks as $base | {apiVersion: 1, groups: [.groups[] | select(.source == "loki") | {orgId: 1, name, folder: "Agent Firewall", interval,
    rules: [.rules[] | {
        uid: ("boundary-loki-" + (.alert | ascii_downcase)), title: .alert, condition: "B",
        data: [
            {refId: "A", relativeTimeRange: {from: .seconds, to: 0}, datasourceUid: "loki",
                model: {refId: "A", datasource: {type: "loki", uid: "loki"}, editorMode: "code", queryType: "instant", expr: expr}},
            {refId: "B", datasourceUid: "__expr__",
                model: {refId: "B", type: "threshold", expression: "A", conditions: [{evaluator: {type: "gt", params: [0]}}]}}],
        noDataState: "OK", execErrState: "Error", for: (.for // "0s"),
        annotations: {summary, runbook_url: runbook($base), __dashboardUid__: "boundary-loki", __panelId__: "1"},
        labels: {severity}, isPaused: false}]}]};

header, (if $to == "grafana" then grafana
    elif $to == "operator" then {apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule",
        metadata: {name: "boundary-loki", labels: {"app.kubernetes.io/name": "boundary-loki"}}, spec: {groups: groups("prometheus")}}
    else {groups: groups($to)} end | lines[])
