"""a stuck paging loop and sleeps inside one transaction (Python, PostgreSQL: the locks of it)

A publisher pages through followers inside the transaction that writes its post, and sleeps between pages.
Thirteen others wait behind it, one of them behind another waiter. lockkeeper has to name the root, everyone behind
it and how, and end exactly the root; then all thirteen publish.
"""

import os

from publishing import APPLICATION

from lib.columns import shows
from lib.lockkeeper import FOUND, audited_pids, pids
from lib.programs import PYTHON
from lib.wait_tree import ahead_of, parents_in

BEHIND = 13
SYMPTOM = "connection pool exhausted"
PAUSE_SECONDS = 120  # the writer's sleep: longer than the play, which so meets one and the same sleep throughout
POST, CHANNEL = 1, 1
OPTIONS = ("--min-idle", "2s", "--min-wait", "1s")
MIN_IDLE_MS, MIN_WAIT_MS = 2000, 1000
SEVERITIES = ("notice", "warning", "critical")


def perform(play):
    server = play.server("social", max_connections=60)
    with open(os.path.join(play.folder, "schema.sql"), encoding="utf-8") as schema:
        server.script(schema.read())
    environment = {"DATABASE_URL": server.application_url}

    healthy = start_healthy(play, environment)
    root = start_writer(play, server, environment)
    publishers = play.start("publishers", [PYTHON, "publishers.py"], env=environment)
    behind = wait_for_publishers(play, server, publishers)

    finding = find(play, server, root, behind)
    kill(play, server, root, behind, finding, healthy)
    follow(play, server, publishers, behind)
    go_on(play, healthy)
    play.check.that(served(healthy)["pid"] in pids(server.sessions(APPLICATION)), "and has the connection that it began with")
    play.expect_silence(*OPTIONS)


def start_healthy(play, environment):
    healthy = play.start("healthy", [PYTHON, "healthy.py"], env=environment)
    healthy.wait_for(lambda: served(healthy)["done"] >= 50, 15, "the healthy publisher's first fifty posts")
    return healthy


def start_writer(play, server, environment):
    command = [PYTHON, "writer.py", "--post", POST, "--channel", CHANNEL, "--pause", PAUSE_SECONDS]
    writer = play.start("writer", command, env=environment)
    writer.wait_for(lambda: len(writer.records()) == 4, 15, "the writer's first three pages")
    pid, *pages = writer.records()
    play.story.say("The writer has written its post and notifies followers, three pages at a time.")
    check_loop(play, pages)
    wait_for_sleep(server, writer, pid["pid"])
    return pid["pid"]


def check_loop(play, pages):
    same = {(page["first"], page["last"]) for page in pages}
    play.check.equal(len(same), 1, "it reads the same page again and again: its cursor is another column than its order")


def wait_for_sleep(server, writer, pid):
    def sleeps():
        state = [session for session in server.sessions(APPLICATION) if session["pid"] == pid]
        return state and state[0]["state"] == "idle in transaction" and state[0]["idle_ms"] > MIN_IDLE_MS + 100

    writer.wait_for(sleeps, 15, "the writer to sleep in its transaction")


def told(publishers, state):
    return {record["publisher"]: record for record in publishers.records() if record["state"] == state}


def wait_for_publishers(play, server, publishers, pids_of=lambda by_name: by_name):
    """Back when all of them have waited long enough; their pids by name. What a client takes for its server's pid is
    not one with a proxy in between: `pids_of` makes it one."""
    publishers.wait_for(lambda: len(told(publishers, "started")) == BEHIND, 15, "thirteen publishers")
    started = {name: record["pid"] for name, record in told(publishers, "started").items()}

    def all_wait():
        waiting = [session for session in server.sessions(APPLICATION) if session["wait_event_type"] == "Lock"
                   and session["query_ms"] > MIN_WAIT_MS + 100]
        behind = pids_of(started)
        return behind if set(pids(waiting)) == set(behind.values()) else None

    behind = publishers.wait_for(all_wait, 20, "all of them to wait for a lock")
    play.check.equal(len(behind), BEHIND, f"{BEHIND} publishers wait for locks, each with a connection")
    refused = told(publishers, "refused").get("fourteenth", {})
    play.check.equal(refused.get("error"), SYMPTOM, f"the next one meets what everyone saw: {SYMPTOM}")
    return behind


