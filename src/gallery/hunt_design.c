/* Data made for a bad minimum (docs/hunt.md).
 *
 * Fix the network, a theta that answers wrongly, and candidate samples i (a grid, labelled so
 * that the condition on the data holds for all of them).  With weights u_i >= 0 the
 * first-order conditions and the Hessian are linear in u:
 *
 *     sum_i u_i grad l_i = 0,     H = sum_i u_i A_i,   A_i = the Hessian of l(-y_i f(x_i)).
 *
 * Maximise lambda_min(H) over sum_i u_i = 1 and a least weight on wrong samples: a semidefinite
 * program, solved by linear programs with cutting planes v'Hv >= mu, v the eigenvectors of
 * the smallest eigenvalues met so far.  A solution with mu > 0 is a strict bad minimum of the
 * weighted sample, which is then proved. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/hunt.h"
#include "gallery/lp.h"
#include "num/blas.h"

#define STREAM (((uint64_t)1 << 60) + ((uint64_t)1 << 58)) /* of nd_rng */

enum { CUTS_MAX = 60, ACROSS = 21 };

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

/* ---- from weights to a problem -------------------------------------------------------------- */

/* The candidates of weight above 1e-6. */
static size_t support(const design *s, size_t *index)
{
    size_t n = 0;

    for (size_t i = 0; i < s->N; i++)
        if (s->u[i] > 1e-6) index[n++] = i;
    return n;
}

/* The smallest change of u on its support that makes sum_i u_i g_i vanish: the program leaves
 * 1e-10, and a Hessian so nearly singular asks for 1e-16.  du = -G'(GG')^-1 G u, G: P x n.
 * B: P x P, r: P of scratch.  *ok: all weights stay positive. */
static void balance(design *s, size_t n, const size_t *index, double *B, double *r, bool *ok)
{
    size_t P = s->P;

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

/* The weighted sample of which theta is to be a bad minimum, proved. */
static nd_status realise(design *s, nd_prey *p, const char *net, nd_loss loss, const double *theta,
                         bool *ok)
{
    size_t index[2 * ACROSS], n = support(s, index);
    nd_status status;

    balance(s, n, index, s->H, s->val, ok);
    if (!*ok) return ND_OK;
    ND_TRY(nd_table_subset(s->ctx, s->grid, n, index, &p->data));
    p->data->weight = ND_NEW(s->ctx, double, n);
    if (!p->data->weight) return ND_EMEM;
    for (size_t i = 0; i < n; i++) p->data->weight[i] = (double)n * s->u[index[i]];
    ND_TRY(nd_prey_build(s->ctx, p, net, loss, 0.0));
    memcpy(p->theta, theta, s->P * sizeof *theta);
    ND_TRY(nd_hunt_prove(s->ctx, p, ok));
done:
    return status;
}

static double between(nd_rng *r, double lo, double hi)
{
    return lo + (hi - lo) * nd_rng_uniform(r);
}

/* A theta to build on, which does not use the last coordinate: f is a valley over the first,
 * one neuron of the second layer rising late, one falling early (odd trials: upside down). */
static bool place(const nd_net *net, nd_rng *r, bool turned, double *theta)
{
    const nd_term *t = &net->term[0];
    const nd_layer *first = t->layer, *second = t->layer + 1;
    double side = turned ? -1.0 : 1.0;

    if (net->terms != 1 || t->depth != 2 || first->residual || second->residual || !first->bias ||
        !second->bias)
        return false;
    memset(theta, 0, net->P * sizeof *theta);
    for (size_t j = 0; j < first->width; j++) {
        theta[first->W + 2 * j] = side * between(r, 0.5, 1.3);
        theta[first->b + j] = between(r, 0.2, 1.3);
    }
    for (size_t j = 0; j < second->width; j++) {
        bool falls = j % 2;

        for (size_t k = 0; k < second->in; k++)
            theta[second->W + j * second->in + k] =
                falls ? between(r, -4.0, -1.5) : between(r, 0.5, 1.5);
        theta[second->b + j] = falls ? between(r, 0.0, 2.0) : between(r, -5.0, -2.5);
        theta[t->a + j] = between(r, 0.3, 2.5);
    }
    theta[net->a0] = between(r, -2.2, -0.3);
    return true;
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
    if (!place(plan, &r, trial % 2, theta)) goto done;
    ND_TRY(open_design(&s, plan, loss, theta));
    ND_TRY(optimise(&s, &least, ok));
    if (*ok) ND_TRY(realise(&s, p, net, loss, theta, ok));
done:
    nd_free(ctx, theta);
    nd_net_destroy(ctx, plan);
    close_design(&s);
    return status;
}
