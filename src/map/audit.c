/* The Morse audit.
 *
 * With lambda > 0, L >= (lambda/2) |theta|^2 is coercive: its sublevel sets are compact.  If
 * L is C^2 and has finitely many critical points, all nondegenerate, take c above all
 * their values: following -grad L, R^P retracts to {L <= c}, whose Euler characteristic
 * is therefore 1, and Morse theory counts it as sum_k (-1)^k N_k (Milnor, Morse Theory, 3).
 * So a list of nondegenerate points with another sum is not complete. */
#include "base/memory.h"

#include <nadir/map.h>

#include <math.h>
#include <stdio.h>

static bool twice_smooth(const nd_problem *pb)
{
    for (size_t t = 0; t < pb->net->terms; t++)
        for (size_t l = 0; l < pb->net->term[t].depth; l++)
            if (pb->net->term[t].layer[l].act->smooth < 2) return false;
    return pb->loss.kind->smooth(pb->loss.q) >= 2;
}

static void say(nd_audit *a, const char *text)
{
    snprintf(a->reason, sizeof a->reason, "%s", text);
}

static void judge(const nd_problem *pb, bool degenerate, nd_audit *a)
{
    if (!(pb->l2 > 0.0))
        say(a, "not applicable: without ridge the loss is not coercive");
    else if (!twice_smooth(pb))
        say(a, "not applicable: the loss is not twice differentiable");
    else if (degenerate)
        say(a, "not applicable: a point is degenerate or its index is not known");
    else if (!isfinite(a->sum))
        say(a, "not applicable: too many copies to be counted");
    else if (a->sum != 1.0) {
        a->closes = ND_REFUTED;
        snprintf(a->reason, sizeof a->reason,
                 "the alternating sum is %.17g, not 1: critical points are missing", a->sum);
    } else {
        say(a, "the alternating sum is 1, as it must be when no critical point is missing");
    }
}

nd_status nd_morse_audit(nd_ctx *ctx, const nd_problem *pb, size_t points, const long *index,
                         const double *copies, nd_audit *out)
{
    nd_audit a = {.closes = ND_UNKNOWN};
    bool degenerate = false;

    for (size_t i = 0; i < points; i++) {
        if (index[i] > (long)pb->net->P || !(copies[i] >= 1.0))
            return nd_fail(ctx, ND_ERANGE, "point %zu: index %ld of %zu parameters, %g copies", i,
                           index[i], pb->net->P, copies[i]);
        degenerate = degenerate || index[i] < 0;
        /* beyond 2^53 numbers of copies are rounded, and so would be the sum */
        if (copies[i] > 0x1p53) a.sum = INFINITY;
        a.sum += index[i] % 2 == 0 ? copies[i] : -copies[i];
        if (!(fabs(a.sum) <= 0x1p53)) a.sum = INFINITY;
    }
    judge(pb, degenerate, &a);
    *out = a;
    return ND_OK;
}
