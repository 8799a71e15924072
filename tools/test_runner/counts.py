"""Reads what test programs leave behind, and counts single test cases."""

import collections
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

MISSING = "this machine has no "  # So begins the reason of a test that is skipped for want of a server or a program.


@dataclass
class Counts:
    """What one stage showed. A failure has a name, so that it can be printed.

    `missing` counts, by reason, those of the skipped tests that another machine would have run.
    """

    passed: int = 0
    skipped: int = 0
    failures: list = field(default_factory=list)
    missing: collections.Counter = field(default_factory=collections.Counter)

    def __add__(self, other):
        return Counts(
            self.passed + other.passed,
            self.skipped + other.skipped,
            self.failures + other.failures,
            self.missing + other.missing,
        )

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {len(self.failures)} failed{skipped}"


def of_ctest(report, programs, xml_folder):
    """One run of ctest: entries whose program left GoogleTest reports count by case, all others as one each.

    `report` is ctest's JUnit file, `programs` the program of each entry, `xml_folder` where GTEST_OUTPUT pointed.
    """
    try:
        entries = list(ElementTree.parse(report).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return Counts(failures=["ctest left no report"])
    total, by_program = Counts(), {}
    for entry in entries:
        by_program.setdefault(programs.get(entry.get("name"), entry.get("name")), []).append(entry)
    for program, group in by_program.items():
        cases = _of_program(xml_folder, program)
        total += _of_entries(group) if cases is None else _with_crashes(cases, group)
    return total


def _of_program(xml_folder, program):
    """The cases of all reports that one program left (it numbers them when it runs more than once), or None."""
    reports = [
        file
        for file in sorted(Path(xml_folder).glob("*.xml"))
        if re.fullmatch(re.escape(program) + r"(_\d+)?", file.stem)
    ]
    if not reports:
        return None
    return sum((of_gtest(file) for file in reports), Counts())


def of_gtest(report):
    """The cases of one GoogleTest report."""
    counts = Counts()
    try:
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    except ElementTree.ParseError:
        return Counts(failures=[f"{Path(report).stem}: its report is cut short"])
    for case in cases:
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            counts.failures.append(name)
        elif case.find("skipped") is not None:
            counts.skipped += 1
            reason = _reason_to_skip(case.find("skipped"))
            if reason.startswith(MISSING):
                counts.missing[reason] += 1
        elif case.get("status") == "notrun" or case.get("result") == "suppressed":
            counts.skipped += 1
        else:
            counts.passed += 1
    return counts


def _reason_to_skip(skipped):
    """In GoogleTest's words: the first line is where it was said, `file:line`."""
    lines = skipped.get("message", "").strip().split("\n")
    return " ".join(lines[1:] if re.search(r":\d+$", lines[0]) else lines)


def _of_entries(entries):
    counts = Counts()
    for entry in entries:
        skipped = entry.find("skipped")
        if entry.get("status") == "run":
            counts.passed += 1
        elif skipped is not None and "SKIP_" in skipped.get("message", ""):
            counts.skipped += 1
        elif entry.get("status") == "disabled":
            counts.skipped += 1
        else:
            counts.failures.append(f"{entry.get('name')} ({_reason(entry)})")
    return counts


def _reason(entry):
    for tag in ("failure", "skipped"):
        if entry.find(tag) is not None and entry.find(tag).get("message"):
            return entry.find(tag).get("message")
    return entry.get("status")


def _with_crashes(cases, entries):
    """A program may fail though all its cases passed: a sanitizer speaks at exit, or it died in one of several runs."""
    failed = [failure for failure in _of_entries(entries).failures]
    return cases + Counts(failures=failed) if failed and not cases.failures else cases


def of_unittest(output):
    """What Python's unittest printed."""
    ran = re.search(r"^Ran (\d+) tests? in", output, re.MULTILINE)
    if not ran:
        return Counts(failures=["python: no test ran"])
    failures = re.findall(r"^(?:FAIL|ERROR): (.*)$", output, re.MULTILINE)
    closing = re.search(r"^(?:OK|FAILED)\b.*$", output, re.MULTILINE)
    skipped = re.search(r"skipped=(\d+)", closing[0]) if closing else None
    skipped = int(skipped[1]) if skipped else 0
    if int(ran[1]) == 0:
        failures.append("python: no test ran")
    return Counts(max(0, int(ran[1]) - len(failures) - skipped), skipped, failures)


def of_tidy(output):
    """What tools/tidy printed: one count a check; its faults are in the output."""
    closing = re.search(r"^tidy: (\d+) checks passed, (\d+) failed", output, re.MULTILINE)
    if not closing:
        return Counts(failures=["tools/tidy broke off"])
    return Counts(int(closing[1]), 0, ["tools/tidy: one check"] * int(closing[2]))
