"""What the kernel knows about processes: CPU time, memory, system calls."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """(parent, CPU seconds of the process itself, of its children that have ended)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own, ended = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return int(fields[1]), own / TICK, ended / TICK


def family_cpu(root):
    """CPU seconds of a process, of its living children and of those that have ended: never falls."""
    total = 0.0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            parent, own, ended = stat(entry)
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(entry) == root:
            total += own + ended
        elif parent == root:
            total += own
    return total


def memory_kib(pid):
    """(RSS, PSS)."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return tuple(int(re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)[1]) for name in ("Rss", "Pss"))


def settled_memory(pid):
    """Its memory once it has stopped changing, or after 10 s."""
    before = memory_kib(pid)
    for _ in range(20):
        time.sleep(0.5)
        now = memory_kib(pid)
        if abs(now[0] - before[0]) <= 16:
            return now
        before = now
    return before


def system_calls(pid, seconds):
    """Calls by name that the process makes within the time; None where strace is missing or forbidden."""
    if shutil.which("strace") is None:
        return None
    trace = subprocess.Popen(["strace", "-c", "-f", "-q", "-p", str(pid)], stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    trace.send_signal(signal.SIGINT)
    calls = {}
    for line in trace.communicate()[1].splitlines():
        words = line.split()
        if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
            calls[words[-1]] = int(words[3])
    return calls or None
