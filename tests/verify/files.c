/* The reader: the examples of the specification hold, both table forms agree, and
 * hostile files are turned away with one line. */
#include "base/file.h"
#include "verify_support.h"

#include <zlib.h>

static const char base[] =
    "{\"format\":\"nadir-certificate\",\"version\":1,"
    "\"problem\":{\"net\":\"linear\",\"loss\":\"polyhinge:3\",\"l2\":\"0x0p+0\"},"
    "\"data\":{\"n\":2,\"d\":1,\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]],\"y\":[1,-1]},"
    "\"theta\":[\"0x1p+0\",\"0x0p+0\"],\"kind\":\"zero-loss\","
    "\"claims\":{\"loss\":[\"0x0p+0\",\"0x0p+0\"],\"errors\":0,\"margin_min\":\"0x1p+0\"},"
    "\"hints\":{\"anything\":[1,2,{\"x\":null}]},\"provenance\":{\"program\":\"test\"}}";

/* base with the first occurrence of from replaced. */
static int replaced(const char *from, const char *to)
{
    char text[4096];
    const char *at = strstr(base, from);

    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - base), base, to, at + strlen(from));
    return nv_verdict_text(text, strlen(text));
}

/* EVIDENCE: docs/certificate-format.md 8: every JSON example there is proved. */
static void test_examples(void **state)
{
    FILE *f = fopen(ND_SOURCE_DIR "/docs/certificate-format.md", "r");
    char line[512], text[4096] = "";
    int proved = 0;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        bool code = !strncmp(line, "    ", 4) && (line[4] == '{' || *text);

        if (code) strncat(text, line + 4, sizeof text - strlen(text) - 1);
        if (!code && *text) {
            assert_int_equal(nv_verdict_text(text, strlen(text)), ND_PROVED);
            proved++;
            *text = 0;
        }
    }
    if (*text) {
        assert_int_equal(nv_verdict_text(text, strlen(text)), ND_PROVED);
        proved++;
    }
    assert_int_equal(proved, 2);
    fclose(f);
}

static void test_forms(void **state)
{
    (void)state;
    assert_int_equal(nv_verdict_text(base, strlen(base)), ND_PROVED);
    assert_int_equal(
        replaced("\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]]", "\"rows\":[[[0,\"0x1p+0\"]],[[0,-1]]]"),
        ND_PROVED);
    assert_int_equal(replaced("\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]]", "\"rows\":[[[0,1]],[]]"),
                     ND_REFUTED);
    assert_int_equal(replaced("\"0x1p+0\",\"0x0p+0\"],\"kind\"", "1,0.0],\"kind\""), ND_PROVED);
    assert_int_equal(replaced("\"errors\":0", "\"errors\":[0,1]"), ND_PROVED);
    assert_int_equal(replaced("\"l2\":\"0x0p+0\"", "\"l2\":0,\"weights\":[0.5,3]"), ND_PROVED);
    assert_int_equal(
        replaced("\"y\":[1,-1]",
                 "\"y\":[1,-1],\"sha256\":"
                 "\"b5db96aa9662b0bca8cc876fc88ef8a383590429c4804b1df3c35793310bda49\""),
        ND_PROVED);
    assert_int_equal(
        replaced("\"y\":[1,-1]",
                 "\"y\":[1,-1],\"sha256\":"
                 "\"b5db96aa9662b0bca8cc876fc88ef8a383590429c4804b1df3c35793310bda48\""),
        NV_UNREADABLE);
}

