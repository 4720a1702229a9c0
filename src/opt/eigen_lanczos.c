/* One end of the spectrum of a symmetric operator by Lanczos' method with full
 * reorthogonalisation and thick restart (Wu and Simon, SIAM J. Matrix Anal. Appl. 22,
 * 2000).
 *
 *     A V_j = V_j T_j + b_j v_{j+1} e_j',   T_j tridiagonal.
 *
 * The residual of the Ritz pair (theta, V y) is |b_j y_j|.  At a restart the lowest
 * Ritz vectors are kept and rotated so that T is tridiagonal again (tridiag.c), which
 * makes every step look like the first ones.  The basis is as large as memory allows:
 * products are what costs, and a restart loses some.
 *
 * Error.  At the end r = |A x - theta x| / |x| is computed from one more product.
 * There is an eigenvalue within r of theta.  What is added: 4 u (|Ax| + |theta|) for
 * the arithmetic of r, and the rounding of the products themselves as far as it shows:
 * for an exactly symmetric operator A v_j has no part along v_1 .. v_{j-2}; the
 * largest such part seen in the run (it also contains the loss of orthogonality) is
 * the measure.  A product whose error is symmetric and smooth does not show. */
#include <nadir/opt.h>

#include <nadir/num.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "num/blas.h"
#include "num/tile.h"
#include "opt/tridiag.h"

#define BASIS_MIN   24
#define BASIS_MAX   160
#define BASIS_BYTES 2e8 /* of the basis, when it is larger than BASIS_MIN vectors */
#define ROWS        256 /* of the basis rotated at a time at a restart            */
#define CHECKS      4   /* late in a run only every fourth step is checked        */

typedef struct {
    nd_ctx *ctx;
    nd_matvec a;
    void *self;
    double sign;               /* -1: the largest eigenvalue, by the smallest of -A */
    size_t n, stride, room, j; /* j vectors are in T */
    double *block, *V, *alpha, *beta, *y, *work, *T, *Y, *rows;
    double norm, noise; /* lower bound of |A|; measured rounding of products */
    long products, limit;
    nd_rng rng;
} lanczos;

static double *basis(const lanczos *z, size_t j)
{
    return z->V + j * z->stride;
}

static nd_status create(lanczos *z, nd_ctx *ctx, size_t n, long max_products)
{
    size_t fit = (size_t)(BASIS_BYTES / (8.0 * (double)n)), m;

    *z = (lanczos){.ctx = ctx, .n = n, .stride = ND_PADDED(n), .rng = nd_rng_make(1, 0)};
    m = fit < BASIS_MIN ? BASIS_MIN : fit > BASIS_MAX ? BASIS_MAX : fit;
    if (m > n) m = n;
    if ((size_t)max_products < m) m = (size_t)max_products;
    z->room = m;
    z->limit = max_products;
    z->block =
        ND_NEW(ctx, double, (m + 2) * z->stride + 10 * (m + 2) + 2 * (m + 1) * (m + 1) + ROWS * m);
    if (!z->block) return ND_EMEM;
    z->V = z->block;
    z->T = z->V + (m + 2) * z->stride; /* the last vector of V is scratch */
    z->Y = z->T + (m + 1) * (m + 1);
    z->rows = z->Y + (m + 1) * (m + 1);
    z->alpha = z->rows + ROWS * m;
    z->beta = z->alpha + m + 2;
    z->y = z->beta + m + 2;
    z->work = z->y + m + 2;
    return ND_OK;
}

static nd_status multiply(lanczos *z, const double *v, double *av)
{
    nd_status status = z->a(z->self, v, av);

    z->products++;
    if (z->sign < 0.0)
        for (size_t i = 0; i < z->n; i++) av[i] = -av[i];
    return status;
}

