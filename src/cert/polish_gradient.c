/* grad L in double-double with a bound of its error (docs/proofs.md, section 6).
 *
 * Row by row: z = W h + b, h = s(z), f = a_0 + sum a h, c = -y omega l'(-y f), then back,
 *   e = c a,  g = s'(z) e,  dW += g h',  db += g,  e := W' g [+ e].
 * Beside the row goes |error of f| <= E, |error of grad f| <= dG1 (cert/variation.h), so
 *   |error of grad L| <= (1/n) sum omega [ dl' (G1 + dG1) + |l'| dG1 ] + D_N (1/n) sum omega |l'| G1
 * with D_N = 2 (N + 8)^2 u^2 for N operations one after the other.
 *
 * Vectors are pairs of arrays, high and low parts.  Chunks of rows have sums of their
 * own, added in order: the bits do not depend on threads. */
#include <string.h>

#include "base/memory.h"
#include "base/par.h"
#include "cert/polish.h"
#include "cert/variation.h"

#define CHUNKS 16

typedef struct {
    double *hi, *lo;
} pair; /* a vector */

typedef struct {
    const nd_layer *layer;
    nd_dd_activation jet; /* NULL: plain double                                */
    size_t at;            /* of its neurons in the row's arrays                */
    size_t Wt;            /* of W transposed in the packed copy                */
    double norm;          /* |W|_F                                             */
    double *row;          /* |W_j|                                             */
} layer;

typedef struct {
    pair grad;       /* P                                                      */
    pair h, s1;      /* units                                                  */
    pair z, e, e2;   /* widest                                                 */
    double *d;       /* widest: errors of z                                    */
    double *err;     /* units: errors of h                                     */
    pair x;          /* d; the low part is 0                                   */
    double bound[2]; /* errors; size of what is rounded                        */
} chunk;

struct nd_polish {
    const nd_problem *pb;
    size_t m; /* coordinates that matter, at: NULL: all                        */
    const size_t *at;
    size_t layers, units, widest, packed;
    layer *layer;
    const double *hi, *lo; /* the point                                        */
    pair Wt;               /* packed                                           */
    double *pool;
    chunk chunk[CHUNKS];
    size_t chunks;
};

static double *take(double **p, size_t n)
{
    double *x = *p;
    *p += n;
    return x;
}

static pair take_pair(double **p, size_t n)
{
    double *hi = take(p, n);
    return (pair){hi, take(p, n)};
}

static size_t chunk_size(const nd_polish *p)
{
    const nd_net *net = p->pb->net;
    return 2 * net->P + 5 * p->units + 7 * p->widest + 2 * net->d;
}

static void measure(nd_polish *p)
{
    const nd_net *net = p->pb->net;

    p->widest = net->d > 0 ? net->d : 1;
    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++) {
            const nd_layer *L = &net->term[t].layer[l];

            p->layers++;
            p->units += L->width;
            p->packed += L->width * L->in;
            if (L->width > p->widest) p->widest = L->width;
        }
    p->chunks = p->pb->data->n < CHUNKS ? p->pb->data->n : CHUNKS;
}

static void lay_out(nd_polish *p)
{
    const nd_net *net = p->pb->net;
    double *q = p->pool;
    size_t at = 0, Wt = 0, k = 0;

    p->Wt = take_pair(&q, p->packed);
    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++) {
            const nd_layer *L = &net->term[t].layer[l];

            p->layer[k++] = (layer){.layer = L,
                                    .jet = nd_dd_activation_of(L->act),
                                    .at = at,
                                    .Wt = Wt,
                                    .row = take(&q, L->width)};
            at += L->width;
            Wt += L->width * L->in;
        }
    for (size_t c = 0; c < p->chunks; c++) {
        chunk *ch = &p->chunk[c];

        ch->grad = take_pair(&q, net->P);
        ch->h = take_pair(&q, p->units);
        ch->s1 = take_pair(&q, p->units);
        ch->err = take(&q, p->units);
        ch->z = take_pair(&q, p->widest);
        ch->e = take_pair(&q, p->widest);
        ch->e2 = take_pair(&q, p->widest);
        ch->d = take(&q, p->widest);
        ch->x = take_pair(&q, net->d);
    }
}

