#!/usr/bin/env python3
"""Derives the error bounds ND_ERR_* of the elementary functions (docs/elementary.md).

The reduced argument is cut into thousands of small intervals.  On each, every operation
of src/num/elementary.h is followed with an interval for the computed value and a bound
for its distance from the same expression in exact arithmetic: an operation adds at most
half an ulp of its result.  The polynomials are read from the C source, so what is bounded is
what is compiled.  To this come the errors of the polynomials themselves (supremum over
4001 points, enlarged by Markov's inequality for polynomials) and of the reductions.

    python3 tools/golden/num_bounds.py

prints the bound of each function in ulp (2u relative).  The script's own arithmetic is
in doubles; every bound is enlarged by 1e-9 per operation, which covers its rounding.
"""
import os
import re

import mpmath
import numpy as np

U = 2.0 ** -53
WIDE = 1 + 1e-9
PROVED = os.path.join(os.path.dirname(__file__), '../../tests/num/polynomial_errors.txt')
SOURCE = os.path.join(os.path.dirname(__file__), '../../src/num/elementary.h')
LN2 = float(mpmath.log(2))
LN2_HI = float.fromhex('0x1.62e42fef00000p-1')
LN2_LO = float.fromhex('0x1.473de6af278edp-34')


# ---- values with an interval and an error ------------------------------------------------

class V:
    """Computed values in [lo, hi], within e of the exact ones."""

    def __init__(self, lo, hi=None, e=0.0):
        self.lo = np.asarray(lo, dtype=float)
        self.hi = self.lo if hi is None else np.asarray(hi, dtype=float)
        self.e = np.asarray(e, dtype=float)

    def mag(self):
        return np.maximum(abs(self.lo), abs(self.hi))

    def low(self):
        """Smallest magnitude."""
        return np.where(self.lo * self.hi <= 0, 0.0, np.minimum(abs(self.lo), abs(self.hi)))

    def power_of_two(self):
        return self.lo.ndim == 0 and self.lo == self.hi and np.frexp(self.lo)[0] in (0.5, -0.5)


def wrap(x):
    return x if isinstance(x, V) else V(x)


def spread(*corners):
    lo, hi = np.minimum.reduce(corners), np.maximum.reduce(corners)
    pad = 1e-12 * np.maximum(abs(lo), abs(hi))
    return lo - pad, hi + pad


def half_ulp(mag):
    """The largest rounding error of a result of at most this magnitude."""
    return U * np.exp2(np.floor(np.log2(np.maximum(mag, 1e-300))))


def add(x, y):
    x, y = wrap(x), wrap(y)
    lo, hi = spread(x.lo + y.lo, x.hi + y.hi)
    rounding = np.minimum(half_ulp(np.maximum(abs(lo), abs(hi))),
                          np.minimum(x.mag(), y.mag()))
    return V(lo, hi, (x.e + y.e + rounding) * WIDE)


def mul(x, y):
    x, y = wrap(x), wrap(y)
    lo, hi = spread(x.lo * y.lo, x.lo * y.hi, x.hi * y.lo, x.hi * y.hi)
    exact = x.power_of_two() or y.power_of_two()
    rounding = 0.0 if exact else half_ulp(np.maximum(abs(lo), abs(hi)))
    return V(lo, hi, (x.mag() * y.e + y.mag() * x.e + x.e * y.e + rounding) * WIDE)


def div(x, y):
    x, y = wrap(x), wrap(y)
    lo, hi = spread(x.lo / y.lo, x.lo / y.hi, x.hi / y.lo, x.hi / y.hi)
    mag = np.maximum(abs(lo), abs(hi))
    return V(lo, hi, ((x.e + mag * y.e) / (y.low() - y.e) + half_ulp(mag)) * WIDE)


def neg(x):
    return V(-x.hi, -x.lo, x.e)


