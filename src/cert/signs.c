/* Signs of preactivations over a ball |y - c| <= rho (docs/proofs.md, section 11).
 *
 * Row by row in plain double: h^ computed at c, and e_j >= |h^_j - h_j(y)| for all y,
 *
 *   |z^_j - z_j(y)| <= gamma_(K+1) (|b_j| + |W_j| |h^|) + (|W_j| + rho) |e| + rho |h^~|  =: d_j
 *   |h^_j - h_j(y)| <= [error of s at z^_j] + sup_[z^_j +- d_j] |s'| d_j                 =: e_j
 *   |f^ - f(y)|     <= gamma_N (|a_0| + sum |a| |h^|) + sum [(|a| + rho) |e| + rho |h^|] + rho
 *
 * |h^~|: with a further 1 for the bias.  The sign of z_j is certain when |z^_j| > d_j; the
 * sample's loss is constant when l' = 0 on all that -y f(y) can be. */
#include "cert/signs.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cert/near.h"

typedef struct {
    const nd_problem *pb;
    const double *theta;
    double rho;
    double *x, *h, *e, *z, *old; /* d; widest                                  */
    signed char *sign;           /* units                                      */
} rows;

static size_t widest(const nd_net *net)
{
    size_t w = net->d > 0 ? net->d : 1;

    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++)
            if (net->term[t].layer[l].width > w) w = net->term[t].layer[l].width;
    return w;
}

static double dot(size_t n, const double *a, const double *b, double s)
{
    for (size_t k = 0; k < n; k++) s += a[k] * b[k];
    return s;
}

/* z_j and d_j of one neuron whose input is r->old. */
static double preactivation(const rows *r, const nd_layer *L, size_t j, double h, double e,
                            double *d)
{
    const double *W = r->theta + L->W + j * L->in;
    double b = L->bias ? r->theta[L->b + j] : 0.0, w = nd_norm_up(L->in, W);

    *d = nd_grow(nd_gamma(L->in + 1) * (fabs(b) + w * h) + (w + r->rho) * e +
                 r->rho * (L->bias ? nd_hypot2(h, 1.0) : h)) +
         ND_UP_SUM;
    return dot(L->in, W, r->old, b);
}

/* h := outputs, e := their errors, from those of the layer below; signs. */
static void layer(const rows *r, const nd_layer *L, signed char *sign)
{
    double h = nd_norm_up(L->in, r->h), e = nd_norm_up(L->in, r->e), d, s;
    double *const jet[] = {&s};

    memcpy(r->old, r->h, L->in * sizeof *r->old);
    memcpy(r->z, r->e, L->in * sizeof *r->z);
    for (size_t j = 0; j < L->width; j++) {
        double z = preactivation(r, L, j, h, e, &d), wide = nd_grow(d + 2.0 * ND_U * fabs(z));

        sign[j] = (signed char)(z > wide ? 1 : z < -wide ? -1 : 0);
        L->act->jet(1, &z, 0, jet);
        r->h[j] = s;
        r->e[j] = nd_grow(1.1 * (L->act->err_rel[0] * fabs(s) + L->act->err_abs[0]) +
                          L->act->sup(1, z - wide, z + wide) * d) +
                  ND_UP_SUM;
        if (!L->residual) continue;
        r->h[j] += r->old[j];
        r->e[j] = nd_grow(r->e[j] + r->z[j] + 2.0 * ND_U * fabs(r->h[j]));
    }
}

/* Adds a term to f, to the size of what is rounded and to the change. */
static void term(const rows *r, const nd_term *T, signed char *sign, double *f, double *size,
                 double *change)
{
    const double *a = r->theta + T->a;
    double norm = nd_norm_up(T->out, a), h, e;

    memcpy(r->h, r->x, r->pb->net->d * sizeof *r->h);
    memset(r->e, 0, r->pb->net->d * sizeof *r->e);
    for (size_t l = 0; l < T->depth; sign += T->layer[l++].width) layer(r, &T->layer[l], sign);
    h = nd_norm_up(T->out, r->h);
    e = nd_norm_up(T->out, r->e);
    *f = dot(T->out, a, r->h, *f);
    *size = nd_grow(*size + norm * h);
    *change = nd_grow(*change + (norm + r->rho) * e + r->rho * h);
}

static void sample(const rows *r, size_t i, nd_signs *s)
{
    const nd_problem *pb = r->pb;
    const nd_net *net = pb->net;
    double f = r->theta[net->a0], size = fabs(f), change = r->rho, E;
    size_t N = 2 * net->terms + 2;
    signed char *sign = r->sign;

    nd_table_row(pb->data, i, r->x);
    for (size_t t = 0; t < net->terms; t++) {
        term(r, &net->term[t], sign, &f, &size, &change);
        N += net->term[t].out;
        for (size_t l = 0; l < net->term[t].depth; l++) sign += net->term[t].layer[l].width;
    }
    E = nd_grow(nd_gamma(N) * size + change + 2.0 * ND_U * fabs(f)) + ND_UP_SUM;
    s->i = i;
    s->z = -pb->data->y[i] * f;
    s->active = !(pb->loss.kind->sup(1, pb->loss.q, s->z - E, s->z + E) == 0.0);
}

nd_status nd_signs_each(nd_ctx *ctx, const nd_problem *pb, const double *theta, double rho,
                        nd_signs_visit visit, void *self)
{
    size_t w = widest(pb->net);
    rows r = {.pb = pb, .theta = theta, .rho = rho};
    nd_signs s;
    nd_status status = ND_OK;

    r.x = ND_NEW(ctx, double, 5 * w);
    r.sign = ND_NEW(ctx, signed char, pb->net->units + 1);
    if (r.x && r.sign) {
        r.h = r.x + w;
        r.e = r.h + w;
        r.z = r.e + w;
        r.old = r.z + w;
        s.x = r.x;
        s.sign = r.sign;
        for (size_t i = 0; i < pb->data->n; i++) {
            sample(&r, i, &s);
            visit(self, &s);
        }
    } else {
        status = ND_EMEM;
    }
    nd_free(ctx, r.x);
    nd_free(ctx, r.sign);
    return status;
}

/* ---- kinks -------------------------------------------------------------------------------- */

typedef struct {
    const nd_net *net;
    size_t i, unit; /* of the first that was met                               */
    bool met;
} kinks;

static void look(void *self, const nd_signs *s)
{
    kinks *k = self;
    size_t u = 0;

    if (k->met || !s->active) return;
    for (size_t t = 0; t < k->net->terms; t++)
        for (size_t l = 0; l < k->net->term[t].depth; l++) {
            const nd_layer *L = &k->net->term[t].layer[l];

            for (size_t j = 0; j < L->width; j++, u++) {
                if (k->met || L->act->smooth >= 1 || s->sign[u] != 0) continue;
                *k = (kinks){k->net, s->i, u, true};
            }
        }
}

static bool has_kinks(const nd_net *net)
{
    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++)
            if (net->term[t].layer[l].act->smooth < 1) return true;
    return false;
}

nd_status nd_signs_off_kinks(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *c,
                             bool *ok)
{
    kinks k = {.net = pb->net};
    nd_status status = ND_OK;

    if (has_kinks(pb->net)) status = nd_signs_each(ctx, pb, theta, 0.0, look, &k);
    *ok = !k.met ||
          nd_cert_fail(c, "neuron %zu may be at its kink on sample %zu, whose loss is not constant",
                       k.unit, k.i);
    return status;
}
