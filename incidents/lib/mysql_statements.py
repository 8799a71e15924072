"""What clients really sent, by MariaDB's or MySQL's general log: the truth that the recorder's account is compared with.

Each statement is there as it began, an executed one with its values; when it was done is not. The log is a table here, so
that it can be asked for by session. Nothing of lockkeeper is used.
"""

import re

from lib.statements import Sent

SWITCH_ON = "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = ON;"

# What a transaction begins with, or begins after. Where autocommit is off, there is nothing that begins it.
_BEGIN = re.compile(r"\s*(BEGIN|START\s+TRANSACTION)\b", re.I)
_BETWEEN = re.compile(r"\s*(COMMIT|ROLLBACK|SET\s+autocommit)\b", re.I)


class GeneralLog:
    """A server's log, asked for one session at a time. The server was told to SWITCH_ON before its clients came."""

    def __init__(self, query):
        self._query = query

    def _of(self, session):
        rows = self._query(
            "SELECT event_time, argument FROM mysql.general_log WHERE command_type IN ('Query', 'Execute') AND thread_id = %s",
            (session,),
        )
        found = [Sent(_text(row["argument"]), row["event_time"]) for row in rows]
        for sent in found:
            sent.ended = sent.began  # so what the play takes for a gap has the statement in it too
        return found

    def last_transaction(self, session):
        """All that a session has sent since it last began a transaction, in order."""
        sent = self._of(session)
        for n in range(len(sent) - 1, -1, -1):
            if _BEGIN.match(sent[n].text):
                return sent[n:]
            if _BETWEEN.match(sent[n].text):
                return sent[n + 1 :]
        return sent


def _text(argument):
    """MySQL's column has no character set, MariaDB's has one."""
    return argument.decode("utf-8", "replace") if isinstance(argument, bytes) else argument
