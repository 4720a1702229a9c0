"""EVIDENCE: docs/extending.md.  Makes every change of that page in a copy of the tree,
builds it with warnings as errors, and uses what was added."""
import os
import re
import shutil
import subprocess
import unittest

from support import SANITIZED, SOURCE, Case

STEP = re.compile(
    r"(?P<lead>New file|At the end of|[Ii]n)\s+`(?P<file>[^`]+)`"
    r"(?:,\s+(?P<how>after|before|before the last|replace)\s+`(?P<anchor>[^`]+)`)?"
    r"[^`:]*:\n\n```(?:c|cmake)\n(?P<block>.*?)```", re.S)


def steps(text):
    for match in STEP.finditer(text):
        yield match


def apply(root, step):
    path, block, anchor = root / step["file"], step["block"], step["anchor"]
    if step["lead"] == "New file":
        path.write_text(block)
        return
    text = path.read_text()
    if anchor is None:
        path.write_text(text + block)
        return
    assert anchor in text, f"{step['file']} has no '{anchor}'"
    if step["how"] == "replace":
        text = text.replace(anchor, block.rstrip("\n"), 1)
    else:
        lines = text.splitlines(keepends=True)
        where = [k for k, line in enumerate(lines) if anchor in line]
        at = where[-1] if "last" in step["how"] else where[0]
        lines.insert(at + (step["how"] == "after"), block)
        text = "".join(lines)
    path.write_text(text)


@unittest.skipIf(SANITIZED, "one build of the copy is enough")
class Extending(Case):
    def build(self):
        tree = self.folder / "tree"
        shutil.copytree(SOURCE, tree, ignore=shutil.ignore_patterns(
            ".git", "build*", "demo", "__pycache__", "tests"))
        text = (SOURCE / "docs" / "extending.md").read_text()
        done = list(steps(text))
        self.assertEqual(len(done), text.count("```c\n") + text.count("```cmake\n"),
                         "a code block of the page is no step")
        for step in done:
            apply(tree, step)
        build = self.folder / "build"
        for args in (["cmake", "-S", tree, "-B", build, "-G", "Ninja", "-DND_TESTS=OFF",
                      "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_C_COMPILER={os.environ['ND_CC']}"],
                     ["cmake", "--build", build]):
            ran = subprocess.run(args, capture_output=True, text=True)
            self.assertEqual(ran.returncode, 0, ran.stdout[-4000:] + ran.stderr)
        return build

    def test_all_steps(self):
        build = self.build()

        def nadir(*args):
            ran = subprocess.run([build / "nadir", *args], cwd=self.folder, capture_output=True,
                                 text=True, timeout=100)
            self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
            return ran.stdout

        self.assertEqual(nadir("count", "gen:stripes,n=12", "--plus", "1"), "samples  13\n")
        self.assertIn("nadir count gen:xor", nadir("count", "--help"))
        self.assertIn("count the samples", nadir("help", "--man"))

        self.write("x.pairs", "yes 1.5\nno -2\nyes 0.25\n")
        self.assertIn("3 samples, 1 feature, 2 + (yes), 1 - (no)",
                      nadir("data", "x.pairs", "--positive", "yes"))

        out = nadir("train", "gen:stripes,n=5", "--net", "cubic:4", "-o", "a.model.json")
        self.assertIn("cubic:4", out)
        if "(proved)" in out and (build / "nadir-verify").exists():
            nadir("verify", "a.cert.json")

        out = nadir("train", "gen:stripes,n=5", "--net", "linear", "--loss", "quartic", "--l2",
                    "0.1", "-o", "b.model.json")
        self.assertIn("quartic: C^inf; ridge 0.1", out)
        self.assertIn("some-right", nadir("certify", "b.model.json", "gen:stripes,n=5"))


if __name__ == "__main__":
    unittest.main()
