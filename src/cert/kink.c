/* The kind kink: near theta lies a strict local minimum where some preactivations are exactly 0,
 * of neurons with a kink there (docs/proofs.md, section 22).
 *
 * K: the pairs of neuron and sample, k of them; A: row grad z_ij for each, constant; L_0: the
 * loss with s(z_ij) replaced by 0 on K.  Unknown theta and multipliers lambda:
 *
 *   F = (grad L_0(theta) + A' lambda, A theta) = 0,    J = [[H_0, A'], [A, 0]]
 *   Y any matrix, |I - Y J|_inf <= eps <= 1/2 on the cube |y - theta|_inf <= h,
 *   eta >= |Y F(theta, lambda_c)|_inf,  4 eta <= h                                        (1)
 *
 * gives one zero (theta*, lambda*) within 2 eta.  There, with kappa_ij = dL/df_i a_j,
 *
 *   alpha kappa_ij < lambda_ij < kappa_ij for all pairs,  H_0 + M A'A > 0 for some M >= 0.   (2)  */
#include "cert/kink.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "cert/near.h"

#define WORK    5e7 /* n P^2: less than a second for a pass over the cube      */
#define LARGEST 400 /* unknowns                                                */
#define SMALL   0x1p-50

typedef struct {
    const nd_problem *pb;
    const double *theta;
    size_t P, k, N; /* N = P + k                                               */
    nd_kinks kinks;
    nd_kink_unit *unit;
    nd_kink_ball ball;
    double *A;         /* k x P                                                   */
    double *J, *Y;     /* N x N                                                   */
    double *H, *R, *L; /* P x P                                                */
    nd_about *F;       /* N                                                       */
    double *lambda;    /* k                                                       */
    double *change;    /* 3 n                                                     */
    double half, eta;
    nd_cert *cert;
} proof;

/* ---- the linear system ---------------------------------------------------------------------- */

static void fill_A(proof *p)
{
    for (size_t e = 0; e < p->k; e++) {
        const nd_kink_unit *v = &p->unit[p->kinks.neuron[e]];
        double *row = p->A + e * p->P;

        memset(row, 0, p->P * sizeof *row);
        nd_table_row(p->pb->data, p->kinks.sample[e], p->lambda); /* scratch: no multipliers yet */
        memcpy(row + v->W, p->lambda, v->in * sizeof *row);
        if (v->b != SIZE_MAX) row[v->b] = 1.0;
    }
}

/* J with the midpoint of the Hessian. */
static void fill_J(proof *p)
{
    size_t P = p->P, N = p->N;

    memset(p->J, 0, N * N * sizeof *p->J);
    for (size_t i = 0; i < P; i++) memcpy(p->J + i * N, p->ball.H + i * P, P * sizeof *p->J);
    for (size_t e = 0; e < p->k; e++)
        for (size_t i = 0; i < P; i++)
            p->J[i * N + P + e] = p->J[(P + e) * N + i] = p->A[e * P + i];
}

/* The row at or below c with the largest entry in column c. */
static size_t pivot(size_t N, const double *A, size_t c)
{
    size_t best = c;

    for (size_t i = c + 1; i < N; i++)
        if (fabs(A[i * N + c]) > fabs(A[best * N + c])) best = i;
    return best;
}

static void exchange(size_t N, double *A, size_t i, size_t j)
{
    for (size_t c = 0; c < N; c++) {
        double t = A[i * N + c];

        A[i * N + c] = A[j * N + c];
        A[j * N + c] = t;
    }
}

/* Y := A^-1 by Gauss and Jordan's method; A is lost.  Nothing rests on its accuracy. */
static bool invert(size_t N, double *A, double *Y)
{
    memset(Y, 0, N * N * sizeof *Y);
    for (size_t i = 0; i < N; i++) Y[i * N + i] = 1.0;
    for (size_t c = 0; c < N; c++) {
        size_t r = pivot(N, A, c);
        double scale = 1.0 / A[r * N + c];

        if (!isfinite(scale)) return false;
        exchange(N, A, r, c);
        exchange(N, Y, r, c);
        for (size_t j = 0; j < N; j++) {
            A[c * N + j] *= scale;
            Y[c * N + j] *= scale;
        }
        for (size_t i = 0; i < N; i++) {
            double f = A[i * N + c];

            if (i == c || f == 0.0) continue;
            for (size_t j = 0; j < N; j++) {
                A[i * N + j] -= f * A[c * N + j];
                Y[i * N + j] -= f * Y[c * N + j];
            }
        }
    }
    return true;
}

