/* BLAS and LAPACK in plain C, for builds without a library (WebAssembly) and as the
 * second implementation that the tests compare with the first.
 *
 * Products: 4 x 4 register blocks over operands addressed by two strides, so one loop
 * serves every transposition.  Cholesky: left-looking by panels of ND_PANEL columns
 * (Golub and Van Loan, Matrix Computations, 4.2).  Eigenpairs: Householder to
 * tridiagonal form, then implicit QL (the EISPACK routines tred2 and imtql2, in the
 * public domain), on the matrix scaled by a power of two. */
#include "num/blas.h"

#include <float.h>
#include <math.h>

#include "base/memory.h"
#include "num/tile.h"

#define ND_PANEL   48       /* columns of a Cholesky panel: 48 x 48 doubles fit the L1 cache */
#define ND_QL_MAX  60       /* QL steps per eigenvalue; 2 are usual                           */
#define ND_QL_ZERO 0x1p-400 /* beside a matrix of norm 1 */

/* Entry (i, j) of an operand is p[i * row + j * col]. */
typedef struct {
    const double *p;
    size_t row, col;
} operand;

const char *nd_blas_name(void)
{
    return "reference";
}

/* ---- products ------------------------------------------------------------------ */

static operand op(bool transposed, const double *A, size_t lda)
{
    return transposed ? (operand){A, lda, 1} : (operand){A, 1, lda};
}

static const double *at(operand A, size_t i, size_t j)
{
    return A.p + i * A.row + j * A.col;
}

static double entry(operand A, operand B, size_t k, size_t i, size_t j)
{
    const double *a = at(A, i, 0), *b = at(B, 0, j);
    double s = 0.0;

    for (size_t p = 0; p < k; p++) s += a[p * A.col] * b[p * B.row];
    return s;
}

/* s := the 4 x 4 block of A B at (i, j). */
static void block4(operand A, operand B, size_t k, size_t i, size_t j, double s[4][4])
{
    const double *a = at(A, i, 0), *b = at(B, 0, j);

    for (int r = 0; r < 16; r++) s[r / 4][r % 4] = 0.0;
    for (size_t p = 0; p < k; p++, a += A.col, b += B.row)
        for (size_t c = 0; c < 4; c++)
            for (size_t r = 0; r < 4; r++) s[c][r] += a[r * A.row] * b[c * B.col];
}

/* beta = 0 overwrites, also NaN. */
static void add_to(double *c, double beta, double v)
{
    *c = beta == 0.0 ? v : beta * *c + v;
}

/* C := beta C + alpha A B, of the lower triangle only when lower is set. */
static void product(bool lower, size_t m, size_t n, size_t k, double alpha, operand A, operand B,
                    double beta, double *C, size_t ldc)
{
    double s[4][4];

    for (size_t j = 0; j < n; j += 4)
        for (size_t i = lower ? j : 0; i < m; i += 4) {
            size_t mi = m - i < 4 ? m - i : 4, nj = n - j < 4 ? n - j : 4;
            if (mi == 4 && nj == 4) block4(A, B, k, i, j, s);
            for (size_t c = 0; c < nj; c++)
                for (size_t r = lower && i == j ? c : 0; r < mi; r++) {
                    double v = mi == 4 && nj == 4 ? s[c][r] : entry(A, B, k, i + r, j + c);
                    add_to(C + (j + c) * ldc + i + r, beta, alpha * v);
                }
        }
}

void nd_blas_syrk(size_t n, size_t k, double alpha, const double *A, size_t lda, double beta,
                  double *C, size_t ldc)
{
    product(true, n, n, k, alpha, op(true, A, lda), op(false, A, lda), beta, C, ldc);
}

void nd_blas_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *A,
                  size_t lda, const double *B, size_t ldb, double beta, double *C, size_t ldc)
{
    product(false, m, n, k, alpha, op(ta, A, lda), op(tb, B, ldb), beta, C, ldc);
}

void nd_blas_gemv(bool ta, size_t m, size_t n, double alpha, const double *A, size_t lda,
                  const double *x, double beta, double *y)
{
    size_t rows = ta ? n : m;

    for (size_t i = 0; i < rows; i++) y[i] = beta == 0.0 ? 0.0 : beta * y[i];
    for (size_t j = 0; j < n; j++) {
        if (ta)
            y[j] += alpha * nd_dot(m, A + j * lda, x);
        else
            nd_axpy(m, alpha * x[j], A + j * lda, y);
    }
}

/* ---- Cholesky ------------------------------------------------------------------ */

