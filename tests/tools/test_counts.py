"""The closing line of scripts/test counts what really happened."""

import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from test_runner import counts  # noqa: E402
from test_runner.counts import Counts  # noqa: E402

GTEST = """<testsuites><testsuite name="A">
  <testcase name="Passes" classname="A" status="run" result="completed"/>
  <testcase name="Fails" classname="A" status="run" result="completed"><failure message="1"/><failure message="2"/></testcase>
  <testcase name="Skips" classname="A" status="run" result="skipped"><skipped message="a_test.cpp:7&#x0A;this machine has no MySQL: the mirror&#x0A;is gone"/></testcase>
  <testcase name="DISABLED_Off" classname="A" status="notrun" result="suppressed"/>
</testsuite></testsuites>"""
GTEST_PASSES = '<testsuites><testsuite><testcase name="P" classname="A" status="run" result="completed"/></testsuite></testsuites>'


class Ctest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "xml").mkdir()

    def count(self, entries, **programs):
        report = self.folder / "ctest.xml"
        report.write_text(f"<testsuite>{entries}</testsuite>")
        return counts.of_ctest(report, programs, self.folder / "xml")

    def report(self, name, text):
        (self.folder / "xml" / f"{name}.xml").write_text(text)

    def test_cases_of_a_gtest_program(self):
        self.report("test_a", GTEST)
        found = self.count('<testcase name="a" status="fail"><failure message=""/></testcase>', a="test_a")
        self.assertEqual(found, Counts(1, 2, ["A.Fails"], Counter({"this machine has no MySQL: the mirror is gone": 1})))

    def test_what_is_missing_is_summed(self):
        self.report("test_a", GTEST)
        self.report("test_b", GTEST.replace("a_test.cpp:7&#x0A;", ""))
        self.report("test_c", GTEST.replace("this machine has no MySQL", "there is no such thing on this engine"))
        entries = "".join(f'<testcase name="{name}" status="fail"/>' for name in "abc")
        found = self.count(entries, a="test_a", b="test_b", c="test_c")
        self.assertEqual(found.missing, {"this machine has no MySQL: the mirror is gone": 2})

    def test_a_program_run_twice(self):
        self.report("test_a", GTEST_PASSES)
        self.report("test_a_1", GTEST_PASSES)
        self.report("test_a_more", GTEST_PASSES)
        entries = '<testcase name="a" status="run"/><testcase name="b" status="run"/><testcase name="c" status="run"/>'
        self.assertEqual(self.count(entries, a="test_a", b="test_a", c="test_a_more"), Counts(3))

    def test_a_program_that_crashed_before_its_report(self):
        found = self.count('<testcase name="a" status="fail"><failure message="SIGABRT"/></testcase>', a="test_a")
        self.assertEqual(found, Counts(0, 0, ["a (SIGABRT)"]))

    def test_a_program_that_fails_after_its_cases_passed(self):
        self.report("test_a", GTEST_PASSES)
        found = self.count('<testcase name="a" status="fail"><failure message=""/></testcase>', a="test_a")
        self.assertEqual(found, Counts(1, 0, ["a (fail)"]))

    def test_a_report_cut_short(self):
        self.report("test_a", GTEST[:60])
        found = self.count('<testcase name="a" status="fail"/>', a="test_a")
        self.assertEqual(found, Counts(0, 0, ["test_a: its report is cut short"]))

    def test_entries_that_are_no_gtest(self):
        entries = (
            '<testcase name="i1" status="run"/><testcase name="i2" status="fail"/>'
            '<testcase name="i3" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>'
            '<testcase name="i4" status="notrun"><skipped message="Unable to find executable"/></testcase>'
            '<testcase name="i5" status="disabled"/>'
        )
        self.assertEqual(self.count(entries), Counts(1, 2, ["i2 (fail)", "i4 (Unable to find executable)"]))

    def test_no_report_is_a_failure(self):
        found = counts.of_ctest(self.folder / "none.xml", {}, self.folder)
        self.assertEqual(found, Counts(0, 0, ["ctest left no report"]))


class Others(unittest.TestCase):
    def test_unittest(self):
        self.assertEqual(counts.of_unittest("...\n\nRan 3 tests in 0.1s\n\nOK\n"), Counts(3))
        failing = "FAIL: test_a (x.Y)\nERROR: test_b (x.Y)\nRan 5 tests in 1s\n\nFAILED (failures=1, errors=1, skipped=1)\n"
        self.assertEqual(counts.of_unittest(failing), Counts(2, 1, ["test_a (x.Y)", "test_b (x.Y)"]))
        self.assertTrue(counts.of_unittest("Ran 0 tests in 0s\n\nOK\n").failures)
        self.assertTrue(counts.of_unittest("Traceback").failures)

    def test_tidy(self):
        self.assertEqual(counts.of_tidy("x\ntidy: 9 checks passed, 0 failed (0 faults)\n"), Counts(9))
        self.assertEqual(len(counts.of_tidy("tidy: 7 checks passed, 2 failed (3 faults)\n").failures), 2)
        self.assertTrue(counts.of_tidy("Traceback").failures)

    def test_closing_line(self):
        self.assertEqual(str(Counts(3)), "3 passed, 0 failed")
        self.assertEqual(str(Counts(3, 2, ["a"]) + Counts(1)), "4 passed, 1 failed, 2 skipped")


if __name__ == "__main__":
    unittest.main()
