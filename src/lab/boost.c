/* Neurons found by the potential, several at a time.
 *
 * At margins m the slopes c_i = -omega_i y_i l'(-m_i)/n and the curvatures h_i =
 * omega_i l''(-m_i)/n go to nd_potential_neurons, which returns neurons that complement
 * each other with output weights a_k for all of them together, in the quadratic model.
 * The model is not L: a common factor t is found by bisection on
 *
 *   phi'(t) = sum_i c_i(t) F_i + lambda t |a|^2,   F_i = sum_k a_k s_k(x_i),
 *   phi(t)  = (1/n) sum_i omega_i l(-(m_i + t y_i F_i)) + (lambda/2) t^2 |a|^2,
 *
 * phi convex with phi'(0) < 0 as every a_k goes against its G_k (theory.md, section 2:
 * each such step is a strict decrease).  Samples beyond the hinge get some h as well, so
 * that the new neurons leave them in peace. */
#include "base/memory.h"
#include "lab/lab.h"

#include <math.h>
#include <string.h>

/* n h of a sample beyond the hinge, over m^2: without it the search finds neurons that
 * are next to 0 on the active samples, with output weights of 1e15. */
#define PEACE 0.1

typedef struct {
    const nd_problem *pb;
    const nd_act *act;
    double *m, *c, *h, *F, *z, *l; /* n entries each */
    double a2;                     /* |a|^2          */
} boost_work;

#define BOOST_VECTORS 6

static double omega(const nd_table *t, size_t i)
{
    return t->weight ? t->weight[i] : 1.0;
}

/* c, h := slopes and curvatures at m. */
static void slopes_and_curvatures(boost_work *w)
{
    const nd_table *t = w->pb->data;
    double n = (double)t->n;

    for (size_t i = 0; i < t->n; i++) w->z[i] = -w->m[i];
    w->pb->loss.kind->jet(t->n, w->z, w->pb->loss.q, 2, (double *const[]){w->l, w->c, w->h});
    for (size_t i = 0; i < t->n; i++) {
        w->c[i] *= -t->y[i] * omega(t, i) / n;
        w->h[i] *= omega(t, i) / n;
        if (!(w->h[i] > 0.0)) w->h[i] = PEACE / n / fmax(1.0, w->m[i] * w->m[i]);
    }
}

/* phi'(t); c is overwritten. */
static double slope_at(boost_work *w, double t)
{
    const nd_table *T = w->pb->data;
    double sum = 0.0, n = (double)T->n;

    for (size_t i = 0; i < T->n; i++) w->z[i] = -(w->m[i] + t * T->y[i] * w->F[i]);
    w->pb->loss.kind->jet(T->n, w->z, w->pb->loss.q, 1, (double *const[]){w->l, w->c});
    for (size_t i = 0; i < T->n; i++) sum -= w->c[i] * T->y[i] * omega(T, i) * w->F[i];
    return sum / n + w->pb->l2 * t * w->a2;
}

static double loss_at(boost_work *w, double t)
{
    const nd_table *T = w->pb->data;
    double sum = 0.0;

    for (size_t i = 0; i < T->n; i++) w->z[i] = -(w->m[i] + t * T->y[i] * w->F[i]);
    w->pb->loss.kind->jet(T->n, w->z, w->pb->loss.q, 0, (double *const[]){w->l});
    for (size_t i = 0; i < T->n; i++) sum += w->l[i] * omega(T, i);
    return sum / (double)T->n + 0.5 * w->pb->l2 * t * t * w->a2;
}

/* t in (0, 1] that minimises phi to some 5 %; further than the model goes t does not. */
static double best_factor(boost_work *w)
{
    double lo = 0.0, hi = 1.0;

    if (slope_at(w, 1.0) <= 0.0) return 1.0;
    for (int k = 0; k < 40 && hi - lo > 0.05 * hi; k++) {
        double t = 0.5 * (lo + hi);

        if (slope_at(w, t) < 0.0)
            lo = t;
        else
            hi = t;
    }
    return lo > 0.0 ? lo : hi;
}

