"""Child processes that end with the runner, whatever ends it, and whose output is kept in files.

Three nets, because each has a hole: a clean end stops every child's process group; a runner that is
killed cannot do that, so the kernel kills its children for it (PR_SET_PDEATHSIG); a child that ends by
itself when its standard input closes (private-postgres) is left to do so, since its own children have to be
stopped in order.
"""

import ctypes
import json
import os
import signal
import subprocess

from lib.expect import Unexpected, wait_until

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)  # loaded here: between fork and exec is no time to look for a library
TAIL_LINES = 40


def _die_with(parent):
    def prepare():
        if LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0 or os.getppid() != parent:
            os._exit(127)  # the parent went between fork and prctl: nobody is left to send the signal

    return prepare


class Child:
    """A running program; its output is in `name.out` and `name.err` in the folder of logs.

    Start children on the main thread: the kernel's death signal follows the thread that started them.
    """

    def __init__(self, name, command, logs, *, cwd=None, env=None, ends_with_stdin=False):
        self.name = name
        self.command = [str(word) for word in command]
        self.out_path = os.path.join(logs, f"{name}.out")
        self.err_path = os.path.join(logs, f"{name}.err")
        self._ends_with_stdin = ends_with_stdin
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self._process = subprocess.Popen(
                self.command,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.PIPE if ends_with_stdin else subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                preexec_fn=None if ends_with_stdin else _die_with(os.getpid()),
            )

    @property
    def status(self):
        """The exit status, or None while it runs."""
        return self._process.poll()

    def out(self):
        return _read(self.out_path)

    def err(self):
        return _read(self.err_path)

    def records(self):
        """The JSON objects among the lines of standard output; an unfinished last line is left for later."""
        found = []
        for line in self.out().split("\n")[:-1]:
            if line.startswith("{"):
                found.append(json.loads(line))
        return found

    def wait_for(self, condition, deadline, what):
        """wait_until, but ends at once if the program does."""

        def holds():
            result = condition()
            if not result and self.status is not None:
                raise Unexpected(f"{self.name} ended with status {self.status} before {what}")
            return result

        return wait_until(holds, deadline, what)

    def ended_within(self, seconds):
        try:
            self._process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def wait_for_end(self, deadline):
        wait_until(lambda: self.status is not None, deadline, f"{self.name} to end")
        return self.status

    def stop(self, deadline=10):
        if self.status is None and self._ends_with_stdin:
            self._process.stdin.close()
        elif self.status is None:
            self._signal_group(signal.SIGTERM)
        try:
            self._process.wait(deadline)
        except subprocess.TimeoutExpired:
            self._signal_group(signal.SIGTERM if self._ends_with_stdin else signal.SIGKILL)
            self._process.wait(deadline)
        finally:
            if self._process.stdin and not self._process.stdin.closed:
                self._process.stdin.close()

    def tail(self):
        parts = []
        for path in (self.out_path, self.err_path):
            lines = _read(path).splitlines()
            if lines:
                parts.append(f"--- {os.path.basename(path)}, last lines")
                parts.extend(lines[-TAIL_LINES:])
        return "\n".join(parts)

    def _signal_group(self, number):
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            pass


def _read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
