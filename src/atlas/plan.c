/* What to try next: a function of the classes found so far and of the tasks of earlier
 * rounds, so that everybody who plans a round plans the same one.
 *
 *   round 0      starts, scales in turn; with saddles searches for points of any index
 *   then         hops from the lowest minima, and searches around all points, lowest first,
 *                until their numbers are used up
 *   with saddles both ways down from every new saddle of index 1, and up the softest modes
 *                of every new point of index < K, both sides
 *   when nothing new came of that: paths between the nearest minima of different
 *                components of the graph, one tree of them at a time */
#include "atlas/atlas.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define HOP_ROUNDS  4 /* hops start from what earlier hops found     */
#define SEEK_ROUNDS 4 /* likewise searches for points of any index */

static const double start_scale[] = {1.0, 0.3, 3.0}, hop_scale[] = {0.1, 0.3, 1.0};

typedef struct {
    nd_classes *c;
    const nd_explore_settings *s;
    int64_t round;
    nd_queue_adder q;
    size_t *minimum; /* indices of the classes that are minima, lowest first */
    size_t minima;
} plan;

/* ---- starts and hops -------------------------------------------------------------------------- */

static nd_status plan_starts(plan *p)
{
    nd_status status = ND_OK;

    for (long k = 0; k < p->s->starts && status == ND_OK; k++)
        status = nd_queue_add(
            &p->q, &(nd_task){.kind = ND_ASK_START, .scale = p->s->scale * start_scale[k % 3]});
    return status;
}

static nd_status plan_hops(plan *p)
{
    int64_t done;
    nd_status status = nd_db_integer(p->c->d, "SELECT count(*) FROM ask WHERE kind = 'hop'", &done);
    long share = (p->s->hops + HOP_ROUNDS - 1) / HOP_ROUNDS, left = p->s->hops - (long)done;
    size_t from = p->minima;

    if (from > (size_t)p->s->explored) from = (size_t)p->s->explored;
    if (from == 0 || status != ND_OK) return status;
    for (long k = 0; k < share && k < left && status == ND_OK; k++)
        status =
            nd_queue_add(&p->q, &(nd_task){.kind = ND_ASK_HOP,
                                           .scale = hop_scale[((size_t)k / from + (size_t)k) % 3],
                                           .a = p->c->class[p->minimum[(size_t)k % from]].trial});
    return status;
}

/* From random starts as long as there are no points, then around points of every index. */
static nd_status plan_seeks(plan *p, const size_t *order)
{
    int64_t done;
    nd_status status =
        nd_db_integer(p->c->d, "SELECT count(*) FROM ask WHERE kind = 'seek'", &done);
    long share = (p->s->seeks + SEEK_ROUNDS - 1) / SEEK_ROUNDS, left = p->s->seeks - (long)done;
    size_t from = p->c->classes;

    if (!p->s->saddles || status != ND_OK) return status;
    if (from > (size_t)p->s->explored) from = (size_t)p->s->explored;
    for (long k = 0; k < share && k < left && status == ND_OK; k++) {
        nd_task t = {.kind = ND_ASK_SEEK, .scale = p->s->scale * start_scale[k % 3]};
        bool around = from > 0 && k % 2 == 1;

        if (around) {
            size_t at = (size_t)(k / 2);

            t.scale = hop_scale[(at / from + at) % 3];
            t.a = p->c->class[order[at % from]].trial;
        }
        status = nd_queue_add(&p->q, &t);
    }
    return status;
}

/* ---- around the points ------------------------------------------------------------------------ */

static nd_status plan_down(plan *p, nd_class *k)
{
    nd_status status = ND_OK;

    for (int side = -1; side <= 1 && status == ND_OK; side += 2)
        status = nd_queue_add(
            &p->q, &(nd_task){.kind = ND_ASK_DOWN, .scale = NAN, .side = side, .a = k->trial});
    k->descended = k->changed = true;
    return status;
}

/* Up the softest modes that are neither descending nor null. */
static nd_status plan_follow(plan *p, nd_class *k)
{
    long flat = k->verdict.nullity > 0 ? k->verdict.nullity : 0;
    long index = k->verdict.index > 0 ? k->verdict.index : 0, first = index + flat;
    nd_status status = ND_OK;

    for (long m = first; m < first + p->s->modes && m < (long)p->c->problem->net->P; m++)
        for (int side = -1; side <= 1 && status == ND_OK; side += 2)
            status = nd_queue_add(&p->q, &(nd_task){.kind = ND_ASK_FOLLOW,
                                                    .scale = NAN,
                                                    .mode = m,
                                                    .side = side,
                                                    .index = index + 1,
                                                    .a = k->trial});
    k->explored = k->changed = true;
    return status;
}