V.__add__ = V.__radd__ = add
V.__mul__ = V.__rmul__ = mul
V.__neg__ = neg
V.__sub__ = lambda x, y: add(x, neg(wrap(y)))
V.__rsub__ = lambda x, y: add(wrap(y), neg(x))
V.__truediv__ = div
V.__rtruediv__ = lambda x, y: div(wrap(y), x)


def interval(edges, e=0.0):
    return V(np.minimum(edges[:-1], edges[1:]), np.maximum(edges[:-1], edges[1:]), e)


def geometric(lo, hi, n):
    return np.exp2(np.linspace(np.log2(lo), np.log2(hi), n))


# ---- the polynomials as they stand in C ----------------------------------------------------

class Tail:
    """One polynomial function el_NAME(argument) of the header."""

    def __init__(self, name, argument):
        text = open(SOURCE).read()
        body = re.search(r'double el_%s\(double %s\)\n\{\n(.*?)\n\}\n' % (name, argument), text,
                         re.S).group(1)
        self.argument = argument
        self.lines = []
        for statement in body.replace('\n', ' ').split(';'):
            statement = statement.strip()
            if statement.startswith('return'):
                self.lines.append('result = ' + statement[6:])
            elif statement:
                self.lines += statement.removeprefix('double ').split(', ')
        self.lines = [re.sub(r'-?0x[0-9a-f.]+p[+-]?\d+',
                             lambda m: repr(float.fromhex(m.group(0))), s).strip()
                      for s in self.lines]

    def __call__(self, x):
        scope = {self.argument: x}
        for line in self.lines:
            exec(line, {}, scope)
        return scope['result']


def fit_error(name):
    """sup |weight (polynomial - function)|, as tests/num/phi_bound.c proves it."""
    for line in open(PROVED):
        key, exponent = (line.split() + ['', ''])[:2]
        if key == name:
            return 2.0 ** float(exponent)
    raise KeyError(name)


EXP, LOG = Tail('exp_tail', 'r'), Tail('log_tail', 'z')
ATAN, MILLS = Tail('atan_tail', 'z'), Tail('mills_poly', 't')
FIT_EXP, FIT_EXP_Q = fit_error('exp_tail'), fit_error('exp_tail_unweighted')  # of Q itself
FIT_LOG, FIT_ATAN, FIT_MILLS = map(fit_error, ('log_tail', 'atan_tail', 'mills_poly'))
R = LN2 / 2 * (1 + 1e-9)
S2 = float(mpmath.sqrt(2))

# r = (x - k HI) - k LO: the first difference is exact; LO and its product err by less
# than 1.1e-9 u together for |k| <= 1076, and r is rounded once.
R_TINY = 1.1e-9 * U


def report(name, bound, note=''):
    print('%-9s %.3f ulp  %s' % (name, bound / (2 * U), note))
    return bound


# ---- exp ---------------------------------------------------------------------------------

def exp_relative(roundings_of_r):
    r = interval(np.linspace(-R, R, 8001))
    p = 1.0 + (r + r * r * EXP(r))
    return np.max((p.e + FIT_EXP) / p.low() + roundings_of_r * U * r.mag() + R_TINY) * WIDE


# ---- log -----------------------------------------------------------------------------------

def log_sum(high, f, s, low, extra, least):
    """Relative error of el_log_sum; extra: absolute error of the inputs' meaning;
    least: the smallest |result|.  The last operation is counted relatively."""
    h = 0.5 * f * f
    a = s * (h + LOG(s * s)) + low
    c_in = h - a                      # then c = c_in - f, result = high - c
    inexact = c_in.e + f.e + s.mag() * FIT_LOG + extra
    if high is None:                  # 0 - c is exact
        return (inexact / least + U) * WIDE
    c = c_in - f
    return ((c.e + s.mag() * FIT_LOG + extra) / least + U) * WIDE


