"""as it was, through the recorder: the loop's count, the whole transaction, and who will do the same (Java; MariaDB or MySQL)

Both Java processes connect to `lockkeeper run`. Where the server keeps ten statements of the publisher, the console has to
tell all of them, that one page has come again and again, what share of the time was spent elsewhere, and who of those behind
has begun in the same way. The first publisher is closed on the console, the next in line by `lockkeeper kill`.
"""

from on_mysql import (
    APPLICATION,
    BEHIND,
    OPTIONS,
    PAUSE_MS,
    ROLE,
    check_no_values,
    check_tree,
    go_on,
    hear,
    in_a_sleep,
    kill,
    prepare,
    start,
    told,
    wait_for_loop,
)

from lib import recorded
from lib.columns import shows
from lib.expect import wait_until
from lib.lockkeeper import audited_pids, pids
from lib.recorder import clients_in, milliseconds
from lib.statements import normalized

LOOP_PAGES = 22  # all but the first with the same values: a loop is one from twenty runs on
PAGES_PER_BURST = 3
REST_MS = 100  # of the healthy publisher after each post: all that it does is in the dump, which has to fit into one sleep
FEW_PAGES = 6  # of the next in line, to see that it does the same

# No idle-transaction: the publisher never sleeps for as long as that takes unless told.
RULES = ["root-blocker", "stuck-loop", "work-in-transaction"]

# As lib.statements writes texts: no space beside a sign. What the driver says to begin is SET autocommit, before all this.
BEFORE = [
    "select channel_id from post where id=? for update",
    "update post set status=? where id=?",
    *["insert into post_media(post_id,url)values(?)"] * 3,
]
PAGE = [
    "select id,user_id from follower where channel_id=? and id > ? order by id limit ?",
    "update channel_notification set unread=unread + ? where user_id in(?)",
    "insert into push_notification(dedupe_key,post_id,user_id)values(?)on duplicate key update "
    "user_id=push_notification.user_id",
]
PAGE_ROWS = 20


def perform(play):
    programs, server = prepare(play)
    server.log_statements()
    recorder = play.recorder()
    play.story.say("All connect to the recorder.")
    healthy, publishers = start(play, recorder.jdbc_url, programs, REST_MS)

    outputs = []  # everything that lockkeeper has said
    first = wait_for_loop(play, publishers, "first", LOOP_PAGES, patience=60)
    seen = look(play, server, recorder, publishers, "first", first, RULES, outputs)
    check_findings(play, recorder, seen, RULES)
    check_root_blocker(play, server, seen, first)
    check_loop(play, seen)
    check_share(play, seen)
    check_story(play, seen, "first")
    close(play, server, recorder, seen, first)
    hear(play, publishers, healthy, "first")
    resolve_next(play, server, recorder, publishers, healthy, seen, outputs)

    go_on(play, server, publishers, healthy)
    outputs += cells(recorder)
    check_no_values(play, server, outputs)
    recorded.expect_silence(play, recorder, but=["stuck-loop"])  # of one that was ended it goes on telling: the code is there
    play.expect_silence(*OPTIONS)


def resolve_next(play, server, recorder, publishers, healthy, seen_first, outputs):
    """The second publisher wanted the same post, and now has it. Of its time, most went into the wait for it."""
    second = wait_for_loop(play, publishers, "second", FEW_PAGES, patience=60)
    published = {each["who"] for each in told(publishers, "published")}
    play.check.that(len(published) > 0, f"of those who waited for the first, {len(published)} have published", published)
    seen = look(play, server, recorder, publishers, "second", second, ["root-blocker"], outputs)
    check_root_blocker(play, server, seen, second)
    check_story(play, seen, "second")
    shown = len(BEFORE) + len(PAGE) * FEW_PAGES
    play.check.equal(seen.account.told()[:shown], seen_first.account.told()[:shown],
                     "the next in line has the same statements in its transaction, so the same shape")
    kill(play, server, seen.of_rule("root-blocker"), second, seen.truth, outputs)
    hear(play, publishers, healthy, "second")
    play.check.equal(audited_pids(play.log("audit.jsonl"), "terminated"), [second], "the audit has that one alone")


