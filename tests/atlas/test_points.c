/* The points of an atlas: which of their ends are certified, and when they can be all. */
#include "atlas_support.h"

/* One end of every point is certified, and the others lie in the ball that is proved to hold
 * nothing else; without certificates the same points are found. */
static void one_proof_per_point(void **state)
{
    nd_explore_settings s = atlas_settings();
    char file[4096], other[4096];
    atlas_case c;

    (void)state;
    atlas_name("proofs", file);
    atlas_name("unproved", other);
    atlas_xor(&c);
    nd_atlas *a = explore_and_load(&c, file, &s);
    assert_int_equal(trials_of(a, ND_ASK_CERTIFY), a->points);
    for (size_t k = 0; k < a->points; k++) {
        const nd_atlas_point *p = &a->point[k];

        assert_int_equal(p->verdict.proved, ND_PROVED);
        if (p->minimum) assert_int_equal(p->same, ND_PROVED); /* of saddles that is not known */
        assert_true(p->spread < 1e-9);
    }
    /* a trial is certified once, and by a trial of its round; its point is that of its end */
    assert_int_equal(
        integer(file, "SELECT count(*) FROM ask k JOIN ask t ON t.id = k.a JOIN answer x ON x.ask "
                      "= k.id JOIN answer y ON y.ask = t.id WHERE k.kind = 'certify' AND (k.round "
                      "<> t.round OR x.point IS NOT y.point)"),
        0);
    assert_int_equal(integer(file, "SELECT count(*) - count(DISTINCT a) FROM ask WHERE kind = "
                                   "'certify'"),
                     0);
    assert_int_equal(integer(file, "SELECT sum(found) FROM point"),
                     integer(file, "SELECT count(*) FROM ask JOIN answer ON ask = id WHERE kind "
                                   "<> 'certify' AND point IS NOT NULL"));
    s.unproved = true;
    nd_atlas *b = explore_and_load(&c, other, &s);
    assert_int_equal(trials_of(b, ND_ASK_CERTIFY), 0);
    for (size_t k = 0; k < b->points; k++) assert_int_equal(b->point[k].verdict.proved, ND_UNKNOWN);
    nd_atlas_destroy(c.ctx, a);
    nd_atlas_destroy(c.ctx, b);
    atlas_close(&c);
    atlas_remove(file);
    atlas_remove(other);
}

/* Where L has kinks numbers say nothing of the ends: all are certified by their trials, and
 * the proved ones are points. */
static void kinks_are_proved(void **state)
{
    nd_explore_settings s = atlas_settings();
    char file[4096];
    atlas_case c;

    (void)state;
    atlas_name("kinks", file);
    s.saddles = false;
    atlas_open(&c, "gen:xor", "relu:2", "polyhinge:3", 1e-3);
    nd_atlas *a = explore_and_load(&c, file, &s);
    assert_true(a->points > 0);
    for (size_t k = 0; k < a->points; k++) {
        assert_int_equal(a->point[k].verdict.proved, ND_PROVED);
        assert_true(a->point[k].found > 0);
    }
    nd_atlas_destroy(c.ctx, a);
    atlas_close(&c);
    atlas_remove(file);
}

/* EVIDENCE: docs/explore.md, the table of closed audits (its smaller cases). */
static void audits_close(void **state)
{
    static const struct {
        const char *data, *net;
        long seeks;
        size_t minima, saddles[3];
    } known[] = {
        {"gen:xor", "softplus:1", 0, 5, {0, 4, 0}},
        {"gen:between", "tanh:1", 0, 3, {0, 2, 0}},
        {"gen:between", "tanh:2", 500, 2, {0, 5, 4}},
        {"gen:xor", "softplus:2", 500, 7, {0, 16, 10}},
    };

    (void)state;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        nd_explore_settings s = atlas_settings();
        size_t minima = 0, saddles[10] = {0};
        char file[4096];
        atlas_case c;
        nd_audit audit;

        atlas_name("audit", file);
        s.starts = 60;
        s.hops = 0;
        s.pairs = 20;
        s.index = 2;
        s.seeks = known[k].seeks;
        atlas_open(&c, known[k].data, known[k].net, "polyhinge:3", 1e-3);
        nd_atlas *a = explore_and_load(&c, file, &s);
        nd_assert_ok(c.ctx, nd_atlas_audit(c.ctx, a, &audit));
        assert_true(audit.sum == 1.0);
        assert_int_equal(audit.closes, ND_UNKNOWN); /* needed, but no proof */
        assert_int_equal(trials_of(a, ND_ASK_SEEK), known[k].seeks);
        for (size_t i = 0; i < a->points; i++)
            if (a->point[i].minimum)
                minima++;
            else
                saddles[a->point[i].verdict.index]++;
        assert_int_equal(minima, known[k].minima);
        for (size_t i = 1; i < 3; i++) assert_int_equal(saddles[i], known[k].saddles[i]);
        nd_atlas_destroy(c.ctx, a);
        atlas_close(&c);
        atlas_remove(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_proof_per_point),
        cmocka_unit_test(kinks_are_proved),
        cmocka_unit_test(audits_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
