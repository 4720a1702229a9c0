/* Branch and bound: the box is bisected until nd_probe decides every part.
 *
 * The tree is written in preorder (complete.h).  Its top is expanded in one go into TASKS
 * or more parts; these are worked on in parallel, a slice of SLICE boxes each in turn, until
 * all are done.  What a part's tree looks like depends on the part alone, so the result is
 * the same for any number of threads. */
#include "map/complete.h"

#include "base/memory.h"
#include "base/par.h"
#include "base/text.h"
#include "cert/rounding.h"

#include <string.h>

#define TASKS   512
#define SLICE   4096
#define DEEPEST 400
#define PART    '*' /* in the top: where a part's tree goes */

/* One side of the box on the way down. */
typedef struct {
    nd_iv old; /* before the split   */
    size_t axis;
    bool upper; /* the half worked on */
} turn;

typedef struct {
    nd_iv *box; /* P: what comes next */
    turn *path; /* DEEPEST            */
    size_t depth;
    bool done;
    char slice[SLICE];
    size_t used, open;
    nd_buf tree;
    double *centre; /* ND_OPEN_KEPT x P, made by the first that is open; NULL before */
    size_t centres;
} task;

typedef struct {
    const nd_bisect *s;
    nd_prober *prober; /* one per worker */
    task *list;
    size_t P, quota; /* quota: boxes of a part in this round, <= SLICE */
} crew;

/* ---- one box ------------------------------------------------------------------------------ */

static bool tiny(const nd_bisect *s, const nd_iv *box, size_t P)
{
    for (size_t k = 0; k < P; k++)
        if (box[k].hi - box[k].lo > s->least * (1.0 + nd_iv_mag(box[k]))) return false;
    return true;
}

/* Splits box along the axis of letter c, or says 'U': it is too small to be split. */
static char decide(nd_prober *p, const nd_bisect *s, const nd_iv *box, size_t depth)
{
    char c = nd_probe(p, box);
    nd_iv x;

    if (c < 'a') return c;
    if (depth >= DEEPEST || tiny(s, box, p->P)) return ND_LEAF_OPEN;
    x = box[c - 'a'];
    return nd_middle(x) > x.lo && nd_middle(x) < x.hi ? c : ND_LEAF_OPEN;
}

static void go_down(task *t, size_t axis)
{
    nd_iv *x = &t->box[axis];

    t->path[t->depth++] = (turn){*x, axis, false};
    x->hi = nd_middle(*x);
}

/* From a leaf to the next box in preorder; false: there is none. */
static bool go_on(task *t)
{
    while (t->depth > 0) {
        turn *u = &t->path[t->depth - 1];

        if (!u->upper) {
            u->upper = true;
            t->box[u->axis] = (nd_iv){nd_middle(u->old), u->old.hi};
            return true;
        }
        t->box[u->axis] = u->old;
        t->depth--;
    }
    return false;
}

static void keep_centre(task *t, size_t P)
{
    if (t->centres == ND_OPEN_KEPT / 8) return;
    for (size_t k = 0; k < P; k++) t->centre[t->centres * P + k] = nd_middle(t->box[k]);
    t->centres++;
}

/* Up to quota boxes of one part. */
static nd_status work(void *arg, size_t i, int worker)
{
    crew *w = arg;
    task *t = &w->list[i];

    t->used = 0;
    while (!t->done && t->used < w->quota) {
        char c = decide(&w->prober[worker], w->s, t->box, t->depth);

        if (!nd_arithmetic_sound()) c = ND_LEAF_OPEN;
        t->slice[t->used++] = c;
        if (c >= 'a') {
            go_down(t, (size_t)(c - 'a'));
            continue;
        }
        if (c == ND_LEAF_OPEN) {
            t->open++;
            keep_centre(t, w->P);
        }
        t->done = !go_on(t);
    }
    return ND_OK;
}

/* ---- the top -------------------------------------------------------------------------------- */

