/* From weights to samples that count once each (docs/hunt.md).
 *
 * The weights become multiplicities k_i (integers near K times their shares), which spoils
 * sum_i k_i grad l_i(x_i; theta) = 0 a little; Newton's method with the smallest steps in (x,
 * theta) repairs that: z := z - J'(JJ')^-1 r, r the gradient, J its derivative by the coordinates
 * of the samples that are not 0 and by theta.  K grows until the point is proved. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/hunt.h"
#include "num/blas.h"

#define STEP_X  1e-6 /* central differences by positions */
#define STEPS   40
#define LONGEST 0.25 /* step */

typedef struct {
    nd_ctx *ctx;
    nd_prey *p; /* its weights are the multiplicities */
    nd_work *work;
    size_t P, free, *at;   /* coordinates that may move                     */
    double *J, *B, *r, *s; /* P x (free + P); P x P; P; free + P              */
} move;

static nd_status open_move(move *m)
{
    const nd_table *t = m->p->data;
    size_t all = t->n * t->d, n;
    nd_status status;

    m->P = m->p->net->P;
    n = all + m->P;
    m->at = ND_NEW(m->ctx, size_t, all);
    m->J = ND_NEW(m->ctx, double, m->P *n);
    m->B = ND_NEW(m->ctx, double, 2 * m->P * m->P);
    m->r = ND_NEW(m->ctx, double, 3 * m->P + n);
    if (!m->at || !m->J || !m->B || !m->r) return ND_EMEM;
    m->s = m->r + 3 * m->P;
    for (size_t k = 0; k < all; k++)
        if (t->x[k] != 0.0) m->at[m->free++] = k;
    ND_TRY(nd_work_create(m->ctx, &m->p->problem, &m->work));
done:
    return status;
}

static void close_move(move *m)
{
    nd_work_destroy(m->ctx, m->work);
    nd_free(m->ctx, m->at);
    nd_free(m->ctx, m->J);
    nd_free(m->ctx, m->B);
    nd_free(m->ctx, m->r);
}

/* A work space remembers its table, which moves here: a fresh one each time. */
static nd_status gradient(move *m, double *g)
{
    double L;

    nd_work_destroy(m->ctx, m->work);
    m->work = NULL;
    nd_status status = nd_work_create(m->ctx, &m->p->problem, &m->work);
    return status == ND_OK ? nd_problem_grad(m->ctx, &m->p->problem, m->p->theta, m->work, &L, g)
                           : status;
}

static nd_status derivatives(move *m)
{
    size_t n = m->free + m->P;
    double *x = m->p->data->x, *lo = m->r + m->P, *hi = lo + m->P, *H = m->B + m->P * m->P;
    nd_status status = ND_OK;

    for (size_t k = 0; k < m->free; k++) {
        double kept = x[m->at[k]];

        x[m->at[k]] = kept + STEP_X;
        ND_TRY(gradient(m, hi));
        x[m->at[k]] = kept - STEP_X;
        ND_TRY(gradient(m, lo));
        x[m->at[k]] = kept;
        for (size_t i = 0; i < m->P; i++) m->J[i * n + k] = (hi[i] - lo[i]) / (2.0 * STEP_X);
    }
    ND_TRY(gradient(m, m->r));
    ND_TRY(nd_problem_hessian(m->ctx, &m->p->problem, m->p->theta, m->work, H));
    for (size_t i = 0; i < m->P; i++)
        memcpy(m->J + i * n + m->free, H + i * m->P, m->P * sizeof *H);
done:
    return status;
}

/* s := -J'(JJ')^-1 r, cut to LONGEST; false: JJ' is singular. */
static bool shortest_step(move *m)
{
    size_t P = m->P, n = m->free + P;
    double most = 0.0;

    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j < P; j++) {
            double sum = i == j ? 1e-15 : 0.0;

            for (size_t k = 0; k < n; k++) sum += m->J[i * n + k] * m->J[j * n + k];
            m->B[i * P + j] = sum;
        }
    if (nd_blas_potrf(P, m->B, P) != 0) return false;
    nd_blas_potrs(P, m->B, P, m->r);
    for (size_t k = 0; k < n; k++) {
        m->s[k] = 0.0;
        for (size_t i = 0; i < P; i++) m->s[k] -= m->J[i * n + k] * m->r[i];
        most = fmax(most, fabs(m->s[k]));
    }
    for (size_t k = 0; k < n && most > LONGEST; k++) m->s[k] *= LONGEST / most;
    return isfinite(most);
}

