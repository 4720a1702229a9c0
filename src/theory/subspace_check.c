/* Testing the witnesses of spans: the basis is independent and of the class; the normal
 * is orthogonal to all of the class and to none of the other; or the combination is the
 * sample.  What was too long to be written down is computed anew. */
#include "theory/separable.h"

#include <math.h>

#include "base/memory.h"
#include "theory/exact.h"

typedef struct {
    nd_ctx *ctx;
    const nd_table *t;
    const nd_subspaces *s;
    const nd_span *span;
    double label;
    size_t *mine, *other; /* samples of the class, and not */
    size_t n_mine, n_other;
} checking;

static void split(checking *c)
{
    c->n_mine = c->n_other = 0;
    for (size_t i = 0; i < c->t->n; i++) {
        if (c->t->y[i] == c->label)
            c->mine[c->n_mine++] = i;
        else
            c->other[c->n_other++] = i;
    }
}

static bool basis_of_class(const checking *c)
{
    const nd_span *s = c->span;

    if (s->rank > c->s->D || s->samples != c->n_mine) return false;
    for (size_t k = 0; k < s->rank; k++)
        if (s->basis[k] >= c->t->n || c->t->y[s->basis[k]] != c->label ||
            (k > 0 && s->basis[k] <= s->basis[k - 1]))
            return false;
    return true;
}

static nd_status independent(const checking *c, bool *yes)
{
    nd_exact_rows rows = {c->t, c->s->bias, false, c->span->rank, c->span->basis};
    size_t rank = 0, *position = ND_NEW(c->ctx, size_t, c->s->D);
    nd_status status = ND_EMEM;

    if (position) status = nd_exact_basis(c->ctx, &rows, INFINITY, &rank, yes, position);
    *yes = rank == c->span->rank;
    nd_free(c->ctx, position);
    return status;
}

/* The sample inside is in the span of the basis. */
static nd_status check_inside(const checking *c, nd_truth *out)
{
    const nd_span *s = c->span;
    nd_exact_rows basis = {c->t, c->s->bias, false, s->rank, s->basis};
    nd_exact_rows mine = {c->t, c->s->bias, false, c->n_mine, c->mine};
    size_t *position;
    nd_truth member = ND_UNKNOWN;
    nd_status status = ND_OK;
    char **coef = NULL;
    bool yes = false;

    *out = ND_REFUTED;
    if (s->inside >= c->t->n || c->t->y[s->inside] == c->label) return ND_OK;
    if (s->coef) {
        status = nd_exact_is_combination(c->ctx, &basis, s->coef, s->inside, &yes);
        if (status == ND_OK && yes) *out = ND_PROVED;
        return status;
    }
    position = ND_NEW(c->ctx, size_t, s->rank);
    if (!position) return ND_EMEM;
    for (size_t k = 0, i = 0; k < s->rank; k++) {
        while (c->mine[i] != s->basis[k]) i++;
        position[k] = i;
    }
    status = nd_exact_member(c->ctx, &mine, s->rank, position, s->inside, INFINITY, &member, &coef);
    if (status == ND_OK) *out = member;
    nd_texts_free(c->ctx, coef, s->rank);
    nd_free(c->ctx, position);
    return status;
}

static nd_status check_outside(const checking *c, nd_truth *out)
{
    const nd_span *s = c->span;
    nd_exact_rows mine = {c->t, c->s->bias, false, c->n_mine, c->mine};
    nd_exact_rows other = {c->t, c->s->bias, false, c->n_other, c->other};
    nd_exact_answer answer = {0};
    size_t *position, rank;
    nd_status status;
    bool yes = false;

    if (s->normal || c->n_other == 0) {
        status = ND_OK;
        if (c->n_other == 0)
            yes = true;
        else
            status = nd_exact_is_normal(c->ctx, &mine, &other, s->normal, &yes);
        *out = yes ? ND_PROVED : ND_REFUTED;
        return status;
    }
    position = ND_NEW(c->ctx, size_t, c->s->D);
    if (!position) return ND_EMEM;
    status = nd_exact_basis(c->ctx, &mine, INFINITY, &rank, &yes, position);
    if (status == ND_OK)
        status = nd_exact_span(c->ctx, &mine, &other, rank, position, INFINITY, &answer);
    if (status == ND_OK) *out = answer.outside;
    nd_texts_free(c->ctx, answer.normal, c->s->D);
    nd_texts_free(c->ctx, answer.coef, rank);
    nd_free(c->ctx, position);
    return status;
}

/* One class: refuted, proved, or unknown. */
static nd_status check_span(checking *c, const nd_span *span, double label, nd_truth *out)
{
    nd_status status;
    bool yes;

    c->span = span;
    c->label = label;
    split(c);
    *out = ND_REFUTED;
    if (!basis_of_class(c)) return ND_OK;
    status = independent(c, &yes);
    if (status != ND_OK || !yes) return status;
    if (span->outside == ND_PROVED) return check_outside(c, out);
    if (span->outside == ND_REFUTED) return check_inside(c, out);
    *out = ND_UNKNOWN;
    return ND_OK;
}

nd_status nd_subspace_check(nd_ctx *ctx, const nd_table *t, const nd_subspaces *s, nd_truth *out)
{
    checking c = {.ctx = ctx, .t = t, .s = s};
    nd_truth plus = ND_UNKNOWN, minus = ND_UNKNOWN;
    nd_status status = nd_check_labelled(ctx, t, 0.0);

    if (status != ND_OK) return status;
    if (s->n != t->n || s->d != t->d || s->D != t->d + (s->bias ? 1 : 0))
        return nd_fail(ctx, ND_EDIM,
                       "the witness is for %zu x %zu numbers, the table has %zu x %zu", s->n, s->d,
                       t->n, t->d);
    c.mine = ND_NEW(ctx, size_t, t->n);
    c.other = ND_NEW(ctx, size_t, t->n);
    status = c.mine && c.other ? ND_OK : ND_EMEM;
    if (status == ND_OK && nd_exact_available()) status = check_span(&c, &s->plus, 1.0, &plus);
    if (status == ND_OK && nd_exact_available()) status = check_span(&c, &s->minus, -1.0, &minus);
    nd_free(ctx, c.mine);
    nd_free(ctx, c.other);
    if (status != ND_OK) return status;
    if (plus == ND_REFUTED || minus == ND_REFUTED)
        *out = ND_REFUTED;
    else
        *out = plus == ND_PROVED && minus == ND_PROVED ? ND_PROVED : ND_UNKNOWN;
    return ND_OK;
}
