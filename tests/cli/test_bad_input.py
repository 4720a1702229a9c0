"""Bad input gets one line that says what, where and what was expected; exit 1; no file
touched.  Seen from a new user's chair: own files, wrong files, no files."""
import os
import unittest

from support import Case

GOOD = "a,b,label\n1,2,1\n2,1,-1\n3,5,1\n4,1,-1\n"


class Files(Case):
    def train(self, name, *more, says):
        return self.bad("train", name, "--net", "softplus:4", "-o", "m.model.json", *more,
                        says=says)

    def test_missing(self):
        self.train("nothere.csv", says="nothere.csv")
        self.bad("predict", "nothere.json", "data/wdbc.csv", says="nothere.json")
        self.bad("data", "nothere.csv", says="nothere.csv")
        self.bad("train", "", says="nadir: ")
        self.bad("train", "nothere.csv", "--json", says="nothere.csv")

    def test_folder_instead_of_file(self):
        (self.folder / "d.csv").mkdir()
        self.train("d.csv", says="d.csv")
        self.train("data", says="data")
        self.write("x.csv", GOOD)
        self.bad("train", "x.csv", "-o", "d.csv", says=("d.csv", "folder"))

    def test_contents(self):
        cases = {
            "": "empty",
            "a,b,label\n": "",
            "a,b,label\n1,2,1\n2,x,-1\n": "'x'",
            "a,b,label\n1,2,1\n2,-1\n": ":3",
            "a,b,label\n1,nan,1\n2,1,-1\n": "nan",
            "a,b,label\n1,inf,1\n2,1,-1\n": "inf",
            "a,b,label\n1,1e999,1\n2,1,-1\n": "1e999",
            "a,b,label\n1,2,1\n2,1,1\n": "one",
            "a,b,label\n1,2,M\n2,1,B\n": "--positive",
            "a,b,label\n1,2,1\n2,1,2\n3,1,3\n": "--positive",
        }
        for k, (text, says) in enumerate(cases.items()):
            with self.subTest(text):
                name = f"case{k}.csv"
                self.write(name, text)
                self.assertIn(name, self.train(name, says=says))

    def test_huge_numbers_are_legal(self):
        """Finite is finite: 1e300 is scaled like any other number or refused in one line."""
        self.write("huge.csv", "a,b,label\n1e300,2,1\n-1e300,1,-1\n3e299,5,1\n-4e299,1,-1\n")
        done = self.run_nadir("train", "huge.csv", "--net", "softplus:2", code=None)
        self.assertIn(done.returncode, (0, 1))
        if done.returncode == 1:
            self.assertEqual(done.stderr.count("\n"), 1)

    def test_labels(self):
        self.write("x.csv", GOOD)
        self.train("x.csv", "--label", "labl", says="labl")
        self.train("x.csv", "--label", "9", says="9")
        self.train("x.csv", "--positive", "7", says="7")

    def test_specs(self):
        self.write("x.csv", GOOD)
        for net in ("softplus", "softpluss:4", "softplus:0", "softplus:-1", "softplus:4,",
                    "softplus:99999999999999999999", "res(tanh:3)", "", "+"):
            with self.subTest(net):
                self.bad("train", "x.csv", "--net", net, "-o", "m.json", says="nadir: ")
        for loss in ("polyhinge:1", "hinge", "logistic:3", "polyhinge:x", ""):
            with self.subTest(loss):
                self.bad("train", "x.csv", "--loss", loss, "-o", "m.json", says="nadir: ")
        self.bad("train", "gen:nothing", says="nothing")
        self.bad("hunt", says="--drop CONDITION")
        self.bad("hunt", "extra", says="usage: nadir hunt [options]")
        self.bad("train", "gen:moons,n=-3", says="n")

    def test_output_place(self):
        self.write("x.csv", GOOD)
        self.bad("train", "x.csv", "-o", "no/such/folder/m.json", says="no/such/folder")
        self.bad("train", "x.csv", "-o", "x.csv", says="input file")
        self.bad("train", "x.csv", "-o", "./x.csv", says="input file")
        self.bad("train", "x.csv", "-o", "", says="empty")
        self.bad("data", "x.csv", "-o", "y.nothing", says="y.nothing")
        if os.getuid() != 0:
            (self.folder / "locked").mkdir(mode=0o500)
            self.bad("train", "x.csv", "-o", "locked/m.json", says="locked")

    def test_bad_run_keeps_the_old_model(self):
        self.write("x.csv", GOOD)
        self.run_nadir("train", "x.csv", "--net", "softplus:2", "-o", "m.model.json")
        self.train("nothere.csv", says="nothere.csv")


