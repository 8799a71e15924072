"""What is built and tested, and how. Each stage returns its Counts and prints what failed."""

import concurrent.futures
import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from test_runner import counts
from test_runner.counts import Counts

PYTHON = "/usr/bin/python3"  # Debian's, whatever else is first on PATH
PROCESSORS = len(os.sched_getaffinity(0))
HEADER_COMPILER = "g++-12"
FUZZ_SECONDS = 5  # a fuzzer; enough to run its seeds and look around
BUILD_TIMEOUT = 3000  # seconds; a whole build without ccache takes a few minutes
TEST_TIMEOUT = 1800  # all tests of one preset; each has its own limit in CMakePresets.json
TOOL_TIMEOUT = 1800

# Tests wait for servers, clients and clocks as often as they work; slowed down by sanitizers they work more. So many at a time,
# for each processor; more would be a matter of memory, of which a MySQL server takes most of a gigabyte.
TESTS_AT_ONCE = {"dev": 2, "quick": 2, "plain": 2, "asan": 1.5, "tsan": 1.5}
MOST_TESTS_AT_ONCE = 16
# The tests of each preset, as a pattern of ctest labels. Incidents under the thread sanitizer would test their clients.
LABELS = {"dev": None, "quick": None, "plain": "plain", "asan": None, "tsan": "unit|threads|server"}
# What is built of each preset for its tests, where that is not everything. With g++ it is the product too, and the tests that
# are not run under sanitizers; all others are, in the presets that follow.
TARGETS = {"plain": ["src/all", "apps/all", "plain_tests"], "tsan": ["threads_tests"]}
SYMBOLIZER = "external_symbolizer_path=/usr/bin/llvm-symbolizer-19"  # that of the compiler; PATH may have an older one
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": f"detect_stack_use_after_return=1:strict_string_checks=1:{SYMBOLIZER}",
    "UBSAN_OPTIONS": f"print_stacktrace=1:{SYMBOLIZER}",
    "TSAN_OPTIONS": f"second_deadlock_stack=1:{SYMBOLIZER}",
}


# How long the tests that hammer go on, in seconds; they have a short time of their own elsewhere.
STRESS_SECONDS = {"tsan": "60"}


def tidy(run):
    """The source checks, formatting included."""
    return _tidy(run, "tidy", [PYTHON, "tools/tidy", "--headers", HEADER_COMPILER, "--format"])


def clang_tidy(run):
    """With the commands of preset lint: those of g++ hold options that clang does not know, those of asan name groups of sources."""
    failed = configure(run, "lint")
    return failed or _tidy(run, "clang-tidy", [PYTHON, "tools/tidy", "--only-tools", "--clang-tidy", "build/lint"])


def _tidy(run, title, command):
    outcome = run.run(title, command, TOOL_TIMEOUT)
    found = counts.of_tidy(outcome.output)
    if not outcome.ok or found.failures:
        print(outcome.tail(200))
    return found


def tools(run):
    """The Python tools' own tests."""
    outcome = run.run("tools", [PYTHON, "-m", "unittest", "discover", "-s", "tests/tools"], TOOL_TIMEOUT)
    found = counts.of_unittest(outcome.output)
    return _report(found, outcome, "tools")


def preset(run, name):
    """Builds one preset and runs its tests."""
    failed = build(run, name, TARGETS.get(name, ()))
    return failed or ctest(run, name)


def build(run, name, targets=()):
    """Configures if need be, builds. None if that went well, else Counts with the failure."""
    failed = configure(run, name)
    if failed:
        return failed
    command = ["cmake", "--build", "--preset", name, "--", "-k", "0", *targets]
    outcome = run.run(f"{name}: build", command, BUILD_TIMEOUT)
    return None if outcome.ok else _report(Counts(), outcome, f"{name}: build")


def configure(run, name):
    """Where that has not been done. None if it went well, else Counts with the failure."""
    folder = run.root / "build" / name
    stamp = folder / ".presets-hash"
    digest = hashlib.sha256((run.root / "CMakePresets.json").read_bytes()).hexdigest()
    configured = (folder / "build.ninja").exists() and stamp.exists() and stamp.read_text() == digest
    if not configured:  # otherwise ninja itself sees whether a CMakeLists.txt has changed
        outcome = run.run(f"{name}: configure", ["cmake", "--preset", name], BUILD_TIMEOUT)
        if not outcome.ok:
            return _report(Counts(), outcome, f"{name}: configure")
        stamp.write_text(digest)
    return None


