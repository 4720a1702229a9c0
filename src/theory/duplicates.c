/* Equal feature vectors, exactly: rows are sorted by (hash, bits), so that equal rows
 * are neighbours; the hash only saves comparisons.  Zeros are skipped, those of either sign
 * and those that a sparse row spells out: they are all the same.
 *
 * No classifier tells equal points apart: of a group with p labels + and m labels -
 * at least min(p, m) are errors. */
#include <nadir/theory.h>

#include <string.h>

#include "base/memory.h"

typedef struct {
    uint64_t hash;
    size_t row;
} entry;

static uint64_t bits(double x)
{
    uint64_t u;

    memcpy(&u, &x, sizeof u);
    return u;
}

/* Finaliser of splitmix64: every bit of u reaches every bit of the result. */
static uint64_t mix(uint64_t u)
{
    u = (u ^ (u >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    u = (u ^ (u >> 27)) * UINT64_C(0x94d049bb133111eb);
    return u ^ (u >> 31);
}

/* The p-th stored entry of row i or later that is not zero: its column and bits; the
 * column is d at the end of the row. */
static size_t entry_at(const nd_table *t, size_t i, size_t *p, uint64_t *value)
{
    if (t->val) {
        while (*p < t->row[i + 1] && t->val[*p] == 0.0) ++*p;
        if (*p >= t->row[i + 1]) return t->d;
        *value = bits(t->val[*p]);
        return t->col[*p];
    }
    while (*p < t->d && t->x[i * t->d + *p] == 0.0) ++*p;
    if (*p < t->d) *value = bits(t->x[i * t->d + *p]);
    return *p;
}

static size_t first(const nd_table *t, size_t i)
{
    return t->val ? t->row[i] : 0;
}

static uint64_t hash_row(const nd_table *t, size_t i)
{
    uint64_t h = 0, value = 0;
    size_t k;

    for (size_t p = first(t, i); (k = entry_at(t, i, &p, &value)) < t->d; p++)
        h = mix(h + UINT64_C(0x9e3779b97f4a7c15) * (k + 1)) ^ mix(value);
    return h;
}

/* Any total order of rows in which equal ones are equal. */
static int compare_rows(const nd_table *t, size_t i, size_t j)
{
    size_t p = first(t, i), q = first(t, j), k, l;
    uint64_t u = 0, v = 0;

    for (;; p++, q++) {
        k = entry_at(t, i, &p, &u);
        l = entry_at(t, j, &q, &v);
        if (k != l) return k < l ? -1 : 1;
        if (k >= t->d) return 0;
        if (u != v) return u < v ? -1 : 1;
    }
}

static int compare(const nd_table *t, entry a, entry b)
{
    if (a.hash != b.hash) return a.hash < b.hash ? -1 : 1;
    return compare_rows(t, a.row, b.row);
}

static void sift(const nd_table *t, entry *e, size_t n, size_t root)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        entry held = e[root];
        if (child + 1 < n && compare(t, e[child], e[child + 1]) < 0) child++;
        if (compare(t, held, e[child]) >= 0) return;
        e[root] = e[child];
        e[child] = held;
    }
}

/* Heapsort: n log n comparisons whatever the data. */
static void sort(const nd_table *t, entry *e, size_t n)
{
    for (size_t i = n / 2; i-- > 0;) sift(t, e, n, i);
    for (size_t i = n; i-- > 1;) {
        entry top = e[0];
        e[0] = e[i];
        e[i] = top;
        sift(t, e, i, 0);
    }
}

static nd_duplicates count_groups(const nd_table *t, const entry *e)
{
    nd_duplicates r = {0};

    for (size_t i = 0, j; i < t->n; i = j) {
        size_t plus = 0, rarer;
        for (j = i; j < t->n && compare(t, e[i], e[j]) == 0; j++) plus += t->y[e[j].row] > 0.0;
        rarer = plus < j - i - plus ? plus : j - i - plus;
        r.distinct++;
        r.duplicates += j - i - 1;
        r.contradictory += rarer > 0;
        r.min_errors += rarer;
    }
    return r;
}

nd_status nd_duplicates_count(nd_ctx *ctx, const nd_table *t, nd_duplicates *out)
{
    entry *e;

    if (!t->y) return nd_fail(ctx, ND_EINPUT, "counting contradictory points needs labels");
    e = ND_NEW(ctx, entry, t->n);
    if (!e) return ND_EMEM;
    for (size_t i = 0; i < t->n; i++) e[i] = (entry){hash_row(t, i), i};
    sort(t, e, t->n);
    *out = count_groups(t, e);
    nd_free(ctx, e);
    return ND_OK;
}
