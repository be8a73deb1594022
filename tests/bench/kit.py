# SPDX-License-Identifier: MIT
"""Runs whole log shippers on the same data against the same sink and says what each of them costs."""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time

import chart
import contenders
import data
from servers import RealLoki, Sink
from shipper import Shipper

ROOT = contenders.ROOT
SEED = 7
PAST_MS = 1780999200000  # 2026-06-09T10:00:00Z
QUIET_S = 30  # without anything new for so long, a contender has stopped


def wait_for(sink, shipper, expected):
    """Until `expected` entries have arrived, or nothing new has come for long."""
    last = (-1, time.monotonic())
    while True:
        stats = sink.stats()
        now = time.monotonic()
        if stats["entries"] >= expected or not shipper.alive():
            return stats
        if stats["entries"] != last[0]:
            last = (stats["entries"], now)
        elif now - last[1] > QUIET_S:
            return stats
        time.sleep(0.1 if sink.paced else 0.02)


def delivered(stats, expected):
    return {"expected": expected, "entries": stats["entries"], "distinct": stats["distinct"],
            "lost": max(0, expected - stats["distinct"])}


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = os.path.abspath(options.work)
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work)
        self.runs = 0

    def scaled(self, count):
        return max(1, int(count * self.options.scale))

    def pause(self, seconds):
        return 0.2 if self.options.smoke else seconds

    def fresh_state(self):
        self.runs += 1
        return os.path.join(self.work, f"state-{self.runs}")

    def new_sink(self):
        return RealLoki() if self.options.loki else Sink()

    def folder(self, files, lines_each):
        """Finished logs; made once for all contenders and rounds, which only read them."""
        name = os.path.join(self.work, f"logs-{files}x{lines_each}")
        if not os.path.exists(name):
            start = int(time.time() * 1000) - 3_000_000 if self.options.loki else PAST_MS
            data.write_files(name, files, lines_each, SEED, start)
        return name

    def ship(self, contender, files, lines_each):
        """A backlog of finished files, from start to the last ack."""
        expected = files * lines_each
        logs, state = self.folder(files, lines_each), self.fresh_state()
        sink = self.new_sink()
        shipper = Shipper(contender, sink, logs, state, 1000)
        try:
            stats = wait_for(sink, shipper, expected)
            wall = time.monotonic() - shipper.started
            if not shipper.alive():
                return {"died": True, **delivered(stats, expected)}
            time.sleep(self.pause(6))  # to let go of what it holds open
            status = shipper.status()
            stats = sink.stats()
        finally:
            user, system = shipper.stop()
            sink.stop()
            state_bytes = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(state) for name in names)
            shutil.rmtree(state, ignore_errors=True)
        wire = {"wire_bytes_per_decision": stats["wire_bytes"] / expected, "requests": stats["requests"]} if "requests" in stats else {}
        return {"cpu_s": user + system, "user_s": user, "system_s": system, "wall_s": wall,
                "cpu_s_per_million": (user + system) / expected * 1e6, **wire, "state_bytes": state_bytes, **status,
                **delivered(stats, expected)}

    def one_file(self, contender):
        return self.ship(contender, 1, self.scaled(1_000_000))

    def many_files(self, contender):
        return self.ship(contender, self.scaled(10_000), 50)

    def very_many_files(self, contender):
        return self.ship(contender, self.scaled(100_000), 5)

    def trickle(self, contender):
        """200 new files a second, every other one with a line: as Boundary makes two files a run."""
        seconds = max(1, self.scaled(30))
        logs, state = os.path.join(self.work, f"trickle-{self.runs}"), self.fresh_state()
        os.makedirs(logs)
        sink = self.new_sink()
        shipper = Shipper(contender, sink, logs, state, 1000)
        lines = data.Lines(SEED, PAST_MS)
        try:
            time.sleep(self.pause(2))
            before = shipper.activity()
            begin = time.monotonic()
            for number in range(200 * seconds):
                wait = begin + number / 200 - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                now_ms = int(time.time() * 1000)
                with open(os.path.join(logs, data.log_name(now_ms, 1000 + number)), "w", encoding="ascii", buffering=1) as out:
                    if number % 2 == 0:
                        lines.now_ms = now_ms - 2
                        text = lines.next()
                        out.write(f"time={data.stamp(int(time.time() * 1000))}{text[text.index(' '):]}")
            stats = wait_for(sink, shipper, 100 * seconds)
            after = shipper.activity()
            status = shipper.status()
        finally:
            shipper.stop()
            sink.stop()
            shutil.rmtree(state, ignore_errors=True)
            shutil.rmtree(logs, ignore_errors=True)
        return {"p50_ms": stats["latency_ms"]["p50"], "p99_ms": stats["latency_ms"]["p99"], "max_ms": stats["latency_ms"]["max"],
                "cpu_percent": (after[0] - before[0]) / seconds * 100, **status, **delivered(stats, 100 * seconds)}

    def workspace_day(self, contender):
        """5,000 decisions in 300 files, a file a tool call, in a minute instead of a day."""
        files, seconds = self.scaled(300), max(1, self.scaled(60))
        logs, state = os.path.join(self.work, f"day-{self.runs}"), self.fresh_state()
        os.makedirs(logs)
        sink = self.new_sink()
        shipper = Shipper(contender, sink, logs, state, 1000)
        lines, written = data.Lines(SEED, int(time.time() * 1000)), 0
        try:
            time.sleep(self.pause(2))
            begin = time.monotonic()
            for number in range(files):
                time.sleep(max(0, begin + seconds * number / files - time.monotonic()))
                lines.now_ms = int(time.time() * 1000)
                count = 5000 * (number + 1) // 300 - 5000 * number // 300
                written += count
                with open(os.path.join(logs, data.log_name(lines.now_ms, 1000 + number)), "w", encoding="ascii") as out:
                    out.write("".join(lines.next() for _ in range(count)))
            stats = wait_for(sink, shipper, written)
            status = shipper.status()
        finally:
            user, system = shipper.stop()
            sink.stop()
            shutil.rmtree(state, ignore_errors=True)
            shutil.rmtree(logs, ignore_errors=True)
        return {"cpu_s": user + system, "wire_bytes": stats["wire_bytes"], "requests": stats["requests"], **status,
                **delivered(stats, written)}

    def idle(self, contender):
        """Nothing happens for a minute beside files that are all shipped."""
        files, seconds = self.scaled(10_000), max(1, self.scaled(60))
        logs, state = self.folder(files, 50), self.fresh_state()
        sink = self.new_sink()
        shipper = Shipper(contender, sink, logs, state, 1000)
        try:
            stats = wait_for(sink, shipper, files * 50)
            time.sleep(self.pause(8))
            before = shipper.activity()
            time.sleep(seconds)
            after = shipper.activity()
            status = shipper.status()
        finally:
            shipper.stop()
            sink.stop()
            shutil.rmtree(state, ignore_errors=True)
        return {"cpu_percent": (after[0] - before[0]) / seconds * 100, "wakeups_per_s": (after[1] - before[1]) / seconds,
                **status, **delivered(stats, files * 50)}

    def start_up(self, contender):
        """With all files shipped by an earlier run: from exec until a line of a new file is acked."""
        files = self.scaled(100_000)
        logs, state = self.folder(files, 5), self.fresh_state()
        fresh = os.path.join(logs, data.log_name(PAST_MS + 86_400_000, 9))
        sink = self.new_sink()
        first = Shipper(contender, sink, logs, state, 100)
        try:
            first_stats = wait_for(sink, first, files * 5)
            time.sleep(self.pause(2))
        finally:
            first.stop()
            sink.stop()
        with open(fresh, "w", encoding="ascii") as out:
            out.write(data.Lines(SEED, PAST_MS + 86_400_000).next())
        sink = self.new_sink()
        shipper = Shipper(contender, sink, logs, state, 100)
        try:
            stats = wait_for(sink, shipper, 1)
            ready = time.monotonic() - shipper.started
            cpu, _ = shipper.activity()
            status = shipper.status()
        finally:
            shipper.stop()
            sink.stop()
            shutil.rmtree(state, ignore_errors=True)
            os.unlink(fresh)
        return {"ready_s": ready, "cpu_s": cpu, "sent_again": stats["entries"] - 1, **status, **delivered(first_stats, files * 5)}

    def growth(self, contender):
        """CPU and memory against lines and against files."""
        points = []
        for lines in (100_000, 250_000, 500_000, 1_000_000):
            points.append({"lines": self.scaled(lines), "files": 1, **self.ship(contender, 1, self.scaled(lines))})
        for files in (10_000, 25_000, 50_000, 100_000):
            points.append({"lines": self.scaled(files) * 5, "files": self.scaled(files), **self.ship(contender, self.scaled(files), 5)})
        return {"points": points}


