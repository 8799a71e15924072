"""as it was: a stuck paging loop and sleeps inside one transaction (Java, Spring, HikariCP; MariaDB or MySQL)

A synchronous listener pages through followers inside the transaction that publishes a post, and sleeps between pages.
Eleven others wait behind it, for three more the pool has no connection. The doctor alone has to name the root, whom it holds
up, what it would cost, and what the server still knows of its statements. The next in line then does the same.
"""

import os
import re

from lib import java
from lib.columns import shows
from lib.expect import wait_until
from lib.lockkeeper import FOUND, audited_pids, pids
from lib.mysql_server import KEPT
from lib.statements import normalized
from lib.wait_tree import ahead_of, parents_in

APPLICATION, ROLE = "post-publisher", "social"
POOL_SIZE = 12
BEHIND = POOL_SIZE - 1
OTHERS = 13  # publishers beside the two that are caught in the loop
PAUSE_MS = 3000  # a sleep of theirs
REST_MS = 20  # of the healthy publisher after each post: two cores are shared with the server
BEFORE_PAGES, PER_PAGE = 5, 3  # statements of the transaction
OPTIONS = ("--min-idle", "2s", "--min-wait", "1s")
MIN_WAIT_SECONDS = 1
SYMPTOM = re.compile(r"HikariPool-1 - Connection is not available, request timed out after \d{4,}ms\.")


def perform(play):
    programs, server = prepare(play)
    healthy, publishers = start(play, server.jdbc_url, programs)

    outputs = []  # everything that lockkeeper has said
    first = resolve(play, server, publishers, healthy, "first", outputs)
    second = resolve(play, server, publishers, healthy, "second", outputs)
    play.check.equal(second, first, "the statements of the next in line are the same, so its transaction has the same shape")
    play.check.equal(len(audited_pids(play.log("audit.jsonl"), "terminated")), 2, "the audit has these two and nobody else")

    go_on(play, server, publishers, healthy)
    check_no_values(play, server, outputs)
    play.expect_silence(*OPTIONS)


def prepare(play):
    sources = os.path.join(play.folder, "java")
    programs = java.Programs(play, sources)
    server = play.mysql_server(ROLE)
    with open(os.path.join(sources, "schema.sql"), encoding="utf-8") as schema:
        server.script(schema.read())
    return programs, server


def start(play, url, programs, rest_ms=REST_MS):
    """The healthy publisher, who is at work then, and the process of all others."""

    def program(main, pool_size):
        numbers = {"POOL_SIZE": pool_size, "PAUSE_MS": PAUSE_MS, "REST_MS": rest_ms}
        environment = {"DATABASE_URL": url, "DATABASE_USER": ROLE, **{name: str(number) for name, number in numbers.items()}}
        return play.start(main.lower(), programs.command(main), env=environment)

    healthy, publishers = program("Healthy", 2), program("Publishers", POOL_SIZE)
    healthy.wait_for(lambda: counted(healthy)["done"] > 0, 30, "the healthy publisher's first post")
    play.story.say(f"One pool of {POOL_SIZE} connections, one publisher in its listener's loop, and {OTHERS + 1} others.")
    return healthy, publishers


def told(publishers, state, name=None):
    return [each for each in publishers.records() if each["state"] == state and name in (None, each["who"])]


def counted(healthy):
    """The healthy publisher's last word about itself."""
    return (told(healthy, "counted") or [{"done": 0, "errors": 0}])[-1]


def resolve(play, server, publishers, healthy, name, outputs):
    """From the loop of this publisher to its end. Returns the statements of it that the doctor shows."""
    root = wait_for_loop(play, publishers, name)
    truth, look = look_in_a_sleep(play, server, publishers, root, outputs)
    finding = check_finding(play, server, look, root, truth)
    second_level = check_tree(play, finding["evidence"]["wait_tree"], root, truth)
    if name == "first":  # the second time it depends on who has got a connection
        play.check.that(second_level, "and there is one", truth.blockers)
    check_statements(play, publishers, name, finding["evidence"], truth)
    dry_run(play, server, finding, root, truth, outputs)
    kill(play, server, finding, root, truth, outputs)
    hear(play, publishers, healthy, name)
    return [line["text"] for line in finding["evidence"]["statements"]]


def hear(play, publishers, healthy, name):
    """Who was ended sleeps on, and then hears of it."""
    publishers.wait_for(lambda: told(publishers, "failed", name), 20, f"the {name} publisher to hear of it")
    play.story.say(f"The {name} publisher hears: {told(publishers, 'failed', name)[0]['error'][:150]}")
    play.check.equal(counted(healthy)["errors"], 0, f"the healthy publisher has met no error ({counted(healthy)['done']} posts)")


def wait_for_loop(play, publishers, name, pages=6, patience=40):
    """Back after two bursts of pages, unless told: from then on the server's history begins in the loop."""
    publishers.wait_for(lambda: len(told(publishers, "paged", name)) >= pages, patience, f"{pages} pages of the {name} publisher")
    same = {(page["first"], page["last"]) for page in told(publishers, "paged", name)}
    play.check.equal(len(same), 1, f"the {name} publisher reads the same page again and again")
    if name == "first":  # the second holds up whoever is there then
        publishers.wait_for(lambda: told(publishers, "refused"), 20, "somebody to be refused by the pool")
        error = told(publishers, "refused")[0]["error"]
        play.check.that(SYMPTOM.fullmatch(error), f"others meet what everyone saw: {error}", error)
    return told(publishers, "began", name)[0]["session"]


