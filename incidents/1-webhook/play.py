"""a request's session handed to background work (FastAPI, SQLAlchemy, PostgreSQL)

The shop leaks one connection for every webhook, 70 in all, while customers are served by the same process
through the same pool. lockkeeper has to find the 70 as one thing, see them grow, and end exactly them.
"""

import os
import re

from client import Caller, Customers, Platform

from lib.columns import shows
from lib.expect import Unexpected, wait_until
from lib.lockkeeper import FOUND, audited_pids, pids
from lib.programs import PYTHON
from lib.server import free_port

HAS_FIXED = True

APPLICATION = "shop-webhook"
LEAKS = 70
LEAKS_BEFORE_WATCH = 35
LEAKS_LEFT = 20  # the dead ones stay in the shop's pool, and its customers need the rest
WATCH_SECONDS = 5
WEBHOOK_EVERY = 0.2  # seconds, while the doctor watches
MIN_IDLE = ("--min-idle", "2s")
MIN_IDLE_MS = 2000
LAST_STATEMENT = "%FROM instagram_product%WHERE instagram_product.origin_id = %"
NORMALIZED = re.compile(
    r"\s*SELECT\s.*\sFROM\s+instagram_product\s+WHERE\s+instagram_product\.origin_id\s*=\s*\?\s*", re.I | re.S
)
CLOCK_TOLERANCE_MS = 50


def perform(play):
    server = play.server("shop", max_connections=120)
    with open(os.path.join(play.folder, "schema.sql"), encoding="utf-8") as schema:
        server.script(schema.read())
    port, customers = open_shop(play, server.application_url)
    if play.fixed:
        play_fixed(play, port, customers)
        return

    platform = Platform(port)
    growing = leak(play, server, platform)
    finding = find(play, server, growing)
    kill(play, server, port, customers, finding)
    play.linger(server, lambda: one_more(server, platform, port), *MIN_IDLE)


def open_shop(play, url):
    """Its port, and its customers once fifty have been served."""
    port = start_service(play, url, "fixed" if play.fixed else "service")
    customers = Customers(port)
    play.at_end(customers.leave)
    customers.arrive()
    wait_until(lambda: customers.served >= 50, 10, "the first fifty customers")
    return port, customers


def start_service(play, url, module):
    """uvicorn with the module's app; back as soon as it answers."""
    port = free_port()
    command = [PYTHON, "-m", "uvicorn", f"{module}:app", "--host", "127.0.0.1", "--port", port, "--no-access-log"]
    service = play.start(module, command, env={"DATABASE_URL": url, "PYTHONUNBUFFERED": "1"})
    play.story.say(f"The shop serves on a port of its own, with a pool of 100 connections as {APPLICATION}.")

    def answers():
        try:
            return Caller(port).request("GET", "/products/1")[0] == 200
        except OSError:
            return False

    service.wait_for(answers, 15, "the shop to answer")
    return port


def leaked(server):
    return server.idle_in_transaction(APPLICATION, LAST_STATEMENT)


def one_more(server, platform, port):
    """Another webhook, over a connection of its own: the shop closes those that nobody has used for a while."""
    if len(leaked(server)) < LEAKS_LEFT:
        platform.sent += 1
        later = Platform(port)
        later.sent = platform.sent
        later.send()


def wait_for_leaks(server, count):
    wait_until(lambda: len(leaked(server)) == count, 15, lambda: f"{count} leaked sessions, there are {len(leaked(server))}")


def leak(play, server, platform):
    """Brings the leak to exactly 70 sessions, the second half of them under the doctor's eyes."""
    platform.send(LEAKS_BEFORE_WATCH)
    wait_for_leaks(server, LEAKS_BEFORE_WATCH)
    play.story.say(f"{platform.sent} webhooks have come: as many sessions are idle in transaction. The doctor watches for "
                   f"{WATCH_SECONDS} s while more come.")
    watch = play.lockkeeper().watch(WATCH_SECONDS, *MIN_IDLE)
    while watch.running and platform.sent < LEAKS:
        platform.send()
        watch.ended_within(WEBHOOK_EVERY)
    look = watch.look()
    platform.send(LEAKS - platform.sent)
    wait_for_leaks(server, LEAKS)

    growing = only_finding(play, look, "watching")
    growth = growing["evidence"].get("growth_per_minute", 0)
    play.check.that(growth > 0, f"watching, the doctor sees it grow: {growth:.0f} sessions a minute", growing["evidence"])
    return growing


def only_finding(play, look, when):
    play.check.equal(look.status, FOUND, f"{when}, the doctor's exit status says that something is wrong")
    found = look.of_rule("idle-transaction")
    play.check.that(len(found) == 1, f"{when}, the leak is one finding, not one for each session", look.titles())
    play.check.that(look.at_severity(found[0]["severity"]) == found, f"{when}, nothing else is as severe", look.titles())
    return found[0]


