"""What a play expects of the world: conditions with deadlines, and checks that say what they saw."""

import time

from lib import columns

POLL_SECONDS = 0.05


class Unexpected(Exception):
    """An expectation did not hold. The message is for the person who has to find out why."""


class Unavailable(Exception):
    """The play needs what this machine cannot have; the message says what. It is skipped."""


def wait_until(condition, deadline, what):
    """Calls `condition` until it returns something true and returns that; gives up after `deadline` seconds.

    `what` completes the sentence "waited N s for ..."; as a callable it is asked at the moment of giving up, so
    that it can say how far things had come.
    """
    ends = time.monotonic() + deadline
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() >= ends:
            raise Unexpected(f"waited {deadline:g} s for {what() if callable(what) else what}")
        time.sleep(POLL_SECONDS)


def short(value, limit=600):
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text)} characters)"


class Checks:
    """Every check that holds is told to the story; the first that does not ends the play."""

    def __init__(self, story):
        self._story = story
        self.column = columns.REPRODUCED  # what the next expectation counts for
        self.held_in = dict.fromkeys(columns.COLUMNS, 0)

    @property
    def held(self):
        return sum(self.held_in.values())

    def shows(self, column):
        self.column = column

    def _held(self, says):
        self.held_in[self.column] += 1
        self._story.held(says)

    def that(self, holds, says, saw=None):
        if not holds:
            raise Unexpected(says if saw is None else f"{says}\n  but saw: {short(saw)}")
        self._held(says)

    def equal(self, actual, expected, says):
        if actual != expected:
            raise Unexpected(f"{says}\n  expected: {short(expected)}\n  but saw:  {short(actual)}")
        self._held(says)

    def same_pids(self, actual, expected, says):
        """Two sets of pids, with the difference in the message: seventy numbers twice help nobody."""
        actual, expected = list(actual), set(expected)
        extra, lacking = sorted(set(actual) - expected), sorted(expected - set(actual))
        twice = sorted({pid for pid in actual if actual.count(pid) > 1})
        if extra or lacking or twice:
            raise Unexpected(f"{says}\n  too many: {extra}\n  missing:  {lacking}\n  twice:    {twice}")
        self._held(says)