/* *ok: the gradient is down to rounding. */
static nd_status balance(move *m, bool *ok)
{
    nd_status status = ND_OK;

    *ok = false;
    for (int step = 0; step < STEPS; step++) {
        double most = 0.0;

        if (nd_cancelled(m->ctx)) return ND_ECANCEL;
        ND_TRY(derivatives(m));
        for (size_t i = 0; i < m->P; i++) most = fmax(most, fabs(m->r[i]));
        *ok = most < 1e-13;
        if (*ok || !shortest_step(m)) break;
        for (size_t k = 0; k < m->free; k++) m->p->data->x[m->at[k]] += m->s[k];
        for (size_t k = 0; k < m->P; k++) m->p->theta[k] += m->s[m->free + k];
    }
done:
    return status;
}

/* ---- tables --------------------------------------------------------------------------------- */

/* The samples of p with multiplicities for weights; fewer where one is 0.  *out NULL: a class
 * would be empty. */
static nd_status round_weights(nd_ctx *ctx, const nd_prey *p, double K, nd_table **out)
{
    const nd_table *t = p->data;
    size_t n = 0, *index = ND_NEW(ctx, size_t, t->n);
    double all = 0.0;
    nd_status status;

    *out = NULL;
    if (!index) return ND_EMEM;
    for (size_t i = 0; i < t->n; i++) all += t->weight[i];
    for (size_t i = 0; i < t->n; i++)
        if (floor(K * t->weight[i] / all + 0.5) > 0.0) index[n++] = i;
    status = nd_table_subset(ctx, t, n, index, out);
    nd_free(ctx, index);
    for (size_t i = 0; status == ND_OK && i < n; i++)
        (*out)->weight[i] = floor(K * (*out)->weight[i] / all + 0.5);
    return status;
}

/* Every row as often as its weight says. */
static nd_status repeat(nd_ctx *ctx, const nd_table *t, nd_table **out)
{
    size_t m = 0, *index;
    nd_status status;

    for (size_t i = 0; i < t->n; i++) m += (size_t)t->weight[i];
    index = ND_NEW(ctx, size_t, m);
    if (!index) return ND_EMEM;
    m = 0;
    for (size_t i = 0; i < t->n; i++)
        for (double k = t->weight[i]; k > 0.0; k -= 1.0) index[m++] = i;
    status = nd_table_subset(ctx, t, m, index, out);
    nd_free(ctx, index);
    if (status != ND_OK) return status;
    nd_free(ctx, (*out)->weight);
    (*out)->weight = NULL;
    return ND_OK;
}

/* The problem on data, at the parameters of p. */
static nd_status transfer(nd_ctx *ctx, const nd_prey *p, nd_table *data, nd_prey *out)
{
    nd_status status;

    *out = (nd_prey){.data = data, .point = p->point, .seed = p->seed, .trial = p->trial};
    status = nd_prey_build(ctx, out, p->net->spec, p->problem.loss, p->problem.l2);
    if (status == ND_OK) memcpy(out->theta, p->theta, p->net->P * sizeof *p->theta);
    return status;
}

static nd_status try_total(nd_ctx *ctx, nd_prey *p, double K, bool *ok)
{
    nd_prey counted = {.data = NULL}, plain = {.data = NULL};
    move m = {.ctx = ctx, .p = &counted};
    nd_table *t = NULL;
    nd_status status;

    *ok = false;
    ND_TRY(round_weights(ctx, p, K, &t));
    ND_TRY(transfer(ctx, p, t, &counted));
    ND_TRY(open_move(&m));
    ND_TRY(balance(&m, ok));
    if (!*ok) goto done;
    ND_TRY(repeat(ctx, counted.data, &t));
    ND_TRY(transfer(ctx, &counted, t, &plain));
    ND_TRY(nd_hunt_prove(ctx, &plain, ok));
    if (*ok) {
        nd_prey_clear(ctx, p);
        *p = plain;
        plain = (nd_prey){.data = NULL};
    }
done:
    close_move(&m);
    nd_prey_clear(ctx, &plain);
    nd_prey_clear(ctx, &counted);
    return status;
}

nd_status nd_hunt_units(nd_ctx *ctx, nd_prey *p)
{
    static const double total[] = {20.0, 30.0, 40.0, 60.0, 80.0, 120.0, 200.0, 400.0};
    nd_status status = ND_OK;
    bool ok = false;

    for (size_t k = 0; k < sizeof total / sizeof *total && !ok && status == ND_OK; k++)
        status = try_total(ctx, p, total[k], &ok);
    return status;
}
