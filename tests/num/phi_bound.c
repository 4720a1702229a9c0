/* Proves how far the polynomials of src/num/elementary.h are from what they approximate.
 *
 * Each polynomial is read from the text of the header (and the compiled function compared
 * with it), its weighted difference D from the function is enclosed with balls (Arb) on
 * pieces |x - c| <= h that cover the range, by Taylor's formula,
 *
 *     |D(x)| <= sum_{k<n} |D_k(c)| h^k + |D_n([c - h, c + h])| h^n,
 *
 * and the supremum compared with tests/num/polynomial_errors.txt, which the derivation
 * of the error bounds (tools/golden/num_bounds.py) takes for granted.  For exp, log and
 * atan D is itself a power series with coefficients <= 1: cut after TERMS terms, the rest
 * bounded by a geometric series.  For phi the series at c and on the ball are Arb's. */
#include "../support.h"

#include "num/elementary.h"

#if __has_include(<flint/arb.h>) /* FLINT 3 */
#include <flint/arb_hypgeom.h>
#include <flint/arb_poly.h>
#else /* FLINT 2 and Arb */
#include <arb_hypgeom.h>
#include <arb_poly.h>
#endif
#include <ctype.h>

#define PREC   400  /* bits; the series at 39 cancel some 60 of them              */
#define TERMS  100  /* of the power series: 0.35^100 < 2^-150                      */
#define ORDER  30   /* n above for phi; more than the degree of the polynomial     */
#define PIECES 2000 /* dense at the ends, where the differences oscillate fastest  */

/* ---- the header's functions as polynomials ------------------------------------------- */

#define NAMES 16

typedef struct {
    const char *at;
    size_t count;
    char name[NAMES][8];
    arb_poly_t value[NAMES];
} reader;

static void sum(reader *r, arb_poly_t out);

static bool take(reader *r, char c)
{
    r->at += strspn(r->at, " \n");
    if (*r->at != c) return false;
    r->at++;
    return true;
}

/* The index of the name that comes next, a new one if need be. */
static size_t name(reader *r)
{
    size_t n = 0, k = 0;
    char text[8] = "";

    for (r->at += strspn(r->at, " \n"); n < 7 && isalnum((unsigned char)*r->at); n++)
        text[n] = *r->at++;
    assert_true(n > 0);
    while (k < r->count && strcmp(r->name[k], text) != 0) k++;
    if (k < r->count) return k;
    assert_true(k < NAMES);
    memcpy(r->name[k], text, sizeof text);
    arb_poly_init(r->value[k]);
    return r->count++;
}

static void factor(reader *r, arb_poly_t out)
{
    char *end;
    arb_t c;

    if (take(r, '(')) {
        sum(r, out);
        assert_true(take(r, ')'));
    } else if (take(r, '-')) {
        factor(r, out);
        arb_poly_neg(out, out);
    } else if (isdigit((unsigned char)*r->at)) {
        arb_init(c);
        arb_set_d(c, strtod(r->at, &end));
        arb_poly_set_arb(out, c);
        arb_clear(c);
        r->at = end;
    } else {
        arb_poly_set(out, r->value[name(r)]);
    }
}

static void product(reader *r, arb_poly_t out)
{
    arb_poly_t next;

    arb_poly_init(next);
    factor(r, out);
    while (take(r, '*')) {
        factor(r, next);
        arb_poly_mul(out, out, next, PREC);
    }
    arb_poly_clear(next);
}

static void sum(reader *r, arb_poly_t out)
{
    arb_poly_t next;

    arb_poly_init(next);
    product(r, out);
    while (take(r, '+')) {
        product(r, next);
        arb_poly_add(out, out, next, PREC);
    }
    arb_poly_clear(next);
}

/* name = sum {, name = sum}; */
static void assignments(reader *r)
{
    arb_poly_t v;

    arb_poly_init(v);
    do {
        size_t k = name(r);
        assert_true(take(r, '='));
        sum(r, v);
        arb_poly_set(r->value[k], v);
    } while (take(r, ','));
    assert_true(take(r, ';'));
    arb_poly_clear(v);
}

