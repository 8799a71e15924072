#!/usr/bin/python3
"""lockkeeper test, on suites of several languages. LOCKKEEPER_BIN is the program."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAM = os.environ["LOCKKEEPER_BIN"]
sys.path[:0] = [str(ROOT / "tests/cli"), str(ROOT / "tests/support")]
import schema  # noqa: E402
from waiting import wait_until  # noqa: E402
PYTEST = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "lockkeeper_pytest",
          str(HERE / "leaky_suite.py")]
NODE_SUITE = ROOT / "incidents/5-lonely-test"
PATIENCE = 120


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "MYSQL_", "DATABASE_URL"))}
    return kept | {"PYTHONPATH": str(ROOT / "reporters"), "PYTHONDONTWRITEBYTECODE": "1"} | more


def gate(*arguments, command, cwd=None, **more):
    return subprocess.run([PROGRAM, "test", *arguments, "--", *command], env=environment(**more), capture_output=True,
                          text=True, timeout=PATIENCE, cwd=cwd, check=False)


def report_of(done):
    """The JSON that it printed, as docs/api/test.schema.json has it."""
    report = json.loads(done.stdout)
    wrong = schema.complaints("test", report)
    if wrong:
        raise AssertionError(wrong)
    return report


def left_open(report):
    return sorted(leak["test"] for leak in report["leaks"] if leak["kind"] == "left_open" and not leak["known"])


class Pytest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return str(pathlib.Path(self.folder.name) / name)

    def guilty(self, *names):
        return [f"tests/gate/leaky_suite.py::{name}" for name in names]

    def run_suite(self, *arguments, **more):
        return gate(*arguments, command=PYTEST, cwd=ROOT, **more)

    def test_names_the_tests_that_leave_a_transaction_open(self):
        done = self.run_suite("--json", "--junit", self.path("leaks.xml"))
        report = report_of(done)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(left_open(report), self.guilty("test_an_early_return", "test_an_old_sin"))
        early = report["leaks"][0]
        self.assertEqual(early["next_test"], self.guilty("test_an_old_sin")[0])
        self.assertTrue(early["abandoned"])
        self.assertEqual(early["statements"][-1]["text"], "SELECT state FROM orders WHERE id = ?")
        self.assertEqual((report["command_status"], report["tests"], report["most_held"]), (0, 5, 1))
        self.assertTrue(report["complete"])
        self.assertIn("4 passed", done.stderr, "the suite's own words, beside the JSON")
        suite = xml.etree.ElementTree.parse(self.path("leaks.xml")).getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("2", "2"))
        self.assertIn("left a transaction open", suite.find("testcase/failure").get("message"))

    def test_a_baseline_lets_what_is_old_pass(self):
        baseline = self.path("known.json")
        made = self.run_suite("--baseline", baseline, "--write-baseline")
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        again = self.run_suite("--baseline", baseline)
        self.assertEqual(again.returncode, 0, again.stdout)
        known = json.loads(pathlib.Path(baseline).read_text(encoding="utf-8"))
        known["known"] = [leak for leak in known["known"] if leak["test"].endswith("old_sin")]
        known["known"].append({"kind": "left_open", "test": "mended", "statement": "SELECT ?"})
        pathlib.Path(baseline).write_text(json.dumps(known), encoding="utf-8")
        done = self.run_suite("--baseline", baseline)
        self.assertEqual(done.returncode, 1)
        self.assertIn('leak[left_open]: test "tests/gate/leaky_suite.py::test_an_early_return"', done.stdout)
        self.assertNotIn("an_old_sin left", done.stdout)
        self.assertIn("1 leak of it did not come again", done.stdout)

    def test_the_suites_own_verdict_comes_first(self):
        done = self.run_suite(FAIL="1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 failed", done.stdout)
        self.assertIn("leaks: 2 leaks; 5 tests", done.stdout)

    def test_on_mariadb(self):
        done = gate("--json", "--database", "mariadb", command=PYTEST, cwd=ROOT, DATABASE_URL="mysql+pymysql://unused/x")
        self.assertEqual(left_open(report_of(done)), self.guilty("test_an_early_return", "test_an_old_sin"),
                         done.stderr)

    def test_without_reporters_the_application_is_named(self):
        done = gate("--json", command=["/usr/bin/python3", "-c",
                                       "import os, psycopg2\n"
                                       "one = psycopg2.connect('', application_name='nightly')\n"
                                       "one.cursor().execute('SELECT 1')"])
        leak = report_of(done)["leaks"][0]
        self.assertEqual((leak["test"], leak["is_test"]), ("nightly", False), done.stderr)


class Node(unittest.TestCase):
    """Incident 5: alone green, together red; the gate names who does it."""

    def run_suite(self, *modules):
        suite = ["node", "--require", str(ROOT / "reporters/lockkeeper_node.cjs"), "--test-force-exit",
                 "--test-reporter=spec", "suite.js", *modules]
        script = 'psql -q -v ON_ERROR_STOP=1 -f schema.sql >&2 && exec "$@"'
        return gate("--json", command=["sh", "-c", script, "sh", *suite], cwd=NODE_SUITE)

    def setUp(self):
        if not (NODE_SUITE / "node_modules").exists():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE_SUITE, check=True, capture_output=True,
                           timeout=PATIENCE)

    def test_alone_green_together_red(self):
        alone = report_of(self.run_suite("users"))
        self.assertEqual(alone["command_status"], 0, "green, and its own three early returns are named all the same")
        self.assertEqual(left_open(alone), ["users > answers 404 to a new bio without a profile",
                                            "users > refuses an email that is taken", "users > refuses to follow too many"])
        together = self.run_suite()
        report = report_of(together)
        self.assertEqual(together.returncode, 1, together.stderr)
        self.assertEqual(report["command_status"], 1)
        guilty = left_open(report)
        self.assertEqual(len(guilty), 10, guilty)
        self.assertEqual(len([test for test in guilty if re.match(r"channels > invites user 1[1-4], ", test)]), 4)
        self.assertFalse([test for test in guilty if test.startswith("users")], "they only suffer from it")


class JUnit(unittest.TestCase):
    JARS = ":".join(f"/usr/share/java/{name}.jar" for name in (
        "junit-jupiter-api", "junit-jupiter-engine", "junit-platform-commons", "junit-platform-console",
        "junit-platform-engine", "junit-platform-launcher", "junit-platform-reporting", "opentest4j", "apiguardian-api",
        "picocli", "postgresql"))

    def test_names_the_test_that_forgets_its_transaction(self):
        with tempfile.TemporaryDirectory() as folder:
            sources = [str(HERE / "LeakyTest.java"), str(ROOT / "reporters/LockkeeperListener.java")]
            subprocess.run(["javac", "-d", folder, "-cp", self.JARS, *sources], check=True, timeout=PATIENCE)
            services = pathlib.Path(folder, "META-INF/services")
            services.mkdir(parents=True)
            services.joinpath("org.junit.platform.launcher.TestExecutionListener").write_text("LockkeeperListener\n",
                                                                                               encoding="utf-8")
            done = gate("--json", command=["java", "-cp", f"{folder}:{self.JARS}",
                                           "org.junit.platform.console.ConsoleLauncher", "--disable-banner",
                                           "--scan-classpath", folder])
        report = report_of(done)
        self.assertEqual(report["command_status"], 0, done.stderr)
        self.assertEqual((report["tests"], left_open(report)), (3, ["LeakyTest > b2ForgetsItsTransaction()"]))
        self.assertEqual(report["leaks"][0]["next_test"], "LeakyTest > c3IsInOrder()")


class Command(unittest.TestCase):
    def test_its_exit_status_is_ours(self):
        self.assertEqual(gate(command=["sh", "-c", "exit 7"]).returncode, 7)
        self.assertEqual(gate(command=["sh", "-c", "kill -KILL $$"]).returncode, 128 + signal.SIGKILL)
        self.assertEqual(gate(command=["true"]).returncode, 0)

    def test_there_is_no_such_program(self):
        done = gate(command=["no-such-program"])
        self.assertEqual(done.returncode, 127)
        self.assertIn("no-such-program", done.stderr)

    def test_what_is_wrong_is_said_before_anything_runs(self):
        for arguments, words in ((["--database", "oracle"], "oracle"),
                                 (["--database", "postgresql://host:port/x"], "port"),
                                 (["--baseline", "/nonexistent.json"], "--write-baseline"),
                                 (["--baseline", str(HERE / "leaky_suite.py")], "cannot be understood"),
                                 (["--write-baseline"], "--baseline"), (["--timeout", "soon"], "soon")):
            done = gate(*arguments, command=["sh", "-c", "echo it ran"])
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertNotIn("it ran", done.stdout)

    def test_a_command_that_does_not_end_is_ended(self):
        done = gate("--timeout", "300ms", command=["sleep", "1000"])
        self.assertEqual(done.returncode, 124)
        self.assertIn("--timeout", done.stderr)

    def start(self, script):
        process = subprocess.Popen([PROGRAM, "test", "--", "/usr/bin/python3", "-u", "-c", script],
                                   env=environment(TMPDIR=self.folder.name), stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir="/tmp")
        self.addCleanup(self.folder.cleanup)
        os.chmod(self.folder.name, 0o777)

    def test_signals_reach_it_and_nothing_stays(self):
        process = self.start("import os, signal, sys, time\n"
                             "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n"
                             "print(os.environ['PGPORT'], flush=True)\n"
                             "time.sleep(1000)")
        self.assertGreater(int(process.stdout.readline()), 0)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 9)
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_who_is_killed_takes_command_and_server_with_it(self):
        process = self.start("import os, psycopg2, time\n"
                             "one = psycopg2.connect('')\n"
                             "with one.cursor() as cursor:\n"
                             "    cursor.execute('SHOW data_directory')\n"
                             "    print(os.getpid(), cursor.fetchone()[0], flush=True)\n"
                             "time.sleep(1000)")
        pid, folder = process.stdout.readline().split()
        server = int(pathlib.Path(folder, "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
        process.kill()
        process.wait()
        for each in (int(pid), server):
            wait_until(lambda each=each: not os.path.exists(f"/proc/{each}"), f"the end of process {each}")


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
