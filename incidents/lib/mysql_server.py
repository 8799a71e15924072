"""A private MariaDB or MySQL for one play, and the play's own view of its sessions.

What lockkeeper says is compared with what this module sees: its queries are deliberately its own.
"""

import json
import time

import pymysql
import pymysql.cursors
from pymysql.constants import CLIENT

from lib import programs
from lib.expect import Unavailable
from lib.mysql_statements import SWITCH_ON, GeneralLog
from lib.processes import Child

START_DEADLINE = 60  # the first start makes the data directory too
UNAVAILABLE = 77  # the exit status of private-mysql where there is no MySQL

# InnoDB renews its view of transactions only when nobody has asked for 0.1 s.
VIEW_SECONDS = 0.15

KEPT = 10  # of each session's statements: MySQL would keep fewer for being as small as this one
SETTINGS = (
    "performance-schema=ON",
    f"performance-schema-events-statements-history-size={KEPT}",
    "innodb-lock-wait-timeout=170",  # 50 unless told, which a busy machine may need for a play
)

# MariaDB collects none of this unless it is told to; on MySQL it is so already.
COLLECT = """
UPDATE performance_schema.setup_consumers SET enabled = 'YES'
 WHERE name IN ('events_statements_current', 'events_statements_history', 'events_transactions_current');
UPDATE performance_schema.setup_instruments SET enabled = 'YES', timed = 'YES'
 WHERE name IN ('transaction', 'wait/lock/metadata/sql/mdl');
"""

WAITS = {
    "mariadb": """
        SELECT waiter.trx_mysql_thread_id AS waiter, blocker.trx_mysql_thread_id AS blocker
          FROM information_schema.innodb_lock_waits AS pair
          JOIN information_schema.innodb_trx AS waiter ON waiter.trx_id = pair.requesting_trx_id
          JOIN information_schema.innodb_trx AS blocker ON blocker.trx_id = pair.blocking_trx_id
    """,
    "mysql": "SELECT waiting_pid AS waiter, blocking_pid AS blocker FROM sys.innodb_lock_waits",
}


class MysqlServer:
    """Runs from construction to `stop`, with a database for one application, and a user of the same name.

    `url` is the superuser's, for lockkeeper; `application_url` is the user's; `jdbc_url` has none. Nobody has a password: it
    listens on loopback alone.
    """

    def __init__(self, logs, role, engine):
        command = [programs.private_mysql(), "--engine", engine]
        for setting in SETTINGS:
            command += ["--set", setting]
        self.child = Child("private-mysql", command, logs, ends_with_stdin=True)
        self._observer = None
        self._last_view = 0.0
        try:
            described = self._described()
            self.engine, self.role, self.database = engine, role, role
            self.url = f"mysql://root@127.0.0.1:{described['port']}/{role}"
            self.application_url = f"mysql://{role}@127.0.0.1:{described['port']}/{role}"
            self.jdbc_url = f"jdbc:mariadb://127.0.0.1:{described['port']}/{role}"
            self._observer = pymysql.connect(
                host="127.0.0.1", port=described["port"], user="root", autocommit=True, connect_timeout=10,
                client_flag=CLIENT.MULTI_STATEMENTS, cursorclass=pymysql.cursors.DictCursor,
            )
            self.script(f"CREATE DATABASE {role}; CREATE USER {role}@'%'; GRANT ALL ON {role}.* TO {role}@'%'; USE {role}")
            self.script(COLLECT)
        except BaseException:
            self.stop()
            raise

    def _described(self):
        def started():
            if self.child.status == UNAVAILABLE:
                raise Unavailable(self.child.err().strip())
            return "\n" in self.child.out()

        self.child.wait_for(started, START_DEADLINE, "the private server's address")
        return json.loads(self.child.out().split("\n")[0])

    def query(self, sql, parameters=None):
        with self._observer.cursor() as cursor:
            cursor.execute(sql, parameters)
            return [{name.lower(): value for name, value in row.items()} for row in cursor.fetchall()]

    def value(self, sql, parameters=None):
        return next(iter(self.query(sql, parameters)[0].values()))

    def script(self, sql):
        """Several statements, the last of which may lack its semicolon."""
        with self._observer.cursor() as cursor:
            cursor.execute(sql)
            while cursor.nextset():
                pass

    def log_statements(self):
        """From now on, for statement_log."""
        self.script(SWITCH_ON)

    def statement_log(self):
        """What clients have sent so far."""
        return GeneralLog(self.query)

    def sessions(self):
        """The application's sessions by their ids: `command` is Sleep where the server waits for the client."""
        return {row["id"]: row for row in self.query("SHOW FULL PROCESSLIST") if row["user"] == self.role}

    def silences(self):
        """How long each sleeping session has been silent, in ms at least and at most: the server counts whole seconds."""
        rows = {session: row["time"] for session, row in self.sessions().items() if row["command"] == "Sleep"}
        return {session: (max(0, time - 1) * 1000, (time + 1) * 1000) for session, time in rows.items()}

    def transactions(self):
        """Open transactions by their sessions' ids: whether each waits for a lock, how long at least, and its rows."""
        time.sleep(max(0.0, self._last_view + VIEW_SECONDS - time.monotonic()))
        rows = self.query(
            """
            SELECT trx_mysql_thread_id AS session, trx_state = 'LOCK WAIT' AS waits, trx_rows_modified AS rows_modified,
                   CAST(COALESCE(TIMESTAMPDIFF(SECOND, trx_wait_started, NOW()) - 1, 0) AS SIGNED) AS waiting_seconds
              FROM information_schema.innodb_trx
            """
        )
        self._last_view = time.monotonic()
        return {row["session"]: row for row in rows}

    def blockers(self):
        """Who waits, and for whom the server says that each does: holders and who is ahead of it in a queue."""
        found = {}
        for row in self.query(WAITS[self.engine]):
            found.setdefault(row["waiter"], set()).add(row["blocker"])
        return found

    def history(self, session):
        """The texts of the last statements of a session that the server has kept, newest last, literals and all.

        A prepared one is there as often as it was executed, on MySQL; MariaDB has no text of it.
        """
        rows = self.query(
            """
            SELECT past.sql_text AS text
              FROM performance_schema.events_statements_history AS past
              JOIN performance_schema.threads AS thread USING (thread_id)
             WHERE thread.processlist_id = %s AND past.sql_text IS NOT NULL
               AND past.event_name <> 'statement/com/Prepare'
             ORDER BY past.event_id
            """,
            (session,),
        )
        return [row["text"] for row in rows]

    def program_names(self):
        """What each session has called itself when it connected."""
        rows = self.query(
            "SELECT processlist_id AS session, attr_value AS name FROM performance_schema.session_connect_attrs "
            "WHERE attr_name = 'program_name'"
        )
        return {row["session"]: row["name"] for row in rows}

    def stop(self):
        if self._observer is not None:
            self._observer.close()
        self.child.stop(deadline=20)