def ctest(run, name):
    folder = run.root / "build" / name
    reports = folder / "gtest-reports"
    shutil.rmtree(reports, ignore_errors=True)
    report = folder / "ctest.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--preset", name, "-j", tests_at_once(name), "--no-tests=error", "--output-junit", report]
    if LABELS.get(name):
        command += ["-L", LABELS[name]]
    environment = {"GTEST_OUTPUT": f"xml:{reports}/", **_sanitizers(run.root)}
    if name in STRESS_SECONDS:
        environment["LOCKKEEPER_STRESS_SECONDS"] = STRESS_SECONDS[name]
    outcome = run.run(f"{name}: tests", command, TEST_TIMEOUT, environment)
    found = counts.of_ctest(report, _programs(run.root, name), reports)
    found.failures = [f"{name}: {failure}" for failure in found.failures]
    return _report(found, outcome, f"{name}: tests", lines=120)


def tests_at_once(preset_name, processors=PROCESSORS):
    return min(MOST_TESTS_AT_ONCE, int(processors * TESTS_AT_ONCE[preset_name]))


def _sanitizers(root):
    options = {key: os.environ.get(key, value) for key, value in SANITIZER_OPTIONS.items()}
    options["TSAN_OPTIONS"] += f":suppressions={root / 'tests' / 'tsan.supp'}"
    return options


def _programs(root, name):
    """The program that each entry of ctest runs."""
    command = ["ctest", "--preset", name, "--show-only=json-v1"]
    listing = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)
    try:
        tests = json.loads(listing.stdout)["tests"]
    except (ValueError, KeyError):
        return {}
    return {test["name"]: Path(test["command"][0]).name for test in tests if test.get("command")}


def fuzz(run):
    """Runs each fuzzer, which preset asan builds, for a few seconds on its seeds, one a processor."""
    failed = build(run, "asan")
    if failed:
        return failed
    built, folder = run.root / "build" / "asan" / "fuzz", run.root / "build" / "fuzz"
    programs = sorted(p for p in built.glob("fuzz_*") if p.is_file() and os.access(p, os.X_OK) and not p.suffix)
    if not programs:
        return _said(Counts(failures=["fuzz: no fuzzer was built"]))
    print(f"== fuzz: tests ({len(programs)} programs, {FUZZ_SECONDS} s each) …", end="", flush=True)
    began, total = time.monotonic(), Counts()
    with concurrent.futures.ThreadPoolExecutor(PROCESSORS) as pool:
        for program, (status, log) in zip(programs, pool.map(lambda p: _fuzz_one(run.root, folder, p), programs)):
            if status == 0:
                total.passed += 1
            else:
                total.failures.append(f"fuzz: {program.name} (status {status}), log: {log.relative_to(run.root)}")
    print(f" {time.monotonic() - began:.0f} s", flush=True)
    return _said(total)


def _fuzz_one(root, folder, program):
    """New inputs are kept in build/fuzz/found, crashing ones in build/fuzz/crashes; seeds are only read."""
    found, crashes = folder / "found" / program.name, folder / "crashes"
    for needed in (found, crashes):
        needed.mkdir(parents=True, exist_ok=True)
    seeds = root / "fuzz" / program.name.removeprefix("fuzz_") / "corpus"
    command = [program, f"-max_total_time={FUZZ_SECONDS}", "-timeout=10", f"-artifact_prefix={crashes}/{program.name}-", found]
    command += [seeds] if seeds.is_dir() else []
    log = folder / f"{program.name}.log"
    with open(log, "wb") as file:
        try:
            environment = {**os.environ, **_sanitizers(root)}
            done = subprocess.run(command, stdout=file, stderr=file, env=environment, timeout=FUZZ_SECONDS + 60)
        except subprocess.TimeoutExpired:
            return "timeout", log
    return done.returncode, log


def _report(found, outcome, title, lines=40):
    """A command that failed without any failure counted is a failure itself."""
    if not outcome.ok and not found.failures:
        found.failures.append(f"{title} failed")
    if found.failures:
        print(outcome.tail(lines))
    return _said(found)


def _said(found):
    for failure in found.failures:
        print(f"   failed: {failure}", flush=True)
    return found
