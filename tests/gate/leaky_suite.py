"""A suite with SQLAlchemy: two of its tests leave a transaction open, and one has done so for years."""
import os

import pytest
import sqlalchemy

engine = sqlalchemy.create_engine(os.environ["DATABASE_URL"], pool_size=5)


@pytest.fixture(scope="session")
def schema():
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, state VARCHAR(20))"))
    # Open as long as the session is, and nobody's fault.
    connection = engine.connect()
    transaction = connection.begin()
    connection.execute(sqlalchemy.text("SELECT 'for all of the session'"))
    yield
    transaction.rollback()
    connection.close()


left = []


def leave_open(statement):
    connection = engine.connect()
    connection.begin()
    connection.execute(sqlalchemy.text(statement))
    left.append(connection)


def test_orders_are_kept(schema):
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("INSERT INTO orders VALUES (1, 'new')"))


def test_an_early_return(schema):
    leave_open("SELECT state FROM orders WHERE id = 1")


def test_an_old_sin(schema):
    leave_open("SELECT count(*) FROM orders")


def test_everything_is_fine(schema):
    with engine.begin() as connection:
        assert connection.execute(sqlalchemy.text("SELECT count(*) FROM orders")).scalar() == 1


@pytest.mark.skipif(os.environ.get("FAIL") is None, reason="is not to fail")
def test_that_fails():
    assert False