/* ---- (1) ------------------------------------------------------------------------------------- */

/* F at theta, where the ball was evaluated, with the multipliers as they are. */
static void fill_F(proof *p)
{
    for (size_t i = 0; i < p->P; i++) {
        p->F[i] = p->ball.g[i];
        for (size_t e = 0; e < p->k; e++)
            if (p->A[e * p->P + i] != 0.0)
                p->F[i] = nd_about_add(p->F[i], nd_about_mul((nd_about){p->A[e * p->P + i], 0.0},
                                                             (nd_about){p->lambda[e], 0.0}));
    }
    for (size_t e = 0; e < p->k; e++) {
        nd_about z = {0.0, 0.0};

        for (size_t i = 0; i < p->P; i++)
            if (p->A[e * p->P + i] != 0.0)
                z = nd_about_add(z, nd_about_mul((nd_about){p->A[e * p->P + i], 0.0},
                                                 (nd_about){p->theta[i], 0.0}));
        p->F[p->P + e] = z;
    }
}

/* At least |Y F|_inf. */
static double step_size(const proof *p)
{
    size_t N = p->N;
    double most = 0.0;

    for (size_t i = 0; i < N; i++) {
        double sum = 0.0, size = 0.0, error = 0.0, entry;

        for (size_t j = 0; j < N; j++) {
            double y = p->Y[i * N + j];

            sum += y * p->F[j].m;
            size += fabs(y) * fabs(p->F[j].m);
            error += fabs(y) * p->F[j].r;
        }
        entry = nd_up(fabs(sum) + nd_gamma(N + 8) * size + error, N + 8) + ND_UP_SUM;
        if (!isfinite(entry)) return INFINITY;
        most = fmax(most, entry);
    }
    return most;
}

/* At least |I - Y J|_inf for all J with the Hessian of the ball. */
static double defect(const proof *p)
{
    size_t N = p->N, P = p->P;
    double most = 0.0;

    for (size_t i = 0; i < N; i++) {
        const double *y = p->Y + i * N;
        double row = 0.0;

        for (size_t j = 0; j < N; j++) {
            double sum = i == j ? -1.0 : 0.0, size = fabs(sum), error = 0.0;

            for (size_t l = 0; l < N; l++) {
                sum += y[l] * p->J[l * N + j];
                size += fabs(y[l]) * fabs(p->J[l * N + j]);
            }
            for (size_t l = 0; j < P && l < P; l++) error += fabs(y[l]) * p->ball.R[l * P + j];
            row += fabs(sum) + nd_gamma(N + 8) * size + error + ND_UP_SUM;
        }
        row = nd_up(row, 3 * N + 16);
        if (!isfinite(row)) return INFINITY;
        most = fmax(most, row);
    }
    return most;
}

/* Multipliers: the last entries of -Y F with lambda = 0. */
static void estimate_multipliers(proof *p)
{
    memset(p->lambda, 0, p->k * sizeof *p->lambda);
    fill_F(p);
    for (size_t e = 0; e < p->k; e++) {
        double sum = 0.0;

        for (size_t j = 0; j < p->N; j++) sum += p->Y[(p->P + e) * p->N + j] * p->F[j].m;
        p->lambda[e] = -sum;
    }
    fill_F(p);
}

static nd_status exists(nd_ctx *ctx, proof *p, bool *ok)
{
    double scale = 1.0, eps;
    nd_status status = nd_kink_enclose(ctx, p->pb, &p->kinks, p->theta, 0.0, &p->ball);

    *ok = false;
    if (status != ND_OK) return status;
    fill_J(p);
    if (!invert(p->N, p->J, p->Y)) {
        nd_cert_fail(p->cert, "the %zu kinks leave a singular system: dependent, or L flat", p->k);
        return ND_OK;
    }
    estimate_multipliers(p);
    p->eta = step_size(p);
    for (size_t i = 0; i < p->P; i++) scale = fmax(scale, fabs(p->theta[i]));
    p->half = fmax(4.0 * p->eta, SMALL * scale);
    if (!(p->half <= ND_NEAR * scale)) {
        nd_cert_fail(p->cert, "no critical point at %zu kinks is near: the step is %.3g", p->k,
                     p->eta);
        return ND_OK;
    }
    status = nd_kink_enclose(ctx, p->pb, &p->kinks, p->theta, p->half, &p->ball);
    if (status != ND_OK) return status;
    fill_J(p);
    eps = defect(p);
    *ok = eps <= 0.5 ||
          nd_cert_fail(p->cert,
                       "%zu kinks: the system is singular, or not smooth within %.3g of theta",
                       p->k, p->half);
    return ND_OK;
}

