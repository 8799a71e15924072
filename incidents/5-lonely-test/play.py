"""early returns and shared ownership (Node, Sequelize, PostgreSQL)

A module's tests pass alone. Together with fifty others, ten of which leave a transaction open, the pool of
ten is dry when their turn comes, and all of them time out. lockkeeper has to name the three places by their
last statements, and end exactly those ten sessions, while a healthy worker of the same name goes on.
"""

import os
import re

from lib.columns import shows
from lib.expect import wait_until
from lib.lockkeeper import FOUND, audited_pids, pids

APPLICATION = "user-module"
USER_TESTS = 6
OTHER_TESTS = 50
MIN_IDLE = ("--min-idle", "2s")
MIN_IDLE_MS = 2000

# What each early return leaves behind: how often, its last statement, whether a row had been written.
LEFT_OPEN = {
    "register, the email is taken": (4, r'SELECT .* FROM "users" AS "User" WHERE "User"\."email" = \?', False),
    "changeBio, no profile": (3, r'SELECT .* FROM "profiles" AS "Profile" WHERE "Profile"\."user_id" = \?', False),
    "follow, too many": (3, r'SELECT count\(\*\) .* FROM "follows" AS "Follow" WHERE "Follow"\."follower_id" = \?', True),
}
FINISHED_TWICE = "Transaction cannot be committed because it has been finished with state: commit"
LEFT_OPEN_COUNT = sum(count for count, _, _ in LEFT_OPEN.values())


def perform(play):
    install(play)
    server = play.server("accounts", max_connections=60)
    with open(os.path.join(play.folder, "schema.sql"), encoding="utf-8") as file:
        schema = file.read()

    server.script(schema)
    end_alone(play, server, run_alone(play, server, server.application_url))
    server.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public;" + schema)

    worker = start_worker(play, server.application_url)
    suite = run_together(play, server, server.application_url)
    findings = find(play, server)
    kill(play, server, suite, worker, findings)


def install(play):
    """npm ci, unless what is installed is as new as the lock file."""
    lock = os.path.join(play.folder, "package-lock.json")
    installed = os.path.join(play.folder, "node_modules", ".package-lock.json")
    if os.path.exists(installed) and os.path.getmtime(installed) >= os.path.getmtime(lock):
        return
    play.story.say("Installing Sequelize and pg, as package-lock.json has them.")
    npm = play.start("npm-ci", ["npm", "ci", "--no-audit", "--no-fund"])
    play.check.equal(npm.wait_for_end(180), 0, "npm ci went well")


def start_worker(play, url):
    worker = play.start("worker", ["node", "worker.js"], env={"DATABASE_URL": url})
    worker.wait_for(lambda: served(worker)["done"] >= 50, 15, "the worker's first fifty pieces of work")
    return worker


def start_suite(play, url, name, *modules):
    return play.start(name, ["node", "--test-reporter=spec", "suite.js", *modules], env={"DATABASE_URL": url})


def results(suite, mark):
    """The tests themselves (indented), not their groups; the summary at the end repeats the failures."""
    told = suite.out().split("\nℹ tests", 1)[0]
    return re.findall(rf"^  {mark} (.*) \([\d.]+ms\)", told, re.M)


def passed(suite):
    return results(suite, "✔")


def failed(suite):
    return results(suite, "✖")


def left_open(server):
    """The worker's transactions are short: what has been idle in one for a while is the suite's."""
    return [session for session in server.idle_in_transaction(APPLICATION) if session["idle_ms"] > 500]


def wait_for_left_open(server, count):
    what = lambda: f"{count} open transactions, there are {len(left_open(server))}"  # noqa: E731
    wait_until(lambda: len(left_open(server)) == count, 10, what)


def run_alone(play, server, url):
    alone = start_suite(play, url, "suite-alone", "users")
    alone.wait_for(lambda: len(passed(alone) + failed(alone)) == USER_TESTS, 20, "the user module's tests")
    play.check.equal(failed(alone), [], f"alone, the user module's {USER_TESTS} tests pass")
    wait_for_left_open(server, len(LEFT_OPEN))
    return alone


def end_alone(play, server, alone):
    play.story.say(f"Yet {len(LEFT_OPEN)} transactions are open: too few for the pool to run dry. The run is ended as with "
                   "--exit, and the server rolls them back.")
    twice = FINISHED_TWICE in alone.err()
    play.check.that(twice, f"and a child has committed its parent's transaction: {FINISHED_TWICE}", alone.err())
    alone.stop()
    wait_until(lambda: not server.sessions(APPLICATION), 10, "the suite's sessions to go with it")


