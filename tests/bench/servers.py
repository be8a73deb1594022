# SPDX-License-Identifier: MIT
"""Where the contenders push to: our own sink, or the real loki. Both can be asked for their address and their counts."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import contenders


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, timeout=30):
    with urllib.request.urlopen(url, timeout=timeout) as reply:
        return reply.read().decode()


class Sink:
    """Our own server (sink.cpp): acks at once and counts."""

    def __init__(self):
        self.process = subprocess.Popen([os.path.join(contenders.BUILD, "bench_sink")], stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self.paced = False

    def stats(self):
        return json.loads(get(self.url + "/stats"))

    def stop(self):
        self.process.kill()
        self.process.wait()


def write_loki_config(folder, port, grpc_port, more=""):
    """What a Loki needs to run by itself in this folder, all else at its defaults; `more` is YAML of the top level."""
    config = os.path.join(folder, "config.yaml")
    with open(config, "w", encoding="ascii") as out:
        out.write(f"""
auth_enabled: false
server: {{http_listen_address: 127.0.0.1, http_listen_port: {port}, grpc_listen_address: 127.0.0.1, grpc_listen_port: {grpc_port}, log_level: error}}
common:
  path_prefix: {folder}
  replication_factor: 1
  instance_addr: 127.0.0.1
  ring: {{instance_addr: 127.0.0.1, kvstore: {{store: inmemory}}}}
  storage: {{filesystem: {{chunks_directory: {folder}/chunks, rules_directory: {folder}/rules}}}}
schema_config: {{configs: [{{from: 2024-01-01, store: tsdb, object_store: filesystem, schema: v13, index: {{prefix: index_, period: 24h}}}}]}}
analytics: {{reporting_enabled: false}}
{more}""")
    return config


def wait_until_ready(url, seconds):
    for _ in range(seconds * 10):
        try:
            get(url + "/ready")
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"kit.py: the Loki at {url} did not become ready")


class RealLoki:
    """The real loki with its defaults; the contenders keep their default pacing."""

    def __init__(self):
        program = contenders.find("loki")
        if not program:
            raise SystemExit("kit.py: no loki: put one on PATH, or name its folder with BOUNDARY_LOKI_REAL_TOOLS")
        self.folder = os.path.join(contenders.ROOT, "build/bench/loki")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        port = free_port()
        config = write_loki_config(self.folder, port, free_port())
        self.process = subprocess.Popen([program, f"-config.file={config}"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        self.paced = True
        wait_until_ready(self.url, 60)

    def stats(self):
        query = urllib.parse.quote('sum(count_over_time({job="boundary"}[3h]))')
        result = json.loads(get(f"{self.url}/loki/api/v1/query?query={query}"))["data"]["result"]
        count = int(result[0]["value"][1]) if result else 0
        return {"entries": count, "distinct": count}

    def stop(self):
        self.process.kill()
        self.process.wait()
