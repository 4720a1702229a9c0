/* The kind constant-neuron: all w_j = 0, so that f = v for every sample
 * (docs/certificate-format.md, section 6; docs/proofs.md, section 16;
 * theory.md, 7, fibre).
 *
 *   (i)   Omega+ l'(-v) = Omega- l'(v)                                  constant_root.c
 *   (ii)  the class means of x are equal, exactly                      constant_means.c
 *   (iii) the Hessian in q = (w_1, .., w_M, a_0) is positive definite:
 *
 *     H_jk = alpha_j alpha_k T + [j = k] beta_j S,   H_j0 = alpha_j t,   H_00 = t_0,
 *     alpha_j = a_j s'(b_j),  beta_j = a_j s''(b_j),  h_i = omega_i l''(z_i) / n,
 *     T = sum_i h_i x_i x_i',  t = sum_i h_i x_i,  t_0 = sum_i h_i,  S = sum_i c_i x_i x_i'.
 *
 * h and c have one value in each class. */
#include <stdio.h>

#include "base/memory.h"
#include "cert/constant.h"
#include "cert/near.h"

#define LARGEST 3000    /* entries of q: three matrices of 72 MB                     */
#define ROOM    0x1p-50 /* in the margins, for whoever proves it with other roundings */

typedef struct {
    const nd_problem *pb;
    const double *theta;
    const nd_layer *layer;
    const double *a;
    size_t n, d, M, D; /* D: entries of q                                  */
    nd_about v, a0;    /* f and a_0 at theta*                              */
    double *sum[2];    /* (d+1) x (d+1): sum of omega_i x~_i x~_i', + and - */
    double *A, *R, *L; /* D x D                                            */
    double *lo;        /* 2 n: margins, from below and above              */
    nd_cert *cert;
} proof;

static bool has_form(const nd_problem *pb, nd_cert *c)
{
    const nd_net *net = pb->net;

    if (net->terms != 1 || net->term[0].depth != 1 || net->term[0].layer[0].residual)
        return nd_cert_fail(c, "constant neurons: not a net of one hidden layer");
    if (!net->term[0].layer[0].bias)
        return nd_cert_fail(c, "constant neurons: they have no biases");
    if (pb->l2 != 0.0) return nd_cert_fail(c, "constant neurons: lambda > 0");
    if (!pb->loss.kind->convex || pb->loss.kind->smooth(pb->loss.q) < 1)
        return nd_cert_fail(c, "constant neurons: the loss is not convex and C^1");
    return true;
}

static bool applies(const proof *p)
{
    const double *theta = p->theta;
    nd_cert *c = p->cert;

    for (size_t k = 0; k < p->pb->net->P; k++)
        if (!isfinite(theta[k])) return nd_cert_fail(c, "theta has an entry that is not finite");
    for (size_t k = 0; k < p->M * p->d; k++)
        if (theta[p->layer->W + k] != 0.0)
            return nd_cert_fail(c, "constant neurons: an input weight is not 0");
    if (p->D > LARGEST) return nd_cert_fail(c, "constant neurons: too many parameters");
    if (!nd_arithmetic_sound())
        return nd_cert_fail(c,
                            "the processor flushes subnormal numbers or does not round to nearest");
    return true;
}

nd_about nd_constant_layer(const nd_net *net, const double *theta)
{
    const nd_layer *L = &net->term[0].layer[0];
    nd_about sum = {0.0, 0.0};

    for (size_t j = 0; j < L->width; j++) {
        double b = theta[L->b + j], s, rel = L->act->err_rel[0], abs_err = L->act->err_abs[0];

        L->act->jet(1, &b, 0, (double *const[]){&s});
        sum = nd_about_add(sum, nd_about_mul((nd_about){theta[net->term[0].a + j], 0.0},
                                             nd_about_of(s, 1.1 * (rel * fabs(s) + abs_err))));
    }
    return sum;
}

/* (i), and how far theta* is. */
static bool find_output(proof *p)
{
    nd_about layer = nd_constant_layer(p->pb->net, p->theta);
    double a0 = p->theta[p->pb->net->a0], far, size = nd_norm_up(p->pb->net->P, p->theta);

    nd_constant_output(p->pb, &p->v);
    layer.m = -layer.m;
    p->a0 = nd_about_add(p->v, layer);
    far = nd_grow(fabs(p->a0.m - a0) + ND_U * fabs(a0) + p->a0.r);
    if (!isfinite(p->v.r) || !isfinite(far))
        return nd_cert_fail(p->cert, "constant neurons: no constant output balances the classes");
    if (!isfinite(size) || !(far <= ND_NEAR * (1.0 + size)))
        return nd_cert_fail(p->cert,
                            "constant neurons: the output bias is %.3g away from balancing the "
                            "classes",
                            far);
    p->cert->radius = far;
    return true;
}

