"""PyMySQL and mysqlclient as applications use them; what is printed is compared.

    python_client.py pymysql|MySQLdb                        the whole script, as the account `app`
    python_client.py pymysql|MySQLdb USER:PASSWORD:DATABASE...   one login each, and how it ended

Where to: MYSQL_TCP_PORT. CLIENT_TLS, if it is set, names the certificate to trust.
"""
import datetime
import decimal
import hashlib
import importlib
import os
import pathlib
import sys
import tempfile
import threading
import time

driver = importlib.import_module(sys.argv[1])
cursors = importlib.import_module(f"{sys.argv[1]}.cursors")
CLIENT = importlib.import_module(f"{sys.argv[1]}.constants.CLIENT")
PACKET = 0xFFFFFF  # The longest payload of one packet of the protocol; what is longer, or as long, has another behind it.
PATIENCE = 60
# The client's own words (2006, 2013, 2026 of TLS) and the server's last one, where it has one.
GONE = (1317, 1927, 2006, 2013, 2026, 3169, 4031)


def connect(user="app", password="proof", database="test", **options):
    tls = {"ssl": {"ca": os.environ["CLIENT_TLS"]}} if os.environ.get("CLIENT_TLS") else {}
    return driver.connect(host="127.0.0.1", port=int(os.environ["MYSQL_TCP_PORT"]), user=user, password=password,
                          database=database, charset="utf8mb4", connect_timeout=30, **tls, **options)


def refused(what, call):
    try:
        call()
        print(what, "went through")
    except driver.Error as error:
        print(what, type(error).__name__, error.args)


def gone(what, call):
    """The server has closed the connection: which of these a client says is a matter of the moment, and of TLS."""
    try:
        call()
        print(what, "still there")
    except driver.Error as error:
        print(what, "gone" if error.args[0] in GONE else error.args)


