#!/usr/bin/python3
"""Runs one client's script directly and through the proxy in both pool modes, and compares what it says.

    compare.py CLIENT --build DIR [--versions 15,18] [--io epoll]

CLIENT is one of pgbench, psql, psycopg2, psycopg, node, jdbc. The server is a private one, gone afterwards. Exit status:
0 the same everywhere, 1 a difference, 77 the client is not installed. LOCKKEEPER_PROXY_PEER=pgbouncer puts Debian's
PgBouncer in the proxy's place.
"""
import argparse
import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import comparing  # noqa: E402
from comparing import PYTHON, Skip, free_port, need, need_jar, need_module, running  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "proof"
POSTGRES_JAR = "/usr/share/java/postgresql.jar"


@contextlib.contextmanager
def proxy(build, server_port, mode, io):
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile("w") as log:
        if os.environ.get("LOCKKEEPER_PROXY_PEER") == "pgbouncer":
            os.chmod(folder, 0o755)
            port = free_port()
            ini = pathlib.Path(folder, "pgbouncer.ini")
            users = pathlib.Path(folder, "users.txt")
            users.write_text(f'"postgres" "{PASSWORD}"\n')
            ini.write_text(
                f"[databases]\n* = host=127.0.0.1 port={server_port}\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\n"
                f"unix_socket_dir=\nauth_type=scram-sha-256\nauth_file={users}\npool_mode={mode}\n"
                "ignore_startup_parameters=extra_float_digits,options\n")
            user = {"user": "nobody"} if os.geteuid() == 0 else {}
            with running(["/usr/sbin/pgbouncer", ini], log, **user):
                while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
                    time.sleep(0.02)
                yield port
        else:
            url = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{server_port}/postgres"
            command = [build / "apps/lockkeeper", "run", url, "--listen", "127.0.0.1:0", "--pool-mode", mode, "--io", io]
            with running(command, log) as process:
                yield comparing.wait_for_port(process, log)
                if process.poll() is not None:
                    sys.exit("the proxy has died:\n" + pathlib.Path(log.name).read_text())


@contextlib.contextmanager
def others(port):
    """Other clients beside the one that is compared: in transaction mode it meets their server connections."""
    with subprocess.Popen([PYTHON, HERE / "others.py"], stdin=subprocess.PIPE, env=environment(port)) as process:
        yield
        process.stdin.close()
        if process.wait(60) != 0:
            sys.exit("the clients beside the one that is compared have failed")


def environment(port):
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PGHOST": "127.0.0.1",
            "PGPORT": str(port), "PGUSER": "postgres", "PGPASSWORD": PASSWORD, "PGDATABASE": "postgres",
            "PGSSLMODE": "disable", "PGCONNECT_TIMEOUT": "30"}


def run(command, port, **options):
    said = re.sub(r"(with PID |\(node:)\d+", r"\1...", comparing.run(command, environment(port), **options))
    # What psycopg's pipeline tells its log when it is collected: whether it still can is a matter of the moment.
    return re.sub(r"^error ignored .*\n", "", said, flags=re.MULTILINE)


def clean(port):
    run(["psql", "-qXc", "DROP SCHEMA public CASCADE; CREATE SCHEMA public"], port)


def pgbench(port, folder):
    need("pgbench", "postgresql-client-15")
    kept = ("number of", "pgbench: error", "exit status", "transaction type", "query mode", "FATAL", "ERROR")

    def bench(*arguments):
        said = run(["pgbench", "-n", "-c", "4", "-j", "2", "--random-seed=7", *arguments], port, cwd=folder)
        return "".join(line + "\n" for line in said.splitlines() if any(word in line for word in kept))

    text = run(["pgbench", "-i", "-q", "-s", "1", "-I", "dtGvp"], port).splitlines()[-1] + "\n"
    for mode in ("simple", "extended", "prepared"):
        text += bench("-M", mode, "-t", "40") + bench("-M", mode, "-S", "-t", "60") + bench("-M", mode, "-t", "10", "-C")
        sums = "SELECT sum(abalance), count(*) FROM pgbench_accounts; SELECT sum(delta), count(*) FROM pgbench_history"
        text += run(["psql", "-XAtc", sums], port)
    pipeline = pathlib.Path(folder, "pipeline.sql")
    pipeline.write_text("\\startpipeline\nBEGIN;\nUPDATE pgbench_tellers SET tbalance = tbalance + 1 WHERE tid = 1;\n"
                        "SELECT 1;\nCOMMIT;\n\\endpipeline\n")
    text += bench("-M", "extended", "-t", "20", "-f", pipeline) + bench("-M", "prepared", "-t", "20", "-f", pipeline)
    return text + run(["psql", "-XAtc", "SELECT tbalance > 0 FROM pgbench_tellers WHERE tid = 1"], port)


def psql(port, folder):
    need("psql", "postgresql-client-15")
    pathlib.Path(folder, "rows.csv").write_text("1,one\n2,two\n3,\n")
    pathlib.Path(folder, "wrong.csv").write_text("4,four\nx,five\n")
    return run(["psql", "-X", "-v", "VERBOSITY=verbose", "-f", HERE / "script.psql"], port, cwd=folder)


def python(script, module, package):
    def client(port, _folder):
        need_module(module, package)
        return run([PYTHON, HERE / script], port)
    return client


def node(port, _folder):
    need("node", "nodejs")
    if not (HERE / "node/node_modules/pg").is_dir():
        raise Skip("tests/proxy/clients/node has no node_modules (scripts/setup installs them)")
    return run(["node", HERE / "node/client.js"], port)


def jdbc(port, folder):
    need_jar(POSTGRES_JAR, "libpostgresql-jdbc-java")
    return comparing.run_java("JdbcClient", HERE / "JdbcClient.java", POSTGRES_JAR, folder, environment(port))


CLIENTS = {
    "pgbench": pgbench,
    "psql": psql,
    "psycopg2": python("psycopg2_client.py", "psycopg2", "python3-psycopg2"),
    "psycopg": python("psycopg_client.py", "psycopg", "python3-psycopg"),
    "node": node,
    "jdbc": jdbc,
}


def compare(client, build, version, io):
    """The number of modes that differ."""
    wrong = 0
    server = comparing.private_server([build / "tests/support/private-postgres", "--version", version])
    with tempfile.TemporaryDirectory() as folder, server as told:
        direct = CLIENTS[client](told["port"], folder)
        if not direct.endswith("exit status 0\n") and "exit status 3" not in direct:
            print(direct)
            sys.exit(f"{client}'s script fails on PostgreSQL {version} itself")
        for mode in ("session", "transaction"):
            clean(told["port"])
            with proxy(build, told["port"], mode, io) as port, others(port):
                difference = comparing.differences(f"{mode} mode", direct, CLIENTS[client](port, folder))
            comparing.tell(f"{client}, PostgreSQL {version}, {mode} mode, {io}", difference)
            wrong += bool(difference)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--versions", default="15,18")
    parser.add_argument("--io", default=None, help="default: io_uring with the first version, epoll with the second")
    options = parser.parse_args()
    wrong = 0
    try:
        for number, version in enumerate(options.versions.split(",")):
            wrong += compare(options.client, options.build, version, options.io or ("io_uring", "epoll")[number % 2])
    except Skip as missing:
        print(f"skipped: {missing}")
        return comparing.SKIPPED
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
