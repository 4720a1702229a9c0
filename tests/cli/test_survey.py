"""EVIDENCE: nadir survey and docs/survey.md, from the outside."""
import csv
import json
import signal
import sqlite3
import subprocess
import time
import unittest
import xml.etree.ElementTree as xml

from support import NADIR, SANITIZED, Case

SMALL = ["gen:xor", "gen:separable,n=8,d=2,seed=1", "--net", "{softplus,relu}:{1,4}", "--loss",
         "polyhinge:3 logistic", "--runs", "3" if SANITIZED else "6"]
RUNS = int(SMALL[-1])


class Survey(Case):
    def test_answer(self):
        found = self.run_json("survey", *SMALL)
        self.assertEqual(len(found["cells"]), 16)
        self.assertEqual(found["survey"]["stop"], "target")
        self.assertEqual(found["survey"]["done"], 16 * RUNS)
        for cell in found["cells"]:
            self.assertEqual(sum(cell["ends"].values()), cell["runs"])
            self.assertEqual(cell["runs"], RUNS)
            self.assertLessEqual(cell["error_rate_mean"], cell["error_rate_worst"])
            if cell["theory"] == "proved":
                self.assertEqual(cell["ends"]["bad"] + cell["ends"]["bad-proved"], 0)
                self.assertEqual(cell["loss"], "polyhinge:3")
                self.assertIn("softplus", cell["net"])
        self.assertTrue(found["check"]["holds"])
        self.assertEqual(found["check"]["covered_cells"], 3)
        self.assertEqual(found["check"]["covered_bad"], 0)
        self.assertGreater(found["check"]["other_bad"], 0)

    def test_table(self):
        text = self.run_nadir("survey", *SMALL).stdout
        self.assertEqual(text.count("softplus:1 "), 4)
        self.assertIn("holds", text)
        self.assertIn("none of the", text)
        brief = self.run_nadir("survey", *SMALL, "--brief").stdout
        self.assertNotIn("softplus:1 ", brief)
        self.assertIn("none of the", brief)

    def test_check_agrees(self):
        """The theorem column is what nadir check says."""
        for cell in self.run_json("survey", *SMALL, "--runs", 1)["cells"]:
            check = self.run_json("check", cell["data"], "--net", cell["net"], "--loss",
                                  cell["loss"], code=None)
            self.assertEqual(check["conclusion"]["truth"] == "holds", cell["theory"] == "proved", cell)

    def test_files(self):
        found = self.run_json("survey", *SMALL, "-o", "s.db", "--csv", "s.csv", "--svg", "s.svg")
        with open(self.folder / "s.csv", newline="") as f:
            rows = list(csv.DictReader(f))
        self.assertEqual(len(rows), 16 * RUNS)
        for cell in found["cells"]:
            mine = [r for r in rows if (r["data"], r["loss"], r["net"]) ==
                    (cell["data"], cell["loss"], cell["net"])]
            self.assertEqual(len(mine), RUNS)
            for end, count in cell["ends"].items():
                self.assertEqual(sum(r["end"] == end for r in mine), count)
        db = sqlite3.connect(self.folder / "s.db")
        self.addCleanup(db.close)
        self.assertEqual(db.execute("SELECT sum(runs) FROM summary").fetchone()[0], 16 * RUNS)
        self.assertEqual(db.execute("SELECT count(*) FROM run WHERE ends LIKE 'bad%'").fetchone()[0],
                         sum(c["ends"]["bad"] + c["ends"]["bad-proved"] for c in found["cells"]))
        picture = xml.parse(self.folder / "s.svg").getroot()
        groups = [g for g in picture.iter("{http://www.w3.org/2000/svg}g")
                  if g.get("class") == "cell"]
        self.assertEqual(len(groups), 16)
        titles = [g.find("{http://www.w3.org/2000/svg}title").text for g in groups]
        for cell, title in zip(found["cells"], titles):
            self.assertIn(cell["net"], title)
            self.assertIn(cell["data"].split(",")[0], title)

    def test_the_same_for_all_threads_and_again(self):
        self.run_nadir("survey", *SMALL, "--threads", 1, "--csv", "a.csv", "-o", "s.db")
        self.run_nadir("survey", *SMALL, "--threads", 3, "--csv", "b.csv")
        again = self.run_json("survey", *SMALL, "--csv", "c.csv", "-o", "s.db")
        self.assertEqual(again["survey"]["fresh"], 0)
        a, b, c = ((self.folder / f"{k}.csv").read_bytes() for k in "abc")
        self.assertEqual(a, b)
        self.assertEqual(a, c)

    def test_time_limit(self):
        done = self.run_nadir("survey", *SMALL, "-o", "s.db", "--time-limit", 0, code=2)
        self.assertIn("the same command goes on", done.stdout)
        self.assertEqual(self.run_json("survey", *SMALL, "-o", "s.db")["survey"]["stop"], "target")

    def test_interrupt_and_go_on(self):
        long = ["gen:noise,n=40,d=3,seed=3", "--net", "softplus:{1..6}", "--runs", "1000"]
        run = subprocess.Popen([NADIR, "survey", *long, "-o", "s.db", "--threads", "2"],
                               cwd=self.folder, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        time.sleep(3)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 2, out + err)
        self.assertIn("the same command goes on", out)
        db = sqlite3.connect(self.folder / "s.db")
        kept = db.execute("SELECT count(*) FROM run").fetchone()[0]
        db.close()
        self.assertGreater(kept, 0)
        found = self.run_json("survey", *long, "-o", "s.db", "--time-limit", 0, code=2)
        self.assertEqual(found["survey"]["done"], kept)

    def test_bad_asks(self):
        self.bad("survey", "gen:xor", "--net", "{relu:1", says="partner")
        self.bad("survey", "gen:xor", "--net", "relo:1", says="relu")
        self.bad("survey", "gen:xor", "--loss", "hing", says="loss")
        self.bad("survey", "gen:xor", "gen:{xor,xor}", says="the same data")
        self.bad("survey", "nothing.csv", says="nothing.csv")
        self.bad("survey", "gen:xor", "--runs", 0, says="runs")
        self.bad("survey", "gen:xor", "--svg", "a.gif", says=".svg")
        self.write("file.db", "text that is no database, and long enough" * 300)
        self.bad("survey", "gen:xor", "-o", "file.db", says="not a survey")
        self.run_nadir("survey", "gen:xor", "--net", "relu:1", "--runs", 1, "-o", "s.db")
        self.bad("survey", "gen:xor", "--net", "relu:1", "--runs", 1, "--seed", 2, "-o", "s.db",
                 says="seed 1")
        self.bad("atlas", "list", "s.db", says="not an atlas")


if __name__ == "__main__":
    unittest.main()