AXES = {"one_file": Bench.one_file, "many_files": Bench.many_files, "very_many_files": Bench.very_many_files,
        "trickle": Bench.trickle, "workspace_day": Bench.workspace_day, "idle": Bench.idle, "start_up": Bench.start_up}

COLUMNS = {
    "one_file": [("cpu_s_per_million", "CPU-s/million", 3), ("wall_s", "wall s", 2), ("peak_rss_kib", "peak RSS MiB", 1),
                 ("descriptors", "descriptors", 0), ("threads", "threads", 0), ("wire_bytes_per_decision", "wire B/decision", 1),
                 ("lost", "lost", 0)],
    "trickle": [("p50_ms", "p50 ms", 0), ("p99_ms", "p99 ms", 0), ("max_ms", "max ms", 0), ("cpu_percent", "CPU %", 2),
                ("peak_rss_kib", "peak RSS MiB", 1), ("descriptors", "descriptors", 0), ("lost", "lost", 0)],
    "workspace_day": [("cpu_s", "CPU-s", 3), ("wire_bytes", "wire bytes", 0), ("requests", "requests", 0),
                      ("peak_rss_kib", "peak RSS MiB", 1), ("descriptors", "descriptors", 0), ("lost", "lost", 0)],
    "idle": [("cpu_percent", "CPU %", 4), ("wakeups_per_s", "wake-ups/s", 2), ("rss_kib", "RSS MiB", 1),
             ("beyond_libraries_kib", "beyond libraries MiB", 1), ("descriptors", "descriptors", 0), ("lost", "lost", 0)],
    "start_up": [("ready_s", "ready s", 2), ("cpu_s", "CPU s", 2), ("peak_rss_kib", "peak RSS MiB", 1), ("sent_again", "sent again", 0),
                 ("descriptors", "descriptors", 0), ("lost", "lost", 0)],
}
COLUMNS["many_files"] = COLUMNS["very_many_files"] = COLUMNS["one_file"]


