/* Small problems shared by the tests of this floor: data, parameters and directions
 * by the integer formulas of tools/golden/model_golden.py. */
#ifndef ND_TESTS_MODEL_FIXTURE_H
#define ND_TESTS_MODEL_FIXTURE_H

#include <nadir/model.h>
#include <nadir/num.h>

#include "../support.h"
#include "base/memory.h"

#define FIX_N 11
#define FIX_D 3

ND_TEST_UNUSED static double fix_frac(size_t a, size_t m, double den)
{
    return ((double)(a % m) - (double)(m / 2)) / den;
}

ND_TEST_UNUSED static void fix_vector(size_t n, size_t step, size_t start, size_t m, double den,
                                      double *v)
{
    for (size_t k = 0; k < n; k++) v[k] = fix_frac(step * k + start, m, den);
}

ND_TEST_UNUSED static void fix_theta(size_t P, double *theta)
{
    fix_vector(P, 37, 11, 101, 60.0, theta);
}

ND_TEST_UNUSED static void fix_direction(size_t P, double *v)
{
    fix_vector(P, 53, 29, 97, 50.0, v);
}

/* The golden data; sparse: the same with the zeros left out. */
ND_TEST_UNUSED static nd_table *fix_table(bool weighted, bool sparse)
{
    static double x[FIX_N * FIX_D], y[FIX_N], w[FIX_N], val[FIX_N * FIX_D];
    static size_t row[FIX_N + 1];
    static uint32_t col[FIX_N * FIX_D];
    static nd_table t[4];
    nd_table *out = &t[2 * weighted + sparse];
    size_t nnz = 0;

    for (size_t i = 0; i < FIX_N; i++) {
        for (size_t k = 0; k < FIX_D; k++) {
            double v = k == i % FIX_D ? 0.0 : fix_frac(29 * i + 17 * k + 7 * i * k, 41, 12.0);
            x[i * FIX_D + k] = v;
            if (v == 0.0) continue;
            col[nnz] = (uint32_t)k;
            val[nnz++] = v;
        }
        row[i + 1] = nnz;
        y[i] = (i * i + i / 3) % 3 == 1 ? 1.0 : -1.0;
        w[i] = (double)(1 + i % 4) / 2.5;
    }
    *out = (nd_table){.n = FIX_N, .d = FIX_D, .y = y, .weight = weighted ? w : NULL};
    if (sparse) {
        out->row = row;
        out->col = col;
        out->val = val;
    } else {
        out->x = x;
    }
    return out;
}

/* A larger random table: n x d normal features, labels by a noisy rule; the caller
 * frees the arrays with fix_free. */
ND_TEST_UNUSED static nd_table fix_random(size_t n, size_t d, uint64_t seed)
{
    nd_rng r = nd_rng_make(seed, 77);
    nd_table t = {.n = n, .d = d};

    t.x = malloc((n * d + 1) * sizeof(double));
    t.y = malloc(n * sizeof(double));
    assert_true(t.x && t.y);
    for (size_t i = 0; i < n; i++) {
        double s = 0.3 * nd_rng_normal(&r);
        for (size_t k = 0; k < d; k++) {
            t.x[i * d + k] = nd_rng_normal(&r);
            s += t.x[i * d + k] * (k % 2 ? 0.5 : -0.4);
        }
        t.y[i] = s >= 0.0 ? 1.0 : -1.0;
    }
    return t;
}

ND_TEST_UNUSED static void fix_free(nd_table *t)
{
    free(t->x);
    free(t->y);
    free(t->weight);
}

/* A problem with everything that belongs to it. */
typedef struct {
    nd_ctx *ctx;
    nd_net *net;
    nd_problem pb;
    nd_work *work;
    double *theta, *v, *g, *hv, *H, *m;
} fix_problem;

ND_TEST_UNUSED static double *fix_room(size_t n)
{
    double *p = malloc((n ? n : 1) * sizeof *p);
    assert_non_null(p);
    return p;
}

ND_TEST_UNUSED static fix_problem fix_open(const char *net, const char *loss, double l2,
                                           const nd_table *data)
{
    fix_problem f = {.ctx = nd_ctx_create(NULL)};
    nd_loss ell;

    assert_non_null(f.ctx);
    assert_int_equal(nd_net_parse(f.ctx, net, data->d, &f.net), ND_OK);
    assert_int_equal(nd_loss_parse(f.ctx, loss, &ell), ND_OK);
    assert_int_equal(nd_problem_make(f.ctx, f.net, data, ell, l2, &f.pb), ND_OK);
    assert_int_equal(nd_work_create(f.ctx, &f.pb, &f.work), ND_OK);
    f.theta = fix_room(f.net->P);
    f.v = fix_room(f.net->P);
    f.g = fix_room(f.net->P);
    f.hv = fix_room(f.net->P);
    f.H = fix_room(f.net->P * f.net->P);
    f.m = fix_room(data->n);
    fix_theta(f.net->P, f.theta);
    fix_direction(f.net->P, f.v);
    return f;
}

ND_TEST_UNUSED static void fix_close(fix_problem *f)
{
    free(f->theta);
    free(f->v);
    free(f->g);
    free(f->hv);
    free(f->H);
    free(f->m);
    nd_work_destroy(f->ctx, f->work);
    nd_net_destroy(f->ctx, f->net);
    nd_ctx_destroy(f->ctx);
}

/* |a - b| <= tol * scale, false for NaN. */
ND_TEST_UNUSED static bool fix_close_to(double a, double b, double scale, double tol)
{
    return fabs(a - b) <= tol * scale;
}

ND_TEST_UNUSED static double fix_max_abs(size_t n, const double *x)
{
    double m = 0.0;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i]) <= m)) m = fabs(x[i]);
    return m;
}

/* Fails with the place of the first entry that differs. */
ND_TEST_UNUSED static void fix_same(const char *what, size_t n, const double *got,
                                    const double *want, double tol)
{
    double scale = fix_max_abs(n, want) + 1e-300;

    for (size_t i = 0; i < n; i++)
        if (!fix_close_to(got[i], want[i], scale, tol))
            fail_msg("%s[%zu]: %.17g, expected %.17g (scale %.3g)", what, i, got[i], want[i],
                     scale);
}

#endif
