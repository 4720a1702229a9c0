/* Conditions on the data: proved by the witnesses of separable.c and subspace.c.
 *
 * How many neurons.  Write N for the number of distinct samples of a class, r for the
 * rank of their P x~_i, P the projector off the span of the other class.  A set A of
 * distinct active samples of the class has rank r_A >= max(1, r - (N - |A|)) there (no
 * P x~_i is 0, and each sample that is left out takes at most 1 of the rank), so
 *
 *     |A| / r_A <= K := N - r + 1,
 *
 * and M+ >= K+ gives M+ r_A >= |A| for every A (docs/theory.md, section 5).  With r = 1
 * this is N, with independent P x~_i it is 1.  By the pigeonhole M >= K+ + K- - 1 gives
 * M+ >= K+ or M- >= K- when no a_j is 0.  For a loss that is only C^1 samples on the
 * kink count with |A| but not with r_A: then K = N, or 1 when independent. */
#include "theory/conditions.h"

#include <math.h>

#include "base/memory.h"
#include "base/text.h"

double nd_subject_limit(const nd_subject *s)
{
    return fmin(s->limit, fmax(0.0, s->until - nd_seconds()));
}

/* ---- consistent --------------------------------------------------------------------------- */

nd_status nd_eval_consistent(nd_subject *s, nd_condition *c)
{
    nd_data_proofs *p = s->proofs;

    if (!p->counted) {
        nd_status status = nd_duplicates_count(s->ctx, s->pb->data, &p->duplicates);
        if (status != ND_OK) return status;
        p->counted = true;
    }
    s->r->duplicates = p->duplicates;
    if (p->duplicates.contradictory == 0)
        nd_condition_set(c, ND_PROVED, "%zu distinct samples, none with both labels",
                         p->duplicates.distinct);
    else
        nd_condition_set(
            c, ND_REFUTED, "%zu point%s both labels: every classifier makes >= %zu error%s",
            p->duplicates.contradictory, p->duplicates.contradictory == 1 ? " carries" : "s carry",
            p->duplicates.min_errors, nd_plural(p->duplicates.min_errors));
    return ND_OK;
}

/* ---- separable ------------------------------------------------------------------------------ */

nd_status nd_eval_separable(nd_subject *s, nd_condition *c)
{
    bool bias = nd_subject_bias(s);
    nd_separation **sep = &s->proofs->separation[bias];

    if (!*sep) {
        nd_status status = nd_separable(s->ctx, s->pb->data, bias, nd_subject_limit(s), sep);
        if (status != ND_OK) return status;
    }
    s->r->separation = *sep;
    if ((*sep)->truth == ND_PROVED)
        nd_condition_set(c, ND_PROVED, "margin %.2g", (*sep)->margin);
    else if ((*sep)->truth == ND_REFUTED)
        nd_condition_set(c, ND_REFUTED, "sum_i c_i y_i x~_i = 0 over %zu samples, c_i > 0",
                         (*sep)->m);
    else
        nd_condition_set(c, ND_UNKNOWN, "%s", (*sep)->reason ? (*sep)->reason : "not decided");
    return ND_OK;
}

/* ---- subspaces ------------------------------------------------------------------------------- */

static nd_status find_subspaces(nd_subject *s, nd_subspaces **out)
{
    bool bias = nd_subject_bias(s);
    nd_subspaces **u = &s->proofs->subspaces[bias];

    if (!*u) {
        nd_status status = nd_subspaces_find(s->ctx, s->pb->data, bias, nd_subject_limit(s), u);
        if (status != ND_OK) return status;
    }
    *out = s->r->subspaces = *u;
    return ND_OK;
}

/* U: of the other class; sign: of the class that must stay outside. */
static void say_outside(const nd_subspaces *u, const nd_span *U, char sign, nd_condition *c)
{
    char other = sign == '+' ? '-' : '+';

    if (U->outside == ND_PROVED)
        nd_condition_set(c, ND_PROVED, "dim U%c %s %zu of %zu, no sample of class %c in it", other,
                         U->ranked ? "=" : ">=", U->rank, u->D, sign);
    else if (U->outside == ND_REFUTED)
        nd_condition_set(c, ND_REFUTED, "dim U%c %s %zu of %zu, sample %zu lies in it", other,
                         U->ranked ? "=" : ">=", U->rank, u->D, U->inside + 1);
    else
        nd_condition_set(c, ND_UNKNOWN, "%s", U->reason ? U->reason : "not decided");
}

nd_status nd_eval_subspace_plus(nd_subject *s, nd_condition *c)
{
    nd_subspaces *u;
    nd_status status = find_subspaces(s, &u);

    if (status == ND_OK) say_outside(u, &u->minus, '+', c);
    return status;
}

nd_status nd_eval_subspace_minus(nd_subject *s, nd_condition *c)
{
    nd_subspaces *u;
    nd_status status = find_subspaces(s, &u);

    if (status == ND_OK) say_outside(u, &u->plus, '-', c);
    return status;
}

/* ---- neurons ---------------------------------------------------------------------------------- */

/* K of the class of U. */
static size_t count_needed(const nd_span *U, bool loss_c2)
{
    size_t r = U->projected_known && U->projected > 0 ? U->projected : 1;

    if (U->distinct <= 1 || U->independent == ND_PROVED) return U->distinct ? 1 : 0;
    return loss_c2 ? U->distinct - r + 1 : U->distinct;
}

nd_status nd_eval_neurons(nd_subject *s, nd_condition *c)
{
    nd_subspaces *u;
    bool loss_c2 = s->pb->loss.kind->smooth(s->pb->loss.q) >= 2;
    nd_status status = find_subspaces(s, &u);

    if (status != ND_OK) return status;
    size_t *need = s->r->need, M = s->fs ? s->fs->out : 0;
    bool known = u->plus.projected_known && u->minus.projected_known;
    need[0] = count_needed(&u->plus, loss_c2);
    need[1] = count_needed(&u->minus, loss_c2);
    need[2] = need[0] + need[1] > 1 ? need[0] + need[1] - 1 : 1;
    if (M >= need[2])
        nd_condition_set(c, ND_PROVED, "M = %zu >= %zu", M, need[2]);
    else
        nd_condition_set(c, known || M == 0 ? ND_REFUTED : ND_UNKNOWN, "M = %zu < %zu%s", M,
                         need[2], known ? "" : " (ranks not all known)");
    return ND_OK;
}
