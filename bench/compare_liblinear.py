#!/usr/bin/env python3
"""The linear net with polyhinge:2 and l2 = 1/(C n) is LIBLINEAR's -s 2 problem (with
its bias regularised, -B 1): the same optimum, to how many digits, in what time.

    python3 bench/compare_liblinear.py BUILD_DIR [--repeats N]

Needs Debian's liblinear-tools and python3-numpy.  Whole commands are timed, reading the data
included, on the same svmlight file; interleaved, medians.  Prints a Markdown table.
"""
import argparse
import csv
import gzip
import json
import os
import re
import statistics
import subprocess
import tempfile
import time

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# name, file, positive, optimum of C sum_i max(0, 1 - y f)^2 + |w|^2 / 2 at C = 1 by an
# independent semismooth Newton in extended precision (tools/golden/linear_optima.py)
CASES = [
    ("wdbc", "data/wdbc.csv", "M", 31.05563801156209),
    ("digits even/odd", "data/digits.csv.gz", "0,2,4,6,8", 376.2330869699744),
    ("mnist 3v5", "data/mnist_3v5.csv.gz", "5", 4.215367908177067),
]


def timed(cmd):
    t = time.perf_counter()
    run = subprocess.run(cmd, capture_output=True, text=True)
    return time.perf_counter() - t, run


def write_standardised(source, positive, svm):
    """The table of source with mean 0 and standard deviation 1, as svmlight; returns n."""
    opener = gzip.open if source.endswith(".gz") else open
    with opener(source, "rt") as f:
        rows = list(csv.reader(f))[1:]
    X = np.array([[float(v) for v in r[:-1]] for r in rows])
    s = X.std(0)
    X = (X - X.mean(0)) / np.where(s == 0, 1, s)
    with open(svm, "w") as out:
        for r, x in zip(rows, X):
            cells = (f"{k}:{v!r}" for k, v in enumerate(x.tolist(), 1) if v != 0)
            out.write(("+1 " if r[-1] in positive else "-1 ") + " ".join(cells) + "\n")
    return len(rows)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("build")
    ap.add_argument("--repeats", type=int, default=5)
    args = ap.parse_args()
    nadir = os.path.join(args.build, "nadir")
    print("| data | nadir objective | known optimum | LIBLINEAR -e 1e-8 | nadir s | of it training and proof | LIBLINEAR s | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for name, data, positive, optimum in CASES:
        with tempfile.TemporaryDirectory() as tmp:
            svm = os.path.join(tmp, "data.svm")
            model = os.path.join(tmp, "m.model.json")
            n = write_standardised(os.path.join(ROOT, data), positive.split(","), svm)
            ours, theirs, inner = [], [], []
            for _ in range(args.repeats):
                s, run = timed([nadir, "train", svm, "--net", "linear", "--loss", "polyhinge:2",
                                "--l2", repr(1.0 / n), "--scale", "none", "--threads", "1", "--json",
                                "--quiet", "-o", model])
                ours.append(s)
                report = json.loads(run.stdout)
                inner.append(report["train"]["seconds"])
                s, run = timed(["liblinear-train", "-s", "2", "-e", "1e-8", "-c", "1", "-B", "1",
                                svm, os.path.join(tmp, "ll.model")])
                theirs.append(s)
            value = report["verdict"]["loss"] * n
            ll = float(re.findall(r"f (\S+)", run.stdout)[-1])
            a, b = statistics.median(ours), statistics.median(theirs)
            print(f"| {name} | {value:.12g} | {optimum} | {ll:.4g} | {a:.4f} "
                  f"| {statistics.median(inner):.4f} | {b:.4f} | {a / b:.2f} |",
                  flush=True)


if __name__ == "__main__":
    main()
