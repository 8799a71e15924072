"""A private PostgreSQL for one play, and the play's own view of its sessions.

What lockkeeper says is compared with what this module sees: its queries are deliberately its own.
"""

import json
import os
import socket
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import psycopg2.extras

from lib import programs
from lib.processes import Child
from lib.statements import StatementLog

OBSERVER = "incident-observer"
START_DEADLINE = 30


def free_port():
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _connect(url):
    connection = psycopg2.connect(url, application_name=OBSERVER, connect_timeout=10)
    connection.autocommit = True  # an observer that is idle in transaction would be a finding itself
    return connection


def _with(url, *, database, user=None):
    """The same server, another database and, if named, another user; loopback connections need no password."""
    parts = urlsplit(url)
    if user is not None:
        parts = parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}")
    return urlunsplit(parts._replace(path=f"/{database}"))


class Server:
    """Runs from construction to `stop`, with a database for one application, owned by a role of the same name.

    `url` is the superuser's, for lockkeeper and for us; `application_url` is the role's, `jdbc_url` has none. An application
    that ran as a superuser would be spared by every kill that is not told otherwise, and rightly.
    """

    engine = "postgres"

    def __init__(self, logs, role, *, max_connections=100, settings=()):
        command = [programs.private_postgres(), "--max-connections", max_connections]
        for setting in settings:
            command += ["--setting", setting]
        self.child = Child("private-postgres", command, logs, ends_with_stdin=True)
        self._observer = None
        try:
            self.child.wait_for(lambda: "\n" in self.child.out(), START_DEADLINE, "the private server's address")
            described = json.loads(self.child.out().split("\n")[0])
            self.version = described["version"]
            self._log_path = os.path.join(os.path.dirname(described["data_dir"]), "log")
            self._create(described["url"], role)
            self.role, self.database = role, role
            self.url = _with(described["url"], database=role)
            self.application_url = _with(described["url"], database=role, user=role)
            self.jdbc_url = f"jdbc:postgresql://{urlsplit(described['url']).netloc.rpartition('@')[2]}/{role}"
            self._observer = _connect(self.url)
        except BaseException:
            self.stop()
            raise

    def _create(self, url, role):
        connection = _connect(url)
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE ROLE {role} LOGIN")
                cursor.execute(f"CREATE DATABASE {role} OWNER {role}")
        finally:
            connection.close()

    def query(self, sql, parameters=None):
        with self._observer.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql, parameters=None):
        return next(iter(self.query(sql, parameters)[0].values()))

    def script(self, sql):
        """Schema and first rows, as one committed piece, by the role that will own them."""
        with self._observer.cursor() as cursor:
            cursor.execute(f"SET ROLE {self.role}")
            cursor.execute(sql)
            cursor.execute("RESET ROLE")

    def log(self):
        """All that it has logged so far. What a session was asked is there before it is answered."""
        with open(self._log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def statement_log(self):
        """What clients have sent so far; the settings are those of lib.statements."""
        return StatementLog(self.log())

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