nd_status nd_polish_create(nd_ctx *ctx, const nd_problem *pb, nd_polish **out)
{
    nd_polish *p = ND_NEW0(ctx, nd_polish, 1);

    if (!p) return ND_EMEM;
    p->pb = pb;
    p->m = pb->net->P;
    measure(p);
    p->layer = ND_NEW0(ctx, layer, p->layers);
    p->pool = ND_NEW0(ctx, double, 2 * p->packed + p->units + p->chunks * chunk_size(p));
    if (!p->layer || !p->pool) {
        nd_polish_destroy(ctx, p);
        return ND_EMEM;
    }
    lay_out(p);
    *out = p;
    return ND_OK;
}

void nd_polish_destroy(nd_ctx *ctx, nd_polish *p)
{
    if (!p) return;
    nd_free(ctx, p->layer);
    nd_free(ctx, p->pool);
    nd_free(ctx, p);
}

void nd_polish_only(nd_polish *p, size_t m, const size_t *at)
{
    p->m = m;
    p->at = at;
}

size_t nd_polish_parameters(const nd_polish *p)
{
    return p->pb->net->P;
}

static size_t coordinate(const nd_polish *p, size_t k)
{
    return p->at ? p->at[k] : k;
}

void nd_polish_move(const nd_polish *p, const double *d, double *hi, double *lo)
{
    for (size_t k = 0; k < p->m; k++) {
        size_t c = coordinate(p, k);
        nd_dd v = nd_dd_add((nd_dd){hi[c], lo[c]}, nd_dd_of(-d[k]));

        hi[c] = v.hi;
        lo[c] = v.lo;
    }
}

static void take_point(nd_polish *p, const double *hi, const double *lo)
{
    p->hi = hi;
    p->lo = lo;
    for (size_t i = 0; i < p->layers; i++) {
        layer *y = &p->layer[i];
        const nd_layer *L = y->layer;

        y->norm = nd_grow(nd_norm_up(L->width * L->in, hi + L->W));
        for (size_t j = 0; j < L->width; j++) {
            y->row[j] = nd_grow(nd_norm_up(L->in, hi + L->W + j * L->in));
            for (size_t k = 0; k < L->in; k++) {
                p->Wt.hi[y->Wt + k * L->width + j] = hi[L->W + j * L->in + k];
                p->Wt.lo[y->Wt + k * L->width + j] = lo[L->W + j * L->in + k];
            }
        }
    }
}

/* ---- forward ---------------------------------------------------------------------------- */

static nd_dd get(pair v, size_t i)
{
    return (nd_dd){v.hi[i], v.lo[i]};
}

static void set(pair v, size_t i, nd_dd x)
{
    v.hi[i] = x.hi;
    v.lo[i] = x.lo;
}

/* Makes the sums of nd_dd_axpy proper double-doubles. */
static void join(size_t n, pair v)
{
    for (size_t i = 0; i < n; i++) set(v, i, nd_dd_join(v.hi[i], v.lo[i]));
}

static void preactivations(const nd_polish *p, const layer *y, pair in, chunk *ch)
{
    const nd_layer *L = y->layer;
    size_t w = L->width;

    memset(ch->z.hi, 0, w * sizeof *ch->z.hi);
    memset(ch->z.lo, 0, w * sizeof *ch->z.lo);
    if (L->bias) {
        memcpy(ch->z.hi, p->hi + L->b, w * sizeof *ch->z.hi);
        memcpy(ch->z.lo, p->lo + L->b, w * sizeof *ch->z.lo);
    }
    for (size_t k = 0; k < L->in; k++)
        if (in.hi[k] != 0.0)
            nd_dd_axpy(w, get(in, k), p->Wt.hi + y->Wt + k * w, p->Wt.lo + y->Wt + k * w, ch->z.hi,
                       ch->z.lo);
    join(w, ch->z);
}

