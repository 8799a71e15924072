"""The five columns of the table of incidents: which of them an expectation belongs to, and what a play has shown of each.

An expectation counts for `reproduced` unless it is met inside a function marked otherwise:

    @shows("resolved")
    def kill(play, ...):
"""

import functools
import json
import os

REPRODUCED, FOUND, EXPLAINED, RESOLVED, PREVENTED = COLUMNS = ("reproduced", "found", "explained", "resolved", "prevented")


def shows(column):
    """For a function whose first argument is the play; `play.check.shows(...)` in it goes on to another column."""

    def mark(function):
        @functools.wraps(function)
        def marked(play, *arguments, **named):
            before, play.check.column = play.check.column, column
            try:
                return function(play, *arguments, **named)
            finally:
                play.check.column = before

        return marked

    return mark


def keep(folder, asked, held, failed):
    """Leaves what a play has shown in the folder: expectations held by column, and in which one failed, or None."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "_".join(asked) + ".json")
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"held": held, "failed": failed}, file)
    os.replace(path + ".new", path)


def kept(folder, asked):
    """What `keep` has left, or None: that play has not been played to its end."""
    try:
        with open(os.path.join(folder, "_".join(asked) + ".json"), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None