def ask(connection, sql, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def login(word):
    user, password, database = word.split(":")
    try:
        connection = connect(user, password, database)
    except (driver.Error, UnicodeError, RuntimeError) as error:
        print(word, type(error).__name__, error.args)
        return
    try:
        encrypted = ask(connection, "SHOW STATUS LIKE 'Ssl_cipher'")[0][1] != ""
        own_id = ask(connection, "SELECT CONNECTION_ID()")[0][0] == connection.thread_id()
        print(word, ask(connection, "SELECT CURRENT_USER(), DATABASE()"), "encrypted" if encrypted else "in the clear",
              "its id" if own_id else "another id")
    except driver.Error as error:
        print(word, "is in, but", type(error).__name__, error.args)
    connection.close()


def greeting(connection):
    print(connection.get_server_info(), connection.get_proto_info(), connection.character_set_name(), connection.get_autocommit())
    print("its own id", ask(connection, "SELECT CONNECTION_ID()")[0][0] == connection.thread_id())
    print(ask(connection, "SELECT attr_name, attr_value FROM performance_schema.session_connect_attrs WHERE processlist_id = "
                          "CONNECTION_ID() AND attr_name NOT IN ('_pid', '_thread', '_server_host') ORDER BY attr_name"))


def tables(connection):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS entry, kept")
        cursor.execute("CREATE TABLE entry (id int AUTO_INCREMENT PRIMARY KEY, name varchar(200) UNIQUE, price decimal(12, 4), "
                       "at datetime(6), day date, span time, body longblob, share double) DEFAULT CHARSET utf8mb4")
        cursor.execute("CREATE TABLE kept (id int AUTO_INCREMENT PRIMARY KEY, name varchar(200)) "
                       "DEFAULT CHARSET utf8mb4")


def values(connection):
    moment = datetime.datetime(2024, 2, 29, 23, 59, 58, 123456)
    row = ("emoji 🐙 and 'quotes' \\ %", decimal.Decimal("12345678.9012"), moment, moment.date(),
           datetime.timedelta(hours=-30, minutes=5), bytes(range(256)), -1.5e-300)
    with connection.cursor() as cursor:
        print(cursor.execute("INSERT INTO entry (name, price, at, day, span, body, share) VALUES (%s, %s, %s, %s, %s, %s, %s)", row))
        print(cursor.lastrowid, cursor.rowcount)
        cursor.execute("INSERT INTO entry (name) VALUES (NULL)")
        print(cursor.executemany("INSERT INTO entry (name, price) VALUES (%s, %s)", [(f"many {n}", n) for n in range(400)]))
        print(cursor.lastrowid, cursor.rowcount)
        print(cursor.execute("UPDATE entry SET price = 1 WHERE price < 10"), cursor.execute("UPDATE entry SET price = 1 WHERE price = 1"))
        print(cursor.execute("DELETE FROM entry WHERE name LIKE 'many 39%'"))
        cursor.execute("SELECT * FROM entry WHERE id < 4 ORDER BY id")
        print([column[:2] + column[4:] for column in cursor.description], cursor.fetchall())
        cursor.execute("SELECT 1 FROM entry WHERE id < 0")
        print(cursor.rowcount, cursor.fetchall())
    connection.commit()
    with connection.cursor(cursors.DictCursor) as cursor:
        cursor.execute("SELECT name, 1 + 1 AS `two words` FROM entry ORDER BY id LIMIT 2")
        print(cursor.fetchone(), cursor.fetchmany(5))


def errors(connection):
    refused("duplicate", lambda: ask(connection, "INSERT INTO entry (name) VALUES ('many 1')"))
    refused("syntax", lambda: ask(connection, "SELEC 1"))
    refused("no table", lambda: ask(connection, "SELECT * FROM nothing"))
    refused("signal", lambda: ask(connection, "CALL complain()"))
    refused("empty", lambda: connection.query(""))
    refused("no database", lambda: connection.select_db("nowhere"))
    refused("in the middle of rows", lambda: ask(
        connection, "SELECT id, (SELECT 1 UNION SELECT 2 FROM many WHERE many.id = m.id AND m.id > 700) FROM many m ORDER BY id"))
    print(ask(connection, "SELECT CAST('12x' AS SIGNED), 1 / 0"), ask(connection, "SHOW WARNINGS"))
    print(ask(connection, "SELECT 'still there'"))


def transactions(connection):
    def count():
        return ask(connection, "SELECT COUNT(*) FROM entry WHERE name LIKE 'tx%%'")[0][0]

    ask(connection, "INSERT INTO entry (name) VALUES ('tx rolled back')")
    connection.rollback()
    print(count())
    connection.begin()
    ask(connection, "INSERT INTO entry (name) VALUES ('tx one')")
    ask(connection, "SAVEPOINT here")
    ask(connection, "INSERT INTO entry (name) VALUES ('tx two')")
    ask(connection, "ROLLBACK TO SAVEPOINT here")
    ask(connection, "RELEASE SAVEPOINT here")
    connection.commit()
    print(count(), ask(connection, "SELECT @@autocommit, @@in_transaction" if mariadb(connection) else "SELECT @@autocommit"))
    connection.autocommit(True)
    ask(connection, "INSERT INTO entry (name) VALUES ('tx three')")
    connection.rollback()
    print(count())
    ask(connection, "START TRANSACTION READ ONLY")
    refused("read only", lambda: ask(connection, "INSERT INTO entry (name) VALUES ('tx no')"))
    ask(connection, "COMMIT AND CHAIN")
    ask(connection, "ROLLBACK RELEASE")
    gone("released", lambda: ask(connection, "SELECT 1"))


def mariadb(connection):
    return "MariaDB" in connection.get_server_info()


def several_results():
    connection = connect(client_flag=CLIENT.MULTI_STATEMENTS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1; UPDATE entry SET price = 7 WHERE id < 3; SELECT 2, 3; SELEC")
        results = [cursor.fetchall()]
        try:
            while cursor.nextset():
                results.append((cursor.rowcount, cursor.description and cursor.fetchall()))
        except driver.Error as error:
            results.append(error.args)
        print(results)
        cursor.execute("CALL shelves(3)")
        results = [(cursor.description[0][0], cursor.fetchall())]
        while cursor.nextset():
            results.append((cursor.rowcount, cursor.description and cursor.fetchall()))
        print(results)
        cursor.callproc("doubled", (21, 0))
        cursor.nextset()
        cursor.execute("SELECT @_doubled_0, @_doubled_1")
        print(cursor.fetchall())
    connection.rollback()
    connection.close()


def server_side_statements(connection):
    """Neither has the protocol's; these are SQL's."""
    ask(connection, "PREPARE sum_of FROM 'SELECT ? + ?, ?'")
    ask(connection, "SET @a = 1, @b = 2.5, @c = NULL")
    print(ask(connection, "EXECUTE sum_of USING @a, @b, @c"))
    ask(connection, "DEALLOCATE PREPARE sum_of")
    refused("deallocated", lambda: ask(connection, "EXECUTE sum_of USING @a, @b, @c"))


def local_files():
    connection = connect(local_infile=1)
    with tempfile.TemporaryDirectory() as folder, connection.cursor() as cursor:
        file = pathlib.Path(folder, "rows.csv")
        file.write_text("".join(f"{n},loaded {n} ü\n" for n in range(30_000)), encoding="utf-8")
        load = "LOAD DATA LOCAL INFILE %s INTO TABLE kept CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' (@n, name)"
        print(cursor.execute(load, (str(file),)), cursor.rowcount)
        print(ask(connection, "SELECT COUNT(*), MIN(name), MAX(name) FROM kept"))
        file.write_text("")
        print(cursor.execute(load, (str(file),)))
        try:
            cursor.execute(load, (str(file) + ".missing",))
        except driver.Error as error:
            print(type(error).__name__, error.args[0])
        print(ask(connection, "SELECT 'after a file that is not there'"))
        file.write_text("1\n2,two\n")
        refused("duplicates", lambda: cursor.execute(load.replace("INTO TABLE", "REPLACE INTO TABLE"), (str(file),)))
        print(ask(connection, "SHOW WARNINGS"))
    connection.rollback()
    connection.close()
    refused("files switched off", lambda: ask(connect(local_infile=0), "LOAD DATA LOCAL INFILE '/nowhere' INTO TABLE kept"))


def large_values(connection):
    """Around the boundary of one packet, in both directions, and 20 MB."""
    for size in (PACKET - 1, PACKET, PACKET + 1, 20_000_000):
        begin, end = "SELECT SHA2('", "', 256), 'whole'"
        body = "y" * (size - 1 - len(begin) - len(end))  # A byte is the command's.
        print(size, ask(connection, begin + body + end)[0] == (hashlib.sha256(body.encode()).hexdigest(), "whole"))
        got = ask(connection, f"SELECT REPEAT('z', {size} - 4)")[0][0]  # Four are the length's.
        print(size, len(got), hashlib.md5(got.encode() if isinstance(got, str) else got).hexdigest())
    print(ask(connection, "SELECT 'after large values'"))


def many_rows(connection):
    rows = ask(connection, "SELECT id, name FROM many ORDER BY id")
    print(len(rows), sum(row[0] for row in rows), hashlib.md5(repr(rows).encode()).hexdigest())
    with connection.cursor(cursors.SSCursor) as cursor:
        cursor.execute("SELECT id, name FROM many ORDER BY id")
        print(cursor.fetchone(), cursor.fetchmany(3), sum(1 for _ in cursor))
    with connection.cursor(cursors.SSCursor) as cursor:
        cursor.execute("SELECT id FROM many ORDER BY id")
        print(cursor.fetchone())  # And the rest is read by close().
    print(ask(connection, "SELECT 'after a stream'"))


def commands(connection):
    connection.ping()
    connection.select_db("information_schema")
    print(ask(connection, "SELECT DATABASE()"))
    connection.select_db("test")
    if hasattr(connection, "change_user"):  # mysqlclient's
        ask(connection, "SET @mine = 1")
        connection.change_user("app", "proof", "test")
        print(ask(connection, "SELECT CURRENT_USER(), @mine"), "its id",
              ask(connection, "SELECT CONNECTION_ID()")[0][0] == connection.thread_id())
        refused("change_user", lambda: connection.change_user("app", "wrong", "test"))
        gone("after it", lambda: ask(connection, "SELECT 1"))


def more_of_mysqlclient(connection):
    print(connection.stat().split()[0], connection.info(), connection.warning_count(), connection.field_count())
    connection.set_server_option(0)  # MULTI_STATEMENTS_ON
    connection.query("SELECT 1; SELECT 2")
    print(connection.store_result().fetch_row(0), connection.next_result(), connection.store_result().fetch_row(0), connection.next_result())
    connection.set_server_option(1)
    refused("multi statements off", lambda: connection.query("SELECT 1; SELECT 2"))
    refused("dump", connection.dump_debug_info)
    print(ask(connection, "SELECT 'after them'"))


def killed():
    """One connection's statement by another, then the connection itself."""
    victim, killer = connect(), connect(autocommit=True)
    told = []

    def sleep():
        try:
            told.append(ask(victim, "SELECT id FROM entry WHERE SLEEP(100) = 7 LIMIT 1"))
        except driver.Error as error:
            told.append((type(error).__name__, error.args))

    def asleep():
        return ask(killer, "SELECT 1 FROM information_schema.processlist WHERE id = %s AND info LIKE '%%SLEEP(100)%%' AND "
                           "state LIKE '%%sleep%%'", (victim.thread_id(),))

    sleeper = threading.Thread(target=sleep)
    sleeper.start()
    deadline = time.monotonic() + PATIENCE
    while not asleep() and time.monotonic() < deadline:
        time.sleep(0.02)
    ask(killer, f"KILL QUERY {victim.thread_id()}")
    sleeper.join(PATIENCE)
    print("KILL QUERY", told, ask(victim, "SELECT 'alive'"))
    try:
        killer.kill(victim.thread_id())
    except driver.Error as error:  # A command of its own, which MySQL 9 has no more.
        print("kill:", error.args)
        ask(killer, f"KILL {victim.thread_id()}")
    while ask(killer, "SELECT 1 FROM information_schema.processlist WHERE id = %s", (victim.thread_id(),)) and time.monotonic() < deadline:
        time.sleep(0.02)
    gone("KILL:", lambda: ask(victim, "SELECT 1"))
    refused("nobody to kill", lambda: ask(killer, "KILL 4000000000"))


def locks():
    """A lock wait that runs into its limit, and a deadlock: both end in the server's errors."""
    one, two = connect(), connect()
    for connection in (one, two):
        ask(connection, "SET innodb_lock_wait_timeout = 1")
    ask(one, "UPDATE entry SET price = 100 WHERE id = 1")
    refused("lock wait", lambda: ask(two, "UPDATE entry SET price = 200 WHERE id = 1"))
    two.rollback()
    one.rollback()
    one.close()
    two.close()


def main():
    connection = connect()
    greeting(connection)
    tables(connection)
    values(connection)
    errors(connection)
    connection.rollback()
    server_side_statements(connection)
    several_results()
    local_files()
    large_values(connection)
    many_rows(connection)
    if hasattr(connection, "set_server_option"):
        more_of_mysqlclient(connection)
    killed()
    locks()
    commands(connection)
    transactions(connect())


if __name__ == "__main__":
    if sys.argv[2:]:
        for each in sys.argv[2:]:
            login(each)
    else:
        main()
