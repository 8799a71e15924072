#!/usr/bin/python3
"""pages.py and terminal.py themselves: a page that is wrong must not pass."""

import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import pages  # noqa: E402
from terminal import INTERRUPT, Silent, Terminal  # noqa: E402

PAGE = """# T

## One

Type this:

```console
$ echo a
a
$ false     # exit status 1
```

In a second
terminal, and leave it
running:

```console
$ psql shop
shop=# BEGIN;
BEGIN
shop=*# SELECT 1;
^C
```

## Two

Save this as `a/b.cpp`:

```cpp
int main() {}
```

```sh
# nothing
scripts/setup
```

```
not run
```
"""


class Pages(unittest.TestCase):
    def test_steps(self):
        first, second, saved, build = pages.steps(PAGE)
        self.assertEqual((first.section, first.terminal, first.stays, first.builds), ("One", 1, False, False))
        self.assertEqual([(c.text, c.answer, c.status) for c in first.commands],
                         [("echo a", ["a"], 0), ("false     # exit status 1", [], 1)])
        self.assertEqual((second.terminal, second.stays), (2, True))
        self.assertEqual([c.text for c in second.commands], ["psql shop", "BEGIN;", "SELECT 1;", "^C"])
        self.assertEqual(second.commands[1].line, 19)
        self.assertEqual((saved.section, saved.file, saved.content), ("Two", "a/b.cpp", "int main() {}\n"))
        self.assertEqual((build.builds, [c.text for c in build.commands]), (True, ["scripts/setup"]))

    def test_answers_before_a_prompt_are_refused(self):
        with self.assertRaisesRegex(ValueError, "line 2"):
            pages.steps("```console\nan answer\n```\n")

    def test_what_may_differ(self):
        said = ("critical[x-y]: 71 are idle for 850 ms\n   | at  2026-11-29T14:00:01.5Z  12@3  1.5 s\n"
                "more\n  --> id x-y-0a1b2c3d\n")
        whole = ["critical[x-y]: 2 are idle for 4 s", "…", "   | at     2026-01-01T00:00:00Z 1@2 20 ms"]
        self.assertIsNone(pages.missing(whole, said))
        self.assertIsNone(pages.missing(["critical[x-y]: 2 are …", "  --> id x-y-ffffffff"], said))

    def test_what_may_not(self):
        said = "a 1\nb 2\n"
        self.assertEqual(pages.missing(["a 1", "c"], said), "c")
        self.assertEqual(pages.missing(["b 2", "a 1"], said), "a 1", "in another order")
        self.assertEqual(pages.missing(["a"], said), "a", "less than the line")
        self.assertEqual(pages.missing(["critical"], "critical error"), "critical")


class Terminals(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        environment = {"PATH": "/usr/bin:/bin", "HOME": folder.name, "TERM": "dumb", "LANG": "C.UTF-8"}
        self.terminal = Terminal(folder.name, environment)
        self.addCleanup(self.terminal.close)

    def type(self, line, seconds=20):
        self.terminal.type(line)
        self.terminal.wait_for_prompt(time.monotonic() + seconds)
        return self.terminal.said(), self.terminal.status()

    def test_output_and_status(self):
        self.assertEqual(self.type("echo a; echo b"), ("a\nb\n", 0))
        self.assertEqual(self.type("echo x >&2; (exit 3)"), ("x\n", 3))
        self.assertEqual(self.type("cd / && false"), ("", 1))
        self.assertEqual(self.terminal.folder(), "/")

    def test_one_that_stays(self):
        self.terminal.type("echo ready; sleep 600")
        self.assertTrue(self.terminal.wait_for(lambda said: "ready" in said, time.monotonic() + 20))
        with self.assertRaises(Silent):
            self.terminal.wait_for_prompt(time.monotonic() + 0.2)
        self.assertEqual(self.type(INTERRUPT)[1], 130)

    def test_one_that_should_stay_and_ends(self):
        self.terminal.type("echo gone")
        self.assertFalse(self.terminal.wait_for(lambda said: "ready" in said, time.monotonic() + 20))


if __name__ == "__main__":
    unittest.main(verbosity=2)
