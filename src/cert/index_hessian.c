/* The dense Hessian in double-double with a bound of its error (docs/proofs.md, section 14).
 *
 * Sample by sample, and for each parameter k the derivative R{.} in its direction (B. A.
 * Pearlmutter, Neural Computation 6, 1994) of the gradient's passes:
 *
 *   z = W h + b       Rz = V h + W Rh + Vb       h = s(z)      Rh = s' Rz       (V: 1 at k)
 *   f = a_0 + a.h     Rf = Va_0 + Va.h + a.Rh    c = dL/df     Rc = omega l'' Rf
 *   e = c a           Re = Rc a + c Va           g = s' e      Rg = s' Re + s'' e Rz
 *   row k += (Rg h' + g Rh', Rg, Rc h + c Rh, Rc),             Re_in = V'g + W'Rg
 *
 * Only sums of products of the parts W, a, h, s', s'', c, l'': so the error is that of the parts,
 * carried as in variation.c, and D_N times the same sums with all signs made positive. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cert/index_sharp.h"
#include "cert/variation.h"

#define SMALL 0x1p-86 /* as in dd_math.c */

/* ---- second derivatives ------------------------------------------------------------------- */

static nd_dd sub(nd_dd a, nd_dd b)
{
    return nd_dd_add(a, nd_dd_neg(b));
}

/* s'' from s and s', and its error, which is at most 4 (1 + |z|) times theirs for all of these:
 * softplus p (1-p), sigmoid s' (1-2s), tanh -2 s s', arctan -2 z s'^2, exp s, square 2,
 * squareplus 2 s' (1-s') / r with r = 2s - z >= 2. */
static bool bend(const nd_act *act, nd_dd z, const nd_dd_jet *j, nd_dd *s2, double *err)
{
    const nd_dd one = nd_dd_of(1.0), two = nd_dd_of(2.0);
    const char *name = act->name;

    *err = nd_grow(4.0 * (1.0 + fabs(z.hi)) * (j->err + j->err1 + SMALL));
    if (strcmp(name, "softplus") == 0) {
        *s2 = nd_dd_mul(j->s1, sub(one, j->s1));
    } else if (strcmp(name, "sigmoid") == 0) {
        *s2 = nd_dd_mul(j->s1, sub(one, nd_dd_scale(j->s, 2.0)));
    } else if (strcmp(name, "tanh") == 0) {
        *s2 = nd_dd_scale(nd_dd_mul(j->s, j->s1), -2.0);
    } else if (strcmp(name, "arctan") == 0) {
        *s2 = nd_dd_scale(nd_dd_mul(z, nd_dd_mul(j->s1, j->s1)), -2.0);
    } else if (strcmp(name, "exp") == 0) {
        *s2 = j->s;
    } else if (strcmp(name, "square") == 0) {
        *s2 = two;
    } else if (strcmp(name, "squareplus") == 0) {
        nd_dd r = sub(nd_dd_scale(j->s, 2.0), z);

        *s2 = nd_dd_div(nd_dd_scale(nd_dd_mul(j->s1, sub(one, j->s1)), 2.0), r);
    } else {
        return false;
    }
    return true;
}

/* l'' and its error, from l'. */
static nd_dd curvature(nd_loss loss, nd_dd z, nd_dd slope, double slope_err, double *err)
{
    const char *name = loss.kind->name;
    nd_dd u = nd_dd_add(nd_dd_of(1.0), z), v;

    *err = nd_grow(slope_err + SMALL);
    if (strcmp(name, "exponential") == 0) return slope;
    if (strcmp(name, "square") == 0) {
        *err = 0.0;
        return nd_dd_of(2.0);
    }
    if (strcmp(name, "logistic") == 0) return nd_dd_mul(slope, sub(nd_dd_of(1.0), slope));
    if (!(u.hi > 0.0)) return nd_dd_of(u.hi * 0.0);
    if (strcmp(name, "smoothhinge") == 0)
        return u.hi >= 1.0 ? nd_dd_of(0.0)
                           : nd_dd_mul(u, nd_dd_mul(nd_dd_of(12.0), sub(nd_dd_of(1.0), u)));
    if (strcmp(name, "polyhinge") == 0) {
        v = nd_dd_of((double)loss.q * (loss.q - 1));
        for (int k = 2; k < loss.q; k++) v = nd_dd_mul(v, u);
        *err = nd_grow(32.0 * loss.q * ND_U * ND_U * fabs(v.hi)) + 0x1p-790;
        return v;
    }
    *err = INFINITY;
    return nd_dd_of(NAN);
}

