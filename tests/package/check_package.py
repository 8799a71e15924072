#!/usr/bin/python3
"""The installed library as a stranger meets it: installs it from a build folder, and builds and runs the examples with it,
by CMake and by pkg-config, away from the source tree. Every example says in its first lines what it prints: // Says: ..."""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

TIMEOUT_SECONDS = 600  # one command; on a busy machine a build of the examples takes a minute
ROOT = Path(__file__).resolve().parents[2]
DRIVERS = ["mysql", "postgres", "sqlite"]
SAYS = re.compile(r"^// Says: (.+)$", re.MULTILINE)


class Wrong(Exception):
    """What is not as it should be, for a human."""


def run(*command, expect=0, **environment):
    """Runs a command and returns its output; Wrong where it ends otherwise than expected."""
    command = [str(word) for word in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS, env={**os.environ, **environment})
    if (done.returncode == 0) != (expect == 0):
        raise Wrong(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def require(text, *wanted):
    # CMake breaks the lines of messages where it likes.
    flat = " ".join(text.split())
    for part in wanted:
        if part not in flat:
            raise Wrong(f"«{part}» is missing in:\n{text}")


class Package:
    """An installation below a work folder, and what is built with it."""

    def __init__(self, arguments):
        self.options = arguments
        self.work = arguments.work.resolve()
        self.prefix = self.work / "prefix"
        self.examples = self.work / "examples"
        self.build = self.work / "examples-build"

    def install(self):
        """Only the component `library`, all public headers and no other; nothing in it knows where it was made."""
        shutil.rmtree(self.work, ignore_errors=True)
        made = self.work / "made-elsewhere"
        run("cmake", "--install", self.options.build, "--component", "library", "--prefix", made, DESTDIR="")
        made.rename(self.prefix)
        public = {path.relative_to(ROOT) for path in (ROOT / "include" / "lockkeeper").rglob("*.hpp")}
        installed = {path.relative_to(self.prefix) for path in (self.prefix / "include").rglob("*") if path.is_file()}
        if public != installed:
            raise Wrong(f"headers left out or too many: {sorted(map(str, public ^ installed))}")
        if (self.prefix / "bin").exists():
            raise Wrong("programs were installed with the library")
        for path in [*self.prefix.rglob("*.cmake"), *self.prefix.rglob("*.pc")]:
            for place in (ROOT, self.options.build, made):
                if str(place) in path.read_text():
                    raise Wrong(f"{path} names {place}")

    def configure(self, source, build, *settings, expect=0):
        launcher = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={shutil.which('ccache')}"] if shutil.which("ccache") else []
        return run("cmake", "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={self.options.compiler}",
                   "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                   "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *launcher, *settings, expect=expect)

    def build_examples(self):
        """As C++20, with the drivers' macros, without any of the library's own compiler flags."""
        shutil.copytree(ROOT / "examples", self.examples)
        self.configure(self.examples, self.build)
        run("cmake", "--build", self.build)
        for entry in json.loads((self.build / "compile_commands.json").read_text()):
            require(entry["command"], "++20", "-DEXAMPLE_MYSQL", "-DEXAMPLE_POSTGRES")
            if "-Wconversion" in entry["command"]:
                raise Wrong(f"the library's flags have come along: {entry['command']}")

    def run_examples(self):
        for source in sorted(self.examples.glob("*.cpp")):
            self.run_example(source, self.build / source.stem)

    def run_example(self, source, program):
        expected = SAYS.search(source.read_text())
        if not expected:
            raise Wrong(f"{source.name} does not say what it prints: // Says: ...")
        require(run(program), expected[1])

    def pkg_config(self):
        """One driver alone, and all of them; with the system's compiler where nothing speaks against it."""
        folder = next(self.prefix.rglob("lockkeeper.pc")).parent
        for name, drivers in (("1_hello", ["sqlite"]), ("3_after_commit", DRIVERS)):
            modules = [f"lockkeeper-{driver}" for driver in drivers]
            flags = {kind: run("pkg-config", kind, *modules, PKG_CONFIG_PATH=str(folder)).split()
                     for kind in ("--cflags", "--libs")}
            macros = [f"-DEXAMPLE_{driver.upper()}" for driver in drivers]
            compiler = self.options.plain_compiler
            source, program = self.examples / f"{name}.cpp", self.work / f"{name}-by-pkg-config"
            launcher = ["ccache"] if shutil.which("ccache") else []
            # With -I, unlike CMake: the headers' own warnings are seen here.
            run(*launcher, compiler, "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror",
                *macros, *flags["--cflags"], "-c", source, "-o", f"{program}.o")
            run(compiler, f"{program}.o", *flags["--libs"], "-o", program)
            self.run_example(source, program)

    def find(self, name, arguments, *settings, expect=0):
        """What find_package says to a small project."""
        source = self.work / name
        source.mkdir()
        project = f"cmake_minimum_required(VERSION 3.25)\nproject({name} LANGUAGES CXX)\nfind_package(Lockkeeper {arguments})\n"
        (source / "CMakeLists.txt").write_text(
            f"{project}message(STATUS \"core ${{Lockkeeper_FOUND}}, postgres ${{Lockkeeper_postgres_FOUND}}\")\n")
        return self.configure(source, source / "build", *settings, expect=expect)

    def messages(self):
        """A wrong component and a missing dependency are told in words that help."""
        require(self.find("unknown", "REQUIRED COMPONENTS oracle", expect=1), 'has no component "oracle"',
                "mysql, postgres, sqlite")
        without = "-DCMAKE_DISABLE_FIND_PACKAGE_PostgreSQL=ON"
        require(self.find("missing", "REQUIRED COMPONENTS sqlite postgres", without, expect=1), "libpq-dev")
        require(self.find("missing_core", "REQUIRED", "-DCMAKE_DISABLE_FIND_PACKAGE_fmt=ON", expect=1), "libfmt-dev")
        require(self.find("optional", "REQUIRED COMPONENTS sqlite OPTIONAL_COMPONENTS postgres", without),
                "core 1, postgres FALSE")
        require(self.find("core", "0.1 REQUIRED"), "core 1")
        require(self.find("newer", "0.99 REQUIRED", expect=1), '"0.99"')

    def library_only(self):
        """The documented build needs nothing of the programs and tests, and no driver that was left out."""
        absent = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("CLI11", "GTest", "benchmark", "PostgreSQL")]
        only = ["-DLOCKKEEPER_LIBRARY_ONLY=ON", *absent]
        build = self.work / "library-only"
        self.configure(ROOT, build, *only, "-DLOCKKEEPER_DRIVERS=sqlite")
        targets = run("cmake", "--build", build, "--target", "help")
        require(targets, "liblockkeeper_client.a", "liblockkeeper_sqlite.a")
        if "liblockkeeper_postgres.a" in targets or "liblockkeeper_rules.a" in targets:
            raise Wrong(f"more than the library would be built:\n{targets}")
        require(self.configure(ROOT, self.work / "library-refused", *only, expect=1), "libpq-dev", "LOCKKEEPER_DRIVERS")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, type=Path, help="a build folder whose libraries are built")
    parser.add_argument("--work", required=True, type=Path, help="a folder to work in; what is in it is removed")
    parser.add_argument("--compiler", required=True, help="the one that the libraries were built with")
    parser.add_argument("--plain-compiler", required=True, help="for pkg-config")
    package = Package(parser.parse_args())
    steps = ["install", "build_examples", "run_examples", "pkg_config", "messages", "library_only"]
    for step in steps:
        try:
            getattr(package, step)()
        except (Wrong, subprocess.TimeoutExpired) as fault:
            print(f"{step}: {fault}")
            return 1
        print(f"{step}: as it should be", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