static char *header(void)
{
    FILE *f = fopen(ND_SOURCE_DIR "/src/num/elementary.h", "rb");
    char *text = calloc(1, 65536);

    assert_true(f && text);
    assert_in_range(fread(text, 1, 65535, f), 1, 65534);
    fclose(f);
    return text;
}

/* out := the polynomial that el_FUNCTION(double x) evaluates. */
static void read_polynomial(const char *function, arb_poly_t out)
{
    char *text = header(), head[64];
    reader r = {0};

    snprintf(head, sizeof head, "double el_%s(double ", function);
    r.at = strstr(text, head);
    assert_non_null(r.at);
    r.at += strlen(head);
    arb_poly_set_coeff_si(r.value[name(&r)], 1, 1);
    assert_true(take(&r, ')') && take(&r, '{'));
    while (strncmp(r.at += strspn(r.at, " \n"), "return", 6) != 0) {
        if (strncmp(r.at, "double", 6) == 0) r.at += 6;
        assignments(&r);
    }
    r.at += 6;
    sum(&r, out);
    assert_true(take(&r, ';') && take(&r, '}'));
    for (size_t k = 0; k < r.count; k++) arb_poly_clear(r.value[k]);
    free(text);
}

/* ---- the functions --------------------------------------------------------------------- */

/* x^shift (polynomial - function); the k-th coefficient of the function is
 * (-1)^(k alternating) times term(k), at most 1 in size. */
typedef struct {
    const char *bound, *function; /* in polynomial_errors.txt; in the header */
    double (*compiled)(double);
    double lo, hi; /* contains the range of the reduced argument */
    void (*term)(arb_t out, slong k);
    slong shift;
} fit;

static double exp_tail(double r)
{
    return el_exp_tail(r);
}

static double log_tail(double z)
{
    return el_log_tail(z);
}

static double atan_tail(double z)
{
    return el_atan_tail(z);
}

static double mills_poly(double t)
{
    return el_mills_poly(t);
}

static void exp_term(arb_t out, slong k)
{
    arb_fac_ui(out, (ulong)k + 2, PREC);
    arb_inv(out, out, PREC);
}

static void log_term(arb_t out, slong k)
{
    arb_set_si(out, k == 0 ? 0 : 2);
    arb_div_si(out, out, 2 * k + 1, PREC);
}

static void atan_term(arb_t out, slong k)
{
    arb_set_si(out, k % 2 ? -1 : 1);
    arb_div_si(out, out, 2 * k + 3, PREC);
}

/* The ranges of docs/elementary.md with 2^-20 to spare: (log 2)/2, (3 - 2 sqrt 2)^2,
 * (sqrt 2 - 1)^2, and t for 0 <= a <= 39. */
static const fit fits[] = {
    {"exp_tail", "exp_tail", exp_tail, -0.346574, 0.346574, exp_term, 2},
    {"exp_tail_unweighted", "exp_tail", exp_tail, -0.346574, 0.346574, exp_term, 0},
    {"log_tail", "log_tail", log_tail, 0.0, 0.0294374, log_term, 0},
    {"atan_tail", "atan_tail", atan_tail, 0.0, 0.171574, atan_term, 1},
    {"mills_poly", "mills_poly", mills_poly, -1.0, 0.81396, NULL, 0}};

/* D := x^shift (P - the first TERMS terms); tail := a bound for the others. */
static void difference(arb_poly_t D, arb_t tail, const fit *f, const arb_poly_t P)
{
    arb_t c, x;

    arb_init(c);
    arb_init(x);
    arb_poly_zero(D);
    for (slong k = 0; k < TERMS; k++) {
        f->term(c, k);
        arb_poly_set_coeff_arb(D, k, c);
    }
    arb_poly_sub(D, P, D, PREC);
    arb_poly_shift_left(D, D, f->shift);
    arb_set_d(x, f->hi); /* the larger end in size; weights are below 1 */
    arb_pow_ui(tail, x, TERMS, PREC);
    arb_sub_ui(x, x, 1, PREC);
    arb_div(tail, tail, x, PREC);
    arb_abs(tail, tail);
    arb_clear(c);
    arb_clear(x);
}

