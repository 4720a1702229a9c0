"""EVIDENCE: README, two commands.  tools/setup.sh with make-believe dpkg-query, id, sudo
and apt-get: what it calls when nothing is missing, as root, through sudo, without either."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["ND_SOURCE_DIR"])
LISTED = [line.strip() for line in (SOURCE / "packages.txt").read_text().splitlines()
          if line.strip() and not line.startswith("#")]


class Setup(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nadir-setup-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for tool in ("bash", "sed", "tr", "dirname", "env"):
            (self.folder / tool).symlink_to(shutil.which(tool))
        self.calls = self.folder / "calls"

    def tool(self, name, script):
        path = self.folder / name
        path.write_text(f"#!{shutil.which('bash')}\n{script}\n")
        path.chmod(0o755)

    def run_setup(self, missing, root, *more):
        pattern = "|".join(missing) or "-"
        self.tool("dpkg-query", f'case "${{@: -1}}" in {pattern}) exit 1;; esac; echo -n installed')
        self.tool("id", f"echo {0 if root else 1000}")
        self.tool("apt-get", f'echo "$@" >> "{self.calls}"')
        return subprocess.run([SOURCE / "tools" / "setup.sh", *more], text=True,
                              capture_output=True, env={"PATH": str(self.folder)})

    def called(self):
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def test_nothing_missing(self):
        done = self.run_setup([], False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(f"all {len(LISTED)} packages", done.stdout)
        self.assertEqual(self.called(), [])

    def test_as_root(self):
        done = self.run_setup(LISTED[:2], True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.called()[0].split()[0], "update")
        self.assertEqual(self.called()[1].split()[-2:], LISTED[:2])

    def test_through_sudo(self):
        self.tool("sudo", f'echo sudo >> "{self.calls}"; exec "$@"')
        done = self.run_setup(["clang-14"], False, "clang-14")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.called()[0], "sudo")
        self.assertTrue(self.called()[-1].endswith(" clang-14"))

    def test_without_either(self):
        done = self.run_setup(LISTED[-1:], False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get install " + LISTED[-1], done.stderr)
        self.assertEqual(self.called(), [])

    def test_another_system(self):
        done = subprocess.run([SOURCE / "tools" / "setup.sh"], text=True, capture_output=True,
                              env={"PATH": str(self.folder)})
        self.assertEqual(done.returncode, 0)
        self.assertIn(LISTED[0], done.stderr)


if __name__ == "__main__":
    unittest.main()
