/* Margin enclosures contain the 200-bit values, for nets of every kind, dense and
 * sparse; loss and error enclosures likewise; and they are tight. */
#include "../support.h"
#include "cert/mpfr_net.h"
#include "cert/rounding.h"

#include <nadir/num.h>

typedef struct {
    nd_ctx *ctx;
    nd_table *data;
    nd_net *net;
    nd_problem pb;
    double *theta, *lo, *hi;
} bench;

static void bench_open(bench *b, const char *spec, const char *loss, double l2, size_t n, size_t d,
                       uint64_t seed, double size)
{
    double *x = malloc((n * d + 1) * sizeof *x), *y = malloc(n * sizeof *y);
    nd_rng rng = nd_rng_make(seed, 1);
    nd_loss ls;

    b->ctx = nd_ctx_create(NULL);
    for (size_t i = 0; i < n * d; i++) x[i] = 2.0 * nd_rng_normal(&rng);
    for (size_t i = 0; i < n; i++) y[i] = i % 2 ? 1.0 : -1.0;
    assert_int_equal(nd_table_from_arrays(b->ctx, n, d, x, y, &b->data), ND_OK);
    assert_int_equal(nd_net_parse(b->ctx, spec, d, &b->net), ND_OK);
    assert_int_equal(nd_loss_parse(b->ctx, loss, &ls), ND_OK);
    assert_int_equal(nd_problem_make(b->ctx, b->net, b->data, ls, l2, &b->pb), ND_OK);
    b->theta = malloc(b->net->P * sizeof *b->theta);
    for (size_t i = 0; i < b->net->P; i++) b->theta[i] = size * nd_rng_normal(&rng);
    b->lo = malloc(n * sizeof *b->lo);
    b->hi = malloc(n * sizeof *b->hi);
    free(x);
    free(y);
}

static void bench_close(bench *b)
{
    free(b->theta);
    free(b->lo);
    free(b->hi);
    nd_net_destroy(b->ctx, b->net);
    nd_table_destroy(b->ctx, b->data);
    nd_ctx_destroy(b->ctx);
}

/* Exact margins inside, and the interval no wider than rounding explains. */
static void check_bench(bench *b, double width)
{
    double *x = malloc((b->data->d + 1) * sizeof *x), l, h;
    mpfr_t m, v, sum;

    mpfr_inits2(BITS, m, v, sum, (mpfr_ptr)0);
    mpfr_set_ui(sum, 0, MPFR_RNDN);
    assert_int_equal(nd_margin_bounds(b->ctx, &b->pb, b->theta, b->lo, b->hi), ND_OK);
    for (size_t i = 0; i < b->data->n; i++) {
        nd_table_row(b->data, i, x);
        mp_margin(m, b->net, b->theta, x, b->data->y[i]);
        assert_true(mpfr_cmp_d(m, b->lo[i]) >= 0);
        assert_true(mpfr_cmp_d(m, b->hi[i]) <= 0);
        assert_true(b->hi[i] - b->lo[i] <= width * (1.0 + fabs(b->hi[i])));
        mp_loss(b->pb.loss, v, m);
        if (b->data->weight) mpfr_mul_d(v, v, b->data->weight[i], MPFR_RNDN);
        mpfr_add(sum, sum, v, MPFR_RNDN);
    }
    mpfr_div_ui(sum, sum, b->data->n, MPFR_RNDN);
    for (size_t i = 0; i < b->net->P; i++) {
        mpfr_set_d(v, b->theta[i], MPFR_RNDN);
        mpfr_sqr(v, v, MPFR_RNDN);
        mpfr_mul_d(v, v, 0.5 * b->pb.l2, MPFR_RNDN);
        mpfr_add(sum, sum, v, MPFR_RNDN);
    }
    nd_loss_bounds(&b->pb, b->theta, b->lo, b->hi, &l, &h);
    assert_true(mpfr_cmp_d(sum, l) >= 0 && mpfr_cmp_d(sum, h) <= 0);
    assert_true(h - l <= 1e4 * width * (1e-300 + h));
    mpfr_clears(m, v, sum, (mpfr_ptr)0);
    free(x);
}

static const struct {
    const char *spec;
    double size;
} nets[] = {
    {"linear", 1.0},
    {"softplus:5", 1.0},
    {"softplus:33", 30.0},
    {"squareplus:7", 3.0},
    {"exp:4", 0.5},
    {"elu:6,elu:3", 1.0},
    {"square:4", 1.0},
    {"sigmoid:9,softplus:4", 2.0},
    {"tanh:8,tanh:8+exp:1", 0.7},
    {"arctan:5:nobias", 2.0},
    {"relu:6,relu:5+softplus:3", 1.0},
    {"leakyrelu:7", 5.0},
    {"gelu:5", 1.0},
    {"silu:6,gelu:3", 1.0},
    {"res(tanh:3),res(softplus:3),tanh:2", 1.0},
    {"linear+square:3:nobias+tanh:2", 1.0},
    {"square:3,square:3,square:2", 1.5}, /* large numbers, large cancellation */
};

