#!/usr/bin/python3
"""Gives Doxygen a header whose first comment is the file's documentation; the lines keep their numbers."""

import sys
from pathlib import Path


def documented(line):
    """A line of the comment at the top; what is indented is code, for which Markdown wants four columns."""
    text = line.removeprefix("//")
    return f"///  {text}" if text.startswith("   ") else f"///{text}"


def main(path):
    lines = Path(path).read_text().split("\n")
    end = lines.index("#pragma once")
    print("\n".join([*map(documented, lines[:end]), "/// @file", *lines[end + 1 :]]), end="")


if __name__ == "__main__":
    main(sys.argv[1])
