#!/usr/bin/env python3
"""Time to |grad L| < 1e-6: nadir's L-BFGS against PyTorch's, double precision, full
batch, the same start, the same scaled data, interleaved in one run.

    python3 bench/compare_torch.py BUILD_DIR [--repeats N] [--threads N]

Needs Debian's python3-torch and python3-numpy.  Both sides time the optimisation
alone (data are in memory).  Prints a Markdown table; ratios are medians.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np
import torch

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CASES = [
    ("wdbc", "data/wdbc.csv", "M", 32),
    ("digits even/odd", "data/digits.csv.gz", "0,2,4,6,8", 32),
    ("mnist 3v5", "data/mnist_3v5.csv.gz", "5", 32),
    ("pima", "data/pima.csv", "pos", 32),
]


def nadir(build, data, positive, width, threads, start=None):
    cmd = [os.path.join(build, "bench_train"), os.path.join(ROOT, data), f"softplus:{width}",
           "polyhinge:3", "0", "1", "--positive", positive, "--threads", str(threads)]
    if start:
        cmd += ["--start", start]
    return json.loads(subprocess.run(cmd, check=True, capture_output=True, text=True).stdout)


def torch_run(X, y, theta0, width, limit=20000):
    d = X.shape[1]
    W = theta0[: width * d].reshape(width, d).clone().requires_grad_(True)
    b = theta0[width * d: width * (d + 1)].clone().requires_grad_(True)
    a = theta0[width * (d + 1): width * (d + 2)].clone().requires_grad_(True)
    a0 = theta0[-1:].clone().requires_grad_(True)
    params = [W, b, a, a0]
    opt = torch.optim.LBFGS(params, lr=1, max_iter=1, history_size=20, tolerance_grad=0,
                            tolerance_change=0, line_search_fn="strong_wolfe")
    count = [0]

    def closure():
        opt.zero_grad(set_to_none=True)
        f = torch.nn.functional.softplus(torch.addmm(b, X, W.t()), threshold=700) @ a + a0
        loss = torch.clamp(1 - y * f, min=0).pow(3).mean()
        loss.backward()
        count[0] += 1
        return loss

    t = time.perf_counter()
    while count[0] < limit:
        opt.step(closure)
        g = torch.sqrt(sum((p.grad ** 2).sum() for p in params)).item()
        if g < 1e-6:
            break
    seconds = time.perf_counter() - t
    with torch.no_grad():
        f = torch.nn.functional.softplus(torch.addmm(b, X, W.t()), threshold=700) @ a + a0
        errors = int(((f >= 0).double() * 2 - 1 != y).sum())
    return seconds, count[0], g, errors


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("build")
    ap.add_argument("--repeats", type=int, default=5)
    ap.add_argument("--threads", type=int, default=1)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    print(f"| data | nadir s (evaluations) | PyTorch s (evaluations) | ratio | spread | errors |")
    print("|---|---|---|---|---|---|")
    for name, data, positive, width in CASES:
        with tempfile.TemporaryDirectory() as tmp:
            start = os.path.join(tmp, "start")
            first = nadir(args.build, data, positive, width, args.threads, start)
            theta0 = torch.from_numpy(np.fromfile(start))
            X = torch.from_numpy(np.fromfile(start + ".x").reshape(first["n"], first["d"]))
            y = torch.from_numpy(np.fromfile(start + ".y"))
        ours, theirs = [], []
        for _ in range(args.repeats):
            run = nadir(args.build, data, positive, width, args.threads)
            ours.append(run["best"])
            seconds, evals, g, errors = torch_run(X, y, theta0, width)
            theirs.append(seconds)
        ratios = sorted(t / o for t, o in zip(theirs, ours))
        print(f"| {name} | {statistics.median(ours):.4f} ({run['evaluations']}) "
              f"| {statistics.median(theirs):.4f} ({evals}, g {g:.1e}) "
              f"| {statistics.median(ratios):.1f} | {ratios[0]:.1f}-{ratios[-1]:.1f} "
              f"| {run['errors']} / {errors} |", flush=True)


if __name__ == "__main__":
    main()