@shows("found")
def find(play, server, root, behind):
    lockkeeper, check = play.lockkeeper(), play.check
    lockkeeper.show("doctor", *OPTIONS)
    look = lockkeeper.doctor(*OPTIONS)
    check.equal(look.status, FOUND, "the doctor's exit status says that something is wrong")
    found = look.of_rule("root-blocker")
    check.equal(len(found), 1, "one root-blocker is found")
    finding = found[0]
    lower = SEVERITIES[: SEVERITIES.index(finding["severity"])]
    others = [other for other in look.findings if other is not finding and other["severity"] not in lower]
    check.equal(others, [], "everything else that is found is less severe")

    check.equal(finding["subjects"][0]["pid"], root, "its first subject is the writer")
    play.check.shows("explained")
    check.equal(finding["subjects"][0]["application"], APPLICATION, f"it names the application: {APPLICATION}")
    evidence = finding["evidence"]
    check.equal(evidence["waiting"], BEHIND, f"it counts all {BEHIND} behind the writer, directly or not")
    check.same_pids(evidence["released"], behind.values(), "it says that they go free if the writer goes, and nobody else")
    check_tree(play, server, evidence["wait_tree"], root, behind)
    check.that(bool(finding["likely_mistake"] and finding["fix"]), "it names the likely mistake and the fix")
    return finding


def check_tree(play, server, tree, root, behind):
    """The tree is drawn depth first. Whoever queues for the same row is drawn beside its predecessor, and below one
    holder at most a few are drawn: the rest is counted, but never one that others wait for."""
    check = play.check
    check.equal((tree[0]["pid"], tree[0]["depth"]), (root, 0), "the wait tree begins with the writer")
    drawn = [line for line in tree[1:] if line["pid"] is not None]
    check.that(set(pids(drawn)) <= set(behind.values()), "below it are those who wait, and nobody else", drawn)
    counted = sum(line.get("more", 0) for line in tree)
    check.equal(len(set(pids(drawn))) + counted, BEHIND, f"each of the {BEHIND} is drawn once or counted")
    check.that(all(line["waits_for"] for line in drawn), "each that is drawn says what it waits for", drawn)

    parents = parents_in(tree)
    server_says = {session["pid"]: session["blocked_by"] for session in server.sessions(APPLICATION)}
    strangers = {pid: above for pid, above in parents.items() if above not in ahead_of(pid, server_says)}
    check.equal(strangers, {}, "each is drawn below somebody of whom the server says that it is ahead")
    check.equal(parents.get(behind["badge-1"]), root, "the first publisher waits for the writer")
    check.equal(parents.get(behind["second-level"]), behind["badge-1"], "the second-level one waits for that publisher")


def served(healthy):
    """The healthy publisher's last word about itself."""
    records = healthy.records()
    return records[-1] if records else {"done": 0, "errors": 0, "pid": None}


@shows("resolved")
def kill(play, server, root, behind, finding, healthy):
    lockkeeper, check = play.lockkeeper(), play.check
    before = set(pids(server.sessions(APPLICATION)))
    lockkeeper.show("kill", "--finding", finding["id"], *OPTIONS)
    dry = lockkeeper.dry_kill(finding["id"], *OPTIONS)
    check.that(dry.dry_run and dry.outcomes() == ["would_terminate"], "a kill without --yes is a dry run", dry.report)
    check.same_pids(dry.pids("would_terminate"), {root}, "it would terminate the writer, and not one of those who wait")
    check.equal(set(pids(server.sessions(APPLICATION))), before, "and has terminated nobody")

    play.story.say(f"The healthy publisher before the kill: {counters(healthy)}.")
    audit = play.log("audit.jsonl")
    killed = lockkeeper.kill(finding["id"], *OPTIONS, "--audit", audit)
    if killed is not None:
        check.same_pids(killed.pids("terminated"), {root}, "with --yes it terminates the writer, by its own account")
        check.equal(len(killed.report["targets"]), 1, "and has no other target")
    check.same_pids(audited_pids(audit, "terminated"), {root}, "the audit has one line, for the writer")
    check.that(root not in pids(server.sessions(APPLICATION)), "the writer's session is gone")


def counters(healthy):
    last = served(healthy)
    return f"{last['done']} posts, {last['errors']} errors"


@shows("resolved")
def follow(play, server, publishers, behind):
    """What becomes of those who waited, and of what the writer had written."""
    check = play.check
    check.equal(publishers.wait_for_end(20), 0, "the publishers' process comes to its end")
    check.equal(told(publishers, "failed"), {}, "no publisher has met an error")
    published = set(told(publishers, "published"))
    check.equal(published, {*behind, "fourteenth"}, f"all {BEHIND} have published, and the one refused before")
    status = server.value("SELECT status FROM post WHERE id = %s", (POST,))
    check.equal(status, "scheduled", "the writer's post is rolled back")
    media = server.value("SELECT count(*) FROM post_media WHERE post_id = %s", (POST,))
    check.equal(media, 4, "so are its media; the four of others stay")
    unread = server.value("SELECT unread FROM channel_notification WHERE user_id = 4")
    check.equal(unread, 2, "both who wanted one row have had it")


@shows("resolved")
def go_on(play, healthy):
    before = served(healthy)
    healthy.wait_for(lambda: served(healthy)["done"] >= before["done"] + 100, 15, "a hundred more posts of it")
    play.story.say(f"The healthy publisher after the kill: {counters(healthy)}.")
    play.check.equal(served(healthy)["errors"], 0, "it met no error")
