/* All critical points of a tiny network (docs/complete.md).
 *
 * Newton's method from many starts finds points; each gets a box that holds it alone.  Then
 * the whole box is split until every part has no critical point or is inside one of these.
 * What is left open at a coarse resolution shows where points were missed: Newton's method
 * starts there again, and the search is repeated with what it found, finer each time. */
#include "map/complete.h"

#include "base/memory.h"
#include "map/symmetry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(nd_complete_settings, member)

const nd_setting nd_complete_table[] = {
    {"box", ND_REAL, AT(box), 0.0, 0.0, 1e6, NULL,
     "search |theta_k| <= box; 0: the box that holds every critical point (needs ridge)"},
    {"boxes", ND_LONG, AT(boxes), 5e7, 1.0, 4e9, NULL, "give up after about so many boxes"},
    {"time_limit", ND_REAL, AT(time), 600.0, 0.0, 1e9, NULL, "give up after so many seconds"},
    {"starts", ND_LONG, AT(starts), 100.0, 0.0, 1e6, NULL,
     "starts of Newton's method before the proof"},
    {"seed", ND_LONG, AT(seed), 1.0, 0.0, 9e15, NULL, "of these starts"},
    {0},
};

void nd_complete_init(nd_complete_settings *s)
{
    nd_settings_init(nd_complete_table, s);
}

/* ---- the search for points ---------------------------------------------------------------- */

typedef struct {
    nd_ctx *ctx;
    const nd_problem *pb;
    const nd_complete_settings *s;
    size_t P;
    nd_prober prober;
    nd_work *work;
    nd_criticals points;
    nd_bisection split;
    double *theta, deadline; /* P: scratch */
    nd_complete_result *r;
} run;

/* What Newton's method is started at: several scales, first the origin. */
static void start_at(const run *q, size_t trial)
{
    static const double scale[] = {0.5, 1.0, 2.0, 4.0};

    if (trial == 0)
        memset(q->theta, 0, q->P * sizeof *q->theta);
    else
        nd_net_start(q->pb->net, q->s->seed, trial, scale[trial % 4], q->theta);
}

/* Newton's method from q->theta. */
static nd_status seek(run *q)
{
    return nd_criticals_seek(q->ctx, &q->prober, q->work, q->r->lo, q->r->hi, q->theta, &q->points);
}

static nd_status seek_all(run *q)
{
    nd_status status = ND_OK;

    for (size_t i = 0; status == ND_OK && i <= (size_t)q->s->starts; i++) {
        if (nd_cancelled(q->ctx)) return ND_ECANCEL;
        start_at(q, i);
        status = seek(q);
    }
    return status;
}

static nd_status seek_open(run *q)
{
    nd_status status = ND_OK;

    for (size_t i = 0; status == ND_OK && i < q->split.centres; i++) {
        memcpy(q->theta, q->split.centre + i * q->P, q->P * sizeof *q->theta);
        status = seek(q);
    }
    return status;
}

/* ---- passes -------------------------------------------------------------------------------- */

/* Images of what was found under the symmetries that keep a_j in order: exchanged neurons and
 * flips.  They are found again by Newton's method started from the image. */
static nd_status seek_images(run *q)
{
    nd_block *block = NULL;
    size_t blocks = 0, order[2], count = q->points.count;
    double *scratch = ND_NEW(q->ctx, double, q->P);
    nd_status status = scratch ? nd_blocks(q->ctx, q->pb->net, &block, &blocks) : ND_EMEM;

    for (size_t i = 0; i < count && status == ND_OK; i++)
        for (size_t b = 0; b < blocks && status == ND_OK; b++) {
            for (size_t j = 0; block[b].flips && j < block[b].width && status == ND_OK; j++) {
                memcpy(q->theta, q->points.at[i].theta, q->P * sizeof *q->theta);
                nd_block_flip(&block[b], j, q->theta);
                status = seek(q);
            }
            if (block[b].width != 2 || status != ND_OK) continue;
            order[0] = 1;
            order[1] = 0;
            memcpy(q->theta, q->points.at[i].theta, q->P * sizeof *q->theta);
            nd_block_permute(&block[b], order, q->theta, scratch);
            status = seek(q);
        }
    nd_free(q->ctx, scratch);
    nd_free(q->ctx, block);
    return status;
}