/* ---- one sample ------------------------------------------------------------------------------ */

typedef struct {
    const nd_problem *pb;
    const double *hi, *lo;
    size_t layers, units;
    double *W, *row;            /* |W|_F of each layer; |W_j| of each neuron          */
    nd_dd *x;                   /* d                                                  */
    nd_dd *h, *s1, *s2, *e, *g; /* units: at the sample                              */
    nd_dd *Rz, *Rh, *Re, *Rg;   /* units                                              */
    double *err, *xerr;         /* units; d zeros                                     */
    double *plain;              /* d                                                  */
    nd_dd *H;
    double bound[2];
} pass;

static nd_dd at(const pass *p, size_t k)
{
    return (nd_dd){p->hi[k], p->lo[k]};
}

static void add_to(nd_dd *sum, nd_dd a, nd_dd b)
{
    if (a.hi != 0.0 && b.hi != 0.0) *sum = nd_dd_add(*sum, nd_dd_mul(a, b));
}

/* One layer at the sample: h, s', s'' and their errors; x: norms of the input, then of h. */
static void forward_layer(pass *p, const nd_layer *L, size_t layer, size_t u, const nd_dd *in,
                          const double *err_in, nd_norms *x)
{
    nd_norms z = nd_norms_linear(x, p->W[layer], L->bias), next;
    nd_slopes all = {0};
    double D = nd_dd_sum_error(2 * L->in + 4), sum = 0.0;

    for (size_t j = 0; j < L->width; j++) {
        nd_dd v = L->bias ? at(p, L->b + j) : nd_dd_of(0.0);
        double size = p->row[u + j] * x->v0 + fabs(v.hi), d, w, bend_err;
        nd_dd_jet jet;

        for (size_t k = 0; k < L->in; k++) add_to(&v, at(p, L->W + j * L->in + k), in[k]);
        d = nd_grow(D * size + p->row[u + j] * x->e0) + ND_UP_SUM;
        w = nd_grow(d + 4.0 * ND_U * fabs(v.hi)) + ND_UP_SUM;
        nd_dd_activation_of(L->act)(v, &jet);
        if (!bend(L->act, v, &jet, &p->s2[u + j], &bend_err)) bend_err = NAN;
        double sup2 = L->act->sup(2, v.hi - w, v.hi + w), sup3 = L->act->sup(3, v.hi - w, v.hi + w);
        double ds1 = nd_grow(jet.err1 + sup2 * d), ds2 = nd_grow(bend_err + sup3 * d);
        double s1 = nd_grow(fabs(jet.s1.hi) + ds1), s2 = nd_grow(fabs(p->s2[u + j].hi) + ds2);

        if (!(s1 <= all.s1)) all.s1 = s1;
        if (!(s2 <= all.s2)) all.s2 = s2;
        if (!(ds1 <= all.ds1)) all.ds1 = ds1;
        if (!(ds2 <= all.ds2)) all.ds2 = ds2;
        p->s1[u + j] = jet.s1;
        p->h[u + j] = jet.s;
        p->err[u + j] = nd_grow(jet.err + s1 * d);
        if (L->residual) {
            p->h[u + j] = nd_dd_add(jet.s, in[j]);
            p->err[u + j] =
                nd_grow(p->err[u + j] + err_in[j] + 2.0 * ND_DD_ADD * fabs(p->h[u + j].hi));
        }
        sum += p->h[u + j].hi * p->h[u + j].hi;
    }
    next = nd_norms_activate(&z, &all, L->residual ? x : NULL);
    next.e0 = nd_norm_up(L->width, p->err + u);
    next.v0 = nd_grow(nd_up(sqrt(sum), L->width + 2) + next.e0) + ND_UP_NORM;
    *x = next;
}

