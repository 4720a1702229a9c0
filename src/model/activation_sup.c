/* Proved bounds of |s^(k)| on an interval.
 *
 * |g|, g = s^(k), attains its maximum over [lo, hi] at an end or at a zero of g'
 * inside.  So for each activation and order the zeros c of g' are listed with a
 * bound of |g(c)| (rounded up in the last digit given), and
 *
 *   sup = max( |g(lo)|, |g(hi)|, bound of every c in [lo - delta, hi + delta] )
 *
 * with delta covering the digits of c that are not listed, and |g(end)| the computed
 * value widened by the row's error bound.  At an infinite end g is replaced by its
 * limit there.
 *
 * The lists are complete.  Softplus, sigmoid, tanh: the derivatives are polynomials
 * in p, whose roots are found in closed form (p = (3 +- sqrt 3)/6 and 6pq = 1/2).
 * Arctan, squareplus: roots of 3z^2 - 1, z(1 - z^2), z^2 - 1.  gelu: 2 - z^2,
 * z^3 - 4z, z^4 - 7z^2 + 4.  silu: with t = z/2, T = tanh t, s'' = 0 iff t T = 1 and
 * s''' = 0 iff t = 0 or t = 3T/(3T^2 - 1), each with one positive root; that s''''
 * has only the two positive roots listed was checked with interval arithmetic
 * (tools/golden/model_sup.py). */
#include <math.h>
#include <string.h>

#include "model/activation.h"

#define BATCH 64

typedef struct {
    double at, bound;
} nd_crest;

typedef struct {
    double left[4], right[4]; /* |limit| of s^(k) at -inf and +inf           */
    nd_crest crest[4][4];     /* a row ends with bound 0                     */
} nd_shape;

#define INF INFINITY
#define NONE                                                                                       \
    {                                                                                              \
        0.0, 0.0                                                                                   \
    } /* no crest: the list is empty */

/* Of the rows that have no kink. */
static const nd_shape shapes[ACT_ROWS] = {
    [ACT_SOFTPLUS] = {{0, 0, 0, 0},
                      {INF, 1, 0, 0},
                      {{NONE},
                       {NONE},
                       {{0.0, 0.25}},
                       {{-1.3169578969, 0.0962250448649377}, {1.3169578969, 0.0962250448649377}}}},
    [ACT_SQUAREPLUS] =
        {{0, 0, 0, 0},
         {INF, 1, 0, 0},
         {{NONE}, {NONE}, {{0.0, 0.25}}, {{-1.0, 0.107331262919991}, {1.0, 0.107331262919991}}}},
    [ACT_EXP] = {{0, 0, 0, 0}, {INF, INF, INF, INF}, {{NONE}}},
    [ACT_SQUARE] = {{INF, INF, 2, 0}, {INF, INF, 2, 0}, {{NONE}}},
    [ACT_SIGMOID] =
        {{0, 0, 0, 0},
         {1, 0, 0, 0},
         {{NONE},
          {{0.0, 0.25}},
          {{-1.3169578969, 0.0962250448649377}, {1.3169578969, 0.0962250448649377}},
          {{-2.2924316696, 0.041666666666667}, {0.0, 0.125}, {2.2924316696, 0.041666666666667}}}},
    [ACT_TANH] =
        {{1, 0, 0, 0},
         {1, 0, 0, 0},
         {{NONE},
          {{0.0, 1.0}},
          {{-0.6584789485, 0.769800358919502}, {0.6584789485, 0.769800358919502}},
          {{-1.1462158348, 0.666666666666667}, {0.0, 2.0}, {1.1462158348, 0.666666666666667}}}},
    [ACT_ARCTAN] = {{1.570796326794897, 0, 0, 0},
                    {1.570796326794897, 0, 0, 0},
                    {{NONE},
                     {{0.0, 1.0}},
                     {{-0.5773502692, 0.649519052838330}, {0.5773502692, 0.649519052838330}},
                     {{-1.0, 0.5}, {0.0, 2.0}, {1.0, 0.5}}}},
    [ACT_GELU] = {{0, 0, 0, 0},
                  {INF, 1, 0, 0},
                  {{{-0.7517915247, 0.169971207479904}},
                   {{-1.4142135624, 0.128904145185155}, {1.4142135624, 1.128904145185155}},
                   {{-2.0, 0.107981933026377}, {0.0, 0.797884560802866}, {2.0, 0.107981933026377}},
                   {{-2.5243377990, 0.0987416586114697},
                    {-0.7922869914, 0.778769635055733},
                    {0.7922869914, 0.778769635055733},
                    {2.5243377990, 0.0987416586114697}}}},
    [ACT_SILU] =
        {{0, 0, 0, 0},
         {INF, 1, 0, 0},
         {{{-1.2784645428, 0.278464542761074}},
          {{-2.3993572805, 0.0998393201288670}, {2.3993572805, 1.099839320128867}},
          {{-3.4358409935, 0.0369143731998937}, {0.0, 0.5}, {3.4358409935, 0.0369143731998937}},
          {{-4.4292351006, 0.0138622976554704},
           {-1.0319582418, 0.308181515796480},
           {1.0319582418, 0.308181515796480},
           {4.4292351006, 0.0138622976554704}}}},
};

/* |s^(k)| from its computed value, rounded up. */
static double widen(const nd_act *act, int k, double v)
{
    return (fabs(v) * (1.0 + 0x1p-52) + act->err_abs[k]) * (1.0 + 2.0 * act->err_rel[k] + 0x1p-51);
}

