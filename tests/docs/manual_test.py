#!/usr/bin/python3
"""Every option of every command is in its manual page, and no page has one that is not there.

LOCKKEEPER_BIN is the program.
"""

import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ["LOCKKEEPER_BIN"]
PAGES = {"replay": "lockkeeper-dump", "version": "lockkeeper", "completion": "lockkeeper"}  # commands that share a page
ALWAYS = {"--help"}  # every command has it, and lockkeeper(1) says so
_HELPED = re.compile(r"^  (-\w, ?)?(--[a-z][a-z-]*)", re.MULTILINE)
_WRITTEN = re.compile(r"\*\*(--[a-z][a-z-]*)\*\*")
_COMMAND = re.compile(r"^  ([a-z]+) {2,}\S", re.MULTILINE)


def helped(*command):
    done = subprocess.run([PROGRAM, *command, "--help"], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


class Manual(unittest.TestCase):
    def commands(self):
        found = _COMMAND.findall(helped())
        self.assertIn("doctor", found)
        return found

    def page_of(self, command):
        return ROOT / "docs/man" / f"{PAGES.get(command, f'lockkeeper-{command}')}.1.md"

    def test_every_command_has_a_page(self):
        self.assertEqual([command for command in self.commands() if not self.page_of(command).exists()], [])

    def test_every_option_is_in_its_page(self):
        for command in self.commands():
            with self.subTest(command=command):
                options = {match[2] for match in _HELPED.finditer(helped(command))}
                written = set(_WRITTEN.findall(self.page_of(command).read_text()))
                self.assertIn("--help", options)
                self.assertEqual(options - written - ALWAYS, set())

    def test_no_page_has_an_option_that_no_command_has(self):
        real = {match[2] for command in self.commands() for match in _HELPED.finditer(helped(command))} | {"--version"}
        for command in self.commands():
            with self.subTest(command=command):
                self.assertEqual(set(_WRITTEN.findall(self.page_of(command).read_text())) - real, set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
