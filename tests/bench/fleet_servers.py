# SPDX-License-Identifier: MIT
"""The servers that a fleet pushes to: one process each with a folder of its own, held to so much memory, started again
as Kubernetes does when the kernel ends it, and what they count of themselves."""

import collections
import http.client
import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse

import contenders
from servers import free_port, get, wait_until_ready, write_loki_config

OWNERS = 50  # of all workspaces
PAGE = 5000  # what Loki shows at once by default
TROUBLE = (urllib.error.URLError, http.client.HTTPException, OSError, ValueError)  # with a server that is dying, or starts


def usage_of(pid):
    """CPU-seconds so far, and resident MiB now and at most."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as text:
        fields = text.read().rsplit(")", 1)[1].split()
    with open(f"/proc/{pid}/status", encoding="ascii") as text:
        status = text.read()
    now, most = (int(re.search(name + r":\s+(\d+)", status).group(1)) / 1024 for name in ("VmRSS", "VmHWM"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), now, most


class MemoryLimit:
    """A cgroup (v1 or v2) that ends what takes more, as a container does; without one, says so and holds nobody."""

    def __init__(self, mib):
        self.folder = None
        first, limit = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
        if not os.path.isdir(first):
            first, limit = "/sys/fs/cgroup", "memory.max"
        if not mib:
            return
        try:
            folder = os.path.join(first, f"boundary-loki-fleet-{os.getpid()}-{free_port()}")
            os.mkdir(folder)
            self.folder = folder
            with open(os.path.join(folder, limit), "w", encoding="ascii") as out:
                out.write(str(mib << 20))
        except OSError as trouble:
            print(f"fleet.py: memory is not limited: {trouble}", flush=True)
            self.remove()

    def enter(self):
        """In the child, before it becomes the server."""
        if self.folder:
            with open(os.path.join(self.folder, "cgroup.procs"), "w", encoding="ascii") as out:
                out.write(str(os.getpid()))

    def remove(self):
        if self.folder:
            os.rmdir(self.folder)
            self.folder = None


class Server:
    """Keeps its folder, its address and its counts when it is started again."""

    def __init__(self, program, folder, memory_mib):
        self.program = program
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.memory = MemoryLimit(memory_mib)
        self.process = None
        self.restarts = 0  # that nobody asked for
        self.most_mib = 0
        self.earlier, self.earlier_cpu = collections.Counter(), 0.0  # of processes that are gone
        self.counts, self.cpu = collections.Counter(), 0.0  # of this one, as of the last look

    def start(self, most_streams):
        self.most_streams = most_streams
        command = self.command()
        with open(os.path.join(self.folder, "log"), "ab") as errors:
            # Nothing but a write() happens between fork and exec, and no other thread runs.
            self.process = subprocess.Popen(command, stdout=errors, stderr=errors, preexec_fn=self.memory.enter)
        self.wait_until_ready()

    def wait_until_ready(self):
        begun = time.monotonic()
        while time.monotonic() - begun < 300:
            try:
                get(self.origin + self.ready)
                return
            except TROUBLE:
                self.start_again_if_dead()
                time.sleep(0.1)
        raise SystemExit(f"fleet.py: {self.program} did not become ready: see {self.folder}/log")

    def start_again_if_dead(self):
        if self.process.poll() is None:
            return
        if self.process.returncode != -9:
            raise SystemExit(f"fleet.py: {self.program} ended with {self.process.returncode}: see {self.folder}/log")
        # At once, then after 10 s, 20 s and so on up to five minutes.
        pause = min(300, 10 * 2 ** (self.restarts - 1)) if self.restarts else 0
        self.restarts += 1
        print(f"    the server was killed; starting it again in {pause} s", flush=True)
        self.gone()
        time.sleep(pause)
        self.start(self.most_streams)

    def gone(self):
        self.earlier += self.counts
        self.earlier_cpu += self.cpu
        self.counts, self.cpu = collections.Counter(), 0.0

    def look(self):
        """What it has counted and spent since the first start; it is started again if it is dead."""
        try:
            self.counts = self.counted()
            self.cpu, _, most = usage_of(self.process.pid)
            self.most_mib = max(self.most_mib, most)
        except TROUBLE:
            self.start_again_if_dead()
        return self.earlier + self.counts, self.earlier_cpu + self.cpu

    def stop(self):
        """As Kubernetes does. Loki 3.5.9 does not end by itself while questions wait: its queriers go first."""
        self.look()
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.gone()

    def ask(self, path, seconds=120, **parameters):
        return get(f"{self.origin}{path}?{urllib.parse.urlencode(parameters)}", seconds)

    def metrics(self):
        for line in get(self.origin + "/metrics").splitlines():
            if not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                yield name.partition("{")[0], dict(re.findall(r'(\w+)="([^"]*)"', name)), float(value)


class Loki(Server):
    """The real one, or the stand-in, which counts no bytes."""

    ready = "/ready"

    def __init__(self, program, folder, memory_mib, rate_mb):
        super().__init__(program, folder, memory_mib)
        self.url = self.origin
        self.grpc_port = free_port()
        self.rate_mb = rate_mb

    def command(self):
        config = write_loki_config(self.folder, self.port, self.grpc_port, f"""
