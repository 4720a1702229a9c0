/* Trust-region step with a dense Hessian: the global minimiser of
 *     m(s) = g's + s'H s / 2   in |s| <= r
 * is s = -(H + lambda I)^-1 g with lambda >= 0, H + lambda I positive semidefinite
 * and lambda (r - |s|) = 0 (More and Sorensen, SIAM J. Sci. Stat. Comput. 4, 1983).
 *
 * lambda is found by Newton's method on 1/|s(lambda)| - 1/r, each step one Cholesky
 * factorisation, inside [lo, hi]; one is enough for most steps because the last
 * lambda is the first guess.  In the hard case (g has next to nothing along the
 * lowest eigenvectors) s lies inside, and tau v is added, v from inverse iteration.
 *
 * Singular H.  Zero-loss manifolds and dead neurons give eigenvalues that are 0 up to
 * rounding, of either sign; H + floor I with floor = n u |H| is then what is
 * factored, and nothing is added along the null space. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "num/blas.h"
#include "num/tile.h"
#include "opt/quad.h"

#define LOOSE       0.1 /* |s| within this of the radius is on the boundary      */
#define LOOSE_HARD  0.2 /* share of the decrease given away in the hard case     */
#define MAX_FACTORS 40  /* bisection of lambda would need no more                */
#define PROBE       24  /* products for a rough lambda_min: 48 n^2 << n^3 / 3    */

/* H by columns from products when the oracle has no dense Hessian. */
static nd_status assemble(nd_quad *q)
{
    const size_t n = q->n;
    nd_status status = ND_OK;

    memset(q->p, 0, n * sizeof *q->p);
    for (size_t j = 0; j < n && status == ND_OK; j++) {
        q->p[j] = 1.0;
        status = nd_quad_hv(q, q->p, q->H + j * n);
        q->p[j] = 0.0;
    }
    for (size_t j = 0; j < n && status == ND_OK; j++)
        for (size_t i = 0; i < j; i++)
            q->H[j * n + i] = q->H[i * n + j] = 0.5 * (q->H[j * n + i] + q->H[i * n + j]);
    return status;
}

nd_status nd_quad_dense_update(nd_quad *q)
{
    const nd_oracle *fn = q->run->fn;
    nd_status status = fn->hessian ? fn->hessian(fn->self, q->run->here.x, q->H) : assemble(q);

    if (status != ND_OK) return status;
    q->run->out.hessians++;
    q->norm = nd_norm2(q->n * q->n, q->H);
    q->floor = 0.5 * DBL_EPSILON * (double)q->n * q->norm;
    return ND_OK;
}

/* L L' = H + lambda I; false when that is not positive definite. */
static bool factor(nd_quad *q, double lambda)
{
    const size_t n = q->n;

    memcpy(q->L, q->H, n * n * sizeof *q->L);
    for (size_t i = 0; i < n; i++) q->L[i * n + i] += lambda;
    q->run->out.factorisations++;
    return nd_blas_potrf(n, q->L, n) == 0;
}

static nd_status multiply(void *self, const double *v, double *hv)
{
    nd_quad *q = self;

    nd_blas_gemv(false, q->n, q->n, 1.0, q->H, q->n, v, 0.0, hv);
    return ND_OK;
}

/* A rough lambda_min from below 0: raises q->low. */
static nd_status probe(nd_quad *q)
{
    nd_eigen e;
    nd_status status;

    q->probed = true;
    status = nd_eigen_lanczos(q->run->ctx, q->n, multiply, q, -1, 1e-3, PROBE, NULL, &e, q->v);
    if (status == ND_OK) q->low = fmax(q->low, -e.value);
    return status;
}

/* s := -(H + lambda I)^-1 g; returns |s|. */
static double solve(nd_quad *q)
{
    for (size_t i = 0; i < q->n; i++) q->s[i] = -q->run->here.g[i];
    nd_blas_potrs(q->n, q->L, q->n, q->s);
    return nd_norm2(q->n, q->s);
}

/* Two steps of inverse iteration from v; returns v'(H + lambda I) v, |v| = 1. */
static double lowest(nd_quad *q)
{
    const size_t n = q->n;
    double rho = NAN;

    for (int k = 0; k < 3; k++) {
        double size = nd_norm2(n, q->v);
        for (size_t i = 0; i < n; i++) q->p[i] = q->v[i] /= size;
        nd_blas_potrs(n, q->L, n, q->p);
        size = nd_norm2(n, q->p);
        rho = nd_dot(n, q->p, q->v) / (size * size);
        memcpy(q->v, q->p, n * sizeof *q->v);
        for (size_t i = 0; i < n; i++) q->v[i] /= size;
    }
    return rho;
}

/* tau of smaller size with |s + tau v| = r. */
static double to_boundary(const nd_quad *q, double size, double r)
{
    double sv = nd_dot(q->n, q->s, q->v), c = (r - size) * (r + size);
    double root = sqrt(sv * sv + c);

    return sv >= 0.0 ? c / (sv + root) : c / (sv - root);
}

/* Newton's step for 1/|s| = 1/r:  lambda + (|s|^2 / s'(H + lambda I)^-1 s) (|s| - r) / r. */
static double newton_lambda(nd_quad *q, double lambda, double size, double r)
{
    memcpy(q->p, q->s, q->n * sizeof *q->p);
    nd_blas_potrs(q->n, q->L, q->n, q->p);
    return lambda + size * (size / nd_dot(q->n, q->s, q->p)) * ((size - r) / r);
}

