/* When a round is complete its ends are sorted into classes, in the order of the trials,
 * so that the numbers of the points depend on nothing else.
 *
 * An end that is a minimum or a saddle joins the first class that nd_compare calls the
 * same, proved or near.  Degenerate critical points are not alone: every descent ends
 * somewhere else in the same set.  They count as one family when loss, errors, index and
 * kind agree; loss 0 is one family, too.  That the members are connected is not claimed.
 * Valleys and undecided ends stay what they are: trials without a point.
 *
 * One end of every class is certified, not all: the one that founds it, and when nothing can
 * be proved there, up to TRIES.  So the ends are sorted first to see what that is; these
 * certifications are tasks of the round, too, and when they are done the ends are sorted
 * once more, now with certified points, which stand for the ends they came from.  When nothing
 * more is wanted the classes are stored. */
#include "atlas/atlas.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

#define LOSS_WINDOW                                                                                \
    1e-7                 /* nd_compare is asked only within this, relative to 1 + L: it calls
                            points near at 1e-9, and balls of certificates are smaller */
#define LOSS_FAMILY 1e-8 /* flat directions leave the loss that uncertain */
#define TRIES       3    /* ends of a class that are certified until one is proved */

static bool loss_within(const nd_verdict *v, const nd_verdict *w, double tol)
{
    return fabs(v->loss - w->loss) <= tol * (1.0 + fabs(v->loss));
}

static bool same_family(const nd_class *k, const nd_arrival *e)
{
    const nd_verdict *v = &k->verdict, *w = &e->verdict;

    if (nd_is_zero(v) != nd_is_zero(w)) return false;
    if (v->errors != w->errors || !loss_within(v, w, LOSS_FAMILY)) return false;
    return k->minimum || v->index == w->index; /* of a minimum it may not be computed */
}

/* Is e of class k?  *same: proved. */
static nd_status belongs(nd_classes *c, const nd_class *k, const nd_arrival *e, bool *yes,
                         bool *same, double *distance)
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

static void become(nd_classes *c, nd_class *k, const nd_arrival *e)
{
    k->trial = e->trial;
    k->verdict = e->verdict;
    memcpy(k->theta, e->theta, c->problem->net->P * sizeof *k->theta);
}

static nd_status found_class(nd_classes *c, const nd_arrival *e, nd_class **out)
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

/* ---- one end -------------------------------------------------------------------------------- */

typedef struct {
    nd_classes *c;
    nd_certifieds certified;
    sqlite3_stmt *note;
    bool unproved;   /* nothing is to be certified */
    int64_t *wanted; /* trials                     */
    size_t want, room;
} merging;

/* Where e belongs: a class, or that of an end of this round it is near to and whose
 * certification led elsewhere.  SIZE_MAX: nowhere. */
static nd_status find_home(merging *m, const nd_arrival *e, size_t *home, bool *same,
                           double *distance)
{
    nd_classes *c = m->c;
    bool yes = false;
    nd_status status = ND_OK;

    *home = SIZE_MAX;
    for (size_t k = 0; k < c->classes; k++) {
        ND_TRY(belongs(c, &c->class[k], e, &yes, same, distance));
        *home = k;
        if (yes) return ND_OK;
    }
    for (size_t k = 0; k < m->certified.count; k++) {
        const nd_certified *x = &m->certified.item[k];

        if (x->home == SIZE_MAX) continue;
        ND_TRY(belongs(c, &x->before, e, &yes, same, distance));
        *home = x->home;
        *same = false;
        if (yes) return ND_OK;
    }
    *home = SIZE_MAX;
done:
    return status;
}

static nd_status sort_in(merging *m, const nd_arrival *e, size_t *at)
{
    nd_classes *c = m->c;
    nd_class *home;
    bool same;
    double distance;
    nd_status status;

    ND_TRY(find_home(m, e, at, &same, &distance));
    if (*at == SIZE_MAX) {
        *at = c->classes;
        same = true;
        distance = 0.0;
        ND_TRY(found_class(c, e, &home));
    }
    home = &c->class[*at];
    if (home->verdict.proved != ND_PROVED && e->verdict.proved == ND_PROVED)
        become(c, home, e); /* a proved representative for a numerical one */
    home->found++;
    home->proved_same = home->proved_same && same;
    home->spread = fmax(home->spread, distance);
    home->changed = true;
done:
    return status;
}

static nd_status note_point(merging *m, int64_t trial, size_t id)
{
    nd_db *d = m->c->d;
    nd_status status;

    ND_TRY(nd_db_bind_int(d, m->note, 1, (int64_t)id));
    ND_TRY(nd_db_bind_int(d, m->note, 2, trial));
    ND_TRY(nd_db_run(d, m->note));
done:
    return status;
}

