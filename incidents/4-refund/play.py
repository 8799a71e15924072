"""a result that never gives its connection back, outside a transaction and inside (Java, JPA: EclipseLink, HikariCP; PostgreSQL)

Each call reads through a cursor that nobody closes. Outside a transaction its connection is held and at rest: to the server it is
like any other in a pool, and the doctor must not guess. Inside, it sleeps in a transaction, which the doctor has to find.
"""

from servers import (
    APPLICATION,
    OPTIONS,
    ORDERS,
    POOL_SIZE,
    ROLE,
    SELECT,
    TWIN,
    check_at_rest,
    check_twin,
    leak,
    leak_inside,
    orders,
    prepare,
    start,
    start_twin,
    stop,
    told,
)

from lib.columns import shows
from lib.expect import wait_until
from lib.lockkeeper import FOUND, audited_pids, pids

HAS_FIXED = True

WATCH_SECONDS = 3


def perform(play):
    programs, server = prepare(play)
    twin = start_twin(play, programs, server.jdbc_url)
    if play.fixed:
        play_fixed(play, programs, server)
        return
    play.story.say(f"{APPLICATION} has {POOL_SIZE} connections, and reads what may be paid back without closing what it has read.")
    admin = start(play, programs, server.jdbc_url, "outside")
    check_at_rest(play, leak(play, server, admin))
    look = play.lockkeeper().watch(WATCH_SECONDS, *OPTIONS).look()
    play.expect_silence(look=look, when="of connections that are held and do nothing")
    check_twin(play, twin)
    stop(server, admin)

    play.story.say("Now it reads in a transaction, which nobody ends either.")
    admin = start(play, programs, server.jdbc_url, "inside", INSIDE=1, ORDERS=POOL_SIZE + 1)
    sessions = leak_inside(play, server, admin)
    finding = find(play, sessions)
    kill(play, server, finding, sessions)
    check_twin(play, twin)
    play.expect_silence(*OPTIONS)


@shows("found")
def find(play, sessions):
    play.lockkeeper().show("doctor", *OPTIONS)
    look = play.lockkeeper().doctor(*OPTIONS)
    check = play.check
    check.equal((look.status, look.report["complete"]), (FOUND, True), "the doctor has seen everything, and something is wrong")
    check.equal([each["rule"] for each in look.findings], ["idle-transaction"], "it finds one idle-transaction, and nothing else")
    finding = look.findings[0]
    check.same_pids(pids(finding["subjects"]), sessions, f"its subjects are the {POOL_SIZE} sessions of the pool, and no others")
    play.check.shows("explained")
    named = {(subject["application"], subject["user"], subject["wrote"]) for subject in finding["subjects"]}
    check.equal(named, {(APPLICATION, ROLE, False)}, f"it names {APPLICATION} and its user; none has written")
    last = finding["evidence"]["last_statement"]
    check.that(bool(SELECT.fullmatch(last)), f"it says after which statement: {last}", last)
    return finding


@shows("resolved")
def kill(play, server, finding, sessions):
    check, audit = play.check, play.log("audit.jsonl")
    healthy = set(pids(server.sessions(TWIN)))
    dry = play.lockkeeper().dry_kill(finding["id"], *OPTIONS)
    check.same_pids(dry.pids("would_terminate"), sessions, "a dry run would end those")
    killed = play.lockkeeper().kill(finding["id"], *OPTIONS, "--audit", audit)
    if killed is not None:
        check.same_pids(killed.pids("terminated"), sessions, "with --yes it ends them, by its own account")
    check.same_pids(audited_pids(audit, "terminated"), sessions, "the audit says so too")
    check.equal(set(sessions) & set(pids(server.sessions(APPLICATION))), set(), "the server has none of them left")
    check.equal(healthy - set(pids(server.sessions(TWIN))), set(), "and every session of the twin")


def play_fixed(play, programs, server):
    play.story.say("It closes its cursor and its EntityManager, with the same pool.")
    admin = start(play, programs, server.jdbc_url, "closed", CURED=1, ORDERS=2 * ORDERS)
    watching = play.lockkeeper().watch(WATCH_SECONDS, *OPTIONS)
    play.expect_silence(look=watching.look(), when=f"over {WATCH_SECONDS} s")
    wait_until(lambda: told(admin, "done"), 30, f"{2 * ORDERS} orders to be done with")
    expected = list(range(1, 2 * ORDERS + 1))
    play.check.equal((orders(admin, "refunded"), orders(admin, "recorded")), (expected, expected),
                     f"all {2 * ORDERS} refunds are done and recorded")
    play.check.equal(told(admin, "failed"), [], "no call has failed")
