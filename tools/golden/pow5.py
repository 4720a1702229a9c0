#!/usr/bin/python3
"""Writes src/base/pow5.c: the 128 leading bits of 10^q, exactly, in integers.

    python3 tools/golden/pow5.py > src/base/pow5.c
"""

FIRST, LAST = -342, 324

HEAD = """/* The 128 leading bits of 10^q (equally of 5^q), high word first, top bit set:
 *
 *     10^q = nd_pow5[q - ND_POW5_FIRST] 2^(e(q) - 127),  e(q) = floor(log2 10^q),
 *
 * cut off for q >= 0 (exact for q <= 55), rounded up for q < 0.
 * Made by tools/golden/pow5.py: do not edit. */
#include "base/pow5.h"

// clang-format off
const uint64_t nd_pow5[ND_POW5_LAST - ND_POW5_FIRST + 1][2] = {"""


def leading(q):
    if q >= 0:
        p = 5**q
        n = p.bit_length()
        return p << (128 - n) if n <= 128 else p >> (n - 128)
    d = 5**-q
    n = d.bit_length()
    # 2^(n + 127) / d lies in (2^127, 2^128]; d is no power of 2, so it is below
    return -((-1 << (n + 127)) // d)


def main():
    cells = []
    for q in range(FIRST, LAST + 1):
        g = leading(q)
        assert g >> 127 == 1
        cells.append("{0x%016x, 0x%016x}," % (g >> 64, g & (2**64 - 1)))
    print(HEAD)
    for i in range(0, len(cells), 2):
        print("    " + " ".join(cells[i:i + 2]))
    print("};\n// clang-format on")


main()
