/* Data made for a bad minimum (shared mathematics: docs/hunt.md).
 *
 * Fix the network, a theta that answers wrongly, and candidate samples i (a grid, labelled so
 * that the condition on the data holds for all of them).  With weights u_i >= 0 the
 * first-order conditions and the Hessian are linear in u:
 *
 *     sum_i u_i grad l_i = 0,     H = sum_i u_i A_i,   A_i = the Hessian of l(-y_i f(x_i)).
 *
 * Maximise lambda_min(H) over sum_i u_i = 1 and a least weight on wrong samples: a semidefinite
 * program, solved by linear programs with cutting planes v'Hv >= mu, v the eigenvectors of
 * the smallest eigenvalues met so far.  A solution with mu > 0 is a strict bad minimum; then the
 * weights become numbers of copies, and Newton's method moves theta to where that leaves it. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/hunt.h"
#include "gallery/lp.h"
#include "lab/lab.h"

#define STREAM (((uint64_t)1 << 60) + ((uint64_t)1 << 58)) /* of nd_rng */

enum { CUTS_MAX = 60, ACROSS = 21, COPIES_MAX = 160 };

typedef struct {
    nd_ctx *ctx;
    size_t N, P;    /* candidates, parameters                   */
    nd_table *grid; /* the candidates                            */
    double *g, *A;  /* N x P, N x P x P                          */
    bool *wrong;    /* N                                         */
    double *cut;    /* CUTS_MAX x N: v'A_i v                     */
    size_t cuts;
    double *u, *H, *val, *vec; /* N; P x P; P; P x P                    */
    double *lp;                /* the matrix of the program                 */
} design;

/* Candidates on two lines, x_2 = +-1 and their neighbours: separable by the last coordinate. */
static nd_status make_grid(nd_ctx *ctx, nd_rng *r, nd_table **out)
{
    double x[2 * 2 * ACROSS], y[2 * ACROSS];
    double step = 0.5, wobble = 0.05 * (double)nd_rng_below(r, 3);

    for (size_t i = 0; i < 2 * ACROSS; i++) {
        y[i] = i % 2 ? -1.0 : 1.0;
        x[2 * i] = step * ((double)(i / 2) - ACROSS / 2);
        x[2 * i + 1] = y[i] * (1.0 + wobble * (double)(i % 3));
    }
    return nd_table_from_arrays(ctx, 2 * ACROSS, 2, x, y, out);
}

/* Gradient and Hessian of one sample's loss, and whether it is wrong. */
static nd_status sample_jets(design *s, const nd_net *net, nd_loss loss, const double *theta,
                             size_t i)
{
    nd_table *one = NULL;
    nd_work *work = NULL;
    nd_problem pb;
    double L, m;
    nd_status status;

    ND_TRY(nd_table_subset(s->ctx, s->grid, 1, &i, &one));
    ND_TRY(nd_problem_make(s->ctx, net, one, loss, 0.0, &pb));
    ND_TRY(nd_work_create(s->ctx, &pb, &work));
    ND_TRY(nd_problem_grad(s->ctx, &pb, theta, work, &L, s->g + i * s->P));
    ND_TRY(nd_problem_hessian(s->ctx, &pb, theta, work, s->A + i * s->P * s->P));
    ND_TRY(nd_problem_margins(s->ctx, &pb, theta, work, &m));
    s->wrong[i] = m < -0.02;
done:
    nd_work_destroy(s->ctx, work);
    nd_table_destroy(s->ctx, one);
    return status;
}

static nd_status open_design(design *s, const nd_net *net, nd_loss loss, const double *theta)
{
    nd_status status = ND_OK;

    s->N = s->grid->n;
    s->P = net->P;
    s->g = ND_NEW(s->ctx, double, s->N * s->P);
    s->A = ND_NEW(s->ctx, double, s->N * s->P * s->P);
    s->wrong = ND_NEW(s->ctx, bool, s->N);
    s->cut = ND_NEW(s->ctx, double, CUTS_MAX * s->N);
    s->u = ND_NEW(s->ctx, double, s->N + 3 + CUTS_MAX);
    s->H = ND_NEW(s->ctx, double, 2 * s->P * s->P + s->P);
    s->lp =
        ND_NEW(s->ctx, double, (s->P + 2 + CUTS_MAX) * (s->N + 4 + CUTS_MAX) + s->N + 4 + CUTS_MAX);
    if (!s->g || !s->A || !s->wrong || !s->cut || !s->u || !s->H || !s->lp) return ND_EMEM;
    s->vec = s->H + s->P * s->P;
    s->val = s->vec + s->P * s->P;
    for (size_t i = 0; i < s->N; i++) ND_TRY(sample_jets(s, net, loss, theta, i));
done:
    return status;
}

static void close_design(design *s)
{
    nd_free(s->ctx, s->g);
    nd_free(s->ctx, s->A);
    nd_free(s->ctx, s->wrong);
    nd_free(s->ctx, s->cut);
    nd_free(s->ctx, s->u);
    nd_free(s->ctx, s->H);
    nd_free(s->ctx, s->lp);
    nd_table_destroy(s->ctx, s->grid);
}

/* v'A_i v for all i: one more cutting plane. */
static void add_cut(design *s, const double *v)
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
 * Rows: sum u_i g_i = 0 (P); sum u = 1; sum_wrong u - s = 0.05; cut.u - mu - s = 0. */
