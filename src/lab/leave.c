/* Samples that are about to leave the loss.
 *
 * A loss with a tail, l' = 0 beyond the margin z0 (theory.md (T)), flattens out before it: for
 * max(0, 1+z)^q the descent brings a sample that nothing holds back to the margin z0 in the
 * limit only, while l' and l'' go to 0 with it.  At such an end no proof is at hand, although
 * the minima are near: all points where these samples are past z0, and the others where they
 * are.  A descent on the same problem with y_i / (1 + PAST) for y_i of the leaving samples,
 * whose margins then go to (1 + PAST) z0, ends at one of these. */
#include "base/memory.h"
#include "lab/lab.h"

#include <string.h>

#define CLOSE 0.01 /* of leaving samples: z0 - m is below this */
#define PAST  0.1

static bool leaving(const nd_surface *sf, double margin)
{
    double gap = sf->pb.loss.kind->z0 - margin;

    return gap > 0.0 && gap < CLOSE;
}

static nd_status settle(nd_surface *sf, double *x)
{
    nd_opt_settings s;
    nd_opt_result r;

    nd_opt_init(&s);
    s.grad_tol = 1e-14;
    s.iterations = 2000;
    s.quiet = true;
    return nd_lbfgs(sf->ctx, &sf->oracle, &s, x, &r);
}

/* x from theta by a descent on the changed problem, then on the right one. */
static nd_status descend(nd_surface *sf, const bool *leaves, double *y, double *x)
{
    nd_table table = *sf->pb.data;
    nd_surface *other = NULL;
    nd_status status;

    memcpy(y, table.y, table.n * sizeof *y);
    table.y = y;
    ND_TRY(nd_surface_open(sf->ctx, sf->net, &table, sf->pb.loss, sf->pb.l2, &other));
    for (size_t i = 0; i < table.n; i++)
        if (leaves[i]) y[i] /= 1.0 + PAST; /* no label any more, but a slope and a margin */
    ND_TRY(settle(other, x));
    ND_TRY(settle(sf, x));
done:
    nd_surface_close(other);
    return status;
}

nd_status nd_leave(nd_surface *sf, const double *theta, double *x, bool *moved)
{
    size_t n = sf->pb.data->n, count = 0;
    bool *leaves, past = true;
    double *y;
    nd_look before, look;
    nd_status status = ND_OK;

    *moved = false;
    if (!sf->pb.loss.kind->hinge_tail) return ND_OK;
    leaves = ND_NEW(sf->ctx, bool, n);
    y = ND_NEW(sf->ctx, double, n);
    if (!leaves || !y) ND_TRY(ND_EMEM);
    ND_TRY(nd_surface_look(sf, theta, NULL, &before));
    for (size_t i = 0; i < n; i++) count += leaves[i] = leaving(sf, sf->m[i]);
    if (count == 0) goto done;
    memcpy(x, theta, sf->net->P * sizeof *x);
    ND_TRY(descend(sf, leaves, y, x));
    ND_TRY(nd_surface_look(sf, x, NULL, &look));
    for (size_t i = 0; i < n; i++)
        if (leaves[i]) past = past && sf->m[i] > sf->pb.loss.kind->z0;
    *moved = past && look.loss <= before.loss * (1.0 + 0x1p-40); /* the same end, not another */
done:
    nd_free(sf->ctx, leaves);
    nd_free(sf->ctx, y);
    return status;
}
