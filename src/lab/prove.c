/* From a numerical minimum to a proved one.
 *
 * The verdict local-minimum rests on a gradient at rounding level and on eigenvalues
 * beyond their error.  That is the situation in which the certificate "strict" can be
 * had (docs/proofs.md): the point is moved to the double nearest to the critical point,
 * and the kinds are tried there.  For a convex L (linear net, convex loss) a local
 * minimum is a global one, so the same certificate proves that.
 *
 * And the other way round: where a theorem covers every local minimum of the problem
 * (docs/theory.md), a point with l' > 0 at some sample is none. */
#include "base/memory.h"
#include "lab/lab.h"

#include <stdio.h>
#include <string.h>

/* The certificate takes three dense matrices and a factorisation; beyond this it would
 * take longer than most trainings. */
#define PROVE_MAX 2000

static bool worth_trying(const nd_surface *sf, const nd_verdict *v)
{
    if (v->proved == ND_PROVED || !sf->oracle.hessian || sf->net->P > PROVE_MAX) return false;
    return v->kind == ND_LOCAL_MINIMUM || (v->kind == ND_GLOBAL_MINIMUM && nd_surface_convex(sf));
}

/* Three digits, rounded to the safe side.  Where outputs are 0 but for rounding the proof leaves
 * their signs open: that is said, and the errors of the verdict are those at theta. */
static void say(const nd_surface *sf, nd_verdict *v)
{
    int n = snprintf(
        v->reason, sizeof v->reason,
        "within %.3g of theta there is exactly one critical point, a strict minimum, all "
        "eigenvalues >= %.3g%s",
        1.005 * v->cert.radius, 0.995 * v->cert.mu, nd_surface_convex(sf) ? "; L is convex" : "");
    if (v->cert.errors_lo < v->cert.errors_hi)
        snprintf(v->reason + n, sizeof v->reason - (size_t)n,
                 "; it makes %zu to %zu errors (outputs near 0)", v->cert.errors_lo,
                 v->cert.errors_hi);
}

/* *v at the polished point x: everything that is printed with it is evaluated there; what
 * the certificate has proved of it is in *cert. */
static nd_status adopt(nd_surface *sf, const double *x, double *g, const nd_cert *cert,
                       nd_verdict *v)
{
    nd_look k;
    nd_status status = nd_surface_look(sf, x, g, &k);

    if (status != ND_OK) return status;
    v->cert = *cert;
    v->proved = ND_PROVED;
    v->loss = k.loss;
    v->grad = k.grad;
    v->norm = k.norm;
    v->margin_min = k.margin_min;
    v->active = k.active;
    v->errors = k.errors;
    v->bad = v->kind == ND_LOCAL_MINIMUM && k.errors > 0;
    say(sf, v);
    return ND_OK;
}

nd_status nd_prove_minimum(nd_surface *sf, double *theta, nd_verdict *v)
{
    size_t P = sf->net->P;
    nd_cert cert;
    nd_status status = ND_OK;
    double *x;

    if (!worth_trying(sf, v)) return ND_OK;
    x = ND_NEW(sf->ctx, double, 2 * P);
    if (!x) return ND_EMEM;
    memcpy(x, theta, P * sizeof *x);
    ND_TRY(nd_cert_polish(sf->ctx, &sf->pb, x));
    ND_TRY(nd_certify(sf->ctx, &sf->pb, x, &cert));
    if (cert.truth == ND_PROVED && strcmp(cert.kind, "strict") == 0) {
        ND_TRY(adopt(sf, x, x + P, &cert, v));
        memcpy(theta, x, P * sizeof *x);
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
