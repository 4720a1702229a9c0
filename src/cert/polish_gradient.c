/* grad L in double-double with a bound of its error (docs/proofs.md, section 6).
 *
 * Row by row: z = W h + b, h = s(z), f = a_0 + sum a h, c = -y omega l'(-y f), then back,
 *   e = c a,  g = s'(z) e,  dW += g h',  db += g,  e := W' g [+ e].
 * Beside the row goes |error of f| <= E, |error of grad f| <= dG1 (cert/variation.h), so
 *   |error of grad L| <= (1/n) sum omega [ dl' (G1 + dG1) + |l'| dG1 ] + D_N (1/n) sum omega |l'| G1
 * with D_N = 2 (N + 8)^2 u^2 for N operations one after the other.
 *
 * Vectors are pairs of arrays, high and low parts, padded to ND_PAD with zeros; the loops
 * are those of dd_kernels.h.  Weights and gradients are packed: per layer W transposed
 * (in x wp), then b (wp); per term a; then a_0.  "back" holds W (width x ip) of the layers
 * above the first.  Chunks of rows have sums of their
 * own, added in order: the bits do not depend on threads. */
#include <string.h>

#include "base/memory.h"
#include "base/par.h"
#include "cert/dd_kernels.h"
#include "cert/polish.h"
#include "cert/variation.h"
#include "num/tile.h"

#define CHUNKS 16

typedef nd_dd_vec pair;

typedef struct {
    const nd_layer *layer;
    nd_dd_map map; /* NULL: plain double                                */
    size_t at;     /* of its neurons in the row's arrays                */
    size_t wp, ip; /* padded width and input                            */
    size_t Wt, b;  /* in packed                                         */
    size_t W;      /* in back                                           */
    bool first;    /* of its term: nothing in back */
    double norm;   /* |W|_F                                             */
    double *row;   /* |W_j|                                             */
} layer;

typedef struct {
    pair grad;          /* packed                                           */
    pair h, s1;         /* units                                            */
    pair z, e, e2, g;   /* widest                                           */
    double *own, *own1; /* widest: errors of the jets                       */
    double *d;          /* widest: errors of z                              */
    double *err;        /* units: errors of h                               */
    pair x;             /* d; the low part is 0                             */
    double bound[2];    /* errors; size of what is rounded                  */
} chunk;

struct nd_polish {
    const nd_problem *pb;
    const nd_dd_kernels *k;
    size_t m; /* coordinates that matter, at: NULL: all                        */
    const size_t *at;
    size_t layers, units, widest, packed, behind; /* padded; behind: size of back */
    layer *layer;
    size_t *a, a0;         /* of each term in packed                           */
    size_t *place;         /* P: of theta_k in packed                          */
    const double *hi, *lo; /* the point                                        */
    pair theta, back;      /* packed                                           */
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
    return 2 * p->packed + 5 * p->units + 11 * p->widest + 2 * ND_PADDED(p->pb->net->d);
}

static void widen(nd_polish *p, size_t width)
{
    if (ND_PADDED(width) > p->widest) p->widest = ND_PADDED(width);
}

static size_t slot(size_t *next, size_t size)
{
    size_t at = *next;
    *next += size;
    return at;
}

static void plan_layer(nd_polish *p, const nd_layer *L, size_t l, layer *y)
{
    y->layer = L;
    y->map = nd_dd_map_of(L->act);
    y->wp = ND_PADDED(L->width);
    y->ip = ND_PADDED(L->in);
    y->at = slot(&p->units, y->wp);
    y->Wt = slot(&p->packed, L->in * y->wp);
    y->b = slot(&p->packed, y->wp);
    y->first = l == 0;
    if (l > 0) y->W = slot(&p->behind, L->width * y->ip);
    widen(p, L->width);
    for (size_t j = 0; j < L->width; j++) {
        if (L->bias) p->place[L->b + j] = y->b + j;
        for (size_t k = 0; k < L->in; k++) p->place[L->W + j * L->in + k] = y->Wt + k * y->wp + j;
    }
}

static void plan(nd_polish *p)
{
    const nd_net *net = p->pb->net;
    layer *y = p->layer;

    widen(p, net->d);
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *T = &net->term[t];

        for (size_t l = 0; l < T->depth; l++) plan_layer(p, &T->layer[l], l, y++);
        p->a[t] = slot(&p->packed, ND_PADDED(T->out));
        for (size_t j = 0; j < T->out; j++) p->place[T->a + j] = p->a[t] + j;
    }
    p->a0 = slot(&p->packed, ND_PAD);
    p->place[net->a0] = p->a0;
    p->chunks = p->pb->data->n < CHUNKS ? p->pb->data->n : CHUNKS;
}

