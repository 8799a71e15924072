"""psycopg 3 as applications use it: pipelines, prepared statements, server-side cursors; what it prints is compared."""
import asyncio

import psycopg


def refused(what, call):
    try:
        call()
        print(what, "went through")
    except psycopg.Error as error:
        print(what, type(error).__name__, error.sqlstate)


def prepared(connection):
    for number in range(12):  # The fifth run prepares by itself.
        print(connection.execute("SELECT name FROM item WHERE id = %s", (number,)).fetchall(), end=" ")
    print(connection.execute("SELECT %s::int + 1", (41,), prepare=True).fetchone())
    connection.prepared_max = 3  # Now statements are deallocated by the client.
    for number in range(30):
        connection.execute(f"SELECT {number % 7}, %s", ("x",), prepare=True)
    connection.commit()
    with connection.transaction():
        connection.execute("SELECT name FROM item WHERE id = %s", (1,))
        with connection.transaction() as inner:
            connection.execute("UPDATE item SET name = 'no' WHERE id = 1")
            raise psycopg.Rollback(inner)
    print(connection.execute("SELECT name FROM item WHERE id = 1").fetchone())
    connection.commit()


def pipelines(connection):
    with connection.pipeline():
        first = connection.execute("SELECT 1")
        connection.execute("INSERT INTO item VALUES (100, 'pipelined')")
        second = connection.execute("SELECT name FROM item WHERE id = %s", (100,))
        with connection.transaction():
            connection.execute("UPDATE item SET name = 'changed' WHERE id = 100")
        print(first.fetchone(), second.fetchone())
    connection.commit()

    def failing():
        with connection.pipeline():
            connection.execute("SELECT 1")
            connection.execute("SELECT 1 / 0")
            connection.execute("SELECT 2")
    refused("pipeline", failing)
    connection.rollback()
    with connection.pipeline() as pipeline, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO item VALUES (%s, %s)", [(n, f"many {n}") for n in range(200, 260)])
        pipeline.sync()
        rows = [connection.execute("SELECT %s::int", (n,)) for n in range(50)]
        pipeline.sync()
        print(sum(row.fetchone()[0] for row in rows))
    connection.commit()
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO item VALUES (%s, %s) RETURNING id", [(n, "r") for n in range(300, 310)], returning=True)
        count = 0
        while True:
            count += len(cursor.fetchall())
            if not cursor.nextset():
                break
        print(count)
    connection.commit()


def server_side_cursors(connection):
    with connection.cursor("named") as cursor:
        cursor.execute("SELECT generate_series(1, 100)")
        print(cursor.fetchmany(5), cursor.fetchone())
        cursor.scroll(10)
        print(sum(row[0] for row in cursor))
    with connection.cursor("scrollable", scrollable=True, withhold=True) as cursor:
        cursor.execute("SELECT generate_series(1, 10)")
        connection.commit()
        print(cursor.fetchmany(4))
        cursor.scroll(0, mode="absolute")
        print(cursor.fetchone())
    connection.commit()
    print(sum(row[0] for row in connection.cursor().stream("SELECT generate_series(1, 500)")))
    connection.commit()


def copies(connection):
    with connection.cursor() as cursor:
        with cursor.copy("COPY item FROM STDIN") as copy:
            for number in range(400, 450):
                copy.write_row((number, None if number % 7 == 0 else f"copied {number}"))
        with cursor.copy("COPY (SELECT id, name FROM item WHERE id >= 400 ORDER BY id) TO STDOUT") as copy:
            print(sum(1 for _ in copy.rows()))

        def failing():
            with cursor.copy("COPY item FROM STDIN") as copy:
                copy.write("x\ty\n")
        refused("copy", failing)
    connection.rollback()
    with connection.cursor() as cursor, cursor.copy("COPY (SELECT 1::int) TO STDOUT (FORMAT BINARY)") as copy:
        copy.set_types(["int4"])
        print(list(copy.rows()))
    connection.commit()


def session_state(connection):
    connection.autocommit = True
    heard = []
    connection.add_notice_handler(lambda notice: heard.append(notice.message_primary))
    connection.execute("DO $$BEGIN RAISE NOTICE 'heard'; END$$")
    connection.execute("SET application_name = 'changed'")
    print(heard, connection.info.parameter_status("application_name"))
    notes = []
    connection.add_notify_handler(lambda note: notes.append(note.payload))
    connection.execute("LISTEN news")
    connection.execute("NOTIFY news, 'hello'")
    connection.execute("SELECT 1")
    print(notes)
    connection.execute("UNLISTEN *")
    connection.execute("CREATE TEMP TABLE t AS SELECT 7 AS a")
    print(connection.execute("SELECT a FROM t").fetchone())
    with connection.cursor(binary=True) as cursor:
        cursor.execute("SELECT %s::bytea, %s::float8, %s::int[]", (b"\0\1", 1.5, [1, 2]))
        print(cursor.fetchone())
    connection.execute("SELECT %s::text", ("y" * 1_000_000,))


async def at_the_same_time():
    connections = [await psycopg.AsyncConnection.connect("", autocommit=True) for _ in range(4)]

    async def work(number, connection):
        total = 0
        for turn in range(20):
            async with connection.transaction():
                cursor = await connection.execute("SELECT %s::int * %s::int", (number, turn))
                total += (await cursor.fetchone())[0]
        return total

    print(await asyncio.gather(*(work(number, connection) for number, connection in enumerate(connections))))
    canceled = asyncio.create_task(connections[0].execute("SELECT pg_sleep(30)"))
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query = 'SELECT pg_sleep(30)'"
    while (await (await connections[1].execute(asleep)).fetchone())[0] == 0:
        await asyncio.sleep(0.02)
    connections[0].cancel()
    try:
        await canceled
    except psycopg.Error as error:
        print(type(error).__name__)
    print(await (await connections[0].execute("SELECT 'fine'")).fetchone())
    for connection in connections:
        await connection.close()


def main():
    with psycopg.connect("", application_name="psycopg") as connection:
        connection.execute("CREATE TABLE item (id int PRIMARY KEY, name text)")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO item VALUES (%s, %s)", [(n, f"item {n}") for n in range(15)])
        connection.commit()
        refused("duplicate", lambda: connection.execute("INSERT INTO item VALUES (%s, %s)", (1, "again")))
        connection.rollback()
        prepared(connection)
        pipelines(connection)
        server_side_cursors(connection)
        copies(connection)
        session_state(connection)
    asyncio.run(at_the_same_time())


if __name__ == "__main__":
    main()
