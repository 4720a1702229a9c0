#!/usr/bin/python3
"""Golden eigenvalues (mpmath, 50 digits) and product counts of scipy's eigsh.

    python3 tools/golden/opt_eigen.py > tests/opt/golden_eigen.h

The matrices are those of tests/opt/test_eigen.c, given by integer formulas; the
operators are diagonal, so that only the spectrum matters.
"""
import mpmath
import numpy
from scipy.sparse.linalg import LinearOperator, eigsh

mpmath.mp.dps = 50

MATRICES = {
    "hilbert": (8, lambda i, j: mpmath.mpf(1) / (i + j + 1)),
    "minij": (30, lambda i, j: mpmath.mpf(min(i, j) + 1)),
    "residues": (12, lambda i, j: mpmath.mpf((i * j) % 7 - 3)),
    "multiple": (10, lambda i, j: mpmath.mpf(3 if i == j else 1)),
    "clustered": (6, lambda i, j: (i == j) + mpmath.mpf(2) ** -27 * (min(i, j) + 1)),
    "wilkinson": (21, lambda i, j: mpmath.mpf(abs(i - 10) if i == j else int(abs(i - j) == 1))),
}

N = 1000
SPECTRA = {
    "uniform": lambda i: (i + 1) / N,
    "edge": lambda i: 0.05 if i == 0 else 0.06 + i / N,
    "indefinite": lambda i: -0.01 if i == 0 else 0.0 if i < 500 else i / N,
    "bulk": lambda i: -1.0 if i == 0 else 1.0 + i / N,
}


def products(diagonal):
    """ARPACK's tolerance is relative to the eigenvalue: residual 1e-10 |A|."""
    count = 0
    tol = 1e-10 * abs(diagonal).max() / abs(diagonal.min())

    def apply(v):
        nonlocal count
        count += 1
        return diagonal * v.ravel()

    a = LinearOperator((N, N), matvec=apply, dtype=float)
    start = numpy.random.RandomState(0).standard_normal(N)
    value = eigsh(a, 1, which="SA", tol=tol, v0=start, maxiter=3000,
                  return_eigenvectors=False)[0]
    return count, value


def main():
    print("/* Made by tools/golden/opt_eigen.py: do not edit.  Eigenvalues from mpmath %s,\n"
          " * product counts of eigsh (ARPACK, defaults, smallest algebraic, residual 1e-10 |A|). */"
          % mpmath.__version__)
    print("#ifndef ND_TESTS_OPT_GOLDEN_EIGEN_H\n#define ND_TESTS_OPT_GOLDEN_EIGEN_H\n")
    for name, (n, entry) in MATRICES.items():
        m = mpmath.matrix(n, n)
        for i in range(n):
            for j in range(n):
                m[i, j] = entry(i, j)
        values = sorted(mpmath.eigsy(m, eigvals_only=True))
        print("static const double golden_%s[%d] = {\n    %s};" %
              (name, n, ",\n    ".join(mpmath.nstr(v, 20) for v in values)))
    print()
    for name, spectrum in SPECTRA.items():
        diagonal = numpy.array([spectrum(i) for i in range(N)])
        count, value = products(diagonal)
        print("#define EIGSH_%s %d /* error %.1e */" %
              (name.upper(), count, abs(value - diagonal.min())))
    print("\n#endif")


main()
