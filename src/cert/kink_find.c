/* The way to a minimum at kinks: Newton's method on the smooth pieces of L, with an active set of
 * kinks.  Proves nothing.
 *
 * Each pair of a neuron with a kink and a sample is on a side, or at its kink (K).  L is smooth
 * while all stay there:  g, H of the piece, A the rows grad z of K;
 *
 *   [H + tau I  A'] [d     ]   [-g  ]
 *   [A          0 ] [lambda] = [-z_K],      tau such that H + tau I + M A'A is definite.
 *
 * Along d a pair that reaches its kink changes its side where L goes on falling beyond, else
 * the step ends there and the pair joins K.  At the end of a piece the pair whose multiplier
 * is farthest outside of [alpha kappa, kappa] leaves K for the side where L falls. */
#include <string.h>

#include "base/memory.h"
#include "cert/kink.h"
#include "cert/near.h"
#include "num/blas.h"

#define STEPS   400   /* of Newton's method: with joining and leaving a few per kink    */
#define SETTLED 1e-13 /* |d| of 1 + |theta|: the end of a piece                         */
#define DESCENT 1e-15 /* -g.d of L: the same, where rounding hides more                 */
#define REACH   0.5   /* largest step, of 1 + |theta|                                   */
#define WORK    2e7   /* n P^2                                                          */
#define HALVES  40

typedef struct {
    const nd_problem *pb;
    size_t n, M, P, k;
    nd_kink_unit *unit;
    signed char *side;     /* n x M: 1, -1, 0 at the kink; smooth neurons: 1       */
    size_t *pair;          /* K: indices into side, up to P                        */
    double *x;             /* d + 1                                                */
    double *theta, *y;     /* P: the point; one on the way                         */
    double *d, *g, *J, *r; /* P                                                    */
    double *H, *B;         /* P x P                                                */
    double *A, *BA;        /* P x P: rows of K; B^-1 A'                            */
    double *S, *lambda;    /* P x P; P                                             */
    double *h, *s1, *s2;   /* M                                                    */
    double *slope;         /* n: dL/df                                             */
    double *z, *dz;        /* n x M                                                */
    double loss;
} walk;

/* ---- a piece ---------------------------------------------------------------------------------- */

static size_t inputs(const nd_kink_unit *v)
{
    return v->in + (v->b != SIZE_MAX);
}

static size_t weight(const nd_kink_unit *v, size_t k)
{
    return k < v->in ? v->W + k : v->b;
}

static double preactivation(const walk *w, const nd_kink_unit *v, const double *theta)
{
    double z = 0.0;

    for (size_t k = 0; k < inputs(v); k++) z += theta[weight(v, k)] * w->x[k];
    return z;
}

static double side_slope(const nd_act *act, signed char side)
{
    double one = side, h, s1;

    if (side == 0) return 0.0;
    act->jet(1, &one, 1, (double *const[]){&h, &s1});
    return s1;
}

/* h, s', s'' of all neurons on sample i, by their sides; f. */
static double output(walk *w, const double *theta, size_t i)
{
    const nd_net *net = w->pb->net;
    double f = theta[net->a0];

    nd_table_row(w->pb->data, i, w->x);
    w->x[net->d] = 1.0;
    for (size_t u = 0; u < w->M; u++) {
        const nd_kink_unit *v = &w->unit[u];
        double z = preactivation(w, v, theta);

        if (nd_kink_piecewise(v->act)) {
            w->s1[u] = side_slope(v->act, w->side[i * w->M + u]);
            w->s2[u] = 0.0;
            w->h[u] = w->s1[u] * z;
        } else {
            v->act->jet(1, &z, 2, (double *const[]){&w->h[u], &w->s1[u], &w->s2[u]});
        }
        f += theta[v->a] * w->h[u];
    }
    for (size_t t = 0; t < net->terms; t++)
        for (size_t k = 0; net->term[t].depth == 0 && k < net->d; k++)
            f += theta[net->term[t].a + k] * w->x[k];
    return f;
}

static void jacobian(walk *w, const double *theta)
{
    const nd_net *net = w->pb->net;

    for (size_t u = 0; u < w->M; u++) {
        const nd_kink_unit *v = &w->unit[u];

        w->J[v->a] = w->h[u];
        for (size_t k = 0; k < inputs(v); k++)
            w->J[weight(v, k)] = theta[v->a] * w->s1[u] * w->x[k];
    }
    for (size_t t = 0; t < net->terms; t++)
        for (size_t k = 0; net->term[t].depth == 0 && k < net->d; k++)
            w->J[net->term[t].a + k] = w->x[k];
    w->J[net->a0] = 1.0;
}

