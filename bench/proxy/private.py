"""The benchmarks' own PostgreSQL, and what a client is told of where it is."""
import contextlib
import json
import os
import pathlib
import subprocess

import peers

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LOCKKEEPER_BUILD", ROOT / "build/release"))


@contextlib.contextmanager
def private_server(build):
    """A server of our own; yields (port, the postmaster's process id). It ends when its standard input closes."""
    command = [build / "tests/support/private-postgres", "--version", "15", "--max-connections", "300",
               "--setting", "shared_buffers=256MB", "--setting", "max_wal_size=4GB"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        told = json.loads(server.stdout.readline())
        postmaster = int(pathlib.Path(told["data_dir"], "postmaster.pid").read_text().splitlines()[0])
        yield told["port"], postmaster
        server.stdin.close()


def environment(port):
    return {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "postgres", "PGPASSWORD": peers.PASSWORD,
            "PGDATABASE": "postgres", "PGSSLMODE": "disable"}