/* From the lowest points of that index that nobody explored, up to the number allowed. */
static nd_status plan_index(plan *p, long index, const size_t *order)
{
    long left = p->s->explored;
    nd_status status = ND_OK;

    for (size_t k = 0; k < p->c->classes; k++)
        left -= p->c->class[k].explored && p->c->class[k].verdict.index == index;
    for (size_t k = 0; k < p->c->classes && left > 0 && status == ND_OK; k++) {
        nd_class *at = &p->c->class[order[k]];

        if (at->explored || at->verdict.index != index || at->minimum != (index == 0)) continue;
        status = plan_follow(p, at);
        left--;
    }
    return status;
}

static nd_status plan_around(plan *p, const size_t *order)
{
    nd_status status = ND_OK;

    for (size_t k = 0; k < p->c->classes && status == ND_OK; k++) {
        nd_class *at = &p->c->class[k];
        if (!at->minimum && at->verdict.index == 1 && !at->descended) status = plan_down(p, at);
    }
    for (long index = 0; index < p->s->index && status == ND_OK; index++)
        status = plan_index(p, index, order);
    return status;
}

/* ---- between minima ---------------------------------------------------------------------------- */

typedef struct {
    size_t a, b;
    double distance;
} couple;

static int nearer(const void *x, const void *y)
{
    const couple *p = x, *q = y;

    if (p->distance != q->distance) return p->distance < q->distance ? -1 : 1;
    if (p->a != q->a) return p->a < q->a ? -1 : 1;
    return (p->b > q->b) - (p->b < q->b);
}

static size_t root(size_t *up, size_t k)
{
    while (up[k] != k) k = up[k] = up[up[k]];
    return k;
}

/* Joins in up what the rows of sql (pairs of points) connect. */
static nd_status join_all(plan *p, const char *sql, size_t *up)
{
    nd_db *d = p->c->d;
    sqlite3_stmt *s = NULL;
    bool row;
    nd_status status;

    ND_TRY(nd_db_prepare(d, sql, &s));
    for (;;) {
        ND_TRY(nd_db_step(d, s, &row));
        if (!row) break;
        int64_t a = sqlite3_column_int64(s, 0), b = sqlite3_column_int64(s, 1);
        if (a < 1 || b < 1 || a > (int64_t)p->c->classes || b > (int64_t)p->c->classes)
            ND_TRY(nd_db_damaged(d, "an edge without its points"));
        up[root(up, (size_t)b - 1)] = root(up, (size_t)a - 1);
    }
done:
    sqlite3_finalize(s);
    return status;
}

/* Was a path between the classes a and b tried? */
static nd_status tried(plan *p, sqlite3_stmt *s, const couple *q, bool *yes)
{
    nd_db *d = p->c->d;
    nd_status status;

    ND_TRY(nd_db_bind_int(d, s, 1, (int64_t)q->a + 1));
    ND_TRY(nd_db_bind_int(d, s, 2, (int64_t)q->b + 1));
    ND_TRY(nd_db_step(d, s, yes));
    sqlite3_reset(s);
done:
    return status;
}

/* Kruskal: the nearest couples first, skipping those that are connected by now. */
static nd_status plan_couples(plan *p, const couple *q, size_t count, size_t *up, long left)
{
    sqlite3_stmt *s = NULL;
    nd_status status;

    ND_TRY(nd_db_prepare(p->c->d,
                         "SELECT 1 FROM ask k JOIN answer a ON a.ask = k.a JOIN answer b ON "
                         "b.ask = k.b WHERE k.kind = 'pair' AND a.point = ?1 AND b.point = ?2",
                         &s));
    for (size_t k = 0; k < count && left > 0; k++) {
        size_t a = root(up, q[k].a), b = root(up, q[k].b);
        bool before;

        if (a == b) continue;
        ND_TRY(tried(p, s, &q[k], &before));
        if (before) continue;
        up[b] = a;
        left--;
        ND_TRY(nd_queue_add(&p->q, &(nd_task){.kind = ND_ASK_PAIR,
                                              .scale = NAN,
                                              .index = 1,
                                              .a = p->c->class[q[k].a].trial,
                                              .b = p->c->class[q[k].b].trial}));
    }
done:
    sqlite3_finalize(s);
    return status;
}

