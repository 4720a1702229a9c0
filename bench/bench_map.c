/* Speed of the search, one thread, in seconds of processor time (docs/explore.md):
 *
 *   bench_map [REPEATS]         default 3; the fastest repeat of each line counts
 *
 * 10,000 starts on XOR with softplus:3; then the problem of the comparison with TopSearch
 * (a tanh net with P = 13 on n = 200 samples, ridge 1e-2): 200 hops, saddles from minima,
 * paths between minima and downhill sides; and what certification adds. */
#include <nadir/map.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"

#define MINIMA 40

typedef struct {
    nd_ctx *ctx;
    nd_table *data;
    nd_net *net;
    nd_scout *sc;
    size_t P;
    double *theta, *at; /* the answer's, and where it began */
} bench;

/* What a series of asks gave. */
typedef struct {
    long asks, verdicts[ND_VALLEY + 1], index_1, proved, evaluations, hessians;
    double seconds, slowest;
} series;

static void die(const bench *b)
{
    fprintf(stderr, "bench_map: %s\n", nd_errmsg(b->ctx));
    exit(1);
}

static bench open_bench(const char *data, const char *net, const char *loss_spec, double l2)
{
    bench b = {.ctx = nd_ctx_create(NULL)};
    nd_loss loss;

    if (!b.ctx) exit(1);
    nd_set_threads(b.ctx, 1);
    if (nd_table_generate(b.ctx, data, &b.data) || nd_net_parse(b.ctx, net, b.data->d, &b.net) ||
        nd_loss_parse(b.ctx, loss_spec, &loss) ||
        nd_scout_create(b.ctx, b.net, b.data, loss, l2, &b.sc))
        die(&b);
    b.P = b.net->P;
    b.theta = ND_NEW0(b.ctx, double, 2 * b.P);
    if (!b.theta) die(&b);
    b.at = b.theta + b.P;
    printf("%s, %s (P = %zu), %s, ridge %g\n", data, net, b.P, loss_spec, l2);
    return b;
}

static void close_bench(bench *b)
{
    nd_free(b->ctx, b->theta);
    nd_scout_destroy(b->sc);
    nd_net_destroy(b->ctx, b->net);
    nd_table_destroy(b->ctx, b->data);
    nd_ctx_destroy(b->ctx);
}

static nd_answer ask(bench *b, nd_ask a, bool certify, series *s)
{
    nd_answer out = {.theta = b->theta};
    double begin = (double)clock() / CLOCKS_PER_SEC, took;

    a.seed = 1;
    a.time = INFINITY;
    if (nd_scout_ask(b->sc, &a, certify, &out)) die(b);
    s->asks++;
    s->verdicts[out.verdict.kind]++;
    s->index_1 += out.verdict.kind == ND_SADDLE && out.verdict.index == 1;
    s->proved += out.verdict.proved == ND_PROVED;
    s->evaluations += out.evaluations;
    s->hessians += out.hessians;
    took = (double)clock() / CLOCKS_PER_SEC - begin;
    s->seconds += took;
    s->slowest = fmax(s->slowest, took);
    return out;
}

static void report(const char *what, const series *s)
{
    double n = (double)s->asks;

    printf(
        "  %-22s %6ld in %7.3f s: %8.4f ms each (slowest %.2f), %.1f evaluations, %.1f Hessians;",
        what, s->asks, s->seconds, 1e3 * s->seconds / n, 1e3 * s->slowest,
        (double)s->evaluations / n, (double)s->hessians / n);
    for (int k = 0; k <= ND_VALLEY; k++)
        if (s->verdicts[k]) printf(" %s %ld", nd_verdict_name((nd_verdict_kind)k), s->verdicts[k]);
    if (s->proved) printf(", proved %ld", s->proved);
    printf("\n");
}

/* ---- series ------------------------------------------------------------------------------ */

typedef void (*course)(bench *b, series *s);

static void run(bench *b, const char *what, course c, int repeats)
{
    series best = {.seconds = INFINITY};

    for (int r = 0; r < repeats; r++) {
        series s = {0};
        c(b, &s);
        if (s.seconds < best.seconds) best = s;
    }
    report(what, &best);
}

