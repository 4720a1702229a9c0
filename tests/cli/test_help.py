"""Help, its examples, typos, the manual page, docs/commands.md."""
import re
import shlex
import shutil
import subprocess
import unittest

from support import BUILD, NADIR, SOURCE, VERIFY, Case

COMMANDS = ["train", "check", "predict", "check", "data", "eval", "certify", "explore", "atlas", "gallery", "slice", "spectrum", "verify", "help"]


def examples(text):
    """The command lines under "Examples:" of a help page."""
    part = text.split("\nExamples:\n", 1)[1].split("\nExit status", 1)[0]
    return [line.strip() for line in part.splitlines() if line.strip().startswith("nadir")]


class Help(Case):
    def test_every_command_has_complete_help(self):
        for command in COMMANDS:
            text = self.run_nadir(command, "--help").stdout
            for part in ("Usage: nadir " + command, "Options:", "Examples:", "Exit status:"):
                self.assertIn(part, text)
            self.assertEqual(text, self.run_nadir(command, "-h").stdout)
            self.assertEqual(text, self.run_nadir("help", command).stdout)
            for line in text.splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_overview_lists_all(self):
        text = self.run_nadir("--help").stdout
        self.assertEqual(text, self.run_nadir("help").stdout)
        self.assertEqual(text, self.run_nadir().stdout)
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command} ")

    def test_version(self):
        version = re.search(r"VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text()
                            .split("project(nadir")[1]).group(1)
        self.assertEqual(self.run_nadir("--version").stdout, f"nadir {version}\n")
        self.assertEqual(self.run_nadir("help", "--version").stdout, f"nadir {version}\n")

    def test_all_examples_run(self):
        """Every example of every --help, in the order of the commands, in one folder."""
        (self.folder / "bin").mkdir()
        for command in COMMANDS:
            lines = examples(self.run_nadir(command, "--help").stdout)
            self.assertTrue(lines, command)
            for line in lines:
                if command == "verify" and not VERIFY.exists():
                    continue
                words = shlex.split(line)
                self.assertEqual(words[0], "nadir")
                with self.subTest(line):
                    done = self.run_nadir(*words[1:], code=None)
                    # a growing net may use up its time limit on a slow machine
                    allowed = (0, 2) if "--time-limit" in line else (0,)
                    self.assertIn(done.returncode, allowed, done.stderr)

    def test_man_page_is_current_and_clean(self):
        page = self.run_nadir("help", "--man").stdout
        self.assertEqual(page, (BUILD / "nadir.1").read_text())
        for command in COMMANDS:
            self.assertIn(f'.SS "nadir {command}', page)
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-man", "-Tascii", "-ww"], input=page, text=True,
                                  capture_output=True, check=True)
            self.assertEqual(done.stderr, "")

    def test_reference_page_is_current(self):
        """EVIDENCE: docs/commands.md is what the program says of itself."""
        self.assertEqual(self.run_nadir("help", "--markdown").stdout,
                         (SOURCE / "docs" / "commands.md").read_text(),
                         "run: build/nadir help --markdown > docs/commands.md")


class Typos(Case):
    def test_command(self):
        self.bad("trian", "x.csv", says="did you mean 'train'")
        self.bad("frobnicate", says="nadir help")
        self.bad("help", "trian", says="trian")

    def test_option(self):
        self.bad("train", "x.csv", "--los", "logistic", says="did you mean --loss")
        self.bad("train", "x.csv", "--frobnicate", says=("--frobnicate", "train --help"))
        self.bad("predict", "m", "d", "--grow", says="predict has no option '--grow'")
        self.bad("train", "x.csv", "-x", says="-x")

    def test_values(self):
        self.bad("train", "x.csv", "--loss", says="--loss needs a value")
        self.bad("train", "x.csv", "--grow=yes", says="takes no value")
        self.bad("train", "x.csv", "--scale", "standart", says=("nadir: --scale: ", "standard"))
        self.bad("train", "x.csv", "--seed", "one", says=("nadir: --seed: ", "one"))
        self.bad("train", "x.csv", "--starts", "0", says="starts")
        self.bad("train", "x.csv", "--l2", "-1", says="l2")
        self.bad("train", "x.csv", "--l2", "nan", says="l2")
        self.bad("train", "x.csv", "--holdout", "1.5", says="holdout")
        self.bad("train", "x.csv", "--threads", "1e30", says="threads")

    def test_operands(self):
        self.bad("train", says="usage: nadir train DATA")
        self.bad("train", "a.csv", "b.csv", says="unexpected 'b.csv'")
        self.bad("predict", "model.json", says="usage: nadir predict MODEL DATA")
        self.assertEqual(self.run_nadir("verify", code=1).stdout, "")


if __name__ == "__main__":
    unittest.main()
