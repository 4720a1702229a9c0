"""nadir eval: loss, gradient, Hessian and margins against this file's own arithmetic
and finite differences of the value alone."""
import json
import math
import unittest

from support import VERIFY, Case, softplus

DATA = "a,b,label\n0.5,-1,1\n1.5,0.25,-1\n-0.75,2,1\n0.1,0.2,-1\n2,-0.5,1\n"
X = [(0.5, -1), (1.5, 0.25), (-0.75, 2), (0.1, 0.2), (2, -0.5)]
Y = [1, -1, 1, -1, 1]
L2 = 0.03


def value(theta):
    """softplus:2 on two features, polyhinge:3, ridge: theta = W, b, a, a_0."""
    w, b, a, a0 = theta[0:4], theta[4:6], theta[6:8], theta[8]
    total = 0.0
    for (x1, x2), y in zip(X, Y):
        f = a0 + sum(a[j] * softplus(w[2 * j] * x1 + w[2 * j + 1] * x2 + b[j]) for j in range(2))
        total += max(0.0, 1.0 - y * f) ** 3
    return total / len(X) + L2 / 2 * sum(t * t for t in theta)


def slope(theta, k, h=1e-5):
    up, down = list(theta), list(theta)
    up[k] += h
    down[k] -= h
    return (value(up) - value(down)) / (2 * h)


def curvature(theta, i, k, h=1e-4):
    s = 0.0
    for p, q in ((1, 1), (-1, -1), (1, -1), (-1, 1)):
        at = list(theta)
        at[i] += p * h
        at[k] += q * h
        s += p * q * value(at)
    return s / (4 * h * h)


class Eval(Case):
    THETA = [0.3, -0.7, 1.1, 0.2, 0.05, -0.4, 0.9, -1.3, 0.25]

    def setUp(self):
        super().setUp()
        self.write("x.csv", DATA)
        self.run_nadir("train", "x.csv", "--net", "softplus:2", "--l2", L2, "--scale", "none",
                       "--iterations", "1", "-o", "m.model.json", code=None)
        self.write("theta.txt", " ".join(map(repr, self.THETA)))

    def eval(self, *args):
        return self.run_json("eval", "m.model.json", "x.csv", *args)

    def test_value_gradient_hessian(self):
        found = self.eval("--theta", "theta.txt", "--gradient", "--hessian", "--margins")
        self.assertAlmostEqual(found["value"], value(self.THETA), 14)
        g, H = found["gradient"], found["hessian"]
        self.assertEqual((len(g), len(H), len(H[0])), (9, 9, 9))
        for i in range(9):
            self.assertAlmostEqual(g[i], slope(self.THETA, i), 8)
            for k in range(9):
                self.assertAlmostEqual(H[i][k], curvature(self.THETA, i, k), 5)
                self.assertAlmostEqual(H[i][k], H[k][i], 14)
        self.assertAlmostEqual(found["grad_norm"], math.hypot(*g), 14)
        self.assertEqual(found["errors"], sum(m < 0 for m in found["margins"]))
        self.assertEqual(found["margin_min"], min(found["margins"]))

    def test_theta_formats(self):
        plain = self.eval("--theta", "theta.txt")["value"]
        self.write("theta.json", "[" + ", ".join(map(repr, self.THETA)) + "]")
        self.write("theta.hex", "\n".join(f'"{t.hex()}",' for t in self.THETA))
        self.assertEqual(self.eval("--theta", "theta.json")["value"], plain)
        self.assertEqual(self.eval("--theta", "theta.hex")["value"], plain)

    def test_people_see_the_same_numbers(self):
        found = self.eval("--gradient")
        out = self.run_nadir("eval", "m.model.json", "x.csv", "--gradient").stdout
        lines = dict(line.split(None, 1) for line in out.splitlines() if len(line.split(None, 1)) == 2)
        self.assertEqual(float(lines["value"]), found["value"])
        self.assertEqual(float(lines["|grad|"]), found["grad_norm"])
        self.assertIn("gradient\n" + out.split("gradient\n")[1].split("\n")[0], out)
        row = out.split("gradient\n")[1].split("\n")[0]
        self.assertEqual([float(w) for w in row.split()], found["gradient"])

    def test_says_whether_the_data_are_those_of_training(self):
        self.assertTrue(self.eval()["training_data"])
        self.write("x.csv", DATA.replace("0.5", "0.6", 1))
        self.assertFalse(self.eval()["training_data"])


