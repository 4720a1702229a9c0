"""nadir slice, nadir spectrum, train --trace: the numbers in the files are those of nadir
eval at the points the plane says, the pictures are well-formed and say what they are."""
import json
import math
import random
import struct
import unittest
import xml.etree.ElementTree as ElementTree

from support import Case, read_csv

SVG = "{http://www.w3.org/2000/svg}"


def check_svg(case, path, *says):
    root = ElementTree.parse(path).getroot()
    case.assertEqual(root.tag, SVG + "svg")
    case.assertTrue(root.find(SVG + "title").text)
    case.assertIsNotNone(root.find(SVG + "desc").text)
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    case.assertEqual(len(ids), len(set(ids)))
    text = " ".join(e.text or "" for e in root.iter(SVG + "text"))
    for words in says:
        case.assertIn(words, text)
    case.assertNotIn("nan", text.lower().replace("nano", ""))
    return root


class Pictures(Case):
    files_made = {}  # trained once for all tests

    def setUp(self):
        super().setUp()
        if not self.files_made:
            for k in (1, 2, 3):
                self.run_nadir("train", "gen:moons,n=60", "--net", "tanh:3", "--l2", 0.003, "--seed",
                               k, "-o", f"{k}.model.json",
                               *(["--trace", "run.trace"] if k == 1 else []), code=None)
            self.files_made.update({name: (self.folder / name).read_bytes() for name in self.files()})
        for name, content in self.files_made.items():
            (self.folder / name).write_bytes(content)

    def slice(self, *args, models=("2.model.json",)):
        return self.run_json("slice", "1.model.json", "gen:moons,n=60", *models, *args)

    def at(self, plane, s, t):
        u, v = plane["u"], plane.get("v", [0.0] * len(plane["u"]))
        return [(o + s * a) + t * b for o, a, b in zip(plane["origin"], u, v)]

    def check_cells(self, found, cells=6):
        """Random cells against nadir eval, bit by bit."""
        rng = random.Random(1)
        for _ in range(cells):
            i = rng.randrange(len(found["s"]))
            j = rng.randrange(len(found["loss"]))
            theta = self.at(found["plane"], found["s"][i], found.get("t", [0.0])[j])
            self.write("theta.txt", " ".join(map(repr, theta)))
            say = self.run_json("eval", "1.model.json", "gen:moons,n=60", "--theta", "theta.txt",
                                "--margins")
            self.assertEqual(say["value"], found["loss"][j][i])
            self.assertEqual(say["errors"], found["errors"][j][i])


