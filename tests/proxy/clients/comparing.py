"""What comparing a client's words needs, whatever its server: programs that are there, private servers, a proxy that runs."""
import contextlib
import difflib
import hashlib
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

PYTHON = "/usr/bin/python3"  # Debian's, whatever else is first on PATH: its packages are the clients.
PATIENCE = 120  # Seconds for a client's whole script.
SKIPPED = 77


class Skip(Exception):
    """What is missing, and how to get it."""


def need(program, package):
    if shutil.which(program) is None:
        raise Skip(f"{program} is missing (Debian: {package}; scripts/setup installs it)")


def need_module(module, package):
    if subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode != 0:
        raise Skip(f"the Python module {module} is missing (Debian: {package}; scripts/setup installs it)")


def need_jar(jar, package):
    need("javac", "openjdk-17-jdk-headless")
    if not pathlib.Path(jar).exists():
        raise Skip(f"{jar} is missing (Debian: {package}; scripts/setup installs it)")


@contextlib.contextmanager
def private_server(command):
    """A server that private-postgres or private-mysql starts; yields what it says of itself. Gone afterwards."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        line = server.stdout.readline()
        if not line:
            complaint = server.stderr.read().strip()
            if server.wait() == SKIPPED:
                raise Skip(complaint)
            sys.exit(f"the server did not start: {complaint}")
        yield json.loads(line)
        server.stdin.close()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(process, log, door=""):
    """The port of `listening on 127.0.0.1:PORT` and what the line says of its door behind it."""
    line = re.compile(rf"^listening on 127\.0\.0\.1:(\d+){re.escape(door)}$", re.MULTILINE)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        if found := line.search(pathlib.Path(log.name).read_text()):
            return int(found[1])
        time.sleep(0.02)
    sys.exit("the proxy does not listen:\n" + pathlib.Path(log.name).read_text())


@contextlib.contextmanager
def running(command, log, **options):
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            sys.exit("the proxy does not end on SIGTERM")


def run(command, environment, **options):
    """Standard output and, behind it, the errors' and the exit status."""
    try:
        done = subprocess.run([str(word) for word in command], env=environment, capture_output=True, encoding="utf-8",
                              errors="backslashreplace", timeout=PATIENCE, **options)
    except subprocess.TimeoutExpired as late:
        return f"{late.stdout or ''}\n{late.stderr or ''}\ndid not end within {PATIENCE} s\n"
    return f"{done.stdout}{done.stderr}exit status {done.returncode}\n"


def run_java(main, source, jars, folder, environment, *arguments):
    """Compiles the program of one source file, once for a folder, and runs it."""
    if not pathlib.Path(folder, f"{main}.class").exists():
        said = run(["javac", "-Xlint:-deprecation", "-XDsuppressNotes", "-d", folder, "-cp", jars, source], environment)
        if said != "exit status 0\n":
            return said
    return run(["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", f"{folder}:{jars}", main, *arguments], environment)


def failure(said):
    """What shows that a script has not come to its end; empty where it has."""
    return next((line for line in said.splitlines() if re.match("exit status [^0]|did not end", line)), "")


def digest(text):
    return hashlib.md5(text.encode()).hexdigest()


def differences(name, direct, other):
    return "".join(difflib.unified_diff(direct.splitlines(True), other.splitlines(True), "directly", name))


def tell(what, difference):
    print(f"{what}: {'differs' if difference else 'the same'}", flush=True)
    print(difference, end="", flush=True)
