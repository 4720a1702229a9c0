/* The kind balance: a constant is the best that the network can do
 * (docs/certificate-format.md, section 6; docs/proofs.md, "The kind balance").
 *
 * With e_i = y_i omega_i / Omega_(class of i):  if sum_i e_i F(x_i) = 0 for every function
 * F that the network can be, then at f = v, Omega+ l'(-v) = Omega- l'(v), the slopes are
 * c_i = -kappa e_i, and by convexity of l
 *
 *   L(theta) >= L(v) + sum_i c_i (f(x_i; theta) - v) = L(v)        for every theta.
 *
 * That e annihilates the network is asked of class means, exactly (constant_means.c): of
 *   points    the indicators of the distinct x: then any network will do;
 *   moments   x_k and x_k x_l: networks of `square` neurons and linear terms;
 *   parity    x_k and the indicators of the pairs {x, -x}: neurons without biases whose
 *             s(z) - s(-z) is a multiple of z. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "cert/balance.h"
#include "cert/constant.h"
#include "cert/dd.h"

#define MOST_ENTRIES 4000000 /* of a table of features */
#define NEAR         0.01    /* |a_0* - a_0| <= NEAR (1 + |theta|) */

/* ---- features whose class means are asked for ------------------------------------------- */

/* Rows i and k equal, or opposite as well when even. */
static bool same_point(const nd_table *t, size_t i, size_t k, bool even, double *x, double *y)
{
    bool equal = true, opposite = even;

    nd_table_row(t, i, x);
    nd_table_row(t, k, y);
    for (size_t j = 0; j < t->d; j++) {
        equal = equal && x[j] == y[j];
        opposite = opposite && x[j] == -y[j];
    }
    return equal || opposite;
}

/* group[i]: the number of the set of equal (or opposite) points that row i is in. */
static size_t group_points(const nd_table *t, bool even, double *scratch, size_t *group)
{
    size_t groups = 0, k;

    for (size_t i = 0; i < t->n; i++) {
        for (k = 0; k < i; k++)
            if (same_point(t, i, k, even, scratch, scratch + t->d)) break;
        group[i] = k < i ? group[k] : groups++;
    }
    return groups;
}

/* With indicators; and the columns of t as well when linear. */
static nd_status points_table(nd_ctx *ctx, const nd_table *t, bool even, bool linear,
                              nd_table **out)
{
    size_t *group = ND_NEW(ctx, size_t, t->n), groups, d;
    double *scratch = ND_NEW(ctx, double, 2 * t->d), *x = NULL;
    nd_status status = group && scratch ? ND_OK : ND_EMEM;

    *out = NULL;
    if (status != ND_OK) goto done;
    groups = group_points(t, even, scratch, group);
    d = groups + (linear ? t->d : 0);
    if (d > MOST_ENTRIES / t->n) goto done;
    x = ND_NEW0(ctx, double, t->n *d);
    if (!x) status = ND_EMEM;
    if (status != ND_OK) goto done;
    for (size_t i = 0; i < t->n; i++) {
        x[i * d + group[i]] = 1.0;
        if (linear) nd_table_row(t, i, x + i * d + groups);
    }
    status = nd_table_from_arrays(ctx, t->n, d, x, t->y, out);
done:
    nd_free(ctx, group);
    nd_free(ctx, scratch);
    nd_free(ctx, x);
    return status;
}

/* x_k x_l for l <= k, when no product is rounded.  One that underflows to 0 has no error
 * term either; those that stay are >= 2^-250 (nd_equal_means), where the term is exact. */
static bool products(const double *row, size_t d, double *out)
{
    for (size_t k = 0; k < d; k++)
        for (size_t l = 0; l <= k; l++) {
            double e, p = nd_two_prod(row[k], row[l], &e);

            if (e != 0.0 || !isfinite(p)) return false;
            if (p == 0.0 && row[k] != 0.0 && row[l] != 0.0) return false;
            *out++ = p;
        }
    return true;
}

static nd_status moments_table(nd_ctx *ctx, const nd_table *t, bool linear, nd_table **out)
{
    size_t square = t->d * (t->d + 1) / 2, d = square + (linear ? t->d : 0);
    double *row, *x;
    bool exact = true;
    nd_status status = ND_OK;

    *out = NULL;
    if (t->d > 1000 || d > MOST_ENTRIES / t->n) return ND_OK;
    row = ND_NEW(ctx, double, t->d);
    x = ND_NEW(ctx, double, t->n *d);
    for (size_t i = 0; row && x && exact && i < t->n; i++) {
        nd_table_row(t, i, row);
        exact = products(row, t->d, x + i * d);
        if (linear) memcpy(x + i * d + square, row, t->d * sizeof *row);
    }
    if (!row || !x)
        status = ND_EMEM;
    else if (exact)
        status = nd_table_from_arrays(ctx, t->n, d, x, t->y, out);
    nd_free(ctx, row);
    nd_free(ctx, x);
    return status;
}

/* The class means of the features f agree: weights as in t. */
static nd_status agree(nd_ctx *ctx, const nd_table *t, nd_table *f, bool *yes)
{
    nd_truth equal;
    nd_status status;

    *yes = false;
    if (!f) return ND_OK;
    f->weight = t->weight;
    status = nd_equal_means(ctx, f, &equal);
    f->weight = NULL;
    *yes = status == ND_OK && equal == ND_PROVED;
    return status;
}

/* ---- networks ------------------------------------------------------------------------------- */