class Truth:
    """What the server says itself of the root and of those who wait."""

    def __init__(self, server, root):
        transactions = server.transactions()
        self.command = server.sessions().get(root, {}).get("command")
        self.rows_modified = transactions.get(root, {}).get("rows_modified")
        self.waiting = {session for session, each in transactions.items() if each["waits"]}
        self.longest_wait = max((each["waiting_seconds"] for each in transactions.values()), default=0)
        self.blockers = server.blockers()
        self.history = server.history(root)

    def settled(self):
        return self.command == "Sleep" and len(self.waiting) == BEHIND and self.longest_wait > MIN_WAIT_SECONDS

    def same_as(self, other):
        mine, theirs = ((each.command, each.rows_modified, each.waiting, each.blockers, each.history) for each in (self, other))
        return mine == theirs


def in_a_sleep(server, publishers, root, look):
    """The root goes on between its sleeps: what `look(truth)` sees counts if the server said the same before and after it."""

    def attempt():
        before = Truth(server, root)
        seen = look(before) if before.settled() else None
        return (before, seen) if seen is not None and before.same_as(Truth(server, root)) else None

    return publishers.wait_for(attempt, 60, f"a look at {BEHIND} who wait, within one sleep of session {root}")


def look_in_a_sleep(play, server, publishers, root, outputs):
    lockkeeper = play.lockkeeper()
    found = in_a_sleep(server, publishers, root, lambda _truth: lockkeeper.doctor(*OPTIONS))
    lockkeeper.show("doctor", *OPTIONS)
    outputs += [repr(found[1].report), lockkeeper.text("doctor", *OPTIONS)]
    return found


@shows("found")
def check_finding(play, server, look, root, truth):
    check = play.check
    check.equal((look.status, look.report["complete"]), (FOUND, True), "the doctor has seen everything, and something is wrong")
    found = look.of_rule("root-blocker")
    check.equal(len(found), 1, "one root-blocker is found")
    finding, evidence = found[0], found[0]["evidence"]
    check.equal(finding["severity"], "critical", "it is critical: its root sleeps and holds up ten or more")
    check.equal(look.at_severity("critical"), [finding], "and nothing else is")
    subject = finding["subjects"][0]
    check.equal((len(finding["subjects"]), subject["pid"]), (1, root), "its subject is the session of the publisher alone")
    play.check.shows("explained")
    names = server.program_names()
    check.equal((names[root], subject["application"], subject["user"]), (APPLICATION, APPLICATION, ROLE),
                f"it names the application by the connect attribute program_name: {APPLICATION}")
    check.equal((subject["state"], evidence["state"]), ("idle in transaction",) * 2, "it says that it sleeps in its transaction")
    check.equal((evidence["waiting"], len(truth.waiting)), (BEHIND, BEHIND), f"it counts all {BEHIND} behind it")
    check.same_pids(evidence["released"], truth.waiting, "it says that they go free if it goes, and nobody else")
    check.that(truth.rows_modified > 0, "it has modified rows, by the server's account", truth.rows_modified)
    check.equal((evidence["rows_modified"], subject["rows_modified"]), (truth.rows_modified,) * 2,
                f"the doctor says how many: {truth.rows_modified}")
    predicted = finding["remedies"][0]["predicted"]
    check.that(f"{BEHIND} waiting sessions" in predicted and f"{truth.rows_modified} rows" in predicted,
               f"and what ending it frees and costs: {predicted}", predicted)
    check.that(bool(finding["likely_mistake"] and finding["fix"]), "it names the likely mistake and the fix")
    return finding


@shows("explained")
def check_tree(play, tree, root, truth):
    """As on PostgreSQL: whoever queues for the same row is drawn beside its predecessor, and of many some are only counted."""
    check = play.check
    drawn = [line["pid"] for line in tree[1:] if line["pid"] is not None]
    check.equal((tree[0]["pid"], tree[0]["depth"]), (root, 0), "the wait tree begins with it")
    check.equal(len(set(drawn)) + sum(line["more"] for line in tree), BEHIND, f"each of the {BEHIND} is drawn once or counted")
    parents = parents_in(tree)
    strangers = {pid: above for pid, above in parents.items() if above not in ahead_of(pid, truth.blockers)}
    check.equal(strangers, {}, "each is drawn below somebody of whom the server says that it is ahead")
    second_level = {pid: ahead for pid, (ahead, *others) in truth.blockers.items() if not others and ahead in truth.waiting}
    says = f"who waits only for one of those who wait is drawn below that one ({len(second_level)} here)"
    check.equal({pid: parents.get(pid) for pid in second_level}, second_level, says)
    return second_level


