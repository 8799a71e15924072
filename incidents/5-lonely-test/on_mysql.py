"""early returns and shared ownership (Node, Sequelize, mysql2; MariaDB or MySQL)

The same controllers, suite and worker on the other servers, and the doctor alone. It has to name the three places by what
the server still knows of their transactions, say what each has written, and end one place at a time.
"""

import os

from play import (
    APPLICATION,
    LEFT_OPEN,
    MIN_IDLE,
    end_alone,
    find,
    install,
    kill,
    left_open,
    run_alone,
    run_together,
    start_worker,
)

from lib.lockkeeper import pids
from lib.statements import normalized

ROLE = "accounts"
CLEAR = f"DROP DATABASE {ROLE}; CREATE DATABASE {ROLE}; USE {ROLE};"
BEGIN = "START TRANSACTION"
VALUES = ("example.org", "Invited", "'User ", "'changed'")  # of those that were sent, none that may be anywhere by chance

# What the server's history has of each transaction: the one INSERT is a prepared statement (Sequelize binds its values), and
# of an execution MariaDB keeps no text.
BEFORE_LAST = {"follow, too many": {"mysql": ["INSERT INTO `follows` (`follower_id`,`followed_id`) VALUES (?,?)"], "mariadb": []}}


def perform(play):
    install(play)
    server = play.mysql_server(ROLE)
    with open(os.path.join(play.folder, "schema.mysql.sql"), encoding="utf-8") as file:
        schema = file.read()
    server.script(schema)
    view = View(server)
    end_alone(play, view, run_alone(play, view, server.application_url))
    server.script(CLEAR + schema)

    worker = start_worker(play, server.application_url)
    suite = run_together(play, view, server.application_url)
    findings = find(play, view)
    outputs = [repr(findings), play.lockkeeper().text("doctor", *MIN_IDLE)]  # what lockkeeper says
    check_names(play, server)
    for place, finding in findings.items():
        check_rows(play, server, place, finding)
        check_statements(play, server, place, finding)
    sent = [text for each in left_open(view) for text in server.history(each["pid"])]
    outputs += [repr(report) for report in kill(play, view, suite, worker, findings)]
    rows = server.value("SELECT COUNT(*) FROM follows WHERE follower_id <= 3 AND followed_id = 150")
    play.check.equal(rows, 0, "what they had written is rolled back")
    check_no_values(play, sent, outputs)


class View:
    """The server's sessions as the play for PostgreSQL asks for them."""

    def __init__(self, server):
        self._server = server

    def sessions(self, application):
        """By the connect attribute program_name; `idle_ms` is how long each sleeps at least, and there is at most too."""
        names, silences = self._server.program_names(), self._server.silences()
        found = []
        for pid in sorted(self._server.sessions()):
            if names.get(pid) == application:
                at_least, at_most = silences.get(pid, (0, 0))
                found.append({"pid": pid, "sleeps": pid in silences, "idle_ms": at_least, "idle_at_most_ms": at_most})
        return found

    def idle_in_transaction(self, application):
        transactions = self._server.transactions()
        sessions = self.sessions(application)
        return [each for each in sessions if each["sleeps"] and each["pid"] in transactions]


def check_names(play, server):
    names = server.program_names()
    theirs = {names.get(pid) for pid in server.sessions()}
    play.check.equal(theirs, {APPLICATION}, f"the application's name is the connect attribute program_name: {APPLICATION}")


def check_rows(play, server, place, finding):
    """By the server's own count, for each session and in what ending them costs."""
    check, transactions = play.check, server.transactions()
    truth = {pid: transactions[pid]["rows_modified"] for pid in pids(finding["subjects"])}
    says = {subject["pid"]: subject["rows_modified"] for subject in finding["subjects"]}
    wrote = LEFT_OPEN[place][2]
    says_rows = "one row" if wrote else "nothing"
    check.equal(set(truth.values()), {1 if wrote else 0}, f"{place}: by the server's account each has modified {says_rows}")
    check.equal(says, truth, f"{place}: the doctor says the same of each")
    predicted = finding["remedies"][0]["predicted"]
    cost = "rolled back" if wrote else "nothing was written"
    check.that(cost in predicted, f"{place}: and what ending them costs: {predicted}", predicted)


def check_statements(play, server, place, finding):
    check = play.check
    shown = [normalized(line["text"]) for line in finding["evidence"]["statements"] if not line["dropped"]]
    before = BEFORE_LAST.get(place, {}).get(play.engine, [])
    expected = [normalized(text) for text in [BEGIN, *before, finding["evidence"]["last_statement"]]]
    check.equal(shown, expected, f"{place}: of its transaction it shows {len(expected)} statements, in this order")
    for pid in pids(finding["subjects"]):
        kept = [normalized(text) for text in server.history(pid)]
        begins = max(n for n, text in enumerate(kept) if text == normalized(BEGIN))
        check.equal(kept[begins:], shown, f"{place}: they are all of session {pid}'s that the server has a text of")


def check_no_values(play, sent, outputs):
    with open(play.log("audit.jsonl"), encoding="utf-8") as audit:
        outputs = [*outputs, audit.read()]
    play.check.that(any(VALUES[0] in text for text in sent), "the server's own history has the values that were sent", sent)
    shown = [value for value in VALUES if any(value in output for output in outputs)]
    play.check.equal(shown, [], "none is in what lockkeeper said, nor in its audit")
