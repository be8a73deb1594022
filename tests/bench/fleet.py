#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many real daemons and one Loki: what a fleet asks of it, and what it costs.

    python3 tests/bench/fleet.py                                   # 200 daemons, all scenarios
    python3 tests/bench/fleet.py --daemons 20 --away 5             # a first look
    BOUNDARY_LOKI_BEFORE=old/boundary-loki python3 tests/bench/fleet.py   # another build of ours in the same run
    python3 tests/bench/fleet.py --flags '--stream-labels job,...'  # what every daemon gets besides

Each daemon is a workspace: own log, journal and state folders, five log files of 20 decisions under five tools. A Loki
is the real one where it is found (see contenders.find), else the stand-in. Scenarios:

    storm  all start at once, with empty state folders, and find their files
    away   Loki is gone while each workspace logs as much again, and comes back
    limit  a new Loki takes half as many streams as the fleet has, until it is started with more

Rows are counted by session and number in the line, so what is lost and what is doubled shows for itself."""

import argparse
import collections
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse

import contenders
import data
from kit import free_port, get, wait_until_ready, write_loki_config

FILES = 5
DECISIONS = 20
TOOLS = ["execute", "Bash", "WebFetch", "Read", "Task"]
PATIENCE_S = 300
PAGE = 1000  # more than a workspace has
FIRST_USER = 100_000


class Loki:
    """One Loki with its own folder, which it keeps when it is started again."""

    def __init__(self, folder):
        self.program = contenders.find("loki") or os.path.join(contenders.ROOT, "build/tools/bin/loki-stand-in")
        self.folder = folder
        self.port = free_port()
        self.grpc_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.starts = 0
        os.makedirs(folder)

    def start(self, most_streams):
        self.starts += 1
        config = write_loki_config(self.folder, self.port, self.grpc_port, f"""
frontend: {{address: 127.0.0.1}}
ingester: {{query_store_max_look_back_period: -1, lifecycler: {{min_ready_duration: 0s}}}}
limits_config: {{max_global_streams_per_user: {most_streams}}}
""")
        with open(os.path.join(self.folder, "log"), "ab") as errors:
            self.process = subprocess.Popen([self.program, f"-config.file={config}"], stdout=errors, stderr=errors)
        wait_until_ready(self.url, 120)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def requests(self):
        """Answered so far, by route and status."""
        counts = collections.Counter()
        for line in get(self.url + "/metrics").splitlines():
            if line.startswith("loki_request_duration_seconds_count{"):
                labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
                counts[labels["route"].removeprefix("loki_api_v1_"), labels["status_code"]] += int(float(line.rsplit(" ", 1)[1]))
            elif line.startswith("loki_ingester_memory_streams{"):
                counts["streams", ""] += int(float(line.rsplit(" ", 1)[1]))
        return counts

    def stored(self):
        """By an instant query, which no daemon uses: so it is not among those that are counted."""
        query = urllib.parse.quote('sum(count_over_time({job="boundary",decision=~".+"}[2h]))')
        try:
            result = json.loads(get(f"{self.url}/loki/api/v1/query?query={query}"))["data"]["result"]
        except (urllib.error.URLError, OSError):
            return 0
        return int(float(result[0]["value"][1])) if result else 0

    def rows(self, workspace):
        """How often each (session, number) of a workspace is there."""
        parameters = urllib.parse.urlencode({
            "query": f'{{job="boundary",decision=~".+",workspace_name="{workspace}"}}', "limit": PAGE,
            "start": int((time.time() - 7200) * 1e9), "end": int((time.time() + 60) * 1e9)})
        found = collections.Counter()
        for stream in json.loads(get(f"{self.url}/loki/api/v1/query_range?{parameters}", 120))["data"]["result"]:
            for _, line, *_ in stream["values"]:
                fields = json.loads(line)["fields"]
                found[fields["session"], fields["seq"]] += 1
        return found

    def usage(self):
        return usage_of(self.process.pid)


def usage_of(pid):
    """CPU-seconds so far, and resident MiB."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as text:
        fields = text.read().rsplit(")", 1)[1].split()
    with open(f"/proc/{pid}/status", encoding="ascii") as text:
        rss_kib = int(re.search(r"VmRSS:\s+(\d+)", text.read()).group(1))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), rss_kib / 1024


