"""the same through the recorder: the whole transaction, its loop and its sleeps (Python, PostgreSQL: the locks of it)

Everybody connects to `lockkeeper run`. Its console has to tell all that the sleeping writer did, from BEGIN on and with the
gaps, that one page comes again and again, and to close the writer alone; then all thirteen publish.
"""

import os

from play import (
    APPLICATION,
    BEHIND,
    CHANNEL,
    OPTIONS,
    PAUSE_SECONDS,
    POST,
    check_loop,
    counters,
    find,
    follow,
    go_on,
    served,
    start_healthy,
    wait_for_publishers,
    wait_for_sleep,
)

from lib.columns import shows
from lib.expect import wait_until
from lib.lockkeeper import pids
from lib.programs import PYTHON
from lib.recorded import accounts, check_gone, check_lists, check_no_values, check_replay, check_silence_since, expect_silence
from lib.recorder import clients_in, milliseconds, of_rule, titles
from lib.statements import SETTINGS

BURSTS, PAGES_PER_BURST = 8, 3
PAGES = BURSTS * PAGES_PER_BURST  # all but the first with the same parameters: a loop is one from twenty runs on
PAUSE_MS = 1500  # a loop is one from ten seconds on, and so is work in an open transaction
PAUSES = [PAUSE_MS / 1000] * (BURSTS - 1) + [PAUSE_SECONDS]

RULES = ["idle-transaction", "root-blocker", "stuck-loop", "work-in-transaction"]

# As lib.statements writes texts: no space beside a sign.
BEFORE = [
    "begin",
    "select status from post where id=? for update",
    "update post set status=? where id=?",
    *["insert into post_media(post_id,url)values(?)"] * 3,
]
PAGE = [
    "select id,user_id from follower where channel_id=? and id > ? order by id limit ?",
    "update channel_notification set unread=unread + ? where user_id=any(?)",
    "insert into push_notification(dedupe_key,post_id,user_id)select ?::text || ? || user_id,?,user_id from unnest(?)as user_id "
    "on conflict(dedupe_key)do nothing",
]


def perform(play):
    server = play.server("social", max_connections=60, settings=SETTINGS)
    with open(os.path.join(play.folder, "schema.sql"), encoding="utf-8") as schema:
        server.script(schema.read())
    recorder = play.recorder(*OPTIONS)
    environment = {"DATABASE_URL": recorder.application_url}
    play.story.say(f"All connect to the recorder, which is in {recorder.pool_mode} mode.")
    healthy = start_healthy(play, environment)
    play.check.equal(titles(recorder.findings()), [], "the recorder has nothing to say about the healthy publisher")

    writer, publishers = start(play, environment)
    client = str(writer.records()[0]["pid"])
    behind = wait_for_publishers(play, server, publishers, lambda started: server_pids(recorder, started))
    root = wait_for_writer(play, server, recorder, writer, client)
    look(play, server, recorder, client, root)
    find(play, server, root, behind)
    kill(play, server, recorder, client, root, healthy)
    follow(play, server, publishers, behind)
    go_on(play, healthy)
    if recorder.pool_mode == "session":
        present = [row["client"] for row in recorder.holders(APPLICATION)]
        play.check.that(str(served(healthy)["pid"]) in present, "and has the connection that it began with", present)
    expect_silence(play, recorder, but=["stuck-loop"])  # of one that did not commit it goes on telling: the next has its code
    play.expect_silence(*OPTIONS)


def start(play, environment):
    """The writer, and the publishers as soon as it has locked what they want."""
    command = [PYTHON, "writer.py", "--post", POST, "--channel", CHANNEL, "--binding", "--at-once", "--pause", *PAUSES]
    writer = play.start("writer", command, env=environment)
    writer.wait_for(lambda: len(writer.records()) > 1, 15, "the writer's first page")
    return writer, play.start("publishers", [PYTHON, "publishers.py"], env=environment)


def server_pids(recorder, clients):
    """What a client takes for its server's pid is its id in the recorder."""
    behind = {row["client"]: int(row["server_pid"]) for row in recorder.holders(APPLICATION)}
    return {name: behind.get(str(client)) for name, client in clients.items()}