@shows("found")
def find(play, server, growing):
    wait_until(
        lambda: min((session["idle_ms"] for session in leaked(server)), default=0) > MIN_IDLE_MS + 100,
        MIN_IDLE_MS / 1000 + 10,
        "the newest leaked session to be idle for 2 s",
    )
    play.lockkeeper().show("doctor", *MIN_IDLE)
    before = leaked(server)
    look = play.lockkeeper().doctor(*MIN_IDLE)
    after = leaked(server)

    finding = only_finding(play, look, "at one look")
    check, evidence = play.check, finding["evidence"]
    check.equal(finding["count"], LEAKS, f"it counts {LEAKS} sessions")
    check.same_pids(pids(finding["subjects"]), pids(before), "its subjects are all the leaked sessions and no others")
    play.check.shows("explained")
    for key, expected in (("application", APPLICATION), ("user", server.role), ("database", server.database)):
        check.equal({subject[key] for subject in finding["subjects"]}, {expected}, f"it names the {key}: {expected}")
    check.that(NORMALIZED.fullmatch(evidence["last_statement"]) is not None,
               "it names the last statement, without its literal", evidence["last_statement"])
    check.equal(evidence["wrote"], False, "it says that nothing was written")
    check.equal(evidence["blocks"], 0, "it says that nobody waits behind them")
    for key, extreme in (("oldest_idle_ms", max), ("newest_idle_ms", min)):
        low, high = (extreme(session["idle_ms"] for session in seen) for seen in (before, after))
        check.that(low - CLOCK_TOLERANCE_MS <= evidence[key] <= high + CLOCK_TOLERANCE_MS,
                   f"its {key} is the true one, between two looks of ours", (low, evidence[key], high))
    check.that(bool(finding["likely_mistake"] and finding["fix"]), "it names the likely mistake and the fix")
    check.equal(finding["id"], growing["id"], "the same trouble keeps the same id")
    return finding


@shows("resolved")
def kill(play, server, port, customers, finding):
    check, lockkeeper = play.check, play.lockkeeper()
    doomed = set(pids(leaked(server)))
    healthy = set(pids(server.sessions(APPLICATION))) - doomed
    apart = len(doomed) == LEAKS and healthy
    check.that(apart, f"{LEAKS} leaked sessions beside {len(healthy)} healthy ones of the same pool", (doomed, healthy))

    lockkeeper.show("kill", "--finding", finding["id"], *MIN_IDLE)
    dry = lockkeeper.dry_kill(finding["id"], *MIN_IDLE)
    check.that(dry.dry_run and dry.outcomes() == ["would_terminate"], "a kill without --yes is a dry run", dry.report)
    check.same_pids(dry.pids("would_terminate"), doomed, f"it would terminate those {LEAKS}")
    check.same_pids(pids(leaked(server)), doomed, "and has terminated none")

    served_before = customers.served
    play.story.say(f"The customers before the kill: {customers.counters()}.")
    check.equal(customers.errors, [], "no customer has met an error so far")
    audit = play.log("audit.jsonl")
    killed = lockkeeper.kill(finding["id"], *MIN_IDLE, "--audit", audit)
    if killed is not None:
        check.equal(killed.dry_run, False, "with --yes it is not a dry run")
        check.same_pids(killed.pids("terminated"), doomed, f"it terminated those {LEAKS}, by its own account")
    check.same_pids(audited_pids(audit, "terminated"), doomed, "the audit has one line for each of them")
    check.equal(leaked(server), [], "the server has none of them left")
    present = set(pids(server.sessions(APPLICATION)))
    check.that(not doomed & present, "none of their pids lives on", sorted(doomed & present))
    check.that(healthy <= present, "every healthy session lives on", sorted(healthy - present))

    prove_pool(play, port, doomed, healthy)
    wait_until(lambda: customers.served >= served_before + 300, 20, "three hundred more customers")
    play.story.say(f"The customers after the kill: {customers.counters()}.")
    check.equal(customers.errors, [], "no customer met an error, before, during or after")
    play.expect_silence(*MIN_IDLE)


def prove_pool(play, port, doomed, healthy):
    """The dead connections are still checked out by the leaked sessions, so the pool cannot lend them to anyone.

    What lies in the pool at one moment is not all of it, with customers about: ask until every healthy
    connection has been met.
    """
    caller, lent = Caller(port), set()

    def all_met():
        status, pool = caller.request("GET", "/health/pool")
        if status != 200 or doomed & set(pool["pids"]) or pool["checked_out"] < LEAKS:
            raise Unexpected(f"the shop's pool has lent a connection that is dead: {status} {pool}")
        lent.update(pool["pids"])
        return healthy <= lent

    wait_until(all_met, 15, lambda: f"the pool to lend all of {sorted(healthy)}, it has lent {sorted(lent)}")
    play.check.that(not lent & doomed, f"the shop's pool lends its {len(healthy)} healthy connections, no terminated one")


def play_fixed(play, port, customers):
    platform, caller = Platform(port), Caller(port)
    play.story.say("The task opens its own session now. As many webhooks come as on the day of the incident.")
    platform.send(LEAKS)
    wait_until(
        lambda: caller.request("GET", "/webhooks/pending")[1]["count"] == LEAKS, 15, f"{LEAKS} updates to be pending"
    )
    play.lockkeeper().show("doctor", *MIN_IDLE)
    watch = play.lockkeeper().watch(WATCH_SECONDS, *MIN_IDLE)
    play.expect_silence(look=watch.look(), when=f"over {WATCH_SECONDS} s")
    play.check.equal(customers.errors, [], f"no customer met an error: {customers.counters()}")