/* sup |s^(k)| over all z_j +- d_j. */
static double sup_near(const nd_act *act, int k, size_t n, const double *z, const double *d)
{
    double lo = INFINITY, hi = -INFINITY;

    for (size_t j = 0; j < n; j++) {
        double w = nd_grow(d[j] + 4.0 * ND_U * fabs(z[j])) + ND_UP_SUM;

        if (!(z[j] - w >= lo)) lo = z[j] - w;
        if (!(z[j] + w <= hi)) hi = z[j] + w;
    }
    return act->sup(k, lo, hi);
}

/* h, s' of one layer, in: its input with norms x, which become those of h.  err_in: the
 * errors of in, NULL for the samples. */
static void forward_layer(const nd_polish *p, const layer *y, pair in, const double *err_in,
                          nd_norms *x, chunk *ch)
{
    const nd_layer *L = y->layer;
    nd_norms z = nd_norms_linear(x, y->norm, L->bias), next;
    nd_slopes s = {0};
    double D = nd_dd_sum_error(L->in + 1), s2, size;
    double *err = ch->err + y->at;
    pair h = {ch->h.hi + y->at, ch->h.lo + y->at};
    nd_dd_jet jet;

    preactivations(p, y, in, ch);
    for (size_t j = 0; j < L->width; j++) {
        size = y->row[j] * x->v0 + (L->bias ? fabs(p->hi[L->b + j]) : 0.0);
        ch->d[j] = nd_grow(D * size + y->row[j] * x->e0) + ND_UP_SUM;
    }
    s2 = sup_near(L->act, 2, L->width, ch->z.hi, ch->d);
    for (size_t j = 0; j < L->width; j++) {
        const double *at = ch->z.hi + j, *d = ch->d + j;
        double own = isfinite(s2) ? s2 : sup_near(L->act, 2, 1, at, d), ds, s1;

        if (y->jet)
            y->jet(get(ch->z, j), &jet);
        else
            nd_dd_plain(L->act, get(ch->z, j), &jet);
        ds = nd_grow(jet.err1 + own * ch->d[j]);
        s1 = isfinite(own) ? nd_grow(fabs(jet.s1.hi) + ds) : sup_near(L->act, 1, 1, at, d);
        s.s1 = s1 <= s.s1 ? s.s1 : s1;
        s.ds1 = ds <= s.ds1 ? s.ds1 : ds;
        err[j] = nd_grow(jet.err + s1 * ch->d[j]);
        set(ch->s1, y->at + j, jet.s1);
        if (L->residual) {
            jet.s = nd_dd_add(jet.s, get(in, j));
            err[j] =
                nd_grow(err[j] + (err_in ? err_in[j] : 0.0) + 2.0 * ND_DD_ADD * fabs(jet.s.hi));
        }
        set(h, j, jet.s);
    }
    next = nd_norms_activate(&z, &s, L->residual ? x : NULL);
    next.e0 = nd_norm_up(L->width, err);
    next.v0 = nd_grow(nd_norm_up(L->width, h.hi) + next.e0);
    *x = next;
}

/* Runs the net on the sample in ch->x; *f := output, G: its norms. */
static void forward(const nd_polish *p, double x_norm, chunk *ch, nd_dd *f, nd_norms *G)
{
    const nd_net *net = p->pb->net;
    const layer *y = p->layer;
    pair sum = {&f->hi, &f->lo};

    *f = (nd_dd){p->hi[net->a0], p->lo[net->a0]};
    *G = (nd_norms){.v0 = fabs(f->hi), .v1 = 1.0};
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *T = &net->term[t];
        nd_norms v = {.v0 = x_norm};
        double a = nd_grow(nd_norm_up(T->out, p->hi + T->a));
        pair h = ch->x;
        const double *err = NULL;

        for (size_t l = 0; l < T->depth; l++, y++) {
            forward_layer(p, y, h, err, &v, ch);
            h = (pair){ch->h.hi + y->at, ch->h.lo + y->at};
            err = ch->err + y->at;
        }
        for (size_t j = 0; j < T->out; j++)
            nd_dd_axpy(1, get(h, j), p->hi + T->a + j, p->lo + T->a + j, sum.hi, sum.lo);
        nd_norms out = nd_norms_linear(&v, a, false);
        out.v0 = nd_grow(a * v.v0);
        out.e0 = nd_grow(a * v.e0);
        nd_norms_parallel(G, &out);
    }
    *f = nd_dd_join(f->hi, f->lo);
}

