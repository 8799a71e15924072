"""The command line of tools/tidy."""

import argparse
from pathlib import Path

from tidy_checks import compile as compiled
from tidy_checks import docs, hygiene, layers, sizes, targets, uses
from tidy_checks.tree import Tree

CHECKS = {
    "floors": layers.check_table,
    "includes": layers.check_includes,
    "uses": uses.check_uses,
    "cycles": layers.check_cycles,
    "sources": targets.check_sources,
    "headers": targets.check_headers,
    "sizes": sizes.check_sizes,
    "text": hygiene.check_text,
    "cpp": hygiene.check_cpp,
    "locks": hygiene.check_locks,
    "rules": docs.check_rules,
    "links": docs.check_links,
}


def main(arguments):
    """Runs the checks, prints what they found, returns the exit status: 0 nothing, 1 faults, 2 usage."""
    options = _parse(arguments)
    tree = Tree(options.root)
    results = {name: list(check(tree)) for name, check in selected(options).items()}
    found = sorted({f for findings in results.values() for f in findings}, key=lambda f: (f.path, f.line, f.what))
    for finding in found:
        print(finding)
    print(summary(results, len(tree.files)))
    return 1 if any(not finding.note for finding in found) else 0


def selected(options):
    """The checks that this command line asks for: name -> function of a Tree."""
    checks = {} if options.only_tools else dict(CHECKS)
    cache = options.cache or Path(options.root) / "build" / "tidy"
    if options.headers:
        checks["headers alone"] = lambda tree: compiled.check_headers(tree, options.headers, cache)
    if options.format:
        checks["format"] = compiled.check_format
    if options.clang_tidy:
        checks["clang-tidy"] = lambda tree: compiled.check_clang_tidy(tree, options.clang_tidy.resolve(), cache)
    return checks


def summary(results, files):
    """The closing line; tools/test_runner reads its first two numbers."""
    faults = sum(1 for findings in results.values() for f in findings if not f.note)
    notes = sum(1 for findings in results.values() for f in findings if f.note)
    failed = sum(1 for findings in results.values() if any(not f.note for f in findings))
    return f"tidy: {len(results) - failed} checks passed, {failed} failed ({faults} faults, {notes} notes, {files} files)"


def _parse(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/tidy", description="A test of the source itself: layers, cycles, orphans, sizes, hygiene, docs."
    )
    home = Path(__file__).resolve().parents[2]
    parser.add_argument("--root", type=Path, default=home, metavar="DIR", help="the tree to check (default: this one)")
    parser.add_argument("--headers", metavar="COMPILER", help="also compile headers alone: those that no source of src/ begins with")
    parser.add_argument("--format", action="store_true", help=f"also check the formatting with {compiled.FORMATTER}")
    parser.add_argument("--clang-tidy", type=Path, metavar="BUILD", help=f"also run {compiled.LINTER}, as BUILD compiles")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where passing files are remembered (ROOT/build/tidy)")
    parser.add_argument("--only-tools", action="store_true", help="only --headers, --format and --clang-tidy")
    return parser.parse_args(arguments)