static void add_hessian(walk *w, const double *theta, double p, double q)
{
    for (size_t k = 0; k < w->P; k++)
        for (size_t l = 0; l < w->P; l++) w->H[k * w->P + l] += q * w->J[k] * w->J[l];
    for (size_t u = 0; u < w->M; u++) {
        const nd_kink_unit *v = &w->unit[u];

        for (size_t k = 0; k < inputs(v); k++) {
            size_t at = weight(v, k);

            w->H[at * w->P + v->a] += p * w->s1[u] * w->x[k];
            w->H[v->a * w->P + at] += p * w->s1[u] * w->x[k];
            for (size_t l = 0; l < inputs(v); l++)
                w->H[at * w->P + weight(v, l)] += p * theta[v->a] * w->s2[u] * w->x[k] * w->x[l];
        }
    }
}

/* The loss of the piece at theta, its gradient g, slopes, and H when hessian is set. */
static double evaluate(walk *w, const double *theta, bool hessian, double *g)
{
    const nd_problem *pb = w->pb;
    double L = 0.0, n = (double)w->n;

    memset(g, 0, w->P * sizeof *g);
    if (hessian) memset(w->H, 0, w->P * w->P * sizeof *w->H);
    for (size_t i = 0; i < w->n; i++) {
        double y = pb->data->y[i], omega = pb->data->weight ? pb->data->weight[i] : 1.0;
        double z = -y * output(w, theta, i), l, l1, l2;

        pb->loss.kind->jet(1, &z, pb->loss.q, 2, (double *const[]){&l, &l1, &l2});
        L += omega * l / n;
        w->slope[i] = -y * omega * l1 / n;
        if (l1 == 0.0 && l2 == 0.0) continue;
        jacobian(w, theta);
        for (size_t k = 0; k < w->P; k++) g[k] += w->slope[i] * w->J[k];
        if (hessian) add_hessian(w, theta, w->slope[i], omega * l2 / n);
    }
    for (size_t k = 0; k < w->P; k++) {
        L += 0.5 * pb->l2 * theta[k] * theta[k];
        g[k] += pb->l2 * theta[k];
        if (hessian) w->H[k * w->P + k] += pb->l2;
    }
    return L;
}

/* ---- the direction ------------------------------------------------------------------------------ */

static double dot(size_t n, const double *a, const double *b)
{
    double s = 0.0;

    for (size_t k = 0; k < n; k++) s += a[k] * b[k];
    return s;
}

static void fill_rows(walk *w)
{
    memset(w->A, 0, w->P * w->P * sizeof *w->A);
    for (size_t e = 0; e < w->k; e++) {
        const nd_kink_unit *v = &w->unit[w->pair[e] % w->M];

        nd_table_row(w->pb->data, w->pair[e] / w->M, w->x);
        w->x[w->pb->net->d] = 1.0;
        for (size_t k = 0; k < inputs(v); k++) w->A[e * w->P + weight(v, k)] = w->x[k];
    }
}

/* B := factor of H + tau I + M A'A with the smallest tau tried that is definite. */
static bool factor(walk *w, double *M, double *tau)
{
    size_t P = w->P;
    double size = 0.0;

    for (size_t k = 0; k < P; k++) size = fmax(size, fabs(w->H[k * P + k]));
    *M = size;
    *tau = 0.0;
    for (int t = 0; t < 12; t++) {
        memcpy(w->B, w->H, P * P * sizeof *w->B);
        for (size_t k = 0; k < P; k++) w->B[k * P + k] += *tau;
        for (size_t e = 0; e < w->k; e++)
            for (size_t k = 0; k < P; k++)
                for (size_t l = 0; w->A[e * P + k] != 0.0 && l < P; l++)
                    w->B[k * P + l] += *M * w->A[e * P + k] * w->A[e * P + l];
        if (nd_blas_potrf(P, w->B, P) == 0) return true;
        *tau = t < 3 ? 0.0 : *tau == 0.0 ? 1e-6 * size : 10.0 * *tau; /* first a larger M */
        if (t < 3) *M *= 10.0;
    }
    return false;
}

