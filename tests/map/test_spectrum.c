/* The Hessian's spectrum: traces, signs, and who carries its directions. */
#include "lab/lab_support.h"

#include <nadir/map.h>

#include "base/memory.h"

static double trace_of(const lab_case *c, const double *theta)
{
    size_t P = c->net->P;
    double *H = malloc(P * P * sizeof *H), sum = 0.0;
    nd_work *work;

    nd_assert_ok(c->ctx, nd_work_create(c->ctx, &c->pb, &work));
    nd_assert_ok(c->ctx, nd_problem_hessian(c->ctx, &c->pb, theta, work, H));
    for (size_t i = 0; i < P; i++) sum += H[i * P + i];
    nd_work_destroy(c->ctx, work);
    free(H);
    return sum;
}

/* Weights of each group add up to 1, by parameter and by neuron. */
static void check_groups(const lab_case *c, const nd_hessian_spectrum *s)
{
    double *share = malloc((c->net->units + 1) * sizeof *share);

    for (size_t k = 0; k < s->groups; k++) {
        double sum = 0.0, total = 0.0;
        nd_participation(c->net, s->group[k].weight, share);
        for (size_t i = 0; i < s->P; i++) sum += s->group[k].weight[i];
        for (size_t i = 0; i <= c->net->units; i++) total += share[i];
        nd_assert_close(sum, 1.0, 1e-12, 0);
        nd_assert_close(total, 1.0, 1e-12, 0);
    }
    free(share);
}

static void test_dense(void **state)
{
    nd_hessian_spectrum *s;
    double sum = 0.0, theta[128];
    lab_case c;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "tanh:5,softplus:3+linear", "logistic", 0.01);
    nd_net_start(c.net, 3, 0, 1.0, theta);
    nd_assert_ok(c.ctx,
                 nd_hessian_spectrum_make(c.ctx, &c.pb, theta, ND_SPECTRUM_DENSE, 4, 10, 1, &s));
    assert_non_null(s->all);
    for (size_t k = 0; k < s->P; k++) sum += s->all[k];
    nd_assert_close(sum, trace_of(&c, theta), 1e-12, 0);
    assert_int_equal(s->negative + s->null + s->positive, s->P);
    assert_true(s->negative > 0);
    assert_string_equal(s->group[0].name, "negative");
    assert_int_equal(s->group[0].count, s->negative);
    assert_true(s->low.value == s->all[0] && s->high.value == s->all[s->P - 1]);
    check_groups(&c, s);
    nd_hessian_spectrum_destroy(c.ctx, s);
    lab_close(&c);
}

/* A neuron with a = 0 and w = b = 0: its directions are null ones where G is flat. */
static void test_idle_neuron_is_null(void **state)
{
    nd_hessian_spectrum *s;
    double theta[64] = {0}, share[4];
    lab_case c;

    (void)state;
    /* one working neuron (index 0), two that are dead: relu-like gate off on all data */
    lab_open(&c, 4, 2, xor_x, xor_y, "softplus:3", "logistic", 0);
    nd_net_start(c.net, 4, 0, 1.0, theta);
    const nd_layer *layer = &c.net->term[0].layer[0];
    for (size_t j = 1; j < 3; j++) { /* softplus(-800) = 0 with all derivatives */
        theta[layer->W + 2 * j] = theta[layer->W + 2 * j + 1] = 0.0;
        theta[layer->b + j] = -800.0;
    }
    nd_assert_ok(c.ctx,
                 nd_hessian_spectrum_make(c.ctx, &c.pb, theta, ND_SPECTRUM_DENSE, 4, 10, 1, &s));
    assert_true(s->null >= 8);
    size_t k = s->negative ? 1 : 0;
    assert_string_equal(s->group[k].name, "null");
    nd_participation(c.net, s->group[k].weight, share);
    /* 8 of the null directions are the two dead neurons' own */
    nd_assert_close((share[1] + share[2]) * (double)s->null, 8.0, 1e-9, 0);
    check_groups(&c, s);
    nd_hessian_spectrum_destroy(c.ctx, s);
    lab_close(&c);
}

