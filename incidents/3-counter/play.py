"""REQUIRES_NEW takes a second connection of a pool of two (Java, Spring, HikariCP; PostgreSQL)

Two requests at once hold both connections of their application's pool, and each waits for a third. All time out together, and
come again. The pool is in the application: the server's views have two transactions that sleep, which the doctor alone has
to find, with all of them asleep together, and again after a timeout.
"""

from doctor import perform  # noqa: F401

HAS_FIXED = True
