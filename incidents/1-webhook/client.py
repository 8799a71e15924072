"""Those who call the shop: the platform with its webhooks, and the customers who must notice nothing."""

import http.client
import json
import threading
from collections import Counter

TIMEOUT = 15
CUSTOMERS = 3
PAUSE_SECONDS = 0.01  # between a customer's requests; two cores are shared with the server and the service


class Caller:
    """One keep-alive connection to the service."""

    def __init__(self, port):
        self._port = port
        self._connection = None

    def request(self, method, path, body=None):
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            self._connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = self._connection.getresponse()
            return response.status, json.loads(response.read() or b"null")
        except Exception:
            self.close()
            raise

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Platform:
    """Sends webhooks, each for another product."""

    def __init__(self, port):
        self._caller = Caller(port)
        self.sent = 0

    def send(self, count=1):
        for _ in range(count):
            self.sent += 1
            delivery = {"delivery_id": f"delivery-{self.sent}", "origin_id": f"178414{self.sent:011d}"}
            status, body = self._caller.request("POST", "/webhooks/instagram", delivery)
            if status != 202:
                raise RuntimeError(f"webhook {self.sent} was answered {status}: {body}")


class Customers:
    """The healthy twin: the same service, application name and user, sessions used properly, without a break."""

    def __init__(self, port):
        self._port = port
        self._leave = threading.Event()
        self._lock = threading.Lock()
        self._served = Counter()
        self._errors = []
        self._threads = [threading.Thread(target=self._shop, args=(n,), daemon=True) for n in range(CUSTOMERS)]

    def arrive(self):
        for thread in self._threads:
            thread.start()

    def leave(self):
        self._leave.set()
        for thread in self._threads:
            thread.join(TIMEOUT)

    @property
    def served(self):
        with self._lock:
            return sum(self._served.values())

    @property
    def errors(self):
        with self._lock:
            return list(self._errors)

    def counters(self):
        with self._lock:
            return f"{self._served['read']} products read, {self._served['order']} orders placed, {len(self._errors)} errors"

    def _shop(self, customer):
        caller = Caller(self._port)
        turn = customer
        while not self._leave.wait(PAUSE_SECONDS):
            turn += 1
            product = 1 + turn % 200
            try:
                if turn % 4 == 0:
                    kind, expected = "order", 201
                    status, body = caller.request("POST", "/orders", {"product_id": product})
                    right = status == expected and body["id"] > 0
                else:
                    kind, expected = "read", 200
                    status, body = caller.request("GET", f"/products/{product}")
                    right = status == expected and body["name"] == f"product {product}"
                self._note(kind if right else None, f"{kind}: {status} {body}")
            except Exception as problem:  # whatever a customer can meet counts
                self._note(None, repr(problem))
        caller.close()

    def _note(self, kind, problem):
        with self._lock:
            if kind:
                self._served[kind] += 1
            else:
                self._errors.append(problem)
