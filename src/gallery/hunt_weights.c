/* Weights that make a point a minimum (docs/hunt.md): u >= 0 with
 *
 *     sum_i u_i = 1,   sum_i u_i g_i = 0,   lambda_min(sum_i u_i A_i)  as large as can be.
 *
 * A semidefinite program, solved by linear programs with cutting planes v'(sum_i u_i A_i)v >= mu,
 * v the eigenvectors of the smallest eigenvalues met so far. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/hunt.h"
#include "gallery/lp.h"
#include "num/blas.h"

#define LEAST_WRONG 0.05 /* share of the weight on samples that are answered wrongly */
#define LEAST_MU    1e-7

enum { CUTS_MAX = 60 };

nd_status nd_weighing_open(nd_ctx *ctx, size_t N, size_t P, size_t rows, nd_weighing *s)
{
    size_t m = rows + 2 + CUTS_MAX, n = N + 2 + CUTS_MAX, B = P > rows ? P : rows;

    *s = (nd_weighing){.ctx = ctx, .N = N, .P = P, .rows = rows};
    s->g = ND_NEW(ctx, double, N *rows);
    s->A = ND_NEW(ctx, double, N *P *P);
    s->wrong = ND_NEW(ctx, bool, N);
    s->cut = ND_NEW(ctx, double, CUTS_MAX *N);
    s->u = ND_NEW(ctx, double, n);
    s->H = ND_NEW(ctx, double, 2 * B * B + B);
    s->lp = ND_NEW(ctx, double, m *n + m + n);
    if (!s->g || !s->A || !s->wrong || !s->cut || !s->u || !s->H || !s->lp) return ND_EMEM;
    s->vec = s->H + B * B;
    s->val = s->vec + B * B;
    return ND_OK;
}

void nd_weighing_close(nd_weighing *s)
{
    nd_free(s->ctx, s->g);
    nd_free(s->ctx, s->A);
    nd_free(s->ctx, s->wrong);
    nd_free(s->ctx, s->cut);
    nd_free(s->ctx, s->u);
    nd_free(s->ctx, s->H);
    nd_free(s->ctx, s->lp);
}

/* v'A_i v for all i: one more cutting plane. */
static void add_cut(nd_weighing *s, const double *v)
{
    double *row = s->cut + s->cuts++ * s->N;

    for (size_t i = 0; i < s->N; i++) {
        const double *A = s->A + i * s->P * s->P;

        row[i] = 0.0;
        for (size_t k = 0; k < s->P; k++)
            for (size_t l = 0; l < s->P; l++) row[i] += v[k] * A[k * s->P + l] * v[l];
    }
}

/* Columns: u (N), mu, the surplus of the wrong weight, one surplus for each cut.
 * Rows: sum u_i g_i = 0 (rows); sum u = 1; sum_wrong u - s = LEAST_WRONG; cut.u - mu - s = 0. */
static nd_status solve(nd_weighing *s, double *mu, bool *ok)
{
    size_t E = s->rows, n = s->N + 2 + s->cuts, m = E + 2 + s->cuts;
    double *A = s->lp, *b = A + m * n, *c = b + m;
    nd_lp_end end;
    nd_status status;

    memset(A, 0, (m * n + m + n) * sizeof *A);
    for (size_t i = 0; i < s->N; i++) {
        for (size_t k = 0; k < E; k++) A[k * n + i] = s->g[i * E + k];
        A[E * n + i] = 1.0;
        A[(E + 1) * n + i] = s->wrong[i] ? 1.0 : 0.0;
        for (size_t k = 0; k < s->cuts; k++) A[(E + 2 + k) * n + i] = s->cut[k * s->N + i];
    }
    b[E] = 1.0;
    b[E + 1] = LEAST_WRONG;
    A[(E + 1) * n + s->N + 1] = -1.0;
    for (size_t k = 0; k < s->cuts; k++) {
        A[(E + 2 + k) * n + s->N] = -1.0;
        A[(E + 2 + k) * n + s->N + 2 + k] = -1.0;
    }
    c[s->N] = 1.0;
    status = nd_lp_maximise(s->ctx, m, n, A, b, c, s->u, &end);
    *ok = status == ND_OK && end == ND_LP_OPTIMAL;
    if (*ok) *mu = s->u[s->N];
    return status;
}

/* H at u and its eigenpairs; cuts for the smallest ones. */
static nd_status separate(nd_weighing *s, double mu, double *least)
{
    size_t PP = s->P * s->P;
    double error;
    nd_status status;

    memset(s->H, 0, PP * sizeof *s->H);
    for (size_t i = 0; i < s->N; i++)
        for (size_t k = 0; s->u[i] > 0.0 && k < PP; k++) s->H[k] += s->u[i] * s->A[i * PP + k];
    status = nd_eigen_dense(s->ctx, s->P, s->H, s->val, s->vec, &error);
    if (status != ND_OK) return status;
    *least = s->val[0];
    for (size_t k = 0; k < 3 && k < s->P && s->cuts < CUTS_MAX; k++)
        if (k == 0 || s->val[k] < mu) add_cut(s, s->vec + k * s->P);
    return ND_OK;
}

/* The cutting planes; *ok: u has lambda_min > 0 and a wrong sample. */
nd_status nd_weighing_solve(nd_weighing *s, double *least, bool *ok)
{
    double mu = 0.0;
    nd_status status = ND_OK;

    for (size_t k = 0; k < s->P; k++) { /* H_kk >= mu to begin with */
        for (size_t l = 0; l < s->P; l++) s->vec[l] = k == l;
        add_cut(s, s->vec);
    }
    for (*ok = true; *ok && s->cuts < CUTS_MAX;) {
        ND_TRY(solve(s, &mu, ok));
        if (!*ok || !(mu > LEAST_MU)) break;
        ND_TRY(separate(s, mu, least));
        if (*least > 0.5 * mu) return ND_OK;
    }
    *ok = *ok && mu > LEAST_MU && *least > 1e-8;
done:
    return status;
}

/* The candidates of weight above 1e-6. */
size_t nd_weighing_support(const nd_weighing *s, size_t *index)
{
    size_t n = 0;

    for (size_t i = 0; i < s->N; i++)
        if (s->u[i] > 1e-6) index[n++] = i;
    return n;
}

/* The smallest change of u on its support that makes sum_i u_i g_i vanish: the program leaves
 * 1e-10, and a Hessian so nearly singular asks for 1e-16.  du = -G'(GG')^-1 G u, G: P x n.
 * *ok: all weights stay positive. */
void nd_weighing_balance(nd_weighing *s, size_t n, const size_t *index, bool *ok)
{
    size_t P = s->rows;
    double *B = s->H, *r = s->val;

    for (int step = 0; step < 3; step++) {
        for (size_t k = 0; k < P; k++) {
            r[k] = 0.0;
            for (size_t i = 0; i < n; i++) r[k] += s->u[index[i]] * s->g[index[i] * P + k];
            for (size_t l = 0; l < P; l++) {
                B[k * P + l] = k == l ? 1e-14 : 0.0;
                for (size_t i = 0; i < n; i++)
                    B[k * P + l] += s->g[index[i] * P + k] * s->g[index[i] * P + l];
            }
        }
        *ok = nd_blas_potrf(P, B, P) == 0;
        if (!*ok) return;
        nd_blas_potrs(P, B, P, r);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < P; k++) s->u[index[i]] -= s->g[index[i] * P + k] * r[k];
    }
    for (size_t i = 0; i < n; i++) *ok = *ok && s->u[index[i]] > 0.0;
}
