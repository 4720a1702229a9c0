#!/usr/bin/python3
"""Linear separability of the sets in data/ by a linear program (HiGHS, through scipy):
maximise t subject to y_i (u.x_i + v) >= t, |u_k|, |v| <= 1, columns divided by their
largest entry (and centred for scale "standard").  Writes tests/theory/golden_separable.h.

    python3 tools/golden/theory_separable.py > tests/theory/golden_separable.h
"""
import csv
import gzip
import os

import numpy as np
from scipy.optimize import linprog

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "data")
SETS = [
    ("iris2.csv", "virginica"),
    ("sonar.csv", "R"),
    ("ionosphere.csv", "good"),
    ("wdbc.csv", "M"),
    ("pima.csv", "pos"),
    ("spam.csv.gz", "spam"),
    ("digits.csv.gz", "0,2,4,6,8"),
    ("letter.csv.gz", "A,B,C,D,E,F,G,H,I,J,K,L,M"),
    ("mnist_3v5.csv.gz", None),
    ("parity8.csv", None),
    ("two_spirals.csv", None),
]


def read(name, positive):
    opener = gzip.open if name.endswith(".gz") else open
    with opener(os.path.join(DATA, name), "rt") as f:
        rows = list(csv.reader(f))[1:]
    x = np.array([[float(v) for v in r[:-1]] for r in rows])
    labels = [r[-1] for r in rows]
    if positive is None:
        positive = max(set(labels), key=float)
    y = np.where(np.isin(labels, positive.split(",")), 1.0, -1.0)
    return x, y


def separable(x, y, bias):
    top = np.abs(x).max(axis=0)
    x = x / np.where(top > 0, top, 1)
    if bias:
        x = np.hstack([x, np.ones((len(x), 1))])
    d = x.shape[1]
    # -y x~ u + t <= 0
    a = np.hstack([-y[:, None] * x, np.ones((len(x), 1))])
    cost = np.zeros(d + 1)
    cost[-1] = -1
    r = linprog(cost, A_ub=a, b_ub=np.zeros(len(x)), bounds=[(-1, 1)] * d + [(None, 1)],
                method="highs")
    assert r.status == 0, r.message
    return -r.fun


print("/* Made by tools/golden/theory_separable.py (HiGHS): set, positive labels, standardised,")
print(" * bias, separable.  The last column is the optimum of the program. */")
print("static const golden_set golden_sets[] = {")
for name, positive in SETS:
    x, y = read(name, positive)
    for standard in (False, True):
        z = x
        if standard:
            s = x.std(axis=0)
            z = (x - x.mean(axis=0)) / np.where(s > 0, s, 1)
        for bias in (True, False):
            t = separable(z, y, bias)
            assert t > 1e-7 or t < 1e-10, (name, t)
            print('    {"%s", %s, %s, %s, %s}, /* %.3g */' % (
                name, '"%s"' % positive if positive else "NULL", str(standard).lower(),
                str(bias).lower(), str(t > 1e-7).lower(), t), flush=True)
print("};")
