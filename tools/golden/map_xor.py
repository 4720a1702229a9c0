#!/usr/bin/env python3
"""Minima of XOR for softplus nets with ridge, by other means than nadir's: SciPy from many
starts, then Newton's method with 40 digits (mpmath) where the 40-digit Hessian is positive
definite.

    tools/golden/map_xor.py          prints loss, |grad| and lambda_min of every minimum

The figures are in tests/map/test_scout.c."""
import mpmath as mp
import numpy as np
from scipy.optimize import minimize

mp.mp.dps = 40
X = [(1, 1), (-1, -1), (1, -1), (-1, 1)]
Y = [1, 1, -1, -1]
RIDGE = 1e-3


def loss(theta, width, log, exp):
    """(1/4) sum max(0, 1 - y f)^3 + (ridge/2) |theta|^2; theta = (W by rows, b, a, a0)."""
    total = 0
    for (x1, x2), y in zip(X, Y):
        f = theta[4 * width]
        for j in range(width):
            z = theta[2 * j] * x1 + theta[2 * j + 1] * x2 + theta[2 * width + j]
            f += theta[3 * width + j] * log(1 + exp(z))
        u = 1 - y * f
        if u > 0:
            total += u ** 3
    return total / 4 + type(total + 0 * theta[0])(RIDGE) / 2 * sum(t * t for t in theta)


def polish(theta, width):
    """Newton in 40 digits, derivatives by differences of step 1e-12."""
    n, h = len(theta), mp.mpf(10) ** -12
    f = lambda t: loss(t, width, mp.log, mp.exp)
    x = [mp.mpf(float(t)) for t in theta]
    for _ in range(4):
        def at(*moves):
            t = list(x)
            for i, s in moves:
                t[i] += s * h
            return f(t)
        g = mp.matrix([(at((i, 1)) - at((i, -1))) / (2 * h) for i in range(n)])
        H = mp.matrix(n, n)
        for i in range(n):
            for j in range(i + 1):
                H[i, j] = H[j, i] = (at((i, 1), (j, 1)) - at((i, 1), (j, -1)) - at((i, -1), (j, 1))
                                     + at((i, -1), (j, -1))) / (4 * h * h)
        step = mp.lu_solve(H, g)
        x = [a - b for a, b in zip(x, step)]
    low = mp.eigsy(H, eigvals_only=True)[0]
    return f(x), mp.norm(g), low


for width in (1, 2, 3):
    rng = np.random.default_rng(width)
    seen = {}
    for _ in range(40):
        r = minimize(lambda t: float(loss(list(t), width, np.log, np.exp)),
                     rng.normal(size=4 * width + 1) * rng.choice([0.3, 1, 3]), method="BFGS",
                     options={"gtol": 1e-7})
        seen.setdefault(round(r.fun, 5), r.x)
    found = {}
    for x in seen.values():
        value, grad, low = polish(x, width)
        if low > 0 and grad < 1e-15:
            found[mp.nstr(value, 15)] = (mp.nstr(grad, 3), mp.nstr(low, 6))
    for value, rest in sorted(found.items()):
        print(f"softplus:{width}  loss {value}  |grad| {rest[0]}  lambda_min {rest[1]}")
