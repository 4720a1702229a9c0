/* Every exhibit: its data and point have the figures that are printed, exactly the condition
 * it names is missing, the certificate it names proves it, and the repair has none of it. */
#include <math.h>
#include <string.h>

#include <nadir/gallery.h>

#include "../support.h"

static nd_shown *shown(nd_ctx *ctx, const nd_exhibit *e, long width)
{
    nd_shown *s = NULL;

    assert_int_equal(nd_exhibit_show(ctx, e, width, &s), ND_OK);
    return s;
}

static const nd_theorem *theorem_of(const nd_theory *t, const nd_exhibit *e)
{
    for (size_t k = 0; k < ND_THEOREMS; k++)
        if (strcmp(t->theorem[k].kind->name, e->theorem) == 0) return &t->theorem[k];
    fail_msg("no theorem %s", e->theorem);
    return NULL;
}

static void each(void (*what)(nd_ctx *, const nd_exhibit *, long))
{
    size_t rows;
    const nd_exhibit *e = nd_exhibit_table(&rows);
    nd_ctx *ctx = nd_ctx_create(NULL);

    assert_true(rows >= 13);
    for (size_t k = 0; k < rows; k++)
        for (size_t w = 0; w < ND_EXHIBIT_WIDTHS && (w == 0 || e[k].width[w] > 0); w++)
            what(ctx, &e[k], e[k].width[w]);
    nd_ctx_destroy(ctx);
}

static void proved(nd_ctx *ctx, const nd_exhibit *e, long width)
{
    nd_shown *s = shown(ctx, e, width);
    double n = (double)s->data->n;

    if (s->cert.truth != ND_PROVED)
        fail_msg("%s, M = %ld: %s: %s", e->name, width, s->cert.kind, s->cert.reason);
    /* one neuron alone is isolated; the text speaks of any number of copies */
    if (strcmp(e->kind, "dual") != 0 || width > 1) assert_string_equal(s->cert.kind, e->kind);
    assert_true(s->cert.says == ND_SAYS_STRICT || s->cert.says == ND_SAYS_LOCAL ||
                s->cert.says == ND_SAYS_GLOBAL);
    assert_true(s->cert.loss_lo <= e->loss + 1e-6 && e->loss - 1e-6 <= s->cert.loss_hi);
    assert_true(s->cert.loss_hi - s->cert.loss_lo < 1e-6);
    assert_int_equal(s->cert.errors_lo, s->cert.errors_hi);
    assert_true(s->cert.errors_lo > 0);
    assert_true(fabs((double)s->cert.errors_lo / n - e->error_rate) < 1e-9);
    nd_shown_destroy(ctx, s);
}

static void all_proved(void **state)
{
    (void)state;
    each(proved);
}

/* What is dropped fails; the theorem does not hold; and where the text names nothing else,
 * nothing else that the theorem needs fails. */
static void dropped(nd_ctx *ctx, const nd_exhibit *e, long width)
{
    nd_shown *s = shown(ctx, e, width);
    const nd_theorem *t = theorem_of(s->theory, e);

    assert_int_equal(s->theory->condition[e->drops].truth, ND_REFUTED);
    assert_int_not_equal(t->truth, ND_PROVED);
    for (const nd_condition_id *id = t->kind->needs; *id != ND_CONDITIONS && !*e->also; id++) {
        bool short_of_neurons = *id == ND_NEEDS_NEURONS && width > 0 && width < 9;

        if (*id != e->drops && *id < ND_NEEDS_IDLE && !short_of_neurons &&
            s->theory->condition[*id].truth == ND_REFUTED)
            fail_msg("%s, M = %ld: '%s' fails, too", e->name, width,
                     s->theory->condition[*id].kind->name);
    }
    nd_shown_destroy(ctx, s);
}

static void all_dropped(void **state)
{
    (void)state;
    each(dropped);
}

/* The condition holds again, and training reaches zero errors, proved. */
static void repaired(nd_ctx *ctx, const nd_exhibit *e, long width)
{
    nd_repaired *r = NULL;

    assert_int_equal(nd_exhibit_repair(ctx, e, width, 1, &r), ND_OK);
    if (r->theory->condition[e->drops].truth != ND_PROVED)
        fail_msg("%s: the repair leaves '%s' open", e->name,
                 r->theory->condition[e->drops].kind->name);
    if (r->run->verdict.errors != 0 || r->run->verdict.proved != ND_PROVED)
        fail_msg("%s, M = %ld: repaired, yet %zu errors: %s", e->name, width,
                 r->run->verdict.errors, r->run->verdict.reason);
    assert_int_equal(r->run->verdict.kind, ND_GLOBAL_MINIMUM);
    nd_repaired_destroy(ctx, r);
}

static void all_repaired(void **state)
{
    (void)state;
    each(repaired);
}

/* Nowhere near the point is L lower than the certificate says. */
static void attacked(nd_ctx *ctx, const nd_exhibit *e, long width)
{
    nd_shown *s = shown(ctx, e, width);
    nd_rng r = nd_rng_make(11, 0);
    nd_work *work = NULL;
    size_t P = s->net->P;
    double *y = test_malloc(P * sizeof *y);

    assert_int_equal(nd_work_create(ctx, &s->problem, &work), ND_OK);
    for (int k = 0; k < 2000; k++) {
        double size = pow(10.0, -4.0 * nd_rng_uniform(&r) - 1.5), L;

        for (size_t i = 0; i < P; i++) y[i] = s->theta[i] + size * (2.0 * nd_rng_uniform(&r) - 1.0);
        assert_int_equal(nd_problem_value(ctx, &s->problem, y, work, &L), ND_OK);
        /* the strict ones have small basins: only near points count there */
        if (size > 1e-3 && strcmp(e->kind, "balance") != 0) continue;
        if (!(L >= s->cert.loss_lo - 1e-12))
            fail_msg("%s: %g below at %g", e->name, L - s->cert.loss_lo, size);
    }
    test_free(y);
    nd_work_destroy(ctx, work);
    nd_shown_destroy(ctx, s);
}

static void all_attacked(void **state)
{
    (void)state;
    each(attacked);
}

static void bad_asks(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    const nd_exhibit *e;
    nd_shown *s = NULL;

    (void)state;
    assert_int_equal(nd_exhibit_find(ctx, "betwen", &e), ND_ENAME);
    assert_non_null(strstr(nd_errmsg(ctx), "did you mean 'between'"));
    assert_int_equal(nd_exhibit_find(ctx, "zzz", &e), ND_ENAME);
    assert_int_equal(nd_exhibit_find(ctx, "few-neurons", &e), ND_OK);
    assert_int_equal(nd_exhibit_show(ctx, e, 4, &s), ND_ERANGE);
    assert_int_equal(nd_exhibit_find(ctx, "between", &e), ND_OK);
    assert_int_equal(nd_exhibit_show(ctx, e, -1, &s), ND_ERANGE);
    assert_int_equal(nd_exhibit_show(ctx, e, 513, &s), ND_ERANGE);
    nd_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_proved),   cmocka_unit_test(all_dropped),
        cmocka_unit_test(all_repaired), cmocka_unit_test(all_attacked),
        cmocka_unit_test(bad_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
