/* The elementary functions against MPFR at 160 bits.
 *
 * For every function: the special values, every binade of the domain from both ends
 * (random mantissas), and random points where the function bends.  The error in units
 * of 2u|f| must respect ND_ERR_f in the normal range and ND_TINY below it; the largest
 * found is printed.  ND_FULL=1 takes 10^7 points per function, else 10^5. */
#include "../support.h"

#include <float.h>

#include <mpfr.h>
#include <nadir/num.h>

#define BITS 160

typedef struct {
    const char *name;
    double bound;  /* ulp                                        */
    double lo, hi; /* random points are also taken from here     */
    double (*f)(double);
    void (*v)(size_t, const double *, double *);
    void (*exact)(mpfr_t y, const mpfr_t x);
} function;

/* ---- the truth ------------------------------------------------------------------ */

static void exact_exp(mpfr_t y, const mpfr_t x)
{
    mpfr_exp(y, x, MPFR_RNDN);
}

static void exact_log(mpfr_t y, const mpfr_t x)
{
    mpfr_log(y, x, MPFR_RNDN);
}

static void exact_log1p(mpfr_t y, const mpfr_t x)
{
    mpfr_log1p(y, x, MPFR_RNDN);
}

static void exact_tanh(mpfr_t y, const mpfr_t x)
{
    mpfr_tanh(y, x, MPFR_RNDN);
}

static void exact_atan(mpfr_t y, const mpfr_t x)
{
    mpfr_atan(y, x, MPFR_RNDN);
}

