"""nadir train: the lines, the files, --json, reproducibility, the options."""
import json
import unittest

from support import VERIFY, Case, number, read_csv

WDBC = ("data/wdbc.csv", "--positive", "M")

VERDICT = {"kind": str, "evidence": str, "bad": bool, "loss": float, "errors": int, "grad": float,
           "lambda_min": (float, type(None)), "lambda_err": (float, type(None)),
           "index": (int, type(None)), "nullity": (int, type(None)), "norm": float,
           "margin_min": float, "active": int, "potential": (float, type(None)),
           "valley_norm": (float, type(None)), "valley_loss": (float, type(None)),
           "no_minimum_proved": bool, "reason": str, "certificate": (str, type(None))}


class Train(Case):
    def test_wdbc_is_solved_and_proved(self):
        """EVIDENCE: README, what it prints.  The lines of the design, in order."""
        out = self.run_nadir("train", *WDBC, "--net", "softplus:32", "-o", "wdbc.model.json").stdout
        labels = [line.split()[0] for line in out.splitlines()]
        self.assertEqual(labels, ["data", "net", "loss", "theory", "=>", "train", "verdict", "wrote"], out)
        self.assertRegex(out, r"\ntheory   (Theorem 1 holds: linearly separable, margin 0\.00\d+ "
                              r"\(proved\)\n         => every local minimum classifies all 569 "
                              r"samples correctly|undecided: .*\n.*)\n")
        self.assertIn("wdbc.csv: 569 samples, 30 features, 212 + (M), 357 - (B), standardised", out)
        self.assertIn("softplus:32: 1025 parameters; neurons increasing, strictly convex, analytic",
                      out)
        self.assertIn("polyhinge:3: smooth hinge, C^2", out)
        self.assertIn("verdict  GLOBAL MINIMUM (proved): loss 0, all margins >= 1, 0 errors\n", out)
        self.assertEqual(self.files(), ["wdbc.cert.json", "wdbc.model.json"])
        if VERIFY.exists():
            done = self.run_nadir("verify", "wdbc.cert.json")
            self.assertIn("PROVED", done.stdout.upper())

    def test_json_schema(self):
        found = self.run_json("train", *WDBC, "--net", "softplus:8", "-o", "m.model.json")
        self.assertEqual(list(found), ["command", "version", "data", "net", "loss", "theory", "train",
                                       "verdict", "files"])
        for key, kind in VERDICT.items():
            self.assertIsInstance(found["verdict"][key], kind, key)
        self.assertEqual(set(found["verdict"]), set(VERDICT))
        self.assertIn(found["verdict"]["kind"],
                      ["global-minimum", "local-minimum", "saddle", "valley", "undecided"])
        self.assertEqual(found["data"]["samples"], 569)
        self.assertEqual(found["data"]["positive"], 212)
        self.assertEqual(found["net"]["parameters"], 8 * 32 + 1)
        self.assertEqual(found["files"]["model"], "m.model.json")
        for step in found["train"]["steps"]:
            self.assertEqual(set(step), {"stage", "stop", "evaluations", "hessians", "neurons",
                                         "loss", "grad", "errors", "seconds"})
        self.assertIn("grow_max", found["train"]["settings"])

    def test_json_sends_the_lines_to_stderr(self):
        done = self.run_nadir("train", "gen:xor", "--net", "softplus:4", "--json")
        json.loads(done.stdout)
        self.assertIn("verdict ", done.stderr)

    def test_quiet_prints_the_verdict_only(self):
        done = self.run_nadir("train", "gen:xor", "--net", "softplus:4", "--quiet")
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.count("\n"), 1)
        self.assertTrue(done.stdout.startswith("verdict  "))

    def test_without_output_nothing_is_written(self):
        self.run_nadir("train", "gen:xor", "--net", "softplus:4")
        self.assertEqual(self.files(), [])

    def test_threads_and_locale_do_not_change_a_byte(self):
        args = ("train", *WDBC, "--net", "softplus:16", "-o")
        self.run_nadir(*args, "one.model.json", "--threads", 1)
        self.run_nadir(*args, "two.model.json", "--threads", 2)
        self.run_nadir(*args, "de.model.json", env={"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE"})
        one = (self.folder / "one.model.json").read_bytes()
        self.assertEqual(one, (self.folder / "two.model.json").read_bytes())
        self.assertEqual(one, (self.folder / "de.model.json").read_bytes())
        self.assertEqual((self.folder / "one.cert.json").read_bytes(),
                         (self.folder / "two.cert.json").read_bytes())

    def test_seed(self):
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            self.run_nadir("train", "gen:moons,n=60", "--net", "softplus:4", "--seed", seed,
                           "-o", f"{name}.model.json")
        a, b, c = ((self.folder / f"{k}.model.json").read_text() for k in "abc")
        self.assertEqual(a, b)
        self.assertNotEqual(json.loads(a)["theta"], json.loads(c)["theta"])

    def test_contradictory_data_bound_the_error(self):
        self.write("x.csv", "a,label\n0,1\n0,-1\n0,1\n1,1\n2,-1\n3,-1\n")
        found = self.run_json("train", "x.csv", "--net", "softplus:4")
        self.assertEqual(found["train"]["unavoidable_errors"], 1)
        self.assertGreaterEqual(found["verdict"]["errors"], 1)

    def test_never_proved_without_certificate(self):
        """A valley is numerical, writes no certificate, and is called so."""
        found = self.run_json("train", "gen:xor", "--net", "softplus:1", "--scale", "none", "-o",
                              "m.model.json")
        self.assertEqual(found["verdict"]["kind"], "valley")
        self.assertEqual(found["verdict"]["evidence"], "numerical")
        self.assertIsNone(found["files"]["certificate"])
        self.assertEqual(self.files(), ["m.model.json"])

    def test_bad_minimum_is_proved_and_checked(self):
        """EVIDENCE: README, a local minimum with errors, proved; the checker agrees."""
        found = self.run_json("train", "gen:xor", "--net", "softplus:1", "--scale", "none", "--l2",
                              "1e-3", "-o", "m.model.json")
        self.assertEqual(found["verdict"]["kind"], "local-minimum")
        self.assertEqual(found["verdict"]["evidence"], "proved")
        self.assertEqual(found["verdict"]["certificate"], "strict")
        self.assertTrue(found["verdict"]["bad"])
        self.assertAlmostEqual(found["verdict"]["loss"], 0.71286, 5)
        self.assertIn("PROVED", self.run_nadir("verify", "m.cert.json").stdout)
        again = self.run_nadir("certify", "m.model.json", "gen:xor", "-o", "again.cert.json")
        self.assertEqual(again.returncode, 0)

    def test_stale_certificate_is_pointed_out(self):
        self.write("m.cert.json", "of yesterday")
        done = self.run_nadir("train", "gen:xor", "--net", "softplus:1", "--scale", "none", "-o",
                              "m.model.json")
        self.assertIn("m.cert.json is the certificate of an earlier run", done.stderr)
        self.assertEqual((self.folder / "m.cert.json").read_text(), "of yesterday")

    def test_linear_reaches_the_exact_optimum(self):
        """EVIDENCE: README, LIBLINEAR's problem.  Sum form, C = 1: 31.05564 (wdbc)."""
        n = 569
        found = self.run_json("train", *WDBC, "--net", "linear", "--loss", "polyhinge:2", "--l2",
                              repr(1 / n))
        self.assertAlmostEqual(found["verdict"]["loss"] * n, 31.05564, 5)


