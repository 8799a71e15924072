"""Each check of tools/tidy on tiny trees: one that must fire, one look-alike that must stay silent."""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from tidy_checks import compile as compiled  # noqa: E402
from tidy_checks import cpp, docs, hygiene, layers, sizes, targets, uses  # noqa: E402
from tidy_checks.main import main  # noqa: E402
from tidy_checks.tree import Tree  # noqa: E402

ROOMS = {
    "include": {"floor": 0, "may_include": [], "externals": []},
    "base": {"floor": 0, "may_include": [], "externals": []},
    "sql": {"floor": 1, "may_include": ["base"], "externals": ["xxhash.h"]},
    "model": {"floor": 1, "may_include": ["base", "sql"], "externals": []},
    "client": {"floor": 2, "may_include": ["include", "base"], "externals": ["fmt/", "libpq-fe.h"]},
    "collect": {"floor": 3, "may_include": ["include", "model"], "externals": ["boost/json"]},
    "apps": {"floor": 6, "may_include": ["*"], "externals": []},
}


class TreeCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("tools/floors.json", json.dumps({"rooms": ROOMS}) + "\n")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def found(self, check, *rest):
        return [f"{f.path}:{f.line}: {f.what}" for f in check(Tree(self.root), *rest)]

    def assert_fires(self, check, *beginnings):
        found = self.found(check)
        self.assertEqual(len(found), len(beginnings), found)
        for line, beginning in zip(found, beginnings):
            self.assertTrue(line.startswith(beginning), f"{line!r} does not begin with {beginning!r}")

    def assert_silent(self, check):
        self.assertEqual(self.found(check), [])


class Layers(TreeCase):
    def table(self, **changes):
        rooms = {room: dict(line) for room, line in ROOMS.items()}
        for room, may_include in changes.items():
            rooms[room]["may_include"] = may_include
        self.write("tools/floors.json", json.dumps({"rooms": rooms}) + "\n")

    def test_the_table_is_consistent(self):
        self.assert_silent(layers.check_table)

    def test_upward_sideways_unknown_and_star(self):
        for changes in ({"sql": ["client"]}, {"sql": ["model"]}, {"base": ["include"]}, {"sql": ["nowhere"]}, {"sql": ["*"]}):
            with self.subTest(changes):
                self.table(**changes)
                self.assertEqual(len(self.found(layers.check_table)), 1)

    def test_a_folder_that_is_no_room(self):
        self.write("src/attic/a.cpp", "int a;\n")
        self.assert_fires(layers.check_table, "src/attic:1: no such room")

    def test_an_allowed_walk(self):
        self.write("src/collect/postgres/rows.cpp", '#include "collect/postgres/rows.hpp"\n#include "model/fact.hpp"\n')
        self.write("src/model/fact.hpp", '#include <sys/socket.h>\n#include <vector>\n#include "sql/lexer.hpp"\n')
        self.write("src/client/pool.cpp", "#include <lockkeeper/pool.hpp>\n#include <fmt/core.h>\n#include <libpq-fe.h>\n")
        self.write("src/collect/json.cpp", "#include <boost/json.hpp>\n#include <boost/json/value.hpp>\n")
        self.write("include/lockkeeper/pool.hpp", "#include <lockkeeper/error.hpp>\n#include <chrono>\n")
        self.write("apps/main.cpp", '#include "client/pool.hpp"\n#include "collect/json.hpp"\n#include <fmt/core.h>\n')
        self.assert_silent(layers.check_includes)

    def test_edges_that_are_not_in_the_table(self):
        self.write("src/sql/lexer.cpp", '#include "base/a.hpp"\n#include "model/fact.hpp"\n')
        self.assert_fires(layers.check_includes, 'src/sql/lexer.cpp:2: sql includes "model/fact.hpp"')

    def test_public_headers_from_a_room_without_them(self):
        self.write("src/sql/lexer.cpp", "#include <lockkeeper/error.hpp>\n")
        self.assert_fires(layers.check_includes, "src/sql/lexer.cpp:1: sql includes <lockkeeper/error.hpp>")

    def test_public_headers_know_std_only(self):
        self.write("include/lockkeeper/a.hpp", '#include <sys/socket.h>\n#include "base/assert.hpp"\n#include <libpq-fe.h>\n')
        self.assertEqual(len(self.found(layers.check_includes)), 3)

    def test_libraries_of_another_room(self):
        self.write("src/collect/a.cpp", "#include <libpq-fe.h>\n#include <boost/asio.hpp>\n#include <base/assert.hpp>\n")
        self.assertEqual(len(self.found(layers.check_includes)), 3)

    def test_headers_named_without_their_room(self):
        self.write("src/sql/lexer.cpp", '#include "lexer.hpp"\n#include "../base/a.hpp"\n')
        self.assertEqual(len(self.found(layers.check_includes)), 2)

    def test_includes_in_comments_and_literals_are_none(self):
        self.write("src/sql/a.cpp", '// #include "model/a.hpp"\n/*\n#include "model/a.hpp"\n*/\nauto x = R"(\n#include "model/a.hpp"\n)";\n')
        self.assert_silent(layers.check_includes)

    def test_cycles(self):
        self.write("src/sql/a.hpp", '#include "sql/b.hpp"\n')
        self.write("src/sql/b.hpp", '#include "sql/c.hpp"\n')
        self.write("src/sql/c.hpp", "#include <vector>\n")
        self.assert_silent(layers.check_cycles)
        self.write("src/sql/c.hpp", '#include <vector>\n#include "sql/a.hpp"\n')
        self.assert_fires(layers.check_cycles, "src/sql/a.hpp:1: include cycle: src/sql/a.hpp and src/sql/b.hpp and src/sql/c.hpp")


