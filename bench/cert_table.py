#!/usr/bin/env python3
"""How often each kind of certificate succeeds at the end of training, and what stays open.

    python3 bench/cert_table.py BUILD_DIR [--seeds N] [--threads N]

Small networks and softplus:32 on generated and stored data (standardised), polyhinge:3,
without ridge and with --l2 1e-3, seeds 1..N (20), at most 10 seconds each.  Every certificate
up to 500 parameters is given to nadir-verify.  Standard library only.  Prints Markdown: a table of ends, then the
reasons of what stayed numerical.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAX_VERIFIED = 500  # parameters; beyond, nadir-verify takes a minute or more
SMALL = ["softplus:1", "softplus:2", "tanh:2", "relu:2", "relu:4"]
DATA = [("gen:xor", None, SMALL), ("gen:between", None, SMALL), ("gen:moons,n=60", None, SMALL),
        ("gen:noise,n=40,d=2", None, SMALL), ("data/iris2.csv", "virginica", SMALL),
        ("data/sonar.csv", "M", ["softplus:2", "relu:2"]),
        ("data/pima.csv", "pos", ["softplus:2", "relu:2"]),
        ("gen:moons,n=60", None, ["softplus:32"]), ("data/iris2.csv", "virginica", ["softplus:32"]),
        ("data/wdbc.csv", "M", ["softplus:32"])]


def train(args, folder, data, positive, net, l2, seed):
    """The report of one training, and what nadir-verify says of its certificate ("")."""
    command = [os.path.join(args.build, "nadir"), "train",
               data if data.startswith("gen:") else os.path.join(ROOT, data), "--net", net,
               "--l2", l2, "--seed", str(seed), "--threads", args.threads, "--time-limit", "10",
               "--json", "--quiet", "-o", "m.model.json"]
    if positive:
        command += ["--positive", positive]
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    report = json.loads(run.stdout)
    if not report["files"]["certificate"] or report["net"]["parameters"] > MAX_VERIFIED:
        return report, ""
    done = subprocess.run([os.path.join(args.build, "nadir-verify"), "m.cert.json"], cwd=folder,
                          capture_output=True, text=True)
    return report, done.stdout.split(":")[0]


def outcome(verdict):
    if verdict["evidence"] == "proved":
        return verdict["certificate"]
    return verdict["kind"] + (", no minimum by a theorem" if verdict["no_minimum_proved"] else "")


def without_figures(reason):
    return re.sub(r"-?\d[\d.e+-]*", "#", reason)[:110]


def row(args, data, positive, net, l2, reasons):
    ends, checked = collections.Counter(), collections.Counter()
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, args.seeds + 1):
            report, said = train(args, folder, data, positive, net, l2, seed)
            verdict = report["verdict"]
            ends[outcome(verdict)] += 1
            bad += verdict["bad"] and verdict["evidence"] == "proved"
            checked[said] += said != ""
            if verdict["evidence"] != "proved":
                reasons[verdict["kind"], without_figures(verdict["reason"])] += 1
    text = ", ".join(f"{count} {end}" for end, count in ends.most_common())
    verified = ", ".join(f"{count} {said}" for said, count in checked.most_common() if count)
    return f"| {os.path.basename(data)} | {net} | {l2} | {text} | {bad} | {verified} |"


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("build", type=os.path.abspath)
    ap.add_argument("--seeds", type=int, default=20)
    ap.add_argument("--threads", default="1")
    args = ap.parse_args()
    reasons = collections.Counter()
    print("| data | net | l2 | ends (kind of certificate, or verdict without one) | proved bad "
          "| nadir-verify |")
    print("|---|---|---|---|---|---|")
    for data, positive, nets in DATA:
        for net in nets:
            for l2 in ("0", "1e-3"):
                print(row(args, data, positive, net, l2, reasons), flush=True)
    print("\n| without a proof | times | reason |\n|---|---|---|")
    for (kind, reason), count in reasons.most_common():
        print(f"| {kind} | {count} | {reason} |")


if __name__ == "__main__":
    main()
