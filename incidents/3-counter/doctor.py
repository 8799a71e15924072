"""The incident with the doctor alone, on whichever server."""

from desks import (
    APPLICATION,
    CALLERS,
    INSERT,
    OPTIONS,
    POOL_SIZE,
    ROLE,
    SAFE_POOL_SIZE,
    STUCK_MS,
    SYMPTOM,
    TIMEOUT_MS,
    TWIN,
    check_alone,
    check_twin,
    failures,
    prepare,
    rounds,
    start_both,
    start_desk,
    start_twin,
    stop,
    stuck,
    told,
    while_stuck,
)

from lib.columns import shows
from lib.expect import Unexpected, wait_until
from lib.lockkeeper import FOUND, audited_pids, pids

DEADLOCK = "pool-deadlock"
TOGETHER_MS = 700  # they fell silent at about the same time
EARLY_SPARE_MS = 3500  # in the first part of a sleep, also where the server counts whole seconds
WATCH_END_MS = 500  # from a watch's last look until we ask
WATCH_SECONDS = 6  # from the first part of one sleep into the next, and not into a third: a timeout, and 0.4 s of the program
WATCHES = 5  # until all fail together
KILL_DEADLINE = 90  # some 16 sleeps: on a busy machine a look and two kills seldom fit into what is left of one
AWAKE_SECONDS = 1  # by when a call that has failed has also said so
FIXED_SECONDS = 5
FIXED_NUMBERS = 10


def perform(play):
    programs, server, view = prepare(play)
    if play.fixed:
        play_fixed(play, programs, server, view)
        return
    twin, desk = start_both(play, programs, server.jdbc_url)
    check_alone(play, desk)
    play.story.say(f"Now {CALLERS} call at once: each holds one of the pool's {POOL_SIZE} connections, and waits for another.")
    outputs = []
    find(play, server, view, desk, outputs)
    watch(play, view, desk, outputs)
    kill(play, view, desk, outputs)
    check_twin(play, twin)
    check_no_values(play, outputs)
    stop(desk, view)
    play.expect_silence(*OPTIONS)


@shows("found")
def find(play, server, view, desk, outputs):
    lockkeeper = play.lockkeeper()
    before, look, after = while_stuck(desk, view, lambda: lockkeeper.doctor(*OPTIONS))
    lockkeeper.show("doctor", *OPTIONS)
    outputs.append(repr(look.report))
    check = play.check
    check.equal(set(before), view.sessions(APPLICATION), "every session of the application sleeps in a transaction, by the server")
    finding = check_finding(play, look, before)
    play.check.shows("explained")
    evidence = finding["evidence"]
    check.that(evidence["oldest_idle_ms"] - evidence["newest_idle_ms"] <= TOGETHER_MS,
               f"they fell silent together: {evidence['oldest_idle_ms']} and {evidence['newest_idle_ms']} ms ago", evidence)
    longest = max(after.values()) + view.exact_ms
    check.that(min(before.values()) <= evidence["newest_idle_ms"] and evidence["oldest_idle_ms"] <= longest,
               "as the server has it, before and after the look", (before, evidence, after))
    wrote = {(subject["wrote"], subject["rows_modified"]) for subject in finding["subjects"]}
    check.equal(wrote, {(True, None if server.engine == "postgres" else 1)}, "each has written: its ticket")
    check.that("waits for something outside the database" in finding["likely_mistake"],
               "the likely mistake: it waits for something outside the database", finding["likely_mistake"])


def check_finding(play, look, sessions):
    check = play.check
    check.equal((look.status, look.report["complete"]), (FOUND, True), "the doctor has seen everything, and something is wrong")
    check.equal([each["rule"] for each in look.findings], ["idle-transaction"],
                "it finds one idle-transaction, and nothing else: of the twin nothing")
    finding = look.findings[0]
    check.same_pids(pids(finding["subjects"]), sessions, f"its subjects are the {POOL_SIZE} sessions of the pool, and no others")
    named = {(subject["application"], subject["user"], subject["state"]) for subject in finding["subjects"]}
    check.equal(named, {(APPLICATION, ROLE, "idle in transaction")}, f"it names {APPLICATION}, its user, and their state")
    last = finding["evidence"]["last_statement"]
    check.that(bool(INSERT.fullmatch(last)), f"it says after which statement: {last}", last)
    return finding