static void exact_sigmoid(mpfr_t y, const mpfr_t x)
{
    mpfr_neg(y, x, MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    mpfr_ui_div(y, 1, y, MPFR_RNDN);
}

/* max(x, 0) + log(1 + e^-|x|): e^x itself may overflow even here. */
static void exact_softplus(mpfr_t y, const mpfr_t x)
{
    mpfr_abs(y, x, MPFR_RNDN);
    mpfr_neg(y, y, MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_log1p(y, y, MPFR_RNDN);
    if (mpfr_sgn(x) > 0) mpfr_add(y, y, x, MPFR_RNDN);
}

/* Phi(x) = erfc(-x / sqrt 2) / 2; the division is done with 64 more bits, since the
 * tail magnifies its error by x^2. */
static void exact_phi(mpfr_t y, const mpfr_t x)
{
    mpfr_t t;

    mpfr_init2(t, BITS + 64);
    mpfr_sqrt_ui(t, 2, MPFR_RNDN);
    mpfr_div(t, x, t, MPFR_RNDN);
    mpfr_neg(t, t, MPFR_RNDN);
    mpfr_erfc(y, t, MPFR_RNDN);
    mpfr_div_2ui(y, y, 1, MPFR_RNDN);
    mpfr_clear(t);
}

static const function functions[] = {
    {"exp", ND_ERR_EXP, -745.5, 710.0, nd_exp, nd_vexp, exact_exp},
    {"log", ND_ERR_LOG, 0.25, 4.0, nd_log, nd_vlog, exact_log},
    {"log1p", ND_ERR_LOG1P, -1.0, 3.0, nd_log1p, nd_vlog1p, exact_log1p},
    {"tanh", ND_ERR_TANH, -23.0, 23.0, nd_tanh, nd_vtanh, exact_tanh},
    {"sigmoid", ND_ERR_SIGMOID, -745.5, 40.0, nd_sigmoid, nd_vsigmoid, exact_sigmoid},
    {"softplus", ND_ERR_SOFTPLUS, -745.5, 40.0, nd_softplus, nd_vsoftplus, exact_softplus},
    {"atan", ND_ERR_ATAN, -8.0, 8.0, nd_atan, nd_vatan, exact_atan},
    {"phi", ND_ERR_PHI, -38.6, 9.0, nd_phi, nd_vphi, exact_phi},
};
#define FUNCTIONS (sizeof functions / sizeof functions[0])

/* ---- comparing --------------------------------------------------------------------- */

typedef struct {
    mpfr_t x, y, d;
} comparison;

/* Of all tests together, printed at the end. */
static struct {
    double ulp, at;
    size_t points;
} worst[FUNCTIONS];

static void comparison_init(comparison *c)
{
    mpfr_inits2(BITS, c->x, c->y, c->d, (mpfr_ptr)0);
}

static void comparison_clear(comparison *c)
{
    mpfr_clears(c->x, c->y, c->d, (mpfr_ptr)0);
}

/* Fails unless y is f(x) within the stated bound; y beyond DBL_MAX must be inf. */
static void compare(const function *f, comparison *c, double x, double y)
{
    double e, room;

    mpfr_set_d(c->x, x, MPFR_RNDN);
    f->exact(c->y, c->x);
    worst[f - functions].points++;
    if (mpfr_nan_p(c->y)) {
        if (!isnan(y)) fail_msg("%s(%a) = %a, not NaN", f->name, x, y);
        return;
    }
    e = mpfr_get_d(c->y, MPFR_RNDN);
    if (isinf(y) || isinf(e)) { /* one ulp around the end of the range is allowed */
        if (y != e && nd_test_ulps(y, e) > 1) fail_msg("%s(%a) = %a, not %a", f->name, x, y, e);
        return;
    }
    mpfr_sub_d(c->d, c->y, y, MPFR_RNDN);
    if (fabs(e) < DBL_MIN) {
        if (!(mpfr_cmpabs_ui(c->d, 0) == 0 || fabs(mpfr_get_d(c->d, MPFR_RNDA)) <= ND_TINY))
            fail_msg("%s(%a) = %a, not %a", f->name, x, y, e);
        return;
    }
    mpfr_div(c->d, c->d, c->y, MPFR_RNDN);
    room = fabs(mpfr_get_d(c->d, MPFR_RNDA)) / DBL_EPSILON;
    if (!(room <= f->bound)) fail_msg("%s(%a) = %a, not %a: %g ulp", f->name, x, y, e, room);
    if (room > worst[f - functions].ulp) {
        worst[f - functions].ulp = room;
        worst[f - functions].at = x;
    }
}

#define CHUNK 1000

static void compare_chunk(const function *f, comparison *c, size_t n, const double *x)
{
    double y[CHUNK];

    f->v(n, x, y);
    for (size_t i = 0; i < n; i++) compare(f, c, x[i], y[i]);
}

static size_t points_wanted(void)
{
    const char *full = getenv("ND_FULL");

    return full && full[0] == '1' ? 10000000 : 100000;
}

/* ---- tests ------------------------------------------------------------------------- */

static void random_points(void **state)
{
    size_t n = points_wanted();

    (void)state;
    for (size_t k = 0; k < FUNCTIONS; k++) {
        const function *f = &functions[k];
        comparison c;
        double x[CHUNK];
        nd_rng rng = nd_rng_make(1, k);

        comparison_init(&c);
        for (size_t done = 0; done < n; done += CHUNK) {
            for (size_t i = 0; i < CHUNK; i++) {
                x[i] = f->lo + (f->hi - f->lo) * nd_rng_uniform(&rng);
                if (i % 3 == 1) x[i] *= 0.01;
                if (i % 3 == 2) x[i] = ldexp(x[i], -(int)nd_rng_below(&rng, 64));
            }
            compare_chunk(f, &c, CHUNK, x);
        }
        comparison_clear(&c);
    }
}

/* Every exponent, both signs, and the ends of each binade. */
static void all_binades(void **state)
{
    (void)state;
    for (size_t k = 0; k < FUNCTIONS; k++) {
        comparison c;
        nd_rng rng = nd_rng_make(2, k);

        comparison_init(&c);
        for (uint64_t e = 0; e < 2047; e++) {
            double x[16];
            for (uint64_t i = 0; i < 16; i++) {
                uint64_t m = i < 2 ? 0 : i < 4 ? 0xfffffffffffffu : nd_rng_u64(&rng) >> 12;
                uint64_t b = (i & 1) << 63 | e << 52 | m;
                memcpy(&x[i], &b, sizeof b);
            }
            compare_chunk(&functions[k], &c, 16, x);
        }
        comparison_clear(&c);
    }
}

/* The neighbourhoods where a kernel changes its path. */
static void seams(void **state)
{
    static const double seam[] = {0.34657359027997264,
                                  0.17328679513998632,
                                  0.6931471805599453,
                                  0.41421356237309503,
                                  2.414213562373095,
                                  1.4142135623730951,
                                  0.7071067811865476,
                                  1.0,
                                  22.0,
                                  690.0,
                                  708.3964185322641,
                                  709.782712893384,
                                  745.1332191019412,
                                  0x1p-54,
                                  0x1p-53,
                                  0x1p60,
                                  DBL_MIN,
                                  37.5193793471445,
                                  38.5674505092,
                                  39.0};

    (void)state;
    for (size_t k = 0; k < FUNCTIONS; k++) {
        comparison c;

        comparison_init(&c);
        for (size_t s = 0; s < sizeof seam / sizeof seam[0]; s++)
            for (int sign = -1; sign <= 1; sign += 2) {
                double x[200], v = sign * seam[s];
                for (int i = 0; i < 100; i++) v = nextafter(v, -INFINITY);
                for (int i = 0; i < 200; i++, v = nextafter(v, INFINITY)) x[i] = v;
                compare_chunk(&functions[k], &c, 200, x);
            }
        comparison_clear(&c);
    }
}

static void same(const char *what, double got, double want)
{
    if (isnan(want) ? !isnan(got) : got != want || signbit(got) != signbit(want))
        fail_msg("%s is %a, not %a", what, got, want);
}

static void special_values(void **state)
{
    const double inf = INFINITY, nan = NAN, pi_2 = 0x1.921fb54442d18p+0;

    (void)state;
    for (size_t k = 0; k < FUNCTIONS; k++) same(functions[k].name, functions[k].f(nan), nan);
    same("exp 0", nd_exp(0.0), 1.0);
    same("exp -0", nd_exp(-0.0), 1.0);
    same("exp inf", nd_exp(inf), inf);
    same("exp -inf", nd_exp(-inf), 0.0);
    same("exp 710", nd_exp(710.0), inf);
    same("exp -746", nd_exp(-746.0), 0.0);
    same("exp -745.13", nd_exp(-745.13), 0x1p-1074);
    same("log 1", nd_log(1.0), 0.0);
    same("log 0", nd_log(0.0), -inf);
    same("log -0", nd_log(-0.0), -inf);
    same("log inf", nd_log(inf), inf);
    same("log -1", nd_log(-1.0), nan);
    same("log -inf", nd_log(-inf), nan);
    same("log1p 0", nd_log1p(0.0), 0.0);
    same("log1p -0", nd_log1p(-0.0), -0.0);
    same("log1p -1", nd_log1p(-1.0), -inf);
    same("log1p -1.5", nd_log1p(-1.5), nan);
    same("log1p -inf", nd_log1p(-inf), nan);
    same("log1p inf", nd_log1p(inf), inf);
    same("log1p tiny", nd_log1p(0x1p-1074), 0x1p-1074);
    same("tanh 0", nd_tanh(0.0), 0.0);
    same("tanh -0", nd_tanh(-0.0), -0.0);
    same("tanh inf", nd_tanh(inf), 1.0);
    same("tanh -inf", nd_tanh(-inf), -1.0);
    same("tanh tiny", nd_tanh(-0x1p-1074), -0x1p-1074);
    same("sigmoid 0", nd_sigmoid(0.0), 0.5);
    same("sigmoid inf", nd_sigmoid(inf), 1.0);
    same("sigmoid -inf", nd_sigmoid(-inf), 0.0);
    same("softplus inf", nd_softplus(inf), inf);
    same("softplus -inf", nd_softplus(-inf), 0.0);
    same("softplus max", nd_softplus(DBL_MAX), DBL_MAX);
    same("atan 0", nd_atan(0.0), 0.0);
    same("atan -0", nd_atan(-0.0), -0.0);
    same("atan inf", nd_atan(inf), pi_2);
    same("atan -inf", nd_atan(-inf), -pi_2);
    same("phi 0", nd_phi(0.0), 0.5);
    same("phi inf", nd_phi(inf), 1.0);
    same("phi -inf", nd_phi(-inf), 0.0);
}

static int print_worst(void **state)
{
    (void)state;
    for (size_t k = 0; k < FUNCTIONS; k++)
        print_message("%-8s %zu points, at most %.3f ulp, at %a; stated %.2f\n", functions[k].name,
                      worst[k].points, worst[k].ulp, worst[k].at, functions[k].bound);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_values),
        cmocka_unit_test(seams),
        cmocka_unit_test(all_binades),
        cmocka_unit_test(random_points),
    };
    return cmocka_run_group_tests(tests, NULL, print_worst);
}
