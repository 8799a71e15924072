"""psycopg2 as applications use it; what it prints is compared."""
import io

import psycopg2
import psycopg2.extensions
import psycopg2.extras
import psycopg2.pool


def refused(what, call):
    try:
        call()
        print(what, "went through")
    except psycopg2.Error as error:
        print(what, type(error).__name__, error.pgcode)


def transactions(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE item (id serial PRIMARY KEY, name text, price numeric, made timestamptz)")
        cursor.executemany("INSERT INTO item (name, price) VALUES (%s, %s)", [(f"item {n}", n) for n in range(20)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, price FROM item WHERE price > %s ORDER BY id", (15,))
        print(cursor.description[1].name, cursor.fetchall())
        refused("division", lambda: cursor.execute("SELECT 1 / 0"))
        refused("after an error", lambda: cursor.execute("SELECT 1"))
        connection.rollback()
        cursor.execute("SELECT 1")
        print(connection.info.transaction_status)
        connection.commit()
        print(connection.info.transaction_status)


def values(connection):
    with connection.cursor() as cursor:
        psycopg2.extras.execute_values(cursor, "INSERT INTO item (name, price) VALUES %s", [("bulk", n) for n in range(300)])
        print(cursor.rowcount)
        cursor.execute("SELECT %s, %s, %s, %s", (None, "quote ' and \\", [1, 2, None], psycopg2.Binary(bytes(range(256)))))
        row = cursor.fetchone()
        print(row[:3], bytes(row[3]) == bytes(range(256)))
        cursor.execute("SELECT %s::text", ("x" * 1_000_000,))
        print(len(cursor.fetchone()[0]))
    connection.commit()


def server_side_cursors(connection):
    with connection.cursor("named") as cursor:
        cursor.itersize = 7
        cursor.execute("SELECT generate_series(1, 40)")
        print(sum(row[0] for row in cursor))
    connection.commit()
    held = connection.cursor("held", withhold=True)
    held.execute("SELECT generate_series(1, 10)")
    connection.commit()
    print(held.fetchmany(3), held.fetchone())
    held.close()
    connection.commit()


def copies(connection):
    with connection.cursor() as cursor:
        cursor.copy_expert("COPY item (name, price) FROM STDIN", io.StringIO("copied\t1\ncopied\t2\n"))
        refused("copy", lambda: cursor.copy_expert("COPY item (name, price) FROM STDIN", io.StringIO("bad\tx\n")))
        connection.rollback()
        out = io.StringIO()
        cursor.copy_expert("COPY (SELECT name FROM item ORDER BY id LIMIT 3) TO STDOUT", out)
        print(out.getvalue())
    connection.commit()


def session_state(connection):
    connection.set_session(isolation_level="SERIALIZABLE", readonly=True)
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        print(cursor.fetchone())
        refused("writing", lambda: cursor.execute("INSERT INTO item (name) VALUES ('no')"))
    connection.rollback()
    connection.set_session(isolation_level="DEFAULT", readonly=False, autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '17MB'")
        cursor.execute("SHOW work_mem")
        print(cursor.fetchone())
        cursor.execute("LISTEN news")
        cursor.execute("NOTIFY news, 'hello'")
        connection.poll()
        print([(note.channel, note.payload) for note in connection.notifies])
        cursor.execute("UNLISTEN *")
        cursor.execute("DO $$BEGIN RAISE NOTICE 'heard'; END$$")
        print(connection.notices[-1:])
        connection.set_client_encoding("LATIN1")
        cursor.execute("SELECT chr(228)")
        print(ascii(cursor.fetchone()), connection.encoding)


def two_phase(connection):
    connection.autocommit = False
    connection.tpc_begin(connection.xid(1, "global", "branch"))
    connection.cursor().execute("SELECT 1")
    connection.tpc_prepare()
    connection.tpc_rollback()
    print("two-phase commit", connection.status)


def pooled():
    pool = psycopg2.pool.SimpleConnectionPool(1, 3, "")
    for number in range(6):
        connection = pool.getconn()
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s", (number,))
            print(cursor.fetchone())
        pool.putconn(connection)
    pool.closeall()


def main():
    connection = psycopg2.connect("", options="-c statement_timeout=30s", application_name="psycopg2")
    print(connection.get_parameter_status("application_name"))
    transactions(connection)
    values(connection)
    server_side_cursors(connection)
    copies(connection)
    try:
        two_phase(connection)
    except psycopg2.Error as error:
        connection.rollback()
        print("two-phase commit", type(error).__name__)
    session_state(connection)
    connection.close()
    pooled()


if __name__ == "__main__":
    main()
