#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A fleet of workspaces and one Loki: what the fleet asks of it, and what it costs.

    python3 tests/bench/fleet.py                                   # 200 daemons, all scenarios but the steady day
    python3 tests/bench/fleet.py --model 5000 --fleet-labels --memory 512 --scenarios storm,away,deny,limit,steady
    python3 tests/bench/fleet.py --daemons 20 --away 5             # a first look
    BOUNDARY_LOKI_BEFORE=old/boundary-loki python3 tests/bench/fleet.py   # another build of ours in the same run

Each workspace has own log, journal and state folders, on tmpfs, and five log files of 20 decisions under five tools. It
is a real daemon, or with --model one of fifty in a process (fleet_model.cpp): the same code, the same files. The server
is the real Loki where it is found (see contenders.find), else the stand-in, or what --server names. Scenarios:

    storm   all start at once, with empty state folders, and find their files
    away    Loki is gone while each workspace logs as much again, bit by bit, and comes back
    deny    all of them log as much again, and all of it is denied
    limit   a new Loki takes half as many streams as the fleet has, until it is started with more
    steady  a new Loki, and so many minutes of a day of 5,000 decisions in 300 tool calls in each workspace, as fast as
            --speed says: then all but Loki's own time, and the time stamps, runs faster, and its rate limit is as much higher