frontend: {{address: 127.0.0.1}}
ingester: {{query_store_max_look_back_period: -1, lifecycler: {{min_ready_duration: 0s}}}}
limits_config: {{max_global_streams_per_user: {self.most_streams}, ingestion_rate_mb: {self.rate_mb}}}
""")
        return [self.program, f"-config.file={config}"]

    def counted(self):
        counts = collections.Counter()
        for name, labels, value in self.metrics():
            route = labels.get("route", "").removeprefix("loki_api_v1_")
            if name == "loki_request_duration_seconds_count":
                counts[route, labels["status_code"]] += int(value)
            elif name == "loki_request_message_bytes_sum" and route == "push":
                counts["bytes", ""] += int(value)
        return counts

    def streams(self):
        return sum(int(value) for name, _, value in self.metrics() if name == "loki_ingester_memory_streams")

    def stored(self):
        """By instant queries, which no daemon uses: so they are not among those that are counted. One for each owner, for a
        Loki that is short of memory does not live through one for all."""
        found = 0
        for number in range(OWNERS):
            query = f'sum(count_over_time({{job="boundary",decision=~".+",owner="owner{number}"}}[2h]))'
            found += sum(int(float(row["value"][1])) for row in json.loads(self.ask("/loki/api/v1/query", query=query))["data"]["result"])
        return found

    def lines(self, workspaces, since):
        found = json.loads(self.ask("/loki/api/v1/query_range", limit=PAGE, start=int(since * 1e9), end=int((time.time() + 60) * 1e9),
                                    query=f'{{job="boundary",decision=~".+",workspace_name=~"{"|".join(workspaces)}"}}'))
        return [value[1] for stream in found["data"]["result"] for value in stream["values"]]


class VictoriaLogs(Server):
    """It has no limits of tenants, and says 204 or 200 alike."""

    ready = "/insert/ready"

    def __init__(self, program, folder, memory_mib, _):
        super().__init__(program, folder, memory_mib)
        self.url = self.origin + "/insert"

    def command(self):
        return [self.program, f"-storageDataPath={self.folder}/data", f"-httpListenAddr=127.0.0.1:{self.port}"]

    def counted(self):
        counts = collections.Counter()
        for name, labels, value in self.metrics():
            path = labels.get("path", "")
            if name == "vl_http_requests_total" and path.endswith("/push"):
                counts["push", "20x"] += int(value)
            elif name == "vl_http_requests_total" and path == "/select/logsql/query":
                counts["query_range", ""] += int(value)
            elif name == "vl_bytes_ingested_total":
                counts["bytes", ""] += int(value)
        return counts

    def streams(self):
        return sum(int(value) for name, _, value in self.metrics() if name == "vl_streams_created_total")

    def stored(self):
        # With a parameter of its own path, so that it can be told from a daemon's question.
        answer = self.ask("/select/logsql/stats_query", query='{job="boundary"} decision:* | stats count() n')
        return sum(int(row["value"][1]) for row in json.loads(answer)["data"]["result"])

    def lines(self, workspaces, _):
        names = ",".join(f'"{name}"' for name in workspaces)
        answer = self.ask("/select/logsql/query", query=f'{{job="boundary",workspace_name in ({names})}} decision:* | fields _msg')
        return [json.loads(row)["_msg"] for row in answer.splitlines()]


STAND_IN = os.path.join(contenders.ROOT, "build/tools/bin/loki-stand-in")


def make(kind, folder, memory_mib, rate_mb):
    if kind == "victoria-logs":
        return VictoriaLogs(os.path.join(contenders.ROOT, "build/tools/bin/victoria-logs"), folder, memory_mib, rate_mb)
    program = STAND_IN if kind == "stand-in" else contenders.find("loki") or STAND_IN
    return Loki(program, folder, memory_mib, rate_mb)
