/* Testing a witness of separability: nothing is taken from it on trust.
 *
 * (u, v): every margin is bounded anew and must not be below the one claimed.  A circuit:
 * the integers must be positive, without a common factor, and sum the rows to zero; when
 * they were too long to be written down, the dependence of the rows is computed anew. */
#include "theory/separable.h"

#include <math.h>

#include "base/memory.h"
#include "theory/exact.h"

static nd_status check_separator(nd_ctx *ctx, const nd_table *t, const nd_separation *s,
                                 nd_truth *out)
{
    nd_projection *p = ND_NEW(ctx, nd_projection, t->n);
    nd_status status = p ? nd_projections(ctx, t, s->u, p) : ND_EMEM;
    bool plain = s->bias || s->v == 0.0;

    if (status == ND_OK)
        *out = plain && s->margin > 0.0 && nd_margin_from(t, s->u, s->v, p) >= s->margin
                   ? ND_PROVED
                   : ND_REFUTED;
    nd_free(ctx, p);
    return status;
}

static bool indices_fit(const nd_table *t, const nd_separation *s)
{
    for (size_t k = 0; k < s->m; k++)
        if (s->index[k] >= t->n || (k > 0 && s->index[k] <= s->index[k - 1])) return false;
    return s->m > 0;
}

/* c against the coefficients computed anew. */
static bool same_circuit(const nd_separation *s, const nd_circuit *c)
{
    if (c->m != s->m) return false;
    for (size_t k = 0; k < s->m; k++)
        if (!(fabs(s->c[k] - c->c[k]) <= 1e-12 * c->c[k] + 0x1p-1070)) return false;
    return true;
}

static nd_status check_circuit(nd_ctx *ctx, const nd_table *t, const nd_separation *s,
                               nd_truth *out)
{
    nd_exact_rows rows = {t, s->bias, true, s->m, s->index};
    nd_circuit c = {0};
    nd_status status;
    nd_truth truth = ND_UNKNOWN;
    bool zero = false;

    *out = ND_REFUTED;
    if (!indices_fit(t, s)) return ND_OK;
    *out = ND_UNKNOWN;
    if (!nd_exact_available()) return ND_OK;
    if (s->exact) {
        status = nd_exact_sum_is_zero(ctx, &rows, s->exact, s->c, &zero);
        if (status == ND_OK) *out = zero ? ND_PROVED : ND_REFUTED;
        return status;
    }
    status = nd_exact_circuit(ctx, &rows, INFINITY, &truth, &c);
    if (status == ND_OK && truth != ND_UNKNOWN)
        *out = truth == ND_PROVED && same_circuit(s, &c) ? ND_PROVED : ND_REFUTED;
    nd_circuit_clear(ctx, &c);
    return status;
}

nd_status nd_separation_check(nd_ctx *ctx, const nd_table *t, const nd_separation *s, nd_truth *out)
{
    if (!t->y) return nd_fail(ctx, ND_EINPUT, "separability needs labels");
    if (s->n != t->n || s->d != t->d)
        return nd_fail(ctx, ND_EDIM,
                       "the witness is for %zu x %zu numbers, the table has %zu x %zu", s->n, s->d,
                       t->n, t->d);
    if (s->truth == ND_PROVED) return check_separator(ctx, t, s, out);
    if (s->truth == ND_REFUTED) return check_circuit(ctx, t, s, out);
    *out = ND_UNKNOWN;
    return ND_OK;
}