/* ---- (iii) ----------------------------------------------------------------------------- */

static void sum_products(const proof *p, double *row)
{
    const nd_table *t = p->pb->data;
    size_t D = p->d + 1;

    for (size_t i = 0; i < p->n; i++) {
        double *sum = p->sum[t->y[i] > 0.0 ? 0 : 1], omega = t->weight ? t->weight[i] : 1.0;

        nd_table_row(t, i, row);
        row[p->d] = 1.0;
        for (size_t k = 0; k < D; k++) {
            double f = omega * row[k];

            for (size_t l = 0; f != 0.0 && l <= k; l++) sum[k * D + l] += f * row[l];
        }
    }
}

/* Entry k, l of sum_i omega_i x~_i x~_i' over one class: the error by Cauchy and Schwarz. */
static nd_about product(const proof *p, size_t class, size_t k, size_t l)
{
    const double *sum = p->sum[class];
    size_t D = p->d + 1, at = k >= l ? k * D + l : l * D + k;
    double size = sqrt(sum[k * D + k]) * sqrt(sum[l * D + l]);

    return nd_about_of(sum[at], 1.01 * nd_gamma(p->n + 4) * size + ND_UP_SUM);
}

/* sum_i g_i x~_ik x~_il for g = plus, minus on the classes. */
static nd_about weighted(const proof *p, const nd_about g[2], size_t k, size_t l)
{
    return nd_about_add(nd_about_mul(g[0], product(p, 0, k, l)),
                        nd_about_mul(g[1], product(p, 1, k, l)));
}

static void put(const proof *p, size_t row, size_t col, nd_about x)
{
    p->A[row * p->D + col] = p->A[col * p->D + row] = x.m;
    p->R[row * p->D + col] = p->R[col * p->D + row] = x.r;
}

/* h_i = l''(z_i)/n and c_i = -y_i l'(z_i)/n of either class, without omega_i. */
static void class_weights(const proof *p, nd_about h[2], nd_about c[2])
{
    nd_about inverse = nd_about_of(1.0 / (double)p->n, 0.0);

    for (size_t k = 0; k < 2; k++) {
        nd_about z = {k == 0 ? -p->v.m : p->v.m, p->v.r};

        h[k] = nd_about_mul(inverse, nd_about_loss(p->pb->loss, 2, z));
        c[k] = nd_about_mul(inverse, nd_about_loss(p->pb->loss, 1, z));
        if (k == 0) c[k].m = -c[k].m;
    }
}

static nd_about neuron(const proof *p, int k, size_t j)
{
    nd_about b = {p->theta[p->layer->b + j], 0.0}, a = {p->a[j], 0.0};

    return nd_about_mul(a, nd_about_slope(p->layer->act, k, b));
}

/* Rows of neuron j. */
static void fill_neuron(const proof *p, const nd_about h[2], const nd_about c[2], size_t j)
{
    nd_about alpha = neuron(p, 1, j), beta = neuron(p, 2, j);

    for (size_t k = 0; k < p->d; k++)
        put(p, p->D - 1, j * p->d + k, nd_about_mul(alpha, weighted(p, h, p->d, k)));
    for (size_t i = 0; i <= j; i++) {
        nd_about both = nd_about_mul(alpha, neuron(p, 1, i));

        for (size_t k = 0; k < p->d; k++)
            for (size_t l = 0; l < p->d; l++) {
                nd_about x = nd_about_mul(both, weighted(p, h, k, l));

                if (i == j) x = nd_about_add(x, nd_about_mul(beta, weighted(p, c, k, l)));
                put(p, j * p->d + k, i * p->d + l, x);
            }
    }
}

static bool curved(const proof *p)
{
    nd_about h[2], c[2];

    class_weights(p, h, c);
    if (!isfinite(h[0].r) || !isfinite(h[1].r))
        return nd_cert_fail(p->cert, "constant neurons: the loss has no second derivative there");
    for (size_t j = 0; j < p->M; j++)
        if (!isfinite(neuron(p, 2, j).r))
            return nd_cert_fail(
                p->cert, "constant neurons: no second derivative at the bias of neuron %zu", j + 1);
    put(p, p->D - 1, p->D - 1, weighted(p, h, p->d, p->d));
    for (size_t j = 0; j < p->M; j++) fill_neuron(p, h, c, j);
    return nd_about_definite(p->D, p->A, p->R, p->L) ||
           nd_cert_fail(p->cert,
                        "constant neurons: the Hessian in the input weights and the output bias "
                        "is not positive definite, or not surely");
}