def watch(play, view, desk, outputs):
    """From one sleep into the next: in between all failed together, and all came back."""
    before = rounds(desk)
    watching, reading, silent = watch_all_fail(play, view, desk)
    look = watching.look()
    outputs.append(repr(look.report))
    check = play.check
    check.that(rounds(desk) > before, "while the doctor watched, they failed and came again")
    errors = [each["error"] for each in told(desk, "failed")]
    check.that(errors and all(SYMPTOM.fullmatch(error) for error in errors), f"they met what everyone saw: {errors[0]}", errors)
    evidence = check_finding(play, look, silent)["evidence"]
    check.that(evidence["oldest_transaction_ms"] < TIMEOUT_MS, "in new transactions, younger than the watch", evidence)
    check.equal(evidence["growth_per_minute"], 0, "it says that they do not grow in number")
    check.equal(evidence["baseline_gaps"], POOL_SIZE, f"and that it has seen {POOL_SIZE} such silences end")
    look = reading.look()
    outputs.append(repr(look.report))
    check_log(play, desk, look)


def watch_all_fail(play, view, desk):
    """Two watches, without and with the log, that are over, and who was silent then. Who fails first gives back a connection, and
    sometimes the other has it in time: then the log tells of one request, and it alone proves nothing. And on a machine that is
    busy a watch may end when all have failed twice."""
    lockkeeper = play.lockkeeper()
    log = ("--app-log", f"{APPLICATION}={desk.err_path}")

    def begin():
        since = len(told(desk, "failed"))
        return since, lockkeeper.watch(WATCH_SECONDS, *OPTIONS), lockkeeper.watch(WATCH_SECONDS, *OPTIONS, *log, name="with-log")

    for _ in range(WATCHES):
        _, (since, *watches), _ = while_stuck(desk, view, begin, EARLY_SPARE_MS)
        for each in watches:
            each.look()
        silent = view.silent(APPLICATION)
        failed = len(told(desk, "failed")) - since
        last_look = len(silent) == POOL_SIZE and min(silent.values()) >= STUCK_MS + WATCH_END_MS
        if failed == CALLERS and last_look:
            return *watches, silent
        play.story.say(f"{failed} failed, silent since {sorted(silent.values())} ms: not one round of all {CALLERS}. Once more.")
    raise Unexpected(f"in none of {WATCHES} rounds have all failed once")


@shows("explained")
def check_log(play, desk, look):
    """Who reads the application's log as well knows when those who failed had begun to wait: as the sessions fell silent."""
    check = play.check
    rules = sorted(each["rule"] for each in look.findings)
    check.equal(rules, ["idle-transaction", DEADLOCK, "pool-exhausted"], f"with the application's log, the doctor finds {DEADLOCK} too")
    finding = look.of_rule(DEADLOCK)[0]
    check.equal((finding["severity"], finding["confidence"]), ("critical", "certain"), "it is critical and certain")
    check.that(APPLICATION in finding["title"], finding["title"], finding)
    evidence = finding["evidence"]
    check.equal((evidence["pool_size"], evidence["held"]), (POOL_SIZE, POOL_SIZE), "all that the pool has was held by such units")
    check.that(evidence["waited_ms"] >= TIMEOUT_MS, f"who waited for {evidence['waited_ms']} ms", evidence)
    quoted = {each["error"] for each in told(desk, "failed")}
    check.that(any(evidence["log_line"].endswith(error) for error in quoted), "it quotes the log", evidence)
    check.that("REQUIRES_NEW" in finding["likely_mistake"] and "n * (k - 1) + 1" in finding["fix"],
               "it names REQUIRES_NEW, and how large the pool would have to be", finding)


