/* Scaling against NumPy (long double; scale.tsv by tools/make_data_fixtures.py), and the
 * columns that break naive formulas. */
#include "data_support.h"

/* The columns of scale.tsv. */
enum { MEAN, STD, MIN, MAX, RMS, ABS, COLUMNS };

static void read_golden(double g[30][COLUMNS])
{
    FILE *f = fopen(ND_SOURCE_DIR "/tests/data/files/scale.tsv", "r");
    char line[512];

    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    for (int k = 0; k < 30; k++)
        for (int c = 0; c <= COLUMNS; c++) {
            double v;
            assert_int_equal(fscanf(f, "%lf", &v), 1);
            if (c < COLUMNS) g[k][c] = v;
        }
    fclose(f);
}

static nd_table *wdbc(nd_ctx *ctx)
{
    nd_read_options opt = {.positive = "M"};
    nd_table *t;

    nd_assert_ok(ctx, nd_table_read(ctx, ND_SOURCE_DIR "/data/wdbc.csv", &opt, &t));
    return t;
}

/* The same data, sparse. */
static nd_table *sparse_twin(nd_ctx *ctx, const nd_table *t)
{
    char *text = malloc(t->n * t->d * 32), *s = text;
    nd_table *twin;

    for (size_t i = 0; i < t->n; i++) {
        s += sprintf(s, "%d", t->y[i] > 0 ? 1 : -1);
        for (size_t k = 0; k < t->d; k++)
            if (t->x[i * t->d + k] != 0) s += sprintf(s, " %zu:%.17g", k + 1, t->x[i * t->d + k]);
        s += sprintf(s, "\n");
    }
    nd_assert_ok(ctx, nd_test_parse(ctx, "svm", text, NULL, &twin));
    free(text);
    return twin;
}

static void like_numpy(void **state)
{
    double g[30][COLUMNS];
    nd_table *t = wdbc(*state), *s = sparse_twin(*state, t);
    nd_scaler *standard, *minmax, *rms, *top;

    read_golden(g);
    nd_assert_ok(*state, nd_scaler_fit(*state, ND_SCALE_STANDARD, t, &standard));
    nd_assert_ok(*state, nd_scaler_fit(*state, ND_SCALE_MINMAX, t, &minmax));
    nd_assert_ok(*state, nd_scaler_fit(*state, ND_SCALE_STANDARD, s, &rms));
    nd_assert_ok(*state, nd_scaler_fit(*state, ND_SCALE_MINMAX, s, &top));
    for (size_t k = 0; k < 30; k++) {
        nd_assert_close(standard->shift[k], g[k][MEAN], 1e-13, 0);
        nd_assert_close(standard->factor[k], 1 / g[k][STD], 1e-13, 0);
        assert_true(minmax->shift[k] == g[k][MIN]);
        nd_assert_close(minmax->factor[k], 1 / (g[k][MAX] - g[k][MIN]), 1e-15, 0);
        assert_true(rms->shift[k] == 0 && top->shift[k] == 0);
        nd_assert_close(rms->factor[k], 1 / g[k][RMS], 1e-13, 0);
        nd_assert_close(top->factor[k], 1 / g[k][ABS], 1e-15, 0);
    }
    nd_scaler_destroy(*state, standard);
    nd_scaler_destroy(*state, minmax);
    nd_scaler_destroy(*state, rms);
    nd_scaler_destroy(*state, top);
    nd_table_destroy(*state, t);
    nd_table_destroy(*state, s);
}

/* After scaling: mean 0 and variance 1; all in [0, 1]; zeros of sparse data stay. */
static void applied(void **state)
{
    nd_table *t = wdbc(*state), *s = sparse_twin(*state, t);
    size_t entries = s->row[s->n];
    nd_scaler *a;

    nd_assert_ok(*state, nd_scaler_fit(*state, ND_SCALE_STANDARD, s, &a));
    nd_assert_ok(*state, nd_scaler_apply(*state, a, s));
    assert_int_equal(s->row[s->n], entries);
    nd_scaler_destroy(*state, a);
    nd_assert_ok(*state, nd_scaler_fit(*state, ND_SCALE_STANDARD, t, &a));
    nd_assert_ok(*state, nd_scaler_apply(*state, a, t));
    for (size_t k = 0; k < t->d; k++) {
        double sum = 0, square = 0;
        for (size_t i = 0; i < t->n; i++) {
            double v = t->x[i * t->d + k];
            sum += v;
            square += v * v;
        }
        assert_true(fabs(sum / 569) < 1e-13);
        nd_assert_close(square / 569, 1, 1e-13, 0);
    }
    nd_scaler_destroy(*state, a);
    nd_assert_ok(*state, nd_scaler_fit(*state, ND_SCALE_MINMAX, t, &a));
    nd_assert_ok(*state, nd_scaler_apply(*state, a, t));
    for (size_t p = 0; p < t->n * t->d; p++) assert_true(t->x[p] >= 0 && t->x[p] <= 1 + 1e-15);
    nd_scaler_destroy(*state, a);
    nd_table_destroy(*state, t);
    nd_table_destroy(*state, s);
}

