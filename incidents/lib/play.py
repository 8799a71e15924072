"""One incident being played: its options, its logs, what it has started, and the clean-up of all of it."""

import os
import re
import select
import shutil
import sys
import tempfile

from lib import programs
from lib.expect import Checks, Unexpected
from lib.lockkeeper import SILENT, Lockkeeper
from lib.processes import Child
from lib.recorder import Recorder
from lib.server import Server
from lib.story import Story

DASHBOARD = re.compile(r"^dashboard at (\S+)$", re.M)
DASHBOARD_DEADLINE = 15
SECONDS_BETWEEN = 1  # as in the incident: one more a second


class Play:
    def __init__(self, folder, *, demo=False, fixed=False, keep=False, pool_mode="session", engine="postgres"):
        self.folder = folder
        self.pool_mode = pool_mode
        self.engine = engine
        self.demo, self.fixed, self._keep = demo, fixed, keep
        self.story = Story()
        self.check = Checks(self.story)
        self.logs = tempfile.mkdtemp(prefix=f"incident-{os.path.basename(folder)}-")
        self._children = []
        self._clean_up = []
        self._server = None

    def server(self, role, **options):
        self._server = Server(self.logs, role, **options)
        self._children.append(self._server.child)
        return self._server

    def mysql_server(self, role):
        """MariaDB or MySQL, as was asked for."""
        from lib.mysql_server import MysqlServer  # here, because the other plays can do without PyMySQL

        self._server = MysqlServer(self.logs, role, self.engine)
        self._children.append(self._server.child)
        return self._server

    def lockkeeper(self):
        return Lockkeeper(self._server, self.story, self.demo, self.start)

    def recorder(self, *options):
        """Between the application and the server, in the mode that was asked for. It ends after its clients, and well."""
        recorder = None

        def ended_well():
            if recorder is not None and recorder.status != 0:
                raise Unexpected(f"the recorder ended with status {recorder.status}")

        self.at_end(ended_well)  # the clean-up goes backwards: this comes after its end
        recorder = Recorder(self._server, self.story, self.demo, self.start, pool_mode=self.pool_mode, options=options)
        return recorder

    def start(self, name, command, *, env=None):
        """A child that ends with the play; its logs are shown if the play fails."""
        child = Child(name, command, self.logs, cwd=self.folder, env=env)
        self._children.append(child)
        self._clean_up.append(child.stop)
        return child

    def at_end(self, action):
        self._clean_up.append(action)

    def linger(self, server, more, *options):
        """In a demo that somebody watches: the dashboard stays open, and the incident goes on, until Enter."""
        if not (self.demo and sys.stdin.isatty() and sys.stdout.isatty()):
            return
        words = ["run", server.url, "--no-proxy", "--http", "127.0.0.1:0", "--http-actions", "--audit", self.log("audit.jsonl")]
        child = self.start("dashboard", [programs.lockkeeper(), *words, *options])
        address = child.wait_for(lambda: DASHBOARD.search(child.out()), DASHBOARD_DEADLINE, "the dashboard is served")[1]
        self.story.say(f"It happens once more, for you to look at and to end: {address}  Press Enter when you have seen enough.")
        while not select.select([sys.stdin], [], [], SECONDS_BETWEEN)[0]:
            more()

    def expect_silence(self, *options, look=None, when="afterwards"):
        """The doctor finds nothing, and that counts: it has seen everything."""
        if look is None:
            self.lockkeeper().show("doctor", *options)
            look = self.lockkeeper().doctor(*options)
        self.check.equal(look.titles(), [], f"{when}, the doctor has nothing to say")
        saw = (look.status, look.report["complete"])
        self.check.equal(saw, (SILENT, True), f"{when}, it has seen everything and finds all well")

    def log(self, name):
        return os.path.join(self.logs, name)

    def tails(self):
        return "\n".join(tail for tail in (child.tail() for child in self._children) if tail)

    def close(self):
        """Ends everything, last started first, the server after all its clients."""
        problems = []
        for action in [*reversed(self._clean_up), *([self._server.stop] if self._server else [])]:
            try:
                action()
            except Exception as problem:  # one that cannot be stopped must not keep the others running
                problems.append(f"{action}: {problem}")
        if self._keep:
            self.story.say(f"Logs and audit are kept in {self.logs}")
        else:
            shutil.rmtree(self.logs, ignore_errors=True)
        return problems