/* Factors columns [j0, j1), already reduced by those before j0. */
static size_t factor_panel(size_t n, double *A, size_t lda, size_t j0, size_t j1)
{
    for (size_t j = j0; j < j1; j++) {
        double *aj = A + j * lda, d;

        for (size_t k = j0; k < j; k++) nd_axpy(n - j, -A[k * lda + j], A + k * lda + j, aj + j);
        if (!(aj[j] > 0.0) || aj[j] > DBL_MAX) return j + 1;
        aj[j] = d = sqrt(aj[j]);
        for (size_t i = j + 1; i < n; i++) aj[i] /= d;
    }
    return 0;
}

size_t nd_blas_potrf(size_t n, double *A, size_t lda)
{
    for (size_t j0 = 0; j0 < n; j0 += ND_PANEL) {
        size_t j1 = n - j0 < ND_PANEL ? n : j0 + ND_PANEL, bad;
        const double *rows = A + j0; /* rows j0.. of the columns before j0 */

        product(true, n - j0, j1 - j0, j0, -1.0, op(false, rows, lda), op(true, rows, lda), 1.0,
                A + j0 * lda + j0, lda);
        if ((bad = factor_panel(n, A, lda, j0, j1)) != 0) return bad;
    }
    return 0;
}

void nd_blas_potrs(size_t n, const double *L, size_t lda, double *b)
{
    for (size_t j = 0; j < n; j++) {
        b[j] /= L[j * lda + j];
        nd_axpy(n - j - 1, -b[j], L + j * lda + j + 1, b + j + 1);
    }
    for (size_t j = n; j-- > 0;) {
        b[j] -= nd_dot(n - j - 1, L + j * lda + j + 1, b + j + 1);
        b[j] /= L[j * lda + j];
    }
}

/* ---- eigenpairs ------------------------------------------------------------------ */

/* Turns x[0..n) into a reflector: H = I - tau v v', v[0] = 1, H x = (alpha, 0, ..)'.
 * x := v; returns tau (0: nothing to do). */
static double reflector(size_t n, double *x, double *alpha)
{
    double norm = nd_norm2(n, x), x0 = x[0], tail = nd_norm2(n - 1, x + 1);

    *alpha = x0;
    x[0] = 1.0;
    if (tail == 0.0) return 0.0;
    *alpha = x0 > 0.0 ? -norm : norm;
    for (size_t i = 1; i < n; i++) x[i] /= x0 - *alpha;
    return (*alpha - x0) / *alpha;
}

/* w := A v for the symmetric A (n x n, lower). */
static void symv(size_t n, const double *A, size_t lda, const double *v, double *w)
{
    for (size_t i = 0; i < n; i++) w[i] = 0.0;
    for (size_t j = 0; j < n; j++) {
        const double *a = A + j * lda + j;
        w[j] += a[0] * v[j] + nd_dot(n - j - 1, a + 1, v + j + 1);
        nd_axpy(n - j - 1, v[j], a + 1, w + j + 1);
    }
}

/* A = Q T Q': d, e = diagonals of T; reflector k stays in column k below the
 * diagonal, its tau in tau[k].  w: n entries of scratch. */
static void tridiagonalise(size_t n, double *A, size_t lda, double *d, double *e, double *tau,
                           double *w)
{
    for (size_t k = 0; k + 1 < n; k++) {
        size_t m = n - k - 1;
        double *v = A + k * lda + k + 1, *B = A + (k + 1) * lda + k + 1, h;

        d[k] = A[k * lda + k];
        tau[k] = reflector(m, v, &e[k]);
        if (tau[k] == 0.0) continue;
        symv(m, B, lda, v, w);
        for (size_t i = 0; i < m; i++) w[i] *= tau[k];
        h = 0.5 * tau[k] * nd_dot(m, w, v);
        nd_axpy(m, -h, v, w);
        for (size_t j = 0; j < m; j++) { /* B -= v w' + w v' */
            nd_axpy(m - j, -w[j], v + j, B + j * lda + j);
            nd_axpy(m - j, -v[j], w + j, B + j * lda + j);
        }
    }
    d[n - 1] = A[(n - 1) * lda + n - 1];
    e[n - 1] = 0.0;
}

/* Q := H_0 H_1 .. H_{n-2}, column-major n x n without gaps. */
static void form_q(size_t n, const double *A, size_t lda, const double *tau, double *Q)
{
    for (size_t i = 0; i < n * n; i++) Q[i] = i % (n + 1) == 0 ? 1.0 : 0.0;
    for (size_t k = n - 1; k-- > 0;) {
        size_t m = n - k - 1;
        const double *v = A + k * lda + k + 1;

        for (size_t j = k + 1; j < n; j++) {
            double *q = Q + j * n + k + 1;
            nd_axpy(m, -tau[k] * nd_dot(m, v, q), v, q);
        }
    }
}

/* (x, y) := (c x - s y, s x + c y) */
static void rotate(size_t n, double c, double s, double *x, double *y)
{
    for (size_t i = 0; i < n; i++) {
        double xi = x[i], yi = y[i];
        x[i] = c * xi - s * yi;
        y[i] = s * xi + c * yi;
    }
}

