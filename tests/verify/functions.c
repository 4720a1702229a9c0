/* Activations and losses over balls against 36-digit values (functions.json): exact
 * points give sharp enclosures, wide balls contain the values at all points inside,
 * kinks are said. */
#include "verify_support.h"

static json_t *rows;

static nv_jet lookup(const char *name, bool loss, int *q)
{
    const nv_function *f = loss ? nv_losses : nv_activations;
    size_t n = strcspn(name, ":");

    *q = name[n] ? atoi(name + n + 1) : 0;
    for (; f->name; f++)
        if (strlen(f->name) == n && !strncmp(f->name, name, n)) return f->jet;
    fail_msg("no function %s", name);
    return NULL;
}

static const char *name_of(const json_t *row)
{
    return json_string_value(json_object_get(row, "name"));
}

static bool is_loss(const json_t *row)
{
    return json_integer_value(json_object_get(row, "loss")) == 1;
}

static double point_of(const json_t *row)
{
    return strtod(json_string_value(json_object_get(row, "z")), NULL);
}

static void test_points(void **state)
{
    arb_ptr out = _arb_vec_init(3);
    arb_t z, golden;
    json_t *row;
    size_t i;
    int q;

    (void)state;
    arb_init(z);
    arb_init(golden);
    json_array_foreach(rows, i, row)
    {
        nv_jet jet = lookup(name_of(row), is_loss(row), &q);

        arb_set_d(z, point_of(row));
        nv_apply(jet, out, z, q, 2, 128);
        for (size_t k = 0; k < 3; k++) {
            nv_golden(golden, json_array_get(json_object_get(row, "value"), k));
            nv_assert_encloses(out + k, golden, name_of(row));
            assert_true(arb_is_zero(out + k) || arb_rel_accuracy_bits(out + k) > 70);
        }
    }
    arb_clear(z);
    arb_clear(golden);
    _arb_vec_clear(out, 3);
}

/* Every golden point inside the ball, around every golden point, in six widths. */
static void test_wide(void **state)
{
    static const double radius[] = {1e-300, 1e-9, 0.01, 0.6, 3.5, 45};
    arb_ptr out = _arb_vec_init(3);
    arb_t z, golden;
    json_t *row, *other;
    size_t i, j;
    int q, finite = 0, all = 0;

    (void)state;
    arb_init(z);
    arb_init(golden);
    json_array_foreach(rows, i, row) for (int w = 0; w < 6; w++)
    {
        nv_jet jet = lookup(name_of(row), is_loss(row), &q);

        arb_set_d(z, point_of(row));
        mag_set_d(arb_radref(z), radius[w]);
        nv_apply(jet, out, z, q, 2, 128);
        json_array_foreach(rows, j, other)
        {
            if (strcmp(name_of(other), name_of(row)) != 0 || is_loss(other) != is_loss(row) ||
                fabs(point_of(other) - point_of(row)) > radius[w])
                continue;
            for (size_t k = 0; k < 3; k++) {
                nv_golden(golden, json_array_get(json_object_get(other, "value"), k));
                nv_assert_encloses(out + k, golden, name_of(row));
                finite += radius[w] < 1 && arb_is_finite(out + k);
                all += radius[w] < 1;
            }
        }
    }
    assert_true(10 * finite > 9 * all);
    arb_clear(z);
    arb_clear(golden);
    _arb_vec_clear(out, 3);
}