class Workspace:
    def __init__(self, number, folder, binary, flags):
        self.name = f"w{number}"
        self.logs = os.path.join(folder, self.name, "logs")
        self.state = os.path.join(folder, self.name, "state")
        self.journal = os.path.join(self.logs, "toolcalls")
        self.command = [binary, "run", "--log-dir", self.logs, "--state-dir", self.state, "--metrics-address", "off",
                        "--owner", f"owner{number % 50}", "--workspace", self.name, "--agent", "main", "--template", "firewalled",
                        "--namespace", "coder-workspaces", "--log-level", "warn", *flags]
        self.errors = os.path.join(folder, self.name, "stderr")
        self.seed = number
        self.files = []
        self.process = None
        # The kernel gives a user some 128 instances of inotify, so each workspace is another user's where we may choose.
        self.user = FIRST_USER + number if os.geteuid() == 0 else None
        os.makedirs(self.journal, 0o700)
        self.give_away()

    def give_away(self):
        for place, folders, files in os.walk(os.path.dirname(self.logs)) if self.user else []:
            for name in [".", *folders, *files]:
                os.chown(os.path.join(place, name), self.user, self.user)

    def log(self):
        """So many decisions in each of its files, now, each file under a tool of its own."""
        now_ms = int(time.time() * 1000) - 2000
        if not self.files:
            self.files = [(data.log_name(now_ms, 1000 + i), 1000 + i) for i in range(FILES)]
            with open(os.path.join(self.journal, "toolcalls-" + data.stamp(now_ms)[:10] + ".jsonl"), "w", encoding="ascii") as out:
                for (_, pid), tool in zip(self.files, TOOLS):
                    out.write(json.dumps({"v": 1, "event": "start", "id": f"{self.name}-{pid}", "tool": tool, "source": "exec",
                                          "time": data.stamp(now_ms - 1000), "pids": [pid]}, separators=(",", ":")) + "\n")
            os.chmod(out.name, 0o600)
        lines = data.Lines(self.seed + now_ms, now_ms)
        for name, _ in self.files:
            with open(os.path.join(self.logs, name), "a", encoding="ascii") as out:
                for i in range(DECISIONS):
                    lines.last = lines.shapes[0] if i == 0 else lines.last
                    out.write(lines.next())
        self.give_away()

    def start(self, url):
        with open(self.errors, "ab") as errors:
            self.process = subprocess.Popen([*self.command, "--loki-url", url], stdout=errors, stderr=errors, user=self.user,
                                            group=self.user, extra_groups=[] if self.user else None)