/* (s, c) = (f, g) / r, accurate also where f^2 + g^2 underflows; returns r = +-|(f, g)|.
 * For f = g = 0 it is (0, 1): T splits there, and the identity carries on. */
static double direction(double f, double g, double *s, double *c)
{
    bool steep = fabs(f) > fabs(g);
    double big = steep ? f : g, ratio = big == 0.0 ? 0.0 : (steep ? g : f) / big;
    double w = sqrt(ratio * ratio + 1.0);

    *s = (steep ? 1.0 : ratio) / w;
    *c = (steep ? ratio : 1.0) / w;
    return big * w;
}

/* One implicit QL sweep on the unreduced block l..m. */
static void ql_sweep(size_t n, size_t l, size_t m, double *d, double *e, double *Q)
{
    double g = (d[l + 1] - d[l]) / (2.0 * e[l]), r = sqrt(g * g + 1.0), s = 1.0, c = 1.0, p = 0.0;

    g = d[m] - d[l] + e[l] / (g + (g < 0.0 ? -r : r));
    for (size_t i = m; i-- > l;) {
        double f = s * e[i], b = c * e[i];

        e[i + 1] = r = direction(f, g, &s, &c);
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2.0 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        if (Q) rotate(n, c, s, Q + i * n, Q + (i + 1) * n);
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0.0;
}

/* T, of norm about 1, splits after m.  Without ND_QL_ZERO, tiny entries between zeros of
 * the diagonal would have to vanish altogether, which takes more than ND_QL_MAX sweeps. */
static bool splits(const double *d, const double *e, size_t m)
{
    double a = fabs(e[m]);
    return a <= ND_QL_ZERO || a <= DBL_EPSILON * (fabs(d[m]) + fabs(d[m + 1]));
}

/* Diagonalises T; returns 0 or the index (1-based) that did not converge. */
static size_t ql(size_t n, double *d, double *e, double *Q)
{
    for (size_t l = 0; l < n; l++)
        for (int sweep = 0;; sweep++) {
            size_t m = l;
            while (m + 1 < n && !splits(d, e, m)) m++;
            if (m == l) break;
            if (sweep == ND_QL_MAX) return l + 1;
            ql_sweep(n, l, m, d, e, Q);
        }
    return 0;
}

/* Ascending; writes the sorted vectors to A. */
static void sort_pairs(size_t n, double *d, double *Q, double *A, size_t lda)
{
    for (size_t j = 0; j < n; j++) {
        size_t best = j;
        for (size_t i = j + 1; i < n; i++)
            if (d[i] < d[best]) best = i;
        double t = d[j];
        d[j] = d[best];
        d[best] = t;
        for (size_t i = 0; Q && i < n; i++) {
            A[j * lda + i] = Q[best * n + i];
            Q[best * n + i] = Q[j * n + i];
        }
    }
}

/* A power of two that brings the largest entry of the lower triangle into [1/2, 1);
 * 0 when an entry is not finite. */
static double scale_of(size_t n, const double *A, size_t lda)
{
    double max = 0.0;
    int exponent = 0;

    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++) {
            double a = fabs(A[j * lda + i]);
            if (!(a <= DBL_MAX)) return 0.0;
            max = a > max ? a : max;
        }
    frexp(max, &exponent);
    if (exponent > 1000) exponent = 1000; /* keeps 2^-exponent normal */
    if (exponent < -1000) exponent = -1000;
    return ldexp(1.0, -exponent);
}

static size_t eigen(bool vectors, size_t n, double *A, size_t lda, double *values, double *work)
{
    double *e = work, *tau = e + n, *w = tau + n, *Q = vectors ? w + n : NULL;
    double scale = scale_of(n, A, lda);
    size_t bad;

    if (scale == 0.0) return n;
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++) A[j * lda + i] *= scale;
    tridiagonalise(n, A, lda, values, e, tau, w);
    if (vectors) form_q(n, A, lda, tau, Q);
    bad = ql(n, values, e, Q);
    if (bad) return bad;
    sort_pairs(n, values, Q, A, lda);
    for (size_t j = 0; j < n; j++) values[j] /= scale;
    return 0;
}

size_t nd_blas_syev(nd_ctx *ctx, bool vectors, size_t n, double *A, size_t lda, double *values,
                    nd_status *status)
{
    size_t bad;
    double *work;

    *status = ND_OK;
    if (n == 0) return 0;
    work = ND_NEW(ctx, double, n *(vectors ? n + 3 : 3));
    if (!work) {
        *status = ND_EMEM;
        return 0;
    }
    bad = eigen(vectors, n, A, lda, values, work);
    nd_free(ctx, work);
    return bad;
}
