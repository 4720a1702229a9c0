/* A descent on the samples that matter.
 *
 * With a hinge tail the samples beyond the margin z0 add nothing to L, its gradient or
 * its Hessian; most are there late in training, and the forward pass over them is
 * most of the cost.  So L-BFGS runs on a part: the samples with margins below z0 + SLACK
 * (the same sum, L = (n'/n) L' as long as the others stay beyond z0).  After each run the
 * whole is looked at; samples that have come back below z0 + BACK join the part for good,
 * and the next run goes on from there.  Runs are short while samples come back, long when
 * none does.  The best point of the whole problem is kept. */
#include "base/memory.h"
#include "lab/lab.h"

#include <math.h>
#include <string.h>

#define ROWS_MIN  1000 /* fewer rows are cheap anyway */
#define SLACK     0.5
#define BACK      0.1
#define RUN_SHORT 25
#define RUN_LONG  400

typedef struct {
    nd_surface *sf;
    double *x;     /* where the descent is */
    bool *in;      /* n: row i is in the part */
    size_t *index; /* rows of the part */
    size_t size;
    long run;
} part_work;

/* Rows below limit join; returns how many did. */
static size_t join(part_work *p, double limit)
{
    const size_t n = p->sf->pb.data->n;
    size_t before = p->size;

    for (size_t i = 0; i < n; i++)
        if (!p->in[i] && !(p->sf->m[i] > p->sf->pb.loss.kind->z0 + limit)) {
            p->in[i] = true;
            p->index[p->size++] = i;
        }
    return p->size - before;
}

static nd_status descend_on_part(part_work *p, nd_opt_settings *s, nd_opt_result *r)
{
    nd_surface *sf = p->sf, *sub = NULL;
    nd_table *part = NULL;
    nd_status status = nd_table_subset(sf->ctx, sf->pb.data, p->size, p->index, &part);

    if (status == ND_OK)
        status = nd_surface_open(sf->ctx, sf->net, part, sf->pb.loss, sf->pb.l2, &sub);
    if (status == ND_OK) status = nd_lbfgs(sf->ctx, &sub->oracle, s, p->x, r);
    if (sub) sf->evaluations += sub->evaluations;
    nd_surface_close(sub);
    nd_table_destroy(sf->ctx, part);
    return status;
}

bool nd_focus_pays(const nd_surface *sf)
{
    size_t count = 0, n = sf->pb.data->n;
    double limit = sf->pb.loss.kind->z0 + SLACK;

    if (n < ROWS_MIN || !nd_surface_can_vanish(sf)) return false;
    for (size_t i = 0; i < n; i++)
        if (!(sf->m[i] > limit)) count++;
    return 2 * count < n;
}

/* One run on the part and a look at the whole. */
static nd_status focus_run(part_work *p, nd_opt_settings *s, double *theta, nd_look *look,
                           long *left, long *evaluations)
{
    nd_opt_result r;
    nd_look now;
    nd_status status;

    s->iterations = p->run < *left ? p->run : *left;
    status = descend_on_part(p, s, &r);
    if (status == ND_OK) status = nd_surface_look(p->sf, p->x, NULL, &now);
    if (status != ND_OK) return status;
    *left -= s->iterations;
    *evaluations += r.evaluations;
    if (now.loss < look->loss) {
        memcpy(theta, p->x, p->sf->net->P * sizeof *theta);
        *look = now;
    }
    p->run = join(p, BACK) > 0 ? RUN_SHORT : p->run < RUN_LONG ? 2 * p->run : p->run;
    return ND_OK;
}

nd_status nd_focus_descend(nd_surface *sf, double *theta, nd_opt_settings *s, nd_look *look,
                           long *evaluations)
{
    size_t n = sf->pb.data->n, P = sf->net->P;
    part_work p = {.sf = sf, .run = RUN_SHORT};
    double end = nd_seconds() + s->time;
    long left = s->iterations;
    nd_status status = ND_OK;

    p.index = ND_NEW(sf->ctx, size_t, n);
    p.in = ND_NEW0(sf->ctx, bool, n);
    p.x = ND_NEW(sf->ctx, double, P);
    if (!p.index || !p.in || !p.x) ND_TRY(ND_EMEM);
    ND_TRY(nd_surface_look(sf, theta, NULL, look));
    join(&p, SLACK);
    memcpy(p.x, theta, P * sizeof *theta);
    while (left > 0 && look->errors > 0 && (s->time = end - nd_seconds()) > 0.0)
        ND_TRY(focus_run(&p, s, theta, look, &left, evaluations));
done:
    nd_free(sf->ctx, p.index);
    nd_free(sf->ctx, p.in);
    nd_free(sf->ctx, p.x);
    return status;
}