class Uses(TreeCase):
    def test_names_of_std(self):
        self.write("src/sql/a.hpp", "#include <optional>\nstd::optional<int> a();\n")
        self.write("src/sql/a.cpp", '#include "sql/a.hpp"\n// std::vector\nstd::optional<int> b = std::nullopt;\nstd::vector<int> c;\nstd::vector<int> d;\n')
        self.assert_fires(uses.check_uses, "src/sql/a.cpp:4: uses std::vector")

    def test_a_header_that_brings_it_along_and_one_of_several(self):
        self.write("src/sql/a.cpp", "#include <fmt/format.h>\nstd::string a;\n")
        self.write("src/sql/b.cpp", "#include <shared_mutex>\nstd::unique_lock b(c);\n")
        self.assert_silent(uses.check_uses)

    def test_types_of_ours(self):
        self.write("src/model/gap.hpp", "struct GapState {\n  struct Part {};\n};\nusing OpenGaps = int;\n")
        self.write("src/model/all.hpp", '#include "model/gap.hpp"\n')
        self.write("src/collect/a.cpp", '#include "model/all.hpp"\nGapState a;\nOpenGaps b;\n')
        self.write("src/collect/b.hpp", "class GapState;\nGapState* a;\n")
        self.write("src/collect/c.hpp", "struct GapState {};\nGapState a;\n")
        self.write("tests/d.cpp", "TEST(OpenGaps, Are) {}\n")
        self.assert_silent(uses.check_uses)
        self.write("src/collect/e.cpp", "// GapState\nmodel::OpenGaps b;\n")
        self.assert_fires(uses.check_uses, "src/collect/e.cpp:2: uses OpenGaps")


