#!/usr/bin/env python3
"""Exact optima of the linear problems of bench/cases_linear.py: semismooth Newton in
extended precision (numpy.longdouble) on

    F(w) = sum_i max(0, 1 - y_i w.x~_i)^2 + |w|^2 / 2,    x~ = (standardised x, 1).

F is 1-strongly convex, so F(w) - min F <= |grad F(w)|^2 / 2: the printed gradient norm
bounds the error.  Usage: python3 tools/golden/linear_optima.py
"""
import csv
import gzip
import os

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CASES = [("wdbc.csv", {"M"}), ("digits.csv.gz", set("02468")), ("mnist_3v5.csv.gz", {"5"})]


def load(name, positive):
    path = os.path.join(ROOT, "data", name)
    with (gzip.open if name.endswith(".gz") else open)(path, "rt") as f:
        rows = list(csv.reader(f))[1:]
    X = np.array([[float(v) for v in r[:-1]] for r in rows])
    y = np.array([1 if r[-1] in positive else -1 for r in rows])
    s = X.std(0)
    Z = (X - X.mean(0)) / np.where(s == 0, 1, s)
    return np.c_[Z, np.ones(len(y))].astype(np.longdouble), y


def newton(Z, y):
    w = np.zeros(Z.shape[1], np.longdouble)

    def value(w):
        return np.sum(np.maximum(0, 1 - y * (Z @ w)) ** 2) + w @ w / 2

    for _ in range(200):
        r = 1 - y * (Z @ w)
        A = r > 0
        g = w - 2 * Z[A].T @ (y[A] * r[A])
        if np.linalg.norm(g.astype(float)) < 2e-15:
            break
        H = np.eye(len(w)) + 2 * (Z[A].T @ Z[A]).astype(float)
        p, t = -np.linalg.solve(H, g.astype(float)), 1.0
        while value(w + t * p) > value(w) + 1e-4 * t * (g @ p) and t > 1e-12:
            t /= 2
        w = w + t * p
    return value(w), np.linalg.norm(g.astype(float))


for name, positive in CASES:
    f, g = newton(*load(name, positive))
    print(f"{name}: {float(f):.16g}   |gradient| {g:.1e}")
