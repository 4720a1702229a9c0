#!/usr/bin/env python3
"""Coefficients of the polynomials in src/num/elementary.h.

Each is the interpolation polynomial at Chebyshev nodes, computed with 50 digits and
rounded to doubles: within a factor of about two of the minimax error, which costs less
than one bit.  Printed: the coefficients, lowest first, and the error after rounding
(log2, weighted as the function uses it) at 2001 points.

    python3 tools/golden/num_coefficients.py
"""
import math

import mpmath
from mpmath import mp, mpf

mp.dps = 50


def interpolate(f, a, b, n):
    """n monomial coefficients through f at the Chebyshev nodes of [a, b]."""
    nodes = [(a + b) / 2 + (b - a) / 2 * mpmath.cos(mpmath.pi * (2 * i + 1) / (2 * n))
             for i in range(n)]
    A = mpmath.matrix(n, n)
    y = mpmath.matrix(n, 1)
    for i, x in enumerate(nodes):
        for j in range(n):
            A[i, j] = x ** j
        y[i] = f(x)
    return [float(c) for c in mpmath.lu_solve(A, y)]


def error(c, f, a, b, weight, points=2001):
    worst = mpf(0)
    for i in range(points):
        x = a + (b - a) * mpf(i) / (points - 1)
        p = mpf(0)
        for k in reversed(c):
            p = p * x + mpf(k)
        worst = max(worst, abs((p - f(x)) * weight(x)))
    return worst


def exp_tail(r):
    if abs(r) < mpf('1e-9'):
        return mpf(1) / 2 + r / 6 + r * r / 24
    return (mpmath.expm1(r) - r) / r ** 2


def log_tail(z):
    s = mpmath.sqrt(z)
    if s < mpf('1e-8'):
        return mpf(2) / 3 + z * 2 / 5 + z * z * 2 / 7
    return (2 * mpmath.atanh(s) / s - 2) / z


def atan_tail(z):
    t = mpmath.sqrt(z)
    if t < mpf('1e-8'):
        return mpf(1) / 3 - z / 5 + z * z / 7
    return (t - mpmath.atan(t)) / t ** 3


def mills(a):
    return mpmath.exp(a * a / 2) * mpmath.erfc(a / mpmath.sqrt(2)) / 2


def mills_poly(t):
    """(a + 5/4) e^(a^2/2) Phi(-a) with t = (a - 4) / (a + 4)."""
    a = 4 * (1 + t) / (1 - t)
    return mills(a) * (a + mpf(5) / 4)


SLACK = 1 + mpf(2) ** -20  # the reduced arguments exceed their ranges by rounding only
R_MAX = mpmath.log(2) / 2 * SLACK
S_MAX = (3 - 2 * mpmath.sqrt(2)) * SLACK
T_MAX = (mpmath.sqrt(2) - 1) * SLACK
FITS = {
    # name: function, interval, number of coefficients, weight of the error
    'exp_tail': (exp_tail, -R_MAX, R_MAX, 10, lambda r: r * r),
    'log_tail': (log_tail, mpf('1e-30'), S_MAX ** 2, 7, lambda z: z),
    'atan_tail': (atan_tail, mpf('1e-30'), T_MAX ** 2, 11, lambda z: z),
    'mills_poly': (mills_poly, mpf(-1), mpf(35) / 43, 24, lambda t: 1 / mills_poly(t)),
}

# Moved by a few units in the last place: Phi(0) then is exactly 1/2.
NUDGED = {'mills_poly': (5, 2)}


def coefficients(name):
    f, a, b, n, _ = FITS[name]
    c = interpolate(f, a, b, n)
    if name in NUDGED:
        k, units = NUDGED[name]
        for _ in range(units):
            c[k] = math.nextafter(c[k], math.inf)
    return c


if __name__ == '__main__':
    for name, (f, a, b, n, weight) in FITS.items():
        c = coefficients(name)
        e = error(c, f, a, b, weight)
        print('%s: error 2^%.2f' % (name, float(mpmath.log(e, 2))))
        for x in c:
            print('    ' + x.hex())