class Targets(TreeCase):
    def test_sources_named_by_their_folder_or_a_parent(self):
        self.write("src/sql/CMakeLists.txt", "lockkeeper_room(sql SOURCES lexer.cpp deep/kind.cpp)\n")
        self.write("src/sql/lexer.cpp", "int a;\n")
        self.write("src/sql/deep/kind.cpp", "int a;\n")
        self.assert_silent(targets.check_sources)

    def test_a_source_that_only_a_comment_names(self):
        self.write("src/sql/CMakeLists.txt", "lockkeeper_room(sql SOURCES other.cpp)  # lexer.cpp\n")
        self.write("src/sql/lexer.cpp", "int a;\n")
        self.assert_fires(targets.check_sources, "src/sql/lexer.cpp:1: no target builds this file")

    def test_names_made_from_a_list(self):
        self.write("fuzz/CMakeLists.txt", "foreach(name lexer decode)\n  add_executable(fuzz_${name} ${name}/fuzz_${name}.cpp)\nendforeach()\n")
        self.write("fuzz/lexer/fuzz_lexer.cpp", "int a;\n")
        self.assert_silent(targets.check_sources)
        self.write("fuzz/attic/fuzz_attic.cpp", "int a;\n")
        self.assert_fires(targets.check_sources, "fuzz/attic/fuzz_attic.cpp")

    def test_headers(self):
        self.write("src/sql/used.hpp", "\n")
        self.write("src/sql/a.cpp", '#include "sql/used.hpp"\n')
        self.write("include/lockkeeper/public.hpp", "\n")
        self.assert_silent(targets.check_headers)
        self.write("src/sql/alone.hpp", '#include "sql/alone.hpp"\n')
        self.assert_fires(targets.check_headers, "src/sql/alone.hpp:1: nothing includes this header")

    def test_a_header_and_its_own_source(self):
        self.write("src/sql/CMakeLists.txt", "lockkeeper_room(sql SOURCES a.cpp)\n")
        self.write("src/sql/a.hpp", "#include <string>\n")
        own = lambda: targets.own_sources(Tree(self.root))  # noqa: E731
        self.write("src/sql/a.cpp", '// Why.\n#include "sql/a.hpp"\n\n#include <string>\n')
        self.assertEqual(own(), {"src/sql/a.hpp": "src/sql/a.cpp"})
        for beginning in ("#include <string>\n", "#define LARGE\n", "#if LARGE\n#endif\n", "int a;\n", "namespace std {}\n"):
            self.write("src/sql/a.cpp", beginning + '#include "sql/a.hpp"\n')
            self.assertEqual(own(), {}, beginning)

    def test_a_source_that_shows_nothing_of_a_header(self):
        self.write("src/sql/CMakeLists.txt", "lockkeeper_room(sql SOURCES other.cpp)\n")
        self.write("src/sql/a.hpp", "\n")
        self.write("src/sql/a.cpp", '#include "sql/a.hpp"\n')  # which no target builds
        self.write("src/model/CMakeLists.txt", "lockkeeper_room(model SOURCES a.cpp)\n")
        self.write("src/model/a.cpp", '#include "sql/a.hpp"\n')  # another room
        self.write("tests/sql/CMakeLists.txt", "lockkeeper_test(sql SOURCES a_test.cpp b.cpp)\n")
        self.write("tests/sql/a_test.cpp", '#include "sql/a.hpp"\n')  # scripts/test builds it with precompiled headers
        self.write("tests/sql/b.hpp", "\n")
        self.write("tests/sql/b.cpp", '#include "b.hpp"\n')
        self.assertEqual(targets.own_sources(Tree(self.root)), {})


class Sizes(TreeCase):
    def test_files(self):
        self.write("src/sql/right.cpp", "int a;\n" * 400)
        self.assert_silent(sizes.check_sizes)
        self.write("src/sql/right.cpp", "int a;\n" * 401)
        self.assertTrue(all(f.note for f in sizes.check_sizes(Tree(self.root))))
        self.write("src/sql/right.cpp", "int a;\n" * 601)
        self.assert_fires(sizes.check_sizes, "src/sql/right.cpp:1: 601 lines")

    def test_functions(self):
        self.write("src/sql/a.cpp", "namespace a {\nvoid f() {\n" + "  g();\n" * 68 + "}\n}\n")
        self.assert_silent(sizes.check_sizes)
        self.write("src/sql/a.cpp", "namespace a {\nvoid f() {\n" + "  g();\n" * 69 + "}\n}\n")
        self.assert_fires(sizes.check_sizes, "src/sql/a.cpp:2: f has 71 lines")


