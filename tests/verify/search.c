/* The steps of the proof of a critical point, one by one (near.c and frame.c are included,
 * their functions are private), on hand-made matrices whose answers are known. */
#include "verify/near.c" /* first: the files under test */

#include "verify/frame.c"

#include "verify_support.h"

/* A search with P = 2, H as given, X = x I. */
static const slong both[] = {0, 1};

static void make(nv_search *s, nv_cert *c, double theta[2], double h00, double h01, double h11,
                 double x)
{
    memset(s, 0, sizeof *s);
    memset(c, 0, sizeof *c);
    c->net.P = 2;
    c->theta = theta;
    s->c = c;
    s->m = 2;
    s->which = both;
    s->theta = _arb_vec_init(2);
    s->G = _arb_vec_init(2);
    s->v = _arb_vec_init(2);
    nv_value_init(&s->at, 2);
    nv_value_init(&s->over, 2);
    nv_frame_init(&s->f, 2);
    arb_mat_init(s->f.H, 2, 2);
    s->f.D[0] = s->f.D[1] = 1;
    arb_set_d(arb_mat_entry(s->f.H, 0, 0), h00);
    arb_set_d(arb_mat_entry(s->f.H, 0, 1), h01);
    arb_set_d(arb_mat_entry(s->f.H, 1, 0), h01);
    arb_set_d(arb_mat_entry(s->f.H, 1, 1), h11);
    for (int k = 0; k < 2; k++) arb_set_d(arb_mat_entry(s->f.X, k, k), x);
}

/* x >= y, and not by much. */
static void near_above(double x, double y)
{
    assert_true(x >= y && x <= y * (1 + 1e-7));
}

static void test_defect(void **state)
{
    double theta[2] = {0, 0};
    nv_search s;
    nv_cert c;

    (void)state;
    make(&s, &c, theta, 3, 0.25, 1, 1);
    near_above(defect(&s.f), 2.25); /* the largest row, not the last */
    search_clear(&s);
    make(&s, &c, theta, 1, 0.25, 3.5, 1);
    s.f.D[1] = -1;
    near_above(defect(&s.f), 4.75);
    search_clear(&s);
    make(&s, &c, theta, 4, 0, 4, 0.5);
    assert_true(defect(&s.f) == 0);
    mag_set_d(arb_radref(arb_mat_entry(s.f.H, 0, 1)), 1.0 / 3); /* radii count */
    assert_true(defect(&s.f) >= 1.0 / 12);
    search_clear(&s);
}

/* Radii that let a singular matrix in, and radii that do not quite. */
static void test_inertia(void **state)
{
    static const double radius[] = {0.9, 0.99, 1.01, 1.9, 2.5};
    nv_frame f;

    (void)state;
    for (int k = 0; k < 5; k++) {
        nv_frame_init(&f, 2);
        arb_mat_init(f.H, 2, 2);
        arb_set_d(arb_mat_entry(f.H, 0, 0), -4);
        arb_set_d(arb_mat_entry(f.H, 1, 1), 1);
        mag_set_d(arb_radref(arb_mat_entry(f.H, 1, 1)), radius[k]);
        assert_int_equal(nv_frame_prove(&f), radius[k] < 1);
        assert_int_equal(f.index, 1);
        nv_frame_clear(&f);
    }
}

/* reach = |X|_inf |G|_inf / (1 - eps), G = X'g. */
static void test_reach(void **state)
{
    double theta[2] = {0, 0};
    nv_search s;
    nv_cert c;

    (void)state;
    make(&s, &c, theta, 1, 0, 1, 0.5);
    arb_set_d(arb_mat_entry(s.f.X, 0, 1), 2); /* X = (.5 2; 0 .5) */
    arb_set_d(s.at.g, -3);
    arb_set_d(s.at.g + 1, 1);
    s.f.eps = 0.5;
    reach(&s);
    assert_true(arb_equal_si(s.G + 0, 0) == 0);
    assert_true(s.reach >= 2.5 * 5.5 / 0.5 && s.reach < 2.5 * 5.5 / 0.5 * (1 + 1e-12));
    search_clear(&s);
}

