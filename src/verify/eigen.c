/* Eigenvectors of a symmetric matrix in plain double: a good guess for the
 * coordinates of frame.c, which then proves what it needs about them.
 *
 * Householder reduction to tridiagonal form A = Q' T Q, then implicit QL steps with
 * Wilkinson's shift on T, applied to the rows of Q (Golub and Van Loan, Matrix
 * Computations, sections 8.3.1 and 8.3.3).  Rows, not columns, so that every inner
 * loop runs along memory. */
#include "verify/verify.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double dot(slong n, const double *x, const double *y)
{
    double s = 0;

    for (slong i = 0; i < n; i++) s += x[i] * y[i];
    return s;
}

static void axpy(slong n, double a, const double *x, double *y)
{
    for (slong i = 0; i < n; i++) y[i] += a * x[i];
}

/* v with (I - v v') x = (-+|x|, 0, ..)' and |v|^2 = 2, written over x; returns the new first
 * entry.  x = 0 on entry beyond its first: v = 0. */
static double householder(slong n, double *x)
{
    double norm = sqrt(dot(n, x, x)), first = x[0], alpha = first > 0 ? -norm : norm, scale;

    if (norm == fabs(first)) {
        memset(x, 0, (size_t)n * sizeof *x);
        return first;
    }
    x[0] -= alpha;
    scale = sqrt(2 / dot(n, x, x));
    for (slong i = 0; i < n; i++) x[i] *= scale;
    return alpha;
}

/* diag, off (off[i] couples i and i + 1) := T; Q := the orthogonal rows; A is lost. */
static void tridiagonal(slong n, double *A, double *Q, double *diag, double *off, double *w)
{
    memset(Q, 0, (size_t)(n * n) * sizeof *Q);
    for (slong i = 0; i < n; i++) Q[i * n + i] = 1;
    for (slong k = 0; k + 1 < n; k++) {
        slong m = n - k - 1;
        double *v = A + k * n + k + 1, half;

        diag[k] = A[k * n + k];
        off[k] = householder(m, v);
        for (slong i = 0; i < m; i++) w[i] = dot(m, A + (k + 1 + i) * n + k + 1, v);
        half = dot(m, v, w) / 2;
        axpy(m, -half, v, w); /* (I - vv') A (I - vv') = A - v w' - w v' */
        for (slong i = 0; i < m; i++) {
            axpy(m, -v[i], w, A + (k + 1 + i) * n + k + 1);
            axpy(m, -w[i], v, A + (k + 1 + i) * n + k + 1);
        }
        memset(w, 0, (size_t)n * sizeof *w); /* Q := (I - vv') Q */
        for (slong i = 0; i < m; i++) axpy(n, v[i], Q + (k + 1 + i) * n, w);
        for (slong i = 0; i < m; i++) axpy(n, -v[i], w, Q + (k + 1 + i) * n);
    }
    diag[n - 1] = A[n * n - 1];
    off[n - 1] = 0;
}

/* One implicit QL step on rows lo..hi of T. */
static void ql_step(slong n, slong lo, slong hi, double *diag, double *off, double *Q)
{
    double g = (diag[lo + 1] - diag[lo]) / (2 * off[lo]), r = hypot(g, 1), s = 1, c = 1, p = 0;

    g = diag[hi] - diag[lo] + off[lo] / (g + copysign(r, g));
    for (slong i = hi - 1; i >= lo; i--) {
        double f = s * off[i], b = c * off[i], *x = Q + i * n, *y = x + n;

        r = hypot(f, g);
        off[i + 1] = r;
        if (r == 0) { /* the matrix has split here */
            diag[i + 1] -= p;
            off[hi] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = diag[i + 1] - p;
        r = (diag[i] - g) * s + 2 * c * b;
        p = s * r;
        diag[i + 1] = g + p;
        g = c * r - b;
        for (slong k = 0; k < n; k++) {
            double t = y[k];

            y[k] = s * x[k] + c * t;
            x[k] = c * x[k] - s * t;
        }
    }
    diag[lo] -= p;
    off[lo] = g;
    off[hi] = 0;
}

static bool ql(slong n, double *diag, double *off, double *Q)
{
    for (slong lo = 0; lo < n; lo++)
        for (int tries = 0;; tries++) {
            slong hi = lo;

            while (hi + 1 < n && fabs(off[hi]) > 0x1p-53 * (fabs(diag[hi]) + fabs(diag[hi + 1])))
                hi++;
            if (hi == lo) break;
            if (tries == 60) return false;
            ql_step(n, lo, hi, diag, off, Q);
        }
    return true;
}

bool nv_eigen(slong n, double *A, double *lambda)
{
    double *Q = flint_malloc((size_t)(n * n) * sizeof *Q);
    double *off = flint_malloc((size_t)n * sizeof *off), *w = flint_malloc((size_t)n * sizeof *w);
    bool good;

    tridiagonal(n, A, Q, lambda, off, w);
    good = ql(n, lambda, off, Q);
    memcpy(A, Q, (size_t)(n * n) * sizeof *A);
    for (slong i = 0; i < n * n; i++) good = good && isfinite(A[i]);
    for (slong i = 0; i < n; i++) good = good && isfinite(lambda[i]);
    flint_free(Q);
    flint_free(off);
    flint_free(w);
    return good;
}
