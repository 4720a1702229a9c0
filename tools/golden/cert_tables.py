#!/usr/bin/env python3
"""Tables of src/cert/dd_tables.h: constants as unevaluated sums of doubles.

  python3 tools/golden/cert_tables.py > src/cert/dd_tables.h     (needs mpmath)"""
from mpmath import mp, mpf, log, atan, pi

mp.prec = 300


def bits(x, n):
    """x cut to n significant bits."""
    m, e = mp.frexp(x)
    return mpf(int(m * 2**n)) / mpf(2)**n * mpf(2)**e


def pair(x):
    hi = float(x)
    return hi, float(x - mpf(hi))


def row(x):
    hi, lo = pair(x)
    return "{%s, %s}" % (hi.hex(), lo.hex())


def table(name, values):
    print("static const nd_dd %s[%d] = {" % (name, len(values)))
    for v in values:
        print("    %s," % row(v))
    print("};\n")


print("""/* Constants for dd_math.c, written by tools/golden/cert_tables.py; do not edit. */
#ifndef ND_CERT_DD_TABLES_H
#define ND_CERT_DD_TABLES_H

#include "cert/dd.h"

/* 2^(j/64) */""")
table("power_table", [mpf(2)**(mpf(j) / 64) for j in range(64)])
print("/* arctan(j/64) */")
table("atan_table", [atan(mpf(j) / 64) for j in range(65)])
L = log(2) / 64
L1 = bits(L, 35)
L2 = bits(L - L1, 35)
print("/* (log 2)/64 in three parts, the first two of 35 bits. */")
print("static const double log2_1 = %s, log2_2 = %s," % (float(L1).hex(), float(L2).hex()))
print("                    log2_3 = %s;" % float(L - L1 - L2).hex())
print("static const double per_log2 = %s; /* 64 / log 2 */" % float(1 / L).hex())
print("static const nd_dd half_pi = %s;" % row(pi / 2))
print("static const nd_dd third = %s;" % row(mpf(1) / 3))
print("static const nd_dd sixth = %s;" % row(mpf(1) / 6))
print("static const nd_dd per_24 = %s;" % row(mpf(1) / 24))
print("\n#endif")
