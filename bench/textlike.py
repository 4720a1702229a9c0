#!/usr/bin/env python3
"""Writes a text-like sparse data set as svmlight: words by Zipf's law, term frequencies times
the logarithm of rarity, rows of length 1; labels by a sparse linear rule with noise.

    python3 bench/textlike.py FILE [ROWS [COLUMNS [WORDS]]]

6,000 rows, 26,000 columns, some 156 different words in a row (0.6 %).  Needs NumPy.
"""
import sys

import numpy as np


def rows(n, d, words, seed=1):
    """(label, columns, values) for every row; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    p = 1.0 / (np.arange(d) + 20.0)
    p /= p.sum()
    rarity = np.log(1.0 / np.minimum(1.0, p * words))
    rule = rng.standard_normal(d) * (rng.random(d) < 0.05)
    for _ in range(n):
        drawn = rng.choice(d, size=rng.poisson(1.075 * words) + 5, p=p)
        columns, count = np.unique(drawn, return_counts=True)
        values = (1 + np.log(count)) * np.maximum(rarity[columns], 0.1)
        values /= np.linalg.norm(values)
        label = values @ rule[columns] + 0.05 * rng.standard_normal() > 0
        yield (1 if label else -1), columns, values


def write(file, n=6000, d=26000, words=156):
    """Returns the number of entries."""
    entries = 0
    with open(file, "w") as out:
        for label, columns, values in rows(n, d, words):
            out.write(f"{label:+d} " + " ".join(f"{c + 1}:{v:.9g}" for c, v in
                                                zip(columns.tolist(), values.tolist())) + "\n")
            entries += len(columns)
    return entries


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    print(write(sys.argv[1], *map(int, sys.argv[2:])), "entries")
