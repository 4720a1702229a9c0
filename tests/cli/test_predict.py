"""nadir predict: the same numbers after the round trip through the model file."""
import math
import unittest

from support import Case, read_csv

WDBC = ("data/wdbc.csv", "--positive", "M")


class Predict(Case):
    def setUp(self):
        super().setUp()
        self.run_nadir("train", *WDBC, "--net", "softplus:4", "--l2", "0.01", "-o", "m.model.json")

    def predict(self, *args):
        self.run_nadir("predict", "m.model.json", *args, "-o", "p.csv")
        return read_csv(self.folder / "p.csv")

    def test_columns_and_consistency(self):
        rows = self.predict("data/wdbc.csv")
        self.assertEqual(list(rows[0]), ["sample", "predicted", "output", "label", "margin"])
        self.assertEqual(len(rows), 569)
        for k, row in enumerate(rows):
            f, sign = float(row["output"]), 1 if row["label"] == "M" else -1
            self.assertEqual(row["sample"], str(k + 1))
            self.assertEqual(row["predicted"], "M" if f >= 0 else "B")
            self.assertEqual(float(row["margin"]), sign * f)

    def test_agrees_with_eval(self):
        margins = self.run_json("eval", "m.model.json", "data/wdbc.csv", "--margins")["margins"]
        self.assertEqual([float(r["margin"]) for r in self.predict("data/wdbc.csv")], margins)

    def test_labels_may_be_missing(self):
        lines = (self.folder / "data" / "wdbc.csv").read_text().splitlines()
        at = lines[0].split(",").index("label")
        cut = [",".join(w for k, w in enumerate(line.split(",")) if k != at) for line in lines]
        self.write("new.csv", "\n".join(cut) + "\n")
        with_labels = [row["output"] for row in self.predict("data/wdbc.csv")]
        rows = self.predict("new.csv")
        self.assertEqual(list(rows[0]), ["sample", "predicted", "output"])
        self.assertEqual([row["output"] for row in rows], with_labels)
        self.write("noheader.csv", "\n".join(cut[1:]) + "\n")
        self.assertEqual([row["output"] for row in self.predict("noheader.csv")], with_labels)
        self.write("headless.csv", "\n".join(lines[1:]) + "\n")
        rows = self.predict("headless.csv")
        self.assertEqual([row["output"] for row in rows], with_labels)
        self.assertIn("margin", rows[0])

    def test_one_class_and_one_sample(self):
        lines = (self.folder / "data" / "wdbc.csv").read_text().splitlines()
        self.write("one.csv", "\n".join(lines[:2]) + "\n")
        self.assertEqual(len(self.predict("one.csv")), 1)
        found = self.run_json("predict", "m.model.json", "one.csv")
        self.assertIsNone(found["score"]["auc"])

    def test_unknown_label_is_pointed_out(self):
        text = (self.folder / "data" / "wdbc.csv").read_text()
        self.write("typo.csv", text.replace(",M\n", ",m\n", 1))
        done = self.run_nadir("predict", "m.model.json", "typo.csv", "--quiet")
        self.assertIn("'m' counts as -", done.stderr)

    def test_confusion_and_auc(self):
        rows = self.predict("data/wdbc.csv")
        found = self.run_json("predict", "m.model.json", "data/wdbc.csv")
        pairs = [(row["label"] == "M", row["predicted"] == "M") for row in rows]
        score = found["score"]
        self.assertEqual(score["true_positive"], pairs.count((True, True)))
        self.assertEqual(score["false_negative"], pairs.count((True, False)))
        self.assertEqual(score["false_positive"], pairs.count((False, True)))
        self.assertEqual(score["true_negative"], pairs.count((False, False)))
        pos = [float(r["output"]) for r in rows if r["label"] == "M"]
        neg = [float(r["output"]) for r in rows if r["label"] == "B"]
        wins = sum((p > q) + 0.5 * (p == q) for p in pos for q in neg)
        self.assertAlmostEqual(score["auc"], wins / (len(pos) * len(neg)), 12)
        self.assertEqual(found["predicted"], [row["predicted"] for row in rows])
        self.assertEqual(found["output"], [float(row["output"]) for row in rows])

    def test_stdout_is_csv(self):
        done = self.run_nadir("predict", "m.model.json", "data/wdbc.csv")
        self.run_nadir("predict", "m.model.json", "data/wdbc.csv", "-o", "p.csv")
        self.assertEqual(done.stdout, (self.folder / "p.csv").read_text())
        self.assertIn("AUC", done.stderr)

    def test_probabilities(self):
        """Stored by train --prob; else fitted on the labels; monotone in the output."""
        platt = self.run_json("train", *WDBC, "--net", "softplus:4", "--l2", "0.01", "--prob",
                              "-o", "prob.model.json")["platt"]
        stored = self.run_json("predict", "prob.model.json", "data/wdbc.csv", "--prob")
        fitted = self.run_json("predict", "m.model.json", "data/wdbc.csv", "--prob")
        for a, b in zip(stored["probability"], fitted["probability"]):
            self.assertAlmostEqual(a, b, 9)
        for f, p in zip(stored["output"], stored["probability"]):
            self.assertAlmostEqual(p, 1 / (1 + math.exp(platt["a"] * f + platt["b"])), 12)
        order = sorted(range(569), key=lambda i: stored["output"][i])
        ranked = [stored["probability"][i] for i in order]
        self.assertEqual(ranked, sorted(ranked))
        self.assertTrue(all(0 <= p <= 1 for p in ranked))
        mean = math.fsum(ranked) / 569
        self.assertAlmostEqual(mean, 212 / 569, delta=0.01)


if __name__ == "__main__":
    unittest.main()