def run_together(play, server, url):
    suite = start_suite(play, url, "suite-together")
    suite.wait_for(lambda: len(passed(suite) + failed(suite)) == OTHER_TESTS + USER_TESTS, 30, "the whole suite")
    play.check.equal(len(passed(suite)), OTHER_TESTS, f"together, the {OTHER_TESTS} others pass")
    play.check.equal(len(failed(suite)), USER_TESTS, f"and the same {USER_TESTS} tests of the user module fail")
    symptom = re.search(r"^ *(Error: Database connection timeout)$", suite.out(), re.M)
    cause = re.search(r"\[cause\]: (\w+) \[\w+\]: (Operation timeout)$", suite.out(), re.M)
    play.check.that(symptom and cause, "with the error that everyone saw", suite.tail())
    play.story.raw(f"\n      ✖ {failed(suite)[1]}\n        {symptom[1]}\n          [cause] {cause[1]}: {cause[2]}\n")
    play.check.equal(suite.status, None, "the run does not end by itself: the open sockets keep it alive")
    wait_for_left_open(server, LEFT_OPEN_COUNT)
    return suite


def wait_for_silence(server, idle_ms):
    """Until the newest of the open transactions has been silent for so long."""
    wait_until(
        lambda: min((session["idle_ms"] for session in left_open(server)), default=0) > idle_ms + 100,
        idle_ms / 1000 + 10,
        f"the newest of them to be idle for {idle_ms} ms",
    )


@shows("found")
def find(play, server):
    wait_for_silence(server, MIN_IDLE_MS)
    play.lockkeeper().show("doctor", *MIN_IDLE)
    look = play.lockkeeper().doctor(*MIN_IDLE)
    check = play.check
    check.equal(look.status, FOUND, "the doctor's exit status says that something is wrong")
    found = look.of_rule("idle-transaction")
    check.equal(len(found), len(LEFT_OPEN), "one finding for each early return, by its last statement")
    severities = {finding["severity"] for finding in found}
    others = [finding for finding in look.findings if finding["severity"] in severities and finding not in found]
    check.equal(others, [], "nothing else is as severe")

    play.check.shows("explained")
    named = {}
    for place, (count, pattern, wrote) in LEFT_OPEN.items():
        matching = [finding for finding in found if re.match(pattern, one_line(finding["evidence"]["last_statement"]), re.I)]
        check.that(len(matching) == 1, f"{place}: its statement is the last of one finding",
                   [finding["evidence"]["last_statement"] for finding in found])
        finding = named[place] = matching[0]
        check.equal(finding["count"], count, f"{place}: {count} sessions")
        check.equal(len(finding["subjects"]), count, f"{place}: all of them are its subjects")
        applications = {subject["application"] for subject in finding["subjects"]}
        check.equal(applications, {APPLICATION}, f"{place}: application {APPLICATION}")
        says = "rows were" if wrote else "nothing was"
        check.equal(finding["evidence"]["wrote"], wrote, f"{place}: it says that {says} written")
    check.same_pids([pid for finding in found for pid in pids(finding["subjects"])], pids(left_open(server)),
                    f"together they are the {LEFT_OPEN_COUNT} open transactions, each once")
    return named


def one_line(statement):
    """On one line, and with names in the quotes that PostgreSQL has."""
    return " ".join(statement.replace("`", '"').split())


def served(worker):
    """The healthy worker's last word about itself."""
    records = worker.records()
    return records[-1] if records else {"done": 0, "errors": 0, "pids": []}


@shows("resolved")
def kill(play, server, suite, worker, findings):
    """Ends one place after the other, and returns what lockkeeper said of it."""
    check, lockkeeper = play.check, play.lockkeeper()
    before = served(worker)
    play.story.say(f"The healthy worker before the kills: {before['done']} pieces of work, {before['errors']} errors.")
    healthy = set(before["pids"])
    remaining = set(pids(left_open(server)))
    audit = play.log("audit.jsonl")
    ended, reports = [], []
    for place, finding in findings.items():
        doomed = set(pids(finding["subjects"]))
        lockkeeper.show("kill", "--finding", finding["id"], *MIN_IDLE)
        dry = lockkeeper.dry_kill(finding["id"], *MIN_IDLE)
        check.same_pids(dry.pids("would_terminate"), doomed, f"{place}: the dry run names its {len(doomed)} sessions")
        reports.append(dry.report)
        killed = lockkeeper.kill(finding["id"], *MIN_IDLE, "--audit", audit)
        if killed is not None:
            reports.append(killed.report)
            check.same_pids(killed.pids("terminated"), doomed, f"{place}: they are terminated")
        remaining -= doomed
        ended.extend(doomed)
        check.same_pids(pids(left_open(server)), remaining, f"{place}: they are gone and the other {len(remaining)} are not")
    check.same_pids(audited_pids(audit, "terminated"), ended, "the audit has one line for each")

    check.that(healthy <= set(pids(server.sessions(APPLICATION))), "the worker still has its connection", sorted(healthy))
    worker.wait_for(lambda: served(worker)["done"] >= before["done"] + 100, 15, "a hundred more pieces of its work")
    after = served(worker)
    play.story.say(f"The healthy worker after the kills: {after['done']} pieces of work, {after['errors']} errors.")
    check.equal((after["errors"], after["pids"]), (0, before["pids"]), "it met no error and never had to connect again")
    check.equal(suite.wait_for_end(15), 1, "the suite's run ends at last, with the failures it had")
    play.expect_silence(*MIN_IDLE)
    return reports