static void nets_of_every_kind(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof nets / sizeof *nets; k++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            bench b;

            bench_open(&b, nets[k].spec, "polyhinge:3", 0.0, 70, 3, seed, nets[k].size);
            check_bench(&b, strcmp(nets[k].spec, "square:3,square:3,square:2") ? 1e-11 : 1e-5);
            bench_close(&b);
        }
}

static void losses(void **state)
{
    static const char *const specs[] = {"polyhinge:2", "polyhinge:7", "smoothhinge",
                                        "square",      "logistic",    "exponential"};
    (void)state;
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++)
        for (int ridge = 0; ridge < 2; ridge++) {
            bench b;

            bench_open(&b, "softplus:4", specs[k], ridge ? 0.37 : 0.0, 65, 2, 5 + k, 1.0);
            if (ridge) {
                b.data->weight = malloc(b.data->n * sizeof(double));
                for (size_t i = 0; i < b.data->n; i++)
                    b.data->weight[i] = 0.25 + (double)(i % 7) / 3.0;
            }
            check_bench(&b, 1e-12);
            free(b.data->weight);
            b.data->weight = NULL;
            bench_close(&b);
        }
}

/* n = 1, d = 1; d = 0: the net is its biases. */
static void corners(void **state)
{
    bench b;

    (void)state;
    bench_open(&b, "softplus:1", "polyhinge:3", 0.0, 1, 1, 9, 1.0);
    check_bench(&b, 1e-12);
    bench_close(&b);
    bench_open(&b, "softplus:3+linear", "polyhinge:3", 0.0, 3, 0, 9, 1.0);
    check_bench(&b, 1e-12);
    bench_close(&b);
}

/* Products below 2^-1074 and squares below it must not shorten the bounds. */
static void underflow(void **state)
{
    bench b;

    (void)state;
    bench_open(&b, "softplus:3,tanh:2+linear", "polyhinge:3", 0.0, 40, 3, 11, 1.0);
    for (size_t i = 0; i < b.net->P; i++) b.theta[i] *= i % 3 ? 1e-180 : 1e-310;
    for (size_t i = 0; i < 120; i++) b.data->x[i] *= i % 2 ? 1e-200 : 1.0;
    check_bench(&b, 1e-12);
    bench_close(&b);
}

/* Overflow and NaN give the whole line, never a claim. */
static void overflow(void **state)
{
    bench b;

    (void)state;
    for (int k = 0; k < 3; k++) {
        bench_open(&b, "exp:2,softplus:2", "polyhinge:3", 0.0, 5, 2, 3, 1.0);
        b.theta[0] = k == 0 ? 1e200 : k == 1 ? NAN : INFINITY;
        assert_int_equal(nd_margin_bounds(b.ctx, &b.pb, b.theta, b.lo, b.hi), ND_OK);
        for (size_t i = 0; i < 5; i++)
            assert_true(k == 0 || (b.lo[i] == -INFINITY && b.hi[i] == INFINITY));
        for (size_t i = 0; i < 5; i++) assert_false(isnan(b.lo[i]) || isnan(b.hi[i]));
        bench_close(&b);
    }
}

static void sparse_as_dense(void **state)
{
    static const char text[] = "1 1:0.5 3:-2.25\n-1 2:1e-3 4:7\n1\n-1 1:3 2:0.1 3:0.7 4:-0.3\n";
    nd_read_options opt = {0};
    bench b;

    (void)state;
    bench_open(&b, "softplus:6,tanh:3+linear+res(tanh:4)", "polyhinge:3", 0.0, 4, 4, 2, 1.0);
    nd_table_destroy(b.ctx, b.data);
    assert_int_equal(nd_table_parse(b.ctx, "svm", "t", text, sizeof text - 1, &opt, &b.data),
                     ND_OK);
    assert_non_null(b.data->row);
    b.pb.data = b.data;
    check_bench(&b, 1e-12);
    bench_close(&b);
}

static void same_for_all_threads(void **state)
{
    bench b;
    double one[300];

    (void)state;
    bench_open(&b, "softplus:12,tanh:3", "polyhinge:3", 0.0, 300, 5, 7, 1.0);
    nd_set_threads(b.ctx, 1);
    assert_int_equal(nd_margin_bounds(b.ctx, &b.pb, b.theta, one, b.hi), ND_OK);
    nd_set_threads(b.ctx, 2);
    assert_int_equal(nd_margin_bounds(b.ctx, &b.pb, b.theta, b.lo, b.hi), ND_OK);
    assert_memory_equal(one, b.lo, sizeof one);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nets_of_every_kind),
        cmocka_unit_test(losses),
        cmocka_unit_test(corners),
        cmocka_unit_test(underflow),
        cmocka_unit_test(overflow),
        cmocka_unit_test(sparse_as_dense),
        cmocka_unit_test(same_for_all_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