class Functions(unittest.TestCase):
    """The brace scan by itself: (name, lines) of what it sees."""

    def assert_functions(self, text, *expected):
        self.assertEqual([(f.name, f.lines) for f in cpp.Source(text).functions], list(expected))

    def test_scopes_are_no_functions(self):
        self.assert_functions(
            "namespace a::b {\nclass C final : public D<int> {\n public:\n  enum class E : int { x, y };\n  int f() const {\n    return 1;\n  }\n"
            "  int member_{3};\n};\nstruct alignas(8) S {\n};\n}\n",
            ("f", 3),
        )

    def test_templates_and_attributes(self):
        self.assert_functions(
            "template <class T, typename U = std::vector<T>>\n[[nodiscard]] U f(T t)\n{\n}\ntemplate <class T>\nstruct std::hash<A<T>> {\n"
            "  size_t operator()(const T& t) const {\n  }\n};\n",
            ("f", 4),
            ("operator()", 2),
        )

    def test_member_initialisers_with_braces(self):
        self.assert_functions("Foo::Foo(int a)\n    : a_{a},\n      b_(a) {\n  run();\n}\nint g() {\n}\n", ("Foo", 5), ("g", 2))

    def test_lambdas_count_to_their_function(self):
        self.assert_functions("void f() {\n  auto l = [&](int a) {\n    if (a) { g(); }\n  };\n  run([] { h(); });\n}\n", ("f", 6))

    def test_values_are_no_functions(self):
        self.assert_functions("const int a[] = {\n  1,\n  2,\n};\nconst std::array<P, 2> b{{\n  {1, 2},\n  {3, 4},\n}};\nint f() {\n}\n", ("f", 2))

    def test_braces_in_literals_and_comments(self):
        self.assert_functions(
            'int f() {\n  // }\n  /* } */\n  g("}\\"}", \'}\', \'\\\'\', R"x(\n}"})x", 1\'000, u8\'{\');\n}\nint h() {\n}\n', ("f", 6), ("h", 2)
        )

    def test_one_branch_of_an_if_directive(self):
        self.assert_functions("#if A\nint f(int a) {\n#else\nint f() {\n#endif\n}\nint g() {\n}\n", ("f", 5), ("g", 2))


class Text(TreeCase):
    def test_clean(self):
        self.write("README.md", "A page about `work/` and ${HOME}/wo" "rk/x, dir/ro" "ot/x.\n")
        self.write("tests/golden/a.md", "a\t \nno newline")
        self.write("scripts/run", "#!/bin/sh\nmktemp /tmp/a.XXXXXX\n")
        self.assert_silent(hygiene.check_text)

    def test_each_fault(self):
        cases = {
            "a.py": ("a = 1\n\tb = 2\n", "a.py:2: a tab"),
            "b.md": ("text \n", "b.md:1: trailing space"),
            "c.cpp": ("int a;", "c.cpp:1: the file's end"),
            "d.cpp": ("int a;\n\n", "d.cpp:3: the file's end"),
            "e.cpp": ("int a;  // TO" "DO: name it\n", "e.cpp:1: left for later"),
            "f.txt": ("see /ho" "me/me/x\n", "f.txt:1: a path of one machine"),
            "script": ("#!/bin/sh\n# FIX" "ME\n", "script:2: left for later"),
        }
        for path, (text, expected) in cases.items():
            with self.subTest(path):
                self.write(path, text)
                self.assert_fires(hygiene.check_text, expected)
                (self.root / path).unlink()

    def test_lock_files(self):
        self.write("web/package-lock.json", '{"packages": {"a": {"version": "1"}}}\n')
        self.assert_silent(hygiene.check_locks)
        self.write("web/package-lock.json", '{\n"resolved": "https://registry.example/a.tgz"}\n')
        self.assert_fires(hygiene.check_locks, "web/package-lock.json:2: 1 download addresses")


