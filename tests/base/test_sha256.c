/* SHA-256 against the examples of FIPS 180-4 (NIST, "SHA256.pdf", "SHA2_Additional")
 * and against itself in pieces. */
#include "../support.h"
#include "base/file.h"
#include "base/sha256.h"

static void check(const char *bytes, size_t size, const char *expected)
{
    nd_sha256 s;
    char hex[65];

    nd_sha256_init(&s);
    nd_sha256_add(&s, bytes, size);
    nd_sha256_hex(&s, hex);
    assert_string_equal(hex, expected);
}

static void nist_examples(void **state)
{
    static char many[1000000];

    (void)state;
    check("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
          "lmnopqrsmnopqrstnopqrstu",
          112, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    memset(many, 'a', sizeof many);
    check(many, sizeof many, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    check("\xbd", 1, "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b");
    memset(many, 0, 64);
    check(many, 55, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7");
    check(many, 56, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb");
    check(many, 57, "65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785");
    check(many, 64, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
}

static void pieces(void **state)
{
    nd_rng r = nd_rng_make(31, 0);
    char bytes[1000], whole[65], hex[65];
    nd_sha256 s;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)nd_rng_below(&r, 256);
    for (int repeat = 0; repeat < 500; repeat++) {
        size_t size = nd_rng_below(&r, sizeof bytes), at = 0;
        nd_sha256_init(&s);
        nd_sha256_add(&s, bytes, size);
        nd_sha256_hex(&s, whole);
        nd_sha256_init(&s);
        while (at < size) {
            size_t n = 1 + nd_rng_below(&r, size - at);
            nd_sha256_add(&s, bytes + at, n);
            nd_sha256_add(&s, bytes, 0);
            at += n;
        }
        nd_sha256_hex(&s, hex);
        assert_string_equal(hex, whole);
    }
}

/* The portable code, where the processor's instructions did the tests before. */
static void portable(void **state)
{
    nd_sha256_x86_forbid(true);
    assert_false(nd_sha256_x86());
    nist_examples(state);
    pieces(state);
    nd_sha256_x86_forbid(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nist_examples), cmocka_unit_test(pieces),
                                       cmocka_unit_test(portable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
