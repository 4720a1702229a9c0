/* What the tests of the search share: a scout on a generated table, and its answers. */
#ifndef ND_TESTS_MAP_SCOUT_SUPPORT_H
#define ND_TESTS_MAP_SCOUT_SUPPORT_H

#include "lab/lab_support.h"

#include <nadir/map.h>

#include <math.h>

typedef struct {
    lab_case c;
    nd_scout *sc;
    size_t P;
    double *theta;
} scene;

ND_TEST_UNUSED static void open_scene(scene *s, const char *data, const char *net, const char *loss,
                                      double l2)
{
    s->c.ctx = nd_ctx_create(NULL);
    nd_set_threads(s->c.ctx, 1);
    nd_assert_ok(s->c.ctx, nd_table_generate(s->c.ctx, data, &s->c.data));
    nd_assert_ok(s->c.ctx, nd_net_parse(s->c.ctx, net, s->c.data->d, &s->c.net));
    nd_assert_ok(s->c.ctx, nd_loss_parse(s->c.ctx, loss, &s->c.loss));
    nd_assert_ok(s->c.ctx, nd_scout_create(s->c.ctx, s->c.net, s->c.data, s->c.loss, l2, &s->sc));
    s->P = s->c.net->P;
    s->theta = calloc(s->P, sizeof *s->theta);
}

ND_TEST_UNUSED static void close_scene(scene *s)
{
    free(s->theta);
    nd_scout_destroy(s->sc);
    lab_close(&s->c);
}

/* The answer's theta is s->theta. */
ND_TEST_UNUSED static nd_answer ask(scene *s, nd_ask a)
{
    nd_answer out = {.theta = s->theta};

    a.time = INFINITY;
    nd_assert_ok(s->c.ctx, nd_scout_ask(s->sc, &a, false, &out));
    assert_true(out.stop != ND_STOP_NONE && out.verdict.reason[0] != '\0');
    assert_true(out.evaluations > 0 && out.seconds >= 0.0);
    assert_true(a.kind == ND_ASK_PAIR || isnan(out.height));
    return out;
}

ND_TEST_UNUSED static nd_answer start(scene *s, uint64_t trial)
{
    static const double scales[] = {0.3, 1.0, 3.0};

    return ask(
        s, (nd_ask){.kind = ND_ASK_START, .seed = 1, .trial = trial, .scale = scales[trial % 3]});
}

#endif
