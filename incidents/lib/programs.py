"""Where the programs under test are: in the environment, or in the first build that exists."""

import os

from lib.expect import Unexpected

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PYTHON = "/usr/bin/python3"  # the one that Debian's packages are installed for; another may be first on PATH
PRESETS = ("dev", "release", "asan")


def lockkeeper():
    return _find("LOCKKEEPER_BIN", "apps/lockkeeper")


def private_postgres():
    return _find("PRIVATE_POSTGRES_BIN", "tests/support/private-postgres")


def private_mysql():
    return _find("PRIVATE_MYSQL_BIN", "tests/support/private-mysql")


def _find(variable, path):
    named = os.environ.get(variable)
    if named:
        if not os.access(named, os.X_OK):
            raise Unexpected(f"{variable} names {named}, which is not a program")
        return os.path.abspath(named)
    for preset in PRESETS:
        candidate = os.path.join(REPOSITORY, "build", preset, path)
        if os.access(candidate, os.X_OK):
            return candidate
    raise Unexpected(
        f"no {os.path.basename(path)} in build/{{{','.join(PRESETS)}}}/{os.path.dirname(path)}: "
        f"build one (cmake --preset dev && cmake --build --preset dev) or name it in {variable}"
    )
