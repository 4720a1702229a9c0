/* From a numerical verdict to a proved one.
 *
 * Where training ended without a proof and the loss does not fall for ever, the point is
 * moved to the double nearest to the critical point beside it, and all kinds of certificates
 * about minima and saddles are tried there; if none proves, at the minimum of a special form
 * that nd_cert_snap finds near, and past the margin where samples are leaving the loss.  What is proved decides the verdict, whatever the numbers
 * said: for nets with kinks they say nothing.  For a convex L (linear net, convex loss) a
 * local minimum is a global one, so the same certificate proves that.
 *
 * And the other way round: where a theorem covers every local minimum of the problem
 * (docs/theory.md), a point with l' > 0 at some sample is none. */
#include "base/memory.h"
#include "lab/lab.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The certificates take some dense matrices, a factorisation and, where nothing is known,
 * eigenvectors; beyond this they would take longer than most trainings. */
#define PROVE_MAX   2000
#define EXPLORE_MAX 1000

static bool worth_trying(const nd_surface *sf, const nd_verdict *v)
{
    size_t P = sf->net->P;

    if (v->proved == ND_PROVED || v->kind == ND_VALLEY || !isfinite(v->loss)) return false;
    if (v->kind == ND_GLOBAL_MINIMUM) return nd_surface_convex(sf) && P <= PROVE_MAX;
    return P <= (v->kind == ND_LOCAL_MINIMUM ? PROVE_MAX : EXPLORE_MAX);
}

/* The verdict that a certificate is. */
static nd_verdict_kind meaning(const nd_surface *sf, const nd_cert *c)
{
    switch (c->says) {
    case ND_SAYS_GLOBAL:
        return ND_GLOBAL_MINIMUM;
    case ND_SAYS_STRICT:
    case ND_SAYS_LOCAL:
        return nd_surface_convex(sf) ? ND_GLOBAL_MINIMUM : ND_LOCAL_MINIMUM;
    case ND_SAYS_SADDLE:
        return ND_SADDLE;
    case ND_SAYS_NOTHING:
    case ND_SAYS_NO_MINIMUM:
        break;
    }
    return ND_UNDECIDED;
}

/* Where outputs are 0 but for rounding the proof leaves their signs open: that is said, and
 * the errors of the verdict are those at theta. */
static void say(const nd_surface *sf, nd_verdict *v)
{
    const nd_cert *c = &v->cert;
    int n = snprintf(v->reason, sizeof v->reason, "%.200s%s", c->reason,
                     nd_surface_convex(sf) ? "; L is convex" : "");

    if (c->errors_lo < c->errors_hi)
        snprintf(v->reason + n, sizeof v->reason - (size_t)n,
                 "; it makes %zu to %zu errors (outputs near 0)", c->errors_lo, c->errors_hi);
}

/* The spectrum of the verdict, at the critical point of a certificate. */
static void set_spectrum(const nd_cert *c, nd_verdict *v)
{
    if (strcmp(c->kind, "strict") == 0 || strcmp(c->kind, "index") == 0) {
        v->index = (long)c->index;
        v->nullity = 0;
    } else { /* it was computed at another point, and was not decisive */
        v->lambda_min = v->lambda_err = NAN;
        v->index = v->nullity = -1;
    }
}

/* *v at the point x of the certificate: everything that is printed with it is evaluated there;
 * what is proved of it is in *cert. */
static nd_status adopt(nd_surface *sf, const double *x, double *g, const nd_cert *cert,
                       nd_verdict *v)
{
    nd_look k;
    nd_status status = nd_surface_look(sf, x, g, &k);

    if (status != ND_OK) return status;
    v->kind = meaning(sf, cert);
    v->cert = *cert;
    v->proved = ND_PROVED;
    v->loss = k.loss;
    v->grad = k.grad;
    v->norm = k.norm;
    v->margin_min = k.margin_min;
    v->active = k.active;
    v->errors = k.errors;
    v->bad = v->kind == ND_LOCAL_MINIMUM && cert->errors_lo > 0; /* part of what is proved */
    v->potential = v->valley_norm = v->valley_loss = NAN;
    set_spectrum(cert, v);
    say(sf, v);
    return ND_OK;
}

/* All kinds near x; *proved: with a meaning for the verdict. */
static nd_status try_at(nd_surface *sf, const double *x, nd_cert *cert, bool *proved)
{
    nd_status status = nd_certify_near(sf->ctx, &sf->pb, x, cert);

    *proved = status == ND_OK && cert->truth == ND_PROVED && meaning(sf, cert) != ND_UNDECIDED;
    return status;
}

