"""The checks that every play through the recorder makes: its account of a transaction against the server's own."""

from lib.expect import wait_until
from lib.recorder import milliseconds, titles, unfolded
from lib.statements import gap_before, normalized

ANSWER_ON_ITS_WAY_MS = 1000  # the server has ended it, the recorder has yet to read so: two cores for all of us
CLOCKS_MS = 20  # the log's milliseconds, and ours


class Account:
    """One open transaction of one client, as the console tells it and as the server logged it."""

    def __init__(self, holder, transaction, rows, sent):
        self.holder, self.transaction, self.rows, self.sent = holder, transaction, rows, sent

    @property
    def client(self):
        return self.holder["client"]

    @property
    def pid(self):
        return int(self.holder["server_pid"])

    def told(self):
        return unfolded((row["statement"], row["runs"]) for row in self.rows)


def accounts(server, recorder, application, pids):
    """Of the open transactions on these server connections, by pid."""
    holders = [row for row in recorder.holders(application) if int(row["server_pid"]) in set(pids)]
    transactions = {row["client"]: row for row in recorder.open_transactions(application)}
    holders = [row for row in holders if row["client"] in transactions]  # one that goes on at this moment is left out
    rows = {row["client"]: recorder.statements(transactions[row["client"]]["id"]) for row in holders}
    log = server.statement_log()
    return {
        int(row["server_pid"]): Account(row, transactions[row["client"]], rows[row["client"]],
                                        log.last_transaction(int(row["server_pid"])))
        for row in holders
    }


def check_lists(play, told, what):
    """Every statement in order, each as often as it was sent, and when; nothing that was secret in it."""
    check = play.check
    wrong = {pid: (each.told(), [normalized(sent.text) for sent in each.sent]) for pid, each in told.items()
             if each.told() != [normalized(sent.text) for sent in each.sent]}
    check.equal(wrong, {}, f"SHOW STATEMENTS has all that {what} sent in the transaction, in order, and nothing else")
    wrong = {pid: (row["number"], row["runs"]) for pid, each in told.items() for row in each.rows
             if int(row["number"]) != 1 + sum(int(above["runs"]) for above in each.rows[: each.rows.index(row)])}
    check.equal(wrong, {}, "it numbers them as they were sent")
    wrong = {pid: each.transaction["statements"] for pid, each in told.items()
             if not len(each.sent) == int(each.transaction["statements"]) == int(each.holder["statements"])}
    check.equal(wrong, {}, "SHOW TRANSACTIONS and SHOW HOLDERS count as many")
    wrong = [(pid, row["number"], row["gap_before"]) for pid, each in told.items() for row in each.rows[1:]
             if not _gap_is_right(each, row)]
    check.equal(wrong, [], "no gap between two of them is longer than the server saw it")


def check_replay(play, recorder, findings, told, *limits, look=None):
    """Dump and replay say the same as the console, and more: who, and the likely mistake. Returns the look."""
    check = play.check
    look = recorder.replay(*limits) if look is None else look
    check.equal(sorted(each["id"] for each in look.findings), sorted(each["id"] for each in findings),
                "dump and replay give the same findings")
    by_pid = {each.pid: each for each in told.values()}
    wrong = []
    for finding in look.findings:
        check.that(bool(finding["likely_mistake"]), f"{finding['rule']}: it names the likely mistake")
        wrong += [(finding["rule"], subject["pid"]) for subject in finding["subjects"] if not _is_client(subject, by_pid)]
        statements = [(line["text"], line["count"]) for line in finding["evidence"].get("statements", [])]
        if finding["subjects"] and unfolded(statements) != by_pid[finding["subjects"][0]["pid"]].told():
            wrong.append((finding["rule"], statements))
    check.equal(wrong, [], "their subjects are the real clients, with the whole list of the first one's statements")
    return look


def _is_client(subject, by_pid):
    account = by_pid.get(subject["pid"])
    return account is not None and subject["client"] == account.holder["address"]


def check_gone(play, recorder, clients, says):
    """After KILL_CLIENT: it is carried out by the client's own worker, and the client may have something to read yet."""

    def left():
        return {row["id"] for row in recorder.show("CLIENTS")} & set(clients)

    wait_until(lambda: not left(), 10, lambda: f"clients to be gone; there are {left()}")
    play.check.equal(left(), set(), says)


def expect_silence(play, recorder, but=()):
    """Nothing is left that could be acted on; `but` are the rules that go on telling of what is over."""
    def left():
        return titles(finding for finding in recorder.findings() if finding["rule"] not in but or finding["remedy"])

    wait_until(lambda: not left(), 15, lambda: f"the recorder to be silent; it says {left()}")
    play.check.equal(left(), [], "afterwards, the recorder finds nothing more to act on")


def _gap_is_right(account, row):
    gap, exact = milliseconds(row["gap_before"])
    return gap - exact <= gap_before(account.sent, int(row["number"]) - 1) + CLOCKS_MS


def check_silence_since(play, told, before, after):
    """The time since the last statement lies between two looks of ours (pid: ms)."""
    wrong = {}
    for pid, each in told.items():
        idle, exact = milliseconds(each.transaction["idle_for"])
        if not before[pid] - ANSWER_ON_ITS_WAY_MS - exact <= idle <= after[pid] + CLOCKS_MS + exact:
            wrong[pid] = (before[pid], idle, after[pid])
    play.check.equal(wrong, {}, "the time since the last statement is the true one, between two looks of ours")


def check_no_values(play, recorder, told):
    """No literal and no parameter that the log has is in anything that the console tells."""
    cells = [cell for what in ("HOLDERS", "TRANSACTIONS", "FINDINGS") for row in recorder.show(what) for cell in row.values()]
    cells += [row["statement"] for each in told.values() for row in each.rows]
    values = set().union(*(sent.values for each in told.values() for sent in each.sent))
    cells.append(recorder.dumped)
    leaked = {value for value in values if any(value in (cell or "") for cell in cells)}
    play.check.that(bool(values), "what they sent had values in it", told)
    play.check.equal(leaked, set(), f"neither the console nor the dump has any of the {len(values)} values that were sent")
