/* What the theorems say about one point theta.
 *
 * Sample i is active when l'_i > 0, which under (T) means m_i < z0.  With enclosures of
 * the margins that is decided by proof: hi_i < z0 active, lo_i > z0 not (strictly, so that
 * no sample sits on the kink and the versions for C^1 losses apply); else undecided.
 *
 * Every theorem says: a local minimum that it covers has no active sample.  So one active
 * sample, and a theorem whose conditions hold here, prove that theta is no local minimum. */
#include "theory/theorems.h"

#include <math.h>

#include "base/memory.h"
#include "theory/field.h"

/* What is computed at theta; n entries each, grad: P. */
typedef struct {
    double *margin, *c, *h, *grad;
    size_t *active, count; /* the samples that are not surely idle */
} values;

static nd_status values_make(nd_ctx *ctx, const nd_problem *pb, values *v)
{
    size_t n = pb->data->n;

    v->margin = ND_NEW(ctx, double, n);
    v->c = ND_NEW(ctx, double, n);
    v->h = ND_NEW(ctx, double, n);
    v->grad = ND_NEW(ctx, double, pb->net->P);
    v->active = ND_NEW(ctx, size_t, n);
    v->count = 0;
    return v->margin && v->c && v->h && v->grad && v->active ? ND_OK : ND_EMEM;
}

static void values_free(nd_ctx *ctx, values *v)
{
    nd_free(ctx, v->margin);
    nd_free(ctx, v->c);
    nd_free(ctx, v->h);
    nd_free(ctx, v->grad);
    nd_free(ctx, v->active);
}

/* h_i = omega_i l''(z_i) / n; where l'' does not exist the jet's one-sided value. */
static void curvature(const nd_problem *pb, values *v)
{
    const nd_table *t = pb->data;

    for (size_t i = 0; i < t->n; i++) {
        double z = -v->margin[i], d[3];
        pb->loss.kind->jet(1, &z, pb->loss.q, 2, (double *const[]){&d[0], &d[1], &d[2]});
        v->h[i] = d[2] * (t->weight ? t->weight[i] : 1.0) / (double)t->n;
    }
}

static nd_status compute(nd_ctx *ctx, const nd_problem *pb, const double *theta, values *v)
{
    nd_work *work = NULL;
    nd_status status;
    double L;

    ND_TRY(values_make(ctx, pb, v));
    ND_TRY(nd_work_create(ctx, pb, &work));
    ND_TRY(nd_problem_margins(ctx, pb, theta, work, v->margin));
    ND_TRY(nd_problem_slopes(ctx, pb, theta, work, v->c));
    ND_TRY(nd_problem_grad(ctx, pb, theta, work, &L, v->grad));
    curvature(pb, v);
done:
    nd_work_destroy(ctx, work);
    return status;
}

/* ---- active samples ----------------------------------------------------------------------- */

static void find_active(const nd_problem *pb, const double *lo, const double *hi, values *v,
                        nd_theory_point *p)
{
    double z0 = pb->loss.kind->z0;

    p->bounded = lo && hi && pb->loss.kind->hinge_tail;
    for (size_t i = 0; i < pb->data->n; i++) {
        bool surely = p->bounded ? hi[i] < z0 : v->c[i] != 0.0;
        bool idle = p->bounded ? lo[i] > z0 : v->c[i] == 0.0;
        p->active += surely;
        p->undecided += !surely && !idle;
        if (!idle) v->active[v->count++] = i;
    }
}

