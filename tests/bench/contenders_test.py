# SPDX-License-Identifier: MIT
"""Which contenders a benchmark has: what is found, and nothing else, in the folder of real programs before PATH."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import contenders


def make_program(folder, name):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as out:
        out.write("#!/bin/sh\n")
    os.chmod(path, 0o755)
    return path


class ContendersTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        before = dict(os.environ), contenders.ROOT, contenders.BUILD
        self.addCleanup(self.restore, *before)
        os.environ.pop("BOUNDARY_LOKI_BEFORE", None)
        os.environ["BOUNDARY_LOKI_REAL_TOOLS"] = ""
        os.environ["PATH"] = self.make_folder("path")
        contenders.ROOT = self.make_folder("root")
        contenders.BUILD = self.make_folder("build")

    @staticmethod
    def restore(environment, root, build):
        os.environ.clear()
        os.environ.update(environment)
        contenders.ROOT, contenders.BUILD = root, build

    def make_folder(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path, exist_ok=True)
        return path

    def names(self, *wanted):
        return [contender.name for contender in contenders.available(list(wanted))]

    def test_a_machine_with_nothing_has_ours_alone(self):
        self.assertEqual(self.names(), [])
        make_program(contenders.BUILD, "boundary-loki")
        self.assertEqual(self.names(), ["boundary-loki"])

    def test_real_programs_are_found_in_their_folder_and_on_path(self):
        make_program(os.environ["PATH"], "vector")
        make_program(os.environ["PATH"], "promtail")
        os.environ["BOUNDARY_LOKI_REAL_TOOLS"] = self.make_folder("real")
        there = make_program(os.environ["BOUNDARY_LOKI_REAL_TOOLS"], "promtail")
        self.assertEqual(self.names(), ["promtail", "vector"])
        self.assertEqual(contenders.find("promtail"), there)
        self.assertEqual(self.names("vector"), ["vector"])

    def test_what_cannot_be_run_is_not_found(self):
        os.environ["BOUNDARY_LOKI_REAL_TOOLS"] = self.make_folder("real")
        os.chmod(make_program(os.environ["BOUNDARY_LOKI_REAL_TOOLS"], "alloy"), 0o644)
        self.assertEqual(self.names(), [])

    def test_a_name_of_nobody_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "unknown contender: nobody"):
            self.names("nobody")

    def test_each_writes_a_configuration_without_holes(self):
        for kind in contenders.EVERYONE[2:]:
            contender = kind()
            contender.binary = "/bin/true"
            state = self.make_folder("state-" + contender.name)
            command = contenders.command_of(contender, "/logs", state, "http://127.0.0.1:1", 250, 2, False)
            self.assertEqual(command[0], "/bin/true")
            with open(os.path.join(state, "config"), encoding="ascii") as text:
                config = text.read()
            self.assertIn("/logs/*.log", config, contender.name)
            self.assertTrue("127.0.0.1" in config, contender.name)
            self.assertTrue("250ms" in config or "0.25" in config, contender.name)


if __name__ == "__main__":
    unittest.main()