class Cpp(TreeCase):
    def test_clean(self):
        self.write(
            "src/sql/a.hpp",
            '#pragma once\n// τ, using namespace std, x.detach()\nconst char* a = "τ sleep(1)";\n'
            "void wait() { sleep_for(x); }  // tidy: waits as the fake server would\nint asleep(int);\nint b = asleep(1);\n",
        )
        self.write("src/sql/a.cpp", "using namespace std::chrono_literals;\n")
        self.write("tests/sql/wait.cpp", "int a = sleep(1);\n")
        self.assert_silent(hygiene.check_cpp)

    def test_each_fault(self):
        cases = {
            "src/sql/a.hpp": ("// #pragma once\nint a;\n", "src/sql/a.hpp:1: no #pragma once"),
            "src/sql/b.hpp": ("#pragma once\nusing namespace std;\n", "src/sql/b.hpp:2: using namespace"),
            "src/sql/c.cpp": ("int a = b;\nint τ = 1;\n", "src/sql/c.cpp:2: a character outside ASCII"),
            "src/sql/d.cpp": ("void f() {\n  std::this_thread::sleep_for(1s);\n}\n", "src/sql/d.cpp:2: code that sleeps"),
            "src/sql/e.cpp": ("int a = usleep(1);  // tidy: waits\n", "src/sql/e.cpp:1: code that sleeps"),
            "tests/f.cpp": ("void f() { thread.detach(); }\n", "tests/f.cpp:1: a detached thread"),
        }
        for path, (text, expected) in cases.items():
            with self.subTest(path):
                self.write(path, text)
                self.assert_fires(hygiene.check_cpp, expected)
                (self.root / path).unlink()


class Docs(TreeCase):
    def test_rules_and_pages(self):
        self.write("src/rules/catalogue.cpp", 'auto entries = {\n    {"idle-transaction", "a well-known thing", f},\n};\n')
        self.write("src/rules/idle.cpp", '// RuleId("not-yet");\nauto a = RuleId(b ? "aborted-transaction" : "idle-transaction");\n')
        for page in ("idle-transaction", "aborted-transaction"):
            self.write(f"docs/rules/{page}.md", "# x\n")
        self.write("docs/rules/README.md", "[x](idle-transaction.md) [y](aborted-transaction.md)\n")
        self.assert_silent(docs.check_rules)
        self.write("docs/rules/README.md", "[x](idle-transaction.md) aborted-transaction\n")
        self.assert_fires(docs.check_rules, "src/rules/idle.cpp:2: rule aborted-transaction is not in the list")

    def test_a_rule_without_a_page_and_a_page_without_a_rule(self):
        self.write("src/rules/catalogue.cpp", 'auto entries = {\n    {"idle-transaction", "says", f},\n};\n')
        self.write("src/rules/long.cpp", '\nauto a = RuleId("long-transaction");\n')
        self.write("docs/rules/stuck-loop.md", "# x\n")
        self.assert_fires(
            docs.check_rules,
            "src/rules/catalogue.cpp:2: rule idle-transaction has no page",
            "src/rules/long.cpp:2: rule long-transaction has no page",
            "docs/rules/stuck-loop.md:1: no rule",
        )

    def test_links(self):
        self.write("docs/map.md", "[a](../README.md#x) [b](rules/) [c](https://example.org/x) `[d](none)`\n```\n[e](none)\n```\n[f](#here-it-is)\n\n## `Here` it is.\n")
        self.write("docs/rules/README.md", "# x\n")
        self.write("README.md", "# x\n")
        self.assert_silent(docs.check_links)
        self.write("README.md", "# x\n\n[a](docs/none.md)\n")
        self.assert_fires(docs.check_links, "README.md:3: link to docs/none.md")

    def test_links_to_headings(self):
        self.write("a.md", "[a](b.md#one-two) [b](b.md#x) [c](b.md#one-two-1) [d](b.cpp#L3)\n")
        self.write("b.md", '# One, [two](b.cpp)\n\n<a id="x"></a>\n\n## One two\n')
        self.write("b.cpp", "int a;\n")
        self.assert_silent(docs.check_links)
        self.write("a.md", "[a](b.md#one)\n[b](#none)\n")
        self.write("b.md", "```\n# One\n```\n")
        self.assert_fires(docs.check_links, "a.md:1: link to b.md#one", "a.md:2: link to #none")


