"""Ten thousand clients that do nothing: what each costs the proxy, and what is given back once they have left."""
import base64
import hashlib
import hmac
import resource
import socket
import struct
import time

import gauges
import peers


def message(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


class Client:
    """As much of the protocol as logging in takes (trust or SCRAM-SHA-256)."""

    salted = {}  # By salt and iterations: the costly part is the same for all clients.

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.inbox = b""
        body = b"\0\3\0\0user\0postgres\0database\0postgres\0\0"
        self.socket.sendall(struct.pack("!I", len(body) + 4) + body)
        self.log_in()

    def read(self):
        while len(self.inbox) < 5 or len(self.inbox) < 1 + struct.unpack("!I", self.inbox[1:5])[0]:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError(f"the connection was closed: {self.inbox!r}")
            self.inbox += piece
        size = 1 + struct.unpack("!I", self.inbox[1:5])[0]
        kind, body, self.inbox = self.inbox[:1], self.inbox[5:size], self.inbox[size:]
        if kind == b"E":
            raise RuntimeError(body)
        return kind, body

    def log_in(self):
        while True:
            kind, body = self.read()
            if kind == b"Z":
                return
            if kind != b"R":
                continue
            method = struct.unpack("!I", body[:4])[0]
            if method == 10:
                first = b"n,,n=,r=measured"
                self.socket.sendall(message(b"p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first))
            elif method == 11:
                self.socket.sendall(message(b"p", self.proof(body[4:].decode())))

    def proof(self, server_first):
        fields = dict(part.split("=", 1) for part in server_first.split(","))
        key = (fields["s"], fields["i"])
        if key not in self.salted:
            self.salted[key] = hashlib.pbkdf2_hmac("sha256", peers.PASSWORD.encode(), base64.b64decode(key[0]), int(key[1]))
        client_key = hmac.digest(self.salted[key], b"Client Key", "sha256")
        final = f"c=biws,r={fields['r']}"
        signed = hmac.digest(hashlib.sha256(client_key).digest(), f"n=,r=measured,{server_first},{final}".encode(), "sha256")
        mixed = bytes(a ^ b for a, b in zip(client_key, signed))
        return f"{final},p={base64.b64encode(mixed).decode()}".encode()

    def prepare(self):
        self.socket.sendall(message(b"P", b"s1\0SELECT abalance FROM pgbench_accounts WHERE aid = $1\0\0\0") + message(b"S", b""))
        while self.read()[0] != b"Z":
            pass


def measure(peer, folder, server_port, count):
    """KiB: (each idle, each with a prepared statement, kept per client after they left, PSS of the program before)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(count, hard - 200)
    try:
        with peer.start(folder, server_port) as (port, pid):
            Client(port).socket.close()
            before = gauges.settled_memory(pid)
            clients = [Client(port) for _ in range(count)]
            idle = gauges.settled_memory(pid)
            if peer.prepared:
                for client in clients:
                    client.prepare()
            prepared = gauges.settled_memory(pid)
            for client in clients:
                client.socket.close()
            time.sleep(2)
            after = gauges.settled_memory(pid)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return {"clients": count, "program": before[1], "idle": (idle[1] - before[1]) / count,
            "prepared": (prepared[1] - before[1]) / count if peer.prepared else None,
            "left": (after[1] - before[1]) / count}
