"""nadir explore and nadir atlas from the outside."""
import csv
import json
import signal
import sqlite3
import subprocess
import time
import unittest
import xml.etree.ElementTree as xml

from support import NADIR, VERIFY, Case

XOR = ["gen:xor", "--net", "softplus:2", "--l2", "1e-3", "--starts", "40", "--saddles"]
# Contradictory labels at random, many starts: not over before the signal comes.
LONG = ["gen:noise,n=300,d=5,seed=3", "--net", "softplus:8", "--l2", "1e-3", "--starts", "100000"]


class Explore(Case):
    def explore(self, *more, **kwargs):
        return self.run_json("explore", *XOR, "-o", "a.db", *more, **kwargs)

    def test_answer(self):
        """XOR with ridge: two kinds of minima, and saddles that join them."""
        found = self.explore()
        self.assertTrue(found["explore"]["finished"])
        self.assertEqual(found["explore"]["open"], 0)
        trials = sum(t["trials"] for t in found["trials"])
        self.assertEqual(trials, found["explore"]["trials"])
        self.assertGreaterEqual(found["minima"]["proved"], 6)
        self.assertGreaterEqual(found["graph"]["edges"], 1)
        self.assertEqual(found["saddles"][0]["index"], 1)
        self.assertIn("alternating sum", found["audit"]["reason"])
        heights = [b["height"] for b in found["graph"]["lowest_barriers"]]
        self.assertEqual(heights, sorted(heights))
        for barrier in found["graph"]["lowest_barriers"]:
            self.assertLessEqual(barrier["lo"], barrier["height"])
            self.assertLessEqual(barrier["height"], barrier["hi"])

    def test_the_same_again(self):
        """Any number of threads; the finished atlas is not explored again; other settings
        are refused."""
        first = self.explore("--threads", "1")
        again = self.explore("--threads", "2")
        self.assertEqual(again["explore"]["trials"], 0)
        for key in ("minima", "saddles", "graph", "trials"):
            self.assertEqual(first[key], again[key])
        self.run_nadir("explore", *XOR, "-o", "b.db", "--threads", "3")
        points = [self.run_json("atlas", "list", name)["points"] for name in ("a.db", "b.db")]
        self.assertEqual(*points)
        self.bad("explore", *XOR, "--seed", "2", "-o", "a.db", says=["seed", "a.db"])
        self.bad("explore", *XOR[:1], "--net", "softplus:3", "-o", "a.db", says="softplus:3")
        self.run_nadir("explore", "--resume", "a.db")

    def test_interrupt_and_resume(self):
        run = subprocess.Popen([NADIR, "explore", *LONG, "-o", "a.db", "--threads", "2"],
                               cwd=self.folder, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        time.sleep(2)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 2, err)
        self.assertEqual(err, "")
        self.assertIn("--resume a.db", out)
        before = self.run_json("atlas", "list", "a.db")["explore"]
        self.assertFalse(before["finished"])
        self.assertGreater(before["trials"], 0)
        self.run_nadir("explore", "--resume", "a.db", "--time-limit", "0.5", code=2)
        after = self.run_json("atlas", "list", "a.db")["explore"]
        self.assertGreater(after["trials"], before["trials"])
        with sqlite3.connect(self.folder / "a.db") as db:
            self.assertEqual(db.execute("SELECT count(*) FROM ask WHERE state = 1").fetchone(), (0,))
            self.assertEqual(db.execute("SELECT count(*) FROM owner").fetchone(), (0,))

    def test_bad_usage(self):
        self.bad("explore", says="usage")
        self.bad("explore", "gen:xor", says="-o")
        self.bad("explore", "gen:xor", "-o", "no/such/a.db", says="folder")
        self.bad("explore", "gen:nothing", "-o", "a.db", says="nothing")
        self.bad("explore", "--resume", "a.db", says="a.db")
        self.bad("explore", "gen:xor", "--resume", "a.db", says="drop 'gen:xor'")
        self.bad("explore", "--resume", "a.db", "--net", "tanh:1", says="--net")
        self.bad("explore", "gen:xor", "--net", "relu:2", "--saddles", "-o", "a.db")
        self.assertEqual(self.files(), [])
        self.write("x.csv", "a,label\n1,1\n2,0\n")
        self.bad("explore", "gen:xor", "-o", "x.csv", says="not an atlas")
        self.bad("explore", "x.csv", "-o", "x.csv", says="input file")