/* What the specification forbids, one change at a time. */
static void test_hostile(void **state)
{
    static const char *const change[][2] = {
        {"nadir-certificate", "nadir-model"},
        {"\"version\":1", "\"version\":2"},
        {"\"version\":1", "\"version\":1,\"extra\":0"},
        {"\"version\":1,", ""},
        {"\"version\":1", "\"version\":1,\"version\":1"},
        {"\"net\":\"linear\"", "\"net\":\"linear+\""},
        {"\"net\":\"linear\"", "\"net\":\"tanh:1000000000\""},
        {"\"net\":\"linear\"", "\"net\":7"},
        {"\"loss\":\"polyhinge:3\"", "\"loss\":\"polyhinge:1\""},
        {"\"loss\":\"polyhinge:3\"", "\"loss\":\"hinge\""},
        {"\"l2\":\"0x0p+0\"", "\"l2\":-1"},
        {"\"l2\":\"0x0p+0\"", "\"l2\":\"nan\""},
        {"\"l2\":\"0x0p+0\"", "\"l2\":\"0x1p+99999\""},
        {"\"l2\":\"0x0p+0\"", "\"l2\":0,\"weights\":[1]"},
        {"\"l2\":\"0x0p+0\"", "\"l2\":0,\"weights\":[1,0]"},
        {"\"l2\":\"0x0p+0\"", "\"l2\":0,\"weights\":[1,-1]"},
        {"\"l2\":\"0x0p+0\"", "\"l2\":0,\"weights\":1"},
        {"\"n\":2", "\"n\":3"},
        {"\"n\":2", "\"n\":0"},
        {"\"n\":2", "\"n\":-1"},
        {"\"n\":2", "\"n\":2.0"},
        {"\"n\":2", "\"n\":99999999999999999999"},
        {"\"d\":1", "\"d\":2"},
        {"\"d\":1", "\"d\":0"},
        {"\"d\":1", "\"d\":2147483647"},
        {"\"d\":1", "\"d\":1,\"rows\":[]"},
        {"[\"-0x1p+0\"]", "\"-0x1p+0\""},
        {"[\"-0x1p+0\"]", "[\"-0x1p+0\",0]"},
        {"[\"-0x1p+0\"]", "[\"inf\"]"},
        {"[\"-0x1p+0\"]", "[\"0x\"]"},
        {"[\"-0x1p+0\"]", "[\"\"]"},
        {"[\"-0x1p+0\"]", "[1e999]"},
        {"[\"-0x1p+0\"]", "[null]"},
        {"\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]]", "\"rows\":[[[0,1]],[[1,1]]]"},
        {"\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]]", "\"rows\":[[[0,1]],[[-1,1]]]"},
        {"\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]]", "\"rows\":[[[0,1]],[[0,1],[0,1]]]"},
        {"\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]]", "\"rows\":[[[0,1]],[[0]]]"},
        {"\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]]", "\"rows\":[[[0,1]],[0]]"},
        {"\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]]", "\"rows\":[[[0,1]],{}]"},
        {"\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]],\"y\":[1,-1]", "\"file\":\"x.table\""},
        {"\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]],\"y\":[1,-1]", "\"file\":\"../x\",\"sha256\":\"\""},
        {"\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]],\"y\":[1,-1]", "\"file\":\"none\",\"sha256\":\"\""},
        {"\"y\":[1,-1]", "\"y\":[1,0]"},
        {"\"y\":[1,-1]", "\"y\":[1,-1.0]"},
        {"\"y\":[1,-1]", "\"y\":[1]"},
        {"\"theta\":[\"0x1p+0\",", "\"theta\":["},
        {"\"theta\":[\"0x1p+0\",", "\"theta\":[1,2,"},
        {"\"theta\":[\"0x1p+0\",", "\"theta\":[\"0x1p+1024\","},
        {"\"kind\":\"zero-loss\"", "\"kind\":0"},
        {"\"kind\":\"zero-loss\"", "\"kind\":\"strict\""},
        {"\"kind\":\"zero-loss\"", "\"kind\":\"index\""},
        {"\"kind\":\"zero-loss\"", "\"kind\":\"not-a-minimum\""},
        {"\"errors\":0", "\"errors\":3"},
        {"\"errors\":0", "\"errors\":-1"},
        {"\"errors\":0", "\"errors\":[1,0]"},
        {"\"errors\":0", "\"errors\":[0,3]"},
        {"\"errors\":0", "\"errors\":[0]"},
        {"\"errors\":0", "\"errors\":0,\"radius\":1"},
        {"\"errors\":0,", ""},
        {"\"loss\":[\"0x0p+0\",\"0x0p+0\"]", "\"loss\":[1,0]"},
        {"\"loss\":[\"0x0p+0\",\"0x0p+0\"]", "\"loss\":0"},
        {"\"margin_min\":\"0x1p+0\"", "\"margin_min\":\"one\""},
        {"\"hints\":{", "\"hints\":[],\"provenance2\":{"},
        {"\"provenance\":{", "\"provenance\":{\"a\":1,\"a\":2,"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof change / sizeof *change; i++)
        if (replaced(change[i][0], change[i][1]) != NV_UNREADABLE)
            fail_msg("taken: %s -> %s", change[i][0], change[i][1]);
}

/* Numbers that must be positive, of a kind that has them. */
static void test_positive(void **state)
{
    static const char *const claims[] = {"\"radius\":1",
                                         "\"radius\":0",
                                         "\"radius\":-1",
                                         "\"radius\":1,\"mu\":0",
                                         "\"radius\":1,\"mu\":-1",
                                         "\"mu\":1",
                                         "\"radius\":1,\"index\":0"};
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        int v, n = snprintf(text, sizeof text,
                            "{\"format\":\"nadir-certificate\",\"version\":1,\"problem\":{\"net\":"
                            "\"linear\",\"loss\":\"square\",\"l2\":1},\"data\":{\"n\":1,\"d\":1,"
                            "\"X\":[[1]],\"y\":[1]},\"theta\":[0,0],\"kind\":\"strict\","
                            "\"claims\":{\"loss\":[0,1],\"errors\":0,%s}}",
                            claims[i]);

        v = nv_verdict_text(text, (size_t)n);
        assert_int_equal(v, i == 0 ? ND_PROVED : NV_UNREADABLE);
    }
}

