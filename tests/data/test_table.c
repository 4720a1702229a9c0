/* Tables in memory: from arrays, subsets, rows, counts, identity. */
#include "data_support.h"

static void from_arrays(void **state)
{
    static const double x[] = {1, 2, 3, 4, 5, 6}, y[] = {1, -1, 1};
    double bad_x[6], bad_y[3] = {1, 0, 1}, out[2];
    nd_table *t;

    nd_assert_ok(*state, nd_table_from_arrays(*state, 3, 2, x, y, &t));
    assert_true(t->n == 3 && t->d == 2 && t->x != x && t->y != y && !t->row);
    assert_int_equal(nd_table_count(t, 1.0), 2);
    assert_int_equal(nd_table_count(t, -1.0), 1);
    nd_table_row(t, 2, out);
    assert_true(out[0] == 5 && out[1] == 6);
    nd_table_destroy(*state, t);

    nd_assert_ok(*state, nd_table_from_arrays(*state, 3, 2, x, NULL, &t));
    assert_null(t->y);
    assert_int_equal(nd_table_count(t, 1.0), 0);
    nd_table_destroy(*state, t);

    nd_assert_ok(*state, nd_table_from_arrays(*state, 3, 0, NULL, y, &t));
    assert_true(t->n == 3 && t->d == 0 && !t->x);
    nd_table_destroy(*state, t);

    nd_assert_status(*state, nd_table_from_arrays(*state, 3, 2, x, bad_y, &t), ND_EINPUT);
    assert_string_equal(nd_errmsg(*state), "array: row 2: found label 0, expected 1 or -1");
    memcpy(bad_x, x, sizeof x);
    bad_x[3] = NAN;
    nd_assert_status(*state, nd_table_from_arrays(*state, 3, 2, bad_x, y, &t), ND_EINPUT);
    assert_string_equal(nd_errmsg(*state),
                        "array: row 2, feature 2: found nan, expected a finite number");
    bad_x[3] = -INFINITY;
    nd_assert_status(*state, nd_table_from_arrays(*state, 3, 2, bad_x, y, &t), ND_EINPUT);
    nd_assert_message(*state, "found inf");
    nd_assert_status(*state, nd_table_from_arrays(*state, SIZE_MAX / 2, 4, x, y, &t), ND_EMEM);
}

static void check_subset(nd_ctx *ctx, const nd_table *t)
{
    const size_t index[] = {3, 0, 3};
    double a[8], b[8];
    nd_table *s;

    nd_assert_ok(ctx, nd_table_subset(ctx, t, 3, index, &s));
    assert_int_equal(s->n, 3);
    assert_int_equal(s->d, t->d);
    assert_true((s->row == NULL) == (t->row == NULL));
    for (size_t i = 0; i < 3; i++) {
        nd_table_row(s, i, a);
        nd_table_row(t, index[i], b);
        assert_memory_equal(a, b, t->d * sizeof *a);
        assert_true(s->y[i] == t->y[index[i]]);
    }
    assert_string_equal(s->note, t->note);
    if (t->feature) assert_string_equal(s->feature[1], t->feature[1]);
    nd_table_destroy(ctx, s);
}

static void subsets(void **state)
{
    const size_t beyond[] = {0, 4};
    nd_table *t, *s;

    nd_assert_ok(*state,
                 nd_test_parse(*state, "csv", "a,b,y\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n", NULL, &t));
    check_subset(*state, t);
    nd_assert_status(*state, nd_table_subset(*state, t, 2, beyond, &s), ND_ERANGE);
    assert_string_equal(nd_errmsg(*state), "row 5 of a table with 4 rows");
    nd_assert_ok(*state, nd_table_subset(*state, t, 0, NULL, &s));
    assert_int_equal(s->n, 0);
    nd_table_destroy(*state, s);
    nd_table_destroy(*state, t);
    nd_assert_ok(*state,
                 nd_test_parse(*state, "svm", "1 1:2 3:4\n-1\n1 2:5\n-1 1:1 2:2 3:3\n", NULL, &t));
    check_subset(*state, t);
    nd_table_destroy(*state, t);
}

static void weights_follow(void **state)
{
    static const double x[] = {1, 2}, y[] = {1, -1};
    const size_t index[] = {1};
    nd_table *t, *s;

    nd_assert_ok(*state, nd_table_from_arrays(*state, 2, 1, x, y, &t));
    nd_assert_ok(*state, nd_table_subset(*state, t, 2, (size_t[]){0, 1}, &s));
    nd_table_destroy(*state, t);
    t = s;
    {
        /* a weight array made the way the library makes its own: by a subset of labels */
        nd_table *w;
        nd_assert_ok(*state, nd_table_from_arrays(*state, 2, 1, (double[]){3, 5}, y, &w));
        t->weight = w->x;
        w->x = NULL;
        nd_table_destroy(*state, w);
    }
    nd_assert_ok(*state, nd_table_subset(*state, t, 1, index, &s));
    assert_true(s->weight[0] == 5.0);
    nd_table_destroy(*state, s);
    nd_assert_status(*state, nd_table_write(*state, t, "w.csv", NULL), ND_EINPUT);
    assert_string_equal(nd_errmsg(*state),
                        "w.csv: the table has weights, which no format can hold");
    nd_table_destroy(*state, t);
}

static void hash(nd_ctx *ctx, const char *format, const char *text, char hex[65])
{
    nd_table *t;

    nd_assert_ok(ctx, nd_test_parse(ctx, format, text, NULL, &t));
    nd_assert_ok(ctx, nd_table_sha256(ctx, t, hex));
    nd_table_destroy(ctx, t);
}

static void identity(void **state)
{
    char a[65], b[65];

    /* hashlib.sha256(struct.pack('<QQ6d', 2, 2, .5, 0, 1, 0, -2, -1)) in Python */
    hash(*state, "csv", "0.5,0,1\n0,-2,-1\n", a);
    assert_string_equal(a, "05e32399dbe1556604d8d40017415b9648c3ec455363157cb0f63ae1bc9dcf7a");
    hash(*state, "svm", "1 1:0.5\n-1 2:-2\n", b);
    assert_string_equal(a, b); /* sparse as if dense  */
    hash(*state, "svm", "1 1:0.5 2:0\n-1 1:-0 2:-2\n", b);
    assert_string_equal(a, b); /* -0 as +0            */
    hash(*state, "csv", "x,y,label\n5e-1,-0,2\n0.0,-2,0\n", b);
    assert_string_equal(a, b); /* names are no matter */
    hash(*state, "csv", "0.5,0,-1\n0,-2,1\n", b);
    assert_string_not_equal(a, b);
    hash(*state, "csv", "0,-2,-1\n0.5,0,1\n", b);
    assert_string_not_equal(a, b);
    hash(*state, "csv", "0.5,5e-324,1\n0,-2,-1\n", b);
    assert_string_not_equal(a, b);
}

static void nothing_to_destroy(void **state)
{
    nd_table_destroy(*state, NULL);
    nd_scaler_destroy(*state, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ND_CTX_TEST(from_arrays),        ND_CTX_TEST(subsets),
        ND_CTX_TEST(weights_follow),     ND_CTX_TEST(identity),
        ND_CTX_TEST(nothing_to_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
