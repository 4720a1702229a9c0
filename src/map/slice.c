/* Loss and training errors on a grid of a line or plane.  The rows are shared out among the
 * threads; every cell is one pass for the loss and one for the margins, exactly as
 * nd_problem_value and nd_problem_margins give them. */
#include <nadir/map.h>

#include "base/memory.h"
#include "base/par.h"

#include <string.h>

/* Between so many cells the cancel hook is asked and progress is told. */
#define BATCH 512

typedef struct {
    nd_ctx *ctx;
    const nd_problem *pb;
    const nd_plane *plane;
    nd_slice *s;
    size_t first; /* cell of this batch */
    int workers;
    nd_work **work; /* one per worker, and */
    double *theta;  /* P, */
    double *m;      /* n entries */
} job;

double nd_slice_at(const nd_slice *s, int axis, size_t k)
{
    if (s->n[axis] < 2) return s->lo[axis];
    return s->lo[axis] + (s->hi[axis] - s->lo[axis]) * (double)k / (double)(s->n[axis] - 1);
}

static nd_status one_cell(void *arg, size_t k, int worker)
{
    const job *b = arg;
    size_t cell = b->first + k, P = b->plane->P, w = (size_t)worker;
    double *theta = b->theta + w * P, *m = b->m + w * b->pb->data->n;
    nd_slice *s = b->s;
    nd_status status;

    nd_plane_point(b->plane, nd_slice_at(s, 0, cell % s->n[0]), nd_slice_at(s, 1, cell / s->n[0]),
                   theta);
    ND_TRY(nd_problem_value(b->ctx, b->pb, theta, b->work[w], &s->loss[cell]));
    ND_TRY(nd_problem_margins(b->ctx, b->pb, theta, b->work[w], m));
    s->errors[cell] = (double)nd_problem_errors(b->pb, m);
done:
    return status;
}

static nd_status fill(job *b)
{
    size_t cells = b->s->n[0] * b->s->n[1];
    nd_event event = {.stage = "slice", .value = b->s->loss[0], .grad = 0.0};
    nd_status status = ND_OK;

    for (b->first = 0; b->first < cells && status == ND_OK; b->first += BATCH) {
        size_t batch = cells - b->first < BATCH ? cells - b->first : BATCH;
        status = nd_par_for(b->ctx, batch, one_cell, b);
        event.step = b->first + batch;
        event.evaluations = event.step;
        event.value = b->s->loss[b->first];
        if (status == ND_OK) nd_progress(b->ctx, &event);
    }
    return status;
}

static nd_status open_job(job *b)
{
    size_t w = (size_t)b->workers;
    nd_status status = ND_OK;

    b->work = ND_NEW0(b->ctx, nd_work *, w);
    b->theta = ND_NEW(b->ctx, double, w * b->plane->P);
    b->m = ND_NEW(b->ctx, double, w * b->pb->data->n);
    if (!b->work || !b->theta || !b->m) return ND_EMEM;
    for (size_t k = 0; k < w && status == ND_OK; k++)
        status = nd_work_create(b->ctx, b->pb, &b->work[k]);
    return status;
}

static void close_job(job *b)
{
    for (int k = 0; b->work && k < b->workers; k++) nd_work_destroy(b->ctx, b->work[k]);
    nd_free(b->ctx, b->work);
    nd_free(b->ctx, b->theta);
    nd_free(b->ctx, b->m);
}

static nd_status make_empty(nd_ctx *ctx, const nd_plane *p, size_t across, nd_slice **out)
{
    nd_slice *s = ND_NEW0(ctx, nd_slice, 1);

    if (!s) return ND_EMEM;
    s->n[0] = across;
    s->n[1] = p->dim == 2 ? across : 1;
    memcpy(s->lo, p->lo, sizeof s->lo);
    memcpy(s->hi, p->hi, sizeof s->hi);
    s->loss = ND_NEW0(ctx, double, s->n[0] * s->n[1]);
    s->errors = ND_NEW0(ctx, double, s->n[0] * s->n[1]);
    if (!s->loss || !s->errors) {
        nd_slice_destroy(ctx, s);
        return ND_EMEM;
    }
    *out = s;
    return ND_OK;
}

nd_status nd_slice_make(nd_ctx *ctx, const nd_problem *pb, const nd_plane *p, size_t across,
                        nd_slice **out)
{
    job b = {.ctx = ctx, .pb = pb, .plane = p, .workers = nd_threads(ctx)};
    nd_status status;

    if (across < 2) return nd_fail(ctx, ND_ERANGE, "a slice needs 2 points across at least");
    if (p->P != pb->net->P)
        return nd_fail(ctx, ND_EDIM, "the plane has %zu parameters, the net %zu", p->P, pb->net->P);
    ND_TRY(make_empty(ctx, p, across, &b.s));
    ND_TRY(open_job(&b));
    ND_TRY(fill(&b));
    *out = b.s;
    b.s = NULL;
done:
    nd_slice_destroy(ctx, b.s);
    close_job(&b);
    return status;
}

void nd_slice_destroy(nd_ctx *ctx, nd_slice *s)
{
    if (!s) return;
    nd_free(ctx, s->loss);
    nd_free(ctx, s->errors);
    nd_free(ctx, s);
}