/* s(z) - s(-z) is a multiple of z, for all z. */
static bool half_linear(const nd_act *act)
{
    static const char *const names[] = {"softplus", "squareplus", "relu",  "leakyrelu",
                                        "gelu",     "silu",       "square"};

    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(act->name, names[k]) == 0) return true;
    return false;
}

typedef struct {
    bool moments, parity; /* the argument covers every term                             */
    bool linear;          /* moments: x_k are needed beside the products               */
} coverage;

static coverage covered(const nd_net *net)
{
    coverage c = {true, true, false};

    for (size_t t = 0; t < net->terms; t++) {
        const nd_layer *l = net->term[t].layer;

        if (net->term[t].depth == 0) {
            c.linear = true;
            continue;
        }
        if (net->term[t].depth > 1 || l->residual) return (coverage){false, false, false};
        c.moments = c.moments && strcmp(l->act->name, "square") == 0;
        c.parity = c.parity && !l->bias && half_linear(l->act);
        c.linear = c.linear || l->bias;
    }
    return c;
}

/* Why e annihilates the network: a name of the format, or NULL. */
static nd_status find_reason(nd_ctx *ctx, const nd_problem *pb, const char **because)
{
    const nd_table *t = pb->data;
    coverage c = covered(pb->net);
    nd_table *f = NULL;
    nd_status status;
    bool yes;

    *because = NULL;
    ND_TRY(points_table(ctx, t, false, false, &f));
    ND_TRY(agree(ctx, t, f, &yes));
    if (yes) *because = "points";
    nd_table_destroy(ctx, f);
    f = NULL;
    if (yes || !c.moments) goto parity;
    ND_TRY(moments_table(ctx, t, c.linear, &f));
    ND_TRY(agree(ctx, t, f, &yes));
    if (yes) *because = "moments";
    nd_table_destroy(ctx, f);
    f = NULL;
parity:
    if (yes || !c.parity) goto done;
    ND_TRY(points_table(ctx, t, true, true, &f));
    ND_TRY(agree(ctx, t, f, &yes));
    if (yes) *because = "parity";
done:
    nd_table_destroy(ctx, f);
    return status;
}

/* ---- the proof -------------------------------------------------------------------------------- */

static bool fail(nd_cert *c, const char *text)
{
    snprintf(c->reason, sizeof c->reason, "balance: %s", text);
    return false;
}

static bool applies(const nd_problem *pb, const double *theta, nd_cert *c)
{
    const nd_net *net = pb->net;

    for (size_t k = 0; k < net->P; k++)
        if (!isfinite(theta[k])) return fail(c, "theta has an entry that is not finite");
    for (size_t t = 0; t < net->terms; t++)
        for (size_t j = 0; j < net->term[t].out; j++)
            if (theta[net->term[t].a + j] != 0.0) return fail(c, "an output weight is not 0");
    if (pb->l2 != 0.0) return fail(c, "lambda > 0");
    if (!pb->loss.kind->convex || pb->loss.kind->smooth(pb->loss.q) < 1)
        return fail(c, "the loss is not convex and C^1");
    if (pb->data->n > 5000) return fail(c, "too many samples");
    return nd_arithmetic_sound() || fail(c, "the processor does not round to nearest");
}

static bool reach(const nd_problem *pb, const double *theta, nd_about v, nd_cert *c)
{
    double a0 = theta[pb->net->a0], far = nd_grow(fabs(v.m - a0) + ND_U * fabs(a0) + v.r);

    if (!(far <= NEAR * (1.0 + nd_norm_up(pb->net->P, theta))))
        return fail(c, "the output bias is not near the best constant");
    c->radius = 2.0 * far + 0x1p-60 * (1.0 + fabs(v.m)); /* room for other ways to prove it */
    return true;
}

static nd_status claim(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_about v,
                       nd_cert *c)
{
    double *lo = ND_NEW(ctx, double, 2 * pb->data->n);

    if (!lo) return ND_EMEM;
    nd_constant_figures(pb, theta, v, lo, c);
    nd_free(ctx, lo);
    c->truth = ND_PROVED;
    c->says = ND_SAYS_GLOBAL;
    snprintf(
        c->reason, sizeof c->reason,
        "within %.2g of theta lies a global minimum: no parameters do better on these data than "
        "the constant %.6g",
        c->radius, v.m);
    return ND_OK;
}

nd_status nd_prove_balance(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c;
    nd_about v;
    const char *because;
    nd_status status;

    ND_TRY(nd_prove_zero_loss(ctx, pb, theta, &c)); /* its figures hold while nothing is proved */
    c.kind = "balance";
    c.truth = ND_UNKNOWN;
    c.says = ND_SAYS_NOTHING;
    c.radius = 0.0;
    if (applies(pb, theta, &c)) {
        nd_constant_output(pb, &v);
        ND_TRY(find_reason(ctx, pb, &because));
        if (!because)
            fail(&c, "the network can tell the class means apart, for all that is known");
        else if (reach(pb, theta, v, &c))
            ND_TRY(claim(ctx, pb, theta, v, &c));
    }
    *out = c;
done:
    return status;
}

nd_status nd_claim_balance(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                           const nd_cert *cert, struct json_t *claims)
{
    const char *because;
    nd_status status;

    (void)theta;
    (void)cert;
    ND_TRY(find_reason(ctx, pb, &because));
    ND_TRY(nd_json_set(ctx, claims, "because", json_string(because ? because : "")));
done:
    return status;
}
