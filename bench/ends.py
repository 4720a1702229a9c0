#!/usr/bin/env python3
"""Where training ends on the data sets of data/, and what the separate checker says.

    python3 bench/ends.py BUILD_DIR [--threads N]

softplus:32, polyhinge:3, standardised, default start (seed 1); two_spirals with --grow
from ten seeds; spam and letter (A-M against N-Z) with --grow and 60 seconds.  Standard
library only.  Prints a Markdown table.
"""
import argparse
import json
import os
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GROW = ["--grow", "--time-limit", "60"]
RUNS = [("iris2.csv", "virginica", []), ("sonar.csv", "M", []), ("ionosphere.csv", "good", []),
        ("wdbc.csv", "M", []), ("pima.csv", "pos", []), ("parity8.csv", "1", []),
        ("digits.csv.gz", "0,2,4,6,8", []), ("mnist_3v5.csv.gz", "5", [])]
RUNS += [("two_spirals.csv", "1", [*GROW, "--seed", str(seed)]) for seed in range(1, 11)]
RUNS += [("spam.csv.gz", "spam", GROW), ("letter.csv.gz", "A,B,C,D,E,F,G,H,I,J,K,L,M", GROW)]


def row(build, threads, name, positive, options):
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [os.path.join(build, "nadir"), "train", os.path.join(ROOT, "data", name), "--positive",
             positive, "--net", "softplus:32", "--threads", threads, "--json", "--quiet",
             "-o", "m.model.json", *options], cwd=folder, capture_output=True, text=True)
        report = json.loads(run.stdout)
        checked = ""
        if report["files"]["certificate"]:
            done = subprocess.run([os.path.join(build, "nadir-verify"), "m.cert.json"], cwd=folder,
                                  capture_output=True, text=True)
            checked = done.stdout.split(":")[0]
    verdict, train = report["verdict"], report["train"]
    return (f"| {name} {' '.join(options[-2:]) if '--seed' in options else ''} "
            f"| {verdict['kind']} ({verdict['evidence']}) | {verdict['errors']} "
            f"| {train['unavoidable_errors']} | {train['net']} | {train['evaluations']} "
            f"| {train['seconds']:.3g} | {checked} |")


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("build")
    ap.add_argument("--threads", default="1")
    args, _ = ap.parse_known_args()
    print("| data | verdict | errors | unavoidable | net | evaluations | seconds | nadir-verify |")
    print("|---|---|---|---|---|---|---|---|")
    for name, positive, options in RUNS:
        print(row(os.path.abspath(args.build), args.threads, name, positive, options), flush=True)


if __name__ == "__main__":
    main()
