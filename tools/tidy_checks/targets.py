"""No orphans: every source is named by a target, every header is included by something."""

import fnmatch
import posixpath
import re

from tidy_checks.tree import Finding

FOLDERS = ("src", "apps", "tests", "bench", "fuzz")
_COMMENT = re.compile(r"#\[(=*)\[.*?\]\1\]|#[^\n]*", re.DOTALL)
_VARIABLE = re.compile(r"\$\{\w+\}")


def check_sources(tree):
    """Each .cpp is named in the CMakeLists.txt of its folder or of one above it."""
    for path in tree.cpp_files(*FOLDERS, suffixes=".cpp"):
        if not _is_built(tree, path):
            home = posixpath.dirname(path)
            yield Finding(path, 1, "no target builds this file", f"it is never compiled / name it in {home}/CMakeLists.txt")


def check_headers(tree):
    """Each header outside include/ is included by another file."""
    included = {
        target for path in tree.cpp_files(*FOLDERS, "include") for target, _ in tree.includes_of(path) if target != path
    }
    for path in tree.cpp_files(*FOLDERS, suffixes=".hpp"):
        if path not in included:
            yield Finding(path, 1, "nothing includes this header", "nobody needs it / include it or delete it")


def own_sources(tree):
    """Header -> the source of its room that shows by its own compilation that the header compiles alone.

    For that the source begins with the header: nothing that the header lacks can have come before it.
    """
    found = {}
    for path in tree.cpp_files("src", suffixes=".cpp"):
        header = _begins_with(tree, path)
        if header and header.split("/")[:2] == path.split("/")[:2] and _is_built(tree, path):
            found.setdefault(header, path)
    return found


def _begins_with(tree, path):
    """The project file that a source includes before it says anything else."""
    source, project = tree.source(path), tree.includes_of(path)
    if not project or not source.uncommented.lstrip().startswith("#include"):
        return None
    header, line = project[0]
    return header if line == source.includes[0].line else None


def _is_built(tree, path):
    return any(_names(tree, folder, path) for folder in _folders_above(path))


def _folders_above(path):
    folder = posixpath.dirname(path)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)


def _names(tree, folder, path):
    """Does the folder's CMakeLists.txt name the file: outright, by a glob, or as ${name}.cpp with `name` given?"""
    listing = f"{folder}/CMakeLists.txt"
    if not tree.exists(listing):
        return False
    tokens = _tokens(tree.text(listing))
    relative = posixpath.relpath(path, folder)
    if relative in tokens or any("*" in token and fnmatch.fnmatch(relative, token) for token in tokens):
        return True
    shared = [file for file in tree.files if file.startswith("cmake/") and file.endswith(".cmake")]
    patterns = tokens.union(*(_tokens(tree.text(file)) for file in shared))
    return any(_matches(pattern, relative, tokens) for pattern in patterns if "${" in pattern)


def _matches(pattern, relative, tokens):
    if not pattern.endswith(".cpp"):
        return False
    parts = [re.escape(part) for part in _VARIABLE.split(pattern)]
    match = re.fullmatch("([^/]+)".join(parts), relative)
    return bool(match) and all(value in tokens for value in match.groups())


def _tokens(text):
    """The words of a CMake file, comments gone and the folder variables that mean "here" removed."""
    text = _COMMENT.sub("", text)
    text = re.sub(r"\$\{(?:CMAKE_CURRENT_SOURCE_DIR|CMAKE_CURRENT_LIST_DIR)\}/", "", text)
    return set(re.split(r'[\s()";]+', text))
