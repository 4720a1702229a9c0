/* Statements about a critical point near c that is nondegenerate in all coordinates:
 * strict, index, and not-a-minimum by negative curvature. */
#include "verify/prove.h"
#include <stdio.h>

static void judge(nv_search *s, const nv_near *near, const arb_t distance, nv_answer *a)
{
    const nv_cert *c = near->claims;
    bool right = c->kind == NV_NOT_A_MINIMUM ? s->f.index > 0 : s->f.index == c->index;

    snprintf(a->sentence, sizeof a->sentence,
             "within %.3g of theta the loss has a nondegenerate critical point of index %ld, %s "
             "(the only critical point whose coordinates differ by at most %.3g)",
             nv_upper(distance), (long)s->f.index,
             s->f.index ? "not a local minimum" : "a strict local minimum", s->R);
    nv_within(c, distance, a);
    nv_also(a, right ? ND_PROVED : ND_REFUTED, "the claimed index of the critical point");
    if (c->has_mu && s->f.index == 0)
        nv_also(a, nv_frame_least(&s->f, c->mu), "the claimed bound of the smallest eigenvalue");
}

void nv_prove_critical(const nv_cert *c, nv_answer *a)
{
    nv_near near = {.radius = c->radius, .judge = judge, .claims = c};
    slong *all = nv_others(c->net.P, NULL, NULL, &near.m);

    near.which = all;
    nv_prove_near(c, &near, a);
    flint_free(all);
}
