/* Screening: a row whose margin provably still exceeds z0 adds exactly 0 to loss and
 * gradient, so not even its forward pass is run (docs/kernels.md, "Screening").
 *
 * Kept per row i: |x_i|, and of the last pass that ran it the point theta_k (one of
 * ND_SCREEN_POINTS, a ring) and the room r_i = m_i - z0 of its computed margin.  For a
 * new point theta the bounds below are affine in |x_i|, written (c, x) = c + x |x_i|:
 *
 *   |f(x_i; theta) - f(x_i; theta_k)| <= D,   |computed f - f| <= E at either point
 *
 * and the row is left out when r_i > D + E_k + E, for then the computed margin at theta,
 * too, exceeds z0.  With k1 >= |s'| everywhere, |s(z)| <= S(z) = min(sup |s|, s0 + k1 |z|),
 * d for theta - theta_k and the rest at theta unless marked:
 *
 *   one layer    sum_j |da_j| S(|b_j| + |w_j| |x|) + |a_j,k| k1 (|db_j| + |dw_j| |x|)
 *   more layers  |dz_l| <= (|W_l| + |dW_l|) |dh_(l-1)| + |dW_l| |h_(l-1)| + |db_l|,
 *                |dh_l| <= k1 |dz_l| [+ |dh_(l-1)|],  |da| |h_L| + |a_k| |dh_L|
 *   linear       |dw| |x|
 *
 * (Euclidean and Frobenius norms.)  E: each preactivation and the output are sums with at
 * most N roundings, gamma_N times the sum of absolute values; s has the error of its
 * table row.  A bound that overflows is inf or NaN, and no room (at most 1e38) exceeds it;
 * no partial sum of the pass is larger than what is bounded.  What underflows there is
 * less than gamma_N 2^-500 |x|, which norm_up adds to every norm.  When a point leaves the
 * ring its rows go over to theta with their room less D + E_k + E. */
#include "model/screen.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define ROWS_MIN 1000 /* a smaller table is cheap anyway                        */
#define U        0x1p-53
#define TINY     0x1p-200
#define ROOM_MAX 1e38  /* fits a float                                           */
#define NORM_MIN 1e-37 /* a float that is not subnormal                          */
#define NEVER    0.0f  /* the room of a row that must be run                     */

typedef struct {
    double c, x;
} affine;

static const affine nowhere = {INFINITY, INFINITY};

/* What the bounds need of the present point, of one layer; per neuron in single layers. */
typedef struct {
    double W, b;       /* |W|_F, |b|                                           */
    double k1, s0;     /* of the activation                                    */
    double flat;       /* sup |s|, or infinite                                 */
    affine size;       /* >= |h|                                               */
    const double *row; /* >= |w_j|                                             */
} level;

struct nd_screen {
    float *room, *norm; /* n: see above; |x_i|                                 */
    uint8_t *slot;      /* n                                                   */
    double *theta[ND_SCREEN_POINTS];
    affine error[ND_SCREEN_POINTS]; /* E_k                                     */
    bool live[ND_SCREEN_POINTS];    /* there are rows left at the point        */
    affine reach[ND_SCREEN_POINTS]; /* D + E_k + E                             */
    int now, leaves;                /* slot of theta; whose rows go over, or -1 */
    bool known, on;                 /* rooms are valid; this pass may leave rows out */
    double z0;
    level *level; /* of all layers                                             */
    double *row, *diff, *pool;
};

/* ---- numbers rounded up ------------------------------------------------------------- */

static affine plus(affine a, affine b)
{
    return (affine){a.c + b.c, a.x + b.x};
}

static affine times(double t, affine a)
{
    return (affine){t * a.c, t * a.x};
}

/* >= |v|: n squares, their sum and a root. */
static double norm_up(size_t n, const double *v)
{
    return sqrt(nd_dot(n, v, v)) * (1.0 + ((double)n + 8.0) * U) + 0x1p-500;
}

static double gamma_of(size_t roundings)
{
    return 1.01 * (double)roundings * U;
}

/* A bound made of sums and products of at most a few P numbers, made safe. */
static affine safe(affine a, size_t P)
{
    double grow = 1.0 + (8.0 * (double)P + 1024.0) * U;

    return (affine){a.c * grow + TINY, a.x * grow + TINY};
}

static affine pair(double c, double x)
{
    return (affine){c, x};
}

/* A layer whose neurons are bounded one by one. */
static bool single(const nd_plan_term *pt)
{
    return pt->depth == 1 && !pt->layer->y->residual;
}

