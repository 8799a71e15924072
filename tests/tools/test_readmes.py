"""README.md and README.ko.md say the same: the same code blocks, links and sections in the same order."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = "README.md"
KOREAN = "README.ko.md"
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_HEADING = re.compile(r"^(#+) ", re.MULTILINE)


class Page:
    def __init__(self, name):
        text = (ROOT / name).read_text(encoding="utf-8")
        self.blocks = _FENCE.findall(text)
        prose = _FENCE.sub("", text)
        self.links = _LINK.findall(prose)
        self.headings = _HEADING.findall(prose)
        self.points = len(re.findall(r"^- ", prose, re.MULTILINE))
        # Options and files, which are written alike in every language.
        self.options = {word for code in _CODE.findall(prose) for word in code.split() if word.startswith("-")}


class Readmes(unittest.TestCase):
    def setUp(self):
        self.english, self.korean = Page(ENGLISH), Page(KOREAN)

    def test_have_the_same_code_blocks(self):
        self.assertEqual(self.korean.blocks, self.english.blocks)
        self.assertGreater(len(self.english.blocks), 3)

    def test_have_the_same_links(self):
        self.assertEqual(self.english.links[0], KOREAN)
        self.assertEqual(self.korean.links[0], ENGLISH)
        self.assertEqual(sorted(self.korean.links[1:]), sorted(self.english.links[1:]))

    def test_have_the_same_sections_and_points(self):
        self.assertEqual(self.korean.headings, self.english.headings)
        self.assertEqual(self.korean.points, self.english.points)

    def test_name_the_same_options(self):
        self.assertEqual(self.korean.options, self.english.options)


if __name__ == "__main__":
    unittest.main()