/* out := n terms in s of (a + 5/4) e^(a^2/2) Phi(-a), a = 4 (1 + t + s) / (1 - t - s). */
static void mills_series(arb_poly_t out, const arb_t t, slong n)
{
    arb_poly_t a, b;
    arb_t c;

    arb_poly_init(a);
    arb_poly_init(b);
    arb_init(c);
    arb_poly_set_coeff_arb(a, 0, t);
    arb_poly_set_coeff_si(a, 1, 1);
    arb_poly_neg(b, a);
    arb_poly_add_si(b, b, 1, PREC);
    arb_poly_add_si(a, a, 1, PREC);
    arb_poly_scalar_mul_2exp_si(a, a, 2);
    arb_poly_div_series(a, a, b, n, PREC);
    arb_poly_mullow(b, a, a, n, PREC);
    arb_poly_scalar_mul_2exp_si(b, b, -1);
    arb_poly_exp_series(out, b, n, PREC); /* e^(a^2/2) */
    arb_sqrt_ui(c, 2, PREC);
    arb_poly_scalar_div(b, a, c, PREC);
    arb_hypgeom_erfc_series(b, b, n, PREC);
    arb_poly_scalar_mul_2exp_si(b, b, -1); /* Phi(-a) */
    arb_poly_mullow(out, out, b, n, PREC);
    arb_set_d(c, 1.25);
    arb_poly_set_arb(b, c);
    arb_poly_add(a, a, b, PREC);
    arb_poly_mullow(out, out, a, n, PREC);
    arb_poly_clear(a);
    arb_poly_clear(b);
    arb_clear(c);
}

/* ---- suprema -------------------------------------------------------------------------------- */

/* out := sum |p_k| h^k over k >= first, an upper bound. */
static void size_of(arb_t out, const arb_poly_t p, slong first, const arb_t h)
{
    arb_t c;

    arb_init(c);
    arb_zero(out);
    for (slong k = arb_poly_length(p) - 1; k >= 0; k--) {
        arb_poly_get_coeff_arb(c, p, k);
        arb_abs(c, c);
        arb_mul(out, out, h, PREC);
        if (k >= first) arb_add(out, out, c, PREC);
    }
    arb_clear(c);
}

/* |D| <= out on the piece, D a polynomial. */
static void sup_polynomial(arb_t out, const arb_poly_t D, const arb_t c, const arb_t h)
{
    arb_poly_t at;

    arb_poly_init(at);
    arb_poly_taylor_shift(at, D, c, PREC);
    size_of(out, at, 0, h);
    arb_poly_clear(at);
}

/* |P - M| / M <= out on the piece. */
static void sup_mills(arb_t out, const arb_poly_t P, const arb_t c, const arb_t h)
{
    arb_poly_t M, D;
    arb_t rest, low, ball;

    arb_poly_init(M);
    arb_poly_init(D);
    arb_init(rest);
    arb_init(low);
    arb_init(ball);
    arb_set(ball, c);
    arb_add_error(ball, h);
    mills_series(M, ball, ORDER + 1); /* the remainder h^n |M_n| */
    arb_poly_get_coeff_arb(rest, M, ORDER);
    arb_abs(rest, rest);
    arb_pow_ui(ball, h, ORDER, PREC);
    arb_mul(rest, rest, ball, PREC);
    mills_series(M, c, ORDER);
    arb_poly_taylor_shift(D, P, c, PREC);
    arb_poly_sub(D, D, M, PREC);
    size_of(out, D, 0, h);
    arb_add(out, out, rest, PREC);
    size_of(ball, M, 1, h); /* M >= M_0 - the other terms */
    arb_add(rest, rest, ball, PREC);
    arb_poly_get_coeff_arb(low, M, 0);
    arb_sub(low, low, rest, PREC);
    assert_true(arb_is_positive(low));
    arb_div(out, out, low, PREC);
    arb_poly_clear(M);
    arb_poly_clear(D);
    arb_clear(rest);
    arb_clear(low);
    arb_clear(ball);
}

