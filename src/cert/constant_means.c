/* Are the class means of x equal?  Decided in integers, since floats are rationals:
 *
 *   Omega- sum_{+} omega_i x_ik  =  Omega+ sum_{-} omega_i x_ik   for every column k.
 *
 * A sum is a row of digits to the base 2^32: sum_p digit[p] 2^(32 p - 1120).  A double is
 * cut into three of them, a product of two doubles is first written as the sum of two
 * (nd_two_prod, exact for factors that are neither huge nor tiny).  Nothing is rounded. */
#include "base/memory.h"
#include "cert/constant.h"
#include "cert/dd.h"

#include <string.h>

#define DIGITS   72 /* 2^-1120 .. 2^1184: more than the range of doubles         */
#define LOWEST   (-1120)
#define LARGEST  0x1p250    /* of a factor: products of three keep all their bits        */
#define WIDEST   10000      /* columns: 12 MB of digits                                    */
#define CARRY_AT 0x20000000 /* additions of three 32-bit digits before an int64 is full */

typedef struct {
    int64_t digit[DIGITS];
    size_t added;
} exact_sum;

/* All |digit| < 2^32.  The sum is then 0 only when every digit is: the last one that is
 * not 0 is no multiple of 2^32, what stands before it is. */
static void carry(exact_sum *s)
{
    for (size_t p = 0; p + 1 < DIGITS; p++) {
        s->digit[p + 1] += s->digit[p] / 0x100000000;
        s->digit[p] %= 0x100000000;
    }
    s->added = 0;
}

static void add(exact_sum *s, double x)
{
    int e;
    double f = frexp(x, &e); /* x = f 2^e: the integer f 2^53 times 2^(e - 53) */
    int at = e - 53 - LOWEST, p = at / 32, shift = at % 32;
    int64_t m = (int64_t)ldexp(f, 53), sign = m < 0 ? -1 : 1;
    uint64_t a = (uint64_t)(sign * m), low, high;

    if (x == 0.0) return;
    low = (a & 0xffffffffU) << shift;
    high = (a >> 32) << shift;
    s->digit[p] += sign * (int64_t)(low & 0xffffffffU);
    s->digit[p + 1] += sign * (int64_t)((low >> 32) + (high & 0xffffffffU));
    s->digit[p + 2] += sign * (int64_t)(high >> 32);
    if (++s->added >= CARRY_AT) carry(s);
}

static void add_product(exact_sum *s, double a, double b)
{
    double e, p = nd_two_prod(a, b, &e);

    add(s, p);
    add(s, e);
}

/* s += sign a b, both carried. */
static void add_sums(exact_sum *s, double sign, const exact_sum *a, const exact_sum *b)
{
    for (size_t p = 0; p < DIGITS; p++) {
        double x = sign * ldexp((double)a->digit[p], 32 * (int)p + LOWEST);

        for (size_t q = 0; q < DIGITS && x != 0.0; q++)
            if (b->digit[q] != 0)
                add_product(s, x, ldexp((double)b->digit[q], 32 * (int)q + LOWEST));
    }
}

static bool is_zero(exact_sum *s)
{
    carry(s);
    for (size_t p = 0; p < DIGITS; p++)
        if (s->digit[p] != 0) return false;
    return true;
}

/* ---- the table ----------------------------------------------------------------------- */

static bool in_range(double x)
{
    return x == 0.0 || (fabs(x) <= LARGEST && fabs(x) >= 1.0 / LARGEST);
}

static bool all_in_range(const nd_table *t)
{
    size_t count = t->row ? t->row[t->n] : t->n * t->d;
    const double *x = t->row ? t->val : t->x;

    for (size_t k = 0; k < count; k++)
        if (!in_range(x[k])) return false;
    for (size_t i = 0; t->weight && i < t->n; i++)
        if (!in_range(t->weight[i])) return false;
    return true;
}

/* c = 0 for +, 1 for -: omega[c], column[c][k] are the sums of omega_i and omega_i x_ik. */
typedef struct {
    exact_sum *omega, *column[2];
} class_sums;

static void sum_table(const nd_table *t, double *row, const class_sums *s)
{
    for (size_t i = 0; i < t->n; i++) {
        size_t c = t->y[i] > 0.0 ? 0U : 1U;
        double omega = t->weight ? t->weight[i] : 1.0;

        nd_table_row(t, i, row);
        add(&s->omega[c], omega);
        for (size_t k = 0; k < t->d; k++)
            if (row[k] != 0.0) add_product(&s->column[c][k], omega, row[k]);
    }
    for (size_t c = 0; c < 2; c++) {
        carry(&s->omega[c]);
        for (size_t k = 0; k < t->d; k++) carry(&s->column[c][k]);
    }
}

static bool means_agree(size_t d, const class_sums *s)
{
    for (size_t k = 0; k < d; k++) {
        exact_sum difference = {0};

        add_sums(&difference, 1.0, &s->omega[1], &s->column[0][k]);
        add_sums(&difference, -1.0, &s->omega[0], &s->column[1][k]);
        if (!is_zero(&difference)) return false;
    }
    return true;
}

nd_status nd_equal_means(nd_ctx *ctx, const nd_table *t, nd_truth *equal)
{
    size_t plus = nd_table_count(t, 1.0);
    class_sums s = {0};
    double *row;
    nd_status status = ND_OK;

    *equal = ND_UNKNOWN;
    if (plus == 0 || plus == t->n || t->d > WIDEST || !all_in_range(t)) return ND_OK;
    row = ND_NEW(ctx, double, t->d);
    s.omega = ND_NEW0(ctx, exact_sum, 2 * (t->d + 1));
    if (row && s.omega) {
        s.column[0] = s.omega + 2;
        s.column[1] = s.column[0] + t->d;
        sum_table(t, row, &s);
        *equal = means_agree(t->d, &s) ? ND_PROVED : ND_REFUTED;
    } else {
        status = ND_EMEM;
    }
    nd_free(ctx, row);
    nd_free(ctx, s.omega);
    return status;
}
