/* Conditions on the point: filled in by nd_theory_at, unknown before. */
#include "theory/conditions.h"

static nd_status no_point(nd_condition *c)
{
    nd_condition_set(c, ND_UNKNOWN, "depends on the point");
    return ND_OK;
}

nd_status nd_eval_idle(nd_subject *s, nd_condition *c)
{
    const nd_theory_point *p = &s->r->point;

    if (!p->given || !s->fs) return no_point(c);
    nd_condition_set(c, p->idle ? ND_PROVED : ND_REFUTED, "%zu of %zu output weights are 0",
                     p->idle, s->fs->out);
    return ND_OK;
}

static nd_status count(nd_subject *s, nd_condition *c, size_t have, int side)
{
    size_t need = s->r->need[side];
    char sign = side ? '-' : '+';

    if (need == SIZE_MAX) return no_point(c);
    if (!s->r->point.given)
        nd_condition_set(c, ND_UNKNOWN, "depends on the point: M%c >= %zu", sign, need);
    else
        nd_condition_set(c, have >= need ? ND_PROVED : ND_REFUTED, "M%c = %zu %s %zu", sign, have,
                         have >= need ? ">=" : "<", need);
    return ND_OK;
}

nd_status nd_eval_count_plus(nd_subject *s, nd_condition *c)
{
    return count(s, c, s->r->point.rising, 0);
}

nd_status nd_eval_count_minus(nd_subject *s, nd_condition *c)
{
    return count(s, c, s->r->point.falling, 1);
}

/* With A empty there is nothing of this class to move: the condition helps no more. */
static nd_status active(nd_subject *s, nd_condition *c, size_t have, int side)
{
    const nd_theory_point *p = &s->r->point;
    size_t A = p->A[side], r = p->r[side];
    char sign = side ? '-' : '+';

    if (!p->given) return no_point(c);
    bool holds = A > 0 && r > 0 && (have >= A || have * r >= A);
    if (A == 0)
        nd_condition_set(c, p->ranked[side] ? ND_REFUTED : ND_UNKNOWN,
                         "no sample of class %c is active", sign);
    else if (!p->ranked[side])
        nd_condition_set(c, ND_UNKNOWN, "M%c = %zu, |A| = %zu, r = %zu, not proved", sign, have, A,
                         r);
    else
        nd_condition_set(c, holds ? ND_PROVED : ND_REFUTED, "M%c r = %zu * %zu %s |A| = %zu%s",
                         sign, have, r, have * r >= A ? ">=" : "<", A, r ? "" : ", but r = 0");
    return ND_OK;
}

nd_status nd_eval_active_plus(nd_subject *s, nd_condition *c)
{
    return active(s, c, s->r->point.rising, 0);
}

nd_status nd_eval_active_minus(nd_subject *s, nd_condition *c)
{
    return active(s, c, s->r->point.falling, 1);
}