def cell(runs, key, digits):
    """median (min-max) over the rounds."""
    unit = 1024 if key.endswith("_kib") else 1
    values = [run[key] / unit for run in runs if key in run]
    if not values:
        return "-"
    low, middle, high = (f"{value:.{digits}f}" for value in (min(values), statistics.median(values), max(values)))
    return middle if low == high else f"{middle} ({low}-{high})"


def table(results):
    out = []
    for axis, by_contender in results["axes"].items():
        columns = COLUMNS[axis]
        out += ["", f"**{axis}** ({results['sizes'][axis]})", "", "| | " + " | ".join(title for _, title, _ in columns) + " |",
                "| --- |" + " ---: |" * len(columns)]
        for name, runs in by_contender.items():
            flaw = " (LOSES LINES)" if any(run["lost"] for run in runs) else ""
            out.append(f"| {name}{flaw} | " + " | ".join(cell(runs, key, digits) for key, _, digits in columns) + " |")
    return "\n".join(out) + "\n"


def version_of(contender):
    done = subprocess.run([contender.binary] + contender.version, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0]


def machine():
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), "?")
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}"


def sizes(bench):
    return {"one_file": f"1 file x {bench.scaled(1_000_000):,} lines", "many_files": f"{bench.scaled(10_000):,} files x 50 lines",
            "very_many_files": f"{bench.scaled(100_000):,} files x 5 lines", "trickle": "100 lines/s over 200 new files/s, batch-wait 1 s",
            "workspace_day": f"{bench.scaled(5000):,} decisions in {bench.scaled(300)} files, within {max(1, bench.scaled(60))} s",
            "idle": f"{bench.scaled(10_000):,} known files", "start_up": f"{bench.scaled(100_000):,} finished files, batch-wait 0.1 s"}


