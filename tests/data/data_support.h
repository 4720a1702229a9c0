/* What the tests of the data floor share. */
#ifndef ND_TESTS_DATA_SUPPORT_H
#define ND_TESTS_DATA_SUPPORT_H

#include "../support.h"
#include <nadir/data.h>

/* Parses the text as format; the name in messages is "t". */
ND_TEST_UNUSED static nd_status nd_test_parse(nd_ctx *ctx, const char *format, const char *text,
                                              const nd_read_options *opt, nd_table **out)
{
    return nd_table_parse(ctx, format, "t", text, strlen(text), opt, out);
}

/* A context for each test. */
ND_TEST_UNUSED static int nd_test_ctx_setup(void **state)
{
    *state = nd_ctx_create(NULL);
    return *state ? 0 : -1;
}

ND_TEST_UNUSED static int nd_test_ctx_teardown(void **state)
{
    nd_ctx_destroy(*state);
    return 0;
}

#define ND_CTX_TEST(f) cmocka_unit_test_setup_teardown(f, nd_test_ctx_setup, nd_test_ctx_teardown)

#endif
