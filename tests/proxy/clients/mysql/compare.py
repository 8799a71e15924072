#!/usr/bin/python3
"""Runs clients' scripts on MariaDB or MySQL, directly and through the recorder, and compares what they say.

    compare.py --engine mariadb|mysql --build DIR [--clients mariadb,jdbc] [--ways plain,tls] [--io epoll]

Each client runs its whole script, and then logs in with every kind of account: in the clear (`plain`, over io_uring), and with
TLS on both sides of the recorder (`tls`, over epoll). Then it logs in once more in the clear, with TLS between recorder and
server alone (`mixed`). The server is a private one, gone afterwards. Exit status: 0 the same everywhere, 1 a difference, 77
there is no such server, or a client is not installed.
"""
import argparse
import contextlib
import pathlib
import re
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent))
import comparing  # noqa: E402
from comparing import Skip  # noqa: E402
from clients import CLIENTS  # noqa: E402
from stage import ED25519, Stage  # noqa: E402

WAYS = {"plain": "io_uring", "tls": "epoll", "mixed": "io_uring"}


@contextlib.contextmanager
def recorder(build, stage, way, io):
    """The port of `lockkeeper run` in front of the stage's server."""
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile("w") as log:
        command = [build / "apps/lockkeeper", "run"]
        if way == "tls":
            configuration = pathlib.Path(folder, "lockkeeper.toml")
            configuration.write_text(
                f'[proxy]\nlisten = ["127.0.0.1:0"]\n[proxy.tls]\nmode = "require"\ncertificate = "{stage.certificate}"\nkey = "{stage.key}"\n'
                f'[proxy.server_tls]\nmode = "verify-full"\nauthorities = "{stage.certificate}"\n'
                f'[mysql.stage]\nlisten = ["127.0.0.1:0"]\nhost = "127.0.0.1"\nport = {stage.port}\n')
            command += ["--config", configuration]
        else:
            server_tls = "DISABLED" if way == "plain" else "REQUIRED"
            command += [f"{stage.url}?ssl-mode={server_tls}", "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"]
        with comparing.running([*command, "--io", io], log) as process:
            yield comparing.wait_for_port(process, log, " for MySQL and MariaDB")
            if process.poll() is not None:
                sys.exit("the recorder has died:\n" + pathlib.Path(log.name).read_text())


def said_by(client, stage, port, way):
    """Everything the client says, on the same stage each time."""
    stage.clean(way)
    run = client.logins if way == "mixed" else client.everything
    said = run(stage, port, stage.certificate if way == "tls" else "")
    # What the server calls encrypted is its own side, where it is the recorder that talks to it.
    return re.sub("in the clear|encrypted|TLSv[0-9.]+", "", said) if way == "mixed" else said


def compare(options, way, stage):
    """The number of clients that differ, and what is left out."""
    wrong, missing = 0, []
    for name in options.clients.split(","):
        what, began = f"{name}, {options.engine}, {way}", time.monotonic()
        try:
            if way == "mixed" and CLIENTS[name].logins is None:
                continue
            direct = said_by(CLIENTS[name], stage, stage.port, way)
        except Skip as reason:
            print(f"{what}: left out: {reason}", flush=True)
            missing += [name] if name != "mysql" else []  # Where there is no MySQL, that is the other test's to say.
            continue
        if failure := comparing.failure(direct):
            print(f"{direct}\n{what}: the script fails on the server itself: {failure}", flush=True)
            wrong += 1
            continue
        if options.show:
            print(direct)
        then = time.monotonic()
        with recorder(options.build, stage, way, options.io or WAYS[way]) as port:
            difference = comparing.differences("through the recorder", direct, said_by(CLIENTS[name], stage, port, way))
        comparing.tell(f"{what} ({then - began:.0f} s directly, {time.monotonic() - then:.0f} s through)", difference)
        wrong += bool(difference)
    return wrong, missing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", choices=("mariadb", "mysql"), required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--clients", default=",".join(CLIENTS), help=f"of {', '.join(CLIENTS)}")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--io", default=None, help="default: io_uring, and epoll for tls")
    parser.add_argument("--show", action="store_true", help="what each client says directly, too")
    options = parser.parse_args()
    wrong, missing = 0, []
    try:
        with tempfile.TemporaryDirectory() as folder, Stage.started(options.engine, options.build, folder) as stage:
            if options.engine == "mariadb" and not stage.has_ed25519:
                print(f"left out: accounts of ed25519: there is no {ED25519} (scripts/setup puts it there)")
            for way in options.ways.split(","):
                differing, lacking = compare(options, way, stage)
                wrong, missing = wrong + differing, missing + lacking
    except Skip as reason:
        print(f"skipped: {reason}")
        return comparing.SKIPPED
    if wrong == 0 and missing:
        return comparing.SKIPPED
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