@shows("resolved")
def kill(play, view, desk, outputs):
    """What ending the sessions gives: their transactions are rolled back. The pool has nothing of it until its callers give up."""
    lockkeeper, check = play.lockkeeper(), play.check
    audits = []

    def end():
        audits.append(play.log(f"audit-{len(audits)}.jsonl"))
        finding = lockkeeper.doctor(*OPTIONS).of_rule("idle-transaction")[0]
        dry = lockkeeper.dry_kill(finding["id"], *OPTIONS)
        before = view.silent(APPLICATION), view.sessions(TWIN), len(told(desk, "failed"))
        killed = lockkeeper.kill(finding["id"], *OPTIONS, "--audit", audits[-1])
        if set(audited_pids(audits[-1], "terminated")) != set(before[0]):
            raise Unexpected(f"of the sessions {sorted(before[0])} not all were ended: {killed and killed.outcomes()}")
        return finding, dry, *before, killed

    finding, dry, doomed, healthy, failed, killed = in_one_sleep(desk, view, end)
    check.same_pids(dry.pids("would_terminate"), doomed, "a dry run would end those two sessions")
    play.story.say(f"It says of that: {finding['remedies'][0]['predicted']}.")
    if killed is not None:
        check.same_pids(killed.pids("terminated"), doomed, "with --yes it ends them, by its own account")
        check.equal(killed.report["released"], [], "nobody was to go free for it, it says: no session waits for them")
        outputs.append(repr(killed.report))
    check.same_pids(audited_pids(audits[-1], "terminated"), doomed, "the audit says so too")
    check.equal(doomed.keys() & view.sessions(APPLICATION), set(), "the server has none of them left")
    check.equal(healthy - view.sessions(TWIN), set(), "and every session of the twin")
    with open(audits[-1], encoding="utf-8") as audit:
        outputs.append(audit.read())
    errors = failures(play, desk, failed)
    play.story.say(f"Their pool knows nothing of it until they give up. Then they hear: {errors[0]}")


def in_one_sleep(desk, view, act):
    """Once more if they woke before it was done: what was to be ended is no more, or has begun again."""

    def attempt():
        sleeping = stuck(view, EARLY_SPARE_MS)
        if not sleeping:
            return None
        failed = len(told(desk, "failed"))
        try:
            return act()
        except (Unexpected, IndexError):
            if not has_failed_since(desk, failed):
                raise
            return None

    return desk.wait_for(attempt, KILL_DEADLINE, "sessions that wait for one another, to end them")


def has_failed_since(desk, failed):
    """A session wakes a moment before its caller tells of it."""
    try:
        wait_until(lambda: len(told(desk, "failed")) > failed, AWAKE_SECONDS, "a failed call")
    except Unexpected:
        return False
    return True


def check_no_values(play, outputs):
    shown = [value for value in ("lift out of order", "ticket-desk-1") if any(value in output for output in outputs)]
    play.check.equal(shown, [], "no value that was sent is in what lockkeeper said, nor in its audit")


def play_fixed(play, programs, server, view):
    """Both ways out, beside each other: a pool that is large enough, and a number that is taken before."""
    play.story.say(f"One desk has {SAFE_POOL_SIZE} connections for {CALLERS} callers with two each: n * (k - 1) + 1. "
                   f"Another has {POOL_SIZE}, and takes its numbers before its transaction begins.")
    sized = start_desk(play, programs, server.jdbc_url, "sized", pool_size=SAFE_POOL_SIZE, CALLERS=CALLERS)
    cured = start_twin(play, programs, server.jdbc_url, CALLERS=CALLERS)
    for desk in (sized, cured):
        desk.wait_for(lambda desk=desk: told(desk, "numbered"), 30, "its first number")
    play.lockkeeper().show("doctor", *OPTIONS)
    look = play.lockkeeper().watch(FIXED_SECONDS, *OPTIONS).look()
    play.expect_silence(look=look, when=f"over {FIXED_SECONDS} s")
    for desk, what in ((sized, "with a pool that is large enough"), (cured, "with numbers taken before")):
        wait_until(lambda desk=desk: len(told(desk, "numbered")) >= FIXED_NUMBERS, 20, f"{FIXED_NUMBERS} numbers")
        play.check.equal(told(desk, "failed"), [], f"no call of the desk {what} has failed ({len(told(desk, 'numbered'))} numbers)")
