"""Many sources as one file, for a tool whose time goes into the headers that they share.

A file of a batch that passes would pass alone. What could make it pass only there is that its using-declaration, which it
does not need, is used by another file: such names are therefore told apart too.
"""

import hashlib
import re
import shlex
from dataclasses import dataclass

LARGEST = 12  # files; more save little
_UNNAMED = re.compile(r"^namespace \{\n(.*?)^\} ", re.MULTILINE | re.DOTALL)  # the closing comment is blank
_ATTRIBUTE = re.compile(r"\[\[.*?\]\]")
_END_OF_NAME = re.compile(r"[({=;\[]|(?<!:):(?!:)")
_BORROWED = re.compile(r"^(?:using (?!namespace\b)[^=;]*?(\w+);|namespace (\w+) =)", re.MULTILINE)
_FILE = re.compile(r"\s(?:-o|-c)\s+\S+")


def command(tree, entries, paths, folder):
    """Writes the files' batch and returns the end of a command line that looks at it as they are compiled."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{tree.text(path)}\n" for path in paths)
    file = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.cpp"
    file.write_text(text)
    return [str(file), "--", *shlex.split(_alike(entries[paths[0]]))[1:], "-Wno-shadow"]  # what shadows is another file's


@dataclass
class _Names:
    """What a file, or a batch, may not have in common with another."""

    own: set  # in its unnamed namespaces
    borrowed: set  # by using-declarations and aliases of namespaces
    words: set  # all that occur

    def clash(self, other):
        return self.own & other.own or self.borrowed & other.words or self.words & other.borrowed

    def add(self, other):
        self.own.update(other.own)
        self.borrowed.update(other.borrowed)
        self.words.update(other.words)


def plan(tree, entries):
    """Lists of files (path -> entry of compile_commands.json) that can be one: compiled alike, without names that clash."""
    batches = []
    for path, entry in entries.items():
        kind, names = _alike(entry), _names(tree.source(path).code)
        for other_kind, others, paths in batches:
            if other_kind == kind and len(paths) < LARGEST and not others.clash(names):
                others.add(names)
                paths.append(path)
                break
        else:
            batches.append((kind, names, [path]))
    return [paths for _, _, paths in batches]


def _names(code):
    borrowed = {name for match in _BORROWED.findall(code) for name in match if name}
    return _Names(own_names(code), borrowed, set(re.findall(r"\w+", code)))


def _alike(entry):
    """The command without the file and where its object goes."""
    return _FILE.sub("", entry.get("command", ""))


def own_names(code):
    """The names in a source's unnamed namespaces, as far as one line shows them. One too few costs time: they clash."""
    names = set()
    for body in _UNNAMED.findall(code):
        for line in body.split("\n"):
            head = _END_OF_NAME.split(_ATTRIBUTE.sub("", line), maxsplit=1)[0]
            words = re.findall(r"\w+", head)
            if words and not line.startswith((" ", "}", "#", "template")):
                names.add(words[-1])
    return names