/* w := w - V_j V_j' w; returns |V_j' w| over the first `old` vectors. */
static double orthogonalise(const lanczos *z, size_t j, size_t old, double *w)
{
    double seen = 0.0;

    for (size_t i = 0; i < j; i++) {
        double h = nd_dot(z->n, basis(z, i), w);
        nd_axpy(z->n, -h, basis(z, i), w);
        if (i < old) seen = hypot(seen, h);
    }
    return seen;
}

static double normalise(size_t n, double *w)
{
    double size = nd_norm2(n, w);

    for (size_t i = 0; i < n && size > 0.0; i++) w[i] /= size;
    return size;
}

/* v_j := a random vector, orthogonal to those before. */
static void random_vector(lanczos *z, size_t j)
{
    double *v = basis(z, j);

    for (size_t i = 0; i < z->n; i++) v[i] = nd_rng_normal(&z->rng);
    normalise(z->n, v);
    orthogonalise(z, j, 0, v);
    normalise(z->n, v);
    orthogonalise(z, j, 0, v);
    normalise(z->n, v);
}

/* The caller's start with a little of everything, so that a start that is an
 * eigenvector of the other end does not stay there. */
static void first_vector(lanczos *z, const double *start)
{
    double *v = basis(z, 0), size = start ? nd_norm2(z->n, start) : 0.0;

    random_vector(z, 0);
    if (!(size > 0.0) || !isfinite(size)) return;
    for (size_t i = 0; i < z->n; i++) v[i] = start[i] / size + 1e-3 * v[i];
    normalise(z->n, v);
}

/* One step: T grows by a row; v_{j+1} is ready. */
static nd_status step(lanczos *z)
{
    const size_t j = z->j;
    double *w = basis(z, j + 1), local;
    nd_status status = multiply(z, basis(z, j), w);

    if (status != ND_OK) return status;
    local = nd_norm2(z->n, w);
    if (!isfinite(local))
        return nd_fail(z->ctx, ND_ENUMERIC, "a product with the operator is not finite");
    z->norm = fmax(z->norm, local);
    z->alpha[j] = nd_dot(z->n, basis(z, j), w);
    nd_axpy(z->n, -z->alpha[j], basis(z, j), w);
    if (j > 0) nd_axpy(z->n, -z->beta[j - 1], basis(z, j - 1), w);
    z->noise = fmax(z->noise, orthogonalise(z, j + 1, j > 0 ? j - 1 : 0, w));
    z->beta[j] = normalise(z->n, w);
    z->j = j + 1;
    return ND_OK;
}

/* V Y for the m x k matrix Y in place, ROWS rows at a time. */
static void rotate(lanczos *z, size_t k)
{
    const size_t m = z->room;

    for (size_t r = 0; r < z->n; r += ROWS) {
        size_t rows = z->n - r < ROWS ? z->n - r : ROWS;
        nd_blas_gemm(false, false, rows, k, m, 1.0, z->V + r, z->stride, z->Y, m, 0.0, z->rows,
                     rows);
        for (size_t c = 0; c < k; c++)
            memcpy(basis(z, c) + r, z->rows + c * rows, rows * sizeof(double));
    }
}

/* Keeps the lowest k Ritz vectors and the next Lanczos vector. */
static nd_status restart(lanczos *z)
{
    const size_t m = z->room, k = m / 2;
    double *T = z->T, b = z->beta[m - 1];
    nd_status status;

    memset(T, 0, m * m * sizeof *T);
    for (size_t i = 0; i < m; i++) {
        T[i * m + i] = z->alpha[i];
        if (i + 1 < m) T[i * m + i + 1] = T[(i + 1) * m + i] = z->beta[i];
    }
    if (nd_blas_syev(z->ctx, true, m, T, m, z->y, &status) > 0)
        return nd_fail(z->ctx, ND_ENUMERIC, "a projected eigenproblem did not converge");
    if (status != ND_OK) return status;
    memcpy(z->Y, T, m * k * sizeof *T);
    memset(T, 0, (k + 1) * (k + 1) * sizeof *T);
    for (size_t i = 0; i < k; i++) {
        T[i * (k + 1) + i] = z->y[i];
        T[i * (k + 1) + k] = T[k * (k + 1) + i] = b * z->Y[i * m + m - 1];
    }
    nd_tri_reduce(k + 1, T, m, z->Y, z->work);
    for (size_t i = 0; i < k; i++) {
        z->alpha[i] = T[i * (k + 1) + i];
        z->beta[i] = T[i * (k + 1) + i + 1];
    }
    rotate(z, k);
    memcpy(basis(z, k), basis(z, m), z->n * sizeof(double));
    z->j = k;
    return ND_OK;
}

