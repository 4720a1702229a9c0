/* How good a set of outputs is: the confusion table with sgn(0) = +1, and the area
 * under the ROC curve as the Mann-Whitney statistic
 *
 *   AUC = ( #{f_p > f_q} + #{f_p = f_q} / 2 ) / (n+ n-)   over pairs p in +, q in -,
 *
 * from the ranks of a sort (ties share their mean rank): exact up to the last
 * division, since twice a rank sum is an integer below 2^53 for every n that fits in
 * memory with n+ n- < 2^52. */
#include "base/memory.h"

#include <nadir/lab.h>

#include <math.h>
#include <stdlib.h>

typedef struct {
    double f, y;
} scored;

static int by_output(const void *p, const void *q)
{
    double a = ((const scored *)p)->f, b = ((const scored *)q)->f;

    return (a > b) - (a < b);
}

/* Sorted s: twice the number of (positive, negative) pairs in the right order. */
static double twice_pairs_won(size_t n, const scored *s)
{
    double won = 0.0, below = 0.0; /* below: negatives with a smaller output */

    for (size_t i = 0, j; i < n; i = j) {
        double pos = 0.0, neg = 0.0;

        for (j = i; j < n && s[j].f == s[i].f; j++) {
            if (s[j].y > 0.0)
                pos += 1.0;
            else
                neg += 1.0;
        }
        won += pos * (2.0 * below + neg);
        below += neg;
    }
    return won;
}

nd_status nd_score_outputs(nd_ctx *ctx, size_t n, const double *f, const double *y, nd_score *out)
{
    nd_score sc = {.n = n, .auc = NAN};
    scored *s;

    for (size_t i = 0; i < n; i++)
        if (!isfinite(f[i]))
            return nd_fail(ctx, ND_ENUMERIC, "output %zu is not a finite number", i + 1);
    s = ND_NEW(ctx, scored, n);
    if (!s) return ND_EMEM;
    for (size_t i = 0; i < n; i++) {
        bool says = f[i] >= 0.0, is = y[i] > 0.0;

        s[i] = (scored){f[i], y[i]};
        sc.tp += says && is;
        sc.fp += says && !is;
        sc.fn += !says && is;
        sc.tn += !says && !is;
    }
    qsort(s, n, sizeof *s, by_output);
    if (sc.tp + sc.fn > 0 && sc.fp + sc.tn > 0)
        sc.auc = twice_pairs_won(n, s) / (2.0 * (double)(sc.tp + sc.fn) * (double)(sc.fp + sc.tn));
    nd_free(ctx, s);
    *out = sc;
    return ND_OK;
}
