"""The server that the clients meet: its settings, accounts, tables and procedures."""
import contextlib
import os
import pathlib
import shutil
import subprocess

import pymysql
from comparing import private_server

PASSWORD = "proof"
# Debian's mariadb-server brings it, and would start a server of its own: only this file of it is unpacked.
ED25519 = pathlib.Path(__file__).resolve().parents[4] / "build/servers/mariadb-plugins/auth_ed25519.so"

SETTINGS = {
    "local-infile": "ON",
    "max-allowed-packet": "64M",
    "performance-schema": "ON",  # For the connections' attributes; MariaDB's is off.
    "event-scheduler": "OFF",
}

# Made anew for each run: the first login of an account of caching_sha2_password is another exchange than the second.
ACCOUNTS = {
    "mariadb": {
        "native": f"IDENTIFIED VIA mysql_native_password USING PASSWORD('{PASSWORD}')",
        "open": "IDENTIFIED BY ''",
        "expired": f"IDENTIFIED BY '{PASSWORD}' PASSWORD EXPIRE",
        "locked": f"IDENTIFIED BY '{PASSWORD}' ACCOUNT LOCK",
        "secured": f"IDENTIFIED BY '{PASSWORD}' REQUIRE SSL",
    },
    "mysql": {
        "sha2": f"IDENTIFIED WITH caching_sha2_password BY '{PASSWORD}'",
        "sha256": f"IDENTIFIED WITH sha256_password BY '{PASSWORD}'",
        "open": "IDENTIFIED BY ''",
        "expired": f"IDENTIFIED BY '{PASSWORD}' PASSWORD EXPIRE",
        "locked": f"IDENTIFIED BY '{PASSWORD}' ACCOUNT LOCK",
        "secured": f"IDENTIFIED BY '{PASSWORD}' REQUIRE SSL",
    },
}
ED25519_ACCOUNTS = {
    "ed": f"IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}')",
    "either": f"IDENTIFIED VIA ed25519 USING PASSWORD('another') OR mysql_native_password USING PASSWORD('{PASSWORD}')",
}

# Where the recorder alone talks to the server over TLS: who must, does; and a password in the clear is what a client without
# TLS would not send. MySQL asks it of somebody whom it does not know, too.
OTHERWISE_WHERE_MIXED = ("secured:", "sha256:", "nobody:")

PROCEDURES = (
    "CREATE PROCEDURE shelves(IN many int) BEGIN SELECT many AS wanted; SELECT id, name FROM many WHERE id <= many ORDER BY id; "
    "SELECT 1 FROM many WHERE id < 0; DO 0; SELECT 'last', NULL, 2.5; END",
    "CREATE PROCEDURE doubled(IN one int, OUT two int) BEGIN SET two = one * 2; END",
    "CREATE PROCEDURE complain() BEGIN SELECT 'before'; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no, ü', MYSQL_ERRNO = 5000; END",
)
DIGITS = "(SELECT 0 AS n" + "".join(f" UNION ALL SELECT {n}" for n in range(1, 10)) + ")"
MANY = 200_000
FILL_MANY = (f"INSERT INTO many SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n + 100000 * f.n + 1 AS id, "
             f"CONCAT('row ', a.n, ' of ', e.n, f.n) FROM " + ", ".join(f"{DIGITS} {name}" for name in "abcdef") +
             f" WHERE f.n < {MANY // 100_000}")


def make_certificate(folder):
    """A certificate for 127.0.0.1 that is its own authority, and its key twice: as the recorder takes it, and the server."""
    certificate, key = pathlib.Path(folder, "certificate.pem"), pathlib.Path(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    os.chmod(folder, 0o755)
    servers_key = pathlib.Path(folder, "servers-key.pem")
    shutil.copy(key, servers_key)
    servers_key.chmod(0o644)  # The server runs as another user; it lives as long as the test.
    return str(certificate), str(key), str(servers_key)


class Stage:
    def __init__(self, engine, folder, certificate, key, port, root):
        self.engine, self.folder, self.certificate, self.key, self.port, self._root = engine, folder, certificate, key, port, root
        self._way = "plain"
        self.url = f"mysql://recorder:{PASSWORD}@127.0.0.1:{port}/test"
        self.accounts = dict(ACCOUNTS[engine])
        self.has_ed25519 = engine == "mariadb" and ED25519.exists()
        if self.has_ed25519:
            self._run("INSTALL SONAME 'auth_ed25519'")
            self.accounts.update(ED25519_ACCOUNTS)
        self._make_what_stays()

    @classmethod
    @contextlib.contextmanager
    def started(cls, engine, build, folder):
        certificate, key, servers_key = make_certificate(folder)
        command = [build / "tests/support/private-mysql", "--engine", engine]
        settings = {**SETTINGS, "ssl-cert": certificate, "ssl-key": servers_key, "ssl-ca": certificate}
        if engine == "mariadb" and ED25519.exists():
            plugins = pathlib.Path(folder, "plugins")
            plugins.mkdir()
            plugins.chmod(0o755)
            shutil.copy(ED25519, plugins)
            settings["plugin-dir"] = str(plugins)
        for name, value in settings.items():
            command += ["--set", f"{name}={value}"]
        with private_server(command) as told:
            root = pymysql.connect(host="127.0.0.1", port=told["port"], user="root", database="test", autocommit=True)
            yield cls(engine, folder, certificate, key, told["port"], root)
            root.close()

    def ask(self, sql, parameters=None):
        with self._root.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def _run(self, *statements):
        for statement in statements:
            self.ask(statement)

    def _make_what_stays(self):
        self._run(f"CREATE USER recorder@'%' IDENTIFIED BY '{PASSWORD}'", "GRANT ALL ON *.* TO recorder@'%'")
        self._run("CREATE TABLE many (id int PRIMARY KEY, name varchar(40)) DEFAULT CHARSET utf8mb4", FILL_MANY, *PROCEDURES)

    def clean(self, way):
        """As before the first run; `way` is the one that is to come."""
        self._way = way
        self._run("DROP PROCEDURE IF EXISTS three")
        for name, how in {"app": f"IDENTIFIED BY '{PASSWORD}'", **self.accounts}.items():
            self._run(f"DROP USER IF EXISTS {name}@'%'", f"CREATE USER {name}@'%' {how}")
            self._run(f"GRANT ALL ON {'*' if name == 'app' else 'test'}.* TO {name}@'%'")
        kept = ("many",)
        for (table,) in self.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'test'"):
            if table not in kept:
                self._run(f"DROP TABLE `{table}`")

    def logins(self):
        """What every client is to try, one after another: USER:PASSWORD:DATABASE."""
        words = [f"{name}:{'' if name == 'open' else PASSWORD}:test" for name in self.accounts]
        twice = [word for word in words if word.startswith(("sha2:", "secured:"))]  # The second time the server knows them.
        refused = [f"{next(iter(self.accounts))}:wrong:test", "nobody:proof:test", "app:proof:nowhere", "app::test",
                   f"{next(iter(self.accounts))}:{PASSWORD}:mysql"]
        everyone = words + twice + refused
        return everyone if self._way != "mixed" else [word for word in everyone if not word.startswith(OTHERWISE_WHERE_MIXED)]