static double value_up(int row, int k, double z)
{
    const nd_act *act = &nd_act_rows[row];
    double v[4], *const d[4] = {&v[0], &v[1], &v[2], &v[3]};

    act->jet(1, &z, k, d);
    return widen(act, k, v[k]);
}

/* va, vb: the computed s^(k) at lo and hi. */
static double sup_from_ends(int row, int k, double lo, double hi, double va, double vb)
{
    const nd_shape *sh = &shapes[row];
    const double delta = 1e-9;
    double a =
        isinf(lo) ? (lo < 0.0 ? sh->left[k] : sh->right[k]) : widen(&nd_act_rows[row], k, va);
    double b =
        isinf(hi) ? (hi < 0.0 ? sh->left[k] : sh->right[k]) : widen(&nd_act_rows[row], k, vb);
    double m = a > b ? a : b;

    if (!(lo <= hi) || isnan(a) || isnan(b)) return INF;
    for (const nd_crest *c = sh->crest[k]; c < sh->crest[k] + 4 && c->bound > 0.0; c++)
        if (c->at >= lo - delta && c->at <= hi + delta && c->bound > m) m = c->bound;
    return m;
}

/* Up to BATCH intervals: both ends in one call of the jet. */
static void sup_batch(int row, int k, size_t n, const double *lo, const double *hi, double *sup)
{
    double z[2 * BATCH], v[4][2 * BATCH], *const d[4] = {v[0], v[1], v[2], v[3]};

    memcpy(z, lo, n * sizeof *z);
    memcpy(z + n, hi, n * sizeof *z);
    nd_act_rows[row].jet(2 * n, z, k, d);
    for (size_t i = 0; i < n; i++)
        sup[i] = sup_from_ends(row, k, lo[i], hi[i], v[k][i], v[k][n + i]);
}

static double sup_of(int row, int k, double lo, double hi)
{
    double sup;

    if (!(lo <= hi) || k < 0 || k > 3) return INF;
    sup_batch(row, k, 1, &lo, &hi, &sup);
    return sup;
}

static bool has_kink(const nd_act *act)
{
    return act->smooth < ND_SMOOTH_INF;
}

void nd_act_sups(const nd_act *act, int k, size_t n, const double *lo, const double *hi,
                 double *sup)
{
    for (size_t i = 0; i < n; i += BATCH) {
        size_t m = n - i < BATCH ? n - i : BATCH;

        if (!has_kink(act)) sup_batch((int)(act - nd_act_rows), k, m, lo + i, hi + i, sup + i);
        for (size_t j = i; has_kink(act) && j < i + m; j++) sup[j] = act->sup(k, lo[j], hi[j]);
    }
}

double nd_sup_softplus(int k, double lo, double hi)
{
    return sup_of(ACT_SOFTPLUS, k, lo, hi);
}

double nd_sup_squareplus(int k, double lo, double hi)
{
    return sup_of(ACT_SQUAREPLUS, k, lo, hi);
}

double nd_sup_exp(int k, double lo, double hi)
{
    return sup_of(ACT_EXP, k, lo, hi);
}

double nd_sup_square(int k, double lo, double hi)
{
    return sup_of(ACT_SQUARE, k, lo, hi);
}

double nd_sup_sigmoid(int k, double lo, double hi)
{
    return sup_of(ACT_SIGMOID, k, lo, hi);
}

double nd_sup_tanh(int k, double lo, double hi)
{
    return sup_of(ACT_TANH, k, lo, hi);
}

double nd_sup_arctan(int k, double lo, double hi)
{
    return sup_of(ACT_ARCTAN, k, lo, hi);
}

double nd_sup_gelu(int k, double lo, double hi)
{
    return sup_of(ACT_GELU, k, lo, hi);
}

double nd_sup_silu(int k, double lo, double hi)
{
    return sup_of(ACT_SILU, k, lo, hi);
}

/* ---- kinks ---------------------------------------------------------------- */

/* For k >= 1 the Lipschitz constant of s^(k-1): where s^(k-1) has a kink both
 * slopes count, where it jumps there is none. */
static bool straddles(double lo, double hi)
{
    return lo <= 0.0 && hi >= 0.0;
}

double nd_sup_elu(int k, double lo, double hi)
{
    double m;

    if (!(lo <= hi) || k < 0 || k > 3) return INF;
    if (k == 3 && straddles(lo, hi)) return INF;
    if (k == 0) {
        m = lo < 0.0 ? (isinf(lo) ? 1.0 : value_up(ACT_ELU, 0, lo)) : 0.0;
        return hi > m ? hi : m;
    }
    if (hi >= 0.0) return k == 1 || lo <= 0.0 ? 1.0 : 0.0;
    return isinf(hi) ? 0.0 : value_up(ACT_ELU, k, hi);
}

static double ramp_sup(double leak, int k, double lo, double hi)
{
    double a = lo < 0.0 ? (leak > 0.0 ? -leak * lo * (1.0 + 0x1p-51) : 0.0) : lo;

    if (!(lo <= hi) || k < 0 || k > 3) return INF;
    if (k == 0) return hi > a ? hi : a;
    if (k == 1) return hi >= 0.0 ? 1.0 : leak;
    return straddles(lo, hi) ? INF : 0.0;
}

double nd_sup_relu(int k, double lo, double hi)
{
    return ramp_sup(0.0, k, lo, hi);
}

double nd_sup_leakyrelu(int k, double lo, double hi)
{
    return ramp_sup(ND_LEAK, k, lo, hi);
}