class Atlas(Case):
    def setUp(self):
        super().setUp()
        self.run_nadir("explore", *XOR, "-o", "a.db")

    def test_list_and_show(self):
        listed = self.run_json("atlas", "list", "a.db")
        minima = [p for p in listed["points"] if p["minimum"]]
        self.assertEqual(len(minima), listed["minima"]["distinct"])
        text = self.run_nadir("atlas", "list", "a.db").stdout
        for p in listed["points"]:
            self.assertRegex(text, rf"(?m)^ +{p['id']}  ")
            if p["bad"]:  # with errors, or because a lower loss is known
                word = "bad" if p["errors"] else r"bad \(not the lowest\)"
                self.assertRegex(text, rf"(?m)^ +{p['id']}  .*, {word}$")
        shown = self.run_json("atlas", "show", "a.db", 2)["point"]
        self.assertEqual(shown, listed["points"][1])
        for word in ("verdict ", "theta ", "edge ", "proof "):
            self.assertIn(word, self.run_nadir("atlas", "show", "a.db", 1).stdout)

    def test_exports(self):
        listed = self.run_json("atlas", "list", "a.db")
        self.run_nadir("atlas", "export", "a.db", "-o", "a.json")
        whole = json.loads((self.folder / "a.json").read_text())
        self.assertEqual(whole["points"], listed["points"])
        self.run_nadir("atlas", "export", "a.db", "-o", "a.csv")
        with open(self.folder / "a.csv", newline="") as f:
            rows = list(csv.DictReader(f))
        for row, point in zip(rows, whole["points"], strict=True):
            self.assertEqual(float(row["loss"]), point["loss"])
            self.assertEqual([float(row[f"theta_{k + 1}"]) for k in range(9)], point["theta"])
        self.run_nadir("atlas", "export", "a.db", "--format", "edges", "-o", "e.csv")
        with open(self.folder / "e.csv", newline="") as f:
            self.assertEqual([int(r["saddle"]) for r in csv.DictReader(f)],
                             [e["saddle"] for e in whole["edges"]])
        self.run_nadir("atlas", "export", "a.db", "-o", "a.graphml")
        graph = xml.parse(self.folder / "a.graphml").getroot()
        space = "{http://graphml.graphdrawing.org/xmlns}"
        nodes = {n.get("id") for n in graph.iter(space + "node")}
        self.assertEqual(nodes, {f"m{p['id']}" for p in whole["points"] if p["minimum"]})
        edges = list(graph.iter(space + "edge"))
        self.assertEqual(len(edges), len(whole["edges"]))
        for edge in edges:
            self.assertLessEqual({edge.get("source"), edge.get("target")}, nodes)

    @unittest.skipUnless(VERIFY.exists(), "needs nadir-verify")
    def test_certificates_are_proved_again(self):
        """EVIDENCE: every proved point of an atlas is re-proved from the atlas alone."""
        proved = [p["id"] for p in self.run_json("atlas", "list", "a.db")["points"]
                  if p["proved"] == "proved"]
        self.assertGreater(len(proved), 6)
        for point in proved:
            self.run_nadir("atlas", "export", "a.db", "--point", point, "-o", "p.cert.json")
            done = subprocess.run([VERIFY, "p.cert.json"], cwd=self.folder, text=True,
                                  capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_models_are_used_on_raw_data(self):
        points = self.run_json("atlas", "list", "a.db")["points"]
        self.run_nadir("atlas", "export", "a.db", "--point", 1, "-o", "p.model.json")
        at = self.run_json("eval", "p.model.json", "gen:xor")
        self.assertAlmostEqual(at["value"], points[0]["loss"], 14)

    def test_bad_usage(self):
        self.bad("atlas", "list", says="usage")
        self.bad("atlas", "draw", "a.db", says="list, show and export")
        self.bad("atlas", "list", "b.db", says="b.db")
        self.bad("atlas", "show", "a.db", says="usage")
        self.bad("atlas", "show", "a.db", "0", says="no point '0'")
        self.bad("atlas", "show", "a.db", "x", says="no point 'x'")
        self.bad("atlas", "export", "a.db", says="-o")
        self.bad("atlas", "export", "a.db", "-o", "a.db", says="input file")
        self.bad("atlas", "export", "a.db", "-o", "p.cert.json", says="--point")
        self.bad("atlas", "export", "a.db", "-o", "p.cert.json", "--point", "4000", says="4000")
        self.bad("atlas", "export", "a.db", "-o", "p.csv", "--point", "1", says="--point")


if __name__ == "__main__":
    unittest.main()