class Compiled(TreeCase):
    COMPILER = "g++-12"

    def setUp(self):
        super().setUp()
        if compiled._missing(self.COMPILER):
            self.skipTest(f"{self.COMPILER} is not installed")

    def headers(self):
        return self.found(compiled.check_headers, self.COMPILER, self.root / "build" / "tidy")

    def test_headers_alone_and_remembered(self):
        self.write("src/sql/b.hpp", "#pragma once\n#include <string>\n")
        self.write("src/sql/a.hpp", '#pragma once\n#include "sql/b.hpp"\nstd::string a();\n')
        self.assertEqual(self.headers(), [])
        remembered = json.loads((self.root / "build" / "tidy" / f"headers-{self.COMPILER}.json").read_text())
        self.assertEqual(sorted(remembered), ["src/sql/a.hpp", "src/sql/b.hpp"])
        self.write("src/sql/b.hpp", "#pragma once\n")
        self.assertEqual(len(self.headers()), 1, "what a header includes is part of what is remembered")

    def test_headers_that_their_own_source_shows(self):
        self.write("src/sql/CMakeLists.txt", "lockkeeper_room(sql SOURCES a.cpp)\n")
        self.write("src/sql/a.hpp", "std::string a();\n")
        self.write("src/sql/a.cpp", '#include "sql/a.hpp"\n')
        self.write("src/sql/b.hpp", "#pragma once\n")
        self.assertEqual(self.headers(), ["src:1: 2 headers, of which 1 by their own source"])

    def test_public_headers_are_older_cpp(self):
        self.write("include/lockkeeper/a.hpp", "#pragma once\n#include <utility>\nint a(int b) { return std::to_underlying(E{b}); }\n")
        self.assertTrue(self.headers()[0].startswith("include/lockkeeper/a.hpp:3: does not compile alone"))

    def test_format(self):
        if compiled._missing(compiled.FORMATTER):
            self.skipTest(f"{compiled.FORMATTER} is not installed")
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.write("src/sql/a.cpp", "int a;\n")
        self.assert_silent(compiled.check_format)
        self.write("src/sql/a.cpp", "int a;\nint   b;\n")
        self.assert_fires(compiled.check_format, "src/sql/a.cpp:2: not formatted")

    def test_clang_tidy(self):
        if compiled._missing(compiled.LINTER):
            self.skipTest(f"{compiled.LINTER} is not installed")
        self.write(".clang-tidy", "Checks: '-*,modernize-use-nullptr'\nWarningsAsErrors: '*'\n")
        files = [str(self.root.resolve() / f"src/sql/{name}.cpp") for name in "abc"]
        database = [{"file": file, "directory": str(self.root), "command": f"clang++-19 -c {file}"} for file in files]
        self.write("build/x/compile_commands.json", json.dumps(database))
        run = lambda: self.found(compiled.check_clang_tidy, self.root / "build/x", self.root / "build/tidy")  # noqa: E731
        for name in "abc":
            self.write(f"src/sql/{name}.cpp", f"int* {name} = nullptr;\n")
        self.assertEqual(run(), [])
        self.write("src/sql/a.cpp", "int* a = 0;\n")
        self.assertTrue(run()[0].startswith("src/sql/a.cpp:1: clang-tidy: use nullptr"), "alone")
        self.write("src/sql/c.cpp", "\n\nint* c = 0;\n")
        self.write("src/sql/b.cpp", "int a = 1;\n")  # clashes with a
        found = run()
        self.assertEqual([line.partition(" clang-tidy")[0] for line in found], ["src/sql/a.cpp:1:", "src/sql/c.cpp:3:"], found)
        remembered = json.loads((self.root / "build" / "tidy" / "clang-tidy.json").read_text())
        self.assertEqual(sorted(remembered), ["src/sql/b.cpp"])


class CommandLine(TreeCase):
    def run_main(self):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = main(["--root", str(self.root)])
        return status, output.getvalue().splitlines()

    def test_closing_line_and_status(self):
        status, lines = self.run_main()
        self.assertEqual((status, lines), (0, ["tidy: 12 checks passed, 0 failed (0 faults, 0 notes, 1 files)"]))
        self.write("src/sql/a.cpp", "int a;\n" * 500)
        status, lines = self.run_main()
        self.assertEqual(status, 1)
        self.assertEqual(lines[-1], "tidy: 11 checks passed, 1 failed (1 faults, 1 notes, 2 files)")
        self.assertEqual(lines[0], "src/sql/a.cpp:1: note: 500 lines — more than 400 / is it one thing?")


if __name__ == "__main__":
    unittest.main()