/* The quadrature against the eigenvalues themselves: with as many steps as parameters every
 * probe is exact up to its own weights, so mean density and true one agree within a few
 * standard errors, and the integral is 1. */
static void test_density(void **state)
{
    nd_hessian_spectrum *s, *all, *again;
    double theta[256], integral = 0.0, worst = 0.0;
    lab_case c;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "tanh:30", "logistic", 0.01);
    nd_net_start(c.net, 3, 0, 1.0, theta);
    nd_assert_ok(c.ctx,
                 nd_hessian_spectrum_make(c.ctx, &c.pb, theta, ND_SPECTRUM_DENSE, 4, 10, 1, &all));
    nd_assert_ok(c.ctx, nd_hessian_spectrum_make(c.ctx, &c.pb, theta, 0, 40, 60, 9, &s));
    nd_assert_ok(c.ctx, nd_hessian_spectrum_make(c.ctx, &c.pb, theta, 0, 40, 60, 9, &again));
    assert_null(s->all);
    assert_int_equal(s->negative, -1);
    assert_memory_equal(s->density, again->density, s->points * sizeof(double));
    nd_assert_close(s->low.value, all->all[0], 1e-8, 1);
    nd_assert_close(s->high.value, all->all[all->P - 1], 1e-8, 1);
    for (size_t i = 0; i < s->points; i++) {
        double exact = 0.0, z;
        for (size_t k = 0; k < all->P; k++) {
            z = (s->x[i] - all->all[k]) / s->sigma;
            exact += exp(-0.5 * z * z) / (s->sigma * sqrt(8.0 * atan(1.0))) / (double)all->P;
        }
        worst = fmax(worst, fabs(exact - s->density[i]) / (s->spread[i] + 1e-3));
        if (i) integral += 0.5 * (s->density[i] + s->density[i - 1]) * (s->x[i] - s->x[i - 1]);
    }
    nd_assert_close(integral, 1.0, 1e-4, 0);
    assert_true(worst < 5.0);
    check_groups(&c, s);
    nd_hessian_spectrum_destroy(c.ctx, s);
    nd_hessian_spectrum_destroy(c.ctx, again);
    nd_hessian_spectrum_destroy(c.ctx, all);
    lab_close(&c);
}

static void test_refused(void **state)
{
    nd_hessian_spectrum *s;
    double theta[64];
    lab_case c;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "relu:3", "logistic", 0);
    nd_net_start(c.net, 4, 0, 1.0, theta);
    nd_assert_status(c.ctx, nd_hessian_spectrum_make(c.ctx, &c.pb, theta, 4000, 4, 9, 1, &s),
                     ND_ESMOOTH);
    nd_assert_status(c.ctx, nd_hessian_spectrum_make(c.ctx, &c.pb, theta, 4000, 0, 9, 1, &s),
                     ND_ERANGE);
    lab_close(&c);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    const lab_case *c = arg;
    nd_hessian_spectrum *s = NULL;
    double theta[64];
    nd_status status = ND_OK;

    nd_set_threads(ctx, 1);
    nd_net_start(c->net, 1, 1, 1.0, theta);
    for (size_t dense = 0; dense <= 4000 && status == ND_OK; dense += 4000) {
        status = nd_hessian_spectrum_make(ctx, &c->pb, theta, dense, 2, 6, 1, &s);
        if (status == ND_OK) nd_hessian_spectrum_destroy(ctx, s);
    }
    return status;
}

static void test_memory(void **state)
{
    lab_case c;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "tanh:4", "logistic", 0.01);
    nd_test_every_allocation(scenario, &c);
    lab_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dense),   cmocka_unit_test(test_idle_neuron_is_null),
        cmocka_unit_test(test_density), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
