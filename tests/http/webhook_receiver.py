"""A webhook's receiver for tests: webhook_receiver.py FOLDER STATUSES

Writes its port into FOLDER/port and each request into FOLDER/1, FOLDER/2, ... as JSON. Answers the first requests with
STATUSES (numbers with commas between, or "hang": no answer), all others with 204. Ends with its parent."""
import http.server
import json
import os
import sys
import threading

folder = sys.argv[1]
statuses = [word for word in sys.argv[2].split(",") if word]
count = 0


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        global count
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = statuses[count] if count < len(statuses) else "204"
        count += 1
        request = {"path": self.path, "authorization": self.headers["Authorization"],
                   "content_type": self.headers["Content-Type"], "body": json.loads(body)}
        write(str(count), json.dumps(request))
        if status == "hang":
            threading.Event().wait()
        self.send_response(int(status))
        self.end_headers()

    def log_message(self, *_):
        pass


def write(name, text):
    path = os.path.join(folder, name)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
write("port", str(server.server_port))
server.serve_forever()