/* ---- backward ------------------------------------------------------------------------------- */

static void add_one(pair g, size_t i, nd_dd x)
{
    double e;

    g.hi[i] = nd_two_sum(g.hi[i], x.hi, &e);
    g.lo[i] += e + x.lo;
}

/* From e = dL/dh of a layer to its input's, in ch->e; below: NULL for the first. */
static void backward_layer(const nd_polish *p, const layer *y, pair in, bool first, chunk *ch)
{
    const nd_layer *L = y->layer;
    pair swap = ch->e2;

    if (!first) {
        memset(ch->e2.hi, 0, L->in * sizeof *ch->e2.hi);
        memset(ch->e2.lo, 0, L->in * sizeof *ch->e2.lo);
    }
    for (size_t j = 0; j < L->width; j++) {
        nd_dd g = nd_dd_mul(get(ch->e, j), get(ch->s1, y->at + j));
        size_t W = L->W + j * L->in;

        nd_dd_axpy(L->in, g, in.hi, in.lo, ch->grad.hi + W, ch->grad.lo + W);
        if (L->bias) add_one(ch->grad, L->b + j, g);
        if (!first) nd_dd_axpy(L->in, g, p->hi + W, p->lo + W, ch->e2.hi, ch->e2.lo);
    }
    if (first) return;
    join(L->in, ch->e2);
    for (size_t k = 0; L->residual && k < L->in; k++)
        set(ch->e2, k, nd_dd_add(get(ch->e2, k), get(ch->e, k)));
    ch->e2 = ch->e;
    ch->e = swap;
}

static void backward(const nd_polish *p, nd_dd c, chunk *ch)
{
    const nd_net *net = p->pb->net;
    const layer *y = p->layer;

    add_one(ch->grad, net->a0, c);
    for (size_t t = 0; t < net->terms; y += net->term[t].depth, t++) {
        const nd_term *T = &net->term[t];
        size_t last = T->depth ? y[T->depth - 1].at : 0;
        pair h = T->depth ? (pair){ch->h.hi + last, ch->h.lo + last} : ch->x;

        nd_dd_axpy(T->out, c, h.hi, h.lo, ch->grad.hi + T->a, ch->grad.lo + T->a);
        if (T->depth == 0) continue;
        for (size_t j = 0; j < T->out; j++)
            set(ch->e, j, nd_dd_mul(c, (nd_dd){p->hi[T->a + j], p->lo[T->a + j]}));
        for (size_t l = T->depth; l-- > 0;) {
            size_t at = l ? y[l - 1].at : 0;
            pair in = l ? (pair){ch->h.hi + at, ch->h.lo + at} : ch->x;

            backward_layer(p, &y[l], in, l == 0, ch);
        }
    }
}

/* ---- the sums --------------------------------------------------------------------------------- */