/* ---- the present point ---------------------------------------------------------------- */

static double magnitude(const nd_act *act, int k, double at)
{
    double v[1], *const d[1] = {v};

    if (k > 0) return act->sup(k, -INFINITY, INFINITY);
    act->jet(1, &at, 0, d);
    return 1.1 * (fabs(v[0]) + act->err_abs[0]);
}

/* Bound of |s| of a preactivation within z. */
static affine value_of(const level *y, affine z)
{
    if (y->flat < INFINITY) return pair(y->flat, 0.0);
    return plus(pair(y->s0, 0.0), times(y->k1, z));
}

/* E of a single layer's output, and its size, summed over the neurons. */
static affine shallow_error(const nd_plan_term *pt, const level *y, const double *theta,
                            affine *size)
{
    const nd_layer *L = pt->layer->y;
    double g = gamma_of(L->in + 2);
    affine e = {0}, total = {0};

    for (size_t j = 0; j < L->width; j++) {
        double a = fabs(theta[pt->term->a + j]);
        affine z = pair(L->bias ? fabs(theta[L->b + j]) : 0.0, y->row[j]), s;
        s = value_of(y, times(1.0 + g, z));
        total = plus(total, times(a, s));
        e = plus(e, times(a, plus(times(y->k1 * g, z), times(1.1 * L->act->err_rel[0], s))));
        e.c += a * 1.1 * L->act->err_abs[0];
    }
    *size = total;
    return e;
}

/* The same for a term of several layers; fills size of its levels. */
static affine deep_error(const nd_plan_term *pt, level *y, double a, affine *size)
{
    affine h = {0.0, 1.0}, e = {0};

    for (size_t l = 0; l < pt->depth; l++, y++) {
        const nd_layer *L = pt->layer[l].y;
        double g = gamma_of(L->in + 2), root = sqrt((double)L->width) * (1.0 + 8.0 * U);
        affine z = plus(pair(y->b, 0.0), times(y->W, plus(h, e)));
        affine ez = plus(times(g, z), times(y->W, e)), s, own;
        s = y->flat < INFINITY ? pair(root * y->flat, 0.0)
                               : plus(pair(root * y->s0, 0.0), times(y->k1, plus(z, ez)));
        own = plus(times(1.1 * L->act->err_rel[0], s), pair(1.1 * root * L->act->err_abs[0], 0));
        own = plus(own, times(y->k1, ez));
        e = L->residual ? plus(plus(own, e), times(4.0 * U, plus(s, plus(h, e)))) : own;
        h = L->residual ? plus(s, h) : s;
        y->size = h;
    }
    *size = times(a, plus(h, e));
    return times(a, e);
}

static void take_level(const nd_plan_layer *pl, bool alone, const double *theta, double *row,
                       level *y)
{
    const nd_layer *L = pl->y;

    y->k1 = magnitude(L->act, 1, 0.0);
    y->s0 = magnitude(L->act, 0, 0.0);
    y->flat = 1.01 * L->act->sup(0, -INFINITY, INFINITY);
    y->row = row;
    y->W = y->b = 0.0;
    for (size_t j = 0; alone && j < L->width; j++)
        row[j] = norm_up(L->in, theta + L->W + j * L->in);
    if (alone) return;
    y->W = norm_up(L->in * L->width, theta + L->W);
    if (L->bias) y->b = norm_up(L->width, theta + L->b);
}

/* E at theta; the levels become those of theta. */
static affine present(const nd_work *work, nd_screen *s, const double *theta)
{
    const nd_net *net = work->net;
    affine error = {0}, size = pair(fabs(theta[net->a0]), 0.0), part;
    size_t N = 16;
    level *y = s->level;
    double *row = s->row;

    for (size_t t = 0; t < net->terms; y += net->term[t].depth, t++) {
        const nd_plan_term *pt = &work->plan.term[t];
        double a = norm_up(pt->term->out, theta + pt->term->a);
        for (size_t l = 0; l < pt->depth; row += pt->layer[l++].y->width)
            take_level(&pt->layer[l], single(pt), theta, row, &y[l]);
        N += pt->term->out + 4;
        if (pt->depth == 0)
            part = pair(0.0, a);
        else if (single(pt))
            error = plus(error, shallow_error(pt, y, theta, &part));
        else
            error = plus(error, deep_error(pt, y, a, &part));
        size = plus(size, part);
    }
    return safe(plus(error, times(gamma_of(N), size)), net->P);
}

/* ---- the way from a point of the ring ------------------------------------------------- */