def log_cases():
    worst = 0.0
    for sign, end in ((1, S2 - 1), (-1, 1 - S2 / 2)):
        f = interval(sign * geometric(2.0 ** -53, end * (1 + 1e-9), 6001))
        s = f / (2.0 + f)
        worst = max(worst, np.max(log_sum(None, f, s, V(0.0), 0.0, np.log1p(f.low() * sign)
                                          * sign * (1 - 1e-12))))
    f = interval(np.linspace(S2 / 2 - 1, S2 - 1, 2001) * (1 + 1e-9))
    s = f / (2.0 + f)
    for k in [j for j in range(-1076, 1025) if j != 0]:
        y = abs(k * LN2 + np.log1p(np.array([f.lo, f.hi]))).min(axis=0)
        low = k * LN2_LO
        low = V(low, low, U * abs(low))
        worst = max(worst, np.max(log_sum(V(k * LN2_HI), f, s, low, abs(k) * U * LN2_LO,
                                          y * (1 - 1e-9))))
    return worst


def log1p_cases():
    """c = 1 + x - u; log(1 + c/u) is replaced by d = c 2^-k (1 - 2s + 2s^2), which differs
    from c/u by 2|s|^3/(1+s) relatively, and c/u from the logarithm by (c/u)^2/2."""
    worst = 2.0 ** -54  # f = 0: y = x, and |x| < 2^-54: y = x
    for sign, end in ((1, S2 - 1), (-1, 1 - S2 / 2)):
        f = interval(sign * geometric(2.0 ** -53, end * (1 + 1e-9), 6001))
        s = f / (2.0 + f)
        c = np.minimum(U if sign > 0 else U / 2, 0.5 * f.mag())
        low = V(-c, c) * (1.0 - 2.0 * s * (1.0 - s))
        low.e = low.e + low.mag() * 2 * s.mag() ** 3 / (1 + s.lo) * WIDE
        x = np.maximum(f.low() - c, 0.5 * f.low())  # |f| >= 2|c|: both come from 1 + x
        worst = max(worst, np.max(log_sum(None, f, s, low, 0.5 * low.mag() ** 2,
                                          sign * np.log1p(sign * x) * (1 - 1e-12))))
    f = interval(np.linspace(S2 / 2 - 1, S2 - 1, 2001) * (1 + 1e-9))
    s = f / (2.0 + f)
    for k in [j for j in range(-54, 1025) if j != 0]:
        y = abs(k * LN2 + np.log1p(np.array([f.lo, f.hi]))).min(axis=0)
        d = U  # |c/u| <= u
        low = k * LN2_LO
        low = V(low - d, low + d,  # the product and the sum rounded, then d's own error
                U * abs(low) + U * (abs(low) + d) + d * (2 * 0.18 ** 3 / 0.8 + 8 * U))
        worst = max(worst, np.max(log_sum(V(k * LN2_HI), f, s, low, abs(k) * U * LN2_LO + d * d
                                          + (2.0 ** -60 if k > 59 else 0.0), y * (1 - 1e-9))))
    return worst


# ---- sigmoid, softplus, tanh ----------------------------------------------------------------

def softplus(E):
    """e is known to E relatively; the logarithm's own error and, for x > 0, one more sum."""
    worst = 0.0
    for lo, hi, up in ((2.0 ** -60, S2 - 1, False), (S2 - 1, 1.0, True)):
        e = interval(geometric(lo, hi, 8001))
        f = 0.5 * (e - 1.0) if up else e
        s = f / (2.0 + f)
        y = np.log1p(e.lo)
        own = log_sum(V(LN2_HI) if up else None, f, s, V(LN2_LO if up else 0.0),
                      U * LN2_LO if up else 0.0,
                      y * (1 - 1e-12))
        own = own + E * e.lo / ((1 + e.lo) * np.log1p(e.lo))  # this factor decreases in e
        x = -np.log(e.hi)
        worst = max(worst, np.max(own), np.max(own * np.log1p(e.hi) / (x + np.log1p(e.hi)) + U))
    return worst