static double node(const fit *f, int i)
{
    double half = 0.5 * (f->hi - f->lo),
           x = f->lo + half * (1.0 - cos(3.141592653589793 * i / PIECES));
    return i == 0 ? f->lo : i == PIECES ? f->hi : x;
}

/* out := max over the pieces; neighbours share their ends, so nothing is left out. */
static void supremum(arb_t out, const fit *f, const arb_poly_t P)
{
    arb_poly_t D;
    arb_t tail, c, h, one;

    arb_poly_init(D);
    arb_init(tail);
    arb_init(c);
    arb_init(h);
    arb_init(one);
    arb_zero(out);
    if (f->term) difference(D, tail, f, P);
    for (int i = 0; i < PIECES; i++) {
        double lo = node(f, i), hi = node(f, i + 1), mid = 0.5 * (lo + hi);
        arb_set_d(c, mid);
        arb_set_d(h, fmax(hi - mid, mid - lo) * (1.0 + 0x1p-40)); /* rounding to spare */
        if (f->term)
            sup_polynomial(one, D, c, h);
        else
            sup_mills(one, P, c, h);
        arb_max(out, out, one, PREC);
    }
    arb_add(out, out, tail, PREC);
    arb_poly_clear(D);
    arb_clear(tail);
    arb_clear(c);
    arb_clear(h);
    arb_clear(one);
}

/* The exponent X stated for this name. */
static double stated(const char *wanted)
{
    FILE *f = fopen(ND_SOURCE_DIR "/tests/num/polynomial_errors.txt", "r");
    char line[128], key[32];
    double x, found = NAN;

    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%31s %lf", key, &x) == 2 && strcmp(key, wanted) == 0) found = x;
    fclose(f);
    assert_true(found < 0.0);
    return found;
}

static void proved(void **state)
{
    arb_poly_t P;
    arb_t sup, bound, two;

    (void)state;
    arb_poly_init(P);
    arb_init(sup);
    arb_init(bound);
    arb_init(two);
    arb_set_ui(two, 2);
    for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++) {
        double x = stated(fits[i].bound);
        read_polynomial(fits[i].function, P);
        supremum(sup, &fits[i], P);
        arb_set_d(bound, x);
        arb_pow(bound, two, bound, PREC);
        arb_div(bound, sup, bound, PREC);
        print_message("%s: supremum = %.4f * 2^%g\n", fits[i].bound,
                      arf_get_d(arb_midref(bound), ARF_RND_UP), x);
        arb_sub_ui(bound, bound, 1, PREC);
        assert_true(arb_is_negative(bound));
    }
    arb_poly_clear(P);
    arb_clear(sup);
    arb_clear(bound);
    arb_clear(two);
    flint_cleanup();
}

/* What was read is what is compiled, up to its rounding. */
static void read_right(void **state)
{
    arb_poly_t P;
    arb_t x;

    (void)state;
    arb_poly_init(P);
    arb_init(x);
    for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++) {
        read_polynomial(fits[i].function, P);
        for (int k = 0; k <= PIECES; k += 10) {
            double t = node(&fits[i], k);
            arb_set_d(x, t);
            arb_poly_evaluate(x, P, x, PREC);
            nd_assert_close(fits[i].compiled(t), arf_get_d(arb_midref(x), ARF_RND_NEAR), 1e-15,
                            0.0);
        }
    }
    arb_poly_clear(P);
    arb_clear(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(read_right), cmocka_unit_test(proved)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