/* s inside although lambda > 0: enough of v added?  Raises the lower bound. */
static bool hard_case(nd_quad *q, double lambda, double size, double r, double *lo)
{
    double rho = lowest(q), tau = to_boundary(q, size, r);
    double gain = -nd_dot(q->n, q->run->here.g, q->s) + lambda * r * r;

    *lo = fmax(*lo, lambda - rho);
    q->low = fmax(q->low, lambda - rho);
    if (!(lambda - rho > q->floor) || !(tau * tau * rho <= LOOSE_HARD * gain)) return false;
    nd_axpy(q->n, tau, q->v, q->s);
    q->negative = true;
    return true;
}

/* The next lambda after a factorisation failed. */
static nd_status after_failure(nd_quad *q, double lambda, double *lo, double hi, double r,
                               double *next)
{
    nd_status status = ND_OK;
    double slack = q->run->here.norm / r;

    *lo = fmax(*lo, lambda);
    *next = q->floor;
    if (lambda < q->floor) return ND_OK;
    if (!q->probed) {
        status = probe(q);
        *lo = fmax(*lo, q->low);
        *next = *lo + fmax(0.05 * *lo, 0.5 * slack);
    } else {
        *next = fmax(sqrt(*lo) * sqrt(hi), *lo + 0.01 * (hi - *lo));
    }
    *next = fmin(*next, hi);
    return status;
}

/* First guess: that of the last step (which scales as 1/r), above what is known. */
static double first_lambda(const nd_quad *q, double r)
{
    double guess =
        q->at_floor ? q->floor : (q->lambda > 0.0 ? q->lambda * fmin(q->radius / r, 1e3) : 0.0);

    if (q->low > q->floor)
        guess = fmax(guess, q->low * (1.0 + 1e-6) + 1e-3 * q->run->here.norm / r);
    return guess;
}

/* predicted = -m(s). */
static void predict(nd_quad *q)
{
    multiply(q, q->s, q->w);
    q->predicted = -nd_dot(q->n, q->run->here.g, q->s) - 0.5 * nd_dot(q->n, q->s, q->w);
}

/* Is s the step?  Else moves the bracket and sets the next lambda. */
static bool accept(nd_quad *q, double lambda, double r, double *lo, double *hi, double *next)
{
    double size = solve(q);

    q->on_boundary = size >= (1.0 - LOOSE) * r;
    if (size <= (1.0 + LOOSE) * r && (lambda <= q->floor || q->on_boundary)) return true;
    if (size > r) {
        *lo = fmax(*lo, lambda);
    } else {
        *hi = fmin(*hi, lambda);
        q->on_boundary = true;
        if (hard_case(q, lambda, size, r, lo)) return true;
    }
    *next = newton_lambda(q, lambda, size, r);
    if (*next > *lo && *next < *hi) return false;
    /* Below all that is known to be too low: is lambda = 0 the answer? */
    if (size < r && *lo < q->floor)
        *next = *lo > 0.0 ? q->floor : 0.0;
    else if (*lo > q->floor && 1.1 * *lo < *hi)
        *next = 1.1 * *lo; /* lo comes from v: a good estimate of -lambda_min */
    else
        *next = fmax(sqrt(*lo) * sqrt(*hi), *lo + 0.01 * (*hi - *lo));
    return false;
}

/* The bracket has become too small for rounding: the steepest of the safe steps. */
static void give_up(nd_quad *q, double lambda, double r)
{
    double size;

    factor(q, lambda);
    size = solve(q);
    q->on_boundary = true;
    for (size_t i = 0; i < q->n && size > r; i++) q->s[i] *= r / size;
}

nd_status nd_quad_dense_step(nd_quad *q, double r)
{
    const double top = q->run->here.norm / r + q->norm + q->floor;
    double lo = q->low, hi = top, next = 0.0, lambda = fmin(first_lambda(q, r), hi);
    bool found = !(top > 0.0); /* g = 0 and H = 0: s = 0 */
    nd_status status;

    q->negative = q->on_boundary = false;
    memset(q->s, 0, q->n * sizeof *q->s);
    for (int k = 0; k < MAX_FACTORS && !found; k++) {
        if (factor(q, lambda)) {
            found = accept(q, lambda, r, &lo, &hi, &next);
        } else {
            status = after_failure(q, lambda, &lo, hi, r, &next);
            if (status != ND_OK) return status;
        }
        if (!found) lambda = next;
    }
    if (!found) give_up(q, lambda = top, r);
    q->lambda = lambda;
    q->at_floor = lambda > 0.0 && lambda <= q->floor;
    q->radius = r;
    predict(q);
    return ND_OK;
}

/* |(H + mu I)^-1 g| for a mu that makes it positive definite beyond rounding. */
static double remaining_step(nd_quad *q)
{
    const nd_opt_result *out = &q->run->out;
    double mu = out->lambda_err + fmax(0.0, -out->lambda_min);

    while (!factor(q, mu)) {
        if (mu == 0.0) return q->run->here.norm > 0.0 ? INFINITY : 0.0; /* H = 0 */
        mu *= 2.0;
    }
    return solve(q);
}

nd_status nd_quad_dense_curvature(nd_quad *q)
{
    nd_opt_result *out = &q->run->out;
    const size_t n = q->n;
    nd_status status;

    memcpy(q->L, q->H, n * n * sizeof *q->L);
    /* Ascending values into w: n entries. */
    status = nd_eigen_dense(q->run->ctx, n, q->L, q->w, NULL, &out->lambda_err);
    if (status != ND_OK) return status;
    out->lambda_min = q->w[0];
    for (out->index = 0; (size_t)out->index < n && q->w[out->index] < -out->lambda_err;)
        out->index++;
    q->low = fmax(0.0, -out->lambda_min);
    q->probed = true;
    out->step = remaining_step(q);
    return ND_OK;
}