/* ---- (2) ------------------------------------------------------------------------------------- */

/* x > 0 for certain. */
static bool positive(nd_about x)
{
    return x.m > 0.0 && x.m > x.r;
}

/* The multipliers lie between the one-sided slopes. */
static bool inside(const proof *p)
{
    for (size_t e = 0; e < p->k; e++) {
        const nd_kink_unit *v = &p->unit[p->kinks.neuron[e]];
        nd_about alpha = nd_about_slope(v->act, 1, (nd_about){-1.0, 0.0});
        nd_about kappa =
            nd_about_mul(p->ball.slope[p->kinks.sample[e]], (nd_about){p->theta[v->a], p->half});
        nd_about low = nd_about_mul(alpha, kappa), lambda = {p->lambda[e], p->half};

        low.m = -low.m;
        if (!positive(nd_about_add(lambda, low)))
            return nd_cert_fail(p->cert,
                                "neuron %zu leaves its kink at sample %zu downwards: multiplier "
                                "%.3g, slope above %.3g",
                                p->kinks.neuron[e], p->kinks.sample[e], lambda.m, kappa.m);
        lambda.m = -lambda.m;
        if (!positive(nd_about_add(kappa, lambda)))
            return nd_cert_fail(p->cert,
                                "neuron %zu leaves its kink at sample %zu upwards: multiplier "
                                "%.3g, slope above %.3g",
                                p->kinks.neuron[e], p->kinks.sample[e], -lambda.m, kappa.m);
    }
    return true;
}

/* H, R := H_0 + M A'A. */
static void penalise(const proof *p, double M)
{
    size_t P = p->P;

    memcpy(p->H, p->ball.H, P * P * sizeof *p->H);
    memcpy(p->R, p->ball.R, P * P * sizeof *p->R);
    for (size_t e = 0; e < p->k; e++)
        for (size_t i = 0; i < P; i++) {
            const double *a = p->A + e * P;
            nd_about row = nd_about_mul((nd_about){M, 0.0}, (nd_about){a[i], 0.0});

            for (size_t j = 0; a[i] != 0.0 && j < P; j++) {
                nd_about sum = {p->H[i * P + j], p->R[i * P + j]};

                if (a[j] == 0.0) continue;
                sum = nd_about_add(sum, nd_about_mul(row, (nd_about){a[j], 0.0}));
                p->H[i * P + j] = sum.m;
                p->R[i * P + j] = sum.r;
            }
        }
    for (size_t i = 0; i < P; i++) /* the two triangles differ by rounding, within R */
        for (size_t j = 0; j < i; j++) {
            p->H[j * P + i] = p->H[i * P + j];
            p->R[j * P + i] = p->R[i * P + j];
        }
}

static bool convex_on_slice(const proof *p)
{
    double size = 0.0, M;

    for (size_t i = 0; i < p->P; i++) size += fabs(p->ball.H[i * p->P + i]);
    M = 1.0;
    while (M < size && M < 0x1p60) M *= 2.0;
    for (int t = 0; t < 4; t++, M *= 64.0) {
        penalise(p, M);
        if (nd_about_definite(p->P, p->H, p->R, p->L)) return true;
    }
    return nd_cert_fail(
        p->cert, "%zu kinks: where they stay, the Hessian is not proved positive definite", p->k);
}

/* ---- the kind -------------------------------------------------------------------------------- */

static nd_status claims(nd_ctx *ctx, proof *p)
{
    double rho = nd_grow(p->half * sqrt((double)p->P));
    nd_ball ball;
    bool ok;
    nd_status status = nd_ball_bounds(ctx, p->pb, p->theta, rho, &ball, p->change);

    if (status != ND_OK) return status;
    status = nd_near_claims(ctx, p->pb, p->theta, rho, 0.0, p->change, p->change + p->pb->data->n,
                            p->cert, &ok);
    if (status != ND_OK || !ok) return status;
    p->cert->truth = ND_PROVED;
    p->cert->says = ND_SAYS_STRICT;
    snprintf(p->cert->reason, sizeof p->cert->reason,
             "a strict local minimum lies within %.2g of theta, with %zu preactivations exactly at "
             "their kinks",
             p->cert->radius, p->k);
    return ND_OK;
}