class Fleet:
    def __init__(self, options, binary, folder):
        self.options = options
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.loki = Loki(os.path.join(folder, "loki"))
        self.workspaces = [Workspace(i, folder, binary, shlex.split(options.flags)) for i in range(options.daemons)]
        self.expected = 0

    def log(self):
        for workspace in self.workspaces:
            workspace.log()
        self.expected += len(self.workspaces) * FILES * DECISIONS

    def start(self):
        for workspace in self.workspaces:
            workspace.start(self.loki.url)

    def until_stored(self, begun):
        while self.loki.stored() < self.expected and time.monotonic() - begun < PATIENCE_S:
            time.sleep(0.25)
        return time.monotonic() - begun

    def measure(self, scenario):
        """Runs it; what it took, of Loki since it was started last."""
        before, (cpu, _), starts = self.loki.requests(), self.loki.usage(), self.loki.starts
        seconds = getattr(self, scenario)()
        after, (cpu_after, rss) = self.loki.requests(), self.loki.usage()
        if self.loki.starts > starts:
            before, cpu = collections.Counter(), 0
        grown = after - before
        pushes = {status: n for (route, status), n in sorted(grown.items()) if route == "push"}
        rows = [self.loki.rows(w.name) for w in self.workspaces]
        daemons = [usage_of(w.process.pid) for w in self.workspaces]
        return {
            "all stored after s": f"{seconds:.1f}" + ("" if seconds < PATIENCE_S else " (gave up)"),
            "streams": after["streams", ""],
            "pushes": " ".join(f"{status}: {n}" for status, n in pushes.items()),
            "questions": sum(n for (route, _), n in grown.items() if route == "query_range"),
            "lost": self.expected - sum(len(found) for found in rows),
            "doubled": sum(n - 1 for found in rows for n in found.values()),
            "counted": f"{self.loki.stored() - self.expected:+d}",
            "Loki MiB": f"{rss:.0f}",
            "Loki CPU-s": f"{cpu_after - cpu:.1f}",
            "daemons MiB each": f"{sum(m for _, m in daemons) / len(daemons):.1f}",
            "daemons CPU-s": f"{sum(c for c, _ in daemons):.1f}",
        }

    def storm(self):
        self.log()
        begun = time.monotonic()
        self.start()
        return self.until_stored(begun)

    def away(self):
        self.loki.stop()
        self.log()
        time.sleep(self.options.away)
        begun = time.monotonic()
        self.loki.start(100_000)
        return self.until_stored(begun)

    def limit(self):
        self.log()
        self.start()
        time.sleep(self.options.away)
        refused = self.loki.requests()["push", "429"]
        stored = self.loki.stored()
        self.loki.stop()
        begun = time.monotonic()
        self.loki.start(100_000)
        seconds = self.until_stored(begun)
        print(f"    at the limit for {self.options.away} s: {stored} of {self.expected} stored, {refused} times 429", flush=True)
        return seconds

    def stop(self):
        running = [w.process for w in self.workspaces if w.process]
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.loki.process:
            self.loki.stop()


def run(options, name, binary):
    """Rows of the table: what each scenario showed."""
    results = []
    for scenarios in (["storm", "away"], ["limit"]):
        wanted = [s for s in scenarios if s in options.scenarios.split(",")]
        if not wanted:
            continue
        fleet = Fleet(options, binary, os.path.join(options.work, name))
        try:
            fleet.loki.start(100_000 if scenarios[0] == "storm" else options.daemons * 6)
            for scenario in wanted:
                results.append({"scenario": scenario, "build": name, **fleet.measure(scenario)})
                print("   ", ", ".join(f"{k} {v}" for k, v in results[-1].items()), flush=True)
        finally:
            fleet.stop()
    shutil.rmtree(os.path.join(options.work, name), ignore_errors=True)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--daemons", type=int, default=200)
    parser.add_argument("--scenarios", default="storm,away,limit")
    parser.add_argument("--away", type=float, default=60, help="seconds that Loki is away, or at its limit")
    parser.add_argument("--flags", default="", help="for every daemon")
    parser.add_argument("--work", default="/dev/shm/boundary-loki-fleet")
    options = parser.parse_args()
    builds = {"boundary-loki": contenders.Ours().binary}
    if os.environ.get("BOUNDARY_LOKI_BEFORE"):
        builds = {"before": os.environ["BOUNDARY_LOKI_BEFORE"], **builds}
    os.environ["no_proxy"] = "*"
    results = [row for name, binary in builds.items() for row in run(options, name, os.path.abspath(binary))]
    results.sort(key=lambda row: options.scenarios.split(",").index(row["scenario"]))
    print(f"\n{options.daemons} daemons, {os.path.basename(contenders.find('loki') or 'loki-stand-in')}\n")
    print("| | " + " | ".join(f"{row['scenario']}: {row['build']}" for row in results) + " |")
    print("| --- |" + " ---: |" * len(results))
    for name in list(results[0])[2:]:
        print(f"| {name} | " + " | ".join(str(row[name]) for row in results) + " |")
    return 1 if any(row["lost"] or row["doubled"] for row in results) else 0


if __name__ == "__main__":
    sys.exit(main())
