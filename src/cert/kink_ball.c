/* The loss without its neurons at kinks, over a cube of parameters, for nets of one layer
 * (docs/proofs.md, section 22).
 *
 *   f_i = a_0 + sum_j a_j s(z_ij) [+ u.x_i],  z_ij = w_j.x_i + b_j, s(z_ij) := 0 for the pairs
 *   grad = sum_i p_i J_i + lambda theta,      p_i = -y_i omega_i l'(-y_i f_i) / n
 *   H = sum_i [q_i J_i J_i' + p_i D2f_i] + lambda I,  q_i = omega_i l''(-y_i f_i) / n
 *   J: a_j s' x~ to (w_j, b_j), s to a_j;  D2f: a_j s'' x~ x~', and s' x~ between (w_j, b_j), a_j
 *
 * All of it in numbers with errors (definite.h).  A sample whose loss is constant on the cube
 * contributes nothing. */
#include <string.h>

#include "base/memory.h"
#include "cert/kink.h"

typedef struct {
    const nd_problem *pb;
    const nd_kinks *k;
    const double *theta;
    double half;
    nd_kink_unit *unit;
    double *x;        /* d + 1                                                        */
    nd_about *s, *s1; /* units: s and s'                                              */
    nd_about *s2, *J; /* units: s''; P                                                */
    nd_kink_ball *out;
} pass;

static nd_about exactly(double x)
{
    return (nd_about){x, 0.0};
}

static nd_about parameter(const pass *p, size_t at)
{
    return (nd_about){p->theta[at], p->half};
}

static bool is_zero(nd_about x)
{
    return x.m == 0.0 && x.r == 0.0;
}

/* ---- one sample ------------------------------------------------------------------------------ */

/* Inputs of neuron v: d, and 1 for its bias; the parameter of input k. */
static size_t inputs(const nd_kink_unit *v)
{
    return v->in + (v->b != SIZE_MAX);
}

static size_t weight(const nd_kink_unit *v, size_t k)
{
    return k < v->in ? v->W + k : v->b;
}

static void neuron(const pass *p, size_t i, size_t u)
{
    const nd_kink_unit *v = &p->unit[u];
    nd_about z = exactly(0.0);

    p->s[u] = p->s1[u] = p->s2[u] = z;
    if (p->k->at[i * p->k->units + u]) return;
    for (size_t k = 0; k < inputs(v); k++)
        z = nd_about_add(z, nd_about_mul(parameter(p, weight(v, k)), exactly(p->x[k])));
    p->s[u] = nd_about_slope(v->act, 0, z);
    p->s1[u] = nd_about_slope(v->act, 1, z);
    p->s2[u] = nd_about_slope(v->act, 2, z);
}

/* The inputs of sample i and the values of all neurons; f. */
static nd_about output(const pass *p, size_t i)
{
    const nd_net *net = p->pb->net;
    nd_about f = parameter(p, net->a0);

    nd_table_row(p->pb->data, i, p->x);
    p->x[net->d] = 1.0;
    for (size_t u = 0; u < net->units; u++) {
        neuron(p, i, u);
        f = nd_about_add(f, nd_about_mul(parameter(p, p->unit[u].a), p->s[u]));
    }
    for (size_t t = 0; t < net->terms; t++)
        for (size_t k = 0; net->term[t].depth == 0 && k < net->d; k++)
            f = nd_about_add(f, nd_about_mul(parameter(p, net->term[t].a + k), exactly(p->x[k])));
    return f;
}

static void jacobian(const pass *p)
{
    const nd_net *net = p->pb->net;

    for (size_t u = 0; u < net->units; u++) {
        const nd_kink_unit *v = &p->unit[u];
        nd_about as = nd_about_mul(parameter(p, v->a), p->s1[u]);

        if (is_zero(p->s1[u])) as = exactly(0.0);
        p->J[v->a] = p->s[u];
        for (size_t k = 0; k < inputs(v); k++)
            p->J[weight(v, k)] = is_zero(as) ? as : nd_about_mul(as, exactly(p->x[k]));
    }
    for (size_t t = 0; t < net->terms; t++)
        for (size_t k = 0; net->term[t].depth == 0 && k < net->d; k++)
            p->J[net->term[t].a + k] = exactly(p->x[k]);
    p->J[net->a0] = exactly(1.0);
}

static void add(const pass *p, size_t k, size_t l, nd_about x)
{
    size_t P = p->pb->net->P, at = k > l ? k * P + l : l * P + k;
    nd_about sum = nd_about_add((nd_about){p->out->H[at], p->out->R[at]}, x);

    p->out->H[at] = sum.m;
    p->out->R[at] = sum.r;
}

/* Lower triangle of H += q J J'. */
static void add_square(const pass *p, nd_about q)
{
    for (size_t k = 0; k < p->pb->net->P; k++) {
        nd_about qj = nd_about_mul(q, p->J[k]);

        if (is_zero(p->J[k])) continue;
        for (size_t l = 0; l <= k; l++)
            if (!is_zero(p->J[l])) add(p, k, l, nd_about_mul(qj, p->J[l]));
    }
}

