#!/usr/bin/python3
"""docs/quickstart.md and the quick starts of README.md, followed to the letter.

Every line is typed in its turn, every answer compared.

What is put in the place of something on the page, and nothing else is:

    127.0.0.1:5432, 127.0.0.1:3306    private servers of PostgreSQL and MariaDB, started here
    127.0.0.1:6432, 127.0.0.1:9190    free ports of this machine
    build/release                     the build under test
    RULE-0123abcd                     a finding's id, in a command: the one that was printed last (it is
                                      made of the server)

~ is a new folder. A look (doctor, SHOW, a dry run, curl) that does not yet say what the page says is taken again, as
a reader would, until there is no more time. What builds is run only with QUICKSTART_BUILD=1, in this tree; else it is
checked that what it names exists. pages.py says how a page is read. QUICKSTART_SHOW=1 shows it all.

Environment: BUILD is the build folder; PRIVATE_POSTGRES_BIN, PRIVATE_MYSQL_BIN. Arguments are unittest's.
"""

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))
import pages  # noqa: E402
from terminal import INTERRUPT, Silent, Terminal  # noqa: E402

BUILD = os.environ["BUILD"]
REALLY_BUILDS = os.environ.get("QUICKSTART_BUILD") == "1"
SHOWS = os.environ.get("QUICKSTART_SHOW") == "1"  # all that is typed and answered, for whoever writes a page
PATIENCE = 60  # of one command, in seconds
COMPILING = 600  # of one that compiles a few files, on a machine that is busy
BUILDING = 3600  # of one command that builds, with QUICKSTART_BUILD=1
AGAIN = 0.3  # between two looks
_LOOKS = re.compile(r"(?:^|/)lockkeeper (?:doctor|kill(?!.*--yes)|history)\b|'SHOW \w+|^curl ")
_COMPILES = re.compile(r"cmake --build|g\+\+ ")
_ID = re.compile(r"\b([a-z]+(?:-[a-z]+)+)-[0-9a-f]{8}\b")
ONCE = "Once"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def private_server(*command):
    """A server until the block ends; gives its port."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield json.loads(server.stdout.readline())["port"]
        finally:
            server.stdin.close()


class Reader:
    """Follows steps in terminals of its own."""

    def __init__(self, places, home):
        self.places = places  # what the page says -> what is there
        self.home = home
        kept = {name: value for name, value in os.environ.items() if name == "TMPDIR" or name.startswith("CCACHE_")}
        path = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
        self.environment = {**kept, "HOME": str(home), "PATH": path, "TERM": "dumb", "LANG": "C.UTF-8", "PAGER": "cat",
                            # Leaves this tree as it was.
                            "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": "-p no:cacheprovider"}
        self.terminals = {}
        self.ids = {}  # rule -> the id that was printed last

    def close(self):
        for terminal in self.terminals.values():
            terminal.close()

    def follow(self, step):
        if step.file:
            path = pathlib.Path(self.terminal(1).folder()) / step.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.content)
        elif step.builds and not REALLY_BUILDS:
            check_build(step)
        else:
            for command in step.commands:
                self.run(self.terminal(step.terminal), command, step, last=command is step.commands[-1])

    def terminal(self, number):
        if number not in self.terminals:
            self.terminals[number] = Terminal(ROOT, self.environment)
        return self.terminals[number]

    def run(self, terminal, command, step, last):
        """Types one command, again where it is a look, until it answers as the page says."""
        patience = BUILDING if step.builds else COMPILING if _COMPILES.match(command.text) else PATIENCE
        deadline = time.monotonic() + patience
        typed = self.typed(command.text)
        while True:
            terminal.type(typed)
            fault = self.answer(terminal, command, deadline, stays=step.stays and last)
            if SHOWS:
                print(f"{step.terminal}$ {typed}\n{terminal.said()}", file=sys.stderr)
            self.ids.update({match[1]: match[0] for match in _ID.finditer(terminal.said())})
            if fault is None:
                return
            if not _LOOKS.search(command.text) or time.monotonic() > deadline:
                raise AssertionError(
                    f"line {command.line}: {command.text}\n  should say: {fault}\n  but said:\n{terminal.said()}")
            time.sleep(AGAIN)

    def answer(self, terminal, command, deadline, stays):
        """What of the expected answer is missing once the command has ended, or None."""
        try:
            if not stays:
                terminal.wait_for_prompt(deadline)
                if terminal.status() not in (None, command.status) and command.text != "^C":
                    return f"exit status {command.status}, and not {terminal.status()}"
                return pages.missing(command.answer, terminal.said())
            if terminal.wait_for(lambda said: pages.missing(command.answer, said) is None, deadline):
                return None
            return "nothing more, and go on running"
        except Silent as silence:
            raise AssertionError(
                f"line {command.line}: {command.text}\n  was not answered in time, but said:\n{silence}") from None

    def typed(self, text):
        if text == "^C":
            return INTERRUPT
        for place, real in self.places.items():
            text = text.replace(place, real)
        return _ID.sub(lambda match: self.ids.get(match[1], match[0]), text)


def check_build(step):
    """The scripts, presets and targets that a build names are there."""
    presets = json.loads((ROOT / "CMakePresets.json").read_text())
    names = {preset["name"] for kind in ("configurePresets", "buildPresets") for preset in presets[kind]}
    for command in step.commands:
        words = command.text.split("#")[0].split()
        if words[0].startswith("scripts/"):
            assert os.access(ROOT / words[0], os.X_OK), f"line {command.line}: there is no {words[0]}"
        elif "--preset" in words:
            assert words[words.index("--preset") + 1] in names, f"line {command.line}: no such preset"
        else:
            raise AssertionError(f"line {command.line}: a build that this test does not know: {command.text}")


class Page(unittest.TestCase):
    """One page; each section, after what is said to be done once, for a reader and a server of its own."""

    page = "docs/quickstart.md"

    def follow(self, *sections):
        chosen = [step for step in pages.steps((ROOT / self.page).read_text()) if step.section in sections]
        self.assertEqual({step.section for step in chosen}, set(sections), "the page has not these sections")
        with contextlib.ExitStack() as stack:
            places = {"build/release": BUILD}
            wanted = " ".join(command.text for step in chosen for command in step.commands)
            if "127.0.0.1:5432" in wanted:
                postgres = private_server(os.environ["PRIVATE_POSTGRES_BIN"])
                places["127.0.0.1:5432"] = f"127.0.0.1:{stack.enter_context(postgres)}"
            if "127.0.0.1:3306" in wanted:
                mariadb = private_server(os.environ["PRIVATE_MYSQL_BIN"], "--engine", "mariadb")
                places["127.0.0.1:3306"] = f"127.0.0.1:{stack.enter_context(mariadb)}"
            for port in ("6432", "9190"):
                places[f"127.0.0.1:{port}"] = f"127.0.0.1:{free_port()}"
            home = stack.enter_context(tempfile.TemporaryDirectory(prefix="reader-"))
            reader = Reader(places, pathlib.Path(home))
            stack.callback(reader.close)
            for step in chosen:
                reader.follow(step)


class Quickstart(Page):
    def test_every_section_is_followed(self):
        sections = {step.section for step in pages.steps((ROOT / self.page).read_text())}
        self.assertEqual(sections, {ONCE, "The doctor", "The recorder", "The library", "The test gate"})

    def test_the_doctor(self):
        self.follow(ONCE, "The doctor")

    def test_the_recorder(self):
        self.follow(ONCE, "The recorder")

    def test_the_library(self):
        self.follow(ONCE, "The library")

    def test_the_test_gate(self):
        self.follow(ONCE, "The test gate")


class Readme(Page):
    page = "README.md"

    def test_the_quick_starts(self):
        self.follow("Quick starts")


if __name__ == "__main__":
    unittest.main(verbosity=2)
