/* JSON that is not, or is too much; and memory that runs out inside jansson. */
#include "test_json.h"

static void refused(nd_ctx *ctx, const char *s, size_t n, const char *message)
{
    json_t *j = (json_t *)1;

    if (nd_json_parse(ctx, "evil.json", s, n, &j) != ND_EINPUT)
        fail_msg("accepted: '%.*s'", (int)n, s);
    nd_assert_message(ctx, "evil.json:");
    nd_assert_message(ctx, message);
    assert_ptr_equal(j, (json_t *)1);
}

void hostile_texts(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "\xef\xbb\xbf{}",
                                      "{",
                                      "}",
                                      "[",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "[] []",
                                      "{}x",
                                      "1",
                                      "\"x\"",
                                      "null",
                                      "[NaN]",
                                      "[nan]",
                                      "[Infinity]",
                                      "[-Infinity]",
                                      "[1e999]",
                                      "[-1e999]",
                                      "[99999999999999999999]",
                                      "[-99999999999999999999]",
                                      "[01]",
                                      "[+1]",
                                      "[.5]",
                                      "[1.]",
                                      "[1e]",
                                      "[0x10]",
                                      "[--1]",
                                      "[-]",
                                      "[\"\\x\"]",
                                      "[\"\\u12\"]",
                                      "[\"\\ud800\"]",
                                      "[\"\\udc00\"]",
                                      "[\"\\u0000\"]",
                                      "[\"\n\"]",
                                      "[\"\t\"]",
                                      "[\"",
                                      "[\"\\",
                                      "[\"\xff\"]",
                                      "[\"\xc0\xaf\"]",
                                      "[\"\xed\xa0\x80\"]",
                                      "[\"\xf4\x90\x80\x80\"]",
                                      "[tru]",
                                      "[TRUE]",
                                      "[nul]",
                                      "//x\n[]",
                                      "[1 2]",
                                      "[\"a\" \"b\"]"};
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) refused(ctx, bad[i], strlen(bad[i]), "");
    refused(ctx, "{\"a\": 1, \"a\": 2}", 16, "duplicate");
    refused(ctx, "{\"x\": {\"a\": 1, \"a\": 1}}", 23, "duplicate");
    refused(ctx, "[1,\0 2]", 7, "");
    refused(ctx, "[1]\0", 4, "");
    refused(ctx, "{\n \"a\": 1,\n \"b\": x\n}", 20, "evil.json:3:");
    nd_ctx_destroy(ctx);
}

/* 100000 open brackets must not use up the stack; what is accepted must come through
 * the writer, too. */
void deep_nesting(void **state)
{
    enum { N = 100000 };
    nd_ctx *ctx = nd_ctx_create(NULL);
    char *s = malloc(2 * N), *text;
    size_t size;
    json_t *j;

    (void)state;
    memset(s, '[', N);
    memset(s + N, ']', N);
    refused(ctx, s, 2 * N, "depth");
    refused(ctx, s, N, "");
    nd_assert_ok(ctx, nd_json_parse(ctx, "deep", s + N - 1000, 2000, &j));
    nd_assert_ok(ctx, nd_json_text(ctx, j, true, &text, &size));
    assert_int_equal(size, 2001);
    assert_memory_equal(text, s + N - 1000, 2000);
    nd_free(ctx, text);
    json_decref(j);
    free(s);
    nd_ctx_destroy(ctx);
}

static const char sample[] = "{\"kind\": \"margin\", \"m\": [\"0x1.8p+1\", -2.5e-3, 17],\n"
                             "  \"ok\": true, \"text\": \"\\u00e9\\n\\ud834\\udd1e\", \"o\": {}}";

void every_beginning(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    json_t *j;

    (void)state;
    for (size_t n = 0; n < sizeof sample - 1; n++) {
        char *exact = malloc(n + 1); /* a sanitizer sees a read beyond n */
        memcpy(exact, sample, n);
        exact = realloc(exact, n ? n : 1);
        refused(ctx, exact, n, "");
        free(exact);
    }
    nd_assert_ok(ctx, nd_json_parse(ctx, "s", sample, sizeof sample - 1, &j));
    json_decref(j);
    nd_ctx_destroy(ctx);
}

/* Every ASCII character, and UTF-8 of every length, as key and as value. */
void strings_go_round(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    json_t *j = json_object(), *again;
    char s[] = "a?\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e", *text;
    size_t size;

    (void)state;
    for (int c = 1; c < 128; c++) {
        s[1] = (char)c;
        assert_int_equal(json_object_set_new(j, s, json_string(s)), 0);
        s[1] = '?';
    }
    for (int compact = 0; compact < 2; compact++) {
        nd_assert_ok(ctx, nd_json_text(ctx, j, compact, &text, &size));
        nd_assert_ok(ctx, nd_json_parse(ctx, "again", text, size, &again));
        assert_true(json_equal(j, again));
        json_decref(again);
        nd_free(ctx, text);
    }
    json_decref(j);
    nd_ctx_destroy(ctx);
}

static nd_status write_text(nd_ctx *ctx, void *arg)
{
    char *text;
    size_t size;
    nd_status status = nd_json_text(ctx, arg, false, &text, &size);

    if (status == ND_OK) nd_free(ctx, text);
    return status;
}

void every_allocation_of_ours(void **state)
{
    json_t *j = json_array();

    (void)state;
    for (int i = 0; i < 1000; i++) json_array_append_new(j, json_integer(i));
    assert_true(nd_test_every_allocation(write_text, j) >= 3);
    json_decref(j);
}

/* ---- jansson's own memory: not the context's ----------------------------------------- */

static nd_test_heap heap;

static void *heap_alloc(size_t bytes)
{
    return nd_test_heap_alloc(&heap, bytes);
}

static void heap_free(void *p)
{
    nd_test_heap_free(&heap, p);
}

static nd_status build(nd_ctx *ctx)
{
    static const double x[20] = {1, 2, 3};
    json_t *j = NULL, *more = json_object();
    nd_status status = ND_EMEM;

    if (!more) return ND_EMEM;
    ND_TRY(nd_json_parse(ctx, "sample", sample, sizeof sample - 1, &j));
    ND_TRY(nd_json_set(ctx, more, "hex", nd_json_hex_array(x, 20)));
    ND_TRY(nd_json_set(ctx, more, "real", nd_json_real(0.5)));
    ND_TRY(nd_json_set(ctx, more, "one", nd_json_hex(0.5)));
done:
    json_decref(j);
    json_decref(more);
    return status;
}

void every_allocation_of_jansson(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    bool failed = true;
    size_t memory = 0;

    (void)state;
    json_set_alloc_funcs(heap_alloc, heap_free);
    for (size_t k = 1; failed; k++) {
        nd_status status;
        heap = (nd_test_heap){.fail_at = k};
        status = build(ctx);
        failed = heap.calls >= k;
        /* ND_EINPUT: jansson takes a string it has no memory for for a bad one */
        if (failed ? status != ND_EMEM && status != ND_EINPUT : status != ND_OK)
            fail_msg("allocation %zu: %s (%s)", k, nd_status_name(status), nd_errmsg(ctx));
        assert_int_equal(heap.live, 0);
        memory += status == ND_EMEM;
    }
    assert_true(heap.calls > 40 && memory > heap.calls / 2);
    json_set_alloc_funcs(malloc, free);
    nd_ctx_destroy(ctx);
}
