"""Which sources tools/tidy looks at as one: those that can be, and look-alikes that cannot."""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_tidy import TreeCase  # noqa: E402
from tidy_checks import batches  # noqa: E402
from tidy_checks.tree import Tree  # noqa: E402


class Batches(TreeCase):
    def plan(self, **texts):
        for name, text in texts.items():
            self.write(f"src/sql/{name}.cpp", text)
        commands = {f"src/sql/{name}.cpp": {"command": f"clang++ -I. -o {name}.o -c {name}.cpp"} for name in texts}
        return [[path[8:-4] for path in paths] for paths in batches.plan(Tree(self.root), commands)]

    def test_files_that_can_be_one(self):
        unnamed = "namespace {\nint {}() {{\n  return 1;\n}}\nstruct {} {{\n}};\n}}  // namespace\n"
        unnamed = unnamed.replace("namespace {\n", "namespace {{\n", 1)
        self.assertEqual(self.plan(a=unnamed.format("f", "A"), b=unnamed.format("g", "B")), [["a", "b"]])
        self.assertEqual(self.plan(a=unnamed.format("f", "A"), b=unnamed.format("f", "B")), [["a"], ["b"]])
        self.assertEqual(self.plan(a=unnamed.format("f", "A"), b=unnamed.format("g", "A"), c=""), [["a", "c"], ["b"]])

    def test_what_another_file_may_use(self):
        borrowing = "using std::chrono::seconds;\n"
        self.assertEqual(self.plan(a=borrowing, b="int seconds();\n"), [["a"], ["b"]])
        self.assertEqual(self.plan(a="int seconds();\n", b=borrowing), [["a"], ["b"]])
        self.assertEqual(self.plan(a=borrowing, b="// seconds\nint minutes();\n"), [["a", "b"]])
        self.assertEqual(self.plan(a="namespace c = std::chrono;\n", b="c::seconds d;\n"), [["a"], ["b"]])

    def test_how_they_are_compiled(self):
        for name in "abc":
            self.write(f"src/sql/{name}.cpp", "\n")
        commands = {f"src/sql/{name}.cpp": {"command": f"clang++ -D{name.replace('c', 'a')} -o {name}.o -c {name}.cpp"} for name in "abc"}
        tree = Tree(self.root)
        self.assertEqual(batches.plan(tree, commands), [["src/sql/a.cpp", "src/sql/c.cpp"], ["src/sql/b.cpp"]])
        ending = batches.command(tree, commands, ["src/sql/a.cpp"], self.root / "build")
        self.assertEqual(ending[1:3], ["--", "-Da"])

    def test_no_end_of_files(self):
        texts = {f"a{number}": "" for number in range(batches.LARGEST + 1)}
        self.assertEqual([len(paths) for paths in self.plan(**texts)], [batches.LARGEST, 1])


if __name__ == "__main__":
    unittest.main()
