"""Runs one command of a stage: its output to a log, its progress to the terminal, an end to it if it hangs."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

TAIL_LINES = 40
_PROGRESS = re.compile(r"^\s*\[?\s*(\d+/\d+)\]?")


@dataclass
class Outcome:
    status: int
    output: str

    @property
    def ok(self):
        return self.status == 0

    def tail(self, lines=TAIL_LINES):
        return "\n".join(self.output.rstrip().split("\n")[-lines:])


class Runner:
    """Runs commands from the root, one after the other, and says so: `== dev: build … 83 s`."""

    def __init__(self, root, logs, environment=None):
        """`environment`: variables for all commands, beside ours."""
        self.root = Path(root)
        self._environment = environment or {}
        self._logs = Path(logs)
        self._live = sys.stdout.isatty()
        self._logs.mkdir(parents=True, exist_ok=True)

    def run(self, title, command, timeout, environment=None):
        """`timeout` in seconds. On failure the log's tail is left to the caller to print."""
        log = self._logs / (re.sub(r"\W+", "-", title) + ".log")
        began = time.monotonic()
        print(f"== {title} …", end="", flush=True)
        status = self._follow(title, command, timeout, environment, log)
        took = time.monotonic() - began
        ending = "" if status == 0 else f"  FAILED ({_meaning(status)}), log: {log.relative_to(self.root)}"
        print(f"\r\x1b[K== {title} … {took:.0f} s{ending}" if self._live else f" {took:.0f} s{ending}", flush=True)
        return Outcome(status, log.read_text(errors="replace"))

    def _follow(self, title, command, timeout, environment, log):
        environment = {**os.environ, **self._environment, **(environment or {})}
        process = subprocess.Popen(
            [str(word) for word in command], cwd=self.root, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        expired = threading.Event()
        watchdog = threading.Timer(timeout, lambda: (expired.set(), _end(process)))
        watchdog.start()
        try:
            with open(log, "wb") as file:
                for line in process.stdout:
                    file.write(line)
                    self._show(title, line)
                process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            watchdog.cancel()
        return "timeout" if expired.is_set() else process.returncode

    def _show(self, title, line):
        progress = _PROGRESS.match(line.decode(errors="replace")) if self._live else None
        if progress:
            print(f"\r\x1b[K== {title} … {progress[1]}", end="", flush=True)


def _end(process):
    """Ends what was started, children included: they are a process group of their own."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _meaning(status):
    if status == "timeout":
        return "took too long"
    return f"signal {-status}" if status < 0 else f"status {status}"
