#!/usr/bin/env python3
"""Minima, saddles and valleys of small problems, and what plain optimisers' "bad minima" are.

    python3 bench/explore_table.py BUILD_DIR [--threads N] [--only TEXT]

For every problem `nadir explore` (seed 1).  Beside it a plain optimiser: SciPy's L-BFGS-B as it
comes, from its own random starts, in NumPy.  Where it reports success with training errors
left, a user would call that a bad local minimum; `nadir train --warm` says what is there.
Needs NumPy and SciPy.  Prints a Markdown table.
"""
import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

import numpy as np
from scipy.optimize import minimize

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DATA = [("xor", "gen:xor", []), ("between", "gen:between", []),
        ("moons", "gen:moons,n=60,noise=0.3,seed=1", []),
        ("iris2", os.path.join(ROOT, "data", "iris2.csv"), ["--positive", "virginica"])]
NETS = [f"softplus:{m}" for m in range(1, 5)] + [f"tanh:{m}" for m in range(1, 4)]
PLAIN = 50


def nadir(build, folder, *args):
    done = subprocess.run([os.path.join(build, "nadir"), *args, "--json", "--quiet"], cwd=folder,
                          capture_output=True, text=True)
    if done.returncode not in (0, 2):
        sys.exit(f"nadir {' '.join(args)}: {done.stderr}")
    return json.loads(done.stdout)


class Problem:
    """polyhinge:3 of a shallow net, from the samples in the atlas."""

    def __init__(self, atlas, act, width, l2):
        db = sqlite3.connect(atlas)
        n, d, x, y = db.execute("SELECT samples, features, x, y FROM problem").fetchone()
        db.close()
        self.x = np.frombuffer(x, "<f8").reshape(n, d)
        self.y = np.frombuffer(y, "<f8")
        self.act, self.m, self.d, self.l2 = act, width, d, l2
        self.size = width * (d + 2) + 1

    def split(self, t):
        m, d = self.m, self.d
        return t[:m * d].reshape(m, d), t[m * d:m * d + m], t[m * d + m:-1], t[-1]

    def output(self, t):
        w, b, a, a0 = self.split(t)
        z = self.x @ w.T + b
        h = np.tanh(z) if self.act == "tanh" else np.logaddexp(0, z)
        return z, h, h @ a + a0

    def grad(self, t):
        _, _, a, _ = self.split(t)
        z, h, f = self.output(t)
        u = np.maximum(0, 1 - self.y * f)
        c = -3 * u ** 2 * self.y / len(f)
        s = 1 - h ** 2 if self.act == "tanh" else 1 / (1 + np.exp(-np.clip(z, -700, 700)))
        e = c[:, None] * s * a
        g = np.concatenate([(e.T @ self.x).ravel(), e.sum(0), h.T @ c, [c.sum()]])
        return np.mean(u ** 3) + self.l2 / 2 * t @ t, g + self.l2 * t

    def errors(self, t):
        f = self.output(t)[2]
        return int(np.sum(np.where(f >= 0, 1, -1) != self.y))


def plain_ends(problem):
    """Where the plain optimiser reports success with errors left."""
    rng = np.random.default_rng(1)
    ends = []
    for _ in range(PLAIN):
        start = rng.standard_normal(problem.size)
        done = minimize(problem.grad, start, jac=True, method="L-BFGS-B")
        if done.success and problem.errors(done.x) > 0:
            ends.append((done.x, done.fun))
    return ends


def judge(build, folder, source, more, theta, loss):
    """What train, started there, finds: a minimum there, a valley, or a way on."""
    with open(os.path.join(folder, "p.model.json")) as f:
        model = json.load(f)
    model["theta"] = [float(v).hex() for v in theta]
    with open(os.path.join(folder, "w.model.json"), "w") as f:
        json.dump(model, f)
    found = nadir(build, folder, "train", source, *more, "--warm", "w.model.json",
                  "--time-limit", "20")["verdict"]
    if found["errors"] == 0 or found["loss"] < 0.99 * loss - 1e-9:
        return "left"
    if found["kind"] in ("local-minimum", "global-minimum"):
        return "proved" if found["evidence"] == "proved" else "numerical"
    return {"saddle": "left", "valley": "valley"}.get(found["kind"], "undecided")


def row(build, threads, name, source, more, net, l2):
    act, width = net.split(":")
    with tempfile.TemporaryDirectory() as folder:
        r = nadir(build, folder, "explore", source, *more, "--net", net, "--l2", l2, "--starts",
                  "200", "--hops", "40", "--saddles", "--index", "2", "--explored", "20",
                  "--threads", threads, "-o", "a.db")
        seconds = r["explore"]["seconds"]
        starts = {}
        for t in r["trials"]:
            if t["ask"] == "start":
                starts[t["verdict"]] = starts.get(t["verdict"], 0) + t["trials"]
        problem = Problem(os.path.join(folder, "a.db"), act, int(width), float(l2))
        ends = plain_ends(problem)
        kinds = dict.fromkeys(("proved", "numerical", "left", "valley", "undecided"), 0)
        if ends:
            nadir(build, folder, "train", source, *more, "--net", net, "--l2", l2, "--iterations",
                  "1", "-o", "p.model.json")
        for theta, loss in ends:
            kinds[judge(build, folder, source, more, theta, loss)] += 1
    saddle = {s["index"]: s for s in r["saddles"]}
    cell = lambda k: f"{saddle[k]['distinct']} ({saddle[k]['proved']})" if k in saddle else "0"
    m = r["minima"]
    print(f"| {name} | {net} | {l2} | {m['distinct']} ({m['proved']}) | {m['bad']} "
          f"({m['bad_proved']}) | {cell(1)} | {cell(2)} | {r['graph']['edges']} | "
          f"{starts.get('valley', 0)} | {starts.get('undecided', 0)} | "
          f"{len(ends)} | {kinds['proved']} | {kinds['numerical']} | {kinds['left']} | "
          f"{kinds['valley']} | {kinds['undecided']} | {seconds:.1f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build")
    parser.add_argument("--threads", default="0")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    print("| data | net | ridge | minima (proved) | bad (proved) | saddles of index 1 (proved) | "
          "of index 2 | edges | starts in valleys | undecided | plain: \"bad minima\" | "
          "proved minima | numerical | left | valleys | undecided | s |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    for name, source, more in DATA:
        for net in NETS:
            for l2 in ("0", "1e-3"):
                if args.only in f"{name} {net} {l2}":
                    row(os.path.abspath(args.build), args.threads, name, source, more, net, l2)


if __name__ == "__main__":
    main()
