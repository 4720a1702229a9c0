/* A found example made small: a change is kept when the point that it leaves is proved to be a bad
 * minimum again and the other conditions still hold.
 *
 *   samples   each is left out in turn
 *   neurons   one less of a shallow layer
 *   numbers   all features rounded to 0, 1, 2 decimals; then each sample (with its copies) by itself */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/hunt.h"

typedef struct {
    nd_ctx *ctx;
    const nd_hunt_rule *rule;
    nd_prey *best;
    double deadline;
} shrink;

/* Is the changed problem another example?  Takes data; on success it replaces the best. */
static nd_status consider(shrink *s, nd_table *data, const char *net, bool *better)
{
    nd_prey next = {
        .data = data, .point = s->best->point, .seed = s->best->seed, .trial = s->best->trial};
    nd_verdict_kind kind;
    nd_status status;

    *better = false;
    ND_TRY(nd_prey_build(s->ctx, &next, net, s->best->problem.loss, s->best->problem.l2));
    if (next.net->P == s->best->net->P)
        memcpy(next.theta, s->best->theta, next.net->P * sizeof *next.theta);
    ND_TRY(nd_hunt_point(s->ctx, &next, next.net->P == s->best->net->P, &kind, better));
    if (*better) ND_TRY(nd_hunt_prove(s->ctx, &next, better));
    if (*better) ND_TRY(nd_hunt_kept(s->ctx, s->rule, &next.problem, better));
    if (*better) {
        nd_prey_clear(s->ctx, s->best);
        *s->best = next;
        return ND_OK;
    }
done:
    nd_prey_clear(s->ctx, &next);
    return status;
}

static bool time_is_up(const shrink *s)
{
    return nd_seconds() > s->deadline;
}

static nd_status drop_sample(shrink *s, size_t i, bool *better)
{
    size_t n = s->best->data->n, *index = ND_NEW(s->ctx, size_t, n);
    nd_table *less = NULL;
    nd_status status;

    if (!index) return ND_EMEM;
    for (size_t k = 0; k + 1 < n; k++) index[k] = k < i ? k : k + 1;
    status = nd_table_subset(s->ctx, s->best->data, n - 1, index, &less);
    nd_free(s->ctx, index);
    return status == ND_OK ? consider(s, less, s->best->net->spec, better) : status;
}

/* Each sample once, from the last; both classes must stay. */
static nd_status fewer_samples(shrink *s)
{
    nd_status status = ND_OK;
    bool better;

    for (size_t i = s->best->data->n; i-- > 0 && s->best->data->n > 2 && !time_is_up(s);)
        if (nd_table_count(s->best->data, s->best->data->y[i]) > 1)
            ND_TRY(drop_sample(s, i, &better));
done:
    return status;
}

/* "tanh:8:nobias" -> "tanh:7:nobias"; false for other nets, and at width 1. */
static bool narrower(const nd_net *net, char spec[64])
{
    const nd_layer *l = net->term[0].layer;

    if (net->terms != 1 || net->term[0].depth != 1 || l->width < 2 || l->residual) return false;
    snprintf(spec, 64, "%s:%zu%s", l->act->name, l->width - 1, l->bias ? "" : ":nobias");
    return true;
}

static nd_status fewer_neurons(shrink *s)
{
    nd_status status = ND_OK;
    bool better = true;
    char spec[64];

    while (better && !time_is_up(s) && narrower(s->best->net, spec)) {
        nd_table *same;
        size_t n = s->best->data->n, *all = ND_NEW(s->ctx, size_t, n);

        if (!all) return ND_EMEM;
        for (size_t i = 0; i < n; i++) all[i] = i;
        status = nd_table_subset(s->ctx, s->best->data, n, all, &same);
        nd_free(s->ctx, all);
        if (status == ND_OK) status = consider(s, same, spec, &better);
        if (status != ND_OK) break;
    }
    return status;
}

/* Rows first .. last - 1 rounded to units of 1 / scale. */
static nd_status round_rows(shrink *s, size_t first, size_t last, double scale)
{
    const nd_table *t = s->best->data;
    double *x = ND_NEW(s->ctx, double, t->n * t->d);
    nd_table *rounder = NULL;
    bool changed = false, better;
    nd_status status = ND_OK;

    if (!x) return ND_EMEM;
    memcpy(x, t->x, t->n * t->d * sizeof *x);
    for (size_t k = first * t->d; k < last * t->d; k++) {
        x[k] = floor(x[k] * scale + 0.5) / scale + 0.0; /* no -0 */
        changed = changed || x[k] != t->x[k];
    }
    if (changed) status = nd_table_from_arrays(s->ctx, t->n, t->d, x, t->y, &rounder);
    nd_free(s->ctx, x);
    return rounder ? consider(s, rounder, s->best->net->spec, &better) : status;
}

/* The end of the rows from i on that are equal to row i: they are rounded together. */
static size_t group_end(const nd_table *t, size_t i)
{
    size_t k = i + 1;

    while (k < t->n && t->y[k] == t->y[i] &&
           memcmp(t->x + k * t->d, t->x + i * t->d, t->d * sizeof *t->x) == 0)
        k++;
    return k;
}

static nd_status rounder_numbers(shrink *s)
{
    nd_status status = ND_OK;

    for (double scale = 1.0; scale <= 100.0 && !time_is_up(s); scale *= 10.0) {
        ND_TRY(round_rows(s, 0, s->best->data->n, scale));
        for (size_t i = 0, end; i < s->best->data->n && !time_is_up(s); i = end) {
            end = group_end(s->best->data, i);
            ND_TRY(round_rows(s, i, end, scale));
        }
    }
done:
    return status;
}

nd_status nd_hunt_shrink(nd_ctx *ctx, const nd_hunt_rule *rule, nd_prey *p, double deadline)
{
    shrink s = {ctx, rule, p, deadline};
    nd_status status;
    size_t before;

    do {
        before = p->data->n + p->net->units;
        ND_TRY(fewer_samples(&s));
        ND_TRY(fewer_neurons(&s));
    } while (p->data->n + p->net->units < before && !time_is_up(&s));
    ND_TRY(rounder_numbers(&s));
done:
    return status;
}
