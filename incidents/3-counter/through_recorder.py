"""The incident through the recorder in session mode, on whichever server: each connection of the pool is one of the server's."""

from desks import (
    APPLICATION,
    CALLERS,
    OPTIONS,
    POOL_SIZE,
    ROLE,
    SAFE_POOL_SIZE,
    check_alone,
    check_twin,
    failures,
    prepare,
    start_both,
    start_desk,
    start_twin,
    stop,
    told,
    while_stuck,
)

from lib import recorded
from lib.columns import shows
from lib.expect import wait_until
from lib.lockkeeper import FOUND, pids
from lib.recorder import clients_in, of_rule, titles
from lib.statements import SETTINGS, normalized

NESTED, IDLE, WORK = "nested-connection", "idle-transaction", "work-in-transaction"
NAMED = f'application "{APPLICATION}" (user {ROLE}'
CALLS_ALONE = 6  # longer than a second and a half: the recorder looks once a second
INSERT, UPDATE = "insert into ticket(series,title)values(?)", "update ticket set number=? where id=?"
FIXED_NUMBERS = 10


def perform(play):
    postgres = play.engine == "postgres"
    programs, server, view = prepare(play, **({"settings": SETTINGS} if postgres else {}))
    if not postgres:
        server.log_statements()
    recorder = play.recorder(*OPTIONS)
    play.story.say(f"All connect to the recorder, which is in {recorder.pool_mode} mode. Each statement says whose work it is.")
    if play.fixed:
        play_fixed(play, programs, recorder)
        return
    twin, desk = start_both(play, programs, recorder.jdbc_url, TAGGED=1, CALLS_ALONE=CALLS_ALONE)
    warn(play, recorder, desk)
    check_alone(play, desk, CALLS_ALONE)
    play.story.say(f"Now {CALLERS} call at once.")
    accounts = find(play, server, view, recorder, desk)
    close(play, view, recorder, desk, accounts)
    check_twin(play, twin)
    stop(desk, view)
    recorded.expect_silence(play, recorder, but=[NESTED, WORK])  # of what has been seen once it goes on telling
    play.expect_silence(*OPTIONS)


@shows("found")
def warn(play, recorder, desk):
    """Before anything is wrong: the next pool that is as small as its callers are many will be dead."""
    findings = recorder.wait_for_findings([NESTED])
    recorder.tell("SHOW FINDINGS")
    check = play.check
    check.equal(told(desk, "failed"), [], "while all is well yet,")
    check.equal([(each["rule"], each["severity"]) for each in findings], [(NESTED, "notice")],
                "the recorder has one notice, of a second connection inside a transaction")
    check.that(NAMED in findings[0]["title"], f"it names {APPLICATION}, and not the twin: {findings[0]['title']}", findings[0])
    check.that("more than one for each unit that runs at once, and one over" in findings[0]["fix"],
               "it says how large a pool would have to be", findings[0]["fix"])

    def of_whole_unit():
        """Calls go on: one may be between the ticket and its number."""
        finding = recorder.replay(*OPTIONS).of_rule(NESTED)[0]
        told_of = [line["text"].upper() for line in finding["evidence"]["statements"]]
        return finding if any(text.startswith("UPDATE") for text in told_of) else None

    check_nested(play, wait_until(of_whole_unit, 15, "a unit of work whose outer transaction has its number"))


@shows("explained")
def check_nested(play, finding):
    """A unit's whole transaction, in the middle of which its second connection was taken."""
    check, evidence = play.check, finding["evidence"]
    check.that(evidence["waited"] == 0 and all("opened a second transaction" in line for line in evidence["units"]),
               f"nobody had to wait for it in the recorder: {evidence['units'][0]}", evidence)
    told_of = [line["text"] for line in evidence["statements"] if line["text"].upper() not in ("BEGIN", "COMMIT")]
    shapes = [normalized(text).removesuffix('returning "id"').rstrip() for text in told_of]
    check.equal(shapes, [INSERT, UPDATE], "its evidence is the outer transaction: the ticket, and then its number")
    gap = [line["gap_before_ms"] for line in evidence["statements"] if line["text"].upper().startswith("UPDATE")][0]
    check.that(gap >= 200, f"with {gap} ms between them, in which the other one was", evidence)


class Seen:
    """One look of the recorder while they sleep."""

    def __init__(self, play, server, view, recorder, findings):
        self.findings = findings
        self.before = view.silent(APPLICATION)
        self.accounts = recorded.accounts(server, recorder, APPLICATION, self.before)
        self.after = {pid: idle + view.exact_ms for pid, idle in view.silent(APPLICATION).items()}
        self.replay = recorder.replay(*OPTIONS)
        self.doctor = play.lockkeeper().doctor(*OPTIONS)


def look(play, server, view, recorder):
    """Once both are found: it looks at the server once a second."""
    findings = recorder.findings()
    counts = [each["count"] for each in of_rule(findings, IDLE)]
    return Seen(play, server, view, recorder, findings) if counts == [str(POOL_SIZE)] else None


