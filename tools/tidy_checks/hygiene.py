"""Small things that are cheap to keep right and tiresome to argue about."""

import posixpath
import re

from tidy_checks.sizes import is_script
from tidy_checks.tree import Finding

WRITTEN = (
    ".cpp .hpp .py .sh .cmake .ts .tsx .js .mjs .css .html .java .md .json .toml .yml .yaml .xml".split()
)  # written by hand; recorded data may hold anything
RECORDED = {"corpus", "golden", "recorded", "fixtures"}
CODE = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".ts", ".tsx", ".js", ".mjs", ".java")

# Spelled in two halves, so that this file does not accuse itself.
_LATER = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
_MACHINE_PATH = re.compile(r"(?<![\w.~$}/*-])/(?:ho" r"me|ro" r"ot|wo" r"rk)/\w")
_SLEEP = re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")
_SLEEP_REASON = re.compile(r"//\s*tidy:\s*waits\s+\S")
_DETACH = re.compile(r"(?:\.|->)\s*detach\s*\(\s*\)")
_USING_NAMESPACE = re.compile(r"\busing\s+namespace\b")
_PRAGMA_ONCE = re.compile(r"^[ \t]*#[ \t]*pragma[ \t]+once\b", re.MULTILINE)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def check_text(tree):
    """No tabs, no trailing space, a newline at the end, nothing left for later, no path of one machine."""
    for path in tree.files:
        text = tree.text(path)
        if not text or posixpath.basename(path) == "package-lock.json":
            continue
        yield from _search(path, text, _MACHINE_PATH, "a path of one machine", "nobody else has it / make it relative")
        if not _is_written(tree, path):
            continue
        yield from _search(path, text, re.compile(r"\t"), "a tab", "its width is anybody's guess / use spaces")
        yield from _search(path, text, re.compile(r"[ \t\r]+$", re.MULTILINE), "trailing space", "noise in every diff / remove it")
        if not text.endswith("\n") or text.endswith("\n\n"):
            yield Finding(path, text.count("\n") + 1, "the file's end", "exactly one newline ends a text / mend it")
        if path.endswith(CODE) or is_script(tree, path):
            yield from _search(path, text, _LATER, "left for later", "the tree holds what is done / do it, or write an issue")


def _is_written(tree, path):
    if RECORDED.intersection(path.split("/")):
        return False
    return path.endswith(tuple(WRITTEN)) or posixpath.basename(path) == "CMakeLists.txt" or is_script(tree, path)


def check_cpp(tree):
    """#pragma once, no using namespace in headers, no sleeping, nothing detached, ASCII code."""
    for path in tree.cpp_files():
        source = tree.source(path)
        if path.endswith(".hpp"):
            if not _PRAGMA_ONCE.search(source.code):
                yield Finding(path, 1, "no #pragma once", "a second include would not compile / add it")
            yield from _search(
                path, source.code, _USING_NAMESPACE, "using namespace in a header", "every includer gets it / name the names"
            )
        yield from _search(path, source.code, _DETACH, "a detached thread", "nobody can wait for it / keep it and join it")
        if path.startswith(("src/", "include/")):
            yield from _search(
                path, source.code, _NOT_ASCII, "a character outside ASCII", "only comments and strings may have them / spell it out"
            )
        if path.startswith("src/"):
            yield from _sleeps(path, source)


def _sleeps(path, source):
    lines = source.text.split("\n")
    for finding in _search(
        path, source.code, _SLEEP, "code that sleeps", "wait for the event with a deadline / or say why: // tidy: waits ..."
    ):
        if not _SLEEP_REASON.search(lines[finding.line - 1]):
            yield finding


def check_locks(tree):
    """package-lock.json files name no registry: each machine brings its own."""
    for path in tree.files:
        if posixpath.basename(path) == "package-lock.json":
            pattern = re.compile(r'"resolved":\s*"https?:')
            found = list(_search(path, tree.text(path) or "", pattern, "", ""))
            if found:
                what = f"{len(found)} download addresses"
                yield Finding(path, found[0].line, what, "they bind the tree to one registry / npm config omit-lockfile-registry-resolved")


def _search(path, text, pattern, what, why):
    """One finding a line that matches."""
    last, line, position = 0, 1, 0
    for match in pattern.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        if line != last:
            yield Finding(path, line, what, why)
        last = line