/* H += c D2f. */
static void add_curvature(const pass *p, nd_about c)
{
    for (size_t u = 0; u < p->pb->net->units; u++) {
        const nd_kink_unit *v = &p->unit[u];
        nd_about first = nd_about_mul(c, p->s1[u]);
        nd_about second = nd_about_mul(nd_about_mul(c, parameter(p, v->a)), p->s2[u]);

        if (is_zero(p->s1[u]) && is_zero(p->s2[u])) continue;
        for (size_t k = 0; k < inputs(v); k++) {
            nd_about row = nd_about_mul(second, exactly(p->x[k]));

            add(p, weight(v, k), v->a, nd_about_mul(first, exactly(p->x[k])));
            for (size_t l = 0; l <= k; l++)
                add(p, weight(v, k), weight(v, l), nd_about_mul(row, exactly(p->x[l])));
        }
    }
}

static nd_about divided(nd_about x, double n)
{
    return nd_about_of(x.m / n, x.r / n);
}

static bool constant_loss(const nd_problem *pb, nd_about z)
{
    double w = nd_grow(z.r + 2.0 * ND_U * fabs(z.m)) + ND_UP_SUM;

    return pb->loss.kind->sup(1, pb->loss.q, z.m - w, z.m + w) == 0.0;
}

static void sample(const pass *p, size_t i)
{
    const nd_problem *pb = p->pb;
    double y = pb->data->y[i], n = (double)pb->data->n;
    nd_about omega = exactly(pb->data->weight ? pb->data->weight[i] : 1.0), f = output(p, i);
    nd_about z = {-y * f.m, f.r}, c, q;

    p->out->slope[i] = exactly(0.0);
    if (constant_loss(pb, z)) return;
    c = divided(nd_about_mul(omega, nd_about_loss(pb->loss, 1, z)), n);
    q = divided(nd_about_mul(omega, nd_about_loss(pb->loss, 2, z)), n);
    c.m *= -y;
    p->out->slope[i] = c;
    jacobian(p);
    for (size_t k = 0; k < pb->net->P; k++)
        if (!is_zero(p->J[k])) p->out->g[k] = nd_about_add(p->out->g[k], nd_about_mul(c, p->J[k]));
    add_square(p, q);
    add_curvature(p, c);
}

/* ---- all samples ------------------------------------------------------------------------------ */

static void ridge(const pass *p)
{
    nd_about lambda = exactly(p->pb->l2);

    for (size_t k = 0; k < p->pb->net->P; k++) {
        p->out->g[k] = nd_about_add(p->out->g[k], nd_about_mul(lambda, parameter(p, k)));
        add(p, k, k, lambda);
    }
}

static void mirror(size_t P, double *H)
{
    for (size_t k = 0; k < P; k++)
        for (size_t l = 0; l < k; l++) H[l * P + k] = H[k * P + l];
}

nd_status nd_kink_enclose(nd_ctx *ctx, const nd_problem *pb, const nd_kinks *k, const double *theta,
                          double half, nd_kink_ball *out)
{
    size_t P = pb->net->P, M = pb->net->units;
    pass p = {.pb = pb, .k = k, .theta = theta, .half = half, .out = out};
    nd_status status = ND_OK;

    p.unit = ND_NEW(ctx, nd_kink_unit, M);
    p.x = ND_NEW(ctx, double, pb->net->d + 1);
    p.s = ND_NEW(ctx, nd_about, 3 * M + P);
    if (!p.unit || !p.x || !p.s) ND_TRY(ND_EMEM);
    p.s1 = p.s + M;
    p.s2 = p.s1 + M;
    p.J = p.s2 + M;
    nd_kink_units(pb->net, p.unit);
    memset(out->g, 0, P * sizeof *out->g);
    memset(out->H, 0, P * P * sizeof *out->H);
    memset(out->R, 0, P * P * sizeof *out->R);
    for (size_t i = 0; i < pb->data->n; i++) sample(&p, i);
    ridge(&p);
    mirror(P, out->H);
    mirror(P, out->R);
done:
    nd_free(ctx, p.unit);
    nd_free(ctx, p.x);
    nd_free(ctx, p.s);
    return status;
}

nd_status nd_kink_ball_make(nd_ctx *ctx, const nd_problem *pb, nd_kink_ball *out)
{
    size_t P = pb->net->P;

    out->g = ND_NEW(ctx, nd_about, P + pb->data->n);
    out->H = ND_NEW(ctx, double, 2 * P * P);
    if (!out->g || !out->H) return ND_EMEM;
    out->slope = out->g + P;
    out->R = out->H + P * P;
    return ND_OK;
}

void nd_kink_ball_clear(nd_ctx *ctx, nd_kink_ball *b)
{
    nd_free(ctx, b->g);
    nd_free(ctx, b->H);
}
