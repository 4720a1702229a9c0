/* What screening saves: every evaluation of an L-BFGS run, with it and without.
 *
 *   bench_screen [DATA NET LOSS EVALUATIONS REPETITIONS [POSITIVE]]
 *
 * default: mnist_3v5 and 10^6 x 20.  Each point of the run is evaluated by both works
 * in turn; their results must be the same bits.  The path is run REPETITIONS times, and
 * the least time of each evaluation counts.  The table gives, for parts of the run, the
 * mean fraction of active rows and of rows run, and the cost of an evaluation as a ratio to
 * that of the first ten percent, with screening and without. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nadir/nadir.h>

#include "base/memory.h"
#include "model/pass.h"

#define PARTS 10

typedef struct {
    double t, full, active, ran; /* seconds; fractions of the rows              */
} one;

typedef struct {
    nd_ctx *ctx;
    nd_problem pb;
    nd_work *work, *plain;
    nd_screen *screen;
    double *g;
    one *seen;
    size_t room, count, differ;
} self_t;

static void ok(nd_ctx *ctx, nd_status status)
{
    if (status == ND_OK) return;
    fprintf(stderr, "bench_screen: %s\n", nd_errmsg(ctx));
    exit(1);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static nd_status evaluate(void *self, const double *x, double *f, double *g)
{
    self_t *s = self;
    size_t P = s->pb.net->P, n = s->pb.data->n;
    one o;
    double L, t = seconds();

    ok(s->ctx, nd_problem_grad(s->ctx, &s->pb, x, s->work, f, g ? g : s->g));
    o.t = seconds() - t;
    o.active = (double)nd_work_active(s->work) / (double)n;
    o.ran = (double)s->work->ran / (double)n;
    t = seconds();
    ok(s->ctx, nd_problem_grad(s->ctx, &s->pb, x, s->plain, &L, s->g));
    o.full = seconds() - t;
    if (memcmp(&L, f, sizeof L) != 0 || (g && memcmp(g, s->g, P * sizeof *g) != 0)) s->differ++;
    if (s->count < s->room) {
        one *old = &s->seen[s->count++];
        if (old->t > 0.0) { /* an earlier repetition saw this point */
            o.t = o.t < old->t ? o.t : old->t;
            o.full = o.full < old->full ? o.full : old->full;
        }
        *old = o;
    }
    return ND_OK;
}

static void table(const self_t *s, const char *what)
{
    double first = 0.0;

    printf("\n%s: n = %zu, d = %zu, P = %zu, %zu evaluations, %zu results that differ\n\n", what,
           s->pb.data->n, s->pb.data->d, s->pb.net->P, s->count, s->differ);
    printf("| part | active | run | cost | cost unscreened | ms |\n|---|---|---|---|---|---|\n");
    for (size_t p = 0; p < PARTS; p++) {
        size_t a = s->count * p / PARTS, b = s->count * (p + 1) / PARTS;
        one sum = {0};
        double m = (double)(b - a);
        for (size_t k = a; k < b; k++) {
            sum.t += s->seen[k].t / m;
            sum.full += s->seen[k].full / m;
            sum.active += s->seen[k].active / m;
            sum.ran += s->seen[k].ran / m;
        }
        if (p == 0) first = sum.t;
        if (b > a)
            printf("| %3zu %% | %.4f | %.4f | %.3f | %.3f | %.3f |\n", 100 * p / PARTS, sum.active,
                   sum.ran, sum.t / first, sum.full / first, 1e3 * sum.t);
    }
}

static void run(const char *data, const char *net, const char *loss, long evaluations,
                int repetitions, const char *positive)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_read_options opt = {.positive = positive};
    self_t s = {.ctx = ctx, .room = (size_t)evaluations};
    nd_table *t;
    nd_scaler *scaler;
    nd_net *N;
    nd_loss l;
    nd_opt_settings o;
    nd_opt_result r;
    double *x;

    nd_set_threads(ctx, 1);
    ok(ctx, nd_table_read(ctx, data, &opt, &t));
    ok(ctx, nd_scaler_fit(ctx, ND_SCALE_STANDARD, t, &scaler));
    ok(ctx, nd_scaler_apply(ctx, scaler, t));
    ok(ctx, nd_net_parse(ctx, net, t->d, &N));
    ok(ctx, nd_loss_parse(ctx, loss, &l));
    ok(ctx, nd_problem_make(ctx, N, t, l, 0.0, &s.pb));
    ok(ctx, nd_work_create(ctx, &s.pb, &s.plain));
    s.screen = s.plain->screen;
    s.plain->screen = NULL;
    s.g = ND_NEW(ctx, double, N->P);
    s.seen = ND_NEW0(ctx, one, s.room);
    x = ND_NEW(ctx, double, N->P);
    if (!s.g || !s.seen || !x) exit(1);
    nd_opt_init(&o);
    o.quiet = true;
    o.evaluations = evaluations;
    for (int k = 0; k < repetitions; k++) {
        nd_oracle fn = {N->P, &s, evaluate, NULL, NULL};
        ok(ctx, nd_work_create(ctx, &s.pb, &s.work));
        s.count = 0;
        nd_net_start(N, 1, 0, 1.0, x);
        ok(ctx, nd_lbfgs(ctx, &fn, &o, x, &r));
        nd_work_destroy(ctx, s.work);
    }
    table(&s, data);
    s.plain->screen = s.screen;
    nd_work_destroy(ctx, s.plain);
    nd_free(ctx, x);
    nd_free(ctx, s.g);
    nd_free(ctx, s.seen);
    nd_net_destroy(ctx, N);
    nd_scaler_destroy(ctx, scaler);
    nd_table_destroy(ctx, t);
    nd_ctx_destroy(ctx);
}

int main(int argc, char **argv)
{
    if (argc > 5) {
        run(argv[1], argv[2], argv[3], atol(argv[4]), atoi(argv[5]), argc > 6 ? argv[6] : NULL);
        return 0;
    }
    run("data/mnist_3v5.csv.gz", "softplus:32", "polyhinge:3", 200, 3, NULL);
    run("gen:separable,n=1000000,d=20,seed=1", "softplus:32", "polyhinge:3", 200, 1, NULL);
    return 0;
}
