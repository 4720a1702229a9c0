/* Neurons found by the potential, several at a time.
 *
 * At outputs with margins m and slopes c_i = -omega_i y_i l'(-m_i)/n the search
 * returns the (w, b) with the largest |G(w,b)| = |sum_i c_i s(w.x_i + b)| it finds;
 * G is dL/da of that neuron.  Its output weight minimises the convex function
 *
 *   phi(a) = (1/n) sum_i omega_i l(-(m_i + a y_i s_i)) + (lambda/2) a^2,
 *   phi'(a) = sum_i c_i(a) s_i + lambda a,
 *
 * by doubling and bisection on phi'.  Then m moves on, and the next neuron is sought
 * for the new slopes (functional gradient descent: theory.md, section 2, escape). */
#include "base/memory.h"
#include "lab/lab.h"

#include <math.h>
#include <string.h>

typedef struct {
    const nd_problem *pb;
    const nd_act *act;
    double *m, *c, *s, *z, *l; /* n entries each */
} boost_work;

/* c := slopes at margins m + a y s; returns phi'(a). */
static double slopes_at(boost_work *w, double a)
{
    const nd_table *t = w->pb->data;
    double sum = 0.0, n = (double)t->n;

    for (size_t i = 0; i < t->n; i++) w->z[i] = -(w->m[i] + a * t->y[i] * w->s[i]);
    w->pb->loss.kind->jet(t->n, w->z, w->pb->loss.q, 1, (double *const[]){w->l, w->c});
    for (size_t i = 0; i < t->n; i++) {
        w->c[i] *= -t->y[i] * (t->weight ? t->weight[i] : 1.0) / n;
        sum += w->c[i] * w->s[i];
    }
    return sum + w->pb->l2 * a;
}

static double loss_at(boost_work *w, double a)
{
    const nd_table *t = w->pb->data;
    double sum = 0.0;

    for (size_t i = 0; i < t->n; i++) w->z[i] = -(w->m[i] + a * t->y[i] * w->s[i]);
    w->pb->loss.kind->jet(t->n, w->z, w->pb->loss.q, 0, (double *const[]){w->l});
    for (size_t i = 0; i < t->n; i++) sum += w->l[i] * (t->weight ? t->weight[i] : 1.0);
    return sum / (double)t->n + 0.5 * w->pb->l2 * a * a;
}

static void neuron_outputs(boost_work *w, const double *weights, double b)
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
    w->act->jet(t->n, w->z, 0, (double *const[]){w->s});
}

/* The minimiser of phi on the side where it falls, to 1 % (the descent that follows
 * moves it anyway). */
static double best_weight(boost_work *w, double G)
{
    double size = 0.0, a, lo = 0.0, hi;

    for (size_t i = 0; i < w->pb->data->n; i++)
        if (fabs(w->s[i]) > size) size = fabs(w->s[i]);
    if (!(size > 0.0) || !isfinite(size)) return 0.0;
    a = (G > 0.0 ? -1e-3 : 1e-3) / size;
    for (int k = 0; k < 60 && slopes_at(w, a) * G > 0.0; k++) {
        lo = a;
        a *= 2.0;
    }
    hi = a;
    for (int k = 0; k < 40 && fabs(hi - lo) > 0.01 * fabs(hi); k++) {
        a = 0.5 * (lo + hi);
        if (slopes_at(w, a) * G > 0.0)
            lo = a;
        else
            hi = a;
    }
    return lo != 0.0 ? lo : 0.5 * hi;
}

/* Weighs the neuron k of out; true when it lowers L by more than its own ridge. */
static bool weigh(boost_work *w, nd_boost *out, double G)
{
    size_t k = out->found, d = w->pb->data->d, n = w->pb->data->n;
    const double *weights = out->w + k * d;
    double ridge = 0.0, a, before, after;

    neuron_outputs(w, weights, out->b[k]);
    a = best_weight(w, G);
    for (size_t j = 0; j < d; j++) ridge += weights[j] * weights[j];
    ridge = 0.5 * w->pb->l2 * (ridge + out->b[k] * out->b[k]);
    before = loss_at(w, 0.0);
    after = loss_at(w, a) + ridge;
    if (!(after < before * (1.0 - 1e-14))) return false;
    out->a[k] = a;
    for (size_t i = 0; i < n; i++) w->m[i] += a * w->pb->data->y[i] * w->s[i];
    return true;
}

static nd_status seek(nd_surface *sf, boost_work *w, uint64_t seed, uint64_t trial, nd_boost *out)
{
    size_t n = sf->pb.data->n, k = out->found, d = sf->pb.data->d;
    nd_potential_settings ps;
    double G, c1 = 0.0;
    nd_status status;

    nd_potential_init(&ps);
    ps.seed = seed;
    ps.trial = trial;
    memset(w->s, 0, n * sizeof *w->s);
    slopes_at(w, 0.0);
    for (size_t i = 0; i < n; i++) c1 += fabs(w->c[i]);
    if (!(c1 > 0.0)) {
        out->count = k;
        return ND_OK;
    }
    status = nd_potential_search(sf->ctx, sf->pb.data, w->act, w->c, &ps, out->w + k * d,
                                 out->b + k, &G);
    if (status != ND_OK) return status;
    if (k == 0) out->G = fabs(G);
    if (!(fabs(G) > 1e-12 * c1) || !weigh(w, out, G))
        out->count = k;
    else
        out->found++;
    return ND_OK;
}

nd_status nd_boost_make(nd_surface *sf, const double *theta, const nd_act *act, size_t count,
                        uint64_t seed, uint64_t trial, nd_boost *out)
{
    size_t n = sf->pb.data->n, d = sf->pb.data->d;
    double *block = ND_NEW(sf->ctx, double, 5 * n);
    boost_work w = {.pb = &sf->pb, .act = act};
    nd_status status = ND_OK;

    *out = (nd_boost){.count = count, .G = NAN};
    out->w = ND_NEW(sf->ctx, double, count *d);
    out->b = ND_NEW(sf->ctx, double, count);
    out->a = ND_NEW(sf->ctx, double, count);
    if (!block || !out->w || !out->b || !out->a) ND_TRY(ND_EMEM);
    w.m = block;
    w.c = block + n;
    w.s = block + 2 * n;
    w.z = block + 3 * n;
    w.l = block + 4 * n;
    ND_TRY(nd_problem_margins(sf->ctx, &sf->pb, theta, sf->work, w.m));
    while (out->found < out->count)
        ND_TRY(seek(sf, &w, seed, trial + ((uint64_t)out->found << 32), out));
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