static double norm_of(const pass *p, size_t n, size_t first)
{
    return nd_grow(nd_norm_up(n, p->hi + first));
}

static nd_dd forward(pass *p, nd_norms *G)
{
    const nd_net *net = p->pb->net;
    nd_dd f = at(p, net->a0);
    size_t u = 0, layer = 0;

    *G = (nd_norms){.v0 = fabs(f.hi), .v1 = 1.0};
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *T = &net->term[t];
        nd_norms v = {.v0 = nd_norm_up(net->d, p->plain)}, out;
        const nd_dd *in = p->x;
        const double *err_in = p->xerr;
        double a = norm_of(p, T->out, T->a);

        for (size_t l = 0; l < T->depth; l++) {
            forward_layer(p, &T->layer[l], layer++, u, in, err_in, &v);
            in = p->h + u;
            err_in = p->err + u;
            u += T->layer[l].width;
        }
        for (size_t j = 0; j < T->out; j++) add_to(&f, at(p, T->a + j), in[j]);
        out = nd_norms_linear(&v, a, false);
        out.v0 = nd_grow(a * v.v0);
        out.e0 = nd_grow(a * v.e0);
        nd_norms_parallel(G, &out);
    }
    return f;
}

/* e, g of all layers for c = dL/df. */
static void backward(pass *p, nd_dd c)
{
    const nd_net *net = p->pb->net;
    size_t end = 0;

    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *T = &net->term[t];
        size_t u;

        for (size_t l = 0; l < T->depth; l++) end += T->layer[l].width;
        u = end;
        for (size_t l = T->depth; l-- > 0;) {
            const nd_layer *L = &T->layer[l], *up = l + 1 < T->depth ? L + 1 : NULL;

            u -= L->width;
            for (size_t j = 0; j < L->width; j++) {
                nd_dd e = up ? nd_dd_of(0.0) : nd_dd_mul(c, at(p, T->a + j));

                for (size_t i = 0; up && i < up->width; i++)
                    add_to(&e, at(p, up->W + i * up->in + j), p->g[u + L->width + i]);
                if (up && up->residual) e = nd_dd_add(e, p->e[u + L->width + j]);
                p->e[u + j] = e;
                p->g[u + j] = nd_dd_mul(e, p->s1[u + j]);
            }
        }
    }
}

/* ---- the derivative in the direction of parameter k --------------------------------------------- */

/* Va_j or the like: 1 when parameter `first + j` is k. */
static bool hit(size_t first, size_t j, size_t k)
{
    return first + j == k;
}

static nd_dd r_forward(pass *p, size_t k)
{
    const nd_net *net = p->pb->net;
    nd_dd Rf = nd_dd_of(k == net->a0 ? 1.0 : 0.0);
    size_t u = 0;

    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *T = &net->term[t];
        const nd_dd *in = p->x, *Rin = NULL;

        for (size_t l = 0; l < T->depth; l++) {
            const nd_layer *L = &T->layer[l];

            for (size_t j = 0; j < L->width; j++) {
                size_t W = L->W + j * L->in;
                nd_dd v = nd_dd_of(L->bias && hit(L->b, j, k) ? 1.0 : 0.0);

                if (k >= W && k < W + L->in) v = in[k - W];
                for (size_t i = 0; Rin && i < L->in; i++) add_to(&v, at(p, W + i), Rin[i]);
                p->Rz[u + j] = v;
                p->Rh[u + j] = nd_dd_mul(p->s1[u + j], v);
                if (L->residual && Rin) p->Rh[u + j] = nd_dd_add(p->Rh[u + j], Rin[j]);
            }
            in = p->h + u;
            Rin = p->Rh + u;
            u += L->width;
        }
        for (size_t j = 0; j < T->out; j++) {
            if (hit(T->a, j, k)) Rf = nd_dd_add(Rf, in[j]);
            if (Rin) add_to(&Rf, at(p, T->a + j), Rin[j]);
        }
    }
    return Rf;
}