static void lay_out(nd_polish *p)
{
    double *q = p->pool;

    p->theta = take_pair(&q, p->packed);
    p->back = take_pair(&q, p->behind);
    for (size_t i = 0; i < p->layers; i++) p->layer[i].row = take(&q, p->layer[i].wp);
    for (size_t c = 0; c < p->chunks; c++) {
        chunk *ch = &p->chunk[c];

        ch->grad = take_pair(&q, p->packed);
        ch->h = take_pair(&q, p->units);
        ch->s1 = take_pair(&q, p->units);
        ch->err = take(&q, p->units);
        ch->z = take_pair(&q, p->widest);
        ch->e = take_pair(&q, p->widest);
        ch->e2 = take_pair(&q, p->widest);
        ch->g = take_pair(&q, p->widest);
        ch->own = take(&q, p->widest);
        ch->own1 = take(&q, p->widest);
        ch->d = take(&q, p->widest);
        ch->x = take_pair(&q, ND_PADDED(p->pb->net->d));
    }
}

nd_status nd_polish_create(nd_ctx *ctx, const nd_problem *pb, nd_polish **out)
{
    const nd_net *net = pb->net;
    nd_polish *p = ND_NEW0(ctx, nd_polish, 1);
    nd_status status = ND_EMEM;

    if (!p) return ND_EMEM;
    p->pb = pb;
    p->m = net->P;
    p->k = nd_dd_kernels_get();
    for (size_t t = 0; t < net->terms; t++) p->layers += net->term[t].depth;
    p->layer = ND_NEW0(ctx, layer, p->layers);
    p->a = ND_NEW(ctx, size_t, net->terms);
    p->place = ND_NEW(ctx, size_t, net->P);
    if (!p->layer || !p->a || !p->place) goto done;
    plan(p);
    p->pool =
        ND_NEW0(ctx, double, 2 * (p->packed + p->behind) + p->units + p->chunks * chunk_size(p));
    if (!p->pool) goto done;
    lay_out(p);
    *out = p;
    return ND_OK;
done:
    nd_polish_destroy(ctx, p);
    return status;
}

