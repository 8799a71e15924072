"""A private PostgreSQL for one play, and the play's own view of its sessions.

What lockkeeper says is compared with what this module sees: its queries are deliberately its own.
"""

import json
import socket

import psycopg2
import psycopg2.extras

from lib import programs
from lib.processes import Child

OBSERVER = "incident-observer"
START_DEADLINE = 30


def free_port():
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Runs from construction to `stop`."""

    def __init__(self, logs, *, max_connections=100, settings=()):
        command = [programs.private_postgres(), "--max-connections", max_connections]
        for setting in settings:
            command += ["--setting", setting]
        self.child = Child("private-postgres", command, logs, ends_with_stdin=True)
        self._observer = None
        try:
            self.child.wait_for(lambda: "\n" in self.child.out(), START_DEADLINE, "the private server's address")
            described = json.loads(self.child.out().split("\n")[0])
            self.url, self.port, self.version = described["url"], described["port"], described["version"]
            self._observer = self.connect(OBSERVER)
            self._observer.autocommit = True  # an observer that is idle in transaction would be a finding itself
        except BaseException:
            self.stop()
            raise

    def connect(self, application):
        return psycopg2.connect(self.url, application_name=application, connect_timeout=10)

    def query(self, sql, parameters=None):
        with self._observer.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql, parameters=None):
        return next(iter(self.query(sql, parameters)[0].values()))

    def script(self, sql):
        """Schema and first rows, as one committed piece."""
        with self._observer.cursor() as cursor:
            cursor.execute(sql)

    def sessions(self, application):
        """Every session of an application; idle_ms is the true time since its last change of state."""
        return self.query(
            """
            SELECT pid, state, query, wait_event_type, pg_blocking_pids(pid) AS blocked_by,
                   extract(epoch FROM clock_timestamp() - state_change)::float8 * 1000 AS idle_ms,
                   extract(epoch FROM clock_timestamp() - query_start)::float8 * 1000 AS query_ms
              FROM pg_stat_activity
             WHERE application_name = %s AND backend_type = 'client backend'
             ORDER BY backend_start, pid
            """,
            (application,),
        )

    def idle_in_transaction(self, application, query_like="%"):
        """The application's sleeping transactions by their last statement (a LIKE pattern).

        A healthy session is in this state for an instant between two of its statements, so name the
        statement that only the leak runs.
        """
        return self.query(
            """
            SELECT pid, extract(epoch FROM clock_timestamp() - state_change)::float8 * 1000 AS idle_ms
              FROM pg_stat_activity
             WHERE application_name = %s AND state = 'idle in transaction' AND query LIKE %s
             ORDER BY pid
            """,
            (application, query_like),
        )

    def stop(self):
        if self._observer is not None:
            self._observer.close()
        self.child.stop(deadline=20)
