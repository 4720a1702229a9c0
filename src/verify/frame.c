/* A symmetric ball matrix H seen from coordinates X in which it is nearly D = diag(+-1): any
 * matrix of doubles will do, we take eigenvectors scaled by |lambda|^(-1/2).
 *
 * With M = X'HX and |M - D|_inf <= eps < 1, D + t(M - D) is nonsingular for 0 <= t <= 1, so D
 * and M have equal inertia, and M that of H (Sylvester): every matrix in H is nonsingular
 * with as many negative eigenvalues as D has -1.  lambda_min(H) > mu when M - mu X'X is
 * strictly diagonally dominant with a positive diagonal. */
#include "verify/prove.h"
#include <math.h>
#include <string.h>

void nv_frame_init(nv_frame *f, slong m)
{
    memset(f, 0, sizeof *f);
    f->m = m;
    arb_mat_init(f->H, 0, 0); /* made when it is taken: m^2 is large */
    arb_mat_init(f->X, m, m);
    arb_mat_init(f->M, m, m);
    f->A = flint_calloc((size_t)(m * m) + 1, sizeof *f->A);
    f->D = flint_calloc((size_t)m + 1, sizeof *f->D);
}

void nv_frame_clear(nv_frame *f)
{
    arb_mat_clear(f->H);
    arb_mat_clear(f->X);
    arb_mat_clear(f->M);
    flint_free(f->A);
    flint_free(f->D);
}

void nv_frame_take(nv_frame *f, arb_mat_t H, const slong *at)
{
    if (f->m == arb_mat_nrows(H)) {
        arb_mat_swap(f->H, H);
        return;
    }
    arb_mat_clear(f->H);
    arb_mat_init(f->H, f->m, f->m);
    for (slong i = 0; i < f->m; i++)
        for (slong j = 0; j < f->m; j++)
            arb_set(arb_mat_entry(f->H, i, j), arb_mat_entry(H, at[i], at[j]));
}

/* X, D from the midpoints of H.  Column j of X: the j-th eigenvector / |lambda_j|^(1/2). */
static bool guess(nv_frame *f)
{
    slong P = f->m;

    f->why = "a derivative needed does not exist or is not bounded near theta";
    for (slong i = 0; i < P; i++)
        for (slong j = 0; j < P; j++) {
            if (!arb_is_finite(arb_mat_entry(f->H, i, j))) return false;
            f->A[i * P + j] = arf_get_d(arb_midref(arb_mat_entry(f->H, i, j)), ARF_RND_NEAR);
        }
    f->why = "no eigenvectors found";
    if (P > 0 && !nv_eigen(P, f->A, f->D)) return false;
    f->why = "the Hessian is numerically singular";
    f->index = 0;
    for (slong j = 0; j < P; j++) {
        double scale = sqrt(fabs(f->D[j]));

        for (slong k = 0; k < P; k++) {
            double x = f->A[j * P + k] / scale;

            if (!isfinite(x)) return false;
            arb_set_d(arb_mat_entry(f->X, k, j), x);
        }
        f->D[j] = f->D[j] < 0 ? -1 : 1;
        f->index += f->D[j] < 0;
    }
    return true;
}

/* M := X'HX; its |M - D|_inf rounded up. */
static double defect(nv_frame *f)
{
    arb_mat_t Xt, XtH;
    mag_t entry, row, max;
    arb_t t;
    double eps;

    arb_init(t);
    mag_init(entry);
    mag_init(row);
    mag_init(max);
    arb_mat_init(Xt, f->m, f->m);
    arb_mat_init(XtH, f->m, f->m);
    arb_mat_transpose(Xt, f->X);
    arb_mat_mul(XtH, Xt, f->H, NV_COARSE);
    arb_mat_mul(f->M, XtH, f->X, NV_COARSE);
    for (slong i = 0; i < f->m; i++) {
        mag_zero(row);
        for (slong j = 0; j < f->m; j++) {
            arb_set_d(t, i == j ? f->D[i] : 0);
            arb_sub(t, arb_mat_entry(f->M, i, j), t, NV_COARSE);
            arb_get_mag(entry, t);
            mag_add(row, row, entry);
        }
        mag_max(max, max, row);
    }
    arb_zero(t);
    arf_set_mag(arb_midref(t), max);
    eps = nv_upper(t);
    mag_clear(entry);
    mag_clear(row);
    mag_clear(max);
    arb_mat_clear(Xt);
    arb_mat_clear(XtH);
    arb_clear(t);
    return eps;
}

bool nv_frame_prove(nv_frame *f)
{
    f->eps = INFINITY;
    f->index = -1;
    if (!guess(f)) return false;
    f->eps = defect(f);
    f->why = "the Hessian is too close to singular, or varies too much near theta";
    return f->eps < 1;
}

/* A diagonal entry of M - mu X'X below 0 refutes it. */
nd_truth nv_frame_least(const nv_frame *f, double mu)
{
    nd_truth r = ND_PROVED;
    arb_mat_t N, Xt;
    arb_t t, sum;

    arb_init(t);
    arb_init(sum);
    arb_mat_init(N, f->m, f->m);
    arb_mat_init(Xt, f->m, f->m);
    arb_mat_transpose(Xt, f->X);
    arb_mat_mul(N, Xt, f->X, NV_COARSE);
    arb_set_d(t, mu);
    arb_mat_scalar_mul_arb(N, N, t, NV_COARSE);
    arb_mat_sub(N, f->M, N, NV_COARSE);
    for (slong i = 0; i < f->m; i++) {
        if (arb_is_negative(arb_mat_entry(N, i, i))) r = ND_REFUTED;
        arb_zero(sum);
        for (slong j = 0; j < f->m; j++) {
            arb_abs(t, arb_mat_entry(N, i, j));
            if (j != i) arb_add(sum, sum, t, NV_COARSE);
        }
        if (r == ND_PROVED && !arb_gt(arb_mat_entry(N, i, i), sum)) r = ND_UNKNOWN;
    }
    arb_mat_clear(N);
    arb_mat_clear(Xt);
    arb_clear(t);
    arb_clear(sum);
    return r;
}

bool nv_positive(arb_mat_t H, const slong *at, slong m)
{
    nv_frame f;
    bool r;

    nv_frame_init(&f, m);
    nv_frame_take(&f, H, at);
    r = nv_frame_prove(&f) && f.index == 0;
    nv_frame_clear(&f);
    return r;
}
