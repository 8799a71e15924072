"""the same through the recorder: a warning before it happens, and whose work it is (Java; MariaDB or MySQL)"""

from through_recorder import perform  # noqa: F401

HAS_FIXED = True
