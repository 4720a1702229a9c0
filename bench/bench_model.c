/* Time of the passes against their floor.
 *
 *     bench_model [THREADS]          default 1; the minimum of many repetitions
 *
 * Loss and gradient of softplus:32 with every sample active (logistic loss) on wdbc,
 * digits and mnist_3v5 from data/, or on random data of the same shape where the file
 * is not there.  The floor of one core is 4nMd / (35 Gflop/s) for the two products and
 * n M 2.3 ns for softplus and its derivative; H v is timed at a point already
 * seen.  Then dense Hessians of tanh nets with n = 1000, d = 20. */
#include <nadir/model.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"

#define NEURONS 32

typedef struct {
    nd_ctx *ctx;
    nd_net *net;
    nd_problem pb;
    nd_work *work;
    double *theta, *v, *g, *H;
} bench;

static nd_ctx *ctx;

static void die(void)
{
    fprintf(stderr, "bench_model: %s\n", nd_errmsg(ctx));
    exit(1);
}

static void ok(nd_status status)
{
    if (status != ND_OK) die();
}

static nd_table *random_table(size_t n, size_t d)
{
    char spec[96];
    nd_table *t;

    snprintf(spec, sizeof spec, "noise,n=%zu,d=%zu,seed=1", n, d);
    ok(nd_table_generate(ctx, spec, &t));
    return t;
}

/* Scaled data from a file, else random data of the same shape. */
static nd_table *table(const char *file, const char *positive, size_t n, size_t d)
{
    const nd_read_options opt = {.positive = positive};
    nd_table *t;
    nd_scaler *s;

    if (nd_table_read(ctx, file, &opt, &t) != ND_OK) {
        printf("(%s: random data instead: %s)\n", file, nd_errmsg(ctx));
        t = random_table(n, d);
    }
    ok(nd_scaler_fit(ctx, ND_SCALE_STANDARD, t, &s));
    ok(nd_scaler_apply(ctx, s, t));
    nd_scaler_destroy(ctx, s);
    return t;
}

static double *room(size_t n)
{
    double *p = malloc(n * sizeof *p);

    if (!p) abort();
    return p;
}

static bench start(const char *spec, const nd_table *t, bool dense)
{
    bench b = {.ctx = ctx};
    nd_loss loss;
    size_t P;

    ok(nd_net_parse(ctx, spec, t->d, &b.net));
    ok(nd_loss_parse(ctx, "logistic", &loss));
    ok(nd_problem_make(ctx, b.net, t, loss, 0.0, &b.pb));
    ok(nd_work_create(ctx, &b.pb, &b.work));
    P = b.net->P;
    b.theta = room(P);
    b.v = room(P);
    b.g = room(P);
    b.H = room(dense ? P * P : 1);
    nd_net_start(b.net, 1, 0, 1.0, b.theta);
    nd_net_start(b.net, 1, 1, 1.0, b.v);
    return b;
}

static void stop(bench *b)
{
    free(b->theta);
    free(b->v);
    free(b->g);
    free(b->H);
    nd_work_destroy(ctx, b->work);
    nd_net_destroy(ctx, b->net);
}

/* Processor time with one thread, so that other programs disturb less; else wall time. */
static double seconds(void)
{
    struct timespec t;

    clock_gettime(nd_threads(ctx) == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef enum { VALUE, GRAD, HV, HESSIAN } what;

static double best(bench *b, what w, double time)
{
    double least = 1e9, L, end = nd_seconds() + time;
    long runs = 0;

    do {
        double t = seconds();
        if (w == VALUE) ok(nd_problem_value(ctx, &b->pb, b->theta, b->work, &L));
        if (w == GRAD) ok(nd_problem_grad(ctx, &b->pb, b->theta, b->work, &L, b->g));
        if (w == HV) ok(nd_problem_hv(ctx, &b->pb, b->theta, b->v, b->work, b->g));
        if (w == HESSIAN) ok(nd_problem_hessian(ctx, &b->pb, b->theta, b->work, b->H));
        t = seconds() - t;
        if (t < least) least = t;
    } while (++runs < 3 || nd_seconds() < end);
    return 1e3 * least;
}

static void passes(const char *file, const char *positive, size_t n0, size_t d0)
{
    nd_table *t = table(file, positive, n0, d0);
    bench b = start("softplus:32", t, false);
    double n = (double)t->n, d = (double)t->d;
    double floor_ms = 1e3 * (4.0 * n * NEURONS * d / 35e9 + n * NEURONS * 2.3e-9);
    double value = best(&b, VALUE, 0.5), grad = best(&b, GRAD, 1.0), hv = best(&b, HV, 0.5);

    printf("%-24s %5zu x %3zu  f %7.3f  f+g %7.3f  floor %7.3f  ratio %5.2f  Hv %7.3f ms\n", file,
           t->n, t->d, value, grad, floor_ms, grad / floor_ms, hv);
    stop(&b);
    nd_table_destroy(ctx, t);
}

static void hessian(const char *net, size_t d)
{
    nd_table *t = random_table(1000, d);
    bench b = start(net, t, true);

    printf("%-24s  1000 x %3zu  P = %4zu  dense H %8.2f  Hv %7.3f ms\n", net, d, b.net->P,
           best(&b, HESSIAN, 1.0), best(&b, HV, 0.2));
    stop(&b);
    nd_table_destroy(ctx, t);
}

int main(int argc, char **argv)
{
    ctx = nd_ctx_create(NULL);
    if (!ctx) return 1;
    nd_set_threads(ctx, argc > 1 ? atoi(argv[1]) : 1);
    passes("data/wdbc.csv", "M", 569, 30);
    passes("data/digits.csv.gz", "0,2,4,6,8", 1797, 64);
    passes("data/mnist_3v5.csv.gz", NULL, 1895, 784);
    hessian("tanh:9", 20);
    hessian("tanh:91", 20);
    hessian("tanh:20,tanh:20", 20);
    hessian("tanh:40,tanh:40", 20);
    hessian("tanh:2", 784);
    nd_ctx_destroy(ctx);
    return 0;
}