class Seen:
    """One look of the recorder within one sleep of the root: the console's findings, its account, and the replay."""

    def __init__(self, server, recorder, publishers, name, root):
        self.silent_before = server.silences()
        self.findings = recorder.findings()
        self.account = recorded.accounts(server, recorder, APPLICATION, [root]).get(root)
        self.replay = recorder.replay()
        self.silent_after = server.silences()
        self.pages = len(told(publishers, "paged", name))
        self.truth = None

    def of_rule(self, rule):
        found = self.replay.of_rule(rule)
        return found[0] if len(found) == 1 else None

    def is_of_this_sleep(self, truth, rules):
        """The recorder looks at the server once a second: it may not have seen the last burst of pages."""
        blocker = self.of_rule("root-blocker")
        there = {each["rule"] for each in self.findings} & {each["rule"] for each in self.replay.findings}
        return (self.account is not None and set(rules) <= there and blocker is not None
                and blocker["evidence"].get("rows_modified") == truth.rows_modified
                and blocker["evidence"].get("waiting") == BEHIND)


def look(play, server, recorder, publishers, name, root, rules, outputs):
    def attempt(truth):
        seen = Seen(server, recorder, publishers, name, root)
        return seen if seen.is_of_this_sleep(truth, rules) else None

    truth, seen = in_a_sleep(server, publishers, root, attempt)
    seen.truth = truth
    for what in ("FINDINGS", "HOLDERS", f"STATEMENTS {seen.account.transaction['id']}"):
        recorder.tell(f"SHOW {what}")
    outputs += [repr(seen.findings), repr(seen.replay.report), recorder.dumped, *cells(recorder)]
    recorded.check_no_values(play, recorder, {root: seen.account})
    return seen


def cells(recorder):
    return [repr(recorder.show(what)) for what in ("FINDINGS", "HOLDERS", "TRANSACTIONS", "CLIENTS")]


@shows("found")
def check_findings(play, recorder, seen, rules):
    """What the console says, and that the replay of its dump says it too."""
    check, client, root = play.check, seen.account.client, seen.account.pid
    says = f"the recorder finds {', '.join(rules)}, each once, and nothing else"
    check.equal(sorted(each["rule"] for each in seen.findings), rules, says)
    for finding in seen.findings:
        rule = finding["rule"]
        check.equal(clients_in(finding["remedy"]), [client], f"{rule}: it is about the publisher's client alone")
        check.that(f'application "{APPLICATION}" (user {ROLE}' in finding["title"], f"{rule}: it names {APPLICATION}")
        check.equal(finding["severity"], "critical", f"{rule}: it is critical, for those who wait")
        check.that(bool(finding["fix"]), f"{rule}: it names the fix")
    account = {root: seen.account}
    recorded.check_replay(play, recorder, seen.findings, account, look=seen.replay)
    subjects = {tuple(pids(each["subjects"])) for each in seen.replay.findings}
    check.equal(subjects, {(root,)}, "each is about the publisher's session alone")


@shows("explained")
def check_root_blocker(play, server, seen, root):
    """The server's view and the record, in one finding."""
    check, truth = play.check, seen.truth
    finding = seen.of_rule("root-blocker")
    evidence = finding["evidence"]
    check.equal((pids(finding["subjects"]), evidence["state"]), ([root], "idle in transaction"),
                "the root is the publisher's session, which sleeps in its transaction")
    check.same_pids(evidence["released"], truth.waiting, f"the {BEHIND} who wait go free if it goes, and nobody else")
    check_tree(play, evidence["wait_tree"], root, truth)
    check.that(f"client {seen.account.client} of" in evidence["client"], "it names its client in the recorder", evidence["client"])
    alike = begun_alike(server, root, truth.waiting)
    check.that(len(alike) > 0, "some of those behind it have begun as it did, by the server's log", truth.waiting)
    check.equal(evidence["behind_alike"], len(alike), f"and it says so: {len(alike)} will do the same once they are let in")


