/* The data conditions of Theorem 3: spans of the classes, ranks, membership.
 *
 * With P the projector off the span U' of the other class, rank{P x : x in the class} =
 * dim(U + U') - dim U', and dim(U + U') is the rank of all samples: three ranks give
 * everything.  The P x of the distinct samples are independent just when that rank is
 * their number.  Equal samples are counted once and looked at once.
 * docs/conditions.md, sections 3 and 4. */
#include "theory/separable.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "theory/exact.h"

#define CAP 600. /* seconds at the most */

typedef struct {
    nd_ctx *ctx;
    const nd_table *t;
    nd_subspaces *out;
    double until;
    size_t *plus, *minus, *all; /* distinct samples */
    size_t n_plus, n_minus;
} spans;

static nd_status distinct_samples(spans *s)
{
    const nd_table *t = s->t;
    size_t *first = ND_NEW(s->ctx, size_t, t->n);
    bool *seen = ND_NEW0(s->ctx, bool, 2 * t->n);
    nd_status status = first && seen ? nd_rows_first(s->ctx, t, first) : ND_EMEM;

    for (size_t i = 0; i < t->n && status == ND_OK; i++) {
        bool positive = t->y[i] > 0.0, *known = &seen[2 * first[i] + (positive ? 1 : 0)];

        *(positive ? &s->out->plus.samples : &s->out->minus.samples) += 1;
        if (*known) continue;
        *known = true;
        if (positive)
            s->plus[s->n_plus++] = i;
        else
            s->minus[s->n_minus++] = i;
    }
    s->out->plus.distinct = s->n_plus;
    s->out->minus.distinct = s->n_minus;
    nd_free(s->ctx, first);
    nd_free(s->ctx, seen);
    return status;
}

/* Rank and basis of one class, and whether the other meets its span. */
static nd_status one_class(spans *s, size_t n, const size_t *index, size_t n_other,
                           const size_t *other, nd_span *span)
{
    nd_exact_rows rows = {s->t, s->out->bias, false, n, index};
    nd_exact_rows more = {s->t, s->out->bias, false, n_other, other};
    size_t most = n < s->out->D ? n : s->out->D, *position = ND_NEW(s->ctx, size_t, most);
    nd_exact_answer answer = {0};
    nd_status status = ND_EMEM;

    span->basis = ND_NEW(s->ctx, size_t, most);
    if (!position || !span->basis) goto done;
    ND_TRY(nd_exact_basis(s->ctx, &rows, s->until, &span->rank, &span->ranked, position));
    for (size_t k = 0; k < span->rank; k++) span->basis[k] = index[position[k]];
    ND_TRY(nd_exact_span(s->ctx, &rows, &more, span->rank, position, s->until, &answer));
    span->outside = answer.outside;
    span->normal = answer.normal;
    span->coef = answer.coef;
    span->inside = answer.inside;
    if (span->outside == ND_UNKNOWN)
        span->reason = nd_exact_available() ? "exact arithmetic would exceed the limits"
                                            : "exact arithmetic is needed, this build has none";
done:
    nd_free(s->ctx, position);
    return status;
}

/* The rank of all samples; basis of each class first, which is enough. */
static nd_status rank_of_all(spans *s)
{
    nd_subspaces *out = s->out;
    size_t n = s->n_plus + s->n_minus, *position = ND_NEW(s->ctx, size_t, out->D);
    nd_exact_rows rows = {s->t, out->bias, false, n, s->all};
    nd_status status = position ? ND_OK : ND_EMEM;

    if (status == ND_OK) {
        memcpy(s->all, s->plus, sizeof *s->all * s->n_plus);
        memcpy(s->all + s->n_plus, s->minus, sizeof *s->all * s->n_minus);
        if (out->plus.ranked && out->minus.ranked) { /* then the bases span what all span */
            memcpy(s->all, out->plus.basis, sizeof *s->all * out->plus.rank);
            memcpy(s->all + out->plus.rank, out->minus.basis, sizeof *s->all * out->minus.rank);
            rows.m = out->plus.rank + out->minus.rank;
        }
        status = nd_exact_basis(s->ctx, &rows, s->until, &out->rank, &out->ranked, position);
    }
    nd_free(s->ctx, position);
    return status;
}

static void projected(const nd_subspaces *s, const nd_span *other, nd_span *span)
{
    span->projected = s->rank > other->rank ? s->rank - other->rank : 0;
    span->projected_known = s->ranked && other->ranked;
    if (span->projected_known)
        span->independent = span->projected == span->distinct ? ND_PROVED : ND_REFUTED;
}

static nd_status find(spans *s)
{
    nd_subspaces *out = s->out;
    nd_status status;

    ND_TRY(distinct_samples(s));
    ND_TRY(one_class(s, s->n_plus, s->plus, s->n_minus, s->minus, &out->plus));
    ND_TRY(one_class(s, s->n_minus, s->minus, s->n_plus, s->plus, &out->minus));
    ND_TRY(rank_of_all(s));
    projected(out, &out->minus, &out->plus);
    projected(out, &out->plus, &out->minus);
done:
    return status;
}

nd_status nd_subspaces_find(nd_ctx *ctx, const nd_table *t, bool bias, double limit,
                            nd_subspaces **out)
{
    double start = nd_seconds();
    spans s = {.ctx = ctx, .t = t, .until = start + fmin(limit, CAP)};
    nd_status status = nd_check_labelled(ctx, t, limit);

    if (status != ND_OK) return status;
    s.out = ND_NEW0(ctx, nd_subspaces, 1);
    s.plus = ND_NEW(ctx, size_t, t->n);
    s.minus = ND_NEW(ctx, size_t, t->n);
    s.all = ND_NEW(ctx, size_t, 2 * t->n);
    status = s.out && s.plus && s.minus && s.all ? ND_OK : ND_EMEM;
    if (status == ND_OK) {
        s.out->bias = bias;
        s.out->n = t->n;
        s.out->d = t->d;
        s.out->D = t->d + (bias ? 1 : 0);
        status = find(&s);
    }
    nd_free(ctx, s.plus);
    nd_free(ctx, s.minus);
    nd_free(ctx, s.all);
    if (status != ND_OK) {
        nd_subspaces_destroy(ctx, s.out);
        return status;
    }
    s.out->seconds = nd_seconds() - start;
    *out = s.out;
    return ND_OK;
}

static void span_clear(nd_ctx *ctx, const nd_subspaces *s, nd_span *span)
{
    nd_texts_free(ctx, span->normal, s->D);
    nd_texts_free(ctx, span->coef, span->rank);
    nd_free(ctx, span->basis);
}

void nd_subspaces_destroy(nd_ctx *ctx, nd_subspaces *s)
{
    if (!s) return;
    span_clear(ctx, s, &s->plus);
    span_clear(ctx, s, &s->minus);
    nd_free(ctx, s);
}
