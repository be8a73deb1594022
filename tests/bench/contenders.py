# SPDX-License-Identifier: MIT
"""The contenders: how each is told to follow a folder and push what it finds to the sink.

All do the same work: parse the line, take the event's own time, label by decision, carry domain, method and rule as
structured metadata, keep a checkpoint, expose metrics. Each waits at most `batch_wait_ms` before it pushes."""

import os
import shutil

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build/release")


def find(name):
    """A real program: in the folder that BOUNDARY_LOKI_REAL_TOOLS names, else on PATH."""
    folder = os.environ.get("BOUNDARY_LOKI_REAL_TOOLS")
    path = os.path.join(folder, name) if folder else None
    return path if path and os.access(path, os.X_OK) else shutil.which(name)


class Ours:
    name = "boundary-loki"

    def __init__(self):
        self.binary = os.path.join(BUILD, "boundary-loki")
        self.version = ["--version"]

    def command(self, logs, state, url, batch_wait_ms, port, paced):
        return [self.binary, "run", "--loki-url", url, "--log-dir", logs, "--state-dir", state,
                "--metrics-address", f"127.0.0.1:{port}", "--batch-wait", f"{batch_wait_ms}ms",
                "--owner", "joe", "--workspace", "w1", "--agent", "main", "--template", "firewalled",
                "--namespace", "coder-workspaces", "--log-level", "warn"] + ([] if paced else ["--stream-rate", "0"])


class Before(Ours):
    """Another build of ours, to tell what a change costs in the same run: BOUNDARY_LOKI_BEFORE names its binary."""

    name = "before"

    def __init__(self):
        super().__init__()
        self.binary = os.environ.get("BOUNDARY_LOKI_BEFORE")


class Promtail:
    name = "promtail"

    def __init__(self):
        self.binary = find("promtail")
        self.version = ["--version"]

    def command(self, logs, state, url, batch_wait_ms, port, paced):
        config = f"""
server: {{http_listen_address: 127.0.0.1, http_listen_port: {port}, grpc_listen_port: 0, log_level: error}}
positions: {{filename: {state}/positions.yaml}}
clients: [{{url: "{url}/loki/api/v1/push", batchwait: {batch_wait_ms}ms, batchsize: 262144}}]
limits_config: {{readline_rate_enabled: false}}
target_config: {{sync_period: 1s}}
scrape_configs:
- job_name: boundary
  static_configs: [{{targets: [localhost], labels: {{job: boundary, owner: joe, workspace_name: w1, __path__: "{logs}/*.log"}}}}]
  pipeline_stages:
  - logfmt: {{mapping: {{time: , msg: , method: , url: , host: , rule: }}}}
  - timestamp: {{source: time, format: RFC3339Nano}}
  - labels: {{decision: msg}}
  - structured_metadata: {{domain: host, http_method: method, matched_rule: rule}}
  - labeldrop: [filename, service_name]
"""
        return self.binary, config, ["-config.file={config}"]


class FluentBit:
    name = "fluent-bit"

    def __init__(self):
        self.binary = find("fluent-bit")
        self.version = ["--version"]

    def command(self, logs, state, url, batch_wait_ms, port, paced):
        host, sink_port = url.removeprefix("http://").split(":")
        config = f"""
service: {{flush: {batch_wait_ms / 1000}, log_level: error, http_server: on, http_listen: 127.0.0.1, http_port: {port}}}
parsers: [{{name: boundary, format: logfmt, time_key: time, time_format: "%Y-%m-%dT%H:%M:%S.%L%z"}}]
pipeline:
  inputs: [{{name: tail, path: "{logs}/*.log", parser: boundary, read_from_head: true, db: {state}/tail.db, refresh_interval: 1}}]
  outputs: [{{name: loki, match: "*", host: {host}, port: {sink_port}, labels: "job=boundary", label_keys: $msg,
              structured_metadata: "domain=$host,http_method=$method,matched_rule=$rule", compress: gzip}}]
"""
        return self.binary, config, ["-c", "{config}.yaml"]


class Vector:
    name = "vector"

    def __init__(self):
        self.binary = find("vector")
        self.version = ["--version"]

    def command(self, logs, state, url, batch_wait_ms, port, paced):
        config = f"""
data_dir: {state}
sources: {{logs: {{type: file, include: ["{logs}/*.log"], read_from: beginning, glob_minimum_cooldown_ms: 1000}}}}
transforms:
  parsed:
    type: remap
    inputs: [logs]
    source: |
      . = parse_logfmt!(string!(.message))
      .timestamp = parse_timestamp!(string!(.time), "%+")
sinks:
  loki:
    type: loki
    inputs: [parsed]
    endpoint: {url}
    encoding: {{codec: json}}
    labels: {{job: boundary, decision: "{{{{ msg }}}}"}}
    structured_metadata: {{domain: "{{{{ host }}}}", http_method: "{{{{ method }}}}"}}
    batch: {{timeout_secs: {batch_wait_ms / 1000}, max_bytes: 262144}}
    healthcheck: {{enabled: false}}
"""
        return self.binary, config, ["--quiet", "--config", "{config}.yaml"]