def begun_alike(server, root, waiting):
    """Those whose transactions began with the same statements, three of them or as many as they have come to."""
    log = server.statement_log()

    def beginning(session):
        return [normalized(sent.text) for sent in log.last_transaction(session)[:3]]

    begun = {session: beginning(session) for session in waiting}
    return {session for session, first in begun.items() if first and first == beginning(root)[: len(first)]}


@shows("explained")
def check_loop(play, seen):
    runs = seen.pages - 1  # the first page was asked for with another cursor
    evidence = seen.of_rule("stuck-loop")["evidence"]
    play.check.equal((evidence["runs"], evidence["runs_are_lower_bound"]), (runs, False),
                     f"the loop has read the same page {runs} times, as the publisher says itself")
    play.check.equal(normalized(evidence["statement"]), PAGE[0], "it shows the statement")
    play.check.equal(evidence["loop_rows"], runs * PAGE_ROWS, f"which has returned {runs * PAGE_ROWS} rows")


@shows("explained")
def check_share(play, seen):
    """Of the time outside the database: the publisher does nothing but sleep."""
    evidence = seen.of_rule("work-in-transaction")["evidence"]
    share = evidence["share_outside"]
    play.check.that(0.9 < share <= 1, f"{share:.0%} of the transaction's time was spent outside the database", share)
    play.check.that(evidence["longest_gap_ms"] >= PAUSE_MS, f"the longest gap is a sleep: {evidence['longest_gap_ms']} ms")
    play.check.equal(normalized(evidence["longest_gap_before"]), PAGE[0], "it ends with the next page")


@shows("explained")
def check_story(play, seen, name):
    """The whole list; of its statements the server's own history has ten."""
    check, account = play.check, seen.account
    before, after = ({account.pid: silences[account.pid][n]} for n, silences in enumerate((seen.silent_before, seen.silent_after)))
    recorded.check_silence_since(play, {account.pid: account}, before, after)
    recorded.check_lists(play, {account.pid: account}, f"the {name} publisher")
    pages = seen.pages
    check.equal(account.told(), BEFORE + PAGE * pages, f"it is the post, and {pages} times a page of followers")
    check.equal(account.rows[2]["runs"], "3", "runs of one statement are one line: the three media")
    asked = [row for row in account.rows if "FROM follower" in row["statement"]]
    rests = [milliseconds(row["gap_before"]) for row in asked[PAGES_PER_BURST::PAGES_PER_BURST]]
    short = [rest for rest, exact in rests if rest + exact < PAUSE_MS]
    check.equal((len(rests), short), ((pages - 1) // PAGES_PER_BURST, []),
                f"before each further burst, nothing ran for {PAUSE_MS} ms at least")
    outside = milliseconds(account.transaction["time_outside"])
    check.that(sum(outside) >= sum(rest for rest, _ in rests), "the time outside the database is no shorter than these gaps",
               (outside, rests))
    written = 1 + 3 + pages * 2 * PAGE_ROWS  # post, media, badges, pushes, as the driver asks to be told: by rows found
    check.equal(account.transaction["rows_written"], str(written), f"it has written {written} rows")


@shows("resolved")
def close(play, server, recorder, seen, root):
    check, client = play.check, seen.account.client
    before = set(server.sessions())
    recorder.kill_clients([client])
    wait_until(lambda: root not in server.sessions(), 15, f"session {root} to be closed")
    recorded.check_gone(play, recorder, [client], "KILL_CLIENT: the recorder has let go of the publisher")
    wait_until(lambda: root not in server.transactions(), 15, "its transaction to be rolled back")
    check.equal(before - set(server.sessions()), {root}, "its server connection is closed, and no other")
    waits_for = server.blockers()
    check.that(all(root not in ahead for ahead in waits_for.values()), "nobody waits for it any more", waits_for)
