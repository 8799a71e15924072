"""The admin server, its refund server and its healthy twin; and what the database has of their work."""

import os
import re

from lib import java
from lib.expect import wait_until

APPLICATION, TWIN = "admin-server", "returns-server"
ROLE, TWIN_ROLE, REFUND_ROLE = "refund", "returns", "pay"  # the recorder has a pool for each
POOL_SIZE = 5
ORDERS = POOL_SIZE  # for the history of the last one there is no connection left
TWIN_FROM, TWIN_ORDERS = 51, 400
TIMEOUT_MS = 1500  # 30 s in production; EclipseLink asks twice
OPTIONS = ("--min-idle", "1s")
SYMPTOM = re.compile(r"HikariPool-1 - Connection is not available, request timed out after \d{4,}ms\.")
SELECT = re.compile(r"SELECT ID, CENTS, order_id FROM refund WHERE \(order_id = (\?|\$1)\) ORDER BY ID")


def prepare(play, **options):
    programs = java.Programs(play, os.path.join(play.folder, "java"))
    server = play.server(ROLE, **options)
    with open(os.path.join(play.folder, "schema.sql"), encoding="utf-8") as schema:
        server.script(schema.read())
    for role in (TWIN_ROLE, REFUND_ROLE):
        server.query(f"CREATE ROLE {role} LOGIN")
        server.query(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    return programs, server


def start(play, programs, url, name, *, user=ROLE, application=APPLICATION, pool_size=POOL_SIZE, **numbers):
    numbers = {"POOL_SIZE": pool_size, "CONNECTION_TIMEOUT_MS": TIMEOUT_MS, "LEAK_DETECTION_MS": 2000, "ORDERS": ORDERS, **numbers}
    environment = {"DATABASE_URL": url, "DATABASE_USER": user, "REFUND_USER": REFUND_ROLE, "APPLICATION": application}
    return play.start(name, programs.command("Admin", log_level="info"),
                      env={**environment, **{key: str(number) for key, number in numbers.items()}})


def start_twin(play, programs, url):
    """The same with other orders; it closes what it reads. Back when it has recorded the first of them."""
    twin = start(play, programs, url, "twin", user=TWIN_ROLE, application=TWIN, pool_size=2, CURED=1, FIRST_ORDER=TWIN_FROM,
                 ORDERS=TWIN_ORDERS, REST_MS=400)
    twin.wait_for(lambda: orders(twin, "recorded"), 30, "the twin's first refund")
    return twin


def told(program, state):
    return [each for each in program.records() if each["state"] == state]


def orders(program, state):
    return [each["order"] for each in told(program, state)]


def leak(play, server, admin):
    """The incident, up to what everyone saw. Returns the sessions of the pool."""
    check = play.check
    admin.wait_for(lambda: told(admin, "done"), 40, f"{ORDERS} orders to be done with")
    errors = [each["error"] for each in told(admin, "failed")]
    check.that(errors and all(SYMPTOM.fullmatch(error) for error in errors), f"it meets what everyone saw: {errors[0]}", errors)
    check.equal((orders(admin, "refunded"), orders(admin, "recorded")), ([1, 2, 3, 4, 5], [1, 2, 3, 4]),
                "the fifth refund is done, and could not be recorded")
    lost = server.query("SELECT order_id FROM refund WHERE paid AND order_id < %s EXCEPT SELECT order_id FROM history", (TWIN_FROM,))
    check.equal([row["order_id"] for row in lost], [5], "so it is in the database: paid back, with no history")
    return {session["pid"]: session for session in server.sessions(APPLICATION)}


def check_at_rest(play, sessions):
    """What the server has of a connection that somebody holds is what it has of one at rest in its pool."""
    play.check.equal({session["state"] for session in sessions.values()}, {"idle"},
                     f"to the server, all {len(sessions)} sessions of its pool are idle, with nothing open")
    last = {" ".join(session["query"].split()) for session in sessions.values()}
    play.check.that(len(sessions) == POOL_SIZE and all(SELECT.fullmatch(text) for text in last),
                    f"since the same SELECT: {last}", sessions)


def leak_inside(play, server, admin):
    """The same in transactions. Returns the sessions, once they have been silent for longer than a second."""
    admin.wait_for(lambda: told(admin, "failed"), 40, "the pool to be empty")
    play.check.equal(orders(admin, "looked"), [1, 2, 3, 4, 5], f"{POOL_SIZE} orders are looked at, the next finds no connection")
    silent = server.idle_in_transaction(APPLICATION)
    play.check.equal(len(silent), POOL_SIZE, f"to the server, {POOL_SIZE} transactions sleep")
    return {session["pid"]: session["idle_ms"] for session in silent}


def check_twin(play, twin):
    before = len(orders(twin, "recorded"))
    twin.wait_for(lambda: len(orders(twin, "recorded")) > before, 10, "the twin's next refund")
    play.check.equal(told(twin, "failed"), [], f"the twin has met no error ({before + 1} refunds, each with its history)")


def stop(server, program):
    program.stop()
    wait_until(lambda: not server.sessions(APPLICATION), 15, f"the sessions of {APPLICATION} to end")
