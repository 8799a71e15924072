#!/usr/bin/python3
"""lockkeeper demo, on every server that this machine has. LOCKKEEPER_BIN is the program."""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import psycopg2

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAM = os.environ["LOCKKEEPER_BIN"]
sys.path[:0] = [str(ROOT / "tests/cli"), str(ROOT / "tests/support")]
import schema  # noqa: E402
from waiting import wait_until  # noqa: E402
MYSQL = pathlib.Path(os.environ.get("LOCKKEEPER_MYSQL_ROOT", ROOT / "build/servers/mysql"))
PATIENCE = 240
COLUMNS = ("reproduced", "found", "explained", "resolved", "prevented")
NAMES = ["webhook", "post", "counter", "refund", "lonely-test"]


class Place(unittest.TestCase):
    """A temporary folder of the test's own, so that what a demonstration leaves behind can be told."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lkd-", dir="/tmp"))
        self.folder.chmod(0o755)  # Under root, servers run as another user.
        self.addCleanup(shutil.rmtree, self.folder, True)

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "MYSQL_", "NO_COLOR"))}
        return kept | {"TMPDIR": str(self.folder), "TERM": "xterm", "LOCKKEEPER_MYSQL_ROOT": str(MYSQL)} | more

    def processes(self):
        """Whatever lives in this folder, or was started to: the program, its servers and their supervisors."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            except OSError:
                continue
            if str(self.folder).encode() in text:
                found.append(int(process.name))
        return found

    def assert_gone(self):
        self.assertEqual(self.processes(), [])
        self.assertEqual(list(self.folder.iterdir()), [])

    def demo(self, *arguments, **more):
        done = subprocess.run([PROGRAM, "demo", *arguments], env=self.environment(**more), capture_output=True, text=True,
                              timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        self.assert_gone()
        return done

    def report(self, done):
        report = json.loads(done.stdout)
        self.assertEqual(schema.complaints("demo", report), [])
        return report


def shown(report):
    return {one["name"]: [one["columns"][column]["shown"] for column in COLUMNS] for one in report["incidents"]}


class Servers(Place):
    def play_all(self, server):
        done = self.demo("--on", server, "--yes", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        report = self.report(done)
        self.assertEqual(shown(report), {name: ["yes"] * 5 for name in NAMES})
        self.assertEqual([one["sessions_ended"] for one in report["incidents"]], [6, 1, 1, 5, 3])
        for one in report["incidents"]:
            self.assertEqual(one["healthy_errors"], 0)
            self.assertGreater(one["healthy_transactions"], 0)
        return [one["rules"][0] for one in report["incidents"]]

    def test_on_postgres(self):
        self.assertEqual(self.play_all("postgres"), ["idle-transaction", "root-blocker", "pool-deadlock",
                                                     "held-outside-transaction", "idle-transaction"])

    def test_on_mariadb(self):
        self.assertEqual(self.play_all("mariadb"), ["idle-transaction", "root-blocker", "idle-transaction",
                                                    "held-outside-transaction", "idle-transaction"])

    def test_on_mysql(self):
        if not MYSQL.exists():
            self.skipTest(f"MySQL is not unpacked in {MYSQL}")
        self.assertEqual(self.play_all("mysql")[2:4], ["idle-transaction", "held-outside-transaction"])

    def test_on_sqlite_the_library_alone_is_shown(self):
        done = self.demo("--on", "sqlite", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        report = self.report(done)
        self.assertEqual(shown(report), {name: ["not_shown", "yes", "yes", "not_shown", "yes"] for name in NAMES})
        self.assertIn("no server", report["incidents"][0]["columns"]["reproduced"]["words"])


class FullDisk(Place):
    def test_a_result_that_cannot_be_written_is_no_success(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "demo", "--on", "sqlite", "--incident", "3", "--json"], env=self.environment(), stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 3)
        self.assertIn("the result could not be written to standard output", done.stderr)
        self.assert_gone()


class Story(Place):
    def test_one_incident_told(self):
        done = self.demo("--incident", "webhook", "--on", "postgres")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        for words in ("warning[idle-transaction]: 6 transactions of application \"shop-webhook\"",
                      "gives up", "$ lockkeeper kill postgresql://", "6 of 6 sessions terminated.",
                      "foreign_use: the transaction begun at ", "The webhook that waited has its connection"):
            self.assertIn(words, done.stdout)
        self.assertRegex(done.stdout, r"(?m)^1 webhook +yes +yes +yes +yes +yes *$")
        self.assertNotIn("\x1b", done.stdout)
        self.assertNotIn("2. post", done.stdout)
        self.assertNotRegex(done.stdout, r"://\w+:\w+@", "a password")

    def test_by_number_and_in_colour(self):
        done = self.demo("--incident", "5", "--on", "sqlite", "--color", "always")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, "lonely-test +\x1b\\[2mnot shown")

    def test_wrong_words_are_usage(self):
        for arguments in (["--incident", "6"], ["--incident", "webhok"], ["--on", "oracle"], ["--keep", "--json"],
                          ["--keep", "--on", "sqlite"], ["--color", "red"], ["extra"]):
            done = self.demo(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn("error: ", done.stderr)
        self.assertIn("did you mean webhook?", self.demo("--incident", "webhok").stderr)

    def test_a_server_that_cannot_be_had(self):
        done = self.demo("--on", "mysql", LOCKKEEPER_MYSQL_ROOT="/nowhere")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("error: ", done.stderr)


class Viewer(Place):
    """At a terminal."""

    def start(self, *arguments):
        self.seen = ""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(PROGRAM, [PROGRAM, "demo", *arguments], self.environment())
        self.status = None
        self.addCleanup(self.kill)

    def kill(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def read(self):
        """Whatever is there; False at the end."""
        try:
            while select.select([self.terminal], [], [], 0.02)[0]:
                some = os.read(self.terminal, 65536)
                if not some:
                    return False
                self.seen += some.decode(errors="replace")
        except OSError:  # Linux: the other side has closed.
            return False
        return True

    def see(self, words):
        deadline = time.monotonic() + PATIENCE
        while words not in self.seen:
            self.assertTrue(self.read() or words in self.seen, self.seen)
            self.assertLess(time.monotonic(), deadline, self.seen)

    def end(self):
        """Its exit status, once it and all that it started are gone."""
        while self.read():
            pass
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.assert_gone()
        return self.status

    def type(self, text):
        os.write(self.terminal, text.encode())

    def test_resolves_the_first_incident_alone(self):
        self.start("--on", "postgres")
        self.see("Press Enter to end these 6 sessions, or q to leave: ")
        self.assertNotIn("sessions terminated", self.seen)
        self.type("\n")
        self.assertEqual(self.end(), 0, self.seen)
        self.assertIn("6 of 6 sessions terminated.", self.seen)
        self.assertEqual(self.seen.count("Press Enter"), 1, "the others go by themselves")
        self.assertIn("\x1b[1;32myes", self.seen)

    def test_may_leave(self):
        self.start("--on", "postgres", "--color", "never")
        self.see("or q to leave: ")
        self.type("q\n")
        self.assertEqual(self.end(), 0, self.seen)
        self.assertRegex(self.seen, r"(?m)^1 webhook +yes +yes +yes +not shown +not shown")
        self.assertRegex(self.seen, r"(?m)^5 lonely-test +not shown")
        self.assertIn("the viewer left before it", self.seen)

    def test_ctrl_c_at_the_question(self):
        self.start("--on", "mariadb", "--incident", "2")
        self.see("or q to leave: ")
        self.type("\x03")  # To every process of the terminal, servers and all.
        self.assertEqual(self.end(), 130, self.seen)
        self.assertIn("everything that was started is gone", self.seen)

    def test_ctrl_c_while_programs_wait_for_a_connection(self):
        self.start("--on", "postgres", "--yes", "--incident", "3")
        self.see("Now two at once")
        self.type("\x03")
        self.assertEqual(self.end(), 130, self.seen)

    def test_ctrl_c_while_programs_wait_for_a_lock(self):
        self.start("--on", "mariadb", "--yes", "--incident", "2")
        self.see("want the same post")
        self.type("\x03")
        self.assertEqual(self.end(), 130, self.seen)

    def test_ctrl_c_while_the_server_starts(self):
        self.start("--on", "postgres")
        wait_until(lambda: any(self.folder.iterdir()), "a folder")
        self.type("\x03")
        self.assertEqual(self.end(), 130, self.seen)

    def test_closed_terminal(self):
        self.start("--on", "postgres", "--incident", "1")
        self.see("or q to leave: ")
        os.close(self.terminal)
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.assert_gone()
        self.assertEqual(self.status, 130)
        self.terminal = os.open("/dev/null", os.O_RDONLY)

    def test_keep_until_enter(self):
        self.start("--on", "postgres", "--incident", "4", "--yes", "--keep", "--color", "never")
        self.see("Press Enter to end it.")
        url = re.search(r"postgresql://postgres:\w+@[\d.:]+/shop", self.seen).group()
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM refund_history")
            self.assertEqual(cursor.fetchone(), (1,))
        connection.close()
        self.type("\n")
        self.assertEqual(self.end(), 0, self.seen)

    def test_keep_until_ctrl_c(self):
        self.start("--on", "postgres", "--incident", "1", "--yes", "--keep")
        self.see("Press Enter to end it.")
        self.type("\x03")
        self.assertEqual(self.end(), 0, self.seen)


class Ends(Place):
    def test_with_its_reader_or_by_a_signal(self):
        program = subprocess.Popen([PROGRAM, "demo", "--yes", "--on", "mariadb"], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        for line in program.stdout:
            if "webhooks have been answered" in line:
                program.send_signal(signal.SIGTERM)
                break
        _, complaint = program.communicate(timeout=PATIENCE)
        self.assertEqual(program.returncode, 130, complaint)
        self.assert_gone()

    def test_killed_hard_its_server_goes_too(self):
        program = subprocess.Popen([PROGRAM, "demo", "--yes", "--on", "postgres"], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True)
        for line in program.stdout:
            if "webhooks have been answered" in line:
                program.kill()
                break
        program.communicate(timeout=PATIENCE)
        wait_until(lambda: self.processes() == [], "the server to be gone")


if __name__ == "__main__":
    unittest.main()