static double distance(const plan *p, size_t a, size_t b)
{
    const double *x = p->c->class[a].theta, *y = p->c->class[b].theta;
    double sum = 0.0;

    for (size_t k = 0; k < p->c->problem->net->P; k++) sum += (x[k] - y[k]) * (x[k] - y[k]);
    return sqrt(sum);
}

static nd_status plan_pairs(plan *p)
{
    nd_ctx *ctx = p->c->d->ctx;
    size_t m = p->minima, n = p->c->classes, count = 0, *up = NULL;
    couple *q = NULL;
    int64_t done;
    nd_status status;

    ND_TRY(nd_db_integer(p->c->d, "SELECT count(*) FROM ask WHERE kind = 'pair'", &done));
    if (done >= p->s->pairs || m < 2) return ND_OK;
    if (m > (size_t)p->s->explored) m = (size_t)p->s->explored;
    up = ND_NEW(ctx, size_t, n);
    q = ND_NEW(ctx, couple, m * (m - 1) / 2);
    if (!up || !q) ND_TRY(ND_EMEM);
    for (size_t k = 0; k < n; k++) up[k] = k;
    ND_TRY(join_all(p,
                    "SELECT a, b FROM edge WHERE a IN (SELECT id FROM point WHERE minimum) AND "
                    "b IN (SELECT id FROM point WHERE minimum)",
                    up));
    for (size_t i = 0; i < m; i++)
        for (size_t j = i + 1; j < m; j++) {
            size_t a = p->minimum[i], b = p->minimum[j];

            if (root(up, a) == root(up, b)) continue;
            q[count++] =
                a < b ? (couple){a, b, distance(p, a, b)} : (couple){b, a, distance(p, b, a)};
        }
    qsort(q, count, sizeof *q, nearer);
    ND_TRY(plan_couples(p, q, count, up, p->s->pairs - (long)done));
done:
    nd_free(ctx, q);
    nd_free(ctx, up);
    return status;
}

/* ---- all together -------------------------------------------------------------------------------- */

/* A class by its loss; equal ones by number. */
typedef struct {
    double loss;
    size_t at;
} rank;

static int lower(const void *x, const void *y)
{
    const rank *p = x, *q = y;

    if (p->loss != q->loss) return p->loss < q->loss ? -1 : 1;
    return (p->at > q->at) - (p->at < q->at);
}

/* order: the classes, lowest first; p->minimum: the minima among them. */
static nd_status sort_classes(plan *p, size_t *order)
{
    size_t n = p->c->classes;
    rank *r = ND_NEW(p->c->d->ctx, rank, n);

    if (!r) return ND_EMEM;
    for (size_t k = 0; k < n; k++) r[k] = (rank){p->c->class[k].verdict.loss, k};
    if (n) qsort(r, n, sizeof *r, lower);
    for (size_t k = 0; k < n; k++) {
        order[k] = r[k].at;
        if (p->c->class[order[k]].minimum) p->minimum[p->minima++] = order[k];
    }
    nd_free(p->c->d->ctx, r);
    return ND_OK;
}

static nd_status plan_all(plan *p, const size_t *order)
{
    nd_status status;

    if (p->round == 0) {
        status = plan_starts(p);
        return status == ND_OK ? plan_seeks(p, order) : status;
    }
    status = plan_hops(p);
    if (status == ND_OK) status = plan_seeks(p, order);
    if (status != ND_OK || p->q.added || !p->s->saddles) return status;
    status = plan_around(p, order);
    if (status != ND_OK || p->q.added) return status;
    return plan_pairs(p);
}

nd_status nd_plan_round(nd_classes *c, const nd_explore_settings *s, int64_t round, size_t *added)
{
    nd_ctx *ctx = c->d->ctx;
    size_t *order = ND_NEW(ctx, size_t, 2 * c->classes);
    plan p = {.c = c, .s = s, .round = round, .minimum = order ? order + c->classes : NULL};
    nd_status status = order ? nd_queue_begin(c->d, round, &p.q) : ND_EMEM;

    if (status == ND_OK) status = sort_classes(&p, order);
    if (status == ND_OK) status = plan_all(&p, order);
    nd_queue_end(&p.q);
    if (status == ND_OK) status = nd_classes_store(c);
    if (status == ND_OK) *added = p.q.added;
    nd_free(ctx, order);
    return status;
}
