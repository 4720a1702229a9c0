/* When a round is complete its ends are sorted into classes, in the order of the trials,
 * so that the numbers of the points depend on nothing else.
 *
 * An end that is a minimum or a saddle joins the first class that nd_compare calls the
 * same, proved or near.  Degenerate critical points are not alone: every descent ends
 * somewhere else in the same set.  They count as one family when loss, errors, index and
 * kind agree; loss 0 is one family, too.  That the members are connected is not claimed.
 * Valleys and undecided ends stay what they are: trials without a point. */
#include "atlas/atlas.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

#define LOSS_WINDOW                                                                                \
    1e-7                 /* nd_compare is asked only within this, relative to 1 + L: it calls
                            points near at 1e-9, and balls of certificates are smaller */
#define LOSS_FAMILY 1e-8 /* flat directions leave the loss that uncertain */

/* An end on its way into a class. */
typedef struct {
    int64_t trial;
    double *theta; /* canonical */
    nd_verdict verdict;
    bool family;
} end;

static bool zero_loss(const nd_verdict *v)
{
    return v->loss == 0.0 || (v->cert.truth == ND_PROVED && v->cert.loss_hi == 0.0);
}

/* Part of a continuum, as far as the Hessian tells; where nobody computed it, what is not
 * proved to be isolated is not. */
static bool degenerate(const nd_verdict *v)
{
    bool isolated = v->cert.says == ND_SAYS_STRICT || v->cert.says == ND_SAYS_SADDLE;

    if (nd_is_minimum(v) && zero_loss(v)) return true;
    return v->nullity > 0 || (v->nullity < 0 && v->proved == ND_PROVED && !isolated);
}

static bool loss_within(const nd_verdict *v, const nd_verdict *w, double tol)
{
    return fabs(v->loss - w->loss) <= tol * (1.0 + fabs(v->loss));
}

static bool same_family(const nd_class *k, const end *e)
{
    const nd_verdict *v = &k->verdict, *w = &e->verdict;

    if (zero_loss(v) != zero_loss(w)) return false;
    if (v->errors != w->errors || !loss_within(v, w, LOSS_FAMILY)) return false;
    return k->minimum || v->index == w->index; /* of a minimum it may not be computed */
}

/* Is e of class k?  *same: proved. */
static nd_status belongs(nd_classes *c, const nd_class *k, const end *e, bool *yes, bool *same,
                         double *distance)
{
    nd_sameness s;
    nd_status status;

    *yes = *same = false;
    if (k->minimum != nd_is_minimum(&e->verdict) || k->family != e->family) return ND_OK;
    if (!e->family && !loss_within(&k->verdict, &e->verdict, LOSS_WINDOW)) return ND_OK;
    if (e->family && !same_family(k, e)) return ND_OK;
    status = nd_compare(c->d->ctx, c->problem, k->theta, &k->verdict, e->theta, &e->verdict, &s);
    if (status != ND_OK) return status;
    *distance = s.distance;
    *same = s.same == ND_PROVED;
    *yes = e->family || s.same == ND_PROVED || (s.same == ND_UNKNOWN && s.near);
    return ND_OK;
}

static void become(nd_classes *c, nd_class *k, const end *e)
{
    k->trial = e->trial;
    k->verdict = e->verdict;
    memcpy(k->theta, e->theta, c->problem->net->P * sizeof *k->theta);
}

static nd_status found_class(nd_classes *c, const end *e, nd_class **out)
{
    nd_ctx *ctx = c->d->ctx;
    nd_class *k;
    nd_status status = nd_classes_add(c, &k);

    if (status != ND_OK) return status;
    become(c, k, e);
    k->minimum = nd_is_minimum(&e->verdict);
    k->family = e->family;
    k->proved_same = true;
    k->copies = NAN;
    if (!k->family) ND_TRY(nd_copies(ctx, c->problem->net, k->theta, &k->copies));
    if (k->family) {
        status = nd_explain_null(ctx, c->problem, k->theta, &k->null);
        ND_TRY(status == ND_ESMOOTH ? ND_OK : status); /* no Hessian, no null directions */
    }
    *out = k;
done:
    return status;
}

static nd_status sort_in(nd_classes *c, const end *e, size_t *id)
{
    nd_class *home = NULL;
    bool yes = false, same = true;
    double distance = 0.0;
    nd_status status = ND_OK;

    for (size_t k = 0; k < c->classes && !yes; k++) {
        ND_TRY(belongs(c, &c->class[k], e, &yes, &same, &distance));
        if (yes) home = &c->class[k];
    }
    if (!home) {
        same = true;
        distance = 0.0;
        ND_TRY(found_class(c, e, &home));
    } else if (home->verdict.proved != ND_PROVED && e->verdict.proved == ND_PROVED) {
        become(c, home, e); /* a proved representative for a numerical one */
    }
    home->found++;
    home->proved_same = home->proved_same && same;
    home->spread = fmax(home->spread, distance);
    home->changed = true;
    *id = home->id;
done:
    return status;
}

/* ---- the ends of a round ------------------------------------------------------------------- */

static nd_status prepare_ends(nd_db *d, sqlite3_stmt **out)
{
    nd_buf b = nd_buf_make(d->ctx);
    char *columns = NULL;
    nd_status status;

    ND_TRY(nd_verdict_list(d->ctx, "a.", &columns));
    nd_buf_printf(&b,
                  "SELECT k.id, a.theta, %s FROM ask k JOIN answer a ON a.ask = k.id "
                  "WHERE k.round = ? ORDER BY k.id",
                  columns);
    ND_TRY(nd_buf_status(&b));
    ND_TRY(nd_db_prepare(d, b.data, out));
done:
    nd_free(d->ctx, columns);
    nd_buf_free(&b);
    return status;
}

static nd_status note_point(nd_db *d, sqlite3_stmt *s, int64_t trial, size_t id)
{
    nd_status status;

    ND_TRY(nd_db_bind_int(d, s, 1, (int64_t)id));
    ND_TRY(nd_db_bind_int(d, s, 2, trial));
    ND_TRY(nd_db_run(d, s));
done:
    return status;
}

/* Reads the end in the row; *critical: it is one that has a class. */
static nd_status read_end(nd_classes *c, sqlite3_stmt *s, end *e, bool *critical)
{
    const nd_net *net = c->problem->net;
    nd_status status;

    e->trial = sqlite3_column_int64(s, 0);
    ND_TRY(nd_verdict_read(c->d, s, 2, &e->verdict));
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

nd_status nd_merge_round(nd_classes *c, int64_t round)
{
    nd_db *d = c->d;
    sqlite3_stmt *s = NULL, *note = NULL;
    end e = {.theta = ND_NEW(d->ctx, double, c->problem->net->P)};
    bool row, critical;
    size_t id;
    nd_status status = e.theta ? ND_OK : ND_EMEM;

    if (status == ND_OK) status = prepare_ends(d, &s);
    if (status != ND_OK) goto done;
    ND_TRY(nd_db_prepare(d, "UPDATE answer SET point = ? WHERE ask = ?", &note));
    ND_TRY(nd_db_bind_int(d, s, 1, round));
    for (;;) {
        ND_TRY(nd_db_step(d, s, &row));
        if (!row) break;
        ND_TRY(read_end(c, s, &e, &critical));
        if (!critical) continue;
        ND_TRY(sort_in(c, &e, &id));
        ND_TRY(note_point(d, note, e.trial, id));
    }
    ND_TRY(nd_classes_store(c));
done:
    sqlite3_finalize(s);
    sqlite3_finalize(note);
    nd_free(d->ctx, e.theta);
    return status;
}
