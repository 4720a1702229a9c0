#!/usr/bin/env python3
"""The linear net with polyhinge:2 and l2 = 1/(C n) is LIBLINEAR's -s 2 problem (with
its bias regularised, -B 1): the same optimum, to how many digits, in what time.

    python3 bench/compare_liblinear.py BUILD_DIR [--repeats N]

Needs Debian's liblinear-tools.  Whole commands are timed, reading the data
included, on the same svmlight file; interleaved, medians.  Prints a Markdown table.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CASES = [  # name, file, positive, optimum of C sum_i max(0, 1 - y f)^2 + |w|^2 / 2 at C = 1
    ("wdbc", "data/wdbc.csv", "M", 31.05564),
    ("digits even/odd", "data/digits.csv.gz", "0,2,4,6,8", 376.2331),
    ("mnist 3v5", "data/mnist_3v5.csv.gz", "5", 4.214926),
]


def timed(cmd):
    t = time.perf_counter()
    run = subprocess.run(cmd, capture_output=True, text=True)
    return time.perf_counter() - t, run


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("build")
    ap.add_argument("--repeats", type=int, default=5)
    args = ap.parse_args()
    nadir = os.path.join(args.build, "nadir")
    print("| data | nadir objective | known optimum | LIBLINEAR -e 1e-8 | nadir s | LIBLINEAR s | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name, data, positive, optimum in CASES:
        with tempfile.TemporaryDirectory() as tmp:
            svm = os.path.join(tmp, "data.svm")
            model = os.path.join(tmp, "m.model.json")
            subprocess.run([nadir, "data", os.path.join(ROOT, data), "--positive", positive, "--scale",
                            "standard", "--quiet", "-o", svm], check=True)
            n = sum(1 for _ in open(svm))
            ours, theirs = [], []
            for _ in range(args.repeats):
                s, run = timed([nadir, "train", svm, "--net", "linear", "--loss", "polyhinge:2",
                                "--l2", repr(1.0 / n), "--scale", "none", "--threads", "1", "--json",
                                "--quiet", "-o", model])
                ours.append(s)
                report = json.loads(run.stdout)
                s, run = timed(["liblinear-train", "-s", "2", "-e", "1e-8", "-c", "1", "-B", "1",
                                svm, os.path.join(tmp, "ll.model")])
                theirs.append(s)
            value = report["verdict"]["loss"] * n
            ll = float(re.findall(r"f (\S+)", run.stdout)[-1])
            a, b = statistics.median(ours), statistics.median(theirs)
            print(f"| {name} | {value:.12g} | {optimum} | {ll:.4g} | {a:.4f} | {b:.4f} | {a / b:.2f} |",
                  flush=True)


if __name__ == "__main__":
    main()