static nd_status task_create(nd_ctx *ctx, size_t P, const nd_iv *box, task **list, size_t *count,
                             size_t *room)
{
    task *t;

    if (*count == *room) {
        size_t more = *room ? 2 * *room : 64;

        t = nd_regrow(ctx, *list, *count, more, sizeof **list);
        if (!t) return ND_EMEM;
        *list = t;
        *room = more;
    }
    t = &(*list)[*count];
    memset(t, 0, sizeof *t);
    t->tree = nd_buf_make(ctx);
    t->box = ND_NEW(ctx, nd_iv, P);
    t->path = ND_NEW(ctx, turn, DEEPEST);
    t->centre = ND_NEW(ctx, double, ND_OPEN_KEPT / 8 * P);
    (*count)++;
    if (!t->box || !t->path || !t->centre) return ND_EMEM;
    memcpy(t->box, box, P * sizeof *box);
    return ND_OK;
}

/* Parts of the box down to a depth, in preorder; leaves on the way are in the top. */
typedef struct {
    nd_ctx *ctx;
    const nd_bisect *s;
    nd_prober *p;
    nd_buf top;
    task *list;
    size_t count, room, boxes, open;
    nd_status status;
} expansion;

static void expand(expansion *e, nd_iv *box, size_t parts)
{
    char c;
    nd_iv x;
    size_t axis;

    if (e->status != ND_OK) return;
    if (parts <= 1) {
        nd_buf_add(&e->top, (const char[]){PART}, 1);
        e->status = task_create(e->ctx, e->p->P, box, &e->list, &e->count, &e->room);
        return;
    }
    c = decide(e->p, e->s, box, 0);
    nd_buf_add(&e->top, &c, 1);
    e->boxes++;
    e->open += c == ND_LEAF_OPEN;
    if (c < 'a') return;
    axis = (size_t)(c - 'a');
    x = box[axis];
    box[axis].hi = nd_middle(x);
    expand(e, box, parts / 2);
    box[axis] = (nd_iv){nd_middle(x), x.hi};
    expand(e, box, parts / 2);
    box[axis] = x;
}

/* ---- all of it --------------------------------------------------------------------------------- */

static nd_status flush(task *t)
{
    nd_buf_add(&t->tree, t->slice, t->used);
    return nd_buf_status(&t->tree);
}

static nd_status rounds(nd_ctx *ctx, crew *w, size_t count, nd_bisection *r)
{
    bool more = true;
    nd_status status = ND_OK;

    while (more && !r->stopped) {
        size_t left = w->s->most > r->boxes ? w->s->most - r->boxes : 0;

        more = false;
        w->quota = left / (count + 1) + 1 < SLICE ? left / (count + 1) + 1 : SLICE;
        ND_TRY(nd_par_for(ctx, count, work, w));
        for (size_t i = 0; i < count; i++) {
            r->boxes += w->list[i].used;
            more = more || !w->list[i].done;
            ND_TRY(flush(&w->list[i]));
        }
        nd_progress(ctx,
                    &(nd_event){.stage = "boxes", .step = r->boxes, .value = NAN, .grad = NAN});
        r->stopped = more && (r->boxes >= w->s->most || nd_seconds() >= w->s->deadline);
    }
done:
    return status;
}

/* The top with the parts put in. */
static nd_status assemble(nd_ctx *ctx, const expansion *e, nd_bisection *r)
{
    nd_buf tree = nd_buf_make(ctx);
    size_t next = 0;
    nd_status status;

    for (const char *c = e->top.data; c && *c; c++)
        if (*c == PART)
            nd_buf_puts(&tree, e->list[next++].tree.data);
        else
            nd_buf_add(&tree, c, 1);
    status = nd_buf_status(&tree);
    if (status == ND_OK && !(r->tree = nd_strdup(ctx, tree.data))) status = ND_EMEM;
    nd_buf_free(&tree);
    return status;
}

