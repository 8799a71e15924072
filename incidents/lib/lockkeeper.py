"""Runs lockkeeper as a user would and reads its JSON."""

import json
import subprocess
import sys

from lib import programs
from lib.expect import Unexpected

LOOK_DEADLINE = 30
REPORT_KEYS = ("version", "observed_at", "server", "complete", "missing", "findings")
FINDING_KEYS = (
    "id", "rule", "severity", "confidence", "title", "count", "subjects", "evidence", "explanation",
    "likely_mistake", "fix", "remedies", "first_seen", "last_seen",
)
SILENT, FOUND = 0, 1


def pids(sessions):
    return [session["pid"] for session in sessions]


class Look:
    """One report of the doctor with its exit status."""

    def __init__(self, status, out, err):
        if status not in (SILENT, FOUND):
            raise Unexpected(f"lockkeeper doctor ended with status {status}\n{err}{out}")
        lines = [line for line in out.splitlines() if line.strip()]
        if len(lines) != 1:
            raise Unexpected(f"lockkeeper doctor --json: one line for one server, but there are {len(lines)}:\n{out}")
        self.status = status
        self.report = json.loads(lines[0])
        _demand(self.report, REPORT_KEYS, "the report")
        self.findings = self.report["findings"]
        for finding in self.findings:
            _demand(finding, FINDING_KEYS, f"finding {finding.get('id')}")

    def of_rule(self, rule):
        return [finding for finding in self.findings if finding["rule"] == rule]

    def at_severity(self, severity):
        return [finding for finding in self.findings if finding["severity"] == severity]

    def titles(self):
        return [f"{finding['severity']} {finding['rule']}: {finding['title']}" for finding in self.findings]


class Kill:
    """What a kill did or, dry, would do."""

    def __init__(self, status, out, err):
        if status != 0:
            raise Unexpected(f"lockkeeper kill ended with status {status}\n{err}{out}")
        self.report = json.loads(out)
        _demand(self.report, ("version", "server", "finding", "dry_run", "targets", "released"), "the kill's report")
        self.dry_run = self.report["dry_run"]

    def pids(self, outcome):
        return [target["session"]["pid"] for target in self.report["targets"] if target["outcome"] == outcome]

    def outcomes(self):
        return sorted({target["outcome"] for target in self.report["targets"]})


class Watch:
    """`doctor --for`, running beside the play."""

    def __init__(self, child, deadline):
        self._child = child
        self._deadline = deadline

    @property
    def running(self):
        return self._child.status is None

    def ended_within(self, seconds):
        """Waits for the doctor, but no longer than this: how a play paces what it does meanwhile."""
        return self._child.ended_within(seconds)

    def look(self):
        status = self._child.wait_for_end(self._deadline)
        return Look(status, self._child.out(), self._child.err())


class Lockkeeper:
    """`start(name, command)` starts a child that ends with the play."""

    def __init__(self, server, story, demo, start):
        self._server, self._story, self._demo, self._start = server, story, demo, start
        self._binary = programs.lockkeeper()

    def doctor(self, *options):
        return Look(*self._run("doctor", *options, "--json"))

    def watch(self, seconds, *options, name="lockkeeper-watch"):
        """Starts `doctor --for`, to go on with the play while it watches."""
        command = [self._binary, "doctor", self._server.url, "--for", f"{seconds}s", *options, "--json"]
        return Watch(self._start(name, command), seconds + LOOK_DEADLINE)

    def dry_kill(self, finding, *options):
        return Kill(*self._run("kill", "--finding", finding, *options, "--json"))

    def kill(self, finding, *options):
        """The real one. In a demo its text is shown instead of read, and None is returned."""
        words = ("kill", "--finding", finding, *options, "--yes")
        if self._demo:
            status = self._show(*words)
            if status != 0:
                raise Unexpected(f"lockkeeper kill ended with status {status}")
            return None
        return Kill(*self._run(*words, "--json"))

    def text(self, command, *options):
        """What a person sees at a terminal, to read in it."""
        status, out, err = self._run(command, *options)
        if status not in (SILENT, FOUND):
            raise Unexpected(f"lockkeeper {command} ended with status {status}\n{err}{out}")
        return out + err

    def show(self, command, *options):
        """In a demo, what a person sees at a terminal; otherwise nothing."""
        if self._demo:
            self._show(command, *options)

    def _show(self, command, *options):
        self._story.command(["lockkeeper", command, self._server.url, *options])
        sys.stdout.flush()
        done = subprocess.run([self._binary, command, self._server.url, *options], stdin=subprocess.DEVNULL,
                              timeout=LOOK_DEADLINE)
        self._story.raw("")
        return done.returncode

    def _run(self, command, *options):
        words = [self._binary, command, self._server.url, *options]
        try:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LOOK_DEADLINE)
        except subprocess.TimeoutExpired as late:
            raise Unexpected(f"lockkeeper {command} did not end within {LOOK_DEADLINE} s: {' '.join(words)}") from late
        return done.returncode, done.stdout, done.stderr


def audited_pids(path, outcome):
    """The pid of every line of an audit file that records this outcome, in order.

    Each action has two lines, its intent and its outcome; an outcome without an intent before it is an error.
    """
    intended, found = set(), []
    with open(path, encoding="utf-8") as audit:
        for record in map(json.loads, audit):
            if record["phase"] == "intent":
                intended.add(record["session"])
                continue
            if record["session"] not in intended:
                raise Unexpected(f"the audit has an outcome for {record['session']}, but no intent before it")
            if record["outcome"] == outcome:
                found.append(int(record["session"].split("@")[0]))  # PID@START
    return found


def _demand(record, keys, what):
    missing = [key for key in keys if key not in record]
    if missing:
        raise Unexpected(f"{what} lacks {', '.join(missing)}")
