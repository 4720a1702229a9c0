"""EVIDENCE: nadir hunt and docs/hunt.md, from the outside: every condition, re-proved by
nadir-verify from the written file alone."""
import json
import signal
import subprocess
import time
import unittest

from support import NADIR, VERIFY, Case

CONDITIONS = ["shortcut", "biases", "increasing", "convex", "not-polynomial", "hinge-tail",
              "no-ridge", "consistent", "separable", "subspace-plus", "subspace-minus", "neurons"]


class Hunt(Case):
    def verify(self, file):
        return subprocess.run([VERIFY, file], cwd=self.folder, text=True, capture_output=True,
                              timeout=300)

    def check_found(self, found):
        self.assertIs(found["found"], True)
        self.assertEqual(found["certificate"]["truth"], "proved")
        self.assertGreater(found["certificate"]["errors_lo"], 0)
        cert = json.loads((self.folder / found["files"]["certificate"]).read_text())
        self.assertEqual(len(cert["data"]["y"]), found["samples"])
        if VERIFY.exists():
            done = self.verify(found["files"]["certificate"])
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertTrue(done.stdout.startswith("PROVED"), done.stdout)

    def test_every_condition(self):
        for drop in CONDITIONS:
            with self.subTest(drop):
                self.check_found(self.run_json("hunt", "--drop", drop, "--whole", "--time", 250,
                                               "--write", drop))

    def test_made_small(self):
        found = self.run_json("hunt", "--drop", "increasing", "--net", "relu:4", "--time", 250,
                              "--write", "small")
        self.check_found(found)
        self.assertEqual(found["net"], "relu:1")
        self.assertLessEqual(found["samples"], 3)

    def test_not_convex(self):
        """Copies of one bounded neuron, samples that count once each: data and model alone are
        proved again, too."""
        found = self.run_json("hunt", "--drop", "convex", "--net", "sigmoid:16", "--seed", 4,
                              "--whole", "--time", 250, "--write", "out")
        self.check_found(found)
        self.assertEqual(found["how"], "dual")
        again = self.run_json("certify", found["files"]["model"], found["files"]["data"])
        self.assertEqual(again["certificate"]["truth"], "proved")
        self.assertEqual(again["certificate"]["kind"], "dual")

    def test_the_same_for_all_threads(self):
        one, three = (self.run_json("hunt", "--drop", "neurons", "--time", 250, "--threads", k,
                                    "--write", f"t{k}") for k in (1, 3))
        for key in ("certificate", "samples", "net", "how"):
            self.assertEqual(one[key], three[key])
        for name in ("found.csv", "found.model.json", "found.cert.json"):
            a, b = ((self.folder / f"t{k}" / name).read_bytes() for k in (1, 3))
            self.assertEqual(a, b)

    def test_nothing(self):
        """Nothing is dropped: the condition holds."""
        done = self.run_json("hunt", "--drop", "increasing", "--net", "softplus:2", "--trials", 50,
                             "--write", "none", code=3)
        self.assertIs(done["found"], False)
        self.assertEqual(done["met"]["trials"], 50)
        self.assertEqual(list((self.folder / "none").iterdir()), [])

    def test_interrupt(self):
        run = subprocess.Popen([NADIR, "hunt", "--drop", "increasing", "--net", "softplus:2"],
                               cwd=self.folder, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        time.sleep(1.5)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)
        self.assertEqual(run.returncode, 2, out + err)

    def test_bad_asks(self):
        self.bad("hunt", says="which condition")
        self.bad("hunt", "--drop", "separabel", says="did you mean 'separable'")
        self.bad("hunt", "--drop", "surrogate", says="surrogate")
        self.bad("hunt", "--drop", "neurons", "--n", "1", says="at least 2")
        self.bad("hunt", "--drop", "neurons", "--net", "relo:2", says="relu")
        self.bad("hunt", "--drop", "neurons", "--n", 65, says="n")


if __name__ == "__main__":
    unittest.main()