static nd_status solve(design *s, double *mu, bool *ok)
{
    size_t n = s->N + 2 + s->cuts, m = s->P + 2 + s->cuts;
    double *A = s->lp, *b = A + m * n, *c = b + m;
    nd_lp_end end;
    nd_status status;

    memset(A, 0, (m * n + m + n) * sizeof *A);
    for (size_t i = 0; i < s->N; i++) {
        for (size_t k = 0; k < s->P; k++) A[k * n + i] = s->g[i * s->P + k];
        A[s->P * n + i] = 1.0;
        A[(s->P + 1) * n + i] = s->wrong[i] ? 1.0 : 0.0;
        for (size_t k = 0; k < s->cuts; k++) A[(s->P + 2 + k) * n + i] = s->cut[k * s->N + i];
    }
    b[s->P] = 1.0;
    b[s->P + 1] = 0.05;
    A[(s->P + 1) * n + s->N + 1] = -1.0;
    for (size_t k = 0; k < s->cuts; k++) {
        A[(s->P + 2 + k) * n + s->N] = -1.0;
        A[(s->P + 2 + k) * n + s->N + 2 + k] = -1.0;
    }
    c[s->N] = 1.0;
    status = nd_lp_maximise(s->ctx, m, n, A, b, c, s->u, &end);
    *ok = status == ND_OK && end == ND_LP_OPTIMAL;
    if (*ok) *mu = s->u[s->N];
    return status;
}

/* H at u and its eigenpairs; cuts for the smallest ones. */
static nd_status separate(design *s, double mu, double *least)
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
static nd_status optimise(design *s, double *least, bool *ok)
{
    double mu = 0.0;
    nd_status status = ND_OK;

    for (size_t k = 0; k < s->P; k++) { /* H_kk >= mu to begin with */
        for (size_t l = 0; l < s->P; l++) s->vec[l] = k == l;
        add_cut(s, s->vec);
    }
    for (*ok = true; *ok && s->cuts < CUTS_MAX;) {
        ND_TRY(solve(s, &mu, ok));
        if (!*ok || !(mu > 1e-7)) break;
        ND_TRY(separate(s, mu, least));
        if (*least > 0.5 * mu) return ND_OK;
    }
    *ok = *ok && mu > 1e-7 && *least > 1e-8;
done:
    return status;
}

/* Weights as numbers of copies: round(K u_i). */
static nd_status copies(const design *s, double K, nd_table **out)
{
    size_t index[COPIES_MAX], n = 0;

    *out = NULL;
    for (size_t i = 0; i < s->N; i++)
        for (double k = floor(K * s->u[i] + 0.5); k > 0.0; k -= 1.0) {
            if (n == COPIES_MAX) return ND_OK;
            index[n++] = i;
        }
    return n > 2 ? nd_table_subset(s->ctx, s->grid, n, index, out) : ND_OK;
}

/* The smallest K for which the multiset has a proved bad minimum near theta. */
static nd_status realise(design *s, nd_prey *p, const char *net, nd_loss loss, const double *theta,
                         bool *ok)
{
    static const double K[] = {20, 30, 40, 55, 75, 100, 140};
    nd_surface *sf = NULL;
    nd_status status = ND_OK;

    *ok = false;
    for (size_t k = 0; k < sizeof K / sizeof *K && !*ok; k++) {
        nd_opt_settings set;
        nd_opt_result end;

        nd_prey_clear(s->ctx, p);
        ND_TRY(copies(s, K[k], &p->data));
        if (!p->data) break;
        ND_TRY(nd_prey_build(s->ctx, p, net, loss, 0.0));
        memcpy(p->theta, theta, s->P * sizeof *theta);
        ND_TRY(nd_surface_open(s->ctx, p->net, p->data, loss, 0.0, &sf));
        nd_opt_init(&set);
        set.grad_tol = 1e-14;
        set.iterations = 200;
        set.quiet = true;
        ND_TRY(nd_newton(s->ctx, &sf->oracle, &set, p->theta, &end));
        nd_surface_close(sf);
        sf = NULL;
        ND_TRY(nd_hunt_prove(s->ctx, p, ok));
    }
done:
    nd_surface_close(sf);
    return status;
}

nd_status nd_hunt_design(nd_ctx *ctx, nd_prey *p, const char *net, nd_loss loss, uint64_t seed,
                         uint64_t trial, bool *ok)
{
    nd_rng r = nd_rng_make(seed, STREAM + trial);
    design s = {.ctx = ctx};
    nd_net *plan = NULL;
    double *theta = NULL, least = 0.0;
    nd_status status;

    *ok = false;
    ND_TRY(make_grid(ctx, &r, &s.grid));
    ND_TRY(nd_net_parse(ctx, net, 2, &plan));
    theta = ND_NEW(ctx, double, plan->P);
    if (!theta) status = ND_EMEM;
    if (status != ND_OK) goto done;
    nd_net_start(plan, seed, trial, 0.6 + 0.2 * (double)nd_rng_below(&r, 8), theta);
    ND_TRY(open_design(&s, plan, loss, theta));
    ND_TRY(optimise(&s, &least, ok));
    if (*ok) ND_TRY(realise(&s, p, net, loss, theta, ok));
done:
    nd_free(ctx, theta);
    nd_net_destroy(ctx, plan);
    close_design(&s);
    return status;
}
