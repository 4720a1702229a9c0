/* Growing strings and comparing names. */
#include "../support.h"
#include "base/memory.h"
#include "base/text.h"

static void buf_grows(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_buf b = nd_buf_make(ctx);
    char expected[100] = "";

    (void)state;
    nd_buf_add(&b, "", 0);
    assert_string_equal(b.data, "");
    nd_buf_puts(&b, "x = ");
    nd_buf_number(&b, 0.5);
    nd_buf_printf(&b, ", %s %d", "n =", 3);
    nd_buf_add(&b, "\0z", 2);
    assert_memory_equal(b.data, "x = 0.5, n = 3\0z", 17);
    assert_int_equal(b.size, 16);
    nd_buf_free(&b);
    assert_null(b.data);
    assert_int_equal(b.size, 0);
    for (int i = 0; i < 20000; i++) nd_buf_printf(&b, "%05d", i);
    assert_int_equal(b.size, 100000);
    for (int i = 0; i < 20000; i++) {
        snprintf(expected, sizeof expected, "%05d", i);
        assert_memory_equal(b.data + 5 * i, expected, 5);
    }
    assert_int_equal(b.data[b.size], 0);
    nd_assert_ok(ctx, nd_buf_status(&b));
    nd_buf_free(&b);
    nd_buf_free(&b);
    nd_ctx_destroy(ctx);
}

/* One append exactly as large as the room, and one that is larger than double. */
static void buf_edges(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    static const char many[1000] = {0};

    (void)state;
    for (size_t n = 0; n < 200; n++)
        for (size_t m = 0; m < 1000; m += 37) {
            nd_buf b = nd_buf_make(ctx);
            nd_buf_add(&b, many, n);
            nd_buf_add(&b, many, m);
            assert_int_equal(b.size, n + m);
            assert_true(b.room > b.size);
            nd_buf_free(&b);
        }
    nd_ctx_destroy(ctx);
}

static nd_status fill(nd_ctx *ctx, void *arg)
{
    nd_buf b = nd_buf_make(ctx);
    nd_status status;

    (void)arg;
    for (int i = 0; i < 500; i++) nd_buf_printf(&b, "%d", i);
    nd_buf_puts(&b, "after");
    nd_buf_number(&b, 1.0);
    status = nd_buf_status(&b);
    nd_buf_free(&b);
    return status;
}

static void buf_failure_is_kept(void **state)
{
    (void)state;
    assert_true(nd_test_every_allocation(fill, NULL) >= 4);
}

static void equal_nocase(void **state)
{
    (void)state;
    assert_true(nd_text_equal_nocase("Label", "lABEL"));
    assert_true(nd_text_equal_nocase("", ""));
    assert_false(nd_text_equal_nocase("label", "labels"));
    assert_false(nd_text_equal_nocase("labels", "label"));
    assert_false(nd_text_equal_nocase("", "x"));
    assert_false(nd_text_equal_nocase("[", "{")); /* differ by 0x20, are no letters */
    assert_false(nd_text_equal_nocase("@", "`"));
}

static void closest(void **state)
{
    static const char *const names[] = {"softplus", "squareplus", "exp", "elu", "tanh"};
    static const char *const pair[][2] = {{"softplus", "softplus"},
                                          {"sofplus", "softplus"},
                                          {"SoftPlus", "softplus"},
                                          {"sotfplus", "softplus"},
                                          {"softpluss", "softplus"},
                                          {"ex", "exp"},
                                          {"exq", "exp"},
                                          {"tan", "tanh"},
                                          {"tahn", "tanh"},
                                          {"squarepl", "squareplus"},
                                          {"gelu", "elu"}};
    static const char *const none[] = {
        "",
        "x",
        "e",
        "sftpl",
        "sigmoid",
        "qq",
        "squarep",
        "a name that is much longer than any name that one could think of here, beyond the limit"};
    char longest[65];

    (void)state;
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        const char *found = nd_text_closest(pair[i][0], names, 5);
        assert_non_null(found);
        assert_string_equal(found, pair[i][1]);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        const char *found = nd_text_closest(none[i], names, 5);
        if (found) fail_msg("'%s' is not close to '%s'", none[i], found);
    }
    assert_null(nd_text_closest("exp", names, 0));
    memset(longest, 'a', 64);
    longest[63] = longest[64] = '\0';
    assert_ptr_equal(nd_text_closest(longest, (const char *const[]){longest}, 1), longest);
    longest[63] = 'a';
    assert_null(nd_text_closest("aaa", (const char *const[]){longest}, 1));
    assert_null(nd_text_closest(longest, (const char *const[]){longest}, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_grows),
        cmocka_unit_test(buf_edges),
        cmocka_unit_test(buf_failure_is_kept),
        cmocka_unit_test(equal_nocase),
        cmocka_unit_test(closest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
