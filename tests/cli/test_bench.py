"""The comparisons of bench/: what they are made of, without the other programs."""
import importlib.util
import json
import os
import pathlib
import py_compile
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["ND_SOURCE_DIR"])
BENCH = SOURCE / "bench"
sys.path.insert(0, str(BENCH))


def module(name):
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


harness = module("harness")


class Bench(unittest.TestCase):
    def listed(self, *more):
        done = subprocess.run([sys.executable, "-B", str(BENCH / "run.py"), "--list", *more],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [line.split()[0] for line in done.stdout.splitlines()]

    def test_all_scripts_compile(self):
        with tempfile.TemporaryDirectory() as folder:
            for script in BENCH.glob("*.py"):
                py_compile.compile(str(script), cfile=os.path.join(folder, "x"), doraise=True)

    def test_list_needs_no_other_program(self):
        names, quick = self.listed(), self.listed("--quick")
        self.assertEqual(len(names), len(set(names)))
        self.assertLess(set(quick), set(names))
        self.assertEqual(self.listed("--only", "hessian/p199"), ["hessian/p199"])

    def test_baseline_names_quick_cases(self):
        """EVIDENCE: bench/baseline.json holds the quick cases, all above zero."""
        baseline = harness.read_baseline(BENCH / "baseline.json")
        self.assertLessEqual(set(baseline), set(self.listed("--quick")))
        self.assertGreater(len(baseline), 20)
        self.assertGreater(min(baseline.values()), 0)

    def test_a_fall_by_more_than_a_third_counts(self):
        baseline = {"a": 3.0, "b": 3.0, "c": 3.0, "d": 3.0}
        now = {"a": 2.01, "b": 1.99, "c": 9.0, "d": float("nan")}
        self.assertEqual([name for name, _, _ in harness.fallen(now, baseline)], ["b", "d"])
        self.assertEqual(harness.fallen({}, {"a": 1.0}), [("a", 1.0, None)])

    def test_ratio_is_theirs_over_ours_of_each_round(self):
        ours, theirs = iter([1.0, 2.0, 1.0, 4.0, 1.0]), iter([3.0, 8.0, 2.0, 4.0, 100.0])
        run = harness.Run(lambda: next(ours), lambda: next(theirs), floor=0.5, unit=2.0)
        r = harness.measure(run, quick=True)
        self.assertEqual((r["ratio"], r["low"], r["high"], r["rounds"]), (3.0, 1.0, 100.0, 5))
        self.assertEqual((r["ours"], r["theirs"], r["floor"], r["over_floor"]), (0.5, 2.0, 0.25, 2.0))

    def test_table_marks_what_is_below_its_aim(self):
        row = {"group": "g", "what": "w", "threads": 1, "ours": 1e-3, "theirs": 2e-3, "ratio": 2.0,
               "low": 1.0, "high": 3.0, "aim": 3, "peer": "P", "note": ""}
        self.assertIn("**below** 3", harness.table([row]))
        self.assertNotIn("below", harness.table([{**row, "aim": 2}]))
        self.assertIn("| 1 ms |", harness.table([row]))

    def test_baseline_file(self):
        rows = [{"name": "a/b", "ratio": 2.3456, "threads": 1},
                {"name": "a/b@2", "ratio": 9.0, "threads": 2}]
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "b.json")
            harness.write_baseline(file, rows, "here")
            self.assertEqual(harness.read_baseline(file), {"a/b": 2.35})
            rows[0]["ratio"] = 3.0
            harness.write_baseline(file, rows, "here", harness.read_baseline(file))
            self.assertEqual(harness.read_baseline(file), {"a/b": 2.35})
            with open(file) as f:
                self.assertEqual(json.load(f)["command"], "here")


if __name__ == "__main__":
    unittest.main()
