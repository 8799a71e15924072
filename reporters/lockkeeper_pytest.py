"""Tells the leak gate (lockkeeper test) which test runs when. For pytest, parallel (pytest-xdist) or not:

    lockkeeper test -- pytest -p lockkeeper_pytest

with this file where Python finds it (PYTHONPATH, or beside the tests). Without the gate it does nothing.
"""
import os
import time

import pytest

_MARKS = os.environ.get("LOCKKEEPER_MARKS")


def _mark(word, test):
    # One write: others append to the same file.
    line = f"{word} {time.time():.6f} {os.getpid()} {' '.join(test.split())}"
    with open(_MARKS, "ab", buffering=0) as marks:
        marks.write(line.encode("utf-8", "replace")[:4000] + b"\n")


if _MARKS:
    _running = []

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(item):
        _running.append(item.nodeid)
        _mark("begins", item.nodeid)
        yield
        _mark("ends", item.nodeid)
        _running.pop()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(fixturedef):
        """What a wider fixture opens is not the test's that happened to need it first."""
        is_wider = fixturedef.scope != "function" and _running
        if is_wider:
            _mark("ends", _running[-1])
        yield
        if is_wider:
            _mark("begins", _running[-1])
