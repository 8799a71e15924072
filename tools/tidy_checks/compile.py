"""The checks that run a compiler tool. What passed is remembered by content, so a second run takes a moment."""

import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from tidy_checks import batches, targets
from tidy_checks.tree import Finding

JOBS = 2
TIMEOUT_SECONDS = 300  # one file; the slowest takes a few seconds
FORMATTER = "clang-format-19"
LINTER = "clang-tidy-19"


class Remembered:
    """The last passing key of each file, in one small JSON file: bounded by the number of files."""

    def __init__(self, folder, name):
        self._path = Path(folder) / f"{name}.json"
        try:
            self._keys = json.loads(self._path.read_text())
        except (OSError, ValueError):
            self._keys = {}
        self._next = {}

    def passed(self, path, key):
        hit = self._keys.get(path) == key
        if hit:
            self._next[path] = key
        return hit

    def remember(self, path, key):
        self._next[path] = key

    def save(self):
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(self._next, indent=0, sort_keys=True))
        temporary.replace(self._path)


def check_headers(tree, compiler, cache):
    """Every header compiles alone: C++20 for the public ones, C++23 for ours.

    Left out are those with which a source of their room begins: preset dev, which compiles each alone and knows no precompiled
    headers, shows it; where sources are compiled in groups it is left to check_uses to name what they do not include.
    """
    missing = _missing(compiler)
    if missing:
        return [missing]
    include = [f"-I{tree.root / folder}" for folder in ("src", "include")] + _library_folders()
    version = _version(compiler)
    work, shown = {}, targets.own_sources(tree)
    headers = tree.cpp_files("include", "src", "tests", suffixes=".hpp")
    for path in headers:
        if path in shown:
            continue
        standard = "c++20" if path.startswith("include/") else "c++23"
        tests = [f"-I{tree.root / 'tests'}"] if path.startswith("tests/") else []
        command = [compiler, f"-std={standard}", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-pragma-once-outside-header"]
        command += [*include, *tests, "-x", "c++", str(tree.root / path)]
        work[path] = (command, [version])
    why = "a header must include what it uses / add the include"
    found = _run_all(tree, work, Remembered(cache, f"headers-{Path(compiler).name}"), "does not compile alone", why)
    if shown:
        what = f"{len(headers)} headers, of which {len(headers) - len(work)} by their own source"
        found.append(Finding("src", 1, what, "a source that begins with its header / build preset dev", note=True))
    return found


def check_format(tree):
    """clang-format has nothing to change."""
    missing = _missing(FORMATTER)
    if missing:
        return [missing]
    files = tree.cpp_files()
    if not files:
        return []
    command = [FORMATTER, "--dry-run", "-Werror", *files]
    result = _run(command, tree.root)
    lines = sorted(set(re.findall(r"^(\S+?):(\d+):\d+: error:", result[1], re.MULTILINE)))
    first = {}
    for path, line in lines:
        first[path] = min(first.get(path, int(line)), int(line))
    found = [Finding(p, n, "not formatted", f"one shape for all / {FORMATTER} -i {p}") for p, n in sorted(first.items())]
    if result[0] != 0 and not found:
        found.append(Finding(FORMATTER, 1, "failed", _first_line(result[1])))
    return found


def check_clang_tidy(tree, build, cache):
    """clang-tidy's allow-list (.clang-tidy) over src/ and apps/, with the commands of a configured build.

    Most of a run goes through the standard library's headers, so many files are looked at as one first. Where that has a
    fault, each is looked at alone, and only what is said then counts.
    """
    missing = _missing(LINTER)
    if missing:
        return [missing]
    database = Path(build) / "compile_commands.json"
    try:
        entries = {entry["file"]: entry for entry in json.loads(database.read_text())}
    except (OSError, ValueError):
        return [Finding(str(build), 1, "no compile_commands.json", "nothing is configured there / cmake --preset asan")]
    basis = [_version(LINTER), tree.text(".clang-tidy") or ""]
    work = {}
    for path in tree.cpp_files("src", "apps", suffixes=".cpp"):
        full = str(tree.root / path)
        if full in entries:  # a file that no target builds is check_sources' affair
            work[path] = ([LINTER, "--quiet", "-p", str(build), full], [*basis, entries[full].get("command", "")])

    def together(fresh):
        return _pass_together(tree, {path: entries[str(tree.root / path)] for path in fresh}, Path(cache) / "batches")

    return _run_all(tree, work, Remembered(cache, "clang-tidy"), "clang-tidy", None, together)


def _pass_together(tree, entries, folder):
    """Those of the files (path -> entry of compile_commands.json) whose batch has no fault; one that has is halved."""
    command = [LINTER, "--quiet", f"--config-file={tree.root / '.clang-tidy'}"]

    def passed(paths):
        if len(paths) < 2:
            return []
        if _run([*command, *batches.command(tree, entries, paths, folder)], tree.root)[0] == 0:
            return paths
        half = len(paths) // 2
        return passed(paths[:half]) + passed(paths[half:])

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        found = {path for paths in pool.map(passed, batches.plan(tree, entries)) for path in paths}
    shutil.rmtree(folder, ignore_errors=True)
    return found


def _run_all(tree, work, remembered, what, why, together=lambda fresh: ()):
    """`together` may tell of some files that they pass, at less expense than one by one."""
    keys = {path: _key(tree, path, command, basis) for path, (command, basis) in work.items()}
    fresh = [path for path in work if not remembered.passed(path, keys[path])]
    passed = together(fresh)
    for path in passed:
        remembered.remember(path, keys[path])
    fresh = [path for path in fresh if path not in passed]
    found = []
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = pool.map(lambda path: _run(work[path][0], tree.root), fresh)
        for path, (status, output) in zip(fresh, results):
            if status == 0:
                remembered.remember(path, keys[path])
            else:
                found.extend(_diagnostics(tree, path, output, what, why))
    remembered.save()
    return found


def _key(tree, path, command, basis):
    digest = hashlib.sha256(json.dumps([command, basis]).encode())
    for file in tree.closure(path):
        digest.update(f"\0{file}\0".encode())
        digest.update((tree.root / file).read_bytes())
    return digest.hexdigest()


def _diagnostics(tree, path, output, what, why):
    """The tool's errors as findings; at most 5 a file, the rest is noise of the first."""
    pattern = re.compile(r"^(\S+?):(\d+):(?:\d+:)? (?:fatal )?error: (.*)$", re.MULTILINE)
    errors = list(dict.fromkeys(pattern.findall(output)))[:5]
    for file, line, message in errors:
        place = os.path.relpath(os.path.join(tree.root, file), tree.root)
        yield Finding(place, int(line), f"{what}: {message}", why or "see .clang-tidy / mend the code")
    if not errors:
        yield Finding(path, 1, what, _first_line(output))


def _run(command, folder):
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        return 1, f"{command[0]} took more than {TIMEOUT_SECONDS} s"
    return done.returncode, done.stdout + done.stderr


def _missing(program):
    if shutil.which(program):
        return None
    return Finding(program, 1, "not installed", "this check cannot run without it / scripts/setup", note=True)


def _version(program):
    return _run([program, "--version"], ".")[1]


def _library_folders():
    """The headers of libpq and libmariadb lie in folders of their own."""
    if not shutil.which("pkg-config"):
        return []
    flags = shlex.split(_run(["pkg-config", "--cflags-only-I", "libpq", "libmariadb"], ".")[1])
    return [flag.replace("-I", "-isystem", 1) for flag in flags if flag.startswith("-I")]


def _first_line(output):
    return next((line for line in output.split("\n") if line.strip()), "it said nothing")