/* The points beside theta where a proof may be at hand, one after the other, in x. */
static nd_status try_all(nd_surface *sf, const double *theta, double *x, nd_cert *cert,
                         bool *proved)
{
    size_t size = sf->net->P * sizeof *x;
    bool changed;
    nd_status status;

    memcpy(x, theta, size);
    ND_TRY(nd_cert_polish(sf->ctx, &sf->pb, x));
    ND_TRY(try_at(sf, x, cert, proved));
    if (*proved) goto done;
    memcpy(x, theta, size);
    ND_TRY(nd_cert_snap(sf->ctx, &sf->pb, x, &changed));
    if (changed) ND_TRY(try_at(sf, x, cert, proved));
    if (*proved) goto done;
    ND_TRY(nd_leave(sf, theta, x, &changed));
    if (!changed) goto done;
    ND_TRY(nd_cert_polish(sf->ctx, &sf->pb, x));
    ND_TRY(try_at(sf, x, cert, proved));
done:
    return status;
}

/* Numbers say nothing at kinks; the kind strict says what stands in its way. */
static nd_status say_why_not(nd_surface *sf, const double *theta, nd_verdict *v)
{
    size_t rows, used = strlen(v->reason);
    const nd_cert_kind *kind = nd_cert_table(&rows);
    nd_cert cert = {.kind = NULL};
    nd_status status = ND_OK;

    if (sf->oracle.hessian || v->kind != ND_UNDECIDED) return ND_OK;
    for (size_t k = 0; k < rows && status == ND_OK; k++)
        if (strcmp(kind[k].kind, "strict") == 0)
            status = kind[k].prove(sf->ctx, &sf->pb, theta, &cert);
    if (status == ND_OK && cert.kind)
        snprintf(v->reason + used, sizeof v->reason - used, "; %.150s", cert.reason);
    return status;
}

nd_status nd_prove_minimum(nd_surface *sf, double *theta, nd_verdict *v)
{
    size_t P = sf->net->P;
    bool proved = false;
    nd_cert cert;
    nd_status status = ND_OK;
    double *x;

    if (!worth_trying(sf, v)) return ND_OK;
    x = ND_NEW(sf->ctx, double, 2 * P);
    if (!x) return ND_EMEM;
    ND_TRY(try_all(sf, theta, x, &cert, &proved));
    if (proved) {
        ND_TRY(adopt(sf, x, x + P, &cert, v));
        memcpy(theta, x, P * sizeof *x);
    } else {
        ND_TRY(say_why_not(sf, theta, v));
    }
done:
    nd_free(sf->ctx, x);
    return status;
}

/* Seconds for each proof about the data: with l' > 0 somewhere one theorem is enough. */
#define THEORY_TIME 1.0

/* " (Theorem 1: no local minimum, proved)" behind the reason. */
static void say_no_minimum(const nd_theory *t, nd_verdict *v)
{
    size_t rows, used = strlen(v->reason);
    const nd_theorem_kind *theorem = nd_theorem_table(&rows);

    if (t->point.theorem < rows)
        snprintf(v->reason + used, sizeof v->reason - used, "%s%s: no local minimum here (proved)",
                 used ? "; " : "", theorem[t->point.theorem].title);
}

nd_status nd_prove_no_minimum(nd_surface *sf, const double *theta, nd_verdict *v)
{
    size_t n = sf->pb.data->n;
    nd_theory *t = NULL;
    nd_status status = ND_OK;
    double *lo;

    if (v->proved == ND_PROVED || sf->pb.l2 != 0.0 || v->active == 0) return ND_OK;
    lo = ND_NEW(sf->ctx, double, 2 * n);
    if (!lo) return ND_EMEM;
    ND_TRY(nd_margin_bounds(sf->ctx, &sf->pb, theta, lo, lo + n));
    ND_TRY(nd_theory_check(sf->ctx, &sf->pb, THEORY_TIME, true, &t));
    ND_TRY(nd_theory_at(sf->ctx, &sf->pb, theta, lo, lo + n, THEORY_TIME, t));
    if (t->point.minimum == ND_REFUTED) {
        v->no_minimum = ND_PROVED;
        say_no_minimum(t, v);
    }
done:
    nd_theory_destroy(sf->ctx, t);
    nd_free(sf->ctx, lo);
    return status;
}