/* F += a s(w.x + b) over the samples; l is scratch. */
static void add_outputs(boost_work *w, const double *weights, double b, double a)
{
    const nd_table *t = w->pb->data;

    for (size_t i = 0; i < t->n; i++) {
        double z = b;

        if (t->row)
            for (size_t p = t->row[i]; p < t->row[i + 1]; p++) z += weights[t->col[p]] * t->val[p];
        else
            for (size_t k = 0; k < t->d; k++) z += weights[k] * t->x[i * t->d + k];
        w->z[i] = z;
    }
    w->act->jet(t->n, w->z, 0, (double *const[]){w->l});
    for (size_t i = 0; i < t->n; i++) w->F[i] += a * w->l[i];
}

/* Scales the neurons' output weights; none is kept unless L falls by more than the
 * ridge on the new weights. */
static void weigh(boost_work *w, nd_boost *out)
{
    size_t d = w->pb->data->d;
    double t, ridge = 0.0;

    memset(w->F, 0, w->pb->data->n * sizeof *w->F);
    w->a2 = 0.0;
    for (size_t k = 0; k < out->found; k++) {
        add_outputs(w, out->w + k * d, out->b[k], out->a[k]);
        w->a2 += out->a[k] * out->a[k];
        ridge += out->b[k] * out->b[k];
        for (size_t j = 0; j < d; j++) ridge += out->w[k * d + j] * out->w[k * d + j];
    }
    t = best_factor(w);
    for (size_t k = 0; k < out->found; k++) out->a[k] *= t;
    if (!(loss_at(w, t) + 0.5 * w->pb->l2 * ridge < loss_at(w, 0.0))) out->found = 0;
}

static nd_status search(nd_surface *sf, boost_work *w, uint64_t seed, uint64_t trial, nd_boost *out)
{
    nd_neuron *neuron = ND_NEW(sf->ctx, nd_neuron, out->count);
    nd_potential_settings ps;
    nd_status status;

    if (!neuron) return ND_EMEM;
    nd_potential_init(&ps);
    ps.seed = seed;
    ps.trial = trial;
    ps.offset = false; /* a is then what lowers L with a_0 as it is */
    ps.norm = 8.0;     /* sharper ones come from the descent, better conditioned */
    ps.polish = 15;    /* the descent that follows polishes better   */
    if (ps.keep < (long)out->count) ps.keep = (long)out->count;
    if (ps.starts < 4 * ps.keep) ps.starts = 4 * ps.keep;
    status = nd_potential_neurons(sf->ctx, sf->pb.data, w->act, w->c, w->h, &ps, out->count, out->w,
                                  out->b, neuron, &out->found);
    for (size_t k = 0; status == ND_OK && k < out->found; k++) out->a[k] = neuron[k].a;
    if (status == ND_OK && out->found > 0) out->G = fabs(neuron[0].G);
    nd_free(sf->ctx, neuron);
    return status;
}

nd_status nd_boost_make(nd_surface *sf, const double *theta, const nd_act *act, size_t count,
                        uint64_t seed, uint64_t trial, nd_boost *out)
{
    size_t n = sf->pb.data->n, d = sf->pb.data->d;
    double *block = ND_NEW(sf->ctx, double, BOOST_VECTORS *n);
    boost_work w = {.pb = &sf->pb, .act = act};
    nd_status status = ND_OK;

    *out = (nd_boost){.count = count, .G = NAN};
    out->w = ND_NEW(sf->ctx, double, count *d);
    out->b = ND_NEW(sf->ctx, double, count);
    out->a = ND_NEW(sf->ctx, double, count);
    if (!block || !out->w || !out->b || !out->a) ND_TRY(ND_EMEM);
    w.m = block;
    w.c = block + n;
    w.h = block + 2 * n;
    w.F = block + 3 * n;
    w.z = block + 4 * n;
    w.l = block + 5 * n;
    ND_TRY(nd_problem_margins(sf->ctx, &sf->pb, theta, sf->work, w.m));
    slopes_and_curvatures(&w);
    ND_TRY(search(sf, &w, seed, trial, out));
    if (out->found > 0) weigh(&w, out);
done:
    nd_free(sf->ctx, block);
    if (status != ND_OK) nd_boost_clear(sf->ctx, out);
    return status;
}

void nd_boost_clear(nd_ctx *ctx, nd_boost *b)
{
    nd_free(ctx, b->w);
    nd_free(ctx, b->b);
    nd_free(ctx, b->a);
    *b = (nd_boost){.G = NAN};
}
