/* What is written reads back to the same bits, in every format that can be written. */
#include "data_support.h"
#include <unistd.h>

static const char *const formats[] = {"csv", "tsv", "svm", "npz", "arff", "csv.gz", "svm.gz"};
#define FORMATS (sizeof formats / sizeof *formats)

static char folder[] = "/tmp/nadir-data-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* Random bits as doubles: all magnitudes, subnormals, -0; never inf or NaN. */
static double any_double(nd_rng *r)
{
    double x;

    do {
        uint64_t bits = nd_rng_u64(r);
        if (bits % 7 == 0) return 0.0;
        if (bits % 11 == 0) return -0.0;
        memcpy(&x, &bits, sizeof x);
    } while (!isfinite(x));
    return x;
}

static nd_table *dense_table(nd_ctx *ctx, size_t n, size_t d, bool labelled)
{
    double *x = malloc(n * d * sizeof *x), *y = malloc(n * sizeof *y);
    nd_rng r = nd_rng_make(5, n);
    nd_table *t;

    for (size_t p = 0; p < n * d; p++) x[p] = any_double(&r);
    for (size_t i = 0; i < n; i++) y[i] = i % 3 ? 1.0 : -1.0;
    nd_assert_ok(ctx, nd_table_from_arrays(ctx, n, d, x, labelled ? y : NULL, &t));
    free(x);
    free(y);
    return t;
}

static bool same_bits(const double *a, const double *b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

/* Equal as vectors bit by bit, whether stored dense or sparse. */
static void assert_same(const nd_table *a, const nd_table *b, const char *file)
{
    double *u = malloc((a->d + 1) * sizeof *u), *v = malloc((a->d + 1) * sizeof *v);
    bool same = a->n == b->n && a->d == b->d && (a->y == NULL) == (b->y == NULL);

    for (size_t i = 0; same && i < a->n; i++) {
        nd_table_row(a, i, u);
        nd_table_row(b, i, v);
        same = same_bits(u, v, a->d) && (!a->y || a->y[i] == b->y[i]);
    }
    free(u);
    free(v);
    if (!same) fail_msg("%s: %zu x %zu came back otherwise", file, a->n, a->d);
}

static void write_and_read(nd_ctx *ctx, const nd_table *t, const char *format)
{
    nd_read_options opt = {.unlabelled = !t->y};
    char file[64], name[512];
    nd_table *back;

    snprintf(file, sizeof file, "%s/t.%s", folder, format);
    nd_assert_ok(ctx, nd_table_write(ctx, t, file, NULL));
    nd_assert_ok(ctx, nd_table_read(ctx, file, &opt, &back));
    assert_same(t, back, file);
    if (t->row && (strncmp(format, "svm", 3) == 0 || strcmp(format, "arff") == 0)) {
        assert_non_null(back->row); /* sparse stays sparse, entry by entry */
        assert_memory_equal(t->row, back->row, (t->n + 1) * sizeof *t->row);
        assert_memory_equal(t->col, back->col, t->row[t->n] * sizeof *t->col);
        assert_true(same_bits(t->val, back->val, t->row[t->n]));
    }
    for (size_t k = 0; t->feature && back->feature && k < t->d; k++) {
        snprintf(name, sizeof name, "%s%s", t->feature[k],
                 strcmp(t->feature[k], "label") == 0 ? "_feature" : "");
        assert_string_equal(back->feature[k], name);
    }
    nd_table_destroy(ctx, back);
    unlink(file);
}

static void dense(void **state)
{
    static const size_t shapes[][2] = {{2, 1}, {3, 2}, {50, 7}, {7, 50}, {2, 300}};

    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int labelled = 0; labelled < 2; labelled++) {
            nd_table *t = dense_table(*state, shapes[s][0], shapes[s][1], labelled);
            for (size_t f = 0; f < FORMATS; f++) write_and_read(*state, t, formats[f]);
            nd_table_destroy(*state, t);
        }
}

