/* The kind zero-loss: L(theta) = 0, the global minimum, because
 *
 *   l >= 0,  l(z) = 0 for z <= -z0  (hinge tail, theory.md (T)),  lambda = 0,
 *   and m_i >= z0 for every i, each margin with its rounding errors bounded.
 *
 * When that fails, the enclosures of loss and errors are still returned: an error is
 * y_i != sgn f_i with sgn(0) = +1, so a margin > 0 is none, a margin < 0 is one, and
 * at 0 it depends on the label (docs/proofs.md, section 4). */
#include "base/memory.h"
#include "base/text.h"
#include "cert/rounding.h"

#include <math.h>
#include <stdio.h>

static void say(nd_cert *c, const char *before, double x, const char *after)
{
    char number[32];

    number[nd_number_format(x, number)] = 0;
    snprintf(c->reason, sizeof c->reason, "%s%s%s", before, number, after);
}

static void count_errors(const nd_table *t, const double *lo, const double *hi, nd_cert *c)
{
    for (size_t i = 0; i < t->n; i++) {
        /* y = +1: wrong iff f < 0; y = -1: wrong iff f >= 0, i.e. m <= 0 */
        bool surely = t->y[i] > 0.0 ? hi[i] < 0.0 : hi[i] <= 0.0;
        bool maybe = t->y[i] > 0.0 ? !(lo[i] >= 0.0) : !(lo[i] > 0.0);

        c->errors_lo += surely;
        c->errors_hi += maybe;
    }
}

static size_t worst_margin(size_t n, const double *lo)
{
    size_t worst = 0;

    for (size_t i = 1; i < n; i++)
        if (!(lo[i] >= lo[worst])) worst = i;
    return worst;
}

static bool all_finite(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

/* l vanishes on (-inf, -z0]: the table says l' does; the value settles the constant. */
static bool vanishes_in_tail(nd_loss loss)
{
    double z = -loss.kind->z0, l = NAN;

    if (!loss.kind->hinge_tail || !loss.kind->surrogate) return false;
    loss.kind->jet(1, &z, loss.q, 0, (double *const[]){&l});
    return l == 0.0;
}

/* The inequalities of the proof, in turn; the first that fails is the reason. */
static bool zero_loss_holds(const nd_problem *pb, const double *theta, nd_cert *c)
{
    double z0 = pb->loss.kind->z0;

    if (!vanishes_in_tail(pb->loss))
        snprintf(c->reason, sizeof c->reason,
                 "the loss %s is positive everywhere: no zero-loss set", pb->loss.kind->name);
    else if (pb->l2 != 0.0)
        say(c, "lambda = ", pb->l2, " > 0: the loss is positive unless theta = 0");
    else if (!all_finite(pb->net->P, theta))
        snprintf(c->reason, sizeof c->reason, "theta has an entry that is not finite");
    else if (!nd_arithmetic_sound())
        snprintf(c->reason, sizeof c->reason,
                 "the processor flushes subnormal numbers or does not round to nearest");
    else if (!(c->margin_lo >= z0))
        say(c, "the smallest margin is only proved to be >= ", c->margin_lo, "");
    else
        return true;
    return false;
}

nd_status nd_prove_zero_loss(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c = {.kind = "zero-loss", .truth = ND_UNKNOWN};
    size_t n = pb->data->n;
    double *lo = ND_NEW(ctx, double, n), *hi = ND_NEW(ctx, double, n);
    nd_status status = lo && hi ? ND_OK : ND_EMEM;

    if (status == ND_OK) status = nd_margin_bounds(ctx, pb, theta, lo, hi);
    if (status == ND_OK) {
        count_errors(pb->data, lo, hi, &c);
        c.margin_lo = lo[worst_margin(n, lo)];
        nd_loss_bounds(pb, theta, lo, hi, &c.loss_lo, &c.loss_hi);
        if (zero_loss_holds(pb, theta, &c)) {
            c.truth = ND_PROVED;
            c.says = ND_SAYS_GLOBAL;
            c.loss_lo = c.loss_hi = 0.0;
            say(&c, "all margins are >= ", c.margin_lo, ": every sample's loss is exactly 0");
        }
        *out = c;
    }
    nd_free(ctx, lo);
    nd_free(ctx, hi);
    return status;
}