class Slice(Pictures):
    def test_line_through_two_models(self):
        found = self.slice("--grid", 21)
        self.assertEqual(found["plane"]["kind"], "through")
        self.assertIs(found["plane"]["proof"], False)
        self.assertEqual((len(found["s"]), len(found["loss"])), (21, 1))
        self.check_cells(found)
        one, two = found["points"]
        self.assertEqual((one["s"], one["distance"]), (0, 0))
        self.assertLess(abs(two["distance"]), 1e-12 * two["s"])
        length = math.dist(*(json.loads((self.folder / f).read_text())["theta"] and
                             list(map(float.fromhex, json.loads((self.folder / f).read_text())["theta"]))
                             for f in ("1.model.json", "2.model.json")))
        self.assertAlmostEqual(two["s"], length, 12)

    def test_plane_through_three(self):
        found = self.slice("--grid", 9, models=("2.model.json", "3.model.json"))
        self.assertEqual((len(found["loss"]), len(found["t"])), (9, 9))
        self.check_cells(found)
        for p in found["points"]:
            self.assertLess(p["distance"], 1e-9)
        two = self.slice("--grid", 9, "--through", "3,1", models=("2.model.json", "3.model.json"))
        self.assertEqual([p["label"] for p in two["points"]], ["3", "1", "2"])
        self.assertGreater(two["points"][2]["distance"], 1e-3)

    def test_directions(self):
        for args in (("--eigen", "0,-1"), ("--random",), ("--random", "--dim", 1),
                     ("--trace", "run.trace"), ("--eigen", 2)):
            found = self.slice("--grid", 7, *args)
            self.check_cells(found, 3)
        again = self.slice("--grid", 7, "--random", "--seed", 8)
        other = self.slice("--grid", 7, "--random", "--seed", 9)
        self.assertNotEqual(again["plane"]["u"], other["plane"]["u"])
        self.assertEqual(again["plane"]["seed"], 8)

    def test_span(self):
        found = self.slice("--grid", 5, "--random", "--span", 0.5)
        self.assertEqual((found["s"][0], found["s"][-1]), (-0.5, 0.5))

    def test_threads_make_no_difference(self):
        for ending in ("svg", "csv", "json"):
            texts = []
            for threads in (1, 3):
                self.run_nadir("slice", "1.model.json", "gen:moons,n=60", "--grid", 15, "--threads",
                               threads, "-o", f"x.{ending}")
                texts.append((self.folder / f"x.{ending}").read_bytes())
            self.assertEqual(*texts)

    def test_pictures(self):
        self.run_nadir("slice", "1.model.json", "gen:moons,n=60", "2.model.json", "--eigen", "0,1",
                       "--grid", 31, "-o", "plane.svg")
        root = check_svg(self, self.folder / "plane.svg", "Slice, not proof",
                         "eigenvectors of its Hessian", "orthogonal projection", "loss")
        groups = [g for g in root.iter(SVG + "g") if g.get("class") == "point"]
        self.assertEqual({g.get("data-id") for g in groups} - {"1", "2"}, set())
        self.assertTrue(all(g.find(SVG + "title").text.startswith("point ") for g in groups))
        self.run_nadir("slice", "1.model.json", "gen:moons,n=60", "2.model.json", "-o", "line.svg")
        check_svg(self, self.folder / "line.svg", "Slice, not proof", "the line through points 1 and 2")
        self.run_nadir("slice", "1.model.json", "gen:moons,n=60", "--trace", "run.trace", "--grid",
                       21, "--values", "errors", "-o", "way.svg")
        check_svg(self, self.folder / "way.svg", "Slice, not proof", "way of the training run")

    def test_csv(self):
        self.run_nadir("slice", "1.model.json", "gen:moons,n=60", "2.model.json", "--grid", 11,
                       "-o", "x.csv")
        lines = (self.folder / "x.csv").read_text().splitlines()
        self.assertIn("slice, not proof: the line through points 1 and 2", lines[1])
        comments = [line for line in lines if line.startswith("#")]
        (self.folder / "y.csv").write_text("\n".join(lines[len(comments):]))
        rows = read_csv(self.folder / "y.csv")
        found = self.slice("--grid", 11)
        self.assertEqual([float(r["loss"]) for r in rows], found["loss"][0])
        self.assertEqual([float(r["s"]) for r in rows], found["s"])
        self.assertEqual([float(r["errors"]) for r in rows], found["errors"][0])

    def test_raster(self):
        done = self.run_nadir("slice", "1.model.json", "gen:moons,n=60", "--grid", 11, "-o", "x.png",
                              "--dark", code=None)
        if done.returncode == 1:
            self.assertIn(".svg, .csv or .json", done.stderr)  # a build without Cairo
            return
        self.assertEqual((self.folder / "x.png").read_bytes()[:4], b"\x89PNG")
        self.run_nadir("slice", "1.model.json", "gen:moons,n=60", "--grid", 11, "-o", "x.pdf")
        first = (self.folder / "x.pdf").read_bytes()
        self.assertEqual(first[:4], b"%PDF")
        self.run_nadir("slice", "1.model.json", "gen:moons,n=60", "--grid", 11, "-o", "x.pdf")
        self.assertEqual(first, (self.folder / "x.pdf").read_bytes())

    def test_atlas(self):
        self.run_nadir("explore", "gen:xor", "--net", "softplus:2", "--l2", 0.02, "--starts", 12,
                       "--unproved", "-o", "xor.atlas", code=None)
        found = self.run_json("slice", "xor.atlas", "--through", "1,2", "--grid", 11)
        self.assertEqual([p["label"] for p in found["points"][:2]], ["1", "2"])
        self.assertEqual(found["points"][0]["verdict"], "local-minimum")
        self.bad("slice", "xor.atlas", "gen:xor", says="brings its data")
        self.bad("slice", "xor.atlas", "--through", "1,999", says="no point 999")

    def test_bad_options(self):
        model = ("slice", "1.model.json", "gen:moons,n=60")
        self.bad(*model, "-o", "x.gif", says=[".svg", ".csv"])
        self.bad(*model, "-o", "1.model.json", says="input file")
        self.bad(*model, "--grid", 1, says="--grid")
        self.bad(*model, "--random", "--eigen", 0, says="exclude")
        self.bad(*model, "--eigen", "0,0", says="twice")
        self.bad(*model, "--eigen", "0,1,2", says="up to 2")
        self.bad(*model, "--eigen", "x", says="whole numbers")
        self.bad(*model, "--eigen", 13, says="the Hessian has 13")
        self.bad(*model, "--through", "1", says="2 or 3 points")
        self.bad(*model, "--through", "1,4", says="no point 4")
        self.bad(*model, "1.model.json", "--through", "1,2", says="the same")
        self.bad(*model, "--trace", "1.model.json", says="no trace")
        self.bad("slice", "1.model.json", says="no atlas")
        self.run_nadir("train", "gen:moons,n=60", "--net", "tanh:2", "-o", "small.model.json", code=None)
        self.bad(*model, "small.model.json", says="tanh:2")
        self.run_nadir("train", "gen:moons,n=60", "--net", "tanh:3", "--scale", "none", "-o",
                       "raw.model.json", code=None)
        self.bad(*model, "raw.model.json", says="scaled otherwise")
        self.bad("slice", "small.model.json", "gen:moons,n=60", "--trace", "run.trace", says="tanh:3")