static nd_status split_once(run *q, double least)
{
    nd_bisect s = {.pb = q->pb,
                   .lo = q->r->lo,
                   .hi = q->r->hi,
                   .points = &q->points,
                   .mirror = true,
                   .least = least,
                   .deadline = q->deadline};

    s.most = (size_t)q->s->boxes > q->r->boxes ? (size_t)q->s->boxes - q->r->boxes : 1;
    nd_bisect_clear(q->ctx, &q->split);
    return nd_bisect_run(q->ctx, &s, &q->split);
}

static nd_status passes(run *q)
{
    static const double least[] = {1e-5, 1e-7, 1e-9};
    nd_status status;

    ND_TRY(seek_all(q));
    for (size_t k = 0; k < sizeof least / sizeof *least; k++) {
        ND_TRY(seek_images(q));
        ND_TRY(split_once(q, least[k]));
        q->r->boxes += q->split.boxes;
        q->r->open = q->split.open;
        if (q->split.stopped || q->split.open == 0) break;
        ND_TRY(seek_open(q));
    }
done:
    return status;
}

/* ---- the answer -------------------------------------------------------------------------------- */

static int by_loss(const void *p, const void *q)
{
    const nd_critical *x = p, *y = q;

    return x->loss_lo < y->loss_lo ? -1 : x->loss_lo > y->loss_lo;
}

/* Copies of each class, counted with the first point of it; the audit. */
static nd_status count_copies(run *q)
{
    double distance, least;
    nd_critical *c = q->points.at;
    nd_status status = ND_OK;

    q->r->audit = 0.0;
    for (size_t i = 0; i < q->points.count; i++) {
        bool twin = false;

        for (size_t j = 0; j < i && !twin; j++) {
            memcpy(q->theta, c[i].theta, q->P * sizeof *q->theta);
            ND_TRY(nd_align(q->ctx, q->pb->net, c[j].theta, q->theta, &distance, &least));
            twin = distance <= c[i].radius + c[j].radius + 1e-9;
        }
        c[i].copies = 0.0;
        if (!twin) ND_TRY(nd_copies(q->ctx, q->pb->net, c[i].theta, &c[i].copies));
        q->r->audit += c[i].index % 2 ? -c[i].copies : c[i].copies;
    }
done:
    return status;
}

static size_t classes(const nd_complete_result *r)
{
    size_t count = 0;

    for (size_t i = 0; i < r->points; i++) count += r->point[i].copies > 0.0;
    return count;
}

static void say_proved(nd_complete_result *r, size_t count, const char *where)
{
    if (count == 0)
        snprintf(r->reason, sizeof r->reason, "there is no critical point %s", where);
    else if (count == 1)
        snprintf(r->reason, sizeof r->reason,
                 "this is the only critical point %s, up to symmetries of the network", where);
    else
        snprintf(r->reason, sizeof r->reason,
                 "these %zu are all critical points %s, up to symmetries of the network", count,
                 where);
}

static void conclude(run *q)
{
    nd_complete_result *r = q->r;

    r->points = q->points.count;
    r->point = q->points.at;
    q->points = (nd_criticals){0};
    if (q->split.stopped) {
        snprintf(r->reason, sizeof r->reason, "stopped after %zu boxes: not all were decided",
                 r->boxes);
    } else if (r->open > 0) {
        snprintf(r->reason, sizeof r->reason,
                 "undecided: %zu boxes are left, where there may be further critical points",
                 r->open);
    } else {
        r->truth = ND_PROVED;
        r->tree = q->split.tree;
        q->split.tree = NULL;
        say_proved(r, classes(r), r->everywhere ? "of the loss" : "in the box");
    }
}

