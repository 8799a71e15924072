"""The recorder between an application and its server, and what its console says."""

import json
import re
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg2
import psycopg2.extras

from lib import programs
from lib.expect import Unexpected, wait_until
from lib.lockkeeper import LOOK_DEADLINE, Look
from lib.statements import normalized

START_DEADLINE = 15
FINDING_DEADLINE = 15
CONSOLE = "pgbouncer"
# The console's address, and PostgreSQL's; a server of MySQL or MariaDB has one of its own beside it.
LISTENING = re.compile(r"^listening on 127\.0\.0\.1:(\d+)$", re.M)
LISTENING_FOR_MYSQL = re.compile(r"^listening on 127\.0\.0\.1:(\d+) for MySQL and MariaDB$", re.M)
UNITS_MS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def milliseconds(told):
    """What a person reads, as numbers: "2.6 s" is (2600, 100), and exact to the second of them."""
    total, exact = 0.0, 0.0
    for number, unit in re.findall(r"([\d.]+) (ms|s|min|h|d)\b", told):
        total += float(number) * UNITS_MS[unit]
        exact = UNITS_MS[unit] * (0.1 if "." in number else 1)
    return total, exact


class Recorder:
    """Runs from construction until the play ends. `application_url` and `jdbc_url` are for applications, instead of the
    server's.
    """

    def __init__(self, server, story, demo, start, *, pool_mode, options=()):
        self._story, self._demo = story, demo
        self.pool_mode = pool_mode
        words = ["run", server.url, "--listen", "127.0.0.1:0", "--pool-mode", pool_mode]
        words += ["--console", "127.0.0.1:0"] if server.engine != "postgres" else []
        # The private server trusts whoever comes. In session mode it is asked itself; in transaction mode nobody is.
        words += ["--auth", "trust"] if pool_mode == "transaction" else []
        self._child = start("recorder", [programs.lockkeeper(), *words, *options])
        self.port = self._told(LISTENING)
        self._tell_urls(server)
        self._console = psycopg2.connect(self._console_url, connect_timeout=10)
        self._console.autocommit = True
        self.dumped = ""  # the lines of the last replay
        self._child.wait_for(self._has_looked, START_DEADLINE, "it has looked for the first time")

    def _told(self, pattern):
        """A port, as soon as it says so."""
        found = self._child.wait_for(lambda: pattern.search(self._child.out()), START_DEADLINE, "it listens")
        return int(found[1])

    def _tell_urls(self, server):
        owner = urlsplit(server.url).username
        self._console_url = f"postgresql://{owner}@127.0.0.1:{self.port}/{CONSOLE}"
        if server.engine == "postgres":
            self.application_url = f"postgresql://{server.role}@127.0.0.1:{self.port}/{server.database}"
            self.jdbc_url = f"jdbc:postgresql://127.0.0.1:{self.port}/{server.database}"
            return
        address = f"127.0.0.1:{self._told(LISTENING_FOR_MYSQL)}/{server.database}"
        self.application_url = f"mysql://{server.role}@{address}"
        self.jdbc_url = f"jdbc:mariadb://{address}"

    @property
    def status(self):
        """Its exit status, or None while it runs."""
        return self._child.status

    def _has_looked(self):
        """Until then, that it finds nothing means nothing."""
        self._console.notices = []
        self.findings()
        return not any("nothing has been looked at yet" in notice for notice in self._console.notices)

    def show(self, what):
        """The rows of a SHOW command; every value is text or None."""
        with self._console.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(f"SHOW {what}")
            return [dict(row) for row in cursor.fetchall()]

    def holders(self, application):
        return [row for row in self.show("HOLDERS") if row["application"] == application]

    def open_transactions(self, application, idle_ms=0):
        """Those whose clients have been silent for so long; a healthy client's are silent for an instant."""
        return [row for row in self.show("TRANSACTIONS") if row["application"] == application and row["idle_for"]
                and milliseconds(row["idle_for"])[0] >= idle_ms]

    def statements(self, transaction):
        return self.show(f"STATEMENTS {transaction}")

    def findings(self):
        return self.show("FINDINGS")

    def wait_for_findings(self, rules, what="", holds=lambda found: True):
        """Waits until these rules (a list: one entry for each finding) have found something, and returns all there is."""

        def found():
            findings = self.findings()
            lacking = [rule for rule in set(rules) if rules.count(rule) > len(of_rule(findings, rule))]
            return findings if not lacking and holds(findings) else None

        return wait_until(found, FINDING_DEADLINE, lambda: f"{', '.join(rules)} {what}; there are {titles(self.findings())}")

    def replay(self, *limits):
        """What it remembers, dumped and judged once more: a look, with all that SHOW FINDINGS has no column for."""
        status, self.dumped, complaint = _lockkeeper("dump", self._console_url)
        if status != 0:
            raise Unexpected(f"lockkeeper dump ended with status {status}\n{complaint}")
        return Look(*_lockkeeper("replay", "-", *limits, "--json", given=self.dumped))

    def advise(self, *options):
        """By application, how large lockkeeper says that its pool should be, and why."""
        status, said, complaint = _lockkeeper("advise", self._console_url, *options, "--json")
        if status != 0:
            raise Unexpected(f"lockkeeper advise ended with status {status}\n{complaint}")
        return {each["application"]: each for each in json.loads(said)["applications"]}

    def kill_clients(self, clients):
        with self._console.cursor() as cursor:
            for client in clients:
                cursor.execute(f"KILL_CLIENT {client}")

    def tell(self, what):
        """In a demo, what a person sees in psql; otherwise nothing."""
        if not self._demo:
            return
        typed = ["psql", self._console_url, "-c", what]
        self._story.command(["psql", f"postgresql://127.0.0.1:{self.port}/{CONSOLE}", "-c", f"'{what}'"])
        sys.stdout.flush()
        subprocess.run(typed, stdin=subprocess.DEVNULL, timeout=30, check=False)


def _lockkeeper(*words, given=""):
    command = [programs.lockkeeper(), *map(str, words)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=LOOK_DEADLINE)
    return done.returncode, done.stdout, done.stderr


def of_rule(findings, rule):
    return [finding for finding in findings if finding["rule"] == rule]


def titles(findings):
    return [f"{finding['severity']} {finding['rule']}: {finding['title']}" for finding in findings]


def clients_in(remedy):
    """The ids of the clients that a remedy closes, in order."""
    return re.findall(r"KILL_CLIENT (\d+);", remedy or "")


def unfolded(runs):
    """One normalized text for each run of pairs of a text and a count; what was not kept stands there as it is told."""
    return [normalized(text) for text, count in runs for _ in range(int(count))]
