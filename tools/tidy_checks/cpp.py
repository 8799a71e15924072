"""Reads C++ just far enough: comments and literals blanked, includes listed, functions measured."""

import functools
import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<raw>(?:u8|[uUL])?R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)")
    | (?P<string>"(?:\\.|[^"\\\n])*")
    | (?P<line_comment>//(?:\\\n|[^\n])*)
    | (?P<block_comment>/\*.*?\*/)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<number>\.?\d(?:'\w|[eEpP][+-]|[\w.])*)
    | (?P<char>'(?:\\.|[^'\\\n])*')
    """,
    re.DOTALL | re.VERBOSE,
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w*)(?:\\\n|[^\n])*", re.MULTILINE)
_NOT_NEWLINE = re.compile(r"[^\n]")


@dataclass(frozen=True)
class Include:
    name: str
    line: int
    angled: bool


@dataclass(frozen=True)
class Function:
    name: str
    first_line: int
    last_line: int

    @property
    def lines(self):
        return self.last_line - self.first_line + 1


class Source:
    """One file. Blanked text keeps every character's position, so that line numbers stay true."""

    def __init__(self, text):
        self.text = text

    @functools.cached_property
    def code(self):
        """Without comments and without what stands inside string and character literals."""
        return _TOKEN.sub(lambda m: _blank(m, literals=True), self.text)

    @functools.cached_property
    def uncommented(self):
        """Without comments only."""
        return _TOKEN.sub(lambda m: _blank(m, literals=False), self.text)

    @functools.cached_property
    def includes(self):
        code = self.code
        return [
            Include(match[2], line_at(self.text, match.start(2)), match[1] == "<")
            for match in _INCLUDE.finditer(self.uncommented)
            if "include" in code[match.start() : match.end()]  # not a line inside a raw string
        ]

    @functools.cached_property
    def functions(self):
        return _Scan(_without_directives(self.code)).functions


def line_at(text, position):
    return text.count("\n", 0, position) + 1


def _blank(match, literals):
    kind, text = match.lastgroup, match[0]
    if kind in ("line_comment", "block_comment"):
        return _NOT_NEWLINE.sub(" ", text)
    if literals and kind in ("raw", "string", "char"):
        return text[0] + _NOT_NEWLINE.sub(" ", text[1:-1]) + text[-1]
    return text


def _without_directives(code):
    """Directives blanked, and every branch but the first of an #if: both together would not balance."""
    pieces, position, depth_dead, dead = [], 0, 0, False
    for match in _DIRECTIVE.finditer(code):
        between = code[position : match.start()]
        pieces.append(_NOT_NEWLINE.sub(" ", between) if dead else between)
        pieces.append(_NOT_NEWLINE.sub(" ", match[0]))
        position = match.end()
        word = match[1]
        if dead and word in ("if", "ifdef", "ifndef"):
            depth_dead += 1
        elif dead and word == "endif":
            dead, depth_dead = depth_dead > 0, max(0, depth_dead - 1)
        elif not dead and word in ("else", "elif", "elifdef", "elifndef"):
            dead = True
    pieces.append(code[position:])
    return "".join(pieces)


class _Scan:
    """One walk over the braces. A brace opens a scope (namespace, class), a function, or something inside one."""

    _INTEREST = re.compile(r"[{}();]")
    _TYPE_HEAD = re.compile(r"^(?:(?:friend|typedef|static|inline|constexpr|const|export)\s+)*(?:class|struct|union|enum)\b")
    _LABELS = re.compile(r"(?:\s|(?:public|private|protected)\s*:(?!:))*")
    _NAME = re.compile(r"(operator\s*(?:\(\s*\)|[^\s\w(]+)|~?\w+)\s*\(")

    def __init__(self, code):
        self.functions = []
        self._code = code
        self._stack = []  # of (kind, start of head, parentheses open when it was opened)
        self._parentheses = 0
        self._head = 0  # where the text before the next brace begins
        for match in self._INTEREST.finditer(code):
            self._step(match[0], match.start())

    def _step(self, char, position):
        if char == "(":
            self._parentheses += 1
        elif char == ")":
            self._parentheses = max(0, self._parentheses - 1)
        elif char == "{":
            self._open(position)
        elif char == "}":
            self._close(position)
        elif self._parentheses == 0:
            self._head = position + 1

    def _open(self, position):
        kind = self._kind(self._code[self._head : position])
        self._stack.append((kind, self._head, self._parentheses))
        self._parentheses = 0
        if kind != "inside":
            self._head = position + 1

    def _close(self, position):
        if not self._stack:
            return
        kind, head, self._parentheses = self._stack.pop()
        if kind == "inside":
            return
        following = self._code[position + 1 :].lstrip()[:1] if kind == "function" else ""
        if following and following in ",{":  # a member initialised with braces: the function's body is still to come
            self._head = head
            return
        self._head = position + 1
        if kind == "function":
            self._record(head, position)

    def _kind(self, head):
        if any(kind != "scope" for kind, _, _ in self._stack) or self._parentheses > 0:
            return "inside"
        head = _strip_prefixes(head)
        if re.match(r'(?:inline\s+)?namespace\b|extern\s*"', head) or head == "":
            return "scope"
        if self._TYPE_HEAD.match(head) and "(" not in re.sub(r"alignas\s*\([^)]*\)|:.*", "", head, flags=re.DOTALL):
            return "scope"
        if head.endswith("=") or not ("(" in head or head.endswith("]")):
            return "value"
        return "function"

    def _record(self, head, end):
        start = self._LABELS.match(self._code, head).end()
        name = self._NAME.search(_strip_prefixes(self._code[start:end]))
        self.functions.append(
            Function(name[1] if name else "a lambda", line_at(self._code, start), line_at(self._code, end))
        )


def _strip_prefixes(head):
    """Removes leading attributes, template parameter lists and access labels."""
    head = head.strip()
    while True:
        shorter = re.sub(r"^(?:\[\[.*?\]\]|(?:public|private|protected)\s*:(?!:))\s*", "", head, flags=re.DOTALL)
        if re.match(r"template\s*<", shorter):
            shorter = _after_angles(shorter)
        shorter = re.sub(r"^((?:enum\s+)?(?:class|struct|union|enum))\s*\[\[.*?\]\]", r"\1", shorter, flags=re.DOTALL)
        if shorter == head:
            return head
        head = shorter.strip()


def _after_angles(text):
    depth = 0
    for index, char in enumerate(text):
        if char == "<":
            depth += 1
        elif char == ">":
            depth -= 1
            if depth == 0:
                return text[index + 1 :].strip()
    return ""