@shows("found")
def find(play, server, view, recorder, desk):
    before, seen, _ = while_stuck(desk, view, lambda: look(play, server, view, recorder))
    for what in ("FINDINGS", "HOLDERS"):
        recorder.tell(f"SHOW {what}")
    check = play.check
    rules = {each["rule"] for each in seen.findings} - {WORK}
    check.equal(rules, {IDLE, NESTED}, f"the recorder finds {IDLE} too, and nothing else (but, once it has happened, {WORK})")
    strangers = [title for title in titles(seen.findings) if NAMED not in title]
    check.equal(strangers, [], f"and all of it is about {APPLICATION}")
    finding = of_rule(seen.findings, IDLE)[0]
    check.same_pids(seen.accounts, before, "SHOW HOLDERS knows the client behind each sleeping session of the server")
    clients = [each.client for each in seen.accounts.values()]
    check.equal(sorted(clients_in(finding["remedy"])), sorted(clients), "its remedy names those clients, and no others")
    play.check.shows("explained")
    units = {each.holder["unit"] for each in seen.accounts.values()}
    check.that(len(units) == POOL_SIZE and all(units), f"they are of {POOL_SIZE} units of work: {', '.join(sorted(units))}", units)
    recorded.check_silence_since(play, seen.accounts, seen.before, seen.after)
    recorded.check_lists(play, seen.accounts, "each of them")
    recorded.check_replay(play, recorder, seen.findings, seen.accounts, look=seen.replay)
    evidence = seen.replay.of_rule(IDLE)[0]["evidence"]
    check.that(evidence["unit_of_work"] in units, "and for whom: one of these units", evidence)
    check.equal(evidence["clients_connected"], POOL_SIZE, "the clients of both are still there")
    recorded.check_no_values(play, recorder, seen.accounts)
    found = seen.doctor
    check.equal((found.status, [each["rule"] for each in found.findings]), (FOUND, [IDLE]), "the server's own view has one finding")
    check.same_pids(pids(found.findings[0]["subjects"]), before, "of the same sessions")
    return seen.accounts


@shows("resolved")
def close(play, view, recorder, desk, accounts):
    """The transactions are over; the pool's own queue is in the application, where nobody hears of it until it gives up."""
    check, clients = play.check, [each.client for each in accounts.values()]
    failed = len(told(desk, "failed"))
    recorder.kill_clients(clients)
    wait_until(lambda: not view.sessions(APPLICATION) & set(accounts), 15, "their server connections to be closed")
    recorded.check_gone(play, recorder, clients, "KILL_CLIENT: the recorder has let go of both, and the server too")
    errors = failures(play, desk, failed)
    play.story.say(f"Their pool knows nothing of it until they give up. Then they hear: {errors[0]}")


def play_fixed(play, programs, recorder):
    """A pool that is large enough is a way out, and the nesting is still there: that is said, and nothing else."""
    sized = start_desk(play, programs, recorder.jdbc_url, "sized", pool_size=SAFE_POOL_SIZE, CALLERS=CALLERS, TAGGED=1)
    cured = start_twin(play, programs, recorder.jdbc_url, CALLERS=CALLERS, TAGGED=1)
    for desk in (sized, cured):
        desk.wait_for(lambda desk=desk: len(told(desk, "numbered")) >= FIXED_NUMBERS, 30, f"{FIXED_NUMBERS} numbers")
    findings = recorder.wait_for_findings([NESTED])
    recorder.tell("SHOW FINDINGS")
    check = play.check
    check.equal([(each["rule"], each["severity"]) for each in findings], [(NESTED, "notice")],
                f"of a pool of {SAFE_POOL_SIZE} the recorder says that it is needed: {titles(findings)}")
    check.that(NAMED in findings[0]["title"], "and nothing of the desk that takes its numbers before", findings)
    check_advice(play, recorder)
    play.expect_silence(*OPTIONS, when="of both")
    check.equal(told(sized, "failed") + told(cured, "failed"), [], "no call of either has failed")


def check_advice(play, recorder):
    """From what it has seen of the desk that works with three: with two it would not have. (It did not: the other play.)"""
    advice = recorder.advise("--size", POOL_SIZE)[APPLICATION]
    check, trials = play.check, {each["size"]: each for each in advice["trials"]}
    check.equal((advice["most_units"], advice["most_in_unit"], advice["deadlock_free"]), (CALLERS, 2, SAFE_POOL_SIZE),
                f"lockkeeper advise: {CALLERS} units at once with two connections each, so {SAFE_POOL_SIZE} cannot deadlock")
    check.that(trials[POOL_SIZE]["deadlocks"] > 0, f"played again with {POOL_SIZE}, what it has seen deadlocks", trials)
    check.that(advice["advised"] >= SAFE_POOL_SIZE and trials[advice["advised"]]["deadlocks"] == 0,
               f"with {advice['advised']}, as advised, it does not", trials)