static void sample(const nd_polish *p, size_t i, chunk *ch)
{
    const nd_problem *pb = p->pb;
    const nd_table *data = pb->data;
    double omega = data->weight ? data->weight[i] : 1.0, E, err, d1, g1, l1, lo, hi;
    nd_norms G;
    nd_dd f, z, l;

    nd_table_row(data, i, ch->x.hi);
    forward(p, nd_norm_up(data->d, ch->x.hi), ch, &f, &G);
    E = nd_grow(nd_dd_sum_error(nd_hessian_path(pb->net)) * G.v0 + G.e0) + ND_UP_SUM;
    z = nd_dd_scale(f, -data->y[i]);
    l = nd_dd_slope(pb->loss, z, &err);
    err += 2.0 * ND_U * ND_U * fabs(l.hi);
    hi = nd_grow(E + 4.0 * ND_U * fabs(z.hi)) + ND_UP_SUM;
    lo = z.hi - hi;
    hi = z.hi + hi;
    if (l.hi == 0.0 && l.lo == 0.0 && pb->loss.kind->sup(1, pb->loss.q, lo, hi) == 0.0) return;
    d1 = nd_grow(err + E * pb->loss.kind->sup(2, pb->loss.q, lo, hi));
    l1 = nd_grow(fabs(l.hi) + d1);
    g1 = nd_grow(G.v1 + G.e1);
    ch->bound[0] += omega * (d1 * g1 + l1 * G.e1);
    ch->bound[1] += omega * (l1 * g1);
    if (l.hi == 0.0 && l.lo == 0.0) return;
    backward(p, nd_dd_scale(nd_dd_mul(l, nd_dd_of(omega)), -data->y[i]), ch);
}

static nd_status chunk_body(void *arg, size_t c, int worker)
{
    nd_polish *p = arg;
    chunk *ch = &p->chunk[c];
    size_t n = p->pb->data->n, first = n * c / p->chunks, end = n * (c + 1) / p->chunks;

    (void)worker;
    memset(ch->grad.hi, 0, p->pb->net->P * sizeof *ch->grad.hi);
    memset(ch->grad.lo, 0, p->pb->net->P * sizeof *ch->grad.lo);
    ch->bound[0] = ch->bound[1] = 0.0;
    for (size_t i = first; i < end; i++) sample(p, i, ch);
    if (!nd_arithmetic_sound()) ch->bound[0] = NAN;
    return ND_OK;
}

/* grad_k of all chunks, divided by n, + lambda theta_k. */
static nd_dd entry(const nd_polish *p, size_t k)
{
    const nd_problem *pb = p->pb;
    nd_dd s = nd_dd_of(0.0);

    for (size_t c = 0; c < p->chunks; c++)
        s = nd_dd_add(s, nd_dd_join(p->chunk[c].grad.hi[k], p->chunk[c].grad.lo[k]));
    s = nd_dd_div(s, nd_dd_of((double)pb->data->n));
    return nd_dd_add(s, nd_dd_mul(nd_dd_of(pb->l2), (nd_dd){p->hi[k], p->lo[k]}));
}

nd_status nd_polish_gradient(nd_ctx *ctx, nd_polish *p, const double *hi, const double *lo,
                             double *gh, double *norm)
{
    size_t n = p->pb->data->n;
    double bound[2] = {0}, D;
    nd_status status;

    take_point(p, hi, lo);
    status = nd_par_for(ctx, p->chunks, chunk_body, p);
    if (status != ND_OK) return status;
    for (size_t k = 0; k < p->m; k++) gh[k] = entry(p, coordinate(p, k)).hi;
    for (int i = 0; i < 2; i++) {
        for (size_t c = 0; c < p->chunks; c++) bound[i] += p->chunk[c].bound[i];
        bound[i] = nd_up(bound[i] / (double)n, n + 64);
    }
    D = nd_dd_sum_error(nd_hessian_path(p->pb->net) + n + 64);
    bound[0] += D * bound[1] + 64.0 * ND_U * ND_U * (p->pb->l2 * nd_norm_up(p->pb->net->P, hi));
    /* underflow: 2^-300 where no factor exceeds 2^100 (proofs.md, 8.4) */
    *norm = nd_grow(nd_norm_up(p->m, gh) * (1.0 + 4.0 * ND_U) + bound[0]) + 0x1p-300;
    if (!(bound[1] < 0x1p100)) *norm = NAN;
    return ND_OK;
}
