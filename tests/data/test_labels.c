/* Which column is the label, which values are +1, and what the table remembers of it. */
#include "data_support.h"

/* Reads the text; the labels as a string of + and -, "none", or the message. */
static const char *labels(nd_ctx *ctx, const char *format, const char *text, nd_read_options opt)
{
    static char out[4096];
    nd_table *t = NULL;
    size_t i;

    if (nd_test_parse(ctx, format, text, &opt, &t) != ND_OK) {
        snprintf(out, sizeof out, "%s", nd_errmsg(ctx));
        return out;
    }
    for (i = 0; t->y && i < t->n; i++) out[i] = t->y[i] > 0.0 ? '+' : '-';
    out[i] = '\0';
    if (!t->y) strcpy(out, "none");
    snprintf(out + strlen(out), 2048, " d=%zu [%s|%s|%s]", t->d, t->positive ? t->positive : "",
             t->negative ? t->negative : "", t->label_name ? t->label_name : "");
    nd_table_destroy(ctx, t);
    return out;
}

#define CHECK(text, expected, ...)                                                                 \
    assert_string_equal(labels(*state, "csv", text, (nd_read_options){__VA_ARGS__}), expected)

static void which_column(void **state)
{
    CHECK("a,b\n1,0\n2,1\n", "-+ d=1 [1|0|b]", .label = NULL); /* the last */
    CHECK("label,b\n1,7\n2,8\n", "-+ d=1 [2|1|label]", .label = NULL);
    CHECK("a,Class,b\n9,1,7\n9,2,8\n", "-+ d=2 [2|1|Class]", .label = NULL);
    CHECK("TARGET,b\n1,7\n2,8\n", "-+ d=1 [2|1|TARGET]", .label = NULL);
    CHECK("Y,b\n1,7\n2,8\n", "-+ d=1 [2|1|Y]", .label = NULL);
    CHECK("y,target,class,label\n0,0,0,1\n0,0,0,2\n", "-+ d=3 [2|1|label]", .label = NULL);
    CHECK("y,target,class\n0,0,1\n0,0,2\n", "-+ d=2 [2|1|class]", .label = NULL);
    CHECK("y,target\n0,1\n0,2\n", "-+ d=1 [2|1|target]", .label = NULL);
    CHECK("1,5\n2,6\n", "-+ d=1 [6|5|]", .label = NULL);
    CHECK("1,5\n2,6\n", "-+ d=1 [2|1|]", .label = "1");
    CHECK("a,b\n1,5\n2,6\n", "-+ d=1 [2|1|a]", .label = "1");
    CHECK("a,b\n1,5\n2,6\n", "-+ d=1 [2|1|a]", .label = "a");
    CHECK("2,1,label\n1,5,0\n2,6,0\n", "-+ d=2 [6|5|1]", .label = "1"); /* a name first */
    CHECK("weight,height\n1,5\n2,6\n", "t: no column 'wieght'; did you mean 'weight'?",
          .label = "wieght");
    CHECK("weight,height\n1,5\n2,6\n",
          "t: no column '3'; expected a name from the header ('weight' to 'height') or a number "
          "from 1 to 2",
          .label = "3");
    CHECK("1,5\n2,6\n", "t: no column 'age'; there is no header, expected a number from 1 to 2",
          .label = "age");
    CHECK("1,5\n2,6\n", "t: no column '0'; there is no header, expected a number from 1 to 2",
          .label = "0");
}

static void which_values(void **state)
{
    CHECK("1,-1\n2,+1\n3,1.0\n4,-1e0\n", "-++- d=1 [1|-1|]", .label = NULL);
    CHECK("1,2\n2,10\n", "-+ d=1 [10|2|]", .label = NULL); /* numbers, not texts */
    CHECK("1,10\n2,2\n", "+- d=1 [10|2|]", .label = NULL);
    CHECK("1,-0\n2,1\n3,0\n", "-+- d=1 [1|0|]", .label = NULL);
    CHECK("1,M\n2,B\n", "+- d=1 [M|B|]", .positive = "M");
    CHECK("1,M\n2,B\n", "-+ d=1 [B|M|]", .positive = "B");
    CHECK("1,3\n2,1\n3,2\n4,3.0\n", "+-++ d=1 [2,3|1|]", .positive = "2,3");
    CHECK("1,3\n2,1\n3,2\n4,1\n", "+--- d=1 [3|1,2|]", .positive = "3");
    CHECK("1,3\n2,1\n", "+- d=1 [03.0|1|]", .positive = "03.0");
    CHECK("1,\"a,b\"\n2,c\n", "+- d=1 [a,b|c|]", .positive = "a,b");
    CHECK("1,a\n2,b\n3,\"a,b\"\n", "--+ d=1 [a,b|a,b|]", .positive = "a,b");
}

static void refused_values(void **state)
{
    CHECK("a,class\n1,M\n2,B\n3,M\n",
          "t: label column 2 ('class') holds text, so which value is +1 must be said: found M (2), "
          "B (1); say which are +1 with --positive, e.g. --positive 'M'",
          .label = NULL);
    CHECK("1,1\n2,one\n",
          "t: label column 2 holds text, so which value is +1 must be said: found 1 (1), one (1); "
          "say which are +1 with --positive, e.g. --positive '1'",
          .label = NULL);
    CHECK("1,1\n2,2\n3,3\n",
          "t: label column 2 has more than two values: found 1 (1), 2 (1), 3 (1); say which are +1 "
          "with --positive, e.g. --positive '1'",
          .label = NULL);
    CHECK("1,1\n2,1\n", "t: label column 2 has one value only, expected two: found 1 (2)",
          .label = NULL);
    CHECK("1,1\n2,1\n", "t: label column 2 has one class only, expected two: found 1 (2)",
          .positive = "1");
    CHECK("1,1\n2,2\n", "t: label column 2 has one class only, expected two: found 1 (1), 2 (1)",
          .positive = "1,2");
    CHECK("1,M\n2,B\n",
          "t: label column 2 never has the value 'm' of --positive: found M (1), B (1)",
          .positive = "m");
    CHECK("1,M\n2,B\n",
          "t: label column 2 never has the value '' of --positive: found M (1), B (1)",
          .positive = "M,");
}