/* d and lambda; false: K is dependent, or nothing is finite. */
static bool direction(walk *w, double *tau)
{
    size_t P = w->P, k = w->k;
    double M;

    fill_rows(w);
    if (!factor(w, &M, tau)) return false;
    for (size_t l = 0; l < P; l++) w->r[l] = -w->g[l];
    for (size_t e = 0; e < k; e++) {
        double z = dot(P, w->A + e * P, w->theta);

        for (size_t l = 0; l < P; l++) w->r[l] -= M * z * w->A[e * P + l];
    }
    memcpy(w->d, w->r, P * sizeof *w->d);
    nd_blas_potrs(P, w->B, P, w->d);
    for (size_t e = 0; e < k; e++) {
        double *column = w->BA + e * P;

        memcpy(column, w->A + e * P, P * sizeof *column);
        nd_blas_potrs(P, w->B, P, column);
        for (size_t f = 0; f < k; f++) w->S[e * k + f] = dot(P, w->A + f * P, column);
        w->lambda[e] = dot(P, w->A + e * P, w->d) + dot(P, w->A + e * P, w->theta);
    }
    if (k > 0) {
        if (nd_blas_potrf(k, w->S, k) != 0) return false;
        nd_blas_potrs(k, w->S, k, w->lambda);
    }
    for (size_t e = 0; e < k; e++)
        for (size_t l = 0; l < P; l++) w->d[l] -= w->lambda[e] * w->BA[e * P + l];
    return isfinite(dot(P, w->d, w->d));
}

/* ---- along it ------------------------------------------------------------------------------------- */

/* The derivative along d of the piece at theta + t d. */
static double derivative(walk *w, double t)
{
    for (size_t k = 0; k < w->P; k++) w->y[k] = w->theta[k] + t * w->d[k];
    evaluate(w, w->y, false, w->r);
    return dot(w->P, w->r, w->d);
}

static void preactivations(walk *w)
{
    for (size_t i = 0; i < w->n; i++) {
        nd_table_row(w->pb->data, i, w->x);
        w->x[w->pb->net->d] = 1.0;
        for (size_t u = 0; u < w->M; u++) {
            w->z[i * w->M + u] = preactivation(w, &w->unit[u], w->theta);
            w->dz[i * w->M + u] = preactivation(w, &w->unit[u], w->d);
        }
    }
}

/* The first pair in [t, 1] that goes to the wrong side; SIZE_MAX: none. */
static size_t next_kink(const walk *w, double *t)
{
    size_t best = SIZE_MAX;
    double first = 1.0;

    for (size_t p = 0; p < w->n * w->M; p++) {
        double s = w->side[p], at;

        if (s == 0.0 || !nd_kink_piecewise(w->unit[p % w->M].act)) continue;
        if (!(s * w->dz[p] < 0.0)) continue;
        at = fmax(*t, -w->z[p] / w->dz[p]);
        if (!(at < first)) continue;
        first = at;
        best = p;
    }
    *t = first;
    return best;
}

/* Where the derivative is 0 between a (falling) and b (rising). */
static double bottom(walk *w, double a, double b)
{
    for (int k = 0; k < HALVES; k++) {
        double c = 0.5 * (a + b);

        if (derivative(w, c) < 0.0)
            a = c;
        else
            b = c;
    }
    return a;
}

/* The length of the step; sides change, K may grow. */
static double search(walk *w)
{
    double t = 0.0;

    preactivations(w);
    for (size_t crossed = 0; crossed <= w->n * w->M; crossed++) {
        double from = t;
        size_t p = next_kink(w, &t);
        signed char old;

        if (derivative(w, t) > 0.0 && t > from) return bottom(w, from, t);
        if (p == SIZE_MAX) return t;
        old = w->side[p];
        w->side[p] = (signed char)-old;
        if (derivative(w, t) < 0.0) continue;
        w->side[p] = 0;
        if (w->k < w->P) w->pair[w->k++] = p;
        return t;
    }
    return t;
}

/* ---- the active set ------------------------------------------------------------------------------- */

/* The pair whose multiplier is farthest outside leaves; false: none is outside. */
static bool release(walk *w)
{
    double worst = 0.0;
    size_t best = SIZE_MAX;
    signed char to = 0;

    for (size_t e = 0; e < w->k; e++) {
        const nd_kink_unit *v = &w->unit[w->pair[e] % w->M];
        double kappa = w->slope[w->pair[e] / w->M] * w->theta[v->a];
        double up = w->lambda[e] - side_slope(v->act, 1) * kappa;
        double down = side_slope(v->act, -1) * kappa - w->lambda[e];

        if (fmax(up, down) <= worst) continue;
        worst = fmax(up, down);
        best = e;
        to = up > down ? 1 : -1;
    }
    if (best == SIZE_MAX) return false;
    w->side[w->pair[best]] = to;
    w->pair[best] = w->pair[--w->k];
    return true;
}