static nd_status gather(nd_ctx *ctx, const expansion *e, size_t P, nd_bisection *r)
{
    r->centre = ND_NEW(ctx, double, ND_OPEN_KEPT *P);
    if (!r->centre) return ND_EMEM;
    r->open += e->open;
    r->boxes += e->boxes;
    for (size_t i = 0; i < e->count; i++) {
        const task *t = &e->list[i];

        r->open += t->open;
        for (size_t k = 0; k < t->centres && r->centres < ND_OPEN_KEPT; k++, r->centres++)
            memcpy(r->centre + r->centres * P, t->centre + k * P, P * sizeof *t->centre);
    }
    return r->stopped ? ND_OK : assemble(ctx, e, r);
}

/* Probers that know the points. */
static nd_status crew_create(nd_ctx *ctx, const nd_bisect *s, crew *w, nd_iv **known)
{
    size_t P = s->pb->net->P;
    nd_status status = ND_OK;

    w->s = s;
    w->P = P;
    w->prober = ND_NEW0(ctx, nd_prober, (size_t)nd_threads(ctx));
    *known = ND_NEW(ctx, nd_iv, s->points->count * P);
    if (!w->prober || !*known) return ND_EMEM;
    for (size_t i = 0; i < s->points->count; i++)
        for (size_t k = 0; k < P; k++) {
            const nd_critical *c = &s->points->at[i];

            /* rounded inwards: the box of the claim is theta +- half, exactly */
            (*known)[i * P + k] =
                (nd_iv){nd_above(c->theta[k] - c->half[k]), nd_below(c->theta[k] + c->half[k])};
        }
    for (int i = 0; i < nd_threads(ctx); i++) {
        status = nd_prober_create(ctx, s->pb, &w->prober[i]);
        if (status != ND_OK) return status;
        w->prober[i].known = *known;
        w->prober[i].points = s->points->count;
        w->prober[i].mirror = s->mirror;
    }
    return status;
}

static void crew_clear(nd_ctx *ctx, crew *w, nd_iv *known)
{
    for (int i = 0; w->prober && i < nd_threads(ctx); i++) nd_prober_clear(ctx, &w->prober[i]);
    nd_free(ctx, w->prober);
    nd_free(ctx, known);
}

static void expansion_clear(nd_ctx *ctx, expansion *e)
{
    for (size_t i = 0; i < e->count; i++) {
        nd_free(ctx, e->list[i].box);
        nd_free(ctx, e->list[i].path);
        nd_free(ctx, e->list[i].centre);
        nd_buf_free(&e->list[i].tree);
    }
    nd_free(ctx, e->list);
    nd_buf_free(&e->top);
}

nd_status nd_bisect_run(nd_ctx *ctx, const nd_bisect *s, nd_bisection *out)
{
    size_t P = s->pb->net->P;
    expansion e = {.ctx = ctx, .s = s, .top = nd_buf_make(ctx)};
    nd_bisection r = {0};
    nd_iv *known = NULL, *box = ND_NEW(ctx, nd_iv, P);
    crew w = {0};
    nd_status status = box ? ND_OK : ND_EMEM;

    if (status != ND_OK) goto done;
    ND_TRY(crew_create(ctx, s, &w, &known));
    for (size_t k = 0; k < P; k++) box[k] = (nd_iv){s->lo[k], s->hi[k]};
    e.p = &w.prober[0];
    expand(&e, box, TASKS);
    ND_TRY(e.status);
    w.list = e.list;
    ND_TRY(rounds(ctx, &w, e.count, &r));
    ND_TRY(gather(ctx, &e, P, &r));
    *out = r;
    r = (nd_bisection){0};
done:
    nd_bisect_clear(ctx, &r);
    expansion_clear(ctx, &e);
    crew_clear(ctx, &w, known);
    nd_free(ctx, box);
    return status;
}

void nd_bisect_clear(nd_ctx *ctx, nd_bisection *r)
{
    nd_free(ctx, r->tree);
    nd_free(ctx, r->centre);
    *r = (nd_bisection){0};
}
