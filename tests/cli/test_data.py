"""nadir data: counts, bounds, conversion there and back, generators."""
import unittest

from support import Case


class Data(Case):
    def test_describe(self):
        self.write("x.csv", "a,b,label\n1,5,1\n1,5,-1\n1,5,1\n2,5,1\n3,5,-1\n3,5,-1\n")
        found = self.run_json("data", "x.csv")
        self.assertEqual(found["data"]["samples"], 6)
        self.assertEqual(found["data"]["features"], 2)
        self.assertEqual((found["data"]["positive"], found["data"]["negative"]), (3, 3))
        self.assertEqual(found["duplicates"], {"distinct": 3, "duplicates": 3, "contradictory": 1,
                                               "min_errors": 1})
        self.assertEqual(found["range"]["constant"], 1)
        self.assertEqual((found["range"]["min"], found["range"]["max"]), (1, 5))
        self.assertAlmostEqual(found["range"]["sd_min"], (29 / 36) ** 0.5, 12)
        out = self.run_nadir("data", "x.csv").stdout
        self.assertIn("every classifier makes >= 1 error", out)

    def test_sparse_is_described_like_dense(self):
        self.write("s.svm", "+1 1:1.5 3:-2\n-1 2:4\n+1 3:1\n-1\n")
        self.write("d.csv", "x1,x2,x3,label\n1.5,0,-2,1\n0,4,0,-1\n0,0,1,1\n0,0,0,-1\n")
        sparse, dense = self.run_json("data", "s.svm"), self.run_json("data", "d.csv")
        self.assertTrue(sparse["data"]["sparse"])
        for key in ("min", "max", "constant", "sd_min", "sd_max"):
            self.assertAlmostEqual(sparse["range"][key], dense["range"][key], 12, key)
        self.assertEqual(sparse["duplicates"], dense["duplicates"])

    def test_convert_round_trip(self):
        """The same training bytes whatever the format in between."""
        self.run_nadir("data", "data/wdbc.csv", "--positive", "M", "-o", "a.svm")
        self.run_nadir("data", "a.svm", "-o", "b.npz")
        self.run_nadir("data", "b.npz", "-o", "c.arff.gz")
        self.run_nadir("data", "c.arff.gz", "-o", "d.csv.gz")
        theta = []
        for name in ("data/wdbc.csv", "b.npz", "d.csv.gz"):
            more = ("--positive", "M") if name.startswith("data") else ()
            self.run_nadir("train", name, *more, "--net", "softplus:2", "--l2", "0.1", "-o",
                           "m.model.json")
            theta.append([r for r in self.run_json("predict", "m.model.json", name)["output"]])
        self.assertEqual(theta[0], theta[1])
        self.assertEqual(theta[0], theta[2])

    def test_generate(self):
        """Seeded: the same file twice; a list of what there is, and all of it works."""
        out = self.run_nadir("data", "--list").stdout
        names = [line.split()[0] for line in out.split("generators")[1].splitlines()[1:]]
        for name in ("xor", "between", "moons", "circles", "spirals", "parity", "separable",
                     "subspaces", "noise"):
            self.assertIn(name, names)
        for name in names:
            with self.subTest(name):
                self.run_nadir("data", f"gen:{name}", "-o", "a.csv")
                first = (self.folder / "a.csv").read_bytes()
                self.run_nadir("data", f"gen:{name}", "-o", "a.csv")
                self.assertEqual(first, (self.folder / "a.csv").read_bytes())

    def test_formats_are_listed(self):
        out = self.run_nadir("data", "--list").stdout
        for name in ("csv", "tsv", "svm", "npy", "npz", "idx", "arff"):
            self.assertRegex(out, rf"(?m)^  {name}\b")
        found = self.run_json("data", "--list")
        self.assertIn("csv", found["formats"])
        self.assertIn("moons", found["generators"])

    def test_one_of_something(self):
        self.write("x.csv", "a,y\n1,0\n1,1\n")
        out = self.run_nadir("data", "x.csv").stdout
        self.assertIn("1 distinct sample, 1 duplicate\n", out)
        self.assertIn("1 feature vector carries both labels: every classifier makes >= 1 error\n",
                      out)

    def test_generator_messages_say_where(self):
        for spec, message in (("gen:xor,n=-1", "gen:xor: n: -1 is outside"),
                              ("gen:moons,foo=1", "gen:moons: unknown setting 'foo'")):
            self.bad("data", spec, says=message)


if __name__ == "__main__":
    unittest.main()
