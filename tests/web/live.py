#!/usr/bin/python3
"""Incident 1 on the real thing: a private PostgreSQL, a daemon in front of it, an application that leaks, and a headless
Chromium that sees it grow, opens the finding, ends the sessions from the page and sees them drop.

Usage: live.py LOCKKEEPER PRIVATE_POSTGRES NODE TEST. Exit status: that of the test, 77 where psql is not there."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

LEAKS = 80  # fewer than the server has connections
SECONDS_BETWEEN = 1
ENOUGH = 20  # are waited for before they are ended
PATIENCE = 60


class Leaks:
    """An application that begins a transaction, reads, and forgets it, again and again."""

    def __init__(self, url):
        self._url = url
        self._stopped = threading.Event()
        self._children = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        for _ in range(LEAKS):
            child = subprocess.Popen(["psql", "-q", "-X", self._url], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            self._children.append(child)
            child.stdin.write(b"begin;\nselect id from refund where id = 1;\n")
            child.stdin.flush()
            if self._stopped.wait(SECONDS_BETWEEN):
                return

    def stop(self):
        self._stopped.set()
        self._thread.join()
        for child in self._children:
            child.kill()
            child.wait()


def first_match(stream, pattern, what):
    """The first line that matches; the stream's end says that there is none."""
    for line in stream:
        found = re.search(pattern, line)
        if found:
            return found
    raise SystemExit(f"{what} said nothing like {pattern}")


def prepare(url):
    subprocess.run(["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", url, "-c", "create role webhook login",
                    "-c", "create table refund (id integer primary key)", "-c", "grant select on refund to webhook"],
                   check=True, timeout=PATIENCE)


def main(folder):
    lockkeeper, private_postgres, node, test = sys.argv[1:]
    if not shutil.which("psql"):
        print("skipped: psql is not installed")
        return 77
    server = subprocess.Popen([private_postgres], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    daemon = leaks = None
    try:
        url = json.loads(server.stdout.readline())["url"]
        prepare(url)
        daemon = subprocess.Popen([lockkeeper, "run", url, "--no-proxy", "--http", "127.0.0.1:0", "--http-actions",
                                   "--min-idle", "1s", "--audit", os.path.join(folder, "audit.jsonl")],
                                  stdout=subprocess.PIPE, text=True)
        dashboard = first_match(daemon.stdout, r"dashboard at (http://\S+)", "lockkeeper run").group(1)
        leaks = Leaks(url.replace("postgres@", "webhook@", 1) + "?application_name=webhook")
        environment = dict(os.environ, LOCKKEEPER_DASHBOARD_URL=dashboard, LOCKKEEPER_DASHBOARD_APPLICATION="webhook",
                           LOCKKEEPER_DASHBOARD_ENOUGH=str(ENOUGH))
        return subprocess.run([node, "--test", test], env=environment, check=False).returncode
    finally:
        if leaks:
            leaks.stop()
        for child in (daemon, server):
            if child:
                child.terminate()
                child.wait(timeout=PATIENCE)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(scratch))