static void sparse(void **state)
{
    static const char *const texts[] = {
        "1 1:0.1 3:-0 9:5e-324\n-1 2:1e300\n1 1:1\n-1 9:0\n",
        "1 1:0.1 3:2\n-1\n1 9:0\n1 2:3\n", /* an empty row; the last column is zero */
        "1 0:1 5:2\n-1 0:3\n",
    };
    nd_read_options bare = {.unlabelled = true};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int labelled = 0; labelled < 2; labelled++) {
            nd_table *t;
            nd_assert_ok(*state,
                         nd_test_parse(*state, "svm", texts[i], labelled ? NULL : &bare, &t));
            for (size_t f = 0; f < FORMATS; f++)
                /* but for an empty line, which gets a zero entry */
                if (labelled || i != 1 || strncmp(formats[f], "svm", 3) != 0)
                    write_and_read(*state, t, formats[f]);
            nd_table_destroy(*state, t);
        }
}

/* svmlight does not say how many columns there are. */
static void last_column_empty(void **state)
{
    static const double x[] = {1, 0, 0, 2, 3, 0}, y[] = {1, -1};
    static const size_t index[] = {1, 2};
    char file[64];
    nd_table *t, *s;

    snprintf(file, sizeof file, "%s/last.svm", folder);
    nd_assert_ok(*state, nd_table_from_arrays(*state, 2, 3, x, y, &t));
    write_and_read(*state, t, "svm");
    nd_table_destroy(*state, t);
    nd_assert_ok(*state, nd_test_parse(*state, "svm", "1 9:1\n1 1:1\n-1 2:2\n", NULL, &t));
    nd_assert_ok(*state, nd_table_subset(*state, t, 2, index, &s));
    write_and_read(*state, s, "csv");
    write_and_read(*state, s, "arff");
    nd_assert_ok(*state, nd_table_write(*state, s, file, NULL));
    nd_table_destroy(*state, t);
    nd_assert_ok(*state, nd_table_read(*state, file, NULL, &t));
    assert_same(s, t, file); /* with one entry more, which is zero */
    assert_int_equal(t->row[2], 3);
    unlink(file);
    nd_table_destroy(*state, s);
    nd_table_destroy(*state, t);
}

static void awkward_names(void **state)
{
    nd_table *t;

    nd_assert_ok(*state, nd_test_parse(*state, "csv",
                                       "\"a,b\",\"say \"\"so\"\"\",\"two\nlines\",\"it's\\\", "
                                       "label ,\"tab\there\",last\n"
                                       "1,2,3,4,5,6,0\n7,8,9,1,2,3,1\n",
                                       &(nd_read_options){.label = "last"}, &t));
    for (size_t f = 0; f < FORMATS; f++) write_and_read(*state, t, formats[f]);
    nd_table_destroy(*state, t);
}

static void what_cannot_be_written(void **state)
{
    static const double y[] = {1, -1};
    nd_table *t;

    nd_assert_ok(*state, nd_table_from_arrays(*state, 2, 0, NULL, y, &t));
    for (size_t f = 0; f < 5; f++) {
        char file[64];
        snprintf(file, sizeof file, "%s/t.%s", folder, formats[f]);
        nd_assert_status(*state, nd_table_write(*state, t, file, NULL), ND_EINPUT);
        nd_assert_message(*state, "a table without features cannot be written");
        assert_int_equal(access(file, F_OK), -1);
    }
    nd_assert_status(*state, nd_table_write(*state, t, "t.npy", NULL), ND_ENAME);
    assert_string_equal(nd_errmsg(*state),
                        "t.npy: the format npy is read only; write csv, tsv, svm, npz or arff");
    nd_table_destroy(*state, t);
    t = dense_table(*state, 2, 2, true);
    nd_assert_status(*state, nd_table_write(*state, t, "/no/such/folder/t.csv", NULL), ND_EIO);
    nd_table_destroy(*state, t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ND_CTX_TEST(dense),
        ND_CTX_TEST(sparse),
        ND_CTX_TEST(last_column_empty),
        ND_CTX_TEST(awkward_names),
        ND_CTX_TEST(what_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