/* Re of neuron j of the layer that starts at u; up: the one above it, NULL: the output. */
static nd_dd r_error(const pass *p, const nd_term *T, const nd_layer *up, size_t u, size_t width,
                     size_t j, size_t k, nd_dd c, nd_dd Rc)
{
    nd_dd e;

    if (!up) {
        e = nd_dd_mul(Rc, at(p, T->a + j));
        return hit(T->a, j, k) ? nd_dd_add(e, c) : e;
    }
    e = up->residual ? p->Re[u + width + j] : nd_dd_of(0.0);
    for (size_t i = 0; i < up->width; i++) {
        add_to(&e, at(p, up->W + i * up->in + j), p->Rg[u + width + i]);
        if (hit(up->W, i * up->in + j, k)) e = nd_dd_add(e, p->g[u + width + i]);
    }
    return e;
}

static void r_layer(pass *p, const nd_layer *L, size_t u, const nd_dd *in, const nd_dd *Rin,
                    nd_dd *row)
{
    for (size_t j = 0; j < L->width; j++) {
        nd_dd *w = row + L->W + j * L->in;

        for (size_t i = 0; i < L->in; i++) {
            add_to(&w[i], p->Rg[u + j], in[i]);
            if (Rin) add_to(&w[i], p->g[u + j], Rin[i]);
        }
        if (L->bias) row[L->b + j] = nd_dd_add(row[L->b + j], p->Rg[u + j]);
    }
}

static void r_backward(pass *p, size_t k, nd_dd c, nd_dd Rc)
{
    const nd_net *net = p->pb->net;
    nd_dd *row = p->H + k * net->P;
    size_t end = 0;

    row[net->a0] = nd_dd_add(row[net->a0], Rc);
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *T = &net->term[t];
        size_t u, start = end;

        for (size_t l = 0; l < T->depth; l++) end += T->layer[l].width;
        u = end;
        for (size_t j = 0; j < T->out; j++) {
            size_t last = end - T->out + j;

            add_to(&row[T->a + j], Rc, T->depth ? p->h[last] : p->x[j]);
            if (T->depth) add_to(&row[T->a + j], c, p->Rh[last]);
        }
        for (size_t l = T->depth; l-- > 0;) {
            const nd_layer *L = &T->layer[l], *up = l + 1 < T->depth ? L + 1 : NULL;

            u -= L->width;
            for (size_t j = 0; j < L->width; j++) {
                nd_dd v = nd_dd_mul(nd_dd_mul(p->e[u + j], p->s2[u + j]), p->Rz[u + j]);

                p->Re[u + j] = r_error(p, T, up, u, L->width, j, k, c, Rc);
                p->Rg[u + j] = nd_dd_add(nd_dd_mul(p->Re[u + j], p->s1[u + j]), v);
            }
            r_layer(p, L, u, u > start ? p->h + u - L->in : p->x,
                    u > start ? p->Rh + u - L->in : NULL, row);
        }
    }
}

/* ---- the sums -------------------------------------------------------------------------------------- */

static void sample(pass *p, size_t i)
{
    const nd_problem *pb = p->pb;
    double y = pb->data->y[i], omega = pb->data->weight ? pb->data->weight[i] : 1.0;
    double E, lo, hi, err1, err2, d1, d2, l1, l2, g1, g2;
    nd_norms G;
    nd_dd f, z, slope, bent, c;

    nd_table_row(pb->data, i, p->plain);
    for (size_t k = 0; k < pb->net->d; k++) p->x[k] = nd_dd_of(p->plain[k]);
    f = forward(p, &G);
    E = nd_grow(nd_dd_sum_error(nd_hessian_path(pb->net)) * G.v0 + G.e0) + ND_UP_SUM;
    z = nd_dd_scale(f, -y);
    slope = nd_dd_slope(pb->loss, z, &err1);
    bent = curvature(pb->loss, z, slope, err1, &err2);
    hi = nd_grow(E + 4.0 * ND_U * fabs(z.hi)) + ND_UP_SUM;
    lo = z.hi - hi;
    hi = z.hi + hi;
    d1 = nd_grow(err1 + E * pb->loss.kind->sup(2, pb->loss.q, lo, hi));
    d2 = nd_grow(err2 + E * pb->loss.kind->sup(3, pb->loss.q, lo, hi));
    l1 = nd_grow(fabs(slope.hi) + d1);
    l2 = nd_grow(fabs(bent.hi) + d2);
    g1 = nd_grow(G.v1 + G.e1);
    g2 = nd_grow(G.v2 + G.e2);
    p->bound[0] += omega * (d2 * g1 * g1 + l2 * G.e1 * (g1 + G.v1) + d1 * g2 + l1 * G.e2);
    p->bound[1] += omega * (l2 * g1 * g1 + l1 * g2);
    if (slope.hi == 0.0 && bent.hi == 0.0) return;
    c = nd_dd_scale(nd_dd_mul(slope, nd_dd_of(omega)), -y);
    bent = nd_dd_mul(bent, nd_dd_of(omega));
    backward(p, c);
    for (size_t k = 0; k < pb->net->P; k++) r_backward(p, k, c, nd_dd_mul(bent, r_forward(p, k)));
}

