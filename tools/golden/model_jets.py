#!/usr/bin/env python3
"""Activations and losses to third order at 60 digits (mpmath), by differences of
the definition alone, never by the formulas of the C code.

    python3 tools/golden/model_jets.py > tests/model/golden_jets.h"""
from mpmath import mp, mpf, exp, log, sqrt, tanh, atan, erfc

mp.dps = 60
ACT = {
    "softplus": lambda z: log(1 + exp(z)) if z < 50 else z + log(1 + exp(-z)),
    "squareplus": lambda z: (z + sqrt(z * z + 4)) / 2,
    "exp": exp,
    "elu": lambda z: z if z.real >= 0 else exp(z) - 1,
    "square": lambda z: z * z,
    "sigmoid": lambda z: 1 / (1 + exp(-z)),
    "tanh": tanh,
    "arctan": atan,
    "relu": lambda z: z if z.real >= 0 else mpf(0),
    "leakyrelu": lambda z: z if z.real >= 0 else mpf(0.01) * z,
    "gelu": lambda z: z * erfc(-z / sqrt(mpf(2))) / 2,
    "silu": lambda z: z / (1 + exp(-z)),
}
POINTS = [-745.0, -60.0, -39.5, -37.0, -20.0, -8.0, -5.0, -3.4358409935, -2.5, -2.0, -1.5, -1.03125,
          -1.0, -0.75, -0.625, -0.3, -0.1, -1e-3, -1e-9, 1e-9, 1e-3, 0.1, 0.25, 0.5, 0.79, 1.0,
          1.25, 1.3169578969, 1.4142135623, 2.0, 2.2924, 2.4, 3.0, 4.429, 5.0, 7.0, 12.0, 20.0,
          37.0, 39.5, 60.0, 300.0]


def hinge(z):
    return 1 + z if z.real > -1 else mpf(0)


def smoothhinge(z):
    u = hinge(z)
    return 2 * u ** 3 - u ** 4 if u.real <= 1 else 2 * u - 1


LOSS = {"polyhinge:%d" % q: (lambda z, q=q: hinge(z) ** q) for q in range(2, 10)}
LOSS.update({"logistic": ACT["softplus"], "square": lambda z: (1 + z) ** 2, "exponential": exp,
             "smoothhinge": smoothhinge})
ZS = [-40.0, -3.0, -1.25, -1 - 1e-6, -1 + 1e-6, -0.9, -0.5, -0.25, -1e-3, 1e-3, 0.1, 0.7, 1.0, 2.5,
      10.0, 30.0]


def jet(f, x):
    """One-sided differences with a step of 1e-40, far below the distance of the points
    from the kinks; of 200 digits the third derivative loses 120."""
    mp.dps = 200
    h = mpf(10) ** -40
    y = [f(mpf(x) + j * h) for j in range(4)]
    d = [y[0], (y[1] - y[0]) / h, (y[2] - 2 * y[1] + y[0]) / h ** 2,
         (y[3] - 3 * y[2] + 3 * y[1] - y[0]) / h ** 3]
    mp.dps = 60
    top = max(abs(v) for v in d)
    return [v if abs(v) > mpf("1e-70") * top else mpf(0) for v in d]


def number(v):
    v = v.real
    if abs(v) > mpf("1.7e308"):
        return "INFINITY"
    s = mp.nstr(v, 25)
    return "0.0" if abs(v) < mpf("5e-324") else s


def table(name, kinds, points):
    print("static const struct {\n    const char *name;\n    double z, d[4];\n} %s[] = {" % name)
    for kind, f in kinds.items():
        for x in points:
            d = jet(f, x)
            if any(abs(v) > mpf("1e300") for v in d):
                continue
            print('    {"%s", %s, {%s}},' % (kind, float(x).hex(), ", ".join(map(number, d))))
    print("};")


print("/* Written by tools/golden/model_jets.py; do not edit. */")
table("golden_act", ACT, POINTS)
table("golden_loss", LOSS, ZS)
