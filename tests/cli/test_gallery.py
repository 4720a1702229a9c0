"""EVIDENCE: nadir gallery.  Every exhibit is proved, re-proved by nadir-verify, and false
variants of its certificate are not."""
import json
import re
import subprocess
import unittest

from support import VERIFY, Case


class Gallery(Case):
    def names(self):
        return [e["name"] for e in self.run_json("gallery")["exhibits"]]

    def verify(self, file):
        return subprocess.run([VERIFY, file], cwd=self.folder, text=True, capture_output=True,
                              timeout=300)

    def test_list(self):
        text = self.run_nadir("gallery").stdout
        for name in self.names():
            self.assertIn(f" {name} ", text)
        for name in ("dead-relu", "linear-leaky", "even-square", "between", "few-neurons",
                     "few-neurons-strict", "square-loss", "no-shortcut", "no-bias", "polynomial",
                     "not-convex", "inconsistent", "ridge"):
            self.assertIn(name, self.names())

    def test_check_names_exhibits_that_exist(self):
        """Where nadir check says (gallery: NAME), there is one."""
        known, seen = set(self.names()), set()
        for data, net in (("gen:between", "softplus:2"), ("gen:xor", "softplus:1"),
                          ("gen:xor", "relu:4"), ("gen:xor", "tanh:2,tanh:2"),
                          ("gen:xor", "square:3:nobias")):
            for loss in ("polyhinge:3", "square"):
                text = self.run_nadir("check", data, "--net", net, "--loss", loss,
                                      code=None).stdout
                for group in re.findall(r"\(gallery: ([^)]*)\)", text):
                    seen.update(group.split(", "))
        self.assertGreaterEqual(len(seen), 8)
        self.assertLessEqual(seen, known)

    def test_every_exhibit(self):
        for name in self.names():
            with self.subTest(name):
                found = self.run_json("gallery", name, "--write", "out")
                self.assertEqual(found["certificate"]["truth"], "proved")
                self.assertGreater(found["certificate"]["errors_lo"], 0)
                self.assertEqual(found["dropped"]["truth"], "refuted")
                self.assertEqual(found["repair"]["errors"], 0)
                self.assertEqual(found["repair"]["verdict"], "global-minimum")
                self.assertIs(found["repair"]["proved"], True)
                files = found["files"]
                if VERIFY.exists():
                    done = self.verify(files["certificate"])
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                    self.assertTrue(done.stdout.startswith("PROVED"), done.stdout)
                again = self.run_json("certify", files["model"], files["data"], "-o", "again.json",
                                      code=None)
                self.assertEqual(again["certificate"]["truth"], "proved")

    @unittest.skipUnless(VERIFY.exists(), "needs nadir-verify")
    def test_false_variants_are_not_proved(self):
        """A wrong count of errors, a wrong loss, a wrong label, another kind."""
        def errors(c):
            c["claims"]["errors"] = 0

        def loss(c):
            c["claims"]["loss"] = ["0x0p+0", "0x1p-3"]

        def label(c):
            c["data"]["y"][0] *= -1

        def sample(c):
            c["data"]["X"][0][0] = "0x1.1p+1"

        def ridge(c):
            c["problem"]["l2"] = "0x1p-3"

        for name in self.names():
            self.run_nadir("gallery", name, "--write", "out", "-q")
            text = (self.folder / "out" / f"{name}.cert.json").read_text()
            for change in (errors, loss, label, sample, ridge):
                if name == "ridge" and change is ridge:
                    continue
                if name == "dead-relu" and change is sample:
                    continue  # dead neurons see no difference
                cert = json.loads(text)
                change(cert)
                self.write("false.cert.json", json.dumps(cert))
                with self.subTest(f"{name}: {change.__name__}"):
                    self.assertIn(self.verify("false.cert.json").returncode, (3, 4))

    def test_widths(self):
        """EVIDENCE: between stands for M = 1, 4, 16."""
        for width in (1, 4, 16):
            found = self.run_json("gallery", "between", "--width", width)
            self.assertEqual(found["certificate"]["truth"], "proved")
            self.assertAlmostEqual(found["certificate"]["loss_lo"], 0.915055, places=6)

    def test_bad_asks(self):
        self.bad("gallery", "betwen", says="did you mean 'between'")
        self.bad("gallery", "nothing", says="nadir gallery")
        self.bad("gallery", "few-neurons", "--width", "3", says="no width to choose")
        self.bad("gallery", "between", "--width", "1000", says="512")
        self.write("file", "")
        self.bad("gallery", "between", "--write", "file", says="file")


if __name__ == "__main__":
    unittest.main()
