/* Stratified, seeded splits: each class is shuffled by itself and dealt out, so that
 * the share of positives is the same in every part up to one sample. */
#include "base/memory.h"
#include "lab/lab.h"

#include <math.h>

/* Streams of nd_rng that belong to splits (the other streams: lab/lab.h). */
static void class_order(const nd_table *t, double label, nd_rng *rng, size_t *order, size_t *work)
{
    size_t m = 0, k = nd_table_count(t, label);

    nd_rng_shuffle(rng, k, work);
    for (size_t i = 0; i < t->n; i++)
        if (t->y[i] == label) order[work[m++]] = i;
}

/* order: the positives shuffled, then the negatives shuffled; n entries. */
nd_status nd_stratified_order(nd_ctx *ctx, const nd_table *t, uint64_t seed, size_t *order)
{
    nd_rng rng = nd_rng_make(seed, ND_STREAM_SPLIT);
    size_t *work = ND_NEW(ctx, size_t, t->n);

    if (!work) return ND_EMEM;
    class_order(t, 1.0, &rng, order, work);
    class_order(t, -1.0, &rng, order + nd_table_count(t, 1.0), work);
    nd_free(ctx, work);
    return ND_OK;
}

/* Without a sample of a class nothing is learnt of it; without any held out, nothing is told. */
static nd_status check_share(nd_ctx *ctx, double holdout, size_t pos, size_t neg, size_t held_pos,
                             size_t held_neg)
{
    if (holdout > 0.0 && held_pos + held_neg == 0)
        return nd_fail(ctx, ND_ERANGE, "holding out %g of %zu + and %zu - leaves none to test on",
                       holdout, pos, neg);
    if ((pos > 0 && held_pos == pos) || (neg > 0 && held_neg == neg))
        return nd_fail(ctx, ND_ERANGE, "holding out %g of %zu + and %zu - leaves no %c to train on",
                       holdout, pos, neg, pos > 0 && held_pos == pos ? '+' : '-');
    return ND_OK;
}

nd_status nd_split(nd_ctx *ctx, const nd_table *t, double holdout, uint64_t seed, size_t *index,
                   size_t *train)
{
    size_t pos, held_pos, held_neg, a = 0, b, *order;
    nd_status status;

    if (!(holdout >= 0.0 && holdout < 1.0))
        return nd_fail(ctx, ND_ERANGE, "the share held out must be at least 0 and less than 1");
    if (!t->y) return nd_fail(ctx, ND_EINPUT, "a split needs labels");
    pos = nd_table_count(t, 1.0);
    held_pos = (size_t)(holdout * (double)pos + 0.5);
    held_neg = (size_t)(holdout * (double)(t->n - pos) + 0.5);
    status = check_share(ctx, holdout, pos, t->n - pos, held_pos, held_neg);
    if (status != ND_OK) return status;
    order = ND_NEW(ctx, size_t, t->n);
    if (!order) return ND_EMEM;
    status = nd_stratified_order(ctx, t, seed, order);
    if (status == ND_OK) {
        b = t->n - held_pos - held_neg;
        *train = b;
        for (size_t i = 0; i < t->n; i++) {
            bool held = i < pos ? i < held_pos : i - pos < held_neg;

            index[held ? b++ : a++] = order[i];
        }
    }
    nd_free(ctx, order);
    return status;
}