/* The box; *everywhere: it holds all. */
static nd_status choose_box(nd_ctx *ctx, const nd_problem *pb, const nd_complete_settings *s,
                            double *lo, double *hi, bool *everywhere)
{
    const char *why = nd_over_refuses(pb);

    if (why) return nd_fail(ctx, ND_EINPUT, "complete: not possible here: %s", why);
    if (pb->net->P > 26) return nd_fail(ctx, ND_EINPUT, "complete: more than 26 parameters");
    *everywhere = s->box == 0.0;
    for (size_t k = 0; k < pb->net->P; k++) {
        hi[k] = s->box;
        lo[k] = -s->box;
    }
    why = *everywhere ? nd_apriori_box(pb, lo, hi) : NULL;
    return why ? nd_fail(ctx, ND_EINPUT, "complete: give a --box: %s", why) : ND_OK;
}

nd_status nd_complete_check(nd_ctx *ctx, const nd_problem *pb, const nd_complete_settings *s)
{
    double *lo = ND_NEW(ctx, double, 2 * pb->net->P);
    bool everywhere;
    nd_status status = lo ? nd_settings_check(ctx, nd_complete_table, s) : ND_EMEM;

    if (status == ND_OK) status = choose_box(ctx, pb, s, lo, lo + pb->net->P, &everywhere);
    nd_free(ctx, lo);
    return status;
}

static nd_status open_run(run *q)
{
    nd_status status;

    q->r = ND_NEW0(q->ctx, nd_complete_result, 1);
    if (!q->r) return ND_EMEM;
    q->r->P = q->P;
    q->r->lo = ND_NEW(q->ctx, double, q->P);
    q->r->hi = ND_NEW(q->ctx, double, q->P);
    q->theta = ND_NEW(q->ctx, double, q->P);
    if (!q->r->lo || !q->r->hi || !q->theta) return ND_EMEM;
    ND_TRY(choose_box(q->ctx, q->pb, q->s, q->r->lo, q->r->hi, &q->r->everywhere));
    ND_TRY(nd_prober_create(q->ctx, q->pb, &q->prober));
    ND_TRY(nd_work_create(q->ctx, q->pb, &q->work));
done:
    return status;
}

nd_status nd_complete(nd_ctx *ctx, const nd_problem *pb, const nd_complete_settings *s,
                      nd_complete_result **out)
{
    run q = {.ctx = ctx, .pb = pb, .s = s, .P = pb->net->P};
    double begin = nd_seconds();
    nd_status status;

    q.deadline = begin + s->time;
    ND_TRY(nd_complete_check(ctx, pb, s));
    ND_TRY(open_run(&q));
    ND_TRY(passes(&q));
    if (q.points.count > 0) qsort(q.points.at, q.points.count, sizeof *q.points.at, by_loss);
    ND_TRY(count_copies(&q));
    conclude(&q);
    q.r->seconds = nd_seconds() - begin;
    *out = q.r;
    q.r = NULL;
done:
    nd_complete_destroy(ctx, q.r);
    nd_criticals_clear(ctx, &q.points);
    nd_bisect_clear(ctx, &q.split);
    nd_prober_clear(ctx, &q.prober);
    nd_work_destroy(ctx, q.work);
    nd_free(ctx, q.theta);
    return status;
}

void nd_complete_destroy(nd_ctx *ctx, nd_complete_result *r)
{
    if (!r) return;
    for (size_t i = 0; i < r->points; i++) nd_free(ctx, r->point[i].theta);
    nd_free(ctx, r->point);
    nd_free(ctx, r->lo);
    nd_free(ctx, r->hi);
    nd_free(ctx, r->tree);
    nd_free(ctx, r);
}
