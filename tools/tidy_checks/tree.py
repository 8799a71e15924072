"""The source tree as the checks see it: which files there are, and what stands in them."""

import functools
import os
import posixpath
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tidy_checks import cpp

CPP_SUFFIXES = (".cpp", ".hpp")
SKIPPED_FOLDERS = {"build", "node_modules", "__pycache__", ".git"}


@dataclass(frozen=True)
class Finding:
    """One line of output. A note is printed but does not fail the run."""

    path: str
    line: int
    what: str
    why: str
    note: bool = False

    def __str__(self):
        mark = "note: " if self.note else ""
        return f"{self.path}:{self.line}: {mark}{self.what} — {self.why}"


class Tree:
    """Files below a root, named by their path relative to it with forward slashes."""

    def __init__(self, root):
        self.root = Path(root).resolve()

    @functools.cached_property
    def files(self):
        """Every file that is, or with the next commit could be, under version control."""
        return sorted(self._git_files() or self._walked_files())

    def _git_files(self):
        if not (self.root / ".git").exists():
            return []
        command = ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        try:
            listed = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        except (OSError, subprocess.CalledProcessError):
            return []
        return {name for name in listed.split("\0") if name and (self.root / name).is_file()}

    def _walked_files(self):
        for folder, names, files in os.walk(self.root):
            names[:] = [name for name in names if name not in SKIPPED_FOLDERS]
            for name in files:
                yield (Path(folder) / name).relative_to(self.root).as_posix()

    def cpp_files(self, *folders, suffixes=CPP_SUFFIXES):
        """C++ files, of all the tree or below the folders given."""
        prefixes = tuple(folder + "/" for folder in folders)
        return [f for f in self.files if f.endswith(suffixes) and (not folders or f.startswith(prefixes))]

    @functools.cache
    def text(self, path):
        """The file's text, or None where it is not text."""
        data = (self.root / path).read_bytes()
        if b"\0" in data:
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return None

    @functools.cache
    def source(self, path):
        """A C++ file, its comments and literals told apart."""
        return cpp.Source(self.text(path) or "")

    def exists(self, path):
        return (self.root / path).exists()

    @functools.cache
    def includes_of(self, path):
        """Project files that a C++ file includes: (path, line) in order, unresolved names left out."""
        found = []
        for include in self.source(path).includes:
            target = self._resolve(path, include.name)
            if target:
                found.append((target, include.line))
        return found

    def _resolve(self, path, name):
        known = self._known
        for folder in (str(Path(path).parent), "src", "include", "tests", "bench", "fuzz", "apps", "."):
            candidate = posixpath.normpath(f"{folder}/{name}")
            if candidate in known:
                return candidate
        return None

    @functools.cached_property
    def _known(self):
        return frozenset(self.files)

    def closure(self, path):
        """The file and every project file it includes, directly or not."""
        seen, waiting = {path}, [path]
        while waiting:
            for target, _ in self.includes_of(waiting.pop()):
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return sorted(seen)
