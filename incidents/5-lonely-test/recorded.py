"""the same through the recorder: what each forgotten transaction did, and what a restart hides (Node, Sequelize)

Suite and worker connect to `lockkeeper run`. Its console has to name the three early returns by everything that their
transactions did, notice the run that ends with transactions open, and close the ten one place at a time.
"""

import os
import re

from play import (
    APPLICATION,
    LEFT_OPEN,
    LEFT_OPEN_COUNT,
    MIN_IDLE,
    MIN_IDLE_MS,
    end_alone,
    install,
    left_open,
    run_alone,
    run_together,
    served,
    start_worker,
    wait_for_silence,
)

from lib.columns import shows
from lib.expect import wait_until
from lib.lockkeeper import FOUND, pids
from lib.recorded import accounts, check_gone, check_lists, check_no_values, check_replay, check_silence_since, expect_silence
from lib.recorder import clients_in, of_rule, titles
from lib.statements import SETTINGS

SEQUELIZE_SETS = "SET client_min_messages"  # at every connect: it would outlive the transaction, so the connection is kept
ABANDONED_MS = 1000  # who leaves after a shorter silence may have been at work

# The whole of each transaction in order, as lib.statements writes texts: no space beside a sign.
BEGIN = r"start transaction"
WHOLE = {
    "register, the email is taken": [BEGIN, r'select .* from "users" as "user" where "user"\."email"=\?.*'],
    "changeBio, no profile": [BEGIN, r'select .* from "profiles" as "profile" where "profile"\."user_id"=\?.*'],
    "follow, too many": [BEGIN, r'insert into "follows"\("follower_id","followed_id"\)values\(\?\).*',
                         r'select count\(\*\).* from "follows" as "follow" where "follow"\."follower_id"=\?.*'],
}


def perform(play):
    install(play)
    server = play.server("accounts", max_connections=60, settings=SETTINGS)
    play_through(play, server, server, "schema.sql", "DROP SCHEMA public CASCADE; CREATE SCHEMA public;")


def play_through(play, server, view, schema_file, clear):
    """`view`: what the server says of its sessions, as PostgreSQL's does. `clear` empties the database.
    Returns the recorder."""
    with open(os.path.join(play.folder, schema_file), encoding="utf-8") as file:
        schema = file.read()
    server.script(schema)
    recorder = play.recorder(*MIN_IDLE)
    play.story.say(f"The suite connects to the recorder, which is in {recorder.pool_mode} mode.")
    leave_open(play, view, recorder)
    server.script(clear + schema)

    worker = start_worker(play, recorder.application_url)
    suite = run_together(play, view, recorder.application_url)
    places = find(play, server, view, recorder)
    kill(play, server, view, recorder, suite, worker, places)
    return recorder


def leave_open(play, view, recorder):
    """The run that passes, ended as a process manager ends it."""
    alone = run_alone(play, view, recorder.application_url)
    wait_for_silence(view, ABANDONED_MS)
    end_alone(play, view, alone)
    findings = recorder.wait_for_findings(["abandoned-at-disconnect"], "of the run that was ended",
                                          holds=lambda found: len(found) == 1)  # Its sessions may end a little later.
    recorder.tell("SHOW FINDINGS")
    play.check.equal(len(findings), 1, "the recorder tells of the run that left transactions open, and of nothing else")
    says = f'{len(LEFT_OPEN)} transactions of application "{APPLICATION}"'
    play.check.that(findings[0]["title"].startswith(says), f"{says} were left open", findings[0]["title"])
    play.check.that("restarts the workers" in findings[0]["fix"], "it says what such restarts hide", findings[0]["fix"])


