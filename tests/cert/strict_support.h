/* Problems with known minima, and a plain descent to reach them. */
#ifndef ND_TESTS_CERT_STRICT_SUPPORT_H
#define ND_TESTS_CERT_STRICT_SUPPORT_H

#include "../support.h"
#include "cert/strict.h"

#include <nadir/opt.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    nd_ctx *ctx;
    nd_table *data;
    nd_net *net;
    nd_problem pb;
    nd_work *work;
    double *theta;
    nd_cert cert;
} place;

static void place_open(place *s, const char *net, const char *loss, double l2, size_t n, size_t d,
                       const double *x, const double *y)
{
    nd_loss ls;

    memset(s, 0, sizeof *s);
    s->ctx = nd_ctx_create(NULL);
    assert_int_equal(nd_table_from_arrays(s->ctx, n, d, x, y, &s->data), ND_OK);
    assert_int_equal(nd_net_parse(s->ctx, net, d, &s->net), ND_OK);
    assert_int_equal(nd_loss_parse(s->ctx, loss, &ls), ND_OK);
    assert_int_equal(nd_problem_make(s->ctx, s->net, s->data, ls, l2, &s->pb), ND_OK);
    assert_int_equal(nd_work_create(s->ctx, &s->pb, &s->work), ND_OK);
    s->theta = calloc(s->net->P, sizeof *s->theta);
}

static void place_close(place *s)
{
    free(s->theta);
    nd_work_destroy(s->ctx, s->work);
    nd_net_destroy(s->ctx, s->net);
    nd_table_destroy(s->ctx, s->data);
    nd_ctx_destroy(s->ctx);
}

static nd_status place_grad(void *self, const double *x, double *f, double *g)
{
    place *s = self;
    double *own = g ? g : malloc(s->net->P * sizeof *own);
    nd_status status = nd_problem_grad(s->ctx, &s->pb, x, s->work, f, own);

    if (!g) free(own);
    return status;
}

static nd_status place_hv(void *self, const double *x, const double *v, double *hv)
{
    place *s = self;
    return nd_problem_hv(s->ctx, &s->pb, x, v, s->work, hv);
}

static nd_status place_hessian(void *self, const double *x, double *H)
{
    place *s = self;
    return nd_problem_hessian(s->ctx, &s->pb, x, s->work, H);
}

/* L-BFGS, then Newton's method, from theta. */
static inline nd_opt_result place_descend(place *s)
{
    nd_oracle fn = {s->net->P, s, place_grad, place_hv, place_hessian};
    nd_opt_settings o;
    nd_opt_result r;

    nd_opt_init(&o);
    o.quiet = true;
    o.grad_tol = 1e-6;
    o.iterations = 5000;
    assert_int_equal(nd_lbfgs(s->ctx, &fn, &o, s->theta, &r), ND_OK);
    o.grad_tol = 1e-13;
    o.iterations = 300;
    assert_int_equal(nd_newton(s->ctx, &fn, &o, s->theta, &r), ND_OK);
    return r;
}

static inline nd_truth place_prove(place *s)
{
    assert_int_equal(nd_prove_strict(s->ctx, &s->pb, s->theta, &s->cert), ND_OK);
    return s->cert.truth;
}

static const double xor_x[] = {1, 1, -1, -1, 1, -1, -1, 1}, xor_y[] = {1, 1, -1, -1};

#endif