/* ---- what is to be certified ------------------------------------------------------------------- */

static nd_status want(merging *m, int64_t trial)
{
    if (m->want == m->room) {
        size_t room = 2 * m->room + 16;
        int64_t *grown = nd_regrow(m->c->d->ctx, m->wanted, m->want, room, sizeof *grown);

        if (!grown) return ND_EMEM;
        m->wanted = grown;
        m->room = room;
    }
    m->wanted[m->want++] = trial;
    return ND_OK;
}

/* e, in class k, was not certified: is its class in need of that? */
static nd_status perhaps_want(merging *m, const nd_arrival *e, nd_class *k)
{
    if (m->unproved || e->verdict.proved == ND_PROVED || k->verdict.proved == ND_PROVED)
        return ND_OK;
    if (k->asked || k->tries >= TRIES) return ND_OK;
    k->asked = true;
    return want(m, e->trial);
}

/* The end x of this round was certified: that counts for it, where something was proved. */
static nd_status sort_certified(merging *m, const nd_arrival *e, nd_certified *x)
{
    const size_t P = m->c->problem->net->P;
    bool proved = x->end.verdict.proved == ND_PROVED;
    nd_status status;

    ND_TRY(sort_in(m, proved ? &x->end : e, &x->home));
    nd_class *k = &m->c->class[x->home];
    k->tries++;
    x->before.minimum = nd_is_minimum(&e->verdict);
    x->before.family = e->family;
    x->before.verdict = e->verdict;
    memcpy(x->before.theta, e->theta, P * sizeof *e->theta);
    ND_TRY(note_point(m, e->trial, k->id));
    ND_TRY(note_point(m, x->end.trial, k->id));
done:
    return status;
}

static nd_status sort_end(merging *m, const nd_arrival *e)
{
    nd_certified *x = nd_certifieds_find(&m->certified, e->trial);
    size_t at;
    nd_status status;

    if (x) return sort_certified(m, e, x);
    ND_TRY(sort_in(m, e, &at));
    ND_TRY(note_point(m, e->trial, m->c->class[at].id));
    ND_TRY(perhaps_want(m, e, &m->c->class[at]));
done:
    return status;
}

/* ---- the ends of a round ------------------------------------------------------------------- */

static nd_status sort_all(merging *m, int64_t round)
{
    nd_classes *c = m->c;
    nd_ctx *ctx = c->d->ctx;
    nd_arrival e = {.theta = ND_NEW(ctx, double, c->problem->net->P)};
    sqlite3_stmt *s = NULL;
    bool more = true;
    nd_status status = e.theta ? ND_OK : ND_EMEM;

    if (status == ND_OK) status = nd_certifieds_load(c, round, &m->certified);
    if (status == ND_OK) status = nd_ends_open(c->d, round, &s);
    if (status == ND_OK)
        status = nd_db_prepare(c->d, "UPDATE answer SET point = ? WHERE ask = ?", &m->note);
    while (status == ND_OK && more) {
        status = nd_ends_next(c, s, &e, &more);
        if (status == ND_OK && more) status = sort_end(m, &e);
    }
    sqlite3_finalize(s);
    sqlite3_finalize(m->note);
    nd_certifieds_clear(ctx, &m->certified);
    nd_free(ctx, e.theta);
    return status;
}

/* Nothing of the merge stays but the tasks that must come before it. */
static nd_status ask_first(merging *m, int64_t round)
{
    nd_db *d = m->c->d;
    nd_queue_adder q = {.s = NULL};
    nd_status status;

    ND_TRY(nd_db_exec(d, "ROLLBACK TO merge"));
    ND_TRY(nd_queue_begin(d, round, &q));
    for (size_t k = 0; k < m->want; k++)
        ND_TRY(
            nd_queue_add(&q, &(nd_task){.kind = ND_ASK_CERTIFY, .scale = NAN, .a = m->wanted[k]}));
done:
    nd_queue_end(&q);
    return status;
}

nd_status nd_merge_round(nd_classes *c, int64_t round, bool unproved, size_t *wanted)
{
    merging m = {.c = c, .unproved = unproved};
    nd_status status;

    ND_TRY(nd_db_exec(c->d, "SAVEPOINT merge"));
    ND_TRY(sort_all(&m, round));
    ND_TRY(m.want ? ask_first(&m, round) : nd_classes_store(c));
    ND_TRY(nd_db_exec(c->d, "RELEASE merge"));
    *wanted = m.want;
done:
    nd_free(c->d->ctx, m.wanted);
    return status;
}
