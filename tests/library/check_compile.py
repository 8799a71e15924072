#!/usr/bin/python3
"""The programs that must not compile, and their twins that must.

NAME.bad.cpp says in its first lines which compilers refuse it, and with what: // gcc /regex/
NAME.good.cpp compiles with every compiler. Every bad one has a good one of its name or of its name's first word: what
is refused must have a way that is not.
"""

import argparse
import concurrent.futures
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT_SECONDS = 120  # one file; the slowest takes a few seconds
FLAGS = {
    "gcc": ["-Werror=unused-result"],
    "clang": ["-Werror=consumed", "-Werror=dangling", "-Werror=return-stack-address", "-Werror=unused-result"],
}
COMMON = ["-std=c++20", "-fdiagnostics-color=never", "-Wall", "-Wextra"]
EXPECTED = re.compile(r"^// (gcc|clang) /(.+)/$", re.MULTILINE)


def precompiled(compiler, include, folder):
    """The public headers, read once instead of by every program; returns the options with which clang uses them.

    g++ copies what it has precompiled into every process, which takes as long as reading the headers.
    """
    everything, built = folder / "everything.hpp", folder / "everything.pch"
    headers = sorted(path.relative_to(include) for path in Path(include).glob("lockkeeper/*.hpp"))
    everything.write_text("".join(f"#include <{header}>\n" for header in headers))
    command = [compiler, *COMMON, f"-I{include}", *FLAGS["clang"], "-x", "c++-header", everything, "-o", built]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{compiler} does not compile the public headers:\n{done.stderr}")
    return ["-include-pch", str(built)]


def compile_one(compiler, name, path, include):
    program, *headers = compiler
    command = [program, *COMMON, f"-I{include}", *headers, "-fsyntax-only", *FLAGS[name], str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    # gcc quotes in UTF-8 where the locale has it.
    return done.returncode, (done.stdout + done.stderr).replace("\u2018", "'").replace("\u2019", "'")


def judge_bad(path, name, compiler, include, pattern):
    status, output = compile_one(compiler, name, path, include)
    if status == 0:
        return f"{path.name}: {name} compiles it, and should say /{pattern}/"
    if not re.search(pattern, output):
        return f"{path.name}: {name} refuses it, but not with /{pattern}/:\n{output}"
    return None


def judge_good(path, name, compiler, include):
    status, output = compile_one(compiler, name, path, include)
    if status == 0 and "warning:" not in output:
        return None
    return f"{path.name}: {name} should compile it without a word, and says:\n{output}"


def jobs_of(cases, compilers, include):
    for path in cases:
        if path.name.endswith(".good.cpp"):
            for name, compiler in compilers.items():
                yield judge_good, (path, name, compiler, include)
            continue
        expected = dict(EXPECTED.findall(path.read_text()))
        if not expected:
            raise SystemExit(f"{path.name}: no line of it names a compiler: // gcc /regex/")
        for name, pattern in expected.items():
            if name in compilers:
                yield judge_bad, (path, name, compilers[name], include, pattern)


def without_twin(cases):
    good = {path.name.removesuffix(".good.cpp") for path in cases if path.name.endswith(".good.cpp")}
    for path in cases:
        name = path.name.removesuffix(".bad.cpp")
        if path.name.endswith(".bad.cpp") and not good.intersection({name, name.split("_")[0]}):
            yield f"{path.name}: there is no {name}.good.cpp beside it"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", required=True, help="the folder of the public headers")
    parser.add_argument("--gcc", default="g++-12")
    parser.add_argument("--clang", default="clang++-19")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("cases", nargs="+", type=Path)
    arguments = parser.parse_args()
    missing = [compiler for compiler in (arguments.gcc, arguments.clang) if shutil.which(compiler) is None]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)}")
    cases = sorted(arguments.cases)
    problems = list(without_twin(cases))
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        headers = precompiled(arguments.clang, arguments.include, Path(folder))
        jobs = list(jobs_of(cases, {"gcc": [arguments.gcc], "clang": [arguments.clang, *headers]}, arguments.include))
        results = [pool.submit(judge, *rest) for judge, rest in jobs]
        problems += [problem for result in results if (problem := result.result()) is not None]
    print("\n\n".join(problems) if problems else f"{len(jobs)} compilations of {len(cases)} programs are as they should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
