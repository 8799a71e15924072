"""How each client is run: its whole script, and its logins. Each is a function of (stage, port, certificate or "" for none)."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import comparing
from comparing import PATIENCE, PYTHON, Skip, need, need_jar, need_module

HERE = pathlib.Path(__file__).resolve().parent
MYSQL = pathlib.Path(os.environ.get("LOCKKEEPER_MYSQL_ROOT", HERE.parents[3] / "build/servers/mysql")) / "run"
CONNECTOR_JAR = "/usr/share/java/mariadb-java-client.jar"
LONGEST = 4000  # Characters of a line that are shown; of what is longer, its digest.


def environment(port, certificate):
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "UTC", "MYSQL_HOST": "127.0.0.1",
            "MYSQL_TCP_PORT": str(port), "CLIENT_TLS": certificate}


def run(command, port, certificate, **options):
    return comparing.run(command, environment(port, certificate), **options)


class Script:
    """A client whose script is a program: without arguments all of it, else a login for each argument.

    `program`: (stage, port, certificate, arguments) to what it has said; it raises Skip.
    """

    def __init__(self, program):
        self._program = program

    def everything(self, stage, port, certificate):
        return self._program(stage, port, certificate, []) + self.logins(stage, port, certificate)

    def logins(self, stage, port, certificate):
        return self._program(stage, port, certificate, stage.logins())


def python(module, package):
    def program(_stage, port, certificate, arguments):
        need_module(module, package)
        return run([PYTHON, HERE / "python_client.py", module, *arguments], port, certificate)
    return Script(program)


def node(_stage, port, certificate, arguments):
    need("node", "nodejs")
    if not (HERE / "node/node_modules/mysql2").is_dir():
        raise Skip("tests/proxy/clients/mysql/node has no node_modules (scripts/setup installs them)")
    return run(["node", HERE / "node/client.js", *arguments], port, certificate)


def jdbc(stage, port, certificate, arguments):
    need_jar(CONNECTOR_JAR, "libmariadb-java")
    return comparing.run_java("JdbcClient", HERE / "JdbcClient.java", CONNECTOR_JAR, stage.folder, environment(port, certificate),
                              *arguments)


class CommandLine:
    """The client `mysql` of MySQL, and `mariadb` of MariaDB, which takes nearly the same options."""

    def __init__(self, program, encrypted, in_the_clear):
        self._program, self._encrypted, self._in_the_clear = program, encrypted, in_the_clear

    def everything(self, stage, port, certificate):
        with self._reaching(port, certificate) as folder:
            return shortened(self._script(folder) + self._interrupted(stage) + self._log_in(stage))

    def logins(self, stage, port, certificate):
        with self._reaching(port, certificate):
            return self._log_in(stage)

    @contextlib.contextmanager
    def _reaching(self, port, certificate):
        """While it lasts: `_run` and `_start` go there, in a folder of their own."""
        if self._program[0] == MYSQL and not MYSQL.exists():
            raise Skip(f"{MYSQL} is missing (scripts/setup unpacks MySQL where it can be had)")
        if self._program[0] != MYSQL:
            need(self._program[0], "mariadb-client-core")
        tls = [*self._encrypted, f"--ssl-ca={certificate}"] if certificate else self._in_the_clear
        self._command = [*map(str, self._program), "--no-defaults", "--protocol=tcp", "--host=127.0.0.1", f"--port={port}", *tls]
        self._port, self._certificate = port, certificate
        with tempfile.TemporaryDirectory() as self._folder:
            yield self._folder

    def _run(self, *arguments, **options):
        """Refusals are part of what is compared: no status of it shows that the script has failed."""
        said = run([*self._command, *arguments], self._port, self._certificate, cwd=self._folder, **options)
        return said.replace("exit status", "ended with")

    def _start(self, *arguments):
        return subprocess.Popen([*self._command, *arguments], env=environment(self._port, self._certificate), cwd=self._folder,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def _script(self, folder):
        files = {"rows.csv": "".join(f"{n},row {n}\n" for n in range(1000, 1100)), "empty.csv": "",
                 "large.sql": f"SELECT SHA2('{'x' * 20_000_000}', 256) AS sent;\nSELECT REPEAT('large', 4000000) AS received;\n"}
        for name, text in files.items():
            pathlib.Path(folder, name).write_text(text)
        script = (HERE / "script.sql").read_text()
        app = ["--user=app", "--password=proof", "--default-character-set=utf8mb4", "--local-infile=1", "--max-allowed-packet=64M", "test"]
        text = ""
        for options in ([], ["--quick"], ["--compress"], ["--xml", "--show-warnings"], ["--vertical", "--column-type-info"]):
            text += f"{options}\n" + self._run("--force", "-vv", *options, *app, input=script)
        with open(pathlib.Path(folder, "large.sql"), encoding="ascii") as large:
            text += self._run(*app, stdin=large)
        return text + self._run("--quick", *app, "--execute=SELECT * FROM many ORDER BY id")

    def _interrupted(self, stage):
        """As by Ctrl-C: the client kills its statement through a connection of its own."""
        sleeping = self._start("--user=app", "--password=proof", "--force", "test", "--execute=SELECT 1 FROM many WHERE SLEEP(90) = 7")
        deadline = time.monotonic() + PATIENCE / 2
        asleep = "SELECT 1 FROM information_schema.processlist WHERE user = 'app' AND info LIKE 'SELECT 1 FROM many%'"
        while not stage.ask(asleep) and sleeping.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        sleeping.send_signal(signal.SIGINT)
        try:
            said = sleeping.communicate(timeout=PATIENCE)[0]
        except subprocess.TimeoutExpired:
            sleeping.kill()
            said = sleeping.communicate()[0] + "did not end\n"
        while stage.ask(asleep) and time.monotonic() < deadline:
            time.sleep(0.02)
        return f"interrupted: {said}still running there: {len(stage.ask(asleep))}\n"

    def _log_in(self, stage):
        text = ""
        for word in stage.logins():
            user, password, database = word.split(":")
            ask = "SELECT CURRENT_USER(), DATABASE(); SHOW STATUS LIKE 'Ssl_version'"
            text += f"{word}\n" + self._run(f"--user={user}", f"--password={password}", database, f"--execute={ask}")
        return text


def shortened(text):
    """Long lines and many lines by their digests."""
    lines = [line if len(line) <= LONGEST else f"{line[:60]}... {len(line)} characters, {comparing.digest(line)}"
             for line in text.split("\n")]
    return re.sub(r"(?:^\d+\trow .*\n){1000,}", lambda rows: f"rows, {comparing.digest(rows[0])}\n", "\n".join(lines), flags=re.MULTILINE)


class Sysbench:
    logins = None  # Of one kind of account.

    def everything(self, stage, port, certificate):
        need("sysbench", "sysbench")
        kept = re.compile(r"(transactions|queries|ignored errors|reconnects|read|write|other|total): +\d+|FATAL.*|exit status.*|"
                          r"(Creating|Inserting|Dropping) [^']*'\w+'")
        folder = pathlib.Path(stage.folder)
        for name, file in (("cacert", stage.certificate), ("client-cert", stage.certificate), ("client-key", stage.key)):
            shutil.copy(file, folder / f"{name}.pem")  # It looks for these names where it runs.
        text = ""
        # Threads that write the same rows may meet a deadlock, which it counts as an ignored error.
        for script, threads, prepared in (("oltp_read_write", 1, "auto"), ("oltp_read_write", 1, "disable"), ("oltp_read_only", 4, "auto"),
                                          ("oltp_point_select", 4, "disable"), ("oltp_insert", 4, "auto"), ("bulk_insert", 1, "disable")):
            common = ["sysbench", script, "--mysql-host=127.0.0.1", f"--mysql-port={port}", "--mysql-user=app", "--mysql-password=proof",
                      "--mysql-db=test", "--time=0", "--events=200", f"--db-ps-mode={prepared}"]
            common += ["--mysql-ssl=on"] if certificate else []
            common += [] if script == "bulk_insert" else ["--tables=2", "--table-size=2000"]
            for step in ("prepare", f"--threads={threads} run", "cleanup"):
                said = run([*common, *step.split()], port, certificate, cwd=folder)
                text += f"{script}, {prepared}, {step}\n" + "".join(f"{found[0]}\n" for found in kept.finditer(said))
        return text


CLIENTS = {
    "mariadb": CommandLine(["mariadb"], ["--ssl", "--ssl-verify-server-cert"], ["--skip-ssl"]),
    "mysql": CommandLine([MYSQL, "mysql"], ["--ssl-mode=VERIFY_CA"], ["--ssl-mode=DISABLED", "--get-server-public-key"]),
    "pymysql": python("pymysql", "python3-pymysql"),
    "mysqlclient": python("MySQLdb", "python3-mysqldb"),
    "node": Script(node),
    "jdbc": Script(jdbc),
    "sysbench": Sysbench(),
}
