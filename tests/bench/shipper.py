# SPDX-License-Identifier: MIT
"""One contender as a process, and what the kernel says of it."""

import os
import signal
import subprocess
import time

import contenders
from servers import free_port


class Shipper:
    def __init__(self, contender, sink, logs, state, batch_wait_ms):
        os.makedirs(state, exist_ok=True)
        self.port = free_port()
        command = contenders.command_of(contender, logs, state, sink.url, batch_wait_ms, self.port, sink.paced)
        self.errors = open(os.path.join(state, "stderr"), "ab")
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self.errors, stderr=self.errors)
        self.pid = self.process.pid
        self.gone = None

    def alive(self):
        if self.gone is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            self.gone = (status, usage) if pid else None
        return self.gone is None

    def status(self):
        fields = {}
        with open(f"/proc/{self.pid}/status", encoding="ascii") as lines:
            for line in lines:
                name, _, value = line.partition(":")
                fields[name] = value.split()
        status = {"rss_kib": int(fields["VmRSS"][0]), "peak_rss_kib": int(fields["VmHWM"][0]), "threads": int(fields["Threads"][0])}
        try:
            status["descriptors"] = len(os.listdir(f"/proc/{self.pid}/fd"))
            status["beyond_libraries_kib"] = self.beyond_libraries_kib()
        except PermissionError:
            pass  # a process that dumps no core shows these to root alone
        return status

    def beyond_libraries_kib(self):
        """What it has in memory, without the pages of shared libraries' files."""
        kib, library = 0, False
        with open(f"/proc/{self.pid}/smaps", encoding="utf-8") as lines:
            for name, *words in map(str.split, lines):
                if not name.endswith(":"):
                    library = ".so" in words[-1]
                elif name == ("Anonymous:" if library else "Rss:"):
                    kib += int(words[0])
        return kib

    def activity(self):
        """Seconds on a CPU and times that a thread was woken, over all threads."""
        cpu_ns = wakeups = 0
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{thread}/schedstat", encoding="ascii") as text:
                cpu_ns += int(text.read().split()[0])
            with open(f"/proc/{self.pid}/task/{thread}/status", encoding="ascii") as text:
                wakeups += sum(int(line.split()[1]) for line in text if line.startswith("voluntary_ctxt_switches"))
        return cpu_ns / 1e9, wakeups

    def stop(self):
        """Ends it in order; user and system seconds of its whole life."""
        if self.alive():
            os.kill(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + 20
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.01)
        if self.alive():
            os.kill(self.pid, signal.SIGKILL)
            _, status, usage = os.wait4(self.pid, 0)
            self.gone = (status, usage)
        self.process.returncode = 0  # reaped by us
        self.errors.close()
        return self.gone[1].ru_utime, self.gone[1].ru_stime
