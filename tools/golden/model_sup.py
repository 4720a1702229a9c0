#!/usr/bin/env python3
"""That the list of crests of silu''' in src/model/activation_sup.c is complete.

With r = pq, s = p - q, p = 1/(1+e^-z):  silu'''' = r F(z),
    F  = 4(1-6r) - z s (1-12r)
    F' = 24 r s - s (1-12r) - 2 z r (1-12r) - 12 z r s^2
F is even, so z >= 0.  For z >= 20, z s (1-12r) > 4: no root.  On [0, 20] interval
arithmetic cuts the line into pieces where F has no zero or F is monotone, and counts
the pieces with a change of sign.  Exits with 1 unless there are just two, at the
places listed.

    python3 tools/golden/model_sup.py"""
import sys

from mpmath import iv

iv.dps = 30
CRESTS = [1.0319582418, 4.4292351006]


def parts(z):
    p = 1 / (1 + iv.exp(-z))
    q = 1 / (1 + iv.exp(z))
    return p * q, p - q


def F(z):
    r, s = parts(z)
    return 4 * (1 - 6 * r) - z * s * (1 - 12 * r)


def dF(z):
    r, s = parts(z)
    return 24 * r * s - s * (1 - 12 * r) - 2 * z * r * (1 - 12 * r) - 12 * z * r * s * s


def sign(x):
    return 1 if x.a > 0 else -1 if x.b < 0 else 0


def roots(lo, hi, depth=0):
    """The monotone pieces of [lo, hi] at whose ends F has different signs."""
    z = iv.mpf([lo, hi])
    if sign(F(z)):
        return []
    if sign(dF(z)):
        a, b = sign(F(iv.mpf(lo))), sign(F(iv.mpf(hi)))
        assert a and b, "an end too close to a root"
        return [(lo, hi)] if a != b else []
    assert depth < 60, "undecided near %s" % lo
    mid = (lo + hi) / 2
    return roots(lo, mid, depth + 1) + roots(mid, hi, depth + 1)


found = roots(0.0, 20.0)
print("pieces with a root of silu'''' on [0, 20]:", found)
good = len(found) == len(CRESTS) and all(a <= c <= b for (a, b), c in zip(found, CRESTS))
sys.exit(0 if good else 1)
