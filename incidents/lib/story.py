"""The narrative on standard output: what is happening, what was typed, what held."""

import re
import sys
import textwrap
import time

WIDTH = 100


class Story:
    def __init__(self, stream=None):
        self._stream = stream or sys.stdout
        self._began = time.monotonic()
        self._colour = self._stream.isatty()

    def title(self, text):
        self._line()
        self._line(self._painted("1", text))

    def say(self, text):
        self._line(textwrap.fill(text, WIDTH, initial_indent="- ", subsequent_indent="  "))

    def held(self, text):
        self._line(textwrap.fill(text, WIDTH, initial_indent="  ok  ", subsequent_indent="      "))

    def command(self, words):
        """What would be typed; a password in a URL is nobody's business."""
        typed = " ".join(re.sub(r"(://[^:/@]*):[^@/]*@", r"\1@", str(word)) for word in words)
        self._line()
        self._line(self._painted("1;36", f"$ {typed}"))

    def verdict(self, text, good):
        seconds = time.monotonic() - self._began
        self._line()
        self._line(self._painted("1;32" if good else "1;31", f"{text} ({seconds:.1f} s)"))

    def raw(self, text):
        self._line(text)

    def _painted(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self._colour else text

    def _line(self, text=""):
        print(text, file=self._stream, flush=True)