class Models(Case):
    def setUp(self):
        super().setUp()
        self.write("x.csv", GOOD)
        self.run_nadir("train", "x.csv", "--net", "softplus:2", "-o", "m.model.json")
        self.model = (self.folder / "m.model.json").read_text()

    def test_broken_models(self):
        """Truncated at many places, and not a model at all: one line each."""
        size = len(self.model)
        for cut in sorted({0, 1, size // 7, size // 3, size // 2, size - 40, size - 3}):
            with self.subTest(cut):
                self.write("bad.json", self.model[:cut])
                self.bad("predict", "bad.json", "x.csv", says="bad.json")
        for text in ("{}", "[]", "null", "3", '{"format":"nadir-model"}', GOOD, "\0\0\0"):
            with self.subTest(text):
                self.write("bad.json", text)
                self.bad("eval", "bad.json", "x.csv", says="bad.json")

    def test_model_and_data_do_not_fit(self):
        self.write("wide.csv", "a,b,c,label\n1,2,3,1\n2,1,3,-1\n")
        self.bad("predict", "m.model.json", "wide.csv", says=("3 features", "2"))
        self.write("swapped.csv", "b,a,label\n1,2,1\n2,1,-1\n")
        self.bad("predict", "m.model.json", "swapped.csv", says=("'b'", "'a'"))
        self.write("nolabel.csv", "a,b\n1,2\n2,1\n")
        self.bad("eval", "m.model.json", "nolabel.csv", says="label")
        self.bad("certify", "m.model.json", "nolabel.csv", "-o", "c.json", says="label")
        self.bad("predict", "m.model.json", "nolabel.csv", "--label", "label", says="label")

    def test_theta(self):
        P = self.run_json("eval", "m.model.json", "x.csv")["net"]["parameters"]
        for text, says in (("1 2 3", "3 numbers"), ("1 " * (P + 1), "more than"),
                           ("1 " * (P - 1) + "x", "'x'"), ("nan " * P, "nan"),
                           ("1e999 " * P, "1e999"), ("", "0 numbers")):
            with self.subTest(text):
                self.write("theta.txt", text)
                self.bad("eval", "m.model.json", "x.csv", "--theta", "theta.txt",
                         says=("theta.txt", says))
        self.bad("eval", "m.model.json", "x.csv", "--theta", "nothere", says="nothere")

    def test_warm(self):
        self.bad("train", "x.csv", "--warm", "m.model.json", "--net", "softplus:3", says="softplus:2")
        self.bad("train", "x.csv", "--warm", "m.model.json", "--scale", "none", says="--scale")
        self.bad("train", "x.csv", "--warm", "x.csv", says="x.csv")
        self.bad("train", "data/wdbc.csv", "--positive", "M", "--warm", "m.model.json", says="30")

    def test_probabilities(self):
        self.write("nolabel.csv", "a,b\n1,2\n2,1\n")
        self.bad("predict", "m.model.json", "nolabel.csv", "--prob", says="--prob")

    def test_certificate_name(self):
        self.bad("certify", "m.model.json", "x.csv", "-o", "m.model.json", says="input file")


if __name__ == "__main__":
    unittest.main()
