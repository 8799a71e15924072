"""The desks: components of one system, each a Java process with a pool of its own; and what the server itself says of them."""

import os
import re

from lib import java
from lib.expect import wait_until

APPLICATION, TWIN, ROLE = "ticket-desk", "parcel-desk", "desk"
POOL_SIZE = 2
CALLERS = 2  # at once, of whom each needs two connections
SAFE_POOL_SIZE = CALLERS * (2 - 1) + 1
CALLS_ALONE = 2
TIMEOUT_MS = 5000  # 30 s in production
LEAK_DETECTION_MS = 2000  # the least that HikariCP takes
STUCK_MS = 1000  # idle for so long, they are past every pause of the program
SPARE_MS = 800  # and have so long before they time out
OPTIONS = ("--min-idle", "1s")
SYMPTOM = re.compile(r"HikariPool-1 - Connection is not available, request timed out after \d{4,}ms\.")
INSERT = re.compile(r"\s*INSERT INTO ticket \(series, title\) VALUES \(\?\).*", re.I | re.S)


def prepare(play, **options):
    programs = java.Programs(play, os.path.join(play.folder, "java"))
    postgres = play.engine == "postgres"
    server = play.server(ROLE, **options) if postgres else play.mysql_server(ROLE)
    with open(os.path.join(play.folder, "schema.sql" if postgres else "schema.mysql.sql"), encoding="utf-8") as schema:
        server.script(schema.read())
    return programs, server, PostgresView(server) if postgres else MysqlView(server)


def start_desk(play, programs, url, name, *, user=ROLE, application=APPLICATION, pool_size=POOL_SIZE, flags=(), **numbers):
    numbers = {"POOL_SIZE": pool_size, "CONNECTION_TIMEOUT_MS": TIMEOUT_MS, "LEAK_DETECTION_MS": LEAK_DETECTION_MS, **numbers}
    environment = {"DATABASE_URL": url, "DATABASE_USER": user, "APPLICATION": application}
    return play.start(name, programs.command("Desk", *flags, log_level="info"),
                      env={**environment, **{key: str(number) for key, number in numbers.items()}})


def start_twin(play, programs, url, **options):
    """It does the same, but takes its numbers before the other transaction begins."""
    return start_desk(play, programs, url, "twin", application=TWIN, CURED=1, RENDER_MS=10, REST_MS=100,
                      **options)


def start_both(play, programs, url, *, twin_user=ROLE, **numbers):
    """The twin, once it is at work, and the desk of the incident."""
    twin = start_twin(play, programs, url, user=twin_user, TAGGED=numbers.get("TAGGED", 0))
    desk = start_desk(play, programs, url, "desk", CALLERS=CALLERS, **{"CALLS_ALONE": CALLS_ALONE, **numbers})
    twin.wait_for(lambda: told(twin, "numbered"), 30, "the twin's first number")
    return twin, desk


def told(desk, state, who=None):
    return [each for each in desk.records() if each["state"] == state and who in (None, each["who"])]


class PostgresView:
    exact_ms = 50  # to which it knows how long a session has slept

    def __init__(self, server):
        self._server = server

    def sessions(self, application):
        return {session["pid"] for session in self._server.sessions(application)}

    def silent(self, application):
        """The sleeping transactions' sessions, and how long each has slept for at least, in ms."""
        return {session["pid"]: session["idle_ms"] for session in self._server.idle_in_transaction(application)}


class MysqlView:
    exact_ms = 2000

    def __init__(self, server):
        self._server = server

    def sessions(self, application):
        names = self._server.program_names()
        return {session for session in self._server.sessions() if names.get(session) == application}

    def silent(self, application):
        open_ones, silences = self._server.transactions(), self._server.silences()
        return {session: silences[session][0] for session in self.sessions(application) & set(open_ones) & set(silences)}


def stuck(view, spare_ms=SPARE_MS):
    """The sessions of the desk, if each sleeps in its transaction and will go on to do so."""
    silent = view.silent(APPLICATION)
    settled = len(silent) == POOL_SIZE and all(STUCK_MS <= idle <= TIMEOUT_MS - spare_ms for idle in silent.values())
    return silent if settled else None


def while_stuck(desk, view, look, spare_ms=SPARE_MS):
    """What `look()` sees counts if the same sessions slept before and after it, in one sleep: none of their callers has failed."""

    def attempt():
        failed, before = len(told(desk, "failed")), stuck(view, spare_ms)
        if not before:
            return None
        seen = look()
        after = view.silent(APPLICATION)
        same = set(before) == set(after) and all(after[pid] >= before[pid] for pid in before) and len(told(desk, "failed")) == failed
        return (before, seen, after) if same and seen is not None else None

    return desk.wait_for(attempt, 30, f"{POOL_SIZE} sessions that wait for one another")


def check_alone(play, desk, calls=CALLS_ALONE):
    """One caller has two connections at a time, and nothing is wrong."""
    desk.wait_for(lambda: len(told(desk, "numbered")) >= calls, 20, "the first caller's numbers")
    play.check.equal(told(desk, "failed"), [], f"one caller at a time gets its number, {calls} times, with two connections")


def rounds(desk):
    """How often all have called at once: only the first one calls alone."""
    return len(told(desk, "called", f"caller-{CALLERS}"))


def failures(play, desk, since=0):
    """After the next of all: the errors since it had told so many. Nobody has failed before the pool gave up.

    Whoever fails first gives its connection back; another that is about to fail may still get that one.
    """
    now = rounds(desk)
    desk.wait_for(lambda: rounds(desk) > now and len(told(desk, "failed")) > since, 20, "the calls to fail, and to come again")
    failed = told(desk, "failed")[since:]
    early = [each for each in failed if each["after_ms"] < TIMEOUT_MS]
    waits = " and ".join(str(each["after_ms"]) for each in failed)
    play.check.equal(early, [], f"nobody goes on until the pool gives up, {waits} ms after the call")
    return [each["error"] for each in failed]


def check_twin(play, twin):
    """Its numbers go on, and none of its calls has failed."""
    since = len(told(twin, "numbered"))
    twin.wait_for(lambda: len(told(twin, "numbered")) > since, 10, "the twin's next number")
    play.check.equal(told(twin, "failed"), [], f"the twin has met no error ({len(told(twin, 'numbered'))} numbers)")


def stop(desk, view):
    """The desk ends, and its sessions with it."""
    desk.stop()
    wait_until(lambda: not view.silent(APPLICATION), 15, "the desk's transactions to be over")