class Options(Case):
    def test_holdout(self):
        found = self.run_json("train", *WDBC, "--net", "softplus:8", "--holdout", "0.25",
                              "--l2", "0.001", "--prob", "-o", "m.model.json")
        held, kept = found["holdout"]["samples"], found["data"]["samples"]
        self.assertEqual(held + kept, 569)
        self.assertAlmostEqual(held / 569, 0.25, delta=0.01)
        self.assertGreater(found["holdout"]["auc"], 0.95)
        self.assertLess(found["holdout"]["errors"], 0.1 * held)
        model = json.loads((self.folder / "m.model.json").read_text())
        self.assertIn("platt", json.dumps(model))
        self.assertLess(found["platt"]["a"], 0)

    def test_cross_validation(self):
        found = self.run_json("train", "data/iris2.csv", "--positive", "virginica", "--net",
                              "softplus:3", "--cv", "5", "--l2", "0.01")
        self.assertEqual(len(found["folds"]), 5)
        self.assertEqual(sum(f["samples"] for f in found["folds"]), found["data"]["samples"])
        self.assertEqual(sum(f["errors"] for f in found["folds"]),
                         found["cross_validation"]["errors"])
        self.assertLess(found["cross_validation"]["errors"], 15)
        self.bad("train", "data/iris2.csv", "--positive", "virginica", "--cv", "1", says="folds")

    def test_starts(self):
        args = ("train", "gen:moons,n=80,noise=0.3", "--net", "softplus:3", "--l2", "1e-4")
        one = self.run_json(*args)
        more = self.run_json(*args, "--starts", "4")
        self.assertLessEqual(more["verdict"]["loss"], one["verdict"]["loss"])

    def test_grow(self):
        found = self.run_json("train", "gen:spirals,n=80", "--net", "softplus:4", "--grow",
                              "--time-limit", "60")
        self.assertEqual(found["verdict"]["errors"], 0)

    def test_grow_max(self):
        done = self.run_nadir("train", "gen:spirals,n=80", "--net", "softplus:2", "--grow",
                              "--grow-max", "3", "--time-limit", "60", "-o", "m.model.json",
                              code=None)
        self.assertIn(done.returncode, (0, 2))
        found = self.run_json("eval", "m.model.json", "gen:spirals,n=80")
        self.assertLessEqual(found["net"]["neurons"], 3)

    def test_weight(self):
        args = ("train", "data/pima.csv", "--positive", "pos", "--net", "linear", "--l2", "0.01",
                "-o", "m.model.json")
        recall = []
        for weight in ("0.2", "1", "5"):
            trained = self.run_json(*args, "--weight-pos", weight)
            score = self.run_json("predict", "m.model.json", "data/pima.csv")["score"]
            recall.append(score["true_positive"])
        self.assertEqual(recall, sorted(recall))
        self.assertLess(recall[0], recall[2])
        found = self.run_json("eval", "m.model.json", "data/pima.csv")
        self.assertEqual(found["loss"]["weight_pos"], 5)
        self.assertAlmostEqual(found["value"], trained["verdict"]["loss"], 12)

    def test_weights_and_scaling_are_in_the_certificate(self):
        """The checker, which knows only the file, agrees with a weighted, scaled problem."""
        self.run_nadir("train", *WDBC, "--net", "softplus:8", "--weight-pos", "3", "--scale",
                       "minmax", "-o", "m.model.json")
        if VERIFY.exists():
            self.assertIn("PROVED", self.run_nadir("verify", "m.cert.json").stdout)
        found = self.run_json("eval", "m.model.json", "data/wdbc.csv")
        self.assertEqual((found["value"], found["errors"]), (0, 0))
        self.assertGreaterEqual(found["margin_min"], 1)
        self.assertTrue(found["training_data"])
        self.run_nadir("certify", "m.model.json", "data/wdbc.csv", "-o", "again.cert.json")
        self.assertEqual((self.folder / "m.cert.json").read_bytes(),
                         (self.folder / "again.cert.json").read_bytes())

    def test_warm_start(self):
        """From its own end a run stays there; the net and the scaling come along."""
        cold = self.run_json("train", *WDBC, "--net", "softplus:4", "--l2", "0.01", "--scale",
                             "minmax", "-o", "a.model.json")
        done = self.run_json("train", *WDBC, "--warm", "a.model.json", "-o", "b.model.json")
        a, b = (json.loads((self.folder / f"{k}.model.json").read_text()) for k in "ab")
        self.assertEqual(a["net"], b["net"])
        self.assertEqual(a["scaler"], b["scaler"])
        self.assertEqual(done["loss"]["l2"], 0.01)
        self.assertLess(done["train"]["evaluations"], cold["train"]["evaluations"] / 2)
        for x, y in zip(a["theta"], b["theta"]):
            self.assertAlmostEqual(number(x), number(y), delta=1e-4)

    def test_time_limit(self):
        """A limit that comes before the answer: exit 2, and the best point is kept."""
        done = self.run_nadir("train", "data/pima.csv", "--positive", "pos", "--net",
                              "softplus:60", "--time-limit", "0.05", "-o", "m.model.json", code=None)
        self.assertIn(done.returncode, (0, 2))
        self.assertIn("m.model.json", self.files())
        self.run_nadir("predict", "m.model.json", "data/pima.csv", "-o", "p.csv")
        self.assertEqual(len(read_csv(self.folder / "p.csv")), 768)


if __name__ == "__main__":
    unittest.main()
