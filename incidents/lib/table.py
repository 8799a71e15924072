"""The table of the incidents: of each, by the doctor alone and through the recorder, what was observed for each column."""

import os
import re
import subprocess
import sys
import tempfile

from lib import columns

# On the server that each happened on, or the nearest.
PLAYS = (
    ("1-webhook", ("1-webhook",), ("1-webhook", "--recorder"), "Webhook"),
    ("2-post", ("2-post", "--on", "mariadb"), ("2-post", "--on", "mariadb", "--recorder"), "Post"),
    ("3-counter", ("3-counter",), ("3-counter", "--recorder"), "Counter"),
    ("4-refund", ("4-refund",), ("4-refund", "--recorder"), "Refund"),
    ("5-lonely-test", ("5-lonely-test",), ("5-lonely-test", "--recorder"), "LonelyTest"),
)
LIBRARY = "LIBRARY_INCIDENTS_BIN"  # the program that writes the incidents against the C++ library
LIBRARY_SECONDS = 120
PASSED = re.compile(r"^\[  PASSED  \] (\d+) tests?\.$", re.M)
WIDTH = 12


def show(program, variable, folder):
    """Plays all, unless `folder` has what plays have left; prints the table. 0: every column of every row holds."""
    if folder:
        return _table(folder)
    with tempfile.TemporaryDirectory(prefix="incidents-") as folder:
        for _, *plays, _ in PLAYS:
            for asked in plays:
                print(f"== incidents/run {' '.join(asked)}", flush=True)
                subprocess.run([program, *asked], env={**os.environ, variable: folder}, check=False)
        return _table(folder)


def _table(folder):
    print(f"\n{'':27}" + "".join(f"{column:>{WIDTH}}" for column in columns.COLUMNS))
    whole = True
    for name, *plays, test in PLAYS:
        prevented = _prevented(test)
        for how, asked in zip(("doctor", "recorder"), plays):
            cells = [*_cells(columns.kept(folder, asked)), prevented]
            whole = whole and all(cell.isdigit() and int(cell) > 0 for cell in cells)
            print(f"{name:15}{how:12}" + "".join(f"{cell:>{WIDTH}}" for cell in cells))
    print("\nNumbers are expectations that held; prevented: tests of the same mistake written against the C++ library.")
    if not whole:
        print("Not every column was shown: see above what was expected.", file=sys.stderr)
    return 0 if whole else 1


def _cells(play):
    """Of all columns but the last."""
    if play is None:
        return ["not played"] * (len(columns.COLUMNS) - 1)
    return ["FAILED" if play["failed"] == column else str(play["held"][column]) for column in columns.COLUMNS[:-1]]


def _prevented(test):
    """How many of the library's own tests of this incident pass, on PostgreSQL."""
    program = os.environ.get(LIBRARY)
    if not program:
        return "not built"
    command = [program, f"--gtest_filter=*Incident.{test}*/postgres*"]
    environment = {key: value for key, value in os.environ.items() if key != "GTEST_OUTPUT"}  # it belongs to another run
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=environment,
                              timeout=LIBRARY_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as problem:
        print(f"{program}: {problem}", file=sys.stderr)
        return "FAILED"
    passed = PASSED.search(done.stdout)
    if done.returncode != 0 or not passed:
        print(done.stdout, file=sys.stderr)
        return "FAILED"
    return passed[1]
