/* The ends of the trials of a round, read for merge.c: those that are minima or saddles, and
 * those that were certified.  Valleys and undecided ends have no class. */
#include "atlas/atlas.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool nd_is_zero(const nd_verdict *v)
{
    return v->loss == 0.0 || (v->cert.truth == ND_PROVED && v->cert.loss_hi == 0.0);
}

/* Part of a continuum, as far as the Hessian tells; where nobody computed it, what is not
 * proved to be isolated is not. */
static bool degenerate(const nd_verdict *v)
{
    bool isolated = v->cert.says == ND_SAYS_STRICT || v->cert.says == ND_SAYS_SADDLE;

    if (nd_is_minimum(v) && nd_is_zero(v)) return true;
    return v->nullity > 0 || (v->nullity < 0 && v->proved == ND_PROVED && !isolated);
}

/* Columns: trial, theta, the trial that is certified, the verdict. */
enum { VERDICT_AT = 3 };

/* where: which rows of the round. */
static nd_status prepare(nd_db *d, const char *where, int64_t round, sqlite3_stmt **out)
{
    nd_buf b = nd_buf_make(d->ctx);
    char *columns = NULL;
    nd_status status;

    ND_TRY(nd_verdict_list(d->ctx, "a.", &columns));
    nd_buf_printf(&b,
                  "SELECT k.id, a.theta, k.a, %s FROM ask k JOIN answer a ON a.ask = k.id "
                  "WHERE k.round = ? AND %s",
                  columns, where);
    ND_TRY(nd_buf_status(&b));
    ND_TRY(nd_db_prepare(d, b.data, out));
    ND_TRY(nd_db_bind_int(d, *out, 1, round));
done:
    nd_free(d->ctx, columns);
    nd_buf_free(&b);
    return status;
}

/* Reads the end in the row; *critical: it is one that has a class. */
static nd_status read_end(nd_classes *c, sqlite3_stmt *s, nd_arrival *e, bool *critical)
{
    const nd_net *net = c->problem->net;
    nd_status status;

    e->trial = sqlite3_column_int64(s, 0);
    ND_TRY(nd_verdict_read(c->d, s, VERDICT_AT, &e->verdict));
    *critical = nd_is_minimum(&e->verdict) || e->verdict.kind == ND_SADDLE;
    if (!*critical) return ND_OK;
    ND_TRY(nd_db_reals(c->d, s, 1, net->P, e->theta));
    for (size_t k = 0; k < net->P; k++)
        if (!isfinite(e->theta[k]))
            ND_TRY(nd_db_damaged(c->d, "trial %lld ended nowhere", (long long)e->trial));
    e->family = degenerate(&e->verdict);
    ND_TRY(nd_canonical(c->d->ctx, net, c->problem->l2, e->theta));
done:
    return status;
}

nd_status nd_ends_open(nd_db *d, int64_t round, sqlite3_stmt **out)
{
    return prepare(d, "k.kind <> 'certify' ORDER BY k.id", round, out);
}

nd_status nd_ends_next(nd_classes *c, sqlite3_stmt *s, nd_arrival *e, bool *more)
{
    bool critical = false;
    nd_status status;

    do {
        ND_TRY(nd_db_step(c->d, s, more));
        if (!*more) return ND_OK;
        ND_TRY(read_end(c, s, e, &critical));
    } while (!critical);
done:
    return status;
}

/* ---- certifications --------------------------------------------------------------------------- */

static nd_status count_certified(nd_db *d, int64_t round, int64_t *rows)
{
    char sql[96];

    sqlite3_snprintf(sizeof sql, sql,
                     "SELECT count(*) FROM ask WHERE round = %lld AND kind = 'certify'", round);
    return nd_db_integer(d, sql, rows);
}

nd_status nd_certifieds_load(nd_classes *c, int64_t round, nd_certifieds *out)
{
    nd_ctx *ctx = c->d->ctx;
    const size_t P = c->problem->net->P;
    nd_certifieds x = {.item = NULL};
    sqlite3_stmt *s = NULL;
    int64_t rows;
    bool row, critical;
    nd_status status;

    ND_TRY(count_certified(c->d, round, &rows));
    x.item = ND_NEW0(ctx, nd_certified, (size_t)rows);
    x.block = ND_NEW(ctx, double, 2 * (size_t)rows * P);
    if (!x.item || !x.block) ND_TRY(ND_EMEM);
    ND_TRY(prepare(c->d, "k.kind = 'certify' ORDER BY k.a", round, &s));
    for (; x.count < (size_t)rows; x.count++) {
        nd_certified *k = &x.item[x.count];

        ND_TRY(nd_db_step(c->d, s, &row));
        if (!row) break;
        k->end.theta = x.block + 2 * x.count * P;
        k->before.theta = k->end.theta + P;
        k->home = SIZE_MAX;
        k->of = sqlite3_column_int64(s, 2);
        ND_TRY(read_end(c, s, &k->end, &critical));
        if (!critical)
            ND_TRY(nd_db_damaged(c->d, "trial %lld certifies nothing", (long long)k->end.trial));
    }
    *out = x;
    x = (nd_certifieds){.item = NULL};
done:
    sqlite3_finalize(s);
    nd_certifieds_clear(ctx, &x);
    return status;
}

void nd_certifieds_clear(nd_ctx *ctx, nd_certifieds *x)
{
    nd_free(ctx, x->block);
    nd_free(ctx, x->item);
    *x = (nd_certifieds){.item = NULL};
}

static int by_trial(const void *key, const void *item)
{
    int64_t trial = *(const int64_t *)key, of = ((const nd_certified *)item)->of;

    return (trial > of) - (trial < of);
}

nd_certified *nd_certifieds_find(const nd_certifieds *x, int64_t trial)
{
    if (x->count == 0) return NULL;
    return bsearch(&trial, x->item, x->count, sizeof *x->item, by_trial);
}