/* |a s(w.x + b) - a_k s(w_k.x + b_k)|, summed over the neurons; d = theta - theta_k. */
static affine shallow_motion(const nd_plan_term *pt, const level *y, const double *theta,
                             const double *old, const double *d)
{
    const nd_layer *L = pt->layer->y;
    affine sum = {0};

    for (size_t j = 0; j < L->width; j++) {
        size_t a = pt->term->a + j;
        double b = L->bias ? fabs(theta[L->b + j]) : 0.0, db = L->bias ? fabs(d[L->b + j]) : 0.0;
        affine s = value_of(y, pair(b, y->row[j])), dz;

        dz = pair(db, norm_up(L->in, d + L->W + j * L->in));
        sum = plus(sum, times(fabs(d[a]), s));
        sum = plus(sum, times(fabs(old[a]) * y->k1, dz));
    }
    return sum;
}

static affine deep_motion(const nd_plan_term *pt, const level *y, const double *theta,
                          const double *d)
{
    size_t out = pt->term->out;
    double da = norm_up(out, d + pt->term->a), a = norm_up(out, theta + pt->term->a) + da;
    affine h = {0.0, 1.0}, dh = {0};

    for (size_t l = 0; l < pt->depth; l++, y++) {
        const nd_layer *L = pt->layer[l].y;
        double dW = norm_up(L->in * L->width, d + L->W);
        affine dz = plus(times(y->W + dW, dh), times(dW, h));
        if (L->bias) dz.c += norm_up(L->width, d + L->b);
        dh = L->residual ? plus(times(y->k1, dz), dh) : times(y->k1, dz);
        h = y->size;
    }
    return plus(times(da, h), times(a, dh));
}

/* D from slot k to theta. */
static affine motion(const nd_work *work, const nd_screen *s, const double *theta, int k)
{
    const nd_net *net = work->net;
    const level *y = s->level;
    const double *d = s->diff;
    affine sum;

    for (size_t i = 0; i < net->P; i++) s->diff[i] = theta[i] - s->theta[k][i];
    sum = pair(fabs(d[net->a0]), 0.0);
    for (size_t t = 0; t < net->terms; y += net->term[t].depth, t++) {
        const nd_plan_term *pt = &work->plan.term[t];
        if (pt->depth == 0)
            sum.x += norm_up(pt->term->out, d + pt->term->a);
        else
            sum = plus(sum, single(pt) ? shallow_motion(pt, y, theta, s->theta[k], d)
                                       : deep_motion(pt, y, theta, d));
    }
    return safe(sum, net->P);
}

/* ---- before and after a pass ------------------------------------------------------------ */

/* l and l' vanish, as computed, from z0 on. */
static bool vanishes(nd_loss loss)
{
    const double z[3] = {-loss.kind->z0, -loss.kind->z0 * (1.0 + 0x1p-50), -2.0 * loss.kind->z0};
    double l[3], l1[3];

    if (!loss.kind->hinge_tail) return false;
    loss.kind->jet(3, z, loss.q, 1, (double *const[]){l, l1});
    for (int i = 0; i < 3; i++)
        if (l[i] != 0.0 || l1[i] != 0.0) return false;
    return true;
}

/* A new point: how far it is from those of the ring, and its place there. */
static void move_to(nd_work *work, nd_screen *s)
{
    const double *theta = work->theta;
    affine error = present(work, s, theta);
    int next = (s->now + 1) % ND_SCREEN_POINTS;

    for (int k = 0; k < ND_SCREEN_POINTS; k++) {
        s->reach[k] = nowhere;
        if (!s->live[k]) continue;
        s->reach[k] = plus(motion(work, s, theta, k), plus(s->error[k], error));
        s->reach[k] = safe(s->reach[k], 0);
    }
    s->leaves = s->live[next] ? next : -1;
    s->now = next;
    s->error[next] = error;
    memcpy(s->theta[next], theta, work->net->P * sizeof *theta);
}

void nd_screen_begin(const nd_problem *pb, nd_work *work)
{
    nd_screen *s = work->screen;

    if (!s) return;
    s->on = vanishes(pb->loss);
    if (!s->on) return;
    if (s->z0 != pb->loss.kind->z0) s->known = false;
    s->z0 = pb->loss.kind->z0;
    if (!s->known) memset(s->live, 0, sizeof s->live);
    s->leaves = -1;
    if (s->known && memcmp(s->theta[s->now], work->theta, work->net->P * sizeof(double)) == 0)
        return; /* the same point: reach is that of the last pass */
    move_to(work, s);
}