static void prediction(void **state)
{
    CHECK("a,b\n1,0\n2,1\n", "none d=2 [||]", .unlabelled = true);
    CHECK("a,label\n1,0\n2,1\n", "none d=2 [||]", .unlabelled = true, .label = "b");
    CHECK("a,b\n1,0\n2,1\n", "none d=2 [||]", .label_optional = true);
    CHECK("a,b\n1,0\n2,1\n", "none d=2 [||]", .label_optional = true, .label = "diagnosis");
    CHECK("a,b\n1,0\n2,1\n", "none d=2 [||]", .label_optional = true, .label = "3");
    CHECK("a,b\n1,0\n2,1\n", "-+ d=1 [1|0|b]", .label_optional = true, .label = "b");
    CHECK("a,label\n1,0\n2,1\n", "-+ d=1 [1|0|label]", .label_optional = true);
    /* one class, or a value never met, is no error for data to predict on */
    CHECK("a,label\n1,0\n2,0\n", "-- d=1 [1|0|label]", .label_optional = true, .positive = "1");
    CHECK("a,label\n1,1\n2,1\n", "++ d=1 [1||label]", .label_optional = true, .positive = "1");
    assert_string_equal(
        labels(*state, "svm", "1:2 3:4\n2:1\n", (nd_read_options){.unlabelled = true}),
        "none d=3 [||]");
    assert_string_equal(
        labels(*state, "svm", "7 1:2 3:4\n8 2:1\n", (nd_read_options){.unlabelled = true}),
        "none d=3 [||]");
    assert_string_equal(
        labels(*state, "svm", "1:2 3:4\n2:1\n", (nd_read_options){.label_optional = true}),
        "none d=3 [||]");
    assert_string_equal(
        labels(*state, "svm", "1 1:2 3:4\n-1 2:1\n", (nd_read_options){.label_optional = true}),
        "+- d=3 [1|-1|]");
    assert_string_equal(
        labels(*state, "svm", "1:2 3:4\n-1 2:1\n", (nd_read_options){.label_optional = true}),
        "t:2: column 1: found '-1', expected index:value (the first row has no label)");
}

/* A label column with too many values is no label column. */
static void a_measured_quantity(void **state)
{
    char text[16384] = "";

    for (int i = 0; i < 1001; i++) sprintf(text + strlen(text), "1,%d\n", i);
    CHECK(
        text,
        "t: label column 2 has more than 1000 different values, expected two; choose another with "
        "--label",
        .label = NULL);
}

static void header_or_not(void **state)
{
    CHECK("1,2,label\n3,4,0\n5,6,1\n", "-+ d=2 [1|0|label]", .label = NULL); /* numbers as names */
    CHECK(",a,b\n1,4,0\n2,6,1\n", "-+ d=2 [1|0|b]", .label = NULL);          /* an index column  */
    CHECK("1.5x,a\n2,b\n", "t: label column 2 ('a') has one class only, expected two: found b (1)",
          .positive = "b");
    CHECK("5.1,setosa\n4.9,virginica\n", "-+ d=1 [virginica|setosa|]", .positive = "virginica");
    CHECK(
        "NA,a\n2,b\n",
        "t:1: column 1: found 'NA', expected a number (missing values are not supported: fill them "
        "in or drop the row)",
        .positive = "b");
    CHECK("a,b\r1,0\r\n2,1", "-+ d=1 [1|0|b]", .label = NULL);
    CHECK("a;b\n1;0\n2;1\n", "-+ d=1 [1|0|b]", .label = NULL);
    CHECK("\"a;x\",b\n1,0\n2,1\n", "-+ d=1 [1|0|b]", .label = NULL);
    CHECK("a\tb\n1\t0\n2\t1\n", "-+ d=1 [1|0|b]", .label = NULL);
}

static void the_note(void **state)
{
    nd_read_options opt = {.positive = "M"};
    nd_table *t;

    nd_assert_ok(*state, nd_test_parse(*state, "csv", "1,M\n2,B\n3,M\n", &opt, &t));
    assert_string_equal(t->note, "no header; label column 2: + is M (2), - is B (1) [--positive]");
    nd_table_destroy(*state, t);
    nd_assert_ok(*state, nd_test_parse(*state, "svm", "1 1:1\n2 3:1\n", NULL, &t));
    assert_string_equal(t->note, "indices from 1 (no index is 0); label: + is 2 (1), - is 1 (1) "
                                 "[the larger number is +]");
    nd_table_destroy(*state, t);
    nd_assert_ok(*state, nd_test_parse(*state, "csv", ",b,y\n1,2,3\n1,2,4\n", NULL, &t));
    nd_assert_message(*state, "");
    assert_non_null(strstr(t->note, "the first feature has no name: is it a row index?"));
    nd_table_destroy(*state, t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ND_CTX_TEST(which_column),        ND_CTX_TEST(which_values),  ND_CTX_TEST(refused_values),
        ND_CTX_TEST(prediction),          ND_CTX_TEST(header_or_not), ND_CTX_TEST(the_note),
        ND_CTX_TEST(a_measured_quantity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