/* ---- what is claimed --------------------------------------------------------------------- */

void nd_constant_figures(const nd_problem *pb, const double *theta, nd_about v, double *lo,
                         nd_cert *c)
{
    const nd_table *t = pb->data;
    size_t n = t->n, plus = nd_table_count(t, 1.0), minus = n - plus;
    double *hi = lo + n;

    for (size_t i = 0; i < n; i++) {
        lo[i] = nextafter(t->y[i] * v.m - v.r, -INFINITY);
        hi[i] = nextafter(t->y[i] * v.m + v.r, INFINITY);
    }
    nd_loss_bounds(pb, theta, lo, hi, &c->loss_lo, &c->loss_hi);
    c->errors_lo = plus < minus ? plus : minus;
    c->errors_hi = n - c->errors_lo;
    if (v.m >= v.r) c->errors_lo = c->errors_hi = minus; /* f >= 0: all are called + */
    if (v.m < -v.r) c->errors_lo = c->errors_hi = plus;
    c->margin_lo = -nextafter(fabs(v.m) + v.r + ROOM, INFINITY);
}

static void claim(const proof *p)
{
    nd_cert *c = p->cert;

    nd_constant_figures(p->pb, p->theta, p->v, p->lo, c);
    c->radius = 2.0 * c->radius + 0x1p-60 * (1.0 + fabs(p->v.m)); /* room for other proofs */
    c->mu = 0.0;
    c->index = 0;
    c->truth = ND_PROVED;
    c->says = ND_SAYS_LOCAL;
    snprintf(c->reason, sizeof c->reason,
             "a local minimum lies within %.2g of theta: no neuron sees the inputs, the output is "
             "%.6g everywhere",
             c->radius, p->v.m);
}

static nd_status room(nd_ctx *ctx, proof *p)
{
    size_t D = p->d + 1;

    p->sum[0] = ND_NEW0(ctx, double, 2 * D * D);
    p->A = ND_NEW(ctx, double, p->D * p->D);
    p->R = ND_NEW(ctx, double, p->D * p->D);
    p->L = ND_NEW(ctx, double, p->D * p->D);
    p->lo = ND_NEW(ctx, double, 2 * p->n);
    if (!p->sum[0] || !p->A || !p->R || !p->L || !p->lo) return ND_EMEM;
    p->sum[1] = p->sum[0] + D * D;
    return ND_OK;
}

static void room_free(nd_ctx *ctx, proof *p)
{
    nd_free(ctx, p->sum[0]);
    nd_free(ctx, p->A);
    nd_free(ctx, p->R);
    nd_free(ctx, p->L);
    nd_free(ctx, p->lo);
}

/* The conditions in the order of their cost. */
static nd_status conditions(nd_ctx *ctx, proof *p)
{
    double *row = NULL;
    nd_truth equal;
    nd_status status = ND_OK;

    if (!applies(p) || !find_output(p)) return ND_OK;
    ND_TRY(nd_equal_means(ctx, p->pb->data, &equal));
    if (equal != ND_PROVED) {
        nd_cert_fail(p->cert,
                     equal == ND_REFUTED
                         ? "constant neurons: the class means of x are not equal"
                         : "constant neurons: a class is empty, or a number too large or small");
        goto done;
    }
    ND_TRY(room(ctx, p));
    row = ND_NEW(ctx, double, p->d + 1);
    if (!row) status = ND_EMEM;
    if (status != ND_OK) goto done;
    sum_products(p, row);
    if (curved(p)) claim(p);
done:
    nd_free(ctx, row);
    return status;
}

nd_status nd_prove_constant(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c;
    proof p = {.pb = pb, .theta = theta, .n = pb->data->n, .d = pb->net->d, .cert = &c};
    nd_status status;

    /* what holds at theta itself stays the answer while nothing is proved */
    ND_TRY(nd_prove_zero_loss(ctx, pb, theta, &c));
    c.kind = "constant-neuron";
    c.truth = ND_UNKNOWN;
    c.says = ND_SAYS_NOTHING;
    if (has_form(pb, &c)) {
        p.layer = pb->net->term[0].layer;
        p.a = theta + pb->net->term[0].a;
        p.M = p.layer->width;
        p.D = p.M * p.d + 1;
        ND_TRY(conditions(ctx, &p));
    }
    if (c.truth != ND_PROVED) c.radius = 0.0;
    *out = c;
done:
    room_free(ctx, &p);
    return status;
}
