/* k-fold cross-validation.  Fold of a sample: its place in the stratified order
 * modulo k, the negatives' count starting where the positives' ended, so that fold
 * sizes differ by one at most.  The scaler sees the training part only. */
#include "base/memory.h"
#include "lab/lab.h"

typedef struct {
    nd_table *train, *test;
    nd_scaler *scaler;
    nd_net *net;
    nd_train_result *result;
    double *f;
} fold_run;

static void fold_free(nd_ctx *ctx, fold_run *r)
{
    nd_train_result_destroy(ctx, r->result);
    nd_net_destroy(ctx, r->net);
    nd_scaler_destroy(ctx, r->scaler);
    nd_table_destroy(ctx, r->train);
    nd_table_destroy(ctx, r->test);
    nd_free(ctx, r->f);
}

/* index := the rows outside of fold k, then those in it; returns how many are out. */
static size_t fold_rows(size_t n, size_t folds, size_t k, const size_t *order, size_t *index)
{
    size_t a = 0, out = 0;

    for (size_t i = 0; i < n; i++) out += i % folds != k;
    for (size_t i = 0, b = out; i < n; i++) index[i % folds == k ? b++ : a++] = order[i];
    return out;
}

static nd_status run_fold(nd_ctx *ctx, const char *net_spec, const nd_table *raw, nd_scale scale,
                          nd_loss loss, double l2, const nd_train_settings *s, const size_t *index,
                          size_t m, nd_score *score)
{
    fold_run r = {0};
    nd_status status;

    ND_TRY(nd_table_subset(ctx, raw, m, index, &r.train));
    ND_TRY(nd_table_subset(ctx, raw, raw->n - m, index + m, &r.test));
    ND_TRY(nd_scaler_fit(ctx, scale, r.train, &r.scaler));
    ND_TRY(nd_scaler_apply(ctx, r.scaler, r.train));
    ND_TRY(nd_scaler_apply(ctx, r.scaler, r.test));
    ND_TRY(nd_net_parse(ctx, net_spec, raw->d, &r.net));
    ND_TRY(nd_train(ctx, r.net, r.train, loss, l2, s, NULL, &r.result));
    r.f = ND_NEW(ctx, double, r.test->n);
    if (!r.f) ND_TRY(ND_EMEM);
    ND_TRY(nd_net_outputs(ctx, r.result->net, r.test, r.result->theta, r.f));
    ND_TRY(nd_score_outputs(ctx, r.test->n, r.f, r.test->y, score));
done:
    fold_free(ctx, &r);
    return status;
}

nd_status nd_cross_validate(nd_ctx *ctx, const char *net_spec, const nd_table *raw, nd_scale scale,
                            nd_loss loss, double l2, const nd_train_settings *s, long k,
                            nd_score *score)
{
    size_t *order, *index;
    nd_status status = ND_OK;

    if (k < 2 || (size_t)k > raw->n)
        return nd_fail(ctx, ND_ERANGE,
                       "cross-validation needs between 2 and n = %zu folds, not %ld", raw->n, k);
    if (!raw->y) return nd_fail(ctx, ND_EINPUT, "cross-validation needs labels");
    order = ND_NEW(ctx, size_t, raw->n);
    index = ND_NEW(ctx, size_t, raw->n);
    if (!order || !index) ND_TRY(ND_EMEM);
    ND_TRY(nd_stratified_order(ctx, raw, s->seed, order));
    for (size_t f = 0; f < (size_t)k; f++) {
        size_t m = fold_rows(raw->n, (size_t)k, f, order, index);

        ND_TRY(run_fold(ctx, net_spec, raw, scale, loss, l2, s, index, m, &score[f]));
    }
done:
    nd_free(ctx, order);
    nd_free(ctx, index);
    return status;
}