@shows("found")
def find(play, server, view, recorder):
    wait_for_silence(view, MIN_IDLE_MS)
    rules = ["abandoned-at-disconnect"] + ["idle-transaction"] * len(LEFT_OPEN)
    counts = sorted(str(count) for count, _, _ in LEFT_OPEN.values())
    findings = recorder.wait_for_findings(
        rules, "with all their transactions",
        lambda found: sorted(each["count"] for each in of_rule(found, "idle-transaction")) == counts)
    for what in ("FINDINGS", "TRANSACTIONS"):
        recorder.tell(f"SHOW {what}")
    check = play.check
    check.equal(sorted(each["rule"] for each in findings), rules,
                "the recorder finds each early return, remembers the run before, and nothing else")

    before = {session["pid"]: session["idle_ms"] for session in left_open(view)}
    told = accounts(server, recorder, APPLICATION, before)
    after = {session["pid"]: session.get("idle_at_most_ms", session["idle_ms"]) for session in left_open(view)}
    check.same_pids(told, before, f"SHOW HOLDERS knows the clients behind the server's {LEFT_OPEN_COUNT} open transactions")
    pins = SEQUELIZE_SETS if recorder.pool_mode == "transaction" else ""
    check.equal({each.holder["pins"] for each in told.values()}, {pins}, f"what else pins their connections: {pins or 'nothing'}")
    play.check.shows("explained")
    check_silence_since(play, told, before, after)
    check_lists(play, told, f"each of the {LEFT_OPEN_COUNT}")
    check_replay(play, recorder, findings, told, *MIN_IDLE)
    check_no_values(play, recorder, told)
    places = place_by_place(play, recorder, told, of_rule(findings, "idle-transaction"))
    check_doctor(play, before)
    return places


@shows("explained")
def place_by_place(play, recorder, told, findings):
    """The finding of each early return, its clients and their server connections."""
    check, places = play.check, {}
    by_client = {each.client: each for each in told.values()}
    named = [client for finding in findings for client in clients_in(finding["remedy"])]
    check.same_pids(named, by_client, "the remedies name their clients, each once")
    for place, (count, _, wrote) in LEFT_OPEN.items():
        group = [each for each in told.values() if is_list(WHOLE[place], each.told())]
        check.equal(len(group), count, f"{place}: {count} did exactly this: {len(WHOLE[place])} statements, in this order")
        clients = {each.client for each in group}
        finding = [each for each in findings if set(clients_in(each["remedy"])) == clients]
        check.that(len(finding) == 1 and APPLICATION in finding[0]["title"], f"{place}: they are one finding", titles(findings))
        check.that("on every path" in finding[0]["fix"], f"{place}: it names the fix", finding[0]["fix"])
        rows = {each.transaction["rows_written"] for each in group}
        check.equal(rows, {"1" if wrote else "0"}, f"{place}: each has written {'one row' if wrote else 'nothing'}")
        recorder.tell(f"SHOW STATEMENTS {group[0].transaction['id']}")
        places[place] = (clients_in(finding[0]["remedy"]), {each.pid for each in group})
    return places


def is_list(patterns, texts):
    """The names in them may be in MySQL's quotes."""
    texts = [text.replace("`", '"') for text in texts]
    return len(patterns) == len(texts) and all(re.fullmatch(*pair) for pair in zip(patterns, texts))


def check_doctor(play, open_pids):
    look = play.lockkeeper().doctor(*MIN_IDLE)
    found = look.of_rule("idle-transaction")
    play.check.equal((look.status, len(found)), (FOUND, len(LEFT_OPEN)), "the server's own view has the same three findings")
    play.check.same_pids([pid for each in found for pid in pids(each["subjects"])], open_pids, "of the same sessions")


@shows("resolved")
def kill(play, server, view, recorder, suite, worker, places):
    check, before = play.check, served(worker)
    play.story.say(f"The healthy worker before the kills: {before['done']} pieces of work, {before['errors']} errors.")
    remaining = set().union(*(doomed for _, doomed in places.values()))
    for place, (clients, doomed) in places.items():
        recorder.kill_clients(clients)
        remaining -= doomed
        wait_until(lambda: not doomed & set(pids(left_open(view))), 15, f"{place}: none to be idle in transaction")
        check.same_pids(pids(left_open(view)), remaining, f"{place}: they are closed, and the other {len(remaining)} are not")
        check_gone(play, recorder, clients, f"{place}: the recorder has let go of its clients")
    rows = server.value("SELECT count(*) FROM follows WHERE follower_id <= 3 AND followed_id = 150")
    check.equal(rows, 0, "what they had written is rolled back")

    worker.wait_for(lambda: served(worker)["done"] >= before["done"] + 50, 15, "fifty more pieces of its work")
    after = served(worker)
    play.story.say(f"The healthy worker after the kills: {after['done']} pieces of work, {after['errors']} errors.")
    check.equal(after["errors"], 0, "it met no error")
    if recorder.pool_mode == "session":
        check.equal(after["pids"], before["pids"], "and never had to connect again")
    check.equal(suite.wait_for_end(15), 1, "the suite's run ends at last, with the failures it had")
    expect_silence(play, recorder, but=["abandoned-at-disconnect"])
    play.expect_silence(*MIN_IDLE)