static void start(walk *w)
{
    for (size_t i = 0; i < w->n; i++) {
        nd_table_row(w->pb->data, i, w->x);
        w->x[w->pb->net->d] = 1.0;
        for (size_t u = 0; u < w->M; u++)
            w->side[i * w->M + u] = preactivation(w, &w->unit[u], w->theta) < 0.0 ? -1 : 1;
    }
    w->k = 0;
}

/* One step; *over: the end of the way, *found: with all multipliers inside. */
static void step(walk *w, bool *over, bool *found)
{
    double size = 1.0 + sqrt(dot(w->P, w->theta, w->theta)), length, t, tau;

    *over = *found = false;
    w->loss = evaluate(w, w->theta, true, w->g);
    if (!isfinite(w->loss) || !direction(w, &tau)) {
        *over = true;
        return;
    }
    length = sqrt(dot(w->P, w->d, w->d));
    if (length <= SETTLED * size || fabs(dot(w->P, w->g, w->d)) <= DESCENT * fabs(w->loss)) {
        for (size_t k = 0; k < w->P; k++) w->theta[k] += w->d[k];
        *found = *over = !release(w);
        return;
    }
    for (size_t k = 0; length > REACH * size && k < w->P; k++) w->d[k] *= REACH * size / length;
    t = search(w);
    for (size_t k = 0; k < w->P; k++) w->theta[k] += t * w->d[k];
}

/* To rounding, with K as it is. */
static void settle(walk *w)
{
    double tau;

    for (int k = 0; k < 3; k++) {
        evaluate(w, w->theta, true, w->g);
        if (!direction(w, &tau)) return;
        for (size_t l = 0; l < w->P; l++) w->theta[l] += w->d[l];
    }
}

/* ---- memory ----------------------------------------------------------------------------------------- */

static double *take(double **p, size_t n)
{
    double *x = *p;

    *p += n;
    return x;
}

static nd_status room(nd_ctx *ctx, walk *w)
{
    size_t P = w->P, nM = w->n * w->M;
    double *p =
        ND_NEW(ctx, double, w->pb->net->d + 1 + 7 * P + 5 * P * P + 3 * w->M + w->n + 2 * nM);

    w->x = p;
    w->unit = ND_NEW(ctx, nd_kink_unit, w->M);
    w->side = ND_NEW(ctx, signed char, nM);
    w->pair = ND_NEW(ctx, size_t, P);
    if (!p || !w->unit || !w->side || !w->pair) return ND_EMEM;
    take(&p, w->pb->net->d + 1);
    w->theta = take(&p, P);
    w->y = take(&p, P);
    w->d = take(&p, P);
    w->g = take(&p, P);
    w->J = take(&p, P);
    w->r = take(&p, P);
    w->lambda = take(&p, P);
    w->H = take(&p, P * P);
    w->B = take(&p, P * P);
    w->A = take(&p, P * P);
    w->BA = take(&p, P * P);
    w->S = take(&p, P * P);
    w->h = take(&p, w->M);
    w->s1 = take(&p, w->M);
    w->s2 = take(&p, w->M);
    w->slope = take(&p, w->n);
    w->z = take(&p, nM);
    w->dz = take(&p, nM);
    nd_kink_units(w->pb->net, w->unit);
    return ND_OK;
}

static bool worth_it(const nd_problem *pb)
{
    const nd_net *net = pb->net;
    nd_cert c;
    bool kinks = false;

    for (size_t t = 0; t < net->terms; t++)
        kinks = kinks || (net->term[t].depth == 1 && nd_kink_piecewise(net->term[t].layer[0].act));
    return kinks && nd_kink_applies(pb, &c) &&
           (double)pb->data->n * (double)net->P * (double)net->P <= WORK;
}

nd_status nd_kink_find(nd_ctx *ctx, const nd_problem *pb, double *theta, bool *found)
{
    walk w = {.pb = pb, .n = pb->data->n, .M = pb->net->units, .P = pb->net->P};
    size_t bytes = w.P * sizeof *theta;
    bool over = false;
    nd_status status;

    *found = false;
    if (!worth_it(pb)) return ND_OK;
    ND_TRY(room(ctx, &w));
    memcpy(w.theta, theta, bytes);
    start(&w);
    for (int k = 0; k < STEPS && !over; k++) {
        if (nd_cancelled(ctx)) ND_TRY(ND_ECANCEL);
        step(&w, &over, found);
    }
    if (!*found) goto done;
    settle(&w);
    memcpy(theta, w.theta, bytes);
done:
    nd_free(ctx, w.x);
    nd_free(ctx, w.unit);
    nd_free(ctx, w.side);
    nd_free(ctx, w.pair);
    return status;
}
