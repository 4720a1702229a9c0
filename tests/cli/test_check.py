"""nadir check: the checklist, the conclusion, the witnesses, points, the exit status."""
import json
import unittest
from fractions import Fraction

from support import SOURCE, Case

WDBC = ("data/wdbc.csv", "--positive", "M")


def condition(found, name):
    return next(c for c in found["conditions"] if c["name"] == name)


def theorem(found, name):
    return next(t for t in found["theorems"] if t["name"] == name)


def exact(text):
    """A hex float of a witness, exactly."""
    return Fraction(float.fromhex(text))


class Check(Case):
    def test_wdbc(self):
        out = self.run_nadir("check", *WDBC, "--net", "softplus:32").stdout
        self.assertRegex(out, r"(?m)^holds    linearly separable: margin 0\.00\d+$")
        self.assertRegex(out, r"(?m)^theory   Theorem 1 holds: linearly separable, margin \S+ \(proved\)$")
        self.assertIn("=> every local minimum classifies all 569 samples correctly\n", out)

    def test_same_file(self):
        """No clock in the file: the same command, the same bytes, for every number of threads."""
        for name, threads in (("a.json", 1), ("b.json", 2)):
            self.run_nadir("check", *WDBC, "--threads", threads, "-o", name)
        self.assertEqual((self.folder / "a.json").read_bytes(),
                         (self.folder / "b.json").read_bytes())

    def test_quiet_prints_the_conclusion(self):
        out = self.run_nadir("check", "gen:xor", "--net", "softplus:3", "--quiet").stdout
        self.assertEqual([line.split()[0] for line in out.splitlines()], ["theory", "=>"], out)

    def test_no_theorem_applies(self):
        """Proved that none does: exit 0, the condition and its counterexample."""
        for args, says in ((("gen:xor", "--net", "softplus:1"), "few-neurons"),
                           (("gen:between", "--net", "softplus:9"), "between"),
                           (("gen:separable", "--net", "relu:4,relu:4"), "no-shortcut"),
                           (("gen:separable", "--net", "relu:4"), "dead-relu"),
                           (("gen:separable", "--loss", "square"), "square-loss"),
                           (("gen:separable", "--l2", "0.1"), "no ridge")):
            with self.subTest(args):
                out = self.run_nadir("check", *args, "--quiet").stdout
                self.assertIn("no theorem applies", out)
                self.assertIn(says, out)

    def test_unknown_is_status_3(self):
        found = self.run_json("check", "data/mnist_3v5.csv.gz", "--loss", "polyhinge:3",
                              "--time-limit", "1e-9", code=3)
        self.assertEqual(found["conclusion"]["truth"], "unknown")
        self.assertIn("undecided", found["conclusion"]["headline"])

    def test_json_schema(self):
        found = self.run_json("check", "gen:between", "--net", "softplus:2")
        self.assertEqual(list(found), ["command", "version", "data", "net", "loss", "conditions",
                                       "theorems", "witnesses", "conclusion"])
        for c in found["conditions"]:
            self.assertEqual(list(c), ["name", "title", "formula", "truth", "value", "without",
                                       "example"])
            self.assertIn(c["truth"], ("holds", "fails", "unknown"))
        names = {c["name"] for c in found["conditions"]}
        for t in found["theorems"]:
            self.assertLessEqual(set(t["needs"]), names)
            self.assertIn(t["first"], names | {None})
        self.assertEqual(theorem(found, "corollary")["first"], "subspace-minus")
        self.assertEqual(len(found["data"]["sha256"]), 64)
        self.assertEqual(found["conclusion"]["truth"], "fails")

    def test_documented(self):
        """EVIDENCE: docs/theory.md names every theorem and condition."""
        page = (SOURCE / "docs" / "theory.md").read_text()
        found = self.run_json("check", "gen:xor")
        for row in found["conditions"] + found["theorems"]:
            self.assertIn(f"`{row['name']}`", page)