@shows("explained")
def check_statements(play, publishers, name, evidence, truth):
    check = play.check
    lost, kept = evidence["statements"][0], evidence["statements"][1:]
    check.equal(len(truth.history), KEPT, f"the server has kept {KEPT} statements of the transaction")
    check.equal([normalized(line["text"]) for line in kept], [normalized(text) for text in truth.history],
                "the doctor shows these, in this order")
    run = BEFORE_PAGES + PER_PAGE * len(told(publishers, "paged", name)) - KEPT
    at_most = evidence["statements_lost_at_most"]
    check.that(at_most > 0 and lost["dropped"] == at_most, "and says first that earlier ones are lost", lost)
    play.story.say(f"At most {at_most} are lost, it says; {run} were, by the publisher's account.")
    longest = max(line["gap_before_ms"] for line in kept)
    check.that(longest > PAUSE_MS * 0.9, f"it shows the sleep between the pages: {longest} ms of nothing", kept)


@shows("resolved")
def dry_run(play, server, finding, root, truth, outputs):
    lockkeeper, check = play.lockkeeper(), play.check
    before = server.sessions()
    lockkeeper.show("kill", "--finding", finding["id"], *OPTIONS)
    dry = lockkeeper.dry_kill(finding["id"], *OPTIONS)
    outputs.append(repr(dry.report))
    check.that(dry.dry_run and dry.outcomes() == ["would_terminate"], "a kill without --yes is a dry run", dry.report)
    check.same_pids(dry.pids("would_terminate"), {root}, "it would end the publisher's session, and not one of those who wait")
    check.same_pids(pids(dry.report["released"]), truth.waiting, "and says who would go free")
    check.equal(set(before) - set(server.sessions()), set(), "and has ended nobody")
    check.that(server.transactions().get(root, {}).get("rows_modified", 0) >= truth.rows_modified, "nor rolled anything back")


@shows("resolved")
def kill(play, server, finding, root, truth, outputs):
    """A session that goes on between the decision and the kill is left alone, and rightly: then once more."""
    lockkeeper, check, audit = play.lockkeeper(), play.check, play.log("audit.jsonl")
    before = set(server.sessions())

    def attempt():
        killed = lockkeeper.kill(finding["id"], *OPTIONS, "--audit", audit)
        return (killed,) if root in audited_pids(audit, "terminated") else None

    (killed,) = wait_until(attempt, 60, f"a kill to meet session {root} as it was seen")
    if killed is not None:
        check.same_pids(killed.pids("terminated"), {root}, "with --yes it ends that session, by its own account")
        check.equal(len(killed.report["targets"]), 1, "and has no other target")
        followed = pids(killed.report["went_on"]) + pids(killed.report["still_waiting"])
        check.same_pids(followed, pids(killed.report["released"]), "it says of each who was to go free what has become of it")
        check.that(killed.report["went_on"], f"{len(killed.report['went_on'])} of them went on", killed.report)
        outputs.append(repr(killed.report))
    check.equal(audited_pids(audit, "terminated")[-1], root, "the audit says so too")
    ended = before - set(server.sessions())
    check.equal(ended, {root}, "that session is gone, and no other")


@shows("resolved")
def go_on(play, server, publishers, healthy):
    """What becomes of those who waited or were refused, and of what the two had written."""
    check = play.check
    earlier = len(told(publishers, "published"))

    def all_published():
        since = {each["who"] for each in told(publishers, "published")[earlier:]}
        return since if len(since) >= OTHERS else None

    since = publishers.wait_for(all_published, 20, f"all {OTHERS} others to publish")
    names = {each["who"] for each in told(publishers, "began")}
    check.equal(since, names - {"first", "second"}, f"all {OTHERS} others publish, those who were refused too")
    check.equal([each["who"] for each in told(publishers, "failed")], ["first", "second"],
                "no error was met but by the two that were ended")
    refusals = {each["error"] for each in told(publishers, "refused")}
    check.equal([each for each in refusals if not SYMPTOM.fullmatch(each)], [], "and the refusals of the pool")
    check.equal(server.value("SELECT status FROM post WHERE id = 1"), "scheduled", "the post of the two is rolled back")
    media = server.value("SELECT COUNT(*) FROM post_media WHERE url LIKE 'https://media.example.org/1/%'")
    check.equal(media, 0, "so are its media")
    before = counted(healthy)["done"]
    healthy.wait_for(lambda: counted(healthy)["done"] > before, 15, "more posts of the healthy publisher")
    check.equal(counted(healthy)["errors"], 0, f"the healthy publisher met no error in {counted(healthy)['done']} posts")
    check.that(told(healthy, "began")[0]["session"] in server.sessions(), "and has the connection that it began with")


def check_no_values(play, server, outputs):
    """Of all values that were sent, those long enough not to be anywhere by chance."""
    with open(play.log("audit.jsonl"), encoding="utf-8") as audit:
        outputs.append(audit.read())
    values = [f"post-1:{user}" for user in range(1, 21)]
    values += ["media.example.org", "'published'", "100020"]
    shown = [value for value in values if any(value in output for output in outputs)]
    play.check.equal(shown, [], "no value that was sent is in what lockkeeper said, nor in its audit")
