# SPDX-License-Identifier: MIT
"""The kit's data: Boundary's log files as an agent at work leaves them. The same seed gives the same bytes."""

import datetime
import os
import random

REGISTRIES = ["npm.registry.example", "python.registry.example", "go.registry.example", "crates.registry.example"]
SITES = ["api.github.example", "github.example", "docs.example", "objects.example", "telemetry.example"]
PACKAGES = ["left-pad", "requests", "serde", "tokio", "react", "lodash", "numpy", "zod", "chi", "express"]


def shapes(dice, count=400):
    """What an agent asks for: few hosts, many of the requests again and again; one in four is denied."""
    made = []
    for _ in range(count):
        if dice.random() < 0.7:
            host = dice.choice(REGISTRIES)
            url = f"https://{host}/{dice.choice(PACKAGES)}/-/{dice.choice(PACKAGES)}-{dice.randrange(9)}.{dice.randrange(20)}.tgz"
        else:
            host = dice.choice(SITES)
            url = f"https://{host}/repos/{dice.choice(PACKAGES)}/{dice.choice(PACKAGES)}/contents/{dice.randrange(16 ** 6):06x}"
        method = dice.choices(["GET", "POST", "HEAD"], [90, 8, 2])[0]
        if dice.random() < 0.25:
            made.append(f"level=WARN msg=DENY method={method} url={url} host={host}\n")
        else:
            made.append(f'level=INFO msg=ALLOW method={method} url={url} host={host} rule="domain={host}"\n')
    return made


def stamp(milliseconds):
    at = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


def log_name(milliseconds, pid):
    at = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    return at.strftime("boundary-%Y-%m-%d_%H-%M-%S-") + f"{pid}.log"


class Lines:
    """Lines in time order. A request is repeated in a burst now and then, within few milliseconds but
    never within one, so that a shipper which does not number repeats loses nothing by it."""

    def __init__(self, seed, start_ms):
        self.dice = random.Random(seed)
        self.shapes = shapes(self.dice)
        self.now_ms = start_ms
        self.last = self.shapes[0]

    def next(self):
        if self.dice.random() < 0.5:
            self.last = self.dice.choice(self.shapes)
        self.now_ms += self.dice.choice((1, 1, 2, 3, 5))
        return f"time={stamp(self.now_ms)} {self.last}"


def write_files(folder, files, lines_each, seed, start_ms):
    """`files` finished logs of `lines_each`; gives the bytes written."""
    os.makedirs(folder)
    lines = Lines(seed, start_ms)
    written = 0
    for number in range(files):
        with open(os.path.join(folder, log_name(lines.now_ms, 1000 + number)), "w", encoding="ascii") as out:
            for _ in range(lines_each):
                written += out.write(lines.next())
    return written
