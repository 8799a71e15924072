"""What clients really sent, by PostgreSQL's own log: the truth that the recorder's account is compared with.

MariaDB's and MySQL's are in lib.mysql_statements. The log has every text with its literals; `normalized` takes them out in a
way of its own, so that it can be compared with what the recorder shows. Nothing of lockkeeper is used here.
"""

import re
from datetime import datetime, timedelta

# Every statement before it is carried out, and when it was done; the prefix has the time and the session's pid alone.
SETTINGS = ("log_statement=all", "log_duration=on", "log_line_prefix=%m [%p] ")

_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) UTC \[(\d+)\] (LOG|DETAIL):  (.*)", re.S)
_STATEMENT = re.compile(r"(?:statement|execute [^:]*): (.*)", re.S)
_BEGIN = re.compile(r"\s*(BEGIN|START\s+TRANSACTION)\b", re.I)
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_STRING = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w$.\"])-?\d+(?:\.\d+)?(?![\w\"])")
_TELLTALE = re.compile(r"[\w@.:/-]{6,}")  # a value long enough not to be in another text by chance


class Sent:
    """One statement: its text, when the server began it and when it was done with it (None: not yet).

    `values` are its literals and parameters, but those that are so short that they may be anywhere by chance.
    """

    def __init__(self, text, began):
        self.text, self.began, self.ended = text, began, None
        self.values = _values(text)


class StatementLog:
    """A server's log as it is now; the server was started with SETTINGS."""

    def __init__(self, log):
        self._sent = {}
        for at, pid, text in _entries(log):
            statement = _STATEMENT.fullmatch(text)
            sent = self._sent.setdefault(pid, [])
            if statement:
                sent.append(Sent(statement[1], at))
            elif text.startswith("parameters: ") and sent:
                sent[-1].values |= _values(text)
            elif text.startswith("duration: ") and sent and sent[-1].ended is None:
                sent[-1].ended = at  # the first after it is its own; others are of the next one's parse and bind

    def last_transaction(self, pid):
        """All that a session has sent since it last began a transaction, in order."""
        sent = self._sent.get(pid, [])
        begins = [n for n, each in enumerate(sent) if _BEGIN.match(each.text)]
        return sent[begins[-1] :] if begins else []


def normalized(text):
    """Literals and parameters are ?, a list of them is one, and so are rows of them; spaces do not matter, nor do
    comments and the case of letters."""
    text = _STRING.sub("?", _COMMENT.sub(" ", text))
    text = re.sub(r"\$\d+", "?", text)
    text = _NUMBER.sub("?", text)
    text = re.sub(r"\s*([(),=;])\s*", r"\1", " ".join(text.split())).rstrip(";")
    text = re.sub(r"\(\?(?:,\?)+\)", "(?)", text)
    text = re.sub(r"\(\?\)(?:,\(\?\))+", "(?)", text)
    return text.lower()


def gap_before(sent, n):
    """How long nothing ran before the n-th of them (from 0), in ms, as the server saw it."""
    return (sent[n].began - sent[n - 1].ended) / timedelta(milliseconds=1)


def _values(text):
    return {value for value in _STRING.findall(text) if _TELLTALE.fullmatch(value)}


def _entries(log):
    """Time, pid and text of each; an entry's further lines begin with a tab."""
    for entry in re.split(r"\n(?=\d{4}-\d\d-\d\d )", log):
        line = _LINE.fullmatch(entry.rstrip("\n"))
        if line:
            yield datetime.fromisoformat(line[1]), int(line[2]), line[4].replace("\n\t", "\n")
