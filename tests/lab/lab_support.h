/* What the tests of lab share: a problem from text, and its verdict. */
#ifndef ND_TESTS_LAB_SUPPORT_H
#define ND_TESTS_LAB_SUPPORT_H

#include "support.h"

#include <nadir/lab.h>

typedef struct {
    nd_ctx *ctx;
    nd_table *data;
    nd_net *net;
    nd_problem pb;
    nd_loss loss;
} lab_case;

ND_TEST_UNUSED static void lab_open(lab_case *c, size_t n, size_t d, const double *x,
                                    const double *y, const char *net, const char *loss, double l2)
{
    c->ctx = nd_ctx_create(NULL);
    nd_assert_ok(c->ctx, nd_table_from_arrays(c->ctx, n, d, x, y, &c->data));
    nd_assert_ok(c->ctx, nd_net_parse(c->ctx, net, d, &c->net));
    nd_assert_ok(c->ctx, nd_loss_parse(c->ctx, loss, &c->loss));
    nd_assert_ok(c->ctx, nd_problem_make(c->ctx, c->net, c->data, c->loss, l2, &c->pb));
}

/* source: file of the repository or generator; scaled with scale. */
ND_TEST_UNUSED static void lab_open_source(lab_case *c, const char *source, const char *positive,
                                           nd_scale scale, const char *net, const char *loss,
                                           double l2)
{
    nd_read_options opt = {.positive = positive};
    nd_scaler *s;

    c->ctx = nd_ctx_create(NULL);
    nd_assert_ok(c->ctx, nd_table_read(c->ctx, source, &opt, &c->data));
    nd_assert_ok(c->ctx, nd_scaler_fit(c->ctx, scale, c->data, &s));
    nd_assert_ok(c->ctx, nd_scaler_apply(c->ctx, s, c->data));
    nd_scaler_destroy(c->ctx, s);
    nd_assert_ok(c->ctx, nd_net_parse(c->ctx, net, c->data->d, &c->net));
    nd_assert_ok(c->ctx, nd_loss_parse(c->ctx, loss, &c->loss));
    nd_assert_ok(c->ctx, nd_problem_make(c->ctx, c->net, c->data, c->loss, l2, &c->pb));
}

ND_TEST_UNUSED static void lab_close(lab_case *c)
{
    nd_net_destroy(c->ctx, c->net);
    nd_table_destroy(c->ctx, c->data);
    nd_ctx_destroy(c->ctx);
}

static const double xor_x[] = {1, 1, -1, -1, 1, -1, -1, 1}, xor_y[] = {1, 1, -1, -1};

#endif
