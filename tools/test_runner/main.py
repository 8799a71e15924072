"""The order of the stages, and the closing line."""

import argparse
import contextlib
import os
import tempfile
import time
from pathlib import Path

from test_runner import stages
from test_runner.counts import Counts
from test_runner.runner import Runner

PRESETS = ("dev", "quick", "plain", "asan", "tsan", "fuzz")


def plan(options):
    """The stages that this command line asks for, in order; each a function of a Runner."""
    if options.preset:
        return [_preset(name) for name in options.preset]
    if options.quick:
        return [stages.tools, stages.tidy, _preset("quick")]
    return [stages.tools, stages.tidy, _preset("plain"), _preset("asan"), stages.fuzz, stages.clang_tidy, _preset("tsan")]


def _preset(name):
    return stages.fuzz if name == "fuzz" else lambda run: stages.preset(run, name)


def main(arguments):
    """Runs every stage even after a failure. Exit status 1 if anything failed, or nothing was tested."""
    options = _parse(arguments)
    root = Path(__file__).resolve().parents[2]
    began, total = time.monotonic(), Counts()
    try:
        memory = in_memory()
        with _server_templates(memory) as environment:
            run = Runner(root, root / "build" / "test-logs", {**environment, **({"TMPDIR": memory} if memory else {})})
            for stage in plan(options):
                total += stage(run)
    except KeyboardInterrupt:
        print("\ninterrupted")
        return 130
    print(f"== everything … {time.monotonic() - began:.0f} s")
    for reason, count in total.missing.most_common():
        print(f"skipped: {count}: {reason}")
    for failure in total.failures:
        print(f"failed: {failure}")
    print(total, flush=True)
    return 1 if total.failures or not total.passed else 0


def in_memory(folder="/dev/shm", wanted=4 << 30):
    """The folder, if temporary files may lie there: a server's thousand small files are then there in half the time.

    Not where somebody has chosen another (TMPDIR), where programs cannot be run from it, or with too little room: it is memory,
    and the largest tests need some themselves. An empty string otherwise.
    """
    if "TMPDIR" in os.environ or not os.access(folder, os.W_OK | os.X_OK):
        return ""
    there = os.statvfs(folder)
    free = min(there.f_bavail * there.f_frsize, _available_memory())
    return folder if free >= wanted and not there.f_flag & os.ST_NOEXEC else ""


def _available_memory():
    """Bytes that programs can have without swapping; 0 where the kernel does not say."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


@contextlib.contextmanager
def _server_templates(parent):
    """The variable that has all tests copy the same files of new servers (src/servers/templates.hpp), each made once."""
    # By its name whoever starts a server later knows that we are gone, should we be killed.
    name = f"lockkeeper-{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=name, dir=parent or None, ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # servers run as another user than root
        yield {"LOCKKEEPER_SERVER_TEMPLATES": folder}


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/test", description="Builds and tests everything.")
    parser.add_argument("--quick", action="store_true", help="no sanitizers, fuzzers or clang-tidy")
    only = f"only these: {', '.join(PRESETS)}"
    parser.add_argument("--preset", action="extend", nargs="+", default=[], choices=PRESETS, metavar="NAME", help=only)
    return parser.parse_args(arguments)
