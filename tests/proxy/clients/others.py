"""Three clients with short transactions and statements, without rest, until standard input ends."""
import sys
import threading

import psycopg2


def work(stop, number, failures):
    try:
        connection = psycopg2.connect("", application_name=f"other {number}")
        while not stop.is_set():
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT %s, pg_sleep(%s)", (number, 0.002 * number))
                assert cursor.fetchone()[0] == number
            stop.wait(0.003)
        connection.close()
    except Exception as error:  # Whatever it was: the comparison has failed.
        failures.append(error)


def main():
    stop, failures = threading.Event(), []
    threads = [threading.Thread(target=work, args=(stop, number, failures)) for number in range(1, 4)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
