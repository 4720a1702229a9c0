#!/usr/bin/python3
"""Golden values for tests/lab/score.c: AUC with ties and Platt's sigmoid.

AUC: sklearn.metrics.roc_auc_score.  Platt: sklearn.calibration._sigmoid_calibration (the
same corrected targets and the same model, P = 1/(1 + exp(a f + b)), minimised there by
BFGS), and the same objective minimised by Newton in mpmath to 30 digits.
Usage: python3 tools/golden/lab_scores.py > tests/lab/golden_scores.h"""

import mpmath
import numpy as np
from sklearn.calibration import _sigmoid_calibration
from sklearn.metrics import roc_auc_score

mpmath.mp.dps = 40


def platt(f, y):
    """Newton on the cross-entropy with the corrected targets."""
    pos, neg = int((y > 0).sum()), int((y < 0).sum())
    t = [mpmath.mpf(pos + 1) / (pos + 2) if v > 0 else mpmath.mpf(1) / (neg + 2) for v in y]
    a, b = mpmath.mpf(0), mpmath.log(mpmath.mpf(neg + 1) / (pos + 1))
    f = [mpmath.mpf(float(v)) for v in f]
    for _ in range(60):
        p = [1 / (1 + mpmath.exp(a * v + b)) for v in f]
        g = [sum((t[i] - p[i]) * f[i] for i in range(len(f))), sum(t[i] - p[i] for i in range(len(f)))]
        w = [v * (1 - v) for v in p]
        h = mpmath.matrix([[sum(w[i] * f[i] ** 2 for i in range(len(f))), sum(w[i] * f[i] for i in range(len(f)))],
                           [sum(w[i] * f[i] for i in range(len(f))), sum(w)]])
        step = mpmath.lu_solve(h, mpmath.matrix(g))
        a, b = a - step[0], b - step[1]
    return float(a), float(b)


def main():
    rng = np.random.default_rng(5)
    print("/* Written by tools/golden/lab_scores.py. */")
    print("static const struct {\n    size_t n;\n    double f[24], y[24], auc, a, b;\n} golden[] = {")
    for n, step in ((24, 0.0), (24, 0.5), (10, 1.0), (20, 2.0)):
        y = np.where(rng.random(n) < 0.4, 1.0, -1.0)
        y[0], y[1] = 1.0, -1.0
        f = 0.8 * y + rng.normal(size=n)
        if step:
            f = np.round(f / step) * step  # ties
        f += 0.0
        a, b = platt(f, y)
        sa, sb = _sigmoid_calibration(f, y)
        assert abs(sa - a) < 1e-3 * (1 + abs(a)) and abs(sb - b) < 1e-3 * (1 + abs(b)), (a, sa, b, sb)
        print("    {%d,\n     {%s},\n     {%s},\n     %r, %r, %r}," % (
            n, ", ".join(map(repr, map(float, f))), ", ".join(map(repr, map(float, y))),
            float(roc_auc_score(y, f)), a, b))
    print("};")


main()