static nd_status room(nd_ctx *ctx, proof *p)
{
    size_t PP = p->P * p->P, NN = p->N * p->N;

    p->A = ND_NEW(ctx, double, p->k * p->P + 2 * NN + 3 * PP + 3 * p->pb->data->n);
    p->F = ND_NEW(ctx, nd_about, p->N);
    p->lambda = ND_NEW(ctx, double, p->k + p->pb->net->d);
    p->unit = ND_NEW(ctx, nd_kink_unit, p->pb->net->units);
    if (!p->A || !p->F || !p->lambda || !p->unit) return ND_EMEM;
    p->J = p->A + p->k * p->P;
    p->Y = p->J + NN;
    p->H = p->Y + NN;
    p->R = p->H + PP;
    p->L = p->R + PP;
    p->change = p->L + PP;
    nd_kink_units(p->pb->net, p->unit);
    return nd_kink_ball_make(ctx, p->pb, &p->ball);
}

static void clear(nd_ctx *ctx, proof *p)
{
    nd_kinks_clear(ctx, &p->kinks);
    nd_kink_ball_clear(ctx, &p->ball);
    nd_free(ctx, p->A);
    nd_free(ctx, p->F);
    nd_free(ctx, p->lambda);
    nd_free(ctx, p->unit);
}

/* There are kinks, not more than can be independent, and all is small enough. */
static bool sizes(const proof *p)
{
    double P = (double)p->P;

    if (p->k == 0) return nd_cert_fail(p->cert, "no preactivation that matters is at a kink");
    if (p->k >= p->P)
        return nd_cert_fail(p->cert, "%zu preactivations are at kinks, of %zu parameters", p->k,
                            p->P);
    if (p->N > LARGEST || (double)p->pb->data->n * P * P > WORK)
        return nd_cert_fail(p->cert, "%zu unknowns and %zu samples are too many", p->N,
                            p->pb->data->n);
    return true;
}

static nd_status prove(nd_ctx *ctx, proof *p)
{
    bool ok;
    nd_status status;

    ND_TRY(nd_kinks_near(ctx, p->pb, p->theta, &p->kinks));
    p->k = p->kinks.count;
    p->N = p->P + p->k;
    if (!sizes(p)) goto done;
    ND_TRY(room(ctx, p));
    fill_A(p);
    ND_TRY(exists(ctx, p, &ok));
    if (ok && inside(p) && convex_on_slice(p)) ND_TRY(claims(ctx, p));
done:
    return status;
}

nd_status nd_prove_kink(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c;
    proof p = {.pb = pb, .theta = theta, .P = pb->net->P, .cert = &c};
    nd_status status = nd_prove_zero_loss(ctx, pb, theta, &c);

    if (status != ND_OK) return status;
    c.kind = "kink";
    c.truth = ND_UNKNOWN;
    c.says = ND_SAYS_NOTHING;
    if (nd_near_applies_at(pb, theta, &c) && nd_kink_applies(pb, &c)) status = prove(ctx, &p);
    clear(ctx, &p);
    if (status == ND_OK) *out = c;
    return status;
}

nd_status nd_claim_kink(nd_ctx *ctx, const nd_problem *pb, const double *theta, const nd_cert *cert,
                        struct json_t *claims)
{
    json_t *array = json_array();
    nd_kinks k;
    nd_status status = nd_kinks_near(ctx, pb, theta, &k);

    (void)cert;
    for (size_t e = 0; status == ND_OK && e < k.count; e++) {
        json_t *pair = json_pack("[I,I]", (json_int_t)k.neuron[e], (json_int_t)k.sample[e]);

        if (json_array_append_new(array, pair) != 0)
            status = nd_fail(ctx, ND_EMEM, "out of memory while writing a certificate");
    }
    nd_kinks_clear(ctx, &k);
    if (status == ND_OK) return nd_json_set(ctx, claims, "kinks", array);
    json_decref(array);
    return status;
}