/* Columns: constant 0.1 (whose rounded mean is not 0.1), tiny, huge, far from 0. */
static void hard_columns(void **state)
{
    static const double x[] = {0.1,   1e-300,  1e300, 1e9 + 1, 0.1,   3e-300,
                               3e300, 1e9 + 2, 0.1,   2e-300,  2e300, 1e9 + 3};
    const double width = sqrt(2.0 / 3.0);
    nd_scaler *s;
    nd_table *t;

    nd_assert_ok(*state, nd_table_from_arrays(*state, 3, 4, x, NULL, &t));
    nd_assert_ok(*state, nd_scaler_fit(*state, ND_SCALE_STANDARD, t, &s));
    assert_true(s->shift[0] == 0.1 && s->factor[0] == 1.0);
    nd_assert_close(s->factor[1] * 1e-300, 1 / width, 1e-14, 0);
    nd_assert_close(s->factor[2] * 1e300, 1 / width, 1e-14, 0);
    nd_assert_close(s->factor[3], 1 / width, 1e-14, 0);
    nd_assert_ok(*state, nd_scaler_apply(*state, s, t));
    assert_true(t->x[0] == 0.0 && t->x[4] == 0.0);
    nd_scaler_destroy(*state, s);
    nd_table_destroy(*state, t);
}

static void errors(void **state)
{
    static const double wide[] = {-1.7e308, 1.7e308}, tiny[] = {0, 5e-324}, shift[] = {0, NAN};
    nd_scaler *s = NULL;
    nd_table *t, *z;

    nd_assert_ok(*state, nd_table_from_arrays(*state, 2, 1, wide, NULL, &t));
    nd_assert_status(*state, nd_scaler_fit(*state, ND_SCALE_MINMAX, t, &s), ND_ENUMERIC);
    assert_string_equal(nd_errmsg(*state),
                        "feature 1 cannot be scaled (minmax): its values are too "
                        "large or too small");
    nd_table_destroy(*state, t);
    nd_assert_ok(*state, nd_table_from_arrays(*state, 2, 1, tiny, NULL, &t));
    nd_assert_status(*state, nd_scaler_fit(*state, ND_SCALE_STANDARD, t, &s), ND_ENUMERIC);
    assert_null(s);
    nd_table_destroy(*state, t);

    nd_assert_status(*state, nd_scaler_from_arrays(*state, ND_SCALE_STANDARD, 2, wide, shift, &s),
                     ND_EINPUT);
    nd_assert_ok(*state, nd_scaler_from_arrays(*state, ND_SCALE_STANDARD, 2, (double[]){1, 2},
                                               (double[]){1e308, 2}, &s));
    nd_assert_ok(*state, nd_table_from_arrays(*state, 1, 1, wide, NULL, &t));
    nd_assert_status(*state, nd_scaler_apply(*state, s, t), ND_EDIM);
    assert_string_equal(nd_errmsg(*state), "array: found 1 features, expected 2 as in the scaler");
    nd_table_destroy(*state, t);
    nd_assert_ok(*state, nd_table_from_arrays(*state, 1, 2, (double[]){20, 4}, NULL, &t));
    nd_assert_status(*state, nd_scaler_apply(*state, s, t), ND_ENUMERIC);
    nd_assert_message(*state, "row 1, feature 1");
    nd_table_destroy(*state, t);
    nd_assert_ok(*state, nd_test_parse(*state, "svm", "1 2:1\n-1 2:2\n", NULL, &z));
    nd_assert_status(*state, nd_scaler_apply(*state, s, z), ND_EDIM);
    nd_assert_message(*state, "sparse data do not allow");
    nd_table_destroy(*state, z);
    nd_scaler_destroy(*state, s);
}

static void names(void **state)
{
    nd_scale k;

    nd_assert_ok(*state, nd_scale_find(*state, "minmax", &k));
    assert_int_equal(k, ND_SCALE_MINMAX);
    assert_string_equal(nd_scale_name(ND_SCALE_STANDARD), "standard");
    nd_assert_status(*state, nd_scale_find(*state, "zscore", &k), ND_ENAME);
    assert_string_equal(nd_errmsg(*state),
                        "unknown scaling 'zscore'; known: none, standard, minmax");
}

static void no_scaling(void **state)
{
    nd_table *t = wdbc(*state);
    char before[65], after[65];
    nd_scaler *s;

    nd_assert_ok(*state, nd_table_sha256(*state, t, before));
    nd_assert_ok(*state, nd_scaler_fit(*state, ND_SCALE_NONE, t, &s));
    nd_assert_ok(*state, nd_scaler_apply(*state, s, t));
    nd_assert_ok(*state, nd_table_sha256(*state, t, after));
    assert_string_equal(before, after);
    nd_scaler_destroy(*state, s);
    nd_table_destroy(*state, t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ND_CTX_TEST(like_numpy), ND_CTX_TEST(applied), ND_CTX_TEST(hard_columns),
        ND_CTX_TEST(errors),     ND_CTX_TEST(names),   ND_CTX_TEST(no_scaling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
