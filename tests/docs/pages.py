"""What a page tells its reader to do, as steps.

- A ```console block is typed: lines with a prompt are commands, the others are what they answer. ```sh is the same
  without prompts and answers. Blocks of other languages are not run.
- "second terminal" (third, ...), named last in the paragraph before it, says where; else it is the first.
- "leave it running" there says that its last command does not come back.
- "Save this as `FILE`" before a block of any other language: it is written there, in the first terminal's folder.
- A block of commands that build (scripts/setup, cmake --preset) is marked by `builds`.
- A command ends with exit status 0, or with N where "# exit status N" stands behind it.
- A line of … stands for lines that are left out; … at the end of a line for its rest. ^C is the key.
"""

import re
from dataclasses import dataclass, field

_FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMPT = re.compile(r"(\$|\w+=[*!]?[#>]|MariaDB \[[^\]]*\]>|mysql>) (.*)")
_TERMINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_TERMINAL = re.compile(r"\b(first|second|third|fourth) terminal")
_STATUS = re.compile(r"# exit status (\d+)")
_SAVE = re.compile(r"\bSave this as `([^`]+)`")
_BUILDS = re.compile(r"scripts/setup|scripts/demo|scripts/test|cmake --preset|cmake --build --preset")


@dataclass
class Command:
    line: int  # of the page, from 1
    text: str
    answer: list = field(default_factory=list)
    status: int = 0


@dataclass
class Step:
    line: int
    section: str  # the heading of level 2 above it
    terminal: int = 1
    stays: bool = False  # its last command goes on running
    builds: bool = False
    commands: list = field(default_factory=list)
    file: str = ""  # to be written, instead of commands
    content: str = ""


def steps(text):
    """The steps of a page in their order."""
    found = []
    for fence in _FENCE.finditer(text):
        line = text.count("\n", 0, fence.start()) + 1
        before = _paragraph_before(text, fence.start())
        step = Step(line=line, section=_section(text, fence.start()))
        if fence[1] in ("console", "sh"):
            where = _TERMINAL.findall(before)
            step.terminal = _TERMINALS[where[-1]] if where else 1
            step.stays = "leave it running" in before
            step.builds = bool(_BUILDS.search(fence[2]))
            step.commands = _commands(fence[2], line + 1, prompts=fence[1] == "console")
            found.append(step)
        elif save := _SAVE.search(before):
            step.file, step.content = save[1], fence[2]
            found.append(step)
    return found


def blocks(text):
    """(language, content) of every fenced block."""
    return [(fence[1], fence[2]) for fence in _FENCE.finditer(text)]


def missing(expected, said):
    """The first expected line that was not said in its turn, or None. Numbers, times and ids may differ."""
    lines = iter([normalised(line) for line in said.splitlines()])
    for wanted in expected:
        if wanted.strip() in ("…", "..."):
            continue
        shape, is_open = normalised(wanted), wanted.rstrip().endswith("…")
        start = shape[:-1].rstrip() if is_open else shape
        if not any(line.startswith(start) if is_open else line == shape for line in lines):
            return wanted
    return None


def normalised(line):
    """A line without what differs from run to run: numbers with units, hexadecimal ids, times, widths of columns."""
    line = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "#", line)
    line = re.sub(r"\b[0-9a-f]{8,}\b", "#", line)
    line = re.sub(r"\d[\d.,]*(?:(?<=\d) ?(?:us|ms|s|min|h)\b)?", "#", line)
    line = re.sub(r"-{2,}", "-", line)
    return " ".join(line.split())


def _commands(block, line, prompts):
    found = []
    for number, text in enumerate(block.splitlines(), line):
        prompt = _PROMPT.match(text)
        if text == "^C":
            found.append(Command(number, text))
        elif prompts and prompt:
            found.append(_command(number, prompt[2]))
        elif prompts and found:
            found[-1].answer.append(text)
        elif prompts:
            raise ValueError(f"line {number}: a console block begins with a prompt")
        elif text.strip() and not text.startswith("#"):
            found.append(_command(number, text))
    return found


def _command(number, text):
    status = _STATUS.search(text)
    return Command(number, text, status=int(status[1]) if status else 0)


def _paragraph_before(text, end):
    return " ".join(re.split(r"\n\s*\n|^```$", text[:end].rstrip(), flags=re.MULTILINE)[-1].split())


def _section(text, end):
    headings = re.findall(r"^## (.+)$", _FENCE.sub("", text[:end]), re.MULTILINE)
    return headings[-1] if headings else ""