def wait_for_writer(play, server, recorder, writer, client):
    writer.wait_for(lambda: len(writer.records()) == 1 + PAGES, 40, f"the writer's {PAGES} pages")
    check_loop(play, writer.records()[1:])
    root = server_pids(recorder, {"writer": client})["writer"]
    wait_for_sleep(server, writer, root)
    return root


@shows("found")
def look(play, server, recorder, client, root):
    findings = recorder.wait_for_findings(RULES, "of the writer")
    for what in ("FINDINGS", "HOLDERS"):
        recorder.tell(f"SHOW {what}")
    check = play.check
    says = f"the recorder finds {', '.join(RULES)}, each once, and nothing else"
    check.equal(sorted(each["rule"] for each in findings), RULES, says)
    for rule in RULES:
        finding = of_rule(findings, rule)[0]
        check.equal(clients_in(finding["remedy"]), [client], f"{rule}: it is about the writer alone")
        check.that(f'application "{APPLICATION}" (user {server.role}' in finding["title"], f"{rule}: it names {APPLICATION}")
        check.that(bool(finding["fix"]), f"{rule}: it names the fix")
    play.check.shows("explained")
    loop = of_rule(findings, "stuck-loop")[0]["title"]
    check.that(f" {PAGES - 1} times in " in loop, f"the loop has read the same page {PAGES - 1} times", loop)

    before = silent(server, root)
    account = accounts(server, recorder, APPLICATION, [root])
    check_silence_since(play, account, before, silent(server, root))
    check_lists(play, account, "the writer")
    look = check_replay(play, recorder, findings, account, *OPTIONS)
    check.equal({tuple(pids(each["subjects"])) for each in look.findings}, {(root,)}, "each is about the writer's session alone")
    check.equal(look.of_rule("root-blocker")[0]["evidence"]["waiting"], BEHIND, f"{BEHIND} wait behind it")
    check_no_values(play, recorder, account)
    check_story(play, account[root])
    recorder.tell(f"SHOW STATEMENTS {account[root].transaction['id']}")


def silent(server, root):
    return {session["pid"]: session["idle_ms"] for session in server.sessions(APPLICATION) if session["pid"] == root}


def check_story(play, account):
    check = play.check
    check.equal(account.told(), BEFORE + PAGE * PAGES, f"it is the post, and {PAGES} times a page of followers")
    check.equal(account.rows[3]["runs"], "3", "runs of one statement are one line: the three media")
    pages = [row for row in account.rows if "FROM follower" in row["statement"]]
    rests = [milliseconds(row["gap_before"]) for row in pages[PAGES_PER_BURST::PAGES_PER_BURST]]
    short = [rest for rest, exact in rests if rest + exact < PAUSE_MS]
    check.equal((len(rests), short), (BURSTS - 1, []), f"before each further burst, nothing ran for {PAUSE_MS} ms at least")
    outside = milliseconds(account.transaction["time_outside"])
    check.that(sum(outside) >= sum(rest for rest, _ in rests), "the time outside the database is no shorter than these gaps",
               (outside, rests))
    written = 1 + 3 + PAGES * 20 + 20  # post, media, badges, and only once the pushes
    check.equal(account.transaction["rows_written"], str(written), f"it has written {written} rows")


@shows("resolved")
def kill(play, server, recorder, client, root, healthy):
    check = play.check
    play.story.say(f"The healthy publisher before the kill: {counters(healthy)}.")
    check.equal(served(healthy)["errors"], 0, "it has met no error so far")
    recorder.kill_clients([client])

    def sleeps():
        return [session for session in server.sessions(APPLICATION) if session["pid"] == root
                and session["state"] == "idle in transaction" and session["idle_ms"] > PAUSE_MS]

    wait_until(lambda: not sleeps(), 15, "the writer's server connection not to be idle in transaction")
    check.equal(sleeps(), [], "KILL_CLIENT has ended the writer's transaction")
    check_gone(play, recorder, [client], "the recorder has let go of the writer")
    if recorder.pool_mode == "session":
        check.that(root not in pids(server.sessions(APPLICATION)), "its server connection is closed")
