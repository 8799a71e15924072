"""the same through the recorder: connections that are held and do nothing, results half read (Java, JPA: EclipseLink; PostgreSQL)

In session mode the recorder knows which clients keep a connection, for how long they have done nothing with it, and that the pool is
full of them. Inside a transaction it has seen the result that was opened and not read to its end.
"""

from servers import (
    APPLICATION,
    OPTIONS,
    POOL_SIZE,
    ROLE,
    SELECT,
    TWIN,
    check_at_rest,
    check_twin,
    leak,
    leak_inside,
    prepare,
    start,
    start_twin,
    stop,
)

from lib import recorded
from lib.columns import shows
from lib.expect import wait_until
from lib.lockkeeper import pids
from lib.recorder import clients_in, of_rule, titles
from lib.statements import SETTINGS

HELD, CURSOR, IDLE = "held-outside-transaction", "unfinished-cursor", "idle-transaction"
NAMED = f'application "{APPLICATION}" (user {ROLE}, database {ROLE})'


def perform(play):
    programs, server = prepare(play, settings=SETTINGS)
    recorder = play.recorder(*OPTIONS, "--pool-size", POOL_SIZE)
    play.story.say(f"All connect to the recorder, which is in {recorder.pool_mode} mode and has {POOL_SIZE} connections for each user.")
    twin = start_twin(play, programs, recorder.jdbc_url)
    admin = start(play, programs, recorder.jdbc_url, "outside")
    sessions = leak(play, server, admin)
    check_at_rest(play, sessions)
    clients = find_held(play, recorder, sessions)
    close(play, server, recorder, clients, sessions)
    stop(server, admin)

    play.story.say("Now it reads in a transaction, which nobody ends either.")
    admin = start(play, programs, recorder.jdbc_url, "inside", INSIDE=1, ORDERS=POOL_SIZE + 1)
    sessions = leak_inside(play, server, admin)
    clients = find_cursors(play, server, recorder, sessions)
    close(play, server, recorder, clients, sessions)
    check_twin(play, twin)
    stop(server, admin)
    recorded.expect_silence(play, recorder)
    play.expect_silence(*OPTIONS)


def all_of_pool(rule):
    return lambda found: [each["count"] for each in of_rule(found, rule)] == [str(POOL_SIZE)]


@shows("found")
def find_held(play, recorder, sessions):
    findings = recorder.wait_for_findings([HELD], f"of {POOL_SIZE} clients", all_of_pool(HELD))
    for what in ("FINDINGS", "HOLDERS"):
        recorder.tell(f"SHOW {what}")
    check = play.check
    check.equal([each["rule"] for each in findings], [HELD], f"the recorder finds {HELD}, and nothing else")
    check.that(NAMED in findings[0]["title"], findings[0]["title"], findings[0])
    finding = recorder.replay(*OPTIONS).of_rule(HELD)[0]
    evidence = finding["evidence"]
    check.same_pids(pids(finding["subjects"]), sessions, "its subjects are the sessions of the pool, and no others")
    play.check.shows("explained")
    check.equal((evidence["pool_size"], evidence["in_use"], evidence["session_mode"]), (POOL_SIZE, POOL_SIZE, True),
                "all of the recorder's connections for this user are taken, in session mode")
    check.that("code holds one over work that is no SQL" in finding["likely_mistake"], "the likely mistake: code that holds one",
               finding["likely_mistake"])
    return clients_of(play, recorder, findings[0], sessions)


def clients_of(play, recorder, finding, sessions):
    """The clients behind these sessions; the remedy names them."""
    clients = [row["client"] for row in recorder.holders(APPLICATION) if int(row["server_pid"]) in sessions]
    play.check.equal(sorted(clients_in(finding["remedy"])), sorted(clients), "its remedy names their clients, and no others")
    return clients


@shows("found")
def find_cursors(play, server, recorder, sessions):
    findings = recorder.wait_for_findings([CURSOR, IDLE], f"of {POOL_SIZE} clients each",
                                          lambda found: all_of_pool(CURSOR)(found) and all_of_pool(IDLE)(found))
    for what in ("FINDINGS", "HOLDERS"):
        recorder.tell(f"SHOW {what}")
    check = play.check
    check.equal(sorted(each["rule"] for each in findings), [IDLE, CURSOR], f"the recorder finds {CURSOR} and {IDLE}, and nothing else")
    strangers = [title for title in titles(findings) if NAMED not in title]
    check.equal(strangers, [], f"both are about {APPLICATION} alone")
    told = recorded.accounts(server, recorder, APPLICATION, sessions)
    check.same_pids(told, sessions, "SHOW HOLDERS knows the client behind each sleeping session")
    after = {session["pid"]: session["idle_ms"] for session in server.idle_in_transaction(APPLICATION)}
    play.check.shows("explained")
    recorded.check_silence_since(play, told, sessions, after)
    recorded.check_lists(play, told, "each of them")
    look = recorder.replay(*OPTIONS)
    recorded.check_replay(play, recorder, findings, told, look=look)
    evidence = look.of_rule(CURSOR)[0]["evidence"]
    check.that(bool(SELECT.fullmatch(evidence["statement"])), f"it names the statement: {evidence['statement']}", evidence)
    check.equal((len(evidence["portals"]), evidence["rows_fetched"]), (1, 1), "of whose result one row was read, and no more")
    check.that("an iterator that nobody closed" in look.of_rule(CURSOR)[0]["likely_mistake"],
               "the likely mistake: an iterator that nobody closed", look.findings)
    return clients_of(play, recorder, of_rule(findings, CURSOR)[0], sessions)


@shows("resolved")
def close(play, server, recorder, clients, sessions):
    healthy = set(pids(server.sessions(TWIN)))
    recorder.kill_clients(clients)
    recorded.check_gone(play, recorder, clients, "KILL_CLIENT: the recorder has let go of those clients")
    wait_until(lambda: not set(pids(server.sessions(APPLICATION))) & set(sessions), 15, "their server connections to be closed")
    play.check.equal(healthy - set(pids(server.sessions(TWIN))), set(), "the server has none of their sessions, and all of the twin's")