static nd_answer start(bench *b, uint64_t k, bool certify, series *s)
{
    static const double scales[] = {0.3, 1.0, 3.0};

    return ask(b, (nd_ask){.kind = ND_ASK_START, .trial = k, .scale = scales[k % 3]}, certify, s);
}

static void starts_10000(bench *b, series *s)
{
    for (uint64_t k = 0; k < 10000; k++) start(b, k, false, s);
}

static void starts_200(bench *b, series *s)
{
    for (uint64_t k = 0; k < 200; k++) start(b, k, false, s);
}

static void certified_20(bench *b, series *s)
{
    for (uint64_t k = 0; k < 20; k++) start(b, k, true, s);
}

/* Basin hopping: every hop sets out from the end of the one before. */
static void hops_200(bench *b, series *s)
{
    series first = {0};

    start(b, 1, false, &first);
    for (uint64_t k = 0; k < 200; k++) {
        memcpy(b->at, b->theta, b->P * sizeof *b->at);
        ask(b, (nd_ask){.kind = ND_ASK_HOP, .trial = k, .scale = 0.5, .a = b->at}, false, s);
    }
}

static void follow(bench *b, series *s, series *sides)
{
    series first = {0};
    double *saddle = ND_NEW(b->ctx, double, b->P);

    if (!saddle) die(b);
    start(b, 1, false, &first);
    memcpy(b->at, b->theta, b->P * sizeof *b->at);
    for (uint64_t k = 0; k < 20; k++) {
        nd_ask a = {.kind = ND_ASK_FOLLOW,
                    .trial = k,
                    .a = b->at,
                    .mode = (long)(k / 2),
                    .side = k % 2 ? 1 : -1,
                    .index = 1};
        nd_answer f = ask(b, a, false, s);

        if (!sides || f.verdict.kind != ND_SADDLE) continue;
        memcpy(saddle, b->theta, b->P * sizeof *saddle);
        for (int side = -1; side <= 1; side += 2)
            ask(b, (nd_ask){.kind = ND_ASK_DOWN, .a = saddle, .side = side}, false, sides);
    }
    nd_free(b->ctx, saddle);
}

static void follow_20(bench *b, series *s)
{
    follow(b, s, NULL);
}

static void down_sides(bench *b, series *s)
{
    series climbs = {0};

    follow(b, &climbs, s);
}

/* From the first minimum to copies of others that lie elsewhere. */
static void pairs(bench *b, series *s)
{
    series first = {0};

    start(b, 1, false, &first);
    memcpy(b->at, b->theta, b->P * sizeof *b->at);
    for (uint64_t k = 0; k < MINIMA; k++) {
        double *other = ND_NEW(b->ctx, double, b->P);
        if (!other) die(b);
        start(b, k, false, &first);
        memcpy(other, b->theta, b->P * sizeof *other);
        ask(b, (nd_ask){.kind = ND_ASK_PAIR, .trial = k, .a = b->at, .b = other, .index = 1}, false,
            s);
        nd_free(b->ctx, other);
    }
}

int main(int argc, char **argv)
{
    int repeats = argc > 1 ? atoi(argv[1]) : 3;
    static const char *const losses[] = {"logistic", "polyhinge:3"};
    bench b = open_bench("xor", "softplus:3", "polyhinge:3", 1e-3);

    run(&b, "starts", starts_10000, repeats);
    run(&b, "starts, certified", certified_20, repeats);
    run(&b, "paths", pairs, repeats);
    close_bench(&b);
    b = open_bench("xor", "softplus:3", "polyhinge:3", 0.0);
    run(&b, "starts", starts_10000, repeats);
    close_bench(&b);
    for (int k = 0; k < 2; k++) {
        b = open_bench("moons,n=200,seed=1", "tanh:3", losses[k], 1e-2);
        run(&b, "starts", starts_200, repeats);
        run(&b, "hops", hops_200, repeats);
        run(&b, "saddles from a minimum", follow_20, repeats);
        run(&b, "downhill sides", down_sides, repeats);
        run(&b, "paths", pairs, repeats);
        run(&b, "starts, certified", certified_20, repeats);
        close_bench(&b);
    }
    return 0;
}
