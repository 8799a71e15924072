"""Many sources as one file, for a tool whose time goes into the headers that they share.

A file of a batch that passes would pass alone. What could make it pass only there is that its using-declaration, which it
does not need, is used by another file: such names are therefore told apart too.
"""

import functools
import hashlib
import re
import shlex
from dataclasses import dataclass

LARGEST = 40  # files; half of the time that a batch of these takes goes into headers
_UNNAMED = re.compile(r"^namespace \{\n(.*?)^\} ", re.MULTILINE | re.DOTALL)  # the closing comment is blank
_ATTRIBUTE = re.compile(r"\[\[.*?\]\]")
_END_OF_NAME = re.compile(r"[({=;\[]|(?<!:):(?!:)")
_BORROWED = re.compile(r"^(?:using (?!namespace\b)[^=;]*?(\w+);|namespace (\w+) =)", re.MULTILINE)
_SAID_TWICE = re.compile(r"^(?:using (?!namespace\b)[^;=]*|namespace \w+ =[^;]*);", re.MULTILINE)
_BORROWED_NAME = re.compile(r"^(?:namespace |using .*::)(\w+)", re.DOTALL)
_DIRECTIVE = re.compile(r"^using namespace .*", re.MULTILINE)
_UNQUALIFIED = re.compile(r"(?<!::)(?<!\.)(?<!->)\b[A-Za-z_]\w*")
_FOREIGN = re.compile(r"^#include (<\w+(?:/.*|\.h(?:pp)?)>)", re.MULTILINE)  # but for those of C++ itself
_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)
_NOT_NAMES = {"TEST", "TEST_F", "TEST_P", "INSTANTIATE_TEST_SUITE_P", "RC_GTEST_PROP", "RC_GTEST_FIXTURE_PROP", "static_assert"}
_FILE = re.compile(r"\s(?:-o|-c)\s+\S+")
_PLACE = re.compile(r"\s(?:-I\S+|-isystem\s+\S+|-D\S+)")


def command(tree, entries, paths, folder):
    """Writes the files' batch and returns the end of a command line that looks at it as they are compiled."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{tree.text(path)}\n" for path in paths)
    file = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.cpp"
    file.write_text(text)
    flags, places = _alike(entries[paths[0]]), {}  # a dict for its order
    for path in paths:
        places.update(dict.fromkeys(_places(entries[path])))
    return [str(file), "--", *shlex.split(" ".join([flags, *places]))[1:], "-Wno-shadow"]  # what shadows is another file's


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
        kind, names, source = _alike(entry), _names(tree.source(path).code), _Compiled.of(tree, path)
        for other_kind, others, batch in batches:
            if other_kind == kind and not others.clash(names) and source.fits(batch, LARGEST):
                others.add(names)
                batch.append(source)
                break
        else:
            batches.append((kind, names, [source]))
    return [[source.path for source in batch] for _, _, batch in batches]


def groups(tree, paths, largest):
    """Lists of sources that compile as one: none has a name for its own use that another, or a header of that, mentions."""
    found = []
    # Those with the most of other people's headers first, each to those who have its: CLI11 and Beast are compiled once.
    for source in sorted((_Compiled.of(tree, path) for path in paths), key=lambda each: (-len(each.foreign), each.path)):
        fitting = [group for group in found if source.fits(group, largest)]
        if fitting:
            min(fitting, key=source.foreign_news).append(source)
        else:
            found.append([source])
    return [[source.path for source in group] for group in found]


@dataclass
class _Compiled:
    """A source in a group, and the unqualified words of each file it includes."""

    path: str
    own: set  # in its unnamed namespaces, and macros, which have no scope
    borrowed: set  # using-declarations and aliases of namespaces, whole: what is borrowed twice is borrowed once
    words: set
    headers: dict
    foreign: frozenset  # headers of libraries that it includes, itself or by others

    @classmethod
    def of(cls, tree, path):
        code = tree.source(path).code
        borrowed = set(_SAID_TWICE.findall(code))
        code = _SAID_TWICE.sub("", code)
        own = (own_names(_DIRECTIVE.sub("", code)) - _NOT_NAMES) | set(_MACRO.findall(code))
        files = tree.closure(path)
        headers = {header: _words(tree, header) for header in files if header != path}
        foreign = frozenset(header for file in files for header in _FOREIGN.findall(tree.text(file)))
        return cls(path, own, borrowed, set(_UNQUALIFIED.findall(code)), headers, foreign)

    def foreign_news(self, group):
        """How many headers of libraries it would bring."""
        return len(self.foreign.difference(*(other.foreign for other in group)))

    def fits(self, group, largest):
        return len(group) < largest and not any(self.clash(other) or other.clash(self) for other in group)

    def clash(self, other):
        unknown = {name for said in self.borrowed - other.borrowed for name in _BORROWED_NAME.findall(said)}
        mine = self.own | unknown
        news = (words for header, words in other.headers.items() if header not in self.headers)
        return mine & other.words or any(mine & words for words in news)


@functools.cache
def _words(tree, path):
    return frozenset(_UNQUALIFIED.findall(tree.source(path).code))


def _names(code):
    borrowed = {name for match in _BORROWED.findall(code) for name in match if name}
    return _Names(own_names(code), borrowed, set(re.findall(r"\w+", code)))


def _alike(entry):
    """The command without the file, where its object goes, and the libraries it uses: another file does no worse with them."""
    return _PLACE.sub("", _FILE.sub("", entry.get("command", "")))


def _places(entry):
    return [match.strip() for match in _PLACE.findall(entry.get("command", ""))]


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