def tanh_relative():
    r = interval(geometric(2.0 ** -60, R, 8001))
    q = r * r * EXP(r)
    m = (q.e + r.mag() ** 2 * FIT_EXP_Q) / r.low() + U
    worst = np.max(m + 2 * U)
    r = interval(np.linspace(-R, R, 8001))
    g = r + r * r * EXP(r)
    g_e = g.e + FIT_EXP + (U * r.mag() + R_TINY) * np.exp(r.hi)
    for k in range(1, 65):
        m = 2.0 ** k * np.exp(r.lo) - 1
        mu = 2.0 ** k * g_e / m + U + (U * 2.0 ** k / m if k > 53 else 0.0)
        worst = max(worst, np.max(mu * 2 / (m + 2) + 2 * U))
    return worst * WIDE


# ---- atan and phi -----------------------------------------------------------------------------

def atan_relative():
    t = interval(geometric(2.0 ** -60, (S2 - 1) * (1 + 1e-9), 8001))
    w = t * (t * t) * ATAN(t * t)
    worst = np.max((w.e + t.mag() * FIT_ATAN) / np.arctan(t.low()) + U)
    for big in (False, True):
        if big:
            a = interval(geometric(S2 + 1, 2.0 ** 60, 8001))
            t, base = -1.0 / a, 2 * float(mpmath.pi) / 4
        else:
            a = interval(np.linspace(S2 - 1, S2 + 1, 16001))
            t, base = (a - 1.0) / (a + 1.0), float(mpmath.pi) / 4
        exact_t = V(t.lo, t.hi)
        z = exact_t * exact_t
        inner = exact_t - (exact_t * z * ATAN(z) - V(0.0, 1e-16))
        e = inner.e + t.e + t.mag() * FIT_ATAN + 2.0 ** -107  # atan' <= 1
        worst = max(worst, np.max(e / np.arctan(a.lo) + U))
    return worst * WIDE


def slope(t):
    """Bounds |P'| on each interval: Horner's rule in interval arithmetic."""
    p = V(0.0)
    for c in MILLS(np.polynomial.Polynomial([0.0, 1.0])).deriv().coef[::-1]:
        p = V(t.lo, t.hi) * p + float(c)
    return p.mag() * WIDE


def phi_relative():
    """r - l/2 is one more rounding of r; then the product with g, then 1 - y for x > 0."""
    a = interval(np.linspace(0.0, 39.0, 20001))
    t = (a - 4.0) / (a + 4.0)
    p = MILLS(V(t.lo, t.hi))
    p.e = p.e + t.e * slope(t)
    g = p / (a + 1.25)
    rel_g = FIT_MILLS + g.e / g.low() + U
    left = exp_relative(2) + np.max(rel_g)
    # x > 0: y is at most 1/2, and where it is near, the exponential is nearly exact.
    near = a.hi < 0.8
    r = V(-0.5 * a.hi[near] ** 2, -0.5 * a.lo[near] ** 2)
    p = 1.0 + (r + r * r * EXP(r))
    rel = (p.e + FIT_EXP) / p.low() + 2 * U * r.mag() + rel_g[near]
    y = np.array([float(mpmath.ncdf(-x)) for x in a.lo[near]])
    right = np.max(rel * y / (1 - y) + 0.5 * U / (1 - y))
    y = float(mpmath.ncdf(-0.79))
    right = max(right, left * y / (1 - y) + 0.5 * U / (1 - y))
    return left * WIDE, right * WIDE


if __name__ == '__main__':
    print('fits: exp 2^%.2f, log 2^%.2f, atan 2^%.2f, mills 2^%.2f'
          % tuple(np.log2([FIT_EXP, FIT_LOG, FIT_ATAN, FIT_MILLS])))
    E = report('exp', exp_relative(1))
    report('log', log_cases())
    report('log1p', log1p_cases())
    report('sigmoid', (E + 2 * U) * WIDE)
    report('softplus', softplus(E))
    report('tanh', tanh_relative())
    report('atan', atan_relative())
    left, right = phi_relative()
    report('phi', left, 'x <= 0')
    report('phi', right, 'x > 0')
