"""The incident in the recorder's own pool (transaction mode, PostgreSQL): HikariCP has connections to spare, the recorder has two.

Here the recorder sees who waits, and for whom: REQUIRES_NEW waits with its BEGIN, which says nothing, and behind it is the
statement that says whose work it is.
"""

from desks import (
    APPLICATION,
    CALLERS,
    OPTIONS,
    POOL_SIZE,
    ROLE,
    SAFE_POOL_SIZE,
    check_twin,
    prepare,
    start_desk,
    start_twin,
    stop,
    told,
)
from through_recorder import FIXED_NUMBERS, IDLE, NAMED, NESTED, WORK

from lib import recorded
from lib.columns import shows
from lib.expect import wait_until
from lib.lockkeeper import pids
from lib.recorder import clients_in, of_rule, titles

DEADLOCK, ROOT = "pool-deadlock", "root-blocker"
TWIN_ROLE = "parcel"  # the recorder has a pool for each database and user
LARGE = 10
# HikariCP would ask a connection that has rested for half a second whether it lives. In the recorder's queue it is this
# question that would wait then, and it says nothing of whose work it is.
FLAGS = ["-Dcom.zaxxer.hikari.aliveBypassWindowMs=600000"]


def perform(play):
    programs, server, view = prepare(play)
    server.query(f"CREATE ROLE {TWIN_ROLE} LOGIN")
    server.query(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {TWIN_ROLE}")
    size = SAFE_POOL_SIZE if play.fixed else POOL_SIZE
    recorder = play.recorder(*OPTIONS, "--pool-size", size)
    play.story.say(f"HikariCP has {LARGE} connections to the recorder, which is in transaction mode and has {size} to the server.")
    twin = start_twin(play, programs, recorder.jdbc_url, user=TWIN_ROLE, TAGGED=1)
    if play.fixed:
        play_fixed(play, programs, recorder, twin)
        return
    desk = start(play, programs, recorder, "desk")
    through_pool_alone(play, view, recorder, desk)
    stop(desk, view)
    wait_until(lambda: not of_rule(recorder.findings(), DEADLOCK), 15, "the recorder to have looked since")
    play.story.say("Now each counts its ticket first, in one row: one of them holds it, the other waits for it with a connection.")
    tallied = start(play, programs, recorder, "tallied", TALLIED=1)
    through_pool_and_lock(play, server, view, recorder, tallied)
    check_twin(play, twin)
    stop(tallied, view)
    recorded.expect_silence(play, recorder, but=[NESTED, WORK])
    play.expect_silence(*OPTIONS)


def start(play, programs, recorder, name, **numbers):
    return start_desk(play, programs, recorder.jdbc_url, name, pool_size=LARGE, flags=FLAGS, CALLERS=CALLERS, TAGGED=1, **numbers)


class Ring:
    """The finding: on the console, and with its evidence; and what else there is at that moment."""

    def __init__(self, recorder):
        self.findings = recorder.wait_for_findings([DEADLOCK, NESTED, IDLE])
        recorder.tell("SHOW FINDINGS")
        self.shown = of_rule(self.findings, DEADLOCK)[0]
        self.clients = {row["id"]: row for row in recorder.show("CLIENTS") if row["application_name"] == APPLICATION}
        self.replay = recorder.replay(*OPTIONS)
        self.finding = self.replay.of_rule(DEADLOCK)[0]
        self.evidence = self.finding["evidence"]

    def waiting(self):
        """Those in the recorder's queue."""
        return {each for each, row in self.clients.items() if row["state"] == "waiting"}


@shows("found")
def check_ring(play, ring, rules, count, with_locks):
    check, evidence = play.check, ring.evidence
    found = sorted({each["rule"] for each in ring.findings})
    check.equal(found, sorted(rules), f"the recorder finds {', '.join(rules)}, and nothing else")
    check.equal((ring.shown["severity"], ring.shown["confidence"]), ("critical", "certain"), f"{DEADLOCK} is critical and certain")
    check.equal([each["rule"] for each in ring.findings if each["severity"] == "critical"], [DEADLOCK], "nothing else is critical")
    check.equal((ring.shown["count"], evidence["waiting_for_a_connection"], evidence["with_locks"]),
                (str(count), len(ring.waiting()), with_locks), f"{ring.shown['title']}")
    play.check.shows("explained")
    check.equal(evidence["programs"], [f"{NAMED}, database {ROLE})"], f"all are of {APPLICATION}")
    for line in evidence["ring"]:
        play.story.say(line)
    check.that("n * (k - 1) + 1" in ring.shown["fix"], "it says how large the pool would have to be", ring.shown["fix"])
    victims = clients_in(ring.shown["remedy"])
    says = f"its remedy is to close one of those who wait: {victims[0]}"
    check.that(len(victims) == 1 and set(victims) <= ring.waiting(), says, victims)
    predicted = ring.finding["remedies"][0]["predicted"]
    check.that(f"{count - 1} clients can go on" in predicted, f"and says of it: {predicted}", predicted)
    nested = ring.replay.of_rule(NESTED)[0]["evidence"]
    check.equal(nested["waited"], len(ring.waiting()), f"{NESTED}: {nested['units'][0]}")


@shows("resolved")
def check_end(play, recorder, ring, desk):
    """One is closed: it fails, and the other has its number. Then both come again."""
    before = len(told(desk, "numbered"))
    victims = clients_in(ring.shown["remedy"])
    recorder.kill_clients(victims)
    desk.wait_for(lambda: told(desk, "failed") and len(told(desk, "numbered")) > before, 15, "one failure and one number")
    failed, numbered = told(desk, "failed"), told(desk, "numbered")[before:]
    play.check.equal({each["who"] for each in failed} & {each["who"] for each in numbered[:1]}, set(),
                     f"KILL_CLIENT {victims[0]}: {failed[0]['who']} fails at once, {numbered[0]['who']} has its number")
    play.story.say(f"{failed[0]['who']} hears: {failed[0]['error']}")
    play.check.equal((len(failed), len(numbered)), (1, 1), "and that is all")


def through_pool_alone(play, view, recorder, desk):
    ring = Ring(recorder)
    sessions = view.silent(APPLICATION)
    check_ring(play, ring, [DEADLOCK, IDLE, NESTED], 2 * CALLERS, with_locks=False)
    play.check.same_pids(pids(ring.finding["subjects"]), sessions, "its subjects are both sessions of the recorder, asleep")
    look = play.lockkeeper().doctor(*OPTIONS)
    rules = [each["rule"] for each in look.findings]
    play.check.equal(rules, [IDLE], "the server knows of two that sleep, and of nobody who waits")
    check_end(play, recorder, ring, desk)


def through_pool_and_lock(play, server, view, recorder, desk):
    ring = Ring(recorder)
    waits = [session for session in server.sessions(APPLICATION) if session["blocked_by"]]
    check_ring(play, ring, [DEADLOCK, IDLE, NESTED, ROOT], CALLERS + 1, with_locks=True)
    holder = view.silent(APPLICATION)
    blocked_by = [each["blocked_by"] for each in waits]
    play.check.equal(blocked_by, [list(holder)], "by the server, one waits for the row, and the other sleeps")
    play.check.same_pids(pids(ring.finding["subjects"]), [*holder, *pids(waits)], "its subjects are these two sessions")
    root = ring.replay.of_rule(ROOT)[0]
    freed = root["evidence"]["released"]
    play.check.equal((pids(root["subjects"]), freed), (list(holder), pids(waits)), f"{ROOT}: {root['title']}")
    check_end(play, recorder, ring, desk)


def play_fixed(play, programs, recorder, twin):
    desk = start(play, programs, recorder, "desk")
    desk.wait_for(lambda: len(told(desk, "numbered")) >= FIXED_NUMBERS, 30, f"{FIXED_NUMBERS} numbers")
    findings = recorder.wait_for_findings([NESTED])
    recorder.tell("SHOW FINDINGS")
    play.check.equal([(each["rule"], each["severity"]) for each in findings], [(NESTED, "notice")],
                     f"with {SAFE_POOL_SIZE} connections of its own, the recorder says that they are needed: {titles(findings)}")
    play.expect_silence(*OPTIONS, when="of both")
    play.check.equal(told(desk, "failed") + told(twin, "failed"), [], "no call of either has failed")
