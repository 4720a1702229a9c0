"""EVIDENCE: README and docs/tutorial.md.  Their sessions are run and compared; the README's
links exist, its picture shows what the program prints, its figures hold."""
import html
import re
import subprocess
import unittest

from support import NADIR, SOURCE, VERIFY, Case

README = (SOURCE / "README.md").read_text()
TUTORIAL = (SOURCE / "docs" / "tutorial.md").read_text()


def masked(text):
    """Times and step counts differ between machines and compilers; the rest must not."""
    text = re.sub(r"\b\d+(\.\d+)?( m?s\b)", r"T\2", text)
    text = re.sub(r"\b\d+ evaluations", "N evaluations", text)
    text = re.sub(r"\b\d\.\d{7,}", "N", text)  # all 16 digits of a computed number
    text = re.sub(r"(\|grad\||\+-|radius|within) [^ ,]+", r"\1 N", text)  # at rounding level
    text = re.sub(r"\bN?(\d\.\d+)?e-\d\d\b", "N", text)
    number = re.compile(r"-?\b\d+(\.\d+)?(e[-+]?\d+)?")
    return [number.sub("N", line) if "(numerical)" in line else line.rstrip()
            for line in text.splitlines() if line.strip()]


def comparable(expected, found):
    """Both masked.  The theory line of train has half a second: a slow machine may say that it is
    undecided, and then that line is not compared."""
    texts = [masked(expected), masked(found)]
    if any(line.startswith("theory   undecided") for line in texts[1]):
        texts = [[line for line in text if not line.startswith(("theory ", "         =>"))]
                 for text in texts]
    return texts


def sessions(page):
    """(command, expected output) of all ```console blocks."""
    for block in re.findall(r"```console\n(.*?)```", page, re.S):
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


class Readme(Case):
    def test_sessions(self):
        self.run_sessions(README, 4)

    def test_tutorial(self):
        self.run_sessions(TUTORIAL, 20)

    def run_sessions(self, page, least):
        """Every console block, in order, in one folder; output compared line by line."""
        found = list(sessions(page))
        self.assertGreaterEqual(len(found), least)
        for command, expected in found:
            if command.startswith("nadir-verify") or " verify " in command:
                if not VERIFY.exists():
                    continue
            with self.subTest(command):
                line = re.sub(r"^nadir(?=\s)", f'"{NADIR}"', command)
                line = re.sub(r"^nadir-verify\b", f'"{VERIFY}"', line)
                done = subprocess.run(line, shell=True, cwd=self.folder, text=True,
                                      capture_output=True, timeout=300)
                self.assertIn(done.returncode, (0, 2, 3), done.stderr)
                self.assertEqual(*comparable(expected, done.stdout))

    def test_links(self):
        for target in re.findall(r"\]\(([^)#]+)\)", README):
            if not target.startswith("http"):
                self.assertTrue((SOURCE / target).exists(), target)

    def test_named_files_and_targets_exist(self):
        makefile = (SOURCE / "Makefile").read_text()
        for target in re.findall(r"`make ([a-z-]+)", README):
            self.assertRegex(makefile, rf"(?m)^{target}:", target)

    def test_picture(self):
        svg = (SOURCE / "docs" / "img" / "train.svg").read_text()
        drawn = [html.unescape(t) for t in re.findall(r"<text[^>]*>(.*?)</text>", svg)]
        if not VERIFY.exists():
            self.skipTest("needs nadir-verify")
        now = subprocess.run([SOURCE / "tools" / "picture.py", NADIR], text=True, check=True,
                             capture_output=True).stdout
        now = [html.unescape(t) for t in re.findall(r"<text[^>]*>(.*?)</text>", now)]
        self.assertEqual(*comparable("\n".join(drawn), "\n".join(now)))

    def test_library_example_is_the_file(self):
        code = re.search(r"```c\n(.*?)```", README, re.S).group(1)
        squeeze = lambda text: " ".join(text.split())
        for line in code.strip().splitlines():
            if line.strip() and "..." not in line:
                self.assertIn(squeeze(line), squeeze((SOURCE / "examples/train.c").read_text()))

    def test_activations_losses_and_formats_are_all_there(self):
        """What the README lists is what the program knows."""
        for name in re.search(r"Activations: (.*?)\.", README, re.S).group(1).split(","):
            done = self.run_nadir("train", "gen:xor", "--net", name.strip(" `\n") + ":3",
                                  "--iterations", "3", code=None)
            self.assertNotEqual(done.returncode, 1, done.stderr)


if __name__ == "__main__":
    unittest.main()
