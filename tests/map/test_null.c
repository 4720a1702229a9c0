/* Null directions and their causes. */
#include "lab/lab_support.h"

#include <nadir/map.h>

#include <math.h>

typedef struct {
    const char *net, *loss;
    double l2;
    double theta[16];
    nd_null_causes expected;
} known;

/* x = -1, 0, 1 with labels + - + (theory.md, between), and XOR. */
static const double line_x[] = {-1, 0, 1}, line_y[] = {1, -1, 1};

/* In "between" with all w = 0 and f = const = v the gradient is 0. */
#define V 0.17157287525380988 /* (sqrt 2 - 1)/(sqrt 2 + 1) */

static void check(const known *k, size_t n, size_t d, const double *x, const double *y)
{
    nd_null_causes c;
    lab_case l;

    lab_open(&l, n, d, x, y, k->net, k->loss, k->l2);
    nd_assert_ok(l.ctx, nd_explain_null(l.ctx, &l.pb, k->theta, &c));
    if (memcmp(&c, &k->expected, sizeof c) != 0)
        fail_msg("%s: nullity %zu = idle %zu, constant %zu, dead %zu, symmetry %zu, zero-loss %zu, "
                 "unexplained %zu",
                 k->net, c.nullity, c.idle, c.constant, c.dead, c.symmetry, c.zero_loss,
                 c.unexplained);
    lab_close(&l);
}

/* nullity, idle, constant, dead, symmetry, zero_loss, unexplained */
static void between(void **state)
{
    const double s0 = log(2.0);
    const known cases[] = {
        /* w = 0, a < 0: (a, a_0) and (b, a_0) */
        {"softplus:1", "polyhinge:3", 0.0, {0, 0, -2, V + 2 * s0}, {2, 0, 2, 0, 0, 0, 0}},
        /* two such neurons: four directions */
        {"softplus:2", "polyhinge:3", 0.0, {0, 0, 0, 0, -1, -2, V + 3 * s0}, {4, 0, 4, 0, 0, 0, 0}},
        /* an idle neuron that is constant, too: b is idle, a is constant */
        {"softplus:1", "polyhinge:3", 0.0, {0, 0, 0, V}, {3, 2, 1, 0, 0, 0, 0}},
        /* s(-800) = 0: dead in w, in (b, a) constant, too */
        {"softplus:1", "polyhinge:3", 0.0, {0, -800, 1, V}, {3, 0, 2, 1, 0, 0, 0}},
        {"softplus:1", "polyhinge:3", 0.0, {1, -800, 1, V}, {3, 0, 0, 3, 0, 0, 0}},
        /* exp: its orbit (b, a) is in the span of the constant's directions */
        {"exp:1", "polyhinge:3", 0.0, {0, 0, -2, V + 2}, {2, 0, 2, 0, 0, 0, 0}},
        /* ridge: nothing is null */
        {"softplus:1", "polyhinge:3", 0.1, {0, 0, -2, 0.1}, {0, 0, 0, 0, 0, 0, 0}},
        /* a flat of the hinge: everything */
        {"square:1", "polyhinge:3", 0.0, {1, 0, 4, -2}, {4, 0, 0, 0, 1, 3, 0}},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        check(&cases[k], 3, 1, line_x, line_y);
}

/* Equal neurons of a network that was trained with one: their output weights may be
 * exchanged; the rest of the null space is theirs, too, or open. */
static void equal_neurons(void **state)
{
    double theta[4] = {-.31161771272198720, -1.0746548447771854, 1.2924941454987345, 0.0};
    const double x[] = {-3, -2, -1, -.5, .2, .4, .6, 12}, y[] = {-1, -1, -1, -1, 1, 1, 1, 1};
    known one = {"exp:1:nobias", "square", 0.0, {0}, {0, 0, 0, 0, 0, 0, 0}};
    known two = {"exp:2:nobias", "square", 0.0, {0}, {1, 0, 0, 0, 1, 0, 0}};

    (void)state;
    memcpy(one.theta, theta, 3 * sizeof *theta);
    check(&one, 8, 1, x, y);
    two.theta[0] = two.theta[1] = theta[0];
    two.theta[2] = 0.25 * theta[1];
    two.theta[3] = 0.75 * theta[1];
    two.theta[4] = theta[2];
    check(&two, 8, 1, x, y);
}

/* A null direction nobody explains: two equal features share one weight. */
static void unexplained(void **state)
{
    /* f = a w^2 + a_0 on x = +-1: (w, a) along (1, -2) is the orbit, (a, a_0) along (1, -1) is not */
    const double one_x[] = {1, -1}, one_y[] = {1, -1};
    const known even = {"square:1:nobias", "polyhinge:3", 0.0, {1, 1, -1}, {2, 0, 0, 0, 1, 0, 1}};
    const double x[] = {1, 1, -1, -1, 2, 2, -2, -2}, y[] = {1, -1, -1, 1};
    const known k = {"linear", "square", 0.0, {0.1, 0.2, 0.3}, {1, 0, 0, 0, 0, 0, 1}};

    (void)state;
    check(&k, 4, 2, x, y);
    check(&even, 2, 1, one_x, one_y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(between),
        cmocka_unit_test(equal_neurons),
        cmocka_unit_test(unexplained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