Rows are counted by session and number in the line, so what is lost and what is doubled shows for itself."""

import argparse
import collections
import heapq
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import contenders
import data
import fleet_servers
from fleet_servers import TROUBLE, usage_of

FILES = 5
DECISIONS = 20
TOOLS = ["execute", "Bash", "WebFetch", "Read", "Task"]
FLEET_LABELS = "--stream-labels job,decision,owner,workspace_name,agent_name,template_name,namespace"
FIRST_USER = 100_000
IN_A_PROCESS = 50  # so that the instances of inotify that a user gets, 128 by default, are enough
DAY_S = 8 * 3600
CALLS_A_DAY, DECISIONS_A_CALL = 300, 17
PORTIONS = 3  # of a call's decisions, three seconds apart
PORTIONS_AWAY = 5  # of what is logged while Loki is away
SHAPES = [data.shapes(random.Random(seed)) for seed in range(16)]


def busy_seconds():
    """Of all cores since the machine started, as the kernel counts them."""
    with open("/proc/stat", encoding="ascii") as text:
        user, nice, system, _, _, irq, softirq, *_ = map(int, text.readline().split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def denied(shape):
    return re.sub(' rule=.*', "", shape.replace("level=INFO msg=ALLOW", "level=WARN msg=DENY"))


class Workspace:
    def __init__(self, number, folder, flags, user):
        self.name = f"w{number}"
        self.logs = os.path.join(folder, self.name, "logs")
        self.state = os.path.join(folder, self.name, "state")
        self.journal = os.path.join(self.logs, "toolcalls")
        self.flags = ["--log-dir", self.logs, "--state-dir", self.state, "--metrics-address", "off",
                      "--owner", f"owner{number % fleet_servers.OWNERS}", "--workspace", self.name, "--agent", "main", "--template", "firewalled",
                      "--namespace", "coder-workspaces", "--log-level", "warn", *flags]
        self.dice = random.Random(number)
        self.user = user
        self.files = []
        self.calls = 0
        os.makedirs(self.journal, 0o700)
        for place in (os.path.join(folder, self.name), self.logs, self.journal):
            self.give_away(place)

    def give_away(self, path):
        if self.user:
            os.chown(path, self.user, self.user)

    def begin_call(self, now_ms):
        """A log file under a tool call of its own."""
        self.calls += 1
        pid = 1000 + self.calls
        day = os.path.join(self.journal, "toolcalls-" + data.stamp(now_ms)[:10] + ".jsonl")
        with open(day, "a", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
            out.write(json.dumps({"v": 1, "event": "start", "id": f"{self.name}-{pid}", "tool": TOOLS[self.calls % len(TOOLS)],
                                  "source": "exec", "time": data.stamp(now_ms - 1000), "pids": [pid]}, separators=(",", ":")) + "\n")
        self.give_away(day)
        return os.path.join(self.logs, data.log_name(now_ms, pid))

    def decide(self, path, count, now_ms, deny=False):
        shapes = self.dice.choice(SHAPES)
        lines = []
        for i in range(count):
            shape = shapes[0] if i == 0 else self.dice.choice(shapes)
            now_ms += self.dice.choice((1, 1, 2, 3, 5))
            lines.append(f"time={data.stamp(now_ms)} {denied(shape) if deny else shape}")
        with open(path, "a", encoding="ascii") as out:
            out.write("".join(lines))
        self.give_away(path)

    def log(self, count=DECISIONS, deny=False):
        """So many decisions in each of its files, now."""
        now_ms = int(time.time() * 1000) - 2000
        if not self.files:
            self.files = [self.begin_call(now_ms) for _ in range(FILES)]
        for path in self.files:
            self.decide(path, count, now_ms, deny)


class Fleet:
    def __init__(self, options, binary, name, speed=1.0):
        self.options = options
        self.speed = speed
        self.binary = binary
        folder = os.path.join(options.work, name)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.errors = os.path.join(folder, "stderr")
        flags = shlex.split(options.flags) + (FLEET_LABELS.split() if options.fleet_labels else [])
        each = IN_A_PROCESS if options.model else 1
        # As root each process is a user of its own, for the kernel counts inotify by user.
        users = [FIRST_USER + i // each if os.geteuid() == 0 else None for i in range(options.workspaces)]
        self.workspaces = [Workspace(i, folder, flags, user) for i, user in enumerate(users)]
        self.groups = [self.workspaces[i:i + each] for i in range(0, len(self.workspaces), each)]
        self.processes = []
        self.expected = 0
        self.begun = time.time() - 60
        self.server = fleet_servers.make(options.server, os.path.join(options.server_work, name), options.memory, 4 * speed)

    def log(self, count=DECISIONS, deny=False):
        for workspace in self.workspaces:
            workspace.log(count, deny)
        self.expected += len(self.workspaces) * FILES * count

    def start(self):
        for group in self.groups:
            lines = [[*workspace.flags, "--loki-url", self.server.url] for workspace in group]
            command = [self.binary, str(self.speed)] if self.options.model else [self.binary, "run", *lines[0]]
            user = group[0].user
            with open(self.errors, "ab") as errors:
                process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=errors, stderr=errors, user=user, group=user,
                                           extra_groups=[] if user else None)
            if self.options.model:
                process.stdin.write("".join(shlex.join(line) + "\n" for line in lines).encode())
            process.stdin.close()
            self.processes.append(process)

    def until_stored(self, begun):
        """Seconds until it has been so, or patience ends. Asks less the longer an answer takes, for the answers cost, too."""
        while time.monotonic() - begun < self.options.patience:
            self.server.look()
            asked = time.monotonic()
            if self.patiently(self.server.stored) >= self.expected:
                break
            time.sleep(min(5, max(0.25, 5 * (time.monotonic() - asked))))
        return time.monotonic() - begun

    def patiently(self, question, *of):
        while True:
            try:
                return question(*of)
            except TROUBLE:
                self.server.look()
                time.sleep(0.5)

    def rows(self):
        """How often each (workspace, session, number) is there."""
        found = collections.Counter()
        names = [workspace.name for workspace in self.workspaces]
        at_once = max(1, fleet_servers.PAGE // 2 * len(names) // self.expected)
        for first in range(0, len(names), at_once):
            lines = self.patiently(self.server.lines, names[first:first + at_once], self.begun)
            if len(lines) >= fleet_servers.PAGE and not isinstance(self.server, fleet_servers.VictoriaLogs):
                raise SystemExit("fleet.py: more rows than fit a page")
            for fields in (json.loads(line)["fields"] for line in lines):
                found[fields["workspace_name"], fields["session"], fields["seq"]] += 1
        return found

    def measure(self, scenario):
        """Runs it; what it took of the server."""
        counts, cpu = self.server.look()
        restarts, self.server.most_mib = self.server.restarts, 0
        cpu_of_all, started, busy = self.cpu_of_all(), time.monotonic(), busy_seconds() - sum(os.times()[:2])
        seconds = getattr(self, scenario)()
        whole = time.monotonic() - started
        counts_after, cpu_after = self.server.look()
        cpu_of_all = self.cpu_of_all() - cpu_of_all
        busy = busy_seconds() - sum(os.times()[:2]) - busy - cpu_of_all - (cpu_after - cpu)
        streams = self.patiently(self.server.streams)
        grown = counts_after - counts
        pushes = {status: n for (route, status), n in sorted(grown.items()) if route == "push"}
        took = whole if scenario in ("limit", "steady") else seconds
        rows = self.rows()
        return {
            "all stored after s": f"{seconds:.1f}" + ("" if seconds < self.options.patience else " (gave up)"),
            "streams": streams,
            "pushes": " ".join(f"{status}: {n}" for status, n in pushes.items()),
            "pushes a second": f"{sum(pushes.values()) / took:.0f}",
            "MB on the wire": f"{grown['bytes', ''] / 1e6:.1f}",
            "KB a second": f"{grown['bytes', ''] / took / 1e3:.0f}",
            "questions": sum(n for (route, _), n in grown.items() if route == "query_range"),
            "lost": self.expected - len(rows),
            "doubled": sum(n - 1 for n in rows.values()),
            "counted": f"{self.patiently(self.server.stored) - self.expected:+d}",
            "server killed": self.server.restarts - restarts,
            "server MiB at most": f"{self.server.most_mib:.0f}",
            "server CPU-s": f"{cpu_after - cpu:.1f}",
            "server CPU-ms a workspace": f"{(cpu_after - cpu) / len(self.workspaces) * 1e3:.1f}",
            "ours: MiB a workspace": f"{sum(usage_of(p.pid)[1] for p in self.processes) / len(self.workspaces):.1f}",
            "ours: CPU-s of all": f"{cpu_of_all:.1f}",
            "cores that others used": f"{max(0, busy) / whole:.1f}",
        }

    def cpu_of_all(self):
        return sum(usage_of(process.pid)[0] for process in self.processes)

    def storm(self):
        self.log()
        begun = time.monotonic()
        self.start()
        return self.until_stored(begun)

    def away(self):
        self.server.stop()
        begun = time.monotonic()
        for portion in range(PORTIONS_AWAY):
            self.log(DECISIONS // PORTIONS_AWAY)
            time.sleep(max(0, begun + self.options.away * (portion + 1) / PORTIONS_AWAY - time.monotonic()))
        begun = time.monotonic()
        self.server.start(self.options.max_streams)
        return self.until_stored(begun)

    def deny(self):
        begun = time.monotonic()
        self.log(deny=True)
        return self.until_stored(begun)

    def limit(self):
        self.log()
        self.start()
        begun = time.monotonic()
        while time.monotonic() - begun < self.options.away:
            time.sleep(1)
            self.server.look()
        counts, _ = self.server.look()
        stored = self.patiently(self.server.stored)
        print(f"    at the limit for {self.options.away:g} s: {stored} of {self.expected} stored, "
              f"{counts['push', '429'] / self.options.away / len(self.workspaces):.2f} times 429 a second for each workspace", flush=True)
        self.server.stop()
        begun = time.monotonic()
        self.server.start(self.options.max_streams)
        return self.until_stored(begun)

    def steady(self):
        """Tool calls at random times, each with its decisions in some portions."""
        self.start()
        seconds = self.options.minutes * 60
        calls = round(len(self.workspaces) * CALLS_A_DAY * seconds * self.speed / DAY_S)
        dice = random.Random(7)
        due = [(dice.uniform(0, seconds), number, dice.randrange(len(self.workspaces)), 0, "") for number in range(calls)]
        heapq.heapify(due)
        begun, looked, latest = time.monotonic(), 0.0, 0.0
        while due:
            at, number, of, portion, path = heapq.heappop(due)
            now = time.monotonic() - begun
            time.sleep(max(0, at - now))
            latest = max(latest, now - at)
            workspace, now_ms = self.workspaces[of], int(time.time() * 1000)
            path = path or workspace.begin_call(now_ms)
            count = DECISIONS_A_CALL * (portion + 1) // PORTIONS - DECISIONS_A_CALL * portion // PORTIONS
            workspace.decide(path, count, now_ms)
            self.expected += count
            if portion + 1 < PORTIONS:
                heapq.heappush(due, (at + 3 / self.speed, number, of, portion + 1, path))
            if now > looked + 1:
                looked = now
                self.server.look()
        minutes = (time.monotonic() - begun) * self.speed / 60
        print(f"    {calls} tool calls in {minutes:.1f} minutes of the day, {self.speed:g} times as fast; written at most {latest:.1f} s late", flush=True)
        return self.until_stored(time.monotonic())

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.server.process:
            self.server.stop()
        self.server.memory.remove()


def run(options, name, binary):
    """Rows of the table: what each scenario showed."""
    results = []
    for scenarios in (["storm", "away", "deny"], ["limit"], ["steady"]):
        wanted = [s for s in scenarios if s in options.scenarios.split(",")]
        if not wanted:
            continue
        fleet = Fleet(options, binary, name, options.speed if wanted == ["steady"] else 1.0)
        of_all = min([row["streams"] for row in results], default=options.workspaces * (3 if options.fleet_labels else 11))
        streams = of_all // 2 if wanted == ["limit"] else options.max_streams
        try:
            fleet.server.start(streams)
            for scenario in wanted:
                results.append({"scenario": scenario, "build": name, **fleet.measure(scenario)})
                print("   ", ", ".join(f"{k} {v}" for k, v in results[-1].items()), flush=True)
        finally:
            fleet.stop()
        for folder in (options.work, options.server_work):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    return results


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--daemons", type=int, default=200)
    parser.add_argument("--model", type=int, default=0, metavar="WORKSPACES", help="so many in few processes instead")
    parser.add_argument("--scenarios", default="storm,away,deny,limit")
    parser.add_argument("--server", default="loki", choices=["loki", "stand-in", "victoria-logs"])
    parser.add_argument("--memory", type=int, default=0, metavar="MIB", help="what the server may have; default: all")
    parser.add_argument("--max-streams", type=int, default=100_000, help="of the tenant, but at its limit")
    parser.add_argument("--away", type=float, default=60, help="seconds that Loki is away, or at its limit")
    parser.add_argument("--minutes", type=float, default=5, help="that the steady day takes here")
    parser.add_argument("--speed", type=float, default=1, help="of the steady day; with --model")
    parser.add_argument("--patience", type=float, default=600, help="seconds until it gives up waiting")
    parser.add_argument("--fleet-labels", action="store_true", help="few streams, as bridge/settings/README.md says")
    parser.add_argument("--flags", default="", help="for every daemon")
    parser.add_argument("--work", default="/dev/shm/boundary-loki-fleet", help="folder of the workspaces; emptied")
    parser.add_argument("--server-work", default=os.path.join(contenders.ROOT, "build/bench/fleet"),
                        help="folder of the server; no tmpfs, or its files count as its memory")
    parser.add_argument("--build", default=contenders.BUILD, help="folder of our own binaries: %(default)s")
    options = parser.parse_args()
    if options.speed != 1 and not options.model:
        parser.error("--speed needs --model: a daemon has but one clock")
    options.workspaces = options.model or options.daemons
    return options


def main():
    options = arguments()
    builds = {"boundary-loki": options.build}
    if os.environ.get("BOUNDARY_LOKI_BEFORE"):
        builds = {"before": os.path.dirname(os.environ["BOUNDARY_LOKI_BEFORE"]), **builds}
    os.environ["no_proxy"] = "*"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("fleet.py: stopped"))  # so that the rest is stopped, too
    program = "fleet_model" if options.model else "boundary-loki"
    begun = time.monotonic()
    results = [row for name, folder in builds.items() for row in run(options, name, os.path.abspath(os.path.join(folder, program)))]
    results.sort(key=lambda row: options.scenarios.split(",").index(row["scenario"]))
    print(f"\n{options.workspaces} {'workspaces of the model' if options.model else 'daemons'}, {options.server}"
          f"{f' held to {options.memory} MiB' if options.memory else ''}; {(time.monotonic() - begun) / 60:.0f} minutes\n")
    print("| | " + " | ".join(f"{row['scenario']}: {row['build']}" for row in results) + " |")
    print("| --- |" + " ---: |" * len(results))
    for name in list(results[0])[2:]:
        print(f"| {name} | " + " | ".join(str(row[name]) for row in results) + " |")
    return 1 if any(row["lost"] or row["doubled"] for row in results) else 0


if __name__ == "__main__":
    sys.exit(main())
