"""A terminal with a shell in it, typed into as a reader would: a line, then wait until it has been answered."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

ROWS, COLUMNS = 50, 200  # so wide that neither psql nor readline breaks a line that a page shows whole
INTERRUPT = "\x03"
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[()][0-9A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
# What stands before the cursor when somebody waits for a line: the shell, psql, the mariadb client.
PROMPT = re.compile(r"(?:<(\d+)>\$|> ?|\w+[=\-'\"(^][*!?]?[#>]|MariaDB \[[^\]\n]*\]>|mysql>) ")


class Silent(Exception):
    """A command was not answered in time: with all that it said."""


class Terminal:
    """A pseudo-terminal with an interactive bash. Closing it ends whatever still runs in it."""

    def __init__(self, folder, environment):
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        modes = termios.tcgetattr(slave)
        modes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, modes)
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "--noediting", "-i"], cwd=folder,
            env={**environment, "PS1": "<$?>$ ", "PS2": "> "}, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self._said = ""
        self.wait_for_prompt(time.monotonic() + 30)

    def folder(self):
        """Where its shell is now."""
        return os.readlink(f"/proc/{self._shell.pid}/cwd")

    def type(self, line):
        """Sends a line; what was said before is forgotten."""
        self._said = ""
        text = line if line == INTERRUPT else line + "\n"
        os.write(self._master, text.encode())

    def status(self):
        """Of the last command of the shell, once it waits for the next; None where another program waits."""
        prompt = PROMPT.fullmatch(_plain(self._said).rsplit("\n", 1)[-1])
        return int(prompt[1]) if prompt and prompt[1] else None

    def said(self):
        """All since the last line was typed, without escape sequences, and without the prompt that ends it."""
        text = _plain(self._said)
        return text[: text.rfind("\n") + 1] if self._at_prompt() else text

    def wait_for_prompt(self, deadline):
        """Until the next line may be typed."""
        self._wait(self._at_prompt, deadline)

    def wait_for(self, condition, deadline):
        """Of a command that goes on running: until condition(all that was said) holds. False if it ended instead."""
        self._wait(lambda: condition(self.said()) or self._at_prompt(), deadline)
        return condition(self.said())

    def close(self):
        """Ends the program in front and the shell, by force: a page followed to its end has left neither at work."""
        for process in {os.tcgetpgrp(self._master), self._shell.pid} - {0}:
            try:
                os.killpg(process, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it has ended by itself
        self._shell.wait()
        os.close(self._master)

    def _at_prompt(self):
        last = _plain(self._said).rsplit("\n", 1)[-1]
        # readline, in psql, draws the prompt and what is typed after it in one line: only a bare prompt waits.
        return PROMPT.fullmatch(last) is not None

    def _wait(self, condition, deadline):
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                raise Silent(self.said())
            if select.select([self._master], [], [], min(left, 1))[0]:
                try:
                    read = os.read(self._master, 65536)
                except OSError:  # nobody has the other side any more
                    raise Silent(f"{self.said()}\n(the shell has ended)") from None
                self._said += read.decode("utf-8", "replace")


def _plain(text):
    return _ESCAPES.sub("", text.replace("\r\n", "\n"))
