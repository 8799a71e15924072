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
        flags = {"a": "-O1 -DA -isystem /a", "b": "-O2", "c": "-O1 -DC -isystem /c"}
        commands = {f"src/sql/{name}.cpp": {"command": f"clang++ {flag} -o {name}.o -c {name}.cpp"} for name, flag in flags.items()}
        tree, alike = Tree(self.root), ["src/sql/a.cpp", "src/sql/c.cpp"]
        self.assertEqual(batches.plan(tree, commands), [alike, ["src/sql/b.cpp"]])
        ending = batches.command(tree, commands, alike, self.root / "build")
        self.assertEqual(ending[1:-1], ["--", "-O1", "-DA", "-isystem", "/a", "-DC", "-isystem", "/c"])

    def test_no_end_of_files(self):
        texts = {f"a{number}": "" for number in range(batches.LARGEST + 1)}
        self.assertEqual([len(paths) for paths in self.plan(**texts)], [batches.LARGEST, 1])



class Groups(TreeCase):
    """Of sources that are compiled as one (cmake/Precompiled.cmake)."""

    def groups(self, *codes):
        paths = [f"src/sql/{number}.cpp" for number in range(len(codes))]
        for path, code in zip(paths, codes):
            self.write(path, code)
        found = batches.groups(Tree(self.root), paths, 3)
        self.assertEqual(sorted(path for group in found for path in group), paths)
        return [[int(path[8:-4]) for path in group] for group in found]

    def test_a_header_that_only_one_includes(self):
        self.write("src/sql/key.hpp", "struct Key {};\n")
        own = "namespace {\nstruct Key {\n};\n}  // namespace\n"
        including = '#include "sql/key.hpp"\n'
        self.assertEqual(self.groups(own, including), [[0], [1]])
        self.assertEqual(self.groups(including + own, including), [[0, 1]])  # there it is told apart already

    def test_a_name_of_its_own_is_nobody_elses(self):
        own = "namespace {\nint width() {\n  return 1;\n}\n}  // namespace\n"
        self.assertEqual(self.groups(own, "int height();\n"), [[0, 1]])
        self.assertEqual(self.groups(own, own), [[0], [1]])
        self.assertEqual(self.groups(own, "void f(int width);\n"), [[0], [1]])
        self.assertEqual(self.groups("void f(int width);\n", own), [[0], [1]])
        self.assertEqual(self.groups(own, "int x = box.width() + box->width() + model::width();\n"), [[0, 1]])

    def test_what_is_borrowed_alike_is_borrowed_once(self):
        borrowing = "using std::chrono::seconds;\n"
        self.assertEqual(self.groups(borrowing, borrowing), [[0, 1]])
        self.assertEqual(self.groups(borrowing, "int seconds;\n"), [[0], [1]])
        self.assertEqual(self.groups(borrowing, "using mine::seconds;\n"), [[0, 1]])  # the compiler says so
        self.assertEqual(self.groups(borrowing, "std::chrono::seconds x;\n"), [[0, 1]])
        self.assertEqual(self.groups("namespace fs = std::filesystem;\n", "int fs, filesystem;\n"), [[0], [1]])

    def test_an_alias_is_a_name_of_its_own(self):
        alias = "namespace {\nusing Clock = std::chrono::steady_clock;\n}  // namespace\n"
        self.assertEqual(self.groups(alias, alias), [[0], [1]])

    def test_a_macro_has_no_scope(self):
        self.assertEqual(self.groups("#define HERE 1\n", "int x = HERE;\n"), [[0], [1]])

    def test_tests_are_no_names(self):
        test = "namespace {\nTEST(A, B) {\n}\n}  // namespace\n"
        self.assertEqual(self.groups(test, test), [[0, 1]])

    def test_no_end_of_files(self):
        self.assertEqual([len(group) for group in self.groups("", "", "", "")], [3, 1])


if __name__ == "__main__":
    unittest.main()
