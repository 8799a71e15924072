#!/usr/bin/python3
"""The installed program as a stranger meets it: it runs where it was put, has a man page for each command, which man shows,
completions, the service's unit, and the reporters of the leak gate."""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 120
BUILTIN = {"version", "completion"}  # lockkeeper(1) itself has all that there is to say of them
TOGETHER = {"replay": "dump"}


class Wrong(Exception):
    """What is not as it should be, for a human."""


def run(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, stdin=subprocess.DEVNULL, timeout=TIMEOUT_SECONDS)
    if done.returncode != 0:
        raise Wrong(f"{command} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def require(holds, what):
    if not holds:
        raise Wrong(what)


def check_program(prefix):
    program = prefix / "bin" / "lockkeeper"
    require(run(program, "version").startswith("lockkeeper "), "the installed program does not tell its version")
    listed = run(program, "--help").split("Subcommands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines() if re.match(r"  [a-z]", line)]


def check_manual(prefix, commands):
    pages = {path.stem: path for path in (prefix / "share" / "man" / "man1").glob("*.1")}
    wanted = {"lockkeeper"} | {f"lockkeeper-{TOGETHER.get(name, name)}" for name in set(commands) - BUILTIN}
    require(set(pages) == wanted, f"pages left out or too many: {sorted(set(pages) ^ wanted)}")
    for name, path in pages.items():
        shown = run("groff", "-man", "-Kutf8", "-Tutf8", "-P-cbou", path)
        require("NAME" in shown and "SYNOPSIS" in shown, f"{name} has neither NAME nor SYNOPSIS:\n{shown[:400]}")
        require("](" not in shown and ".md>" not in shown, f"{name} has a link of the source tree")
        require(re.search(r"\.TH \"?LOCKKEEPER", path.read_text()), f"{name} has no title")


def check_beside(prefix):
    share = prefix / "share"
    for path in (share / "bash-completion/completions/lockkeeper", share / "zsh/site-functions/_lockkeeper",
                 share / "fish/vendor_completions.d/lockkeeper.fish"):
        require("pool-mode" in path.read_text(), f"{path} does not complete --pool-mode")
    unit = (prefix / "lib/systemd/system/lockkeeper.service").read_text()
    require("ExecStart=" in unit, "the unit starts nothing")
    reporters = {path.name for path in (share / "lockkeeper" / "reporters").iterdir()}
    require(reporters == {path.name for path in (ROOT / "reporters").iterdir() if path.is_file()}, f"reporters: {reporters}")
    require((share / "doc" / "Lockkeeper" / "LICENSE").exists(), "there is no licence")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="the build folder")
    parser.add_argument("--work", type=Path, required=True, help="a folder for this test alone; emptied first")
    options = parser.parse_args()
    shutil.rmtree(options.work, ignore_errors=True)
    prefix = options.work.resolve() / "prefix"
    try:
        run("cmake", "--install", options.build, "--component", "program", "--prefix", prefix)
        check_manual(prefix, check_program(prefix))
        check_beside(prefix)
    except Wrong as wrong:
        sys.exit(f"error: {wrong}")
    print("the program is installed whole")


if __name__ == "__main__":
    main()
