"""tools/debian-suite with an apt-get that is played: what is there is believed, half of it never, failures are told."""

import hashlib
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "debian-suite"

# What it says comes from files of its folder: KIND.fails its words when it fails. It counts its calls.
APT = r"""#!/bin/bash
here=$(dirname "$0")
echo "$*" >>"$here/calls"
case "$*" in
  *indextargets*)
    codename=$(. /etc/os-release && echo $VERSION_CODENAME)
    echo "$codename-security main http://security.test/debian/ $here/sources:1"
    echo "$codename main http://mirror.test/debian/ $here/sources:1"
    exit ;;
  *" update") kind=update ;;
  *--print-uris*) kind=resolve ;;
  *) kind=install ;;
esac
if [ -e "$here/$kind.fails" ]; then cat "$here/$kind.fails"; exit 100; fi
case $kind in
  resolve) cat "$here/uris" ;;
  install) cp "$here"/debs/*.deb "$(dirname "$2")/cache/archives/" ;;
esac
"""


class DebianSuite(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tools = Path(folder.name) / "tools"
        (self.tools / "debs").mkdir(parents=True)
        self.root = Path(folder.name) / "with space" / "root"
        apt = self.tools / "apt-get"
        apt.write_text(APT)
        apt.chmod(0o755)
        (self.tools / "sources").write_text(f"Types: deb\nSigned-By: {self.tools}/key.gpg\n")
        (self.tools / "key.gpg").write_text("key")
        self.make_packages("1")

    def make_packages(self, version):
        for deb in (self.tools / "debs").glob("*.deb"):
            deb.unlink()
        self.pack("libc6", version, {"usr/lib64/ld-linux-test.so.2": '#!/bin/bash\nshift 2\nexec "$@"\n'})
        self.pack("hello", version, {"usr/bin/hello": f'#!/bin/bash\necho "hello {version} $*"\n', "lib/libhello.so.1": ""})
        lines = []
        for deb in (self.tools / "debs").glob("*.deb"):
            lines.append(f"'http://mirror.test/{deb.name}' {deb.name} {deb.stat().st_size} MD5Sum:{hashlib.md5(deb.read_bytes()).hexdigest()}\n")
        (self.tools / "uris").write_text("Reading...\n" + "".join(lines))

    def pack(self, name, version, files):
        tree = self.tools / "tree" / name
        (tree / "DEBIAN").mkdir(parents=True, exist_ok=True)
        (tree / "DEBIAN" / "control").write_text(
            f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: nobody <n@n.test>\nDescription: test\n"
        )
        for path, text in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
            (tree / path).chmod(0o755)
        target = self.tools / "debs" / f"{name}_{version}_all.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, target], check=True, capture_output=True, timeout=60)

    def run_it(self, *packages, suite="sid"):
        environment = {**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}"}
        command = [SCRIPT, suite, self.root, *(packages or ["hello"])]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    def hello(self):
        return subprocess.run([self.root / "run", "hello", "you"], capture_output=True, text=True, timeout=60).stdout

    def calls(self):
        return (self.tools / "calls").read_text().splitlines() if (self.tools / "calls").exists() else []

    def test_unpacks_and_starts_programs(self):
        done = self.run_it()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.hello(), "hello 1 you\n")
        self.assertTrue((self.root / "usr" / "lib" / "libhello.so.1").exists(), "/lib is a link to /usr/lib")
        self.assertFalse(Path(f"{self.root}.work").exists())
        unknown = subprocess.run([self.root / "run", "nothing"], capture_output=True, text=True, timeout=60)
        self.assertEqual(unknown.returncode, 127)

    def test_mirror_and_key_are_apts_own(self):
        (self.tools / "update.fails").write_text("E: something new\n")
        self.run_it()
        sources = Path(f"{self.root}.work/sources.list").read_text()
        self.assertIn("http://mirror.test/debian/ sid main", sources)
        self.assertIn(f"signed-by={self.tools}/key.gpg", sources)

    def test_a_second_run_asks_nobody(self):
        self.run_it()
        before = self.calls()
        self.assertEqual(self.run_it().returncode, 0)
        self.assertEqual(self.calls(), before)
        self.assertEqual(self.run_it("hello", "libc6").returncode, 0, "other packages: made anew")
        self.assertNotEqual(self.calls(), before)

    def test_failures_are_explained_and_leave_what_was_there(self):
        self.run_it()
        self.make_packages("2")
        words = {
            "update": {
                "Temporary failure resolving 'mirror.test'": "cannot be reached",
                "E: The repository 'http://mirror.test nope Release' does not have a Release file.": "has no suite",
                "W: GPG error: NO_PUBKEY 123": "not signed with a key",
                "E: Write error - write (28: No space left on device)": "the disk of",
            },
            "resolve": {
                "E: Unable to locate package hello2": "has no package hello2",
                "E: Package 'hello3' has no installation candidate": "has no package hello3",
                "The following packages have unmet dependencies:": "do not fit together",
            },
            "install": {"E: You don't have enough free space in /x/.": "the disk of", "E: what is this": "log: "},
        }
        for kind, cases in words.items():
            for said, meant in cases.items():
                (self.tools / f"{kind}.fails").write_text(said + "\n")
                done = self.run_it("hello", "libc6")
                self.assertEqual(done.returncode, 1, said)
                self.assertIn(meant, done.stderr.splitlines()[-1])
                self.assertEqual(self.hello(), "hello 1 you\n")
            (self.tools / f"{kind}.fails").unlink()
        self.assertEqual(self.run_it("hello", "libc6").returncode, 0)
        self.assertEqual(self.hello(), "hello 2 you\n")

    def test_half_a_download_and_half_a_tree_are_not_believed(self):
        work = Path(f"{self.root}.work")
        (work / "cache" / "archives").mkdir(parents=True)
        (work / "root" / "usr" / "bin").mkdir(parents=True)
        (work / "root" / "usr" / "bin" / "left-over").write_text("")
        (work / "cache" / "archives" / "hello_1_all.deb").write_bytes(b"!<arch>")
        (work / "cache" / "archives" / "hello_0_all.deb").write_bytes(b"an older one")
        self.assertEqual(self.run_it().returncode, 0)
        self.assertEqual(self.hello(), "hello 1 you\n")
        self.assertFalse((self.root / "usr" / "bin" / "left-over").exists())

    def test_damaged_downloads_are_told_and_forgotten(self):
        deb = self.tools / "debs" / "hello_1_all.deb"
        whole = deb.read_bytes()
        deb.write_bytes(whole[:-20])
        done = self.run_it()
        self.assertEqual(done.returncode, 1)
        self.assertIn("damaged", done.stderr)
        self.assertFalse(self.root.exists())
        deb.write_bytes(whole)
        self.assertEqual(self.run_it().returncode, 0)

    def test_a_folder_of_somebody_else_is_left_alone(self):
        self.root.mkdir(parents=True)
        (self.root / "thesis.txt").write_text("years of work")
        done = self.run_it()
        self.assertEqual(done.returncode, 1)
        self.assertIn("not mine", done.stderr)
        self.assertTrue((self.root / "thesis.txt").exists())


if __name__ == "__main__":
    unittest.main()
