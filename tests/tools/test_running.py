"""How scripts/test runs commands."""

import contextlib
import io
import os
import sys
import tempfile
import time
import unittest
import unittest.mock
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from test_runner.main import in_memory  # noqa: E402
from test_runner.runner import Runner  # noqa: E402
from test_runner.stages import tests_at_once  # noqa: E402


class Running(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.runner = Runner(folder.name, Path(folder.name) / "logs", {"FOR_ALL": "all", "FOR_ONE": "all"})

    def test_a_command_says_how_it_ended_and_leaves_a_log(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            outcome = self.runner.run("a: b", ["sh", "-c", "echo out; echo err >&2; exit 3"], 60)
        self.assertEqual((outcome.status, outcome.output), (3, "out\nerr\n"))
        self.assertRegex(said.getvalue(), r"^== a: b … \d+ s  FAILED \(status 3\), log: logs/a-b.log\n$")

    def test_one_that_hangs_is_ended_with_its_children(self):
        began = time.monotonic()
        with contextlib.redirect_stdout(io.StringIO()):
            outcome = self.runner.run("hangs", ["sh", "-c", "sleep 300 & wait"], 0.2)
        self.assertEqual(outcome.status, "timeout")
        self.assertLess(time.monotonic() - began, 100)

    def test_one_has_the_variables_of_all_and_its_own(self):
        with contextlib.redirect_stdout(io.StringIO()):
            outcome = self.runner.run("says", ["sh", "-c", "echo $FOR_ALL $FOR_ONE"], 60, {"FOR_ONE": "one"})
        self.assertEqual(outcome.output, "all one\n")


class TestsAtOnce(unittest.TestCase):
    def test_more_than_processors_fewer_under_sanitizers_and_a_bound(self):
        self.assertEqual([tests_at_once(preset, 2) for preset in ("plain", "asan", "tsan")], [4, 3, 3])
        self.assertEqual([tests_at_once(preset, 1) for preset in ("plain", "asan")], [2, 1])
        self.assertEqual(tests_at_once("plain", 64), 16)


class InMemory(unittest.TestCase):
    def setUp(self):
        self.enterContext(unittest.mock.patch.dict(os.environ))
        os.environ.pop("TMPDIR", None)

    def test_a_folder_with_room(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(in_memory(folder, wanted=1), folder)

    def test_not_one_without_room_or_that_is_not_there(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(in_memory(folder, wanted=1 << 60), "")
            self.assertEqual(in_memory(folder + "/absent", wanted=1), "")

    def test_not_where_somebody_has_chosen_another(self):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["TMPDIR"] = "/tmp"
            self.assertEqual(in_memory(folder, wanted=1), "")


if __name__ == "__main__":
    unittest.main()
