"""What the tests of the program share: a fresh folder, and running nadir in it."""
import json
import math
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

NADIR = os.environ["NADIR"]
SOURCE = pathlib.Path(os.environ["ND_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["ND_BUILD_DIR"])
SANITIZED = bool(os.environ.get("ND_SANITIZE"))
VERIFY = pathlib.Path(NADIR).with_name("nadir-verify")


class Case(unittest.TestCase):
    """Every test runs in an empty folder of its own that has the link data/."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nadir-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "data").symlink_to(SOURCE / "data")

    def run_nadir(self, *args, code=0, env=None, **more):
        """Runs nadir; code is the exit status expected (None: any)."""
        done = subprocess.run(
            [NADIR, *map(str, args)], cwd=self.folder, text=True, capture_output=True,
            timeout=300, env={**os.environ, **(env or {})}, **more)
        if code is not None:
            self.assertEqual(done.returncode, code,
                             f"nadir {' '.join(map(str, args))}\n{done.stdout}{done.stderr}")
        return done

    def run_json(self, *args, code=0):
        """stdout with --json: exactly one JSON object."""
        done = self.run_nadir(*args, "--json", code=code)
        found = json.loads(done.stdout, parse_constant=self.fail)
        self.assertIsInstance(found, dict)
        return found

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def files(self):
        return sorted(p.name for p in self.folder.iterdir() if p.name != "data")

    def bad(self, *args, says=()):
        """Bad usage or input: one line on stderr, exit 1, nothing on stdout, no file touched."""
        before = {p: (self.folder / p).read_bytes() for p in self.files()
                  if (self.folder / p).is_file()}
        done = self.run_nadir(*args, code=1)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("nadir: "), done.stderr)
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, done.stderr)
        after = {p: (self.folder / p).read_bytes() for p in self.files()
                 if (self.folder / p).is_file()}
        self.assertEqual(before, after, "a file was touched")
        return done.stderr


def number(text):
    """A number of a model file: JSON number or hex float."""
    return float.fromhex(text) if isinstance(text, str) else float(text)


def softplus(z):
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def read_csv(path):
    rows = [line.split(",") for line in pathlib.Path(path).read_text().splitlines()]
    return [dict(zip(rows[0], row)) for row in rows[1:]]
