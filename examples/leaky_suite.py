"""Three tests, all green. One leaves a transaction open, for which another will wait some day:

    PYTHONPATH=reporters lockkeeper test -- pytest -p lockkeeper_pytest examples/leaky_suite.py

With Debian's python3-pytest and python3-psycopg2. `lockkeeper test` starts a PostgreSQL for it.
"""
import os

import psycopg2
import pytest

connections = []  # the pool of a small program: whoever opens a connection forgets it here


@pytest.fixture(scope="module", autouse=True)
def stock():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE stock (item int PRIMARY KEY, left_over int)")
        cursor.execute("INSERT INTO stock VALUES (1, 10)")


def connect():
    connections.append(psycopg2.connect(os.environ["DATABASE_URL"]))
    return connections[-1]


def sell(item, count):
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("SELECT left_over FROM stock WHERE item = %s FOR UPDATE", (item,))
    if cursor.fetchone()[0] < count:
        return False  # and the transaction?
    cursor.execute("UPDATE stock SET left_over = left_over - %s WHERE item = %s", (count, item))
    connection.commit()
    return True


def test_sells():
    assert sell(1, 3)


def test_counts():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT left_over FROM stock WHERE item = 1")
        assert cursor.fetchone() == (7,)


def test_refuses_what_is_not_there():
    assert not sell(1, 100)