/* The same with the largest entries at the other ends. */
static void test_reach_first(void **state)
{
    double theta[2] = {0, 0};
    nv_search s;
    nv_cert c;

    (void)state;
    make(&s, &c, theta, 1, 0, 1, 0.5);
    arb_set_d(arb_mat_entry(s.f.X, 1, 0), 2); /* X = (.5 0; 2 .5), G = (7.5, 2) */
    arb_set_d(s.at.g, -1);
    arb_set_d(s.at.g + 1, 4);
    s.f.eps = 0.25;
    reach(&s);
    near_above(s.reach, 2.5 * 7.5 / 0.75);
    search_clear(&s);
}

/* eps = 1/2, G = (1, 0), D = I: v in (-1 +- 1, +-1), |v|_1 <= 3, |v|_inf <= 2, so that
 * L(theta*) - L(c) is in G v + v'v/2 +- 3 * 2 / 4, and theta* = c + X v. */
static void test_enclose(void **state)
{
    double theta[2] = {10, 20};
    arb_t distance, loss, one;
    nv_search s;
    nv_cert c;

    (void)state;
    arb_init(distance);
    arb_init(loss);
    arb_init(one);
    make(&s, &c, theta, 1, 0, 1, 1);
    arb_one(s.G);
    s.f.eps = 0.5;
    arb_set_d(s.at.L, 100);
    enclose(&s, distance, loss);
    assert_true(nv_lower(loss) <= 98 - 1.5 && nv_upper(loss) >= 102 + 1.5);
    assert_true(nv_lower(loss) > 94 && nv_upper(loss) < 106);
    for (int k = -1; k <= 1; k++) {
        arb_set_d(one, 9 + k);
        assert_true(arb_contains(s.theta, one));
        arb_set_d(one, 20 + k);
        assert_true(arb_contains(s.theta + 1, one));
    }
    assert_true(nv_lower(distance) <= 0 && nv_upper(distance) >= sqrt(5));
    search_clear(&s);
    arb_clear(distance);
    arb_clear(loss);
    arb_clear(one);
}

/* The square loss of the specification's second example has its minimum at (1/2, 0) and
 * a constant Hessian: nothing is found from afar in a cube that does not reach it. */
static void test_attempt(void **state)
{
    double X[] = {1, -1}, y[] = {1, -1}, theta[] = {0, 0};
    nv_cert c;
    nv_search s;

    (void)state;
    memset(&c, 0, sizeof c);
    assert_null(nv_net_parse("linear", 1, 2, &c.net));
    assert_null(nv_loss_parse("square", &c.loss));
    c.n = 2, c.X = X, c.y = y, c.theta = theta, c.l2 = 2;
    search_init(&s, &c, both, 2);
    assert_true(attempt(&s, 10));
    assert_int_equal(s.f.index, 0);
    assert_false(attempt(&s, 0.25));
    assert_false(attempt(&s, 0));
    assert_true(s.reach >= 0.5);
    search_clear(&s);
    theta[0] = 0.5;
    search_init(&s, &c, both, 2);
    assert_true(attempt(&s, 0)); /* the point itself, exactly */
    assert_true(s.reach == 0);
    search_clear(&s);
    nv_net_clear(&c.net);
}

/* M = (1 .9; .9 1) has smallest eigenvalue .1. */
static void test_least(void **state)
{
    static const double mu[] = {0.05, 0.2, 1.1}, weak[] = {0.3, 0.2, 0.1};
    static const int expected[] = {ND_UNKNOWN, ND_UNKNOWN, ND_REFUTED};
    double theta[2] = {0, 0};
    nv_search s;
    nv_cert c;

    (void)state;
    for (int k = 0; k < 3; k++) {
        make(&s, &c, theta, 1, 0.9, 1, 1);
        defect(&s.f); /* sets M */
        c.mu = mu[k];
        /* Gershgorin proves mu < .1 only: 1 - mu > .9 */
        assert_int_equal(nv_frame_least(&s.f, c.mu), mu[k] < 0.1 ? ND_PROVED : expected[k]);
        search_clear(&s);
        make(&s, &c, theta, 1, weak[k], 1, 1);
        defect(&s.f);
        c.mu = 1 - weak[k] + 0x1p-20;
        assert_int_not_equal(nv_frame_least(&s.f, c.mu), ND_PROVED);
        c.mu = 1 - weak[k] - 0x1p-20;
        assert_int_equal(nv_frame_least(&s.f, c.mu), ND_PROVED);
        search_clear(&s);
    }
}