class Certify(Case):
    def test_proved_and_unknown(self):
        self.write("x.csv", DATA)
        self.run_nadir("train", "x.csv", "--net", "softplus:8", "-o", "m.model.json")
        self.assertEqual(self.files(), ["m.cert.json", "m.model.json", "x.csv"])
        found = self.run_json("certify", "m.model.json", "x.csv", "-o", "again.cert.json")
        self.assertEqual(found["certificate"]["truth"], "proved")
        self.assertEqual(found["certificate"]["errors_hi"], 0)
        self.assertEqual((self.folder / "m.cert.json").read_bytes(),
                         (self.folder / "again.cert.json").read_bytes())
        self.assertEqual(found["certificate"]["says"], "global-minimum")
        self.assertEqual(found["certificate"]["moved"], 0)
        # the labels exchanged: the same parameters are far from any minimum
        self.write("other.csv", DATA.replace(",1\n", ",0\n").replace(",-1\n", ",1\n")
                   .replace(",0\n", ",-1\n"))
        done = self.run_nadir("certify", "m.model.json", "other.csv", "-o", "no.cert.json")
        self.assertIn("not the data of training", done.stderr)
        self.assertRegex(done.stdout, r"proved   (theorem|not-a-minimum): ")
        if VERIFY.exists():
            self.assertIn("PROVED", self.run_nadir("verify", "no.cert.json").stdout)

    def test_saddle_by_index(self):
        """A start that is a saddle stays one: everything 0 with a ridge."""
        self.model("tanh:1", [0.0] * 5, "0x1.47ae147ae147bp-7")
        self.write("x.csv", "a,b,label\n-2,0,-1\n-1,1,-1\n1,0,1\n2.5,1,1\n")
        found = self.run_json("certify", "zero.model.json", "x.csv")["certificate"]
        self.assertEqual((found["kind"], found["says"], found["truth"]),
                         ("index", "saddle", "proved"))
        self.assertEqual(found["index"], 1)
        self.assertLess(found["radius"], 1e-9)
        self.assertEqual([k["kind"] for k in found["failed"]], ["zero-loss", "strict"])
        if VERIFY.exists():
            self.assertIn("PROVED", self.run_nadir("verify", "zero.cert.json").stdout)

    def test_nothing_proved(self):
        """Third-order saddle: every kind says why not; nothing is written; exit 3."""
        self.model("tanh:2", [0.0] * 9, "0x0p+0")
        self.write("x.csv", "a,b,label\n1,1,1\n-1,-1,1\n1,-1,-1\n-1,1,-1\n")
        done = self.run_nadir("certify", "zero.model.json", "x.csv", code=3)
        self.assertTrue(done.stdout.startswith("unknown  nothing proved: "))
        for kind in ("strict: ", "index: ", "not-a-minimum: "):
            self.assertIn(kind, done.stdout)
        self.assertNotIn("zero.cert.json", self.files())

    def model(self, net, theta, l2):
        """zero.model.json: these parameters, from a model that was trained."""
        self.write("t.csv", "a,b,label\n1,1,1\n-1,-1,1\n1,-1,-1\n-1,1,-1\n")
        self.run_nadir("train", "t.csv", "--net", net, "--scale", "none", "--loss", "logistic",
                       "--l2", "1", "-o", "t.model.json")
        model = json.loads((self.folder / "t.model.json").read_text())
        model.update(theta=theta, l2=l2)
        self.write("zero.model.json", json.dumps(model))


if __name__ == "__main__":
    unittest.main()