/* Lowest Ritz value of T_j; its vector in z->y. */
static double ritz(lanczos *z)
{
    double theta = nd_tri_smallest(z->j, z->alpha, z->beta, INFINITY);

    nd_tri_vector(z->j, z->alpha, z->beta, theta, z->y, z->work);
    return theta;
}

/* x := V y, its Rayleigh quotient and residual into *out. */
static nd_status finish(lanczos *z, double tol, nd_eigen *out, double *vector)
{
    double *x = basis(z, z->room), *ax = basis(z, z->room + 1), size, r;
    nd_status status;

    memset(x, 0, z->n * sizeof *x);
    for (size_t i = 0; i < z->j; i++) nd_axpy(z->n, z->y[i], basis(z, i), x);
    normalise(z->n, x);
    status = multiply(z, x, ax);
    if (status != ND_OK) return status;
    size = nd_norm2(z->n, ax);
    out->value = nd_dot(z->n, x, ax);
    nd_axpy(z->n, -out->value, x, ax);
    r = nd_norm2(z->n, ax);
    out->error = (r + 2.0 * DBL_EPSILON * (size + fabs(out->value))) * (1.0 + 1e-12) + z->noise;
    out->value *= z->sign;
    out->products = z->products;
    out->converged = r <= tol * fmax(z->norm, size);
    memcpy(vector, x, z->n * sizeof *x);
    return ND_OK;
}

static nd_status iterate(lanczos *z, double tol, nd_eigen *out, double *vector)
{
    nd_status status = ND_OK;
    size_t spent = 0; /* random vectors put in after a breakdown */

    while (status == ND_OK) {
        bool full, broken, last;
        status = step(z);
        if (status != ND_OK) break;
        /* One product is kept for the residual. */
        last = z->products + 1 >= z->limit || z->j == z->n;
        full = z->j == z->room;
        broken = z->beta[z->j - 1] <= 4.0 * DBL_EPSILON * z->norm;
        if (last || full || broken || z->j <= 32 || z->j % CHECKS == 0) {
            ritz(z);
            if (last || (broken && ++spent > 1) ||
                (!broken && fabs(z->beta[z->j - 1] * z->y[z->j - 1]) <= 0.5 * tol * z->norm))
                break;
        }
        if (full) status = restart(z);
        if (broken && status == ND_OK) {
            z->beta[z->j - 1] = 0.0;
            random_vector(z, z->j);
        }
    }
    return status == ND_OK ? finish(z, tol, out, vector) : status;
}

nd_status nd_eigen_lanczos(nd_ctx *ctx, size_t n, nd_matvec a, void *self, int want, double tol,
                           long max_products, const double *start, nd_eigen *out, double *vector)
{
    lanczos z;
    nd_eigen e = {NAN, NAN, 0, false};
    nd_status status = create(&z, ctx, n, max_products < 2 ? 2 : max_products);

    z.a = a;
    z.self = self;
    z.sign = want < 0 ? 1.0 : -1.0;
    if (status == ND_OK) {
        first_vector(&z, start);
        status = iterate(&z, tol, &e, vector);
    }
    if (status == ND_OK) *out = e;
    nd_free(ctx, z.block);
    return status;
}