static void measure(pass *p)
{
    const nd_net *net = p->pb->net;
    size_t u = 0, layer = 0;

    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++) {
            const nd_layer *L = &net->term[t].layer[l];

            p->W[layer++] = norm_of(p, L->width * L->in, L->W);
            for (size_t j = 0; j < L->width; j++) p->row[u++] = norm_of(p, L->in, L->W + j * L->in);
        }
}

/* The sums divided by n, and the ridge. */
static void finish(pass *p, double *error)
{
    const nd_problem *pb = p->pb;
    size_t P = pb->net->P, n = pb->data->n;
    double D = nd_dd_sum_error(nd_hessian_path(pb->net) + n + 64), most = 0.0;

    for (size_t k = 0; k < P * P; k++) p->H[k] = nd_dd_div(p->H[k], nd_dd_of((double)n));
    for (size_t k = 0; k < P; k++) {
        nd_dd *h = &p->H[k * P + k];

        *h = nd_dd_add(*h, nd_dd_of(pb->l2));
        if (!(fabs(h->hi) <= most)) most = fabs(h->hi);
    }
    for (int i = 0; i < 2; i++) p->bound[i] = nd_up(p->bound[i] / (double)n, n + 64);
    *error = nd_grow(p->bound[0] + D * p->bound[1] + 2.0 * ND_DD_ADD * most) + 0x1p-300;
    if (!(p->bound[1] < 0x1p100) || !nd_arithmetic_sound()) *error = NAN;
}

static void count(pass *p)
{
    const nd_net *net = p->pb->net;

    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++) {
            p->layers++;
            p->units += net->term[t].layer[l].width;
        }
}

nd_status nd_dd_hessian(nd_ctx *ctx, const nd_problem *pb, const double *hi, const double *lo,
                        nd_dd *H, double *error)
{
    pass p = {.pb = pb, .hi = hi, .lo = lo, .H = H};
    size_t d = pb->net->d, u;
    nd_dd *room;
    nd_status status = ND_OK;

    count(&p);
    u = p.units;
    room = ND_NEW0(ctx, nd_dd, d + 9 * u);
    p.W = ND_NEW0(ctx, double, p.layers + 2 * u + 2 * d);
    if (!room || !p.W) {
        status = ND_EMEM;
        goto done;
    }
    p.x = room;
    p.h = p.x + d;
    p.s1 = p.h + u;
    p.s2 = p.s1 + u;
    p.e = p.s2 + u;
    p.g = p.e + u;
    p.Rz = p.g + u;
    p.Rh = p.Rz + u;
    p.Re = p.Rh + u;
    p.Rg = p.Re + u;
    p.row = p.W + p.layers;
    p.err = p.row + u;
    p.xerr = p.err + u;
    p.plain = p.xerr + d;
    for (size_t k = 0; k < pb->net->P * pb->net->P; k++) H[k] = nd_dd_of(0.0);
    measure(&p);
    for (size_t i = 0; i < pb->data->n; i++) sample(&p, i);
    finish(&p, error);
done:
    nd_free(ctx, room);
    nd_free(ctx, p.W);
    return status;
}
