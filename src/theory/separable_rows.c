/* Input of the conditions on data, and equal rows, exactly: a hash table of rows with open addressing; the hash only saves
 * comparisons.  Zeros of either sign hash alike, spelt out or left out. */
#include "theory/separable.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

nd_status nd_check_labelled(nd_ctx *ctx, const nd_table *t, double limit)
{
    size_t entries = t->row ? t->row[t->n] : t->n * t->d;
    const double *x = t->row ? t->val : t->x;

    if (!t->y) return nd_fail(ctx, ND_EINPUT, "the conditions on data need labels");
    if (t->n == 0)
        return nd_fail(ctx, ND_EINPUT, "the conditions on data need at least one sample");
    if (!(limit >= 0.0)) return nd_fail(ctx, ND_ERANGE, "the time limit must be >= 0 seconds");
    for (size_t p = 0; p < entries; p++)
        if (!isfinite(x[p])) return nd_fail(ctx, ND_ENUMERIC, "a feature is not finite");
    return ND_OK;
}

static uint64_t mix(uint64_t h, size_t k, double x)
{
    uint64_t b;

    memcpy(&b, &x, sizeof b);
    h ^= b + (uint64_t)k * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ (h >> 32)) * UINT64_C(0xd6e8feb86659fd93);
    return h ^ (h >> 29);
}

static uint64_t hash_row(const nd_table *t, size_t i)
{
    uint64_t h = 0;

    if (t->row) {
        for (size_t p = t->row[i]; p < t->row[i + 1]; p++)
            if (t->val[p] != 0.0) h = mix(h, t->col[p], t->val[p]);
    } else {
        for (size_t k = 0; k < t->d; k++)
            if (t->x[i * t->d + k] != 0.0) h = mix(h, k, t->x[i * t->d + k]);
    }
    return h;
}

/* a, b: room for a row each. */
static bool equal(const nd_table *t, size_t i, size_t j, double *a, double *b)
{
    nd_table_row(t, i, a);
    nd_table_row(t, j, b);
    for (size_t k = 0; k < t->d; k++)
        if (!(a[k] == b[k])) return false;
    return true;
}

nd_status nd_rows_first(nd_ctx *ctx, const nd_table *t, size_t *first)
{
    size_t size = 16;
    nd_status status = ND_EMEM;
    size_t *slot; /* row + 1, or 0 */
    uint64_t *hash;
    double *row;

    while (size < 2 * t->n) size *= 2;
    slot = ND_NEW0(ctx, size_t, size);
    hash = ND_NEW(ctx, uint64_t, t->n);
    row = ND_NEW(ctx, double, 2 * t->d);
    if (slot && hash && row) {
        for (size_t i = 0; i < t->n; i++) {
            size_t s = (size_t)(hash[i] = hash_row(t, i)) & (size - 1);

            while (slot[s] &&
                   (hash[slot[s] - 1] != hash[i] || !equal(t, slot[s] - 1, i, row, row + t->d)))
                s = (s + 1) & (size - 1);
            if (!slot[s]) slot[s] = i + 1;
            first[i] = slot[s] - 1;
        }
        status = ND_OK;
    }
    nd_free(ctx, slot);
    nd_free(ctx, hash);
    nd_free(ctx, row);
    return status;
}
