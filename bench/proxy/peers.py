"""The programs that are measured: how each is configured and started between pgbench and the server."""
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time

PASSWORD = "measured"
MOST_CLIENTS = 12000


class Peer:
    """`prepared`: it can do protocol-level prepared statements in transaction mode."""

    def __init__(self, name, prepared, command):
        self.name, self.prepared, self.command = name, prepared, command

    def start(self, folder, server_port):
        return running(self, folder, server_port)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def pgbouncer(program):
    def command(folder, port, server_port):
        folder.chmod(0o755)
        (folder / "users.txt").write_text(f'"postgres" "{PASSWORD}"\n')
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={server_port}\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\n"
            f"unix_socket_dir=\nauth_type=scram-sha-256\nauth_file={folder}/users.txt\npool_mode=transaction\n"
            f"max_client_conn={MOST_CLIENTS}\ndefault_pool_size=64\nlog_connections=0\nlog_disconnections=0\n"
            "ignore_startup_parameters=extra_float_digits\n")
        words = [*program, folder / "pgbouncer.ini"]
        return words, {"user": pwd.getpwnam("nobody").pw_uid} if os.geteuid() == 0 else {}
    return command


def haproxy(folder, port, server_port):
    (folder / "haproxy.cfg").write_text(
        f"global\n  maxconn 2000\n  nbthread 1\ndefaults\n  mode tcp\n  timeout connect 10s\n  timeout client 1h\n"
        f"  timeout server 1h\nlisten pg\n  bind 127.0.0.1:{port}\n  server one 127.0.0.1:{server_port}\n")
    return ["/usr/sbin/haproxy", "-db", "-f", folder / "haproxy.cfg"], {}


def lockkeeper(build, *arguments):
    def command(folder, port, server_port):
        (folder / "lockkeeper.toml").write_text(f"[proxy]\nmax_clients = {MOST_CLIENTS}\npool_size = 64\n")
        url = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{server_port}/postgres"
        return [build / "apps/lockkeeper", "run", url, "--listen", f"127.0.0.1:{port}", "--pool-mode", "transaction",
                "--workers", "1", "--config", folder / "lockkeeper.toml", *arguments], {}
    return command


def known(build, newer_pgbouncer):
    """Every peer that is here, by name."""
    peers = [Peer("direct", True, None), Peer("haproxy", True, haproxy),
             Peer("pgbouncer", False, pgbouncer(["/usr/sbin/pgbouncer"]))]
    if newer_pgbouncer:
        peers.append(Peer("pgbouncer-new", True, pgbouncer([newer_pgbouncer, "pgbouncer"])))
    peers += [Peer("io_uring", True, lockkeeper(build, "--io", "io_uring")),
              Peer("epoll", True, lockkeeper(build, "--io", "epoll")),
              Peer("no-record", True, lockkeeper(build, "--io", "io_uring", "--no-record"))]
    return {peer.name: peer for peer in peers}


def here(peer, build):
    """Why the peer cannot be measured; empty where it can."""
    if peer.name in ("io_uring", "epoll", "no-record", "record"):
        return "" if (build / "apps/lockkeeper").exists() else f"{build}/apps/lockkeeper is not built"
    if peer.name in ("haproxy", "pgbouncer") and shutil.which(peer.name) is None and not pathlib.Path("/usr/sbin", peer.name).exists():
        return f"{peer.name} is missing (Debian: {peer.name})"
    return ""


@contextlib.contextmanager
def running(peer, folder, server_port):
    """Yields (port to use, process id of the peer or None)."""
    if peer.command is None:
        yield server_port, None
        return
    folder = folder / peer.name
    folder.mkdir(exist_ok=True)
    port = free_port()
    words, options = peer.command(folder, port, server_port)
    with open(folder / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen([str(word) for word in words], stdout=log, stderr=subprocess.STDOUT, **options)
    try:
        wait_until_listening(process, port, folder / "log")
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def wait_until_listening(process, port, log):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    sys.exit(f"it does not listen:\n{log.read_text()[-2000:]}")