/* Which derivatives exist on balls that meet a kink: bit k for the k-th. */
static void kink(const char *name, bool loss, double at, int expected)
{
    arb_ptr out = _arb_vec_init(3), edge = _arb_vec_init(3);
    arb_t z, e;
    int q;
    nv_jet jet = lookup(name, loss, &q);

    arb_init(z);
    arb_init(e);
    for (int shift = -1; shift <= 1; shift++) { /* to the right of z, in it, to its left */
        arb_set_d(z, at + shift * 0.25);
        mag_set_d(arb_radref(z), 0.25);
        nv_apply(jet, out, z, q, 2, 128);
        for (int k = 0; k < 3; k++) assert_int_equal(arb_is_finite(out + k), expected >> k & 1);
        for (int side = -1; side <= 1; side += 2) { /* the ends are inside */
            arb_set_d(e, at + (shift + side) * 0.25);
            nv_apply(jet, edge, e, q, 2, 128);
            for (int k = 0; k < 3; k++)
                if (arb_is_finite(edge + k)) nv_assert_encloses(out + k, edge + k, name);
        }
    }
    for (int side = -1; side <= 1; side += 2) { /* off the kink: all exist */
        arb_set_d(z, at + side * 0.25);
        mag_set_d(arb_radref(z), 0.2499);
        nv_apply(jet, out, z, q, 2, 128);
        for (int k = 0; k < 3; k++) assert_true(arb_is_finite(out + k));
    }
    arb_clear(z);
    arb_clear(e);
    _arb_vec_clear(out, 3);
    _arb_vec_clear(edge, 3);
}

static void test_kinks(void **state)
{
    (void)state;
    kink("relu", false, 0, 1);
    kink("leakyrelu", false, 0, 1);
    kink("elu", false, 0, 3);
    kink("polyhinge:2", true, -1, 3);
    kink("polyhinge:3", true, -1, 7);
    kink("smoothhinge", true, -1, 7);
    kink("smoothhinge", true, 0, 7);
}

/* An indeterminate or infinite ball stays without a statement. */
static void test_not_finite(void **state)
{
    arb_ptr out = _arb_vec_init(3);
    arb_t z;

    (void)state;
    arb_init(z);
    for (int loss = 0; loss < 2; loss++)
        for (const nv_function *f = loss ? nv_losses : nv_activations; f->name; f++)
            for (int how = 0; how < 3; how++) {
                if (how == 0)
                    arb_indeterminate(z);
                else if (how == 1)
                    arb_pos_inf(z);
                else
                    arb_zero_pm_inf(z);
                nv_apply(f->jet, out, z, 3, 2, 128);
                for (int k = 0; k < 3; k++) assert_false(arb_is_finite(out + k));
            }
    arb_set_d(z, 0);
    arb_mul(z, z, out, 128); /* 0 times what does not exist does not exist */
    assert_false(arb_is_finite(z));
    arb_clear(z);
    _arb_vec_clear(out, 3);
}

/* The hinges vanish exactly to the left of the kink, however close, and the
 * exponentials survive any finite argument. */
static void test_extremes(void **state)
{
    static const char *const hinge[] = {"polyhinge:2", "polyhinge:5", "smoothhinge"};
    static const double huge[] = {-1e308, -1e9, 1e9, 1e308};
    arb_ptr out = _arb_vec_init(3);
    arb_t z, eps;
    int q;

    (void)state;
    arb_init(z);
    arb_init(eps);
    arb_set_d(eps, -1);
    arb_mul_2exp_si(eps, eps, -1000);
    for (int i = 0; i < 3; i++) {
        nv_jet jet = lookup(hinge[i], true, &q);

        arb_set_si(z, -1);
        nv_apply(jet, out, z, q, 1, 128);
        assert_true(arb_is_zero(out) && arb_is_zero(out + 1));
        arb_add(z, z, eps, ARF_PREC_EXACT);
        nv_apply(jet, out, z, q, 2, 64);
        for (int k = 0; k < 3; k++) assert_true(arb_is_zero(out + k));
    }
    for (int i = 0; i < 4; i++)
        for (const nv_function *f = nv_activations; f->name; f++) {
            arb_set_d(z, huge[i]);
            nv_apply(f->jet, out, z, 0, 2, 64);
            assert_true(arb_is_finite(out + 1) || !strcmp(f->name, "exp") || fabs(huge[i]) > 1e9);
        }
    arb_clear(z);
    arb_clear(eps);
    _arb_vec_clear(out, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_points),   cmocka_unit_test(test_wide),
        cmocka_unit_test(test_kinks),    cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_extremes),
    };
    int failed;

    rows = nv_load(NV_TESTS "functions.json");
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_decref(rows);
    flint_cleanup();
    return failed;
}