class Alloy:
    name = "alloy"

    def __init__(self):
        self.binary = find("alloy")
        self.version = ["--version"]

    def command(self, logs, state, url, batch_wait_ms, port, paced):
        config = f"""
local.file_match "logs" {{
  path_targets = [{{"__path__" = "{logs}/*.log", "job" = "boundary", "owner" = "joe", "workspace_name" = "w1"}}]
  sync_period  = "1s"
}}
loki.source.file "logs" {{
  targets    = local.file_match.logs.targets
  forward_to = [loki.process.parsed.receiver]
}}
loki.process "parsed" {{
  forward_to = [loki.write.sink.receiver]
  stage.logfmt {{ mapping = {{"time" = "", "msg" = "", "method" = "", "host" = "", "rule" = ""}} }}
  stage.timestamp {{
    source = "time"
    format = "RFC3339Nano"
  }}
  stage.labels {{ values = {{"decision" = "msg"}} }}
  stage.structured_metadata {{ values = {{"domain" = "host", "http_method" = "method", "matched_rule" = "rule"}} }}
  stage.label_drop {{ values = ["filename", "service_name"] }}
}}
loki.write "sink" {{
  endpoint {{
    url        = "{url}/loki/api/v1/push"
    batch_wait = "{batch_wait_ms}ms"
    batch_size = "256KiB"
  }}
}}
"""
        return self.binary, config, ["run", f"--server.http.listen-addr=127.0.0.1:{port}",
                                     f"--storage.path={state}", "--disable-reporting", "{config}.alloy"]


class OtelCollector:
    """The peer that every machine can have: run.sh builds it from tests/tools/otel_collector. It speaks OTLP, which has
    no labels and no structured metadata, so all that was parsed goes as attributes. It serves no metrics here."""

    name = "otel-collector"

    def __init__(self):
        self.binary = os.path.join(ROOT, "build/bench/otel-collector")
        self.version = ["--version"]

    def command(self, logs, state, url, batch_wait_ms, port, paced):
        if paced:
            raise SystemExit("kit.py: otel-collector takes no part with --loki: its OTLP becomes other streams there")
        config = f"""
extensions: {{file_storage: {{directory: {state}}}}}
receivers:
  file_log:
    include: ["{logs}/*.log"]
    start_at: beginning
    include_file_name: false
    storage: file_storage
    operators:
    - {{type: key_value_parser}}
    - {{type: time_parser, parse_from: attributes.time, layout_type: gotime, layout: "2006-01-02T15:04:05.999Z07:00"}}
exporters:
  otlp_http:
    logs_endpoint: {url}/v1/logs
    sending_queue: {{num_consumers: 1, block_on_overflow: true, batch: {{flush_timeout: {batch_wait_ms}ms, sizer: bytes, min_size: 262144}}}}
service:
  extensions: [file_storage]
  telemetry: {{logs: {{level: error}}, metrics: {{level: none}}}}
  pipelines: {{logs: {{receivers: [file_log], exporters: [otlp_http]}}}}
"""
        return self.binary, config, ["--config", "{config}.yaml"]


EVERYONE = (Ours, Before, Promtail, FluentBit, Vector, Alloy, OtelCollector)


def command_of(contender, logs, state, url, batch_wait_ms, port, paced):
    """The command line, its configuration file written beside its state."""
    made = contender.command(logs, state, url, batch_wait_ms, port, paced)
    if isinstance(made, list):
        return made
    binary, config, arguments = made
    path = os.path.join(state, "config")
    for suffix in ("", ".yaml", ".alloy"):
        with open(path + suffix, "w", encoding="ascii") as out:
            out.write(config)
    return [binary] + [argument.replace("{config}", path) for argument in arguments]


def available(names):
    """Those of `names` (all when empty) that are on this machine."""
    everyone = [contender() for contender in EVERYONE]
    unknown = set(names) - {contender.name for contender in everyone}
    if unknown:
        raise SystemExit(f"kit.py: unknown contender: {', '.join(sorted(unknown))}")
    return [contender for contender in everyone
            if (not names or contender.name in names) and contender.binary and os.path.exists(contender.binary)]