static void test_truncated(void **state)
{
    (void)state;
    for (size_t n = 0; n < strlen(base); n++)
        assert_int_equal(nv_verdict_text(base, n), NV_UNREADABLE);
    assert_int_equal(nv_verdict("/nonexistent/cert.json"), NV_UNREADABLE);
    assert_int_equal(nv_verdict(nv_scratch()), NV_UNREADABLE);
}

/* Random bytes in real certificates: an answer or a message, never more.  A change of
 * one byte can leave the statement true, so no answer is expected. */
static void scramble(const char *path, const char *name)
{
    nd_rng rng = nd_rng_make(5, strlen(name));
    char text[1 << 16];
    FILE *f = fopen(path, "rb");
    size_t size = fread(text, 1, sizeof text, f);

    fclose(f);
    for (int t = 0; t < 60; t++) {
        size_t at = nd_rng_below(&rng, size);
        char old = text[at];

        text[at] = (char)nd_rng_below(&rng, 256);
        (void)nv_verdict_text(text, size);
        text[at] = old;
    }
}

static void test_scrambled(void **state)
{
    (void)state;
    nv_each("points", 20, scramble);
    nv_each("minima", 25, scramble);
}

/* ---- tables in files of their own ------------------------------------------------------ */

enum { N = 2, D = 1, SIZE = 16 + 8 * N * (D + 1) };

static void table(unsigned char bytes[SIZE])
{
    static const double entry[] = {1, 1, -1, -1};
    uint64_t word[6] = {N, D};

    memcpy(word + 2, entry, sizeof entry);
    for (int i = 0; i < SIZE; i++) bytes[i] = (unsigned char)(word[i / 8] >> 8 * (i % 8));
}

static int with_table(const unsigned char *bytes, size_t size, bool gzip, const char *file)
{
    char path[512], to[512], hex[65];
    nd_sha256 s;

    snprintf(path, sizeof path, "%s/t.table", nv_scratch());
    if (gzip) {
        gzFile z = gzopen(path, "wb");

        gzwrite(z, bytes, (unsigned)size);
        gzclose(z);
    } else {
        nv_write(path, bytes, size);
    }
    nd_sha256_init(&s);
    nd_sha256_add(&s, bytes, size);
    nd_sha256_hex(&s, hex);
    snprintf(to, sizeof to, "\"file\":\"%s\",\"sha256\":\"%s\"", file, hex);
    return replaced("\"X\":[[\"0x1p+0\"],[\"-0x1p+0\"]],\"y\":[1,-1]", to);
}

static void test_table(void **state)
{
    unsigned char b[SIZE + 8] = {0};

    (void)state;
    table(b);
    assert_int_equal(with_table(b, SIZE, false, "t.table"), ND_PROVED);
    assert_int_equal(with_table(b, SIZE, true, "t.table"), ND_PROVED);
    assert_int_equal(with_table(b, SIZE, false, "./t.table"), NV_UNREADABLE);
    assert_int_equal(with_table(b, SIZE, false, ".."), NV_UNREADABLE);
    for (size_t size = 0; size < SIZE + 8; size++)
        if (size != SIZE) assert_int_equal(with_table(b, size, false, "t.table"), NV_UNREADABLE);
    b[23] = 0x7f, b[22] = 0xf0; /* infinity */
    assert_int_equal(with_table(b, SIZE, false, "t.table"), NV_UNREADABLE);
    table(b);
    b[31] = 0x40; /* label 2 */
    assert_int_equal(with_table(b, SIZE, false, "t.table"), NV_UNREADABLE);
    table(b);
    b[0] = 3;
    assert_int_equal(with_table(b, SIZE, false, "t.table"), NV_UNREADABLE);
    table(b);
    b[16] ^= 1; /* another x, hash stated of it: readable, and no longer margin 1 */
    assert_int_equal(with_table(b, SIZE, false, "t.table"), ND_PROVED);
    b[22] = 0xe0; /* x_1 = 1/2 */
    assert_int_equal(with_table(b, SIZE, false, "t.table"), ND_REFUTED);
}

/* ---- memory ------------------------------------------------------------------------------ */

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    nv_cert c;
    nd_status status;

    memset(&c, 0, sizeof c);
    status = nv_cert_read(ctx, arg, &c);
    nv_cert_clear(ctx, &c);
    return status;
}

static void test_memory(void **state)
{
    char path[512];

    (void)state;
    assert_int_equal(replaced("\"l2\":\"0x0p+0\"", "\"l2\":0,\"weights\":[0.5,3]"), ND_PROVED);
    snprintf(path, sizeof path, "%s/cert.json", nv_scratch());
    nd_test_every_allocation(scenario, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),  cmocka_unit_test(test_forms),
        cmocka_unit_test(test_hostile),   cmocka_unit_test(test_positive),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_scrambled),
        cmocka_unit_test(test_table),     cmocka_unit_test(test_memory),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    nv_scratch_clear();
    flint_cleanup();
    return failed;
}