/* Their numbers and ranks, class by class (docs/theory.md, section 5). */
static nd_status rank_active(nd_ctx *ctx, const nd_subject *s, const values *v, nd_theory_point *p)
{
    nd_table *table = NULL;
    nd_subspaces *u = NULL;
    nd_status status = ND_OK;

    for (int k = 0; k < 2; k++) p->ranked[k] = p->bounded && p->undecided == 0;
    if (v->count == 0 || !s->fs) return ND_OK;
    ND_TRY(nd_table_subset(ctx, s->pb->data, v->count, v->active, &table));
    ND_TRY(nd_subspaces_find(ctx, table, nd_subject_bias(s), s->limit, &u));
    for (int k = 0; k < 2; k++) {
        const nd_span *span = k ? &u->minus : &u->plus;
        p->A[k] = span->distinct;
        p->r[k] = span->projected;
        p->ranked[k] = p->ranked[k] && span->projected_known;
    }
done:
    nd_subspaces_destroy(ctx, u);
    nd_table_destroy(ctx, table);
    return status;
}

static void count_signs(const nd_subject *s, const double *theta, nd_theory_point *p)
{
    for (size_t j = 0; s->fs && j < s->fs->out; j++) {
        double a = theta[s->fs->a + j];
        p->idle += a == 0.0;
        p->rising += a > 0.0;
        p->falling += a < 0.0;
    }
}

/* ---- no local minimum ------------------------------------------------------------------------ */

static nd_status judge(nd_subject *s, nd_theory_point *p)
{
    nd_theory *r = s->r;

    for (size_t k = ND_NEEDS_IDLE; k < ND_CONDITIONS; k++) {
        r->condition[k].looked = false;
        nd_status status = nd_condition_look(s, (nd_condition_id)k);
        if (status != ND_OK) return status;
    }
    nd_theorems_conclude(r);
    for (size_t k = ND_THEOREMS; p->active && k-- > 0;) {
        if (r->theorem[k].here != ND_PROVED) continue;
        p->theorem = k;
        p->numerical = !p->bounded;
        p->minimum = p->bounded ? ND_REFUTED : ND_UNKNOWN;
    }
    return ND_OK;
}

/* ---- the potential ------------------------------------------------------------------------------ */

/* The best new neuron: where |G| is large for its size, and the step it promises. */
static nd_status search(nd_subject *s, const values *v, nd_theory_point *p)
{
    nd_potential_settings set;
    size_t got = 0;

    if (!s->fs || p->active == 0 || s->pb->l2 > 0) return ND_OK;
    nd_potential_init(&set);
    set.bias = s->fs->layer[0].bias;
    set.offset = true;
    p->w = ND_NEW0(s->ctx, double, s->pb->net->d);
    if (!p->w) return ND_EMEM;
    nd_status status = nd_potential_neurons(s->ctx, s->pb->data, s->fs->layer[0].act, v->c,
                                            s->pb->loss.kind->convex ? v->h : NULL, &set, 1, p->w,
                                            &p->b, &p->G, &got);
    p->searched = status == ND_OK;
    if (got == 0) p->G = (nd_neuron){0};
    return status;
}

nd_status nd_theory_at(nd_ctx *ctx, const nd_problem *pb, const double *theta, const double *lo,
                       const double *hi, double limit, nd_theory *t)
{
    nd_theory_point *p = &t->point;
    nd_data_proofs none = {0};
    const nd_term *fs = t->term < pb->net->terms ? &pb->net->term[t->term] : NULL;
    nd_subject s = {ctx, pb, limit, INFINITY, fs, fs ? &fs->layer[0] : NULL, &none, t};
    values v = {0};
    nd_status status;

    nd_free(ctx, p->w);
    *p = (nd_theory_point){.theorem = ND_THEOREMS, .deep_term = pb->net->terms};
    ND_TRY(compute(ctx, pb, theta, &v));
    p->errors = nd_problem_errors(pb, v.margin);
    find_active(pb, lo, hi, &v, p);
    count_signs(&s, theta, p);
    ND_TRY(rank_active(ctx, &s, &v, p));
    ND_TRY(nd_theorem_1_bound(ctx, pb, theta, v.grad, t, &p->error_bound, &p->bound_neuron));
    ND_TRY(search(&s, &v, p));
    ND_TRY(nd_deep_features(ctx, pb, theta, limit, p));
    p->given = true;
    ND_TRY(judge(&s, p));
done:
    values_free(ctx, &v);
    return status;
}