def main():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("--axes", default=",".join(AXES), help="which, comma-separated: %(default)s")
    parser.add_argument("--contenders", default="", help="which, comma-separated; default: all that are on this machine")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of all sizes; 0.01 takes a minute")
    parser.add_argument("--growth", action="store_true", help="also draw tests/bench/growth.svg")
    parser.add_argument("--loki", action="store_true", help="push to the real Loki with default pacing (backlog axes only)")
    parser.add_argument("--work", default=os.path.join(ROOT, "build/bench/work"), help="folder for logs and state; emptied")
    parser.add_argument("--out", default=os.path.join(ROOT, "build/bench"), help="folder for results.json and results.md")
    parser.add_argument("--smoke", action="store_true", help="all axes at the smallest sizes, ours alone: does the kit still work?")
    parser.add_argument("--build", default=contenders.BUILD, help="folder of our own binaries: %(default)s")
    options = parser.parse_args()
    contenders.BUILD = options.build
    if options.smoke:
        options.rounds, options.scale, options.contenders, options.growth = 1, 0.0005, "boundary-loki", False
    axes = [axis for axis in options.axes.split(",") if axis]
    if unknown := set(axes) - set(AXES):
        parser.error(f"unknown axis: {', '.join(sorted(unknown))}")
    if options.loki and (refused := set(axes) - {"one_file", "many_files", "very_many_files"}):
        parser.error(f"--loki cannot do {', '.join(sorted(refused))}: name the axes")
    field = contenders.available([name for name in options.contenders.split(",") if name])

    os.makedirs(options.out, exist_ok=True)
    bench = Bench(options)
    results = {"machine": machine(), "versions": {contender.name: version_of(contender) for contender in field}, "rounds": options.rounds,
               "sizes": sizes(bench), "load_before": os.getloadavg(), "axes": {}}
    for axis in axes:
        by_contender = results["axes"].setdefault(axis, {contender.name: [] for contender in field})
        for number in range(options.rounds):
            for contender in field:
                run = AXES[axis](bench, contender)
                by_contender[contender.name].append(run)
                print(f"{axis} round {number + 1} {contender.name}: {json.dumps(run)}", file=sys.stderr, flush=True)
    if options.growth:
        results["growth"] = bench.growth(contenders.Ours())["points"]
        with open(os.path.join(options.out, "growth.svg"), "w", encoding="utf-8") as out:
            out.write(chart.growth(results["growth"]))
    results["load_after"] = os.getloadavg()
    with open(os.path.join(options.out, "results.json"), "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
    text = f"{results['machine']}; " + "; ".join(results["versions"].values()) + f"; {options.rounds} rounds: median (min-max)\n" + table(results)
    with open(os.path.join(options.out, "results.md"), "w", encoding="utf-8") as out:
        out.write(text)
    print(text)
    shutil.rmtree(bench.work, ignore_errors=True)
    lossy = [run for by in results["axes"].values() for run in by.get("boundary-loki", []) if run["lost"]]
    return 1 if lossy else 0


if __name__ == "__main__":
    sys.exit(main())