class Witness(Case):
    """The file of -o is enough to prove the conditions again, in exact arithmetic."""

    def load(self, *args):
        self.run_nadir("check", *args, "-o", "w.json", "--quiet")
        found = json.loads((self.folder / "w.json").read_text())
        self.assertEqual(found["format"], "nadir-theory")
        table = found["table"]
        rows = [[exact(x) for x in row] for row in table["X"]]
        return found, rows, table["y"]

    def test_separating_vector(self):
        for args in (WDBC, ("gen:separable,n=50,d=4",)):
            found, rows, y = self.load(*args)
            w = found["witnesses"]["separable"]
            u, v = [exact(x) for x in w["u"]], exact(w["v"])
            margins = [s * (sum(a * b for a, b in zip(u, x)) + v) for s, x in zip(y, rows)]
            norm2 = sum(a * a for a in u) + v * v
            self.assertGreater(min(margins), 0)
            self.assertGreaterEqual(min(margins) ** 2, exact(w["margin"]) ** 2 * norm2)

    def test_vanishing_combination(self):
        for args in (("gen:xor",), ("gen:between",), ("gen:noise,n=30,d=3",)):
            found, rows, y = self.load(*args)
            w = found["witnesses"]["separable"]
            self.assertEqual(w["truth"], "fails")
            c = [Fraction(text) for text in w["exact"]]
            self.assertTrue(all(x > 0 for x in c))
            points = [[y[i] * x for x in rows[i] + [Fraction(1)]] for i in w["index"]]
            for k in range(len(points[0])):
                self.assertEqual(sum(a * p[k] for a, p in zip(c, points)), 0)

    def test_normals(self):
        found, rows, y = self.load("gen:xor", "--net", "softplus:3")
        for key, sign in (("plus", 1), ("minus", -1)):
            normal = [Fraction(t) for t in found["witnesses"]["subspaces"][key]["normal"]]
            for s, x in zip(y, rows):
                dot = sum(a * b for a, b in zip(normal, x + [Fraction(1)]))
                self.assertEqual(dot == 0, s == sign)

    def test_json_and_file_agree(self):
        found = self.run_json("check", "gen:xor", "-o", "w.json")
        saved = json.loads((self.folder / "w.json").read_text())
        for key in ("conditions", "theorems", "data"):
            self.assertEqual(found[key], saved[key])


class Point(Case):
    def test_trained_model(self):
        self.run_nadir("train", *WDBC, "--net", "softplus:4", "-o", "m.model.json")
        out = self.run_nadir("check", "data/wdbc.csv", "--at", "m.model.json").stdout
        self.assertIn("l' = 0 at every sample: a global minimum (proved)", out)
        found = self.run_json("check", "data/wdbc.csv", "--at", "m.model.json")
        self.assertEqual(found["point"]["errors"], 0)
        self.assertEqual(found["net"]["spec"], "softplus:4")

    def test_stopped_early_is_proved_no_minimum(self):
        self.run_nadir("train", *WDBC, "--net", "softplus:4", "--iterations", "1", "-o",
                       "m.model.json", code=None)
        model = json.loads((self.folder / "m.model.json").read_text())
        model["theta"] = [float(0).hex()] * len(model["theta"])
        self.write("zero.model.json", json.dumps(model))
        out = self.run_nadir("check", "data/wdbc.csv", "--at", "zero.model.json").stdout
        self.assertIn("no local minimum (proved): Theorem 1, and l' > 0 at 569 samples", out)
        self.assertIn("escape", out)
        found = self.run_json("check", "data/wdbc.csv", "--at", "zero.model.json")
        self.assertEqual(found["point"]["local_minimum"], "no")
        self.assertEqual(found["point"]["evidence"], "proved")
        self.assertGreater(found["point"]["potential"]["decrease"], 0)


class Bad(Case):
    def test_usage(self):
        self.bad("check", says="usage: nadir check DATA")
        self.bad("check", "nothing.csv", says="nothing.csv")
        self.bad("check", "gen:xor", "--net", "softpus:3", says="softplus")
        self.bad("check", "gen:xor", "--loss", "hinge", says="hinge")
        self.bad("check", "gen:xor", "--time-limit", "-1", says="time")
        self.bad("check", "gen:xor", "-o", "no/such/folder.json", says="no/such")

    def test_point(self):
        self.run_nadir("train", "gen:xor", "--net", "softplus:2", "-o", "m.model.json")
        self.bad("check", "gen:xor", "--at", "m.model.json", "--net", "softplus:3",
                 says=("--net", "--at"))
        self.bad("check", "gen:between", "--at", "m.model.json", says="features")
        self.bad("check", "gen:xor", "--at", "m.model.json", "-o", "m.model.json", says="input")
        self.bad("check", "gen:xor", "--at", "none.model.json", says="none.model.json")


if __name__ == "__main__":
    unittest.main()
