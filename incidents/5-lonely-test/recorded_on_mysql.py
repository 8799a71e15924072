"""the same through the recorder: what each forgotten transaction did, and what a restart hides (Node, Sequelize, mysql2)

All that is asked of it on PostgreSQL. The list has every statement of each transaction, also the prepared one of which
MariaDB's history has no text. Then the shared ownership without Sequelize: a BEGIN in a transaction commits it here, a ROLLBACK
comes too late, and the server says nothing of either. The recorder has to.
"""

from on_mysql import CLEAR, ROLE, View
from play import APPLICATION, MIN_IDLE, install
from recorded import play_through

from lib.statements import normalized

SHARED = 2  # transactions that parent and child both took for theirs
RULES = ["abandoned-at-disconnect", "dirty-return", "foreign-commit"]  # the first is of the run before
PARENT = ["start transaction", "insert into users(email,name)values(?)"]
CHILD = ["start transaction", "insert into profiles(user_id,bio)values(?)", "commit"]
VALUES = ("shared.example", "shared ownership", "'Shared'")  # that were sent


def perform(play):
    install(play)
    server = play.mysql_server(ROLE)
    server.log_statements()
    recorder = play_through(play, server, View(server), "schema.mysql.sql", CLEAR)
    share(play, server, recorder)


def share(play, server, recorder):
    """Parent and child on one connection, by the driver alone."""
    check = play.check
    program = play.start("shared", ["node", "shared.js"], env={"DATABASE_URL": recorder.application_url})
    check.equal(program.wait_for_end(20), 0, "without Sequelize, parent and child both end the transaction, and meet no error")
    check.equal(program.records(), [{"warnings": 0}], "nor has the server a warning")
    kept = server.value("SELECT COUNT(*) FROM users WHERE email LIKE %s", ("%@shared.example",))
    check.equal(kept, SHARED, "yet both users are there, also the one that its parent has rolled back")

    findings = recorder.wait_for_findings(RULES, "of both")
    recorder.tell("SHOW FINDINGS")
    check.equal(sorted(each["rule"] for each in findings), RULES, f"the recorder finds {' and '.join(RULES[1:])}, each once")
    check.equal([each["rule"] for each in findings if each["remedy"]], [], "there is nothing to act on any more")
    replay = recorder.replay(*MIN_IDLE)
    check_begin(play, replay.of_rule("dirty-return")[0])
    check_end(play, replay.of_rule("foreign-commit")[0])
    outputs = [repr(findings), repr(replay.report), recorder.dumped]
    shown = [value for value in VALUES if any(value in output for output in outputs)]
    check.equal(shown, [], "no value that was sent is in what it says")


def unquoted(text):
    """Statements that differ in their names' quotes alone are one, in the words of who sent it first: Sequelize, with quotes."""
    return normalized(text.replace("`", ""))


def check_begin(play, finding):
    check, evidence = play.check, finding["evidence"]
    check.equal(finding["count"], SHARED, f"dirty-return: {SHARED} times a transaction was begun inside one")
    check.that(APPLICATION in finding["title"], f"dirty-return: it names {APPLICATION}", finding["title"])
    check.that("the second BEGIN committed what the one before had left" in finding["explanation"],
               "dirty-return: it says that on this server the second BEGIN commits", finding["explanation"])
    check.equal((unquoted(evidence["left_after"]), evidence["rows_written"]), (PARENT[-1], 1),
                "dirty-return: what had run before, and that it had written a row")
    check.equal([unquoted(line["text"]) for line in evidence["statements"]], PARENT,
                "dirty-return: it shows the parent's statements")


def check_end(play, finding):
    check, evidence = play.check, finding["evidence"]
    check.equal((evidence["commits"], evidence["rollbacks"], evidence["clients"]), (1, 1, 1),
                "foreign-commit: one COMMIT and one ROLLBACK with nothing open, of one client")
    check.that("The server says nothing of it and answers OK" in finding["explanation"],
               "foreign-commit: it says that on this server nobody is told", finding["explanation"])
    check.equal(evidence["ended_as"], "committed", "foreign-commit: the transaction had been committed before")
    check.equal([unquoted(line["text"]) for line in evidence["statements"]], CHILD,
                "foreign-commit: by the child, whose statements it shows")
