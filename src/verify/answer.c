/* Answers with three values, and the claims that every kind has
 * (docs/certificate-format.md, section 5). */
#include "verify/prove.h"
#include <math.h>
#include <stdio.h>

/* Takes one more statement into the answer; what: its name, for the sentence. */
void nv_also(nv_answer *a, nd_truth t, const char *what)
{
    if (t == ND_PROVED || a->truth == ND_REFUTED) return;
    if (t == ND_UNKNOWN && a->truth == ND_UNKNOWN) return;
    a->truth = t;
    snprintf(a->sentence, sizeof a->sentence, "%s %s", what,
             t == ND_REFUTED ? "is false" : "could not be proved");
}

double nv_upper(const arb_t x)
{
    arf_t t;
    double r;

    if (!arb_is_finite(x)) return INFINITY;
    arf_init(t);
    arb_get_ubound_arf(t, x, NV_FINER);
    r = arf_get_d(t, ARF_RND_CEIL);
    arf_clear(t);
    return r;
}

double nv_lower(const arb_t x)
{
    arb_t t;
    double r;

    arb_init(t);
    arb_neg(t, x);
    r = -nv_upper(t);
    arb_clear(t);
    return r;
}

/* Is the number enclosed by x at least b (at most b)? */
nd_truth nv_at_least(const arb_t x, double b)
{
    return !arb_is_finite(x)  ? ND_UNKNOWN
           : nv_lower(x) >= b ? ND_PROVED
           : nv_upper(x) < b  ? ND_REFUTED
                              : ND_UNKNOWN;
}

nd_truth nv_at_most(const arb_t x, double b)
{
    arb_t t;
    nd_truth r;

    arb_init(t);
    arb_neg(t, x);
    r = nv_at_least(t, -b);
    arb_clear(t);
    return r;
}

/* The claims that every kind has, against what was computed at theta*. */
void nv_common_claims(const nv_cert *c, nv_answer *a)
{
    nv_also(a, c->loss_lo <= 0 ? ND_PROVED : nv_at_least(a->loss, c->loss_lo), /* L >= 0 always */
            "the claimed lower bound of the loss");
    nv_also(a, nv_at_most(a->loss, c->loss_hi), "the claimed upper bound of the loss");
    nv_also(a,
            a->errors_lo > c->errors_hi || a->errors_hi < c->errors_lo     ? ND_REFUTED
            : a->errors_lo >= c->errors_lo && a->errors_hi <= c->errors_hi ? ND_PROVED
                                                                           : ND_UNKNOWN,
            "the claimed number of errors");
    if (c->has_margin)
        nv_also(a, nv_at_least(a->margin_min, c->margin_min), "the claimed smallest margin");
}

void nv_take_values(const nv_value *v, nv_answer *a)
{
    arb_set(a->loss, v->L);
    if (arb_is_finite(v->L)) arb_nonnegative_part(a->loss, v->L);
    arb_set(a->margin_min, v->margin_min);
    a->errors_lo = v->errors_lo;
    a->errors_hi = v->errors_hi;
}

/* theta := the cube of half-width R around the doubles c. */
void nv_cube(arb_ptr theta, const double *c, slong P, double R)
{
    for (slong k = 0; k < P; k++) {
        arb_set_d(theta + k, c[k]);
        mag_set_d(arb_radref(theta + k), R);
    }
}
