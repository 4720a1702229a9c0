/* Every file of tests/data/files, written by other programs, gives the table that
 * expected.tsv says, bit by bit (SHA-256 computed from the original arrays). */
#include "data_support.h"

#define FILES ND_SOURCE_DIR "/tests/data/files/"

typedef struct {
    char *file, *label, *positive, *labelled, *n, *d, *plus, *sha, *note;
} expected;

/* Cuts line at its tabs; "\n" in a field stands for a line break. */
static void cut(char *line, expected *e)
{
    char **field = (char **)e;

    for (size_t k = 0; k < sizeof *e / sizeof(char *); k++) {
        field[k] = line;
        line = line + strcspn(line, "\t\n");
        if (*line) *line++ = '\0';
    }
    for (char *s = e->positive; (s = strstr(s, "\\n")); s++) {
        *s = '\n';
        memmove(s + 1, s + 2, strlen(s + 2) + 1);
    }
}

static void check_file(nd_ctx *ctx, const expected *e)
{
    nd_read_options opt = {.label = *e->label ? e->label : NULL,
                           .positive = *e->positive ? e->positive : NULL,
                           .unlabelled = *e->labelled == '0'};
    nd_table *t = NULL;
    char hex[65], file[2048];

    snprintf(file, sizeof file, FILES "%s", e->file);
    nd_assert_ok(ctx, nd_table_read(ctx, file, &opt, &t));
    nd_assert_ok(ctx, nd_table_sha256(ctx, t, hex));
    if (t->n != strtoul(e->n, NULL, 10) || t->d != strtoul(e->d, NULL, 10) ||
        nd_table_count(t, 1.0) != strtoul(e->plus, NULL, 10) || strcmp(hex, e->sha) != 0)
        fail_msg("%s: %zu x %zu, %zu +, %s", e->file, t->n, t->d, nd_table_count(t, 1.0), hex);
    if (!strstr(t->note, e->note)) fail_msg("%s: note '%s'", e->file, t->note);
    assert_string_equal(t->source, file);
    assert_true((t->row != NULL) == (strstr(e->file, "svm") || strstr(e->file, "sparse")));
    nd_table_destroy(ctx, t);
}

static void every_file_reads_to_the_bit(void **state)
{
    FILE *f = fopen(FILES "expected.tsv", "r");
    char line[1024];
    size_t files = 0;
    expected e;

    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    for (; fgets(line, sizeof line, f); files++) {
        cut(line, &e);
        check_file(*state, &e);
    }
    fclose(f);
    assert_true(files > 45);
}

/* The data sets that come with the library: shape and class counts of data/README.md. */
static void committed_sets(void **state)
{
    static const struct {
        const char *file, *positive;
        size_t n, d, plus;
    } sets[] = {{"wdbc.csv", "M", 569, 30, 212},
                {"iris2.csv", "virginica", 100, 4, 50},
                {"sonar.csv", "M", 208, 60, 111},
                {"ionosphere.csv", "good", 351, 34, 225},
                {"pima.csv", "pos", 768, 8, 268},
                {"two_spirals.csv", NULL, 193, 2, 97},
                {"parity8.csv", NULL, 256, 8, 128},
                {"digits.csv.gz", "0,2,4,6,8", 1797, 64, 891},
                {"spam.csv.gz", "spam", 4601, 57, 1813},
                {"letter.csv.gz", "A,B,C,D,E,F,G,H,I,J,K,L,M", 20000, 16, 9940},
                {"mnist_3v5.csv.gz", NULL, 1895, 784, 863}};

    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        nd_read_options opt = {.positive = sets[i].positive};
        char file[512];
        nd_table *t;
        snprintf(file, sizeof file, ND_SOURCE_DIR "/data/%s", sets[i].file);
        nd_assert_ok(*state, nd_table_read(*state, file, &opt, &t));
        assert_int_equal(t->n, sets[i].n);
        assert_int_equal(t->d, sets[i].d);
        assert_int_equal(nd_table_count(t, 1.0), sets[i].plus);
        assert_string_equal(t->label_name, "label");
        nd_table_destroy(*state, t);
    }
}

static void names_and_notes(void **state)
{
    nd_read_options opt = {.positive = "yes"};
    nd_table *t;

    nd_assert_ok(*state, nd_table_read(*state, FILES "dense.arff", &opt, &t));
    assert_string_equal(t->feature[0], "first one");
    assert_string_equal(t->feature[2], "sex=fe male");
    assert_string_equal(t->feature[3], "colour=red");
    assert_string_equal(t->feature[5], "colour=dark 'blue'");
    assert_string_equal(t->feature[6], "only");
    assert_string_equal(t->note,
                        "1 two-valued attributes as 0/1, 1 nominal attributes as a 0/1 column for "
                        "each value; label column 6 ('class'): + is yes (12), - is no (11) "
                        "[--positive]");
    nd_table_destroy(*state, t);

    opt.positive = "yes,\n\"sure\"";
    nd_assert_ok(*state, nd_table_read(*state, FILES "quoted.csv", &opt, &t));
    assert_string_equal(t->feature[0], "a \"quoted\" name");
    assert_string_equal(t->feature[1], "two\nlines");
    assert_string_equal(t->feature[2], "comma, semicolon;");
    assert_string_equal(t->label_name, "target");
    nd_table_destroy(*state, t);
}

/* What is not there or has no known ending. */
static void files_that_are_not_there(void **state)
{
    nd_table *t = (nd_table *)state;
    nd_read_options opt = {.positive = "5"};

    nd_assert_status(*state, nd_table_read(*state, "no/such.csv", NULL, &t), ND_EIO);
    nd_assert_message(*state, "no/such.csv");
    nd_assert_status(*state, nd_table_read(*state, "data.xls", NULL, &t), ND_ENAME);
    assert_string_equal(nd_errmsg(*state),
                        "data.xls: the ending tells no data format; known: csv, tsv, svm, svm0, "
                        "svm1, npy, npz, idx, arff (or a generator gen:NAME)");
    opt.format = "cvs";
    nd_assert_status(*state, nd_table_read(*state, "data.csv", &opt, &t), ND_ENAME);
    assert_string_equal(nd_errmsg(*state),
                        "unknown data format 'cvs'; known: csv, tsv, svm, svm0, svm1, npy, npz, "
                        "idx, arff");
    assert_ptr_equal(t, state); /* outputs untouched on error */
}

static void format_by_option(void **state)
{
    nd_read_options opt = {.format = "svm0"};
    nd_table *t;

    nd_assert_ok(*state, nd_table_read(*state, FILES "from1.svm", &opt, &t));
    assert_int_equal(t->d, 6);
    nd_table_destroy(*state, t);
    opt.format = "svm1";
    nd_assert_status(*state, nd_table_read(*state, FILES "from0.svm", &opt, &t), ND_EINPUT);
    nd_assert_message(*state, "expected indices from 1");
}

static bool stop(void *user)
{
    (void)user;
    return true;
}

static void cancel(void **state)
{
    nd_table *t;

    nd_set_cancel(*state, stop, NULL);
    nd_assert_status(*state, nd_table_read(*state, FILES "plain.csv", NULL, &t), ND_ECANCEL);
    nd_assert_status(*state, nd_table_read(*state, FILES "from1.svm", NULL, &t), ND_ECANCEL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ND_CTX_TEST(every_file_reads_to_the_bit),
        ND_CTX_TEST(committed_sets),
        ND_CTX_TEST(names_and_notes),
        ND_CTX_TEST(files_that_are_not_there),
        ND_CTX_TEST(format_by_option),
        ND_CTX_TEST(cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