void nd_screen_end(nd_work *work, nd_status status)
{
    nd_screen *s = work->screen;

    if (!s || !s->on) return;
    s->known = status == ND_OK;
    memset(s->live, 0, sizeof s->live);
    for (size_t c = 0; c < work->chunks; c++)
        for (int k = 0; k < ND_SCREEN_POINTS; k++)
            if (work->chunk[c].held[k] > 0) s->live[k] = true;
    s->live[s->now] = true;
    s->reach[s->now] = pair(0.0, 0.0); /* at the same point again: the same bits */
}

/* ---- the rows of a tile ------------------------------------------------------------------- */

void nd_screen_tile(const nd_work *work, uint32_t *list, nd_rows *x, nd_chunk *ch)
{
    nd_screen *s = work->screen;
    size_t m = 0;

    if (!s || !s->on || !s->known) return;
    for (size_t t = 0; t < x->T; t++) {
        size_t i = x->first + t;
        int k = s->slot[i];
        double reach = s->reach[k].c + s->reach[k].x * (double)s->norm[i];
        list[m] = (uint32_t)t;
        if (!(s->room[i] > reach)) { /* NaN: run it */
            m++;
            continue;
        }
        ch->held[k]++;
        if (k == s->leaves) s->room[i] = (float)(((double)s->room[i] - reach) * (1.0 - 0x1p-22));
    }
    if (m == x->T) return;
    x->m = m;
    x->rows = list;
}

void nd_screen_seen(const nd_work *work, const nd_rows *x, const nd_chunk *ch)
{
    nd_screen *s = work->screen;

    if (!s || !s->on) return;
    for (size_t t = 0; t < x->m; t++) {
        size_t i = x->first + (x->rows ? x->rows[t] : t);
        double room = (ch->m[t] - s->z0) * (1.0 - 0x1p-22);
        if (room > ROOM_MAX) room = ROOM_MAX;
        s->room[i] = room > 0.0 ? (float)room : NEVER;
        s->slot[i] = (uint8_t)s->now;
    }
}

/* ---- memory --------------------------------------------------------------------------------- */

static bool lipschitz(const nd_net *net)
{
    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++)
            if (!(magnitude(net->term[t].layer[l].act, 1, 0.0) < INFINITY)) return false;
    return true;
}

static void row_norms(const nd_table *t, float *norm)
{
    for (size_t i = 0; i < t->n; i++) {
        double v = 0.0;
        if (t->row)
            v = norm_up(t->row[i + 1] - t->row[i], t->val + t->row[i]);
        else if (t->d > 0)
            v = norm_up(t->d, t->x + i * t->d);
        norm[i] = v < ROOM_MAX ? (float)(v * (1.0 + 0x1p-22) + NORM_MIN) : INFINITY;
    }
}

nd_status nd_screen_make(nd_ctx *ctx, const nd_problem *pb, nd_work *work)
{
    const nd_net *net = pb->net;
    size_t n = pb->data->n, levels = 0, P = ND_PADDED(net->P);
    nd_screen *s;

    if (n < ROWS_MIN || !pb->loss.kind->hinge_tail || !lipschitz(net)) return ND_OK;
    for (size_t t = 0; t < net->terms; t++) levels += net->term[t].depth;
    work->screen = s = ND_NEW0(ctx, nd_screen, 1);
    if (!s) return ND_EMEM;
    s->room = ND_NEW(ctx, float, n);
    s->norm = ND_NEW(ctx, float, n);
    s->slot = ND_NEW0(ctx, uint8_t, n);
    s->level = ND_NEW(ctx, level, levels);
    s->pool = ND_NEW(ctx, double, (ND_SCREEN_POINTS + 1) * P + net->units);
    if (!s->room || !s->norm || !s->slot || !s->level || !s->pool) return ND_EMEM;
    for (int k = 0; k < ND_SCREEN_POINTS; k++) s->theta[k] = s->pool + (size_t)k * P;
    s->diff = s->pool + ND_SCREEN_POINTS * P;
    s->row = s->diff + P;
    row_norms(pb->data, s->norm);
    return ND_OK;
}

void nd_screen_destroy(nd_ctx *ctx, nd_screen *s)
{
    if (!s) return;
    nd_free(ctx, s->room);
    nd_free(ctx, s->norm);
    nd_free(ctx, s->slot);
    nd_free(ctx, s->level);
    nd_free(ctx, s->pool);
    nd_free(ctx, s);
}