class Trace(Pictures):
    def points(self):
        data = (self.folder / "run.trace").read_bytes()
        head, body = data.split(b"\n", 1)
        magic, version, P, count, d, net = head.decode().split(" ")
        self.assertEqual((magic, version, d, net), ("nadir-trace", "1", "2", "tanh:3"))
        P, count = int(P), int(count)
        self.assertEqual(len(body), 8 * count * (P + 2))
        return [struct.unpack_from(f"<Qd{P}d", body, 8 * k * (P + 2)) for k in range(count)]

    def test_file(self):
        """docs/trace-format.md: losses are those of the points; the last is the model."""
        rows = self.points()
        self.assertEqual(rows[0][0], 0)
        self.assertEqual([r[0] for r in rows], sorted({r[0] for r in rows}))
        for row in (rows[0], rows[len(rows) // 2], rows[-1]):
            self.write("theta.txt", " ".join(map(repr, row[2:])))
            say = self.run_json("eval", "1.model.json", "gen:moons,n=60", "--theta", "theta.txt")
            self.assertAlmostEqual(say["value"], row[1], 12)
        model = json.loads((self.folder / "1.model.json").read_text())
        for a, b in zip(map(float.fromhex, model["theta"]), rows[-1][2:]):
            self.assertAlmostEqual(a, b, 6)

    def test_changes_nothing(self):
        self.run_nadir("train", "gen:moons,n=60", "--net", "tanh:3", "--l2", 0.003, "-o",
                       "again.model.json", code=None)
        self.assertEqual((self.folder / "1.model.json").read_bytes(),
                         (self.folder / "again.model.json").read_bytes())

    def test_bad(self):
        self.bad("train", "gen:moons", "--starts", 3, "--trace", "x.trace", says="one start")
        self.bad("train", "gen:moons", "--trace", "no/x.trace", says="no/")


class Spectrum(Pictures):
    MODEL = ("spectrum", "1.model.json", "gen:moons,n=60")

    def test_all_eigenvalues(self):
        found = self.run_json(*self.MODEL)
        H = self.run_json("eval", "1.model.json", "gen:moons,n=60", "--hessian")["hessian"]
        values = found["eigenvalues"]
        self.assertEqual(len(values), 13)
        self.assertEqual(values, sorted(values))
        self.assertAlmostEqual(sum(values), sum(H[i][i] for i in range(13)), 12)
        self.assertAlmostEqual(sum(x * x for x in values), sum(x * x for r in H for x in r), 12)
        for end in ("smallest", "largest"):
            v, value = found[end]["vector"], found[end]["value"]
            miss = math.hypot(*(sum(a * b for a, b in zip(row, v)) - value * x
                                for row, x in zip(H, v)))
            self.assertLess(miss, 1e-10)
        for g in found["groups"]:
            self.assertAlmostEqual(sum(g["neurons"]) + g["output_bias_and_linear"], 1, 12)
            self.assertAlmostEqual(g["layers"][0]["share"], sum(g["neurons"]), 12)

    def test_what_is_proved(self):
        """At a certified minimum the proved bound lies below the smallest eigenvalue."""
        found = self.run_json(*self.MODEL)
        if found["proved"] is None:
            self.skipTest("nothing was proved here")
        self.assertLessEqual(found["proved"]["smallest_at_least"],
                             found["smallest"]["value"] + found["smallest"]["error"])
        self.assertGreater(found["proved"]["smallest_at_least"], 0)
        self.assertIsNone(self.run_json(*self.MODEL, "--unproved")["proved"])

    def test_density(self):
        args = (*self.MODEL, "--dense-max", 0, "--probes", 30, "--steps", 13)
        found = self.run_json(*args)
        self.assertEqual(found, self.run_json(*args, "--threads", 3))
        x, y = found["x"], found["density"]
        total = sum((b - a) * (p + q) / 2 for a, b, p, q in zip(x, x[1:], y, y[1:]))
        self.assertAlmostEqual(total, 1, 3)
        dense = self.run_json(*self.MODEL)
        for end in ("smallest", "largest"):
            self.assertAlmostEqual(found[end]["value"], dense[end]["value"], 7)

    def test_files(self):
        for more in ((), ("--dense-max", 0)):
            self.run_nadir(*self.MODEL, *more, "-o", "x.svg")
            check_svg(self, self.folder / "x.svg", "Spectrum of the Hessian", "numerical, not proved")
            self.run_nadir(*self.MODEL, *more, "-o", "x.csv")
            self.run_nadir(*self.MODEL, *more, "-o", "x.json")
            found = json.loads((self.folder / "x.json").read_text())
            lines = (self.folder / "x.csv").read_text().splitlines()
            numbers = [float(line.split(",")[1]) for line in lines[2:]]
            self.assertEqual(numbers, found["density" if more else "eigenvalues"])
        self.bad(*self.MODEL, "-o", "x.txt", says=".svg")
        self.bad(*self.MODEL, "--probes", 0, says="--probes")

    def test_no_hessian(self):
        self.run_nadir("train", "gen:moons,n=60", "--net", "relu:3", "-o", "relu.model.json", code=None)
        self.bad("spectrum", "relu.model.json", "gen:moons,n=60", says="relu")


if __name__ == "__main__":
    unittest.main()
