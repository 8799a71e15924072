"""the same through the recorder: all that each of the 70 sent, and the clients behind them (FastAPI, SQLAlchemy)

The shop connects to `lockkeeper run`. Its console has to find the 70 as one thing, tell what each of them did from BEGIN to
its last statement, and close exactly those clients; the customers' connections go through it too.
"""

import os

from client import Platform
from play import (
    APPLICATION,
    LEAKS,
    MIN_IDLE,
    leaked,
    open_shop,
    play_fixed,
    prove_pool,
    wait_for_leaks,
)

from lib.columns import shows
from lib.expect import wait_until
from lib.lockkeeper import FOUND, pids
from lib.recorded import accounts, check_gone, check_lists, check_no_values, check_replay, check_silence_since, expect_silence
from lib.recorder import clients_in, titles
from lib.statements import SETTINGS, normalized

HAS_FIXED = True

POOL = ("--pool-size", "100")  # as large as the shop's: without it, the recorder's twenty would be the limit
BEGIN_AND_SELECT = 2


def perform(play):
    server = play.server("shop", max_connections=120, settings=SETTINGS)
    with open(os.path.join(play.folder, "schema.sql"), encoding="utf-8") as schema:
        server.script(schema.read())
    recorder = play.recorder(*POOL, *MIN_IDLE)
    port, customers = open_shop(play, recorder.application_url)
    play.story.say(f"It connects to the recorder, which is in {recorder.pool_mode} mode.")
    play.check.equal(titles(recorder.findings()), [], "the recorder has nothing to say about the customers")
    if play.fixed:
        play_fixed(play, port, customers)
        play.check.equal(titles(recorder.findings()), [], "and the recorder has nothing to say either")
        open_long = recorder.open_transactions(APPLICATION, idle_ms=1000)
        play.check.equal(open_long, [], "no client has been silent in a transaction for a second")
        return

    Platform(port).send(LEAKS)
    wait_for_leaks(server, LEAKS)
    play.story.say(f"{LEAKS} webhooks have come: as many sessions are idle in transaction.")
    clients = find(play, server, recorder)
    kill(play, server, recorder, port, customers, clients)


@shows("found")
def find(play, server, recorder):
    findings = recorder.wait_for_findings(["idle-transaction"], f"of {LEAKS} transactions",
                                          lambda found: any(each["count"] == str(LEAKS) for each in found))
    for what in ("FINDINGS", "HOLDERS"):
        recorder.tell(f"SHOW {what}")
    check = play.check
    check.equal([each["rule"] for each in findings], ["idle-transaction"], "the recorder finds one thing, and nothing else")
    finding = findings[0]
    check.equal(finding["confidence"], "certain", "it is certain")
    play.check.shows("explained")
    check.that(f'application "{APPLICATION}" (user {server.role}, database {server.database})' in finding["title"],
               f"it names {APPLICATION}, its user and its database", finding["title"])
    check.that("background work a session of its own" in finding["fix"], "it names the fix", finding["fix"])

    before = {session["pid"]: session["idle_ms"] for session in leaked(server)}
    told = accounts(server, recorder, APPLICATION, before)
    after = {session["pid"]: session["idle_ms"] for session in leaked(server)}
    check.same_pids(told, before, "SHOW HOLDERS knows the client behind each leaked session of the server")
    check_remedy(play, finding["remedy"], {each.client for each in told.values()})
    check.equal({each.holder["state"] for each in told.values()}, {"idle in transaction"}, "each is idle in transaction")
    check.equal({each.holder["pins"] for each in told.values()}, {""}, "nothing else keeps its connection with it")
    check_silence_since(play, told, before, after)
    check_lists(play, told, f"each of the {LEAKS}")
    shapes = {tuple(each.told()) for each in told.values()}
    check.that(len(shapes) == 1 and len(*shapes) == BEGIN_AND_SELECT, f"all {LEAKS} did the same: BEGIN, and one SELECT",
               shapes)
    last = {normalized(each.holder["last_statement"]) for each in told.values()}
    check.that(all(shape[-1].startswith(text.rstrip("….")) for shape in shapes for text in last),
               "SHOW HOLDERS names that SELECT", last)
    look = check_replay(play, recorder, findings, told, *MIN_IDLE)
    check_evidence(play, server, look.findings[0], before)
    check_no_values(play, recorder, told)
    recorder.tell(f"SHOW STATEMENTS {next(iter(told.values())).transaction['id']}")

    look = play.lockkeeper().doctor(*MIN_IDLE)
    seen = look.of_rule("idle-transaction")
    check.equal((look.status, len(seen)), (FOUND, 1), "the server's own view has one finding too")
    check.same_pids(pids(seen[0]["subjects"]), before, f"of the same {LEAKS} sessions")
    return [each.client for each in told.values()]


def check_evidence(play, server, finding, before):
    check, evidence = play.check, finding["evidence"]
    check.same_pids(pids(finding["subjects"]), before, f"its subjects are the {LEAKS} leaked sessions and no others")
    for key, expected in (("application", APPLICATION), ("user", server.role), ("database", server.database)):
        check.equal({subject[key] for subject in finding["subjects"]}, {expected}, f"it names the {key}: {expected}")
    check.that("background work" in finding["likely_mistake"], "the likely mistake is the one that was made",
               finding["likely_mistake"])
    check.equal((evidence["clients_connected"], evidence["wrote"]), (LEAKS, False), "all of them are still connected, none wrote")
    check.that(evidence["siblings_in_order"] > 0, "while others of the same application are in order", evidence)


def check_remedy(play, remedy, clients):
    """It names the first of them, and counts the others: nobody reads seventy commands."""
    named, more = clients_in(remedy), LEAKS - len(clients_in(remedy))
    play.check.that(named and set(named) <= clients, "its remedy names clients that leak, and no others", remedy)
    play.check.that(f"and {more} more clients" in remedy, f"it says that there are {more} more", remedy)


@shows("resolved")
def kill(play, server, recorder, port, customers, clients):
    check = play.check
    doomed = set(pids(leaked(server)))
    healthy = set(pids(server.sessions(APPLICATION))) - doomed
    served_before = customers.served
    play.story.say(f"The customers before the kill: {customers.counters()}.")
    check.equal(customers.errors, [], "no customer has met an error so far")
    recorder.kill_clients(clients)
    wait_until(lambda: not leaked(server), 15, lambda: f"none of {len(leaked(server))} to be idle in transaction")
    check.equal(leaked(server), [], f"KILL_CLIENT has ended them: the server has none of the {LEAKS} left")
    check_gone(play, recorder, clients, "the recorder has let go of those clients")

    if recorder.pool_mode == "session":
        present = set(pids(server.sessions(APPLICATION)))
        check.that(not doomed & present, "their server connections are closed", sorted(doomed & present))
        check.that(healthy <= present, "every healthy one lives on", sorted(healthy - present))
        prove_pool(play, port, doomed, healthy)
    wait_until(lambda: customers.served >= served_before + 150, 20, "a hundred and fifty more customers")
    play.story.say(f"The customers after the kill: {customers.counters()}.")
    check.equal(customers.errors, [], "no customer met an error, before, during or after")
    expect_silence(play, recorder)
    play.expect_silence(*MIN_IDLE)
