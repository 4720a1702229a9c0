/* NADIR_SIMD chooses the instruction set at the first use; it can only lower it, and a
 * name that is not known changes nothing.  Every value is tried in a process of its own:
 * this program, called by itself with the level it has to find. */
#include "../support.h"

#include <nadir/num.h>

static const char *self;

/* value NULL: not set. */
static void expect(const char *value, nd_simd level)
{
    char command[4096];

    if (value)
        assert_int_equal(setenv("NADIR_SIMD", value, 1), 0);
    else
        assert_int_equal(unsetenv("NADIR_SIMD"), 0);
    assert_in_range(snprintf(command, sizeof command, "'%s' %d", self, (int)level), 1, 4095);
    if (system(command) != 0)
        fail_msg("NADIR_SIMD=%s: not %s", value ? value : "(not set)", nd_simd_name(level));
}

static void each_level(void **state)
{
    nd_simd best = nd_simd_best();

    (void)state;
    for (int l = ND_SIMD_BASE; l <= ND_SIMD_AVX512; l++) {
        nd_simd level = (nd_simd)l;
        expect(nd_simd_name(level), level < best ? level : best);
    }
}

static void otherwise_the_best(void **state)
{
    static const char *const unknown[] = {NULL, "", "sse9", "AVX2", "avx", "baseline "};

    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        expect(unknown[i], nd_simd_best());
}

/* The level in use is the one expected, and it computes. */
static int child(int level)
{
    double x = 1.0, y = 0.0;

    nd_vexp(1, &x, &y); /* the first use */
    return (int)nd_simd_level() == level && fabs(y - exp(1.0)) < 1e-15 ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_level),
                                       cmocka_unit_test(otherwise_the_best)};

    if (argc == 2) return child(atoi(argv[1]));
    self = argv[0];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
