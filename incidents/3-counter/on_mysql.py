"""the same on MariaDB or MySQL, with the rows that each has written (Java, Spring, HikariCP)"""

from doctor import perform  # noqa: F401

HAS_FIXED = True