/* Bounds are rounded outward. */
static void test_rounding(void **state)
{
    arb_t third, d;

    (void)state;
    arb_init(third);
    arb_init(d);
    arb_set_ui(third, 1);
    arb_div_ui(third, third, 3, 256);
    assert_true(nv_lower(third) < nv_upper(third));
    arb_set_d(d, nv_upper(third));
    assert_true(arb_gt(d, third));
    arb_set_d(d, nv_lower(third));
    assert_true(arb_lt(d, third));
    assert_int_equal(nv_at_least(third, 0x1.5555555555555p-2), ND_PROVED);
    assert_int_equal(nv_at_least(third, 0x1.5555555555557p-2), ND_REFUTED);
    assert_int_equal(nv_at_most(third, 0x1.5555555555554p-2), ND_REFUTED);
    assert_int_equal(nv_at_most(third, 0x1.5555555555556p-2), ND_PROVED);
    arb_set_d(third, 1);
    assert_int_equal(nv_at_least(third, 1), ND_PROVED);
    assert_int_equal(nv_at_most(third, 1), ND_PROVED);
    mag_set_d(arb_radref(third), 1e-9);
    assert_int_equal(nv_at_least(third, 1), ND_UNKNOWN);
    arb_indeterminate(third);
    assert_int_equal(nv_at_least(third, -1e300), ND_UNKNOWN);
    assert_int_equal(nv_at_most(third, 1e300), ND_UNKNOWN);
    arb_clear(third);
    arb_clear(d);
}

/* The centre moved away from the critical point by up to .01: the enclosures of
 * distance, loss and margin at theta* keep the exact values (from the certificate of
 * the exact point), whatever their width. */
static void displaced(const char *path, const char *name)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_rng rng = nd_rng_make(17, 0);
    nv_cert c;
    slong m, *all;
    int proved = 0;

    memset(&c, 0, sizeof c);
    assert_int_equal(nv_cert_read(ctx, path, &c), ND_OK);
    all = nv_others(c.net.P, NULL, NULL, &m);
    for (int e = -45; e < -6 && (c.kind == NV_STRICT || c.kind == NV_INDEX); e += 3) {
        double *exact = c.theta, *moved = malloc((size_t)c.net.P * sizeof *moved), norm = 0;
        arb_t distance, loss;
        nv_search s;

        for (slong k = 0; k < c.net.P; k++) {
            moved[k] = exact[k] + ldexp(2 * nd_rng_uniform(&rng) - 1, e);
            norm += (moved[k] - exact[k]) * (moved[k] - exact[k]);
        }
        norm = sqrt(norm);
        c.theta = moved;
        c.radius = norm;
        arb_init(distance);
        arb_init(loss);
        search_init(&s, &c, all, m);
        if (locate(&s, c.radius)) {
            enclose(&s, distance, loss);
            proved++;
            assert_int_not_equal(nv_at_least(loss, c.loss_lo), ND_REFUTED);
            assert_int_not_equal(nv_at_most(loss, c.loss_hi), ND_REFUTED);
            assert_true(nv_lower(distance) <= norm + 1e-14 && norm - 1e-14 <= nv_upper(distance));
            for (slong k = 0; k < c.net.P; k++) {
                mag_add_ui_2exp_si(arb_radref(s.theta + k), arb_radref(s.theta + k), 1, -44);
                arb_set_d(distance, exact[k]);
                if (!arb_contains(s.theta + k, distance)) fail_msg("%s: parameter %ld", name, k);
            }
            if (c.kind == NV_STRICT) assert_int_equal(s.f.index, 0);
            if (c.kind == NV_INDEX) assert_int_equal(s.f.index, c.index);
        }
        search_clear(&s);
        arb_clear(distance);
        arb_clear(loss);
        c.theta = exact;
        free(moved);
    }
    if (c.kind == NV_STRICT || c.kind == NV_INDEX) assert_true(proved >= 2);
    flint_free(all);
    nv_cert_clear(ctx, &c);
    nd_ctx_destroy(ctx);
}

static void test_displaced(void **state)
{
    (void)state;
    nv_each("points", 20, displaced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inertia),   cmocka_unit_test(test_defect),
        cmocka_unit_test(test_reach),     cmocka_unit_test(test_reach_first),
        cmocka_unit_test(test_enclose),   cmocka_unit_test(test_attempt),
        cmocka_unit_test(test_least),     cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_displaced),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    flint_cleanup();
    return failed;
}