void nd_polish_destroy(nd_ctx *ctx, nd_polish *p)
{
    if (!p) return;
    nd_free(ctx, p->layer);
    nd_free(ctx, p->a);
    nd_free(ctx, p->place);
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
    for (size_t k = 0; k < p->pb->net->P; k++) {
        p->theta.hi[p->place[k]] = hi[k];
        p->theta.lo[p->place[k]] = lo[k];
    }
    for (size_t i = 0; i < p->layers; i++) {
        layer *y = &p->layer[i];
        const nd_layer *L = y->layer;

        y->norm = nd_grow(nd_norm_up(L->width * L->in, hi + L->W));
        for (size_t j = 0; j < L->width; j++) {
            size_t W = L->W + j * L->in;

            y->row[j] = nd_grow(nd_norm_up(L->in, hi + W));
            if (y->first) continue;
            memcpy(p->back.hi + y->W + j * y->ip, hi + W, L->in * sizeof *hi);
            memcpy(p->back.lo + y->W + j * y->ip, lo + W, L->in * sizeof *lo);
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

static pair part(pair v, size_t at)
{
    return (pair){v.hi + at, v.lo + at};
}

static void copy(size_t n, pair from, pair to)
{
    memcpy(to.hi, from.hi, n * sizeof *to.hi);
    memcpy(to.lo, from.lo, n * sizeof *to.lo);
}

/* z, and s in h, s' in s1 with their own errors in ch->own, own1. */
static void run_layer(const nd_polish *p, const layer *y, pair in, chunk *ch)
{
    const nd_dd_jets out = {part(ch->h, y->at), part(ch->s1, y->at), ch->own, ch->own1};
    nd_dd_jet jet;

    copy(y->wp, part(p->theta, y->b), ch->z); /* without bias: zeros */
    p->k->nn(y->wp, y->layer->in, in, part(p->theta, y->Wt), y->wp, ch->z);
    if (y->map) {
        y->map(y->wp, ch->z, &out);
        return;
    }
    for (size_t j = 0; j < y->layer->width; j++) {
        nd_dd_plain(y->layer->act, get(ch->z, j), &jet);
        set(out.s, j, jet.s);
        set(out.s1, j, jet.s1);
        out.err[j] = jet.err;
        out.err1[j] = jet.err1;
    }
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
    pair h = part(ch->h, y->at), slope = part(ch->s1, y->at);

    run_layer(p, y, in, ch);
    for (size_t j = 0; j < L->width; j++) {
        size = y->row[j] * x->v0 + (L->bias ? fabs(p->hi[L->b + j]) : 0.0);
        ch->d[j] = nd_grow(D * size + y->row[j] * x->e0) + ND_UP_SUM;
    }
    s2 = sup_near(L->act, 2, L->width, ch->z.hi, ch->d);
    for (size_t j = 0; j < L->width; j++) {
        const double *at = ch->z.hi + j, *d = ch->d + j;
        double own = isfinite(s2) ? s2 : sup_near(L->act, 2, 1, at, d), ds, s1;

        ds = nd_grow(ch->own1[j] + own * ch->d[j]);
        s1 = isfinite(own) ? nd_grow(fabs(slope.hi[j]) + ds) : sup_near(L->act, 1, 1, at, d);
        s.s1 = s1 <= s.s1 ? s.s1 : s1;
        s.ds1 = ds <= s.ds1 ? s.ds1 : ds;
        err[j] = nd_grow(ch->own[j] + s1 * ch->d[j]);
        if (!L->residual) continue;
        set(h, j, nd_dd_add(get(h, j), get(in, j)));
        err[j] = nd_grow(err[j] + (err_in ? err_in[j] : 0.0) + 2.0 * ND_DD_ADD * fabs(h.hi[j]));
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
            h = part(ch->h, y->at);
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

/* g += x, once for all of a vector. */
static void add_vector(const nd_polish *p, size_t n, nd_dd c, pair x, pair g)
{
    p->k->tn(n, 1, (pair){&c.hi, &c.lo}, x, g, n);
}

/* From e = dL/dh of a layer to its input's, in ch->e. */
static void backward_layer(const nd_polish *p, const layer *y, pair in, chunk *ch)
{
    const nd_layer *L = y->layer;
    pair swap = ch->e2;

    p->k->mul(y->wp, ch->e, part(ch->s1, y->at), ch->g);
    p->k->tn(y->wp, L->in, in, ch->g, part(ch->grad, y->Wt), y->wp);
    if (L->bias) add_vector(p, y->wp, nd_dd_of(1.0), ch->g, part(ch->grad, y->b));
    if (y->first) return;
    memset(ch->e2.hi, 0, y->ip * sizeof *ch->e2.hi);
    memset(ch->e2.lo, 0, y->ip * sizeof *ch->e2.lo);
    p->k->nn(y->ip, L->width, ch->g, part(p->back, y->W), y->ip, ch->e2);
    for (size_t k = 0; L->residual && k < L->in; k++)
        set(ch->e2, k, nd_dd_add(get(ch->e2, k), get(ch->e, k)));
    ch->e2 = ch->e;
    ch->e = swap;
}

static void backward(const nd_polish *p, nd_dd c, chunk *ch)
{
    const nd_net *net = p->pb->net;
    const layer *y = p->layer;
    pair one = {(double[ND_PAD]){1.0}, (double[ND_PAD]){0.0}};

    add_vector(p, ND_PAD, c, one, part(ch->grad, p->a0));
    for (size_t t = 0; t < net->terms; y += net->term[t].depth, t++) {
        const nd_term *T = &net->term[t];
        size_t out = ND_PADDED(T->out);
        pair h = T->depth ? part(ch->h, y[T->depth - 1].at) : ch->x;

        add_vector(p, out, c, h, part(ch->grad, p->a[t]));
        if (T->depth == 0) continue;
        p->k->scale(out, c, part(p->theta, p->a[t]), ch->e);
        for (size_t l = T->depth; l-- > 0;)
            backward_layer(p, &y[l], l ? part(ch->h, y[l - 1].at) : ch->x, ch);
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
    memset(ch->grad.hi, 0, p->packed * sizeof *ch->grad.hi);
    memset(ch->grad.lo, 0, p->packed * sizeof *ch->grad.lo);
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
    size_t at = p->place[k];

    for (size_t c = 0; c < p->chunks; c++)
        s = nd_dd_add(s, nd_dd_join(p->chunk[c].grad.hi[at], p->chunk[c].grad.lo[at]));
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
