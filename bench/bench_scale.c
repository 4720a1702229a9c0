/* How the cost of loss and gradient grows, what memory it takes, and what a second thread
 * gives.
 *
 *   bench_scale [REPETITIONS]        default 5: minima
 *
 * softplus nets, every sample active (logistic loss), normal data.  One of n, M (neurons)
 * and d is varied; the exponent is the slope of log time over log size from one row to the
 * next and over the last decade of each table.  Processor time of one thread; wall time for
 * the efficiency, t_1 / (2 t_2).  Memory: what the allocator handed out for the work space,
 * over the size of data and parameters. */
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <nadir/nadir.h>

#include "base/memory.h"

static nd_ctx *ctx;
static size_t bytes;

/* The default allocator, counting. */
static void *count_alloc(void *user, size_t n)
{
    void *p = malloc(n);

    (void)user;
    if (p) bytes += malloc_usable_size(p);
    return p;
}

static void count_free(void *user, void *p)
{
    (void)user;
    if (p) bytes -= malloc_usable_size(p);
    free(p);
}

static void ok(nd_status status)
{
    if (status == ND_OK) return;
    fprintf(stderr, "bench_scale: %s\n", nd_errmsg(ctx));
    exit(1);
}

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct {
    double t, wall, wall2, memory; /* seconds of a gradient; bytes over data and theta */
} cost;

static double best(const nd_problem *pb, nd_work *work, const double *theta, double *g,
                   clockid_t clock, int repetitions)
{
    double least = INFINITY, L;

    for (int k = 0; k < repetitions; k++) {
        double t = seconds(clock);
        ok(nd_problem_grad(ctx, pb, theta, work, &L, g));
        t = seconds(clock) - t;
        if (t < least) least = t;
    }
    return least;
}

static cost measure(size_t n, size_t M, size_t d, int repetitions)
{
    char spec[96];
    nd_table *t;
    nd_net *net;
    nd_loss logistic, hinge;
    nd_problem pb, screened;
    nd_work *work;
    double *theta, *g;
    cost c;
    size_t before;

    snprintf(spec, sizeof spec, "noise,n=%zu,d=%zu,seed=1", n, d);
    ok(nd_table_generate(ctx, spec, &t));
    snprintf(spec, sizeof spec, "softplus:%zu", M);
    ok(nd_net_parse(ctx, spec, d, &net));
    ok(nd_loss_parse(ctx, "logistic", &logistic));
    ok(nd_loss_parse(ctx, "polyhinge:3", &hinge));
    ok(nd_problem_make(ctx, net, t, logistic, 0.0, &pb));
    ok(nd_problem_make(ctx, net, t, hinge, 0.0, &screened)); /* remembers more */
    before = bytes;
    ok(nd_work_create(ctx, &screened, &work));
    c.memory = 1.0 + (double)(bytes - before) / (8.0 * (double)(n * (d + 1) + net->P));
    nd_work_destroy(ctx, work);
    ok(nd_work_create(ctx, &pb, &work));
    theta = ND_NEW(ctx, double, net->P);
    g = ND_NEW(ctx, double, net->P);
    if (!theta || !g) exit(1);
    nd_net_start(net, 1, 0, 1.0, theta);
    if (n * d * M < 1000000) repetitions *= 20;
    nd_set_threads(ctx, 1);
    c.t = best(&pb, work, theta, g, CLOCK_PROCESS_CPUTIME_ID, repetitions);
    c.wall = best(&pb, work, theta, g, CLOCK_MONOTONIC, repetitions);
    nd_set_threads(ctx, 2);
    c.wall2 = best(&pb, work, theta, g, CLOCK_MONOTONIC, repetitions);
    nd_free(ctx, theta);
    nd_free(ctx, g);
    nd_work_destroy(ctx, work);
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, t);
    return c;
}

/* One table: size[] takes the place of n, M or d. */
static void table(const char *name, const size_t *size, size_t rows, int which, int repetitions)
{
    cost first = {0}, old = {0};
    size_t base[3] = {4000, 32, 32}; /* n, M, d */

    printf("\n| %s | ms | ns / (n M d) | exponent | from the first | memory | 2 threads |\n"
           "|---|---|---|---|---|---|---|\n",
           name);
    for (size_t k = 0; k < rows; k++) {
        size_t s[3] = {base[0], base[1], base[2]};
        s[which] = size[k];
        cost c = measure(s[0], s[1], s[2], repetitions);
        double x = log((double)size[k]);
        printf("| %zu | %.3f | %.4f ", size[k], 1e3 * c.t,
               1e9 * c.t / ((double)s[0] * (double)s[1] * (double)s[2]));
        if (k == 0) {
            first = c;
            printf("| | ");
        } else {
            printf("| %.2f | %.2f ", log(c.t / old.t) / (x - log((double)size[k - 1])),
                   log(c.t / first.t) / (x - log((double)size[0])));
        }
        printf("| %.2f | %.2f |\n", c.memory, c.wall / (2.0 * c.wall2));
        old = c;
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    static const size_t n[] = {1000, 10000, 100000, 1000000}, M[] = {8, 32, 128, 512},
                        d[] = {2, 8, 32, 128, 800};
    const nd_allocator counting = {count_alloc, count_free, NULL};
    int repetitions = argc > 1 ? atoi(argv[1]) : 5;

    ctx = nd_ctx_create(&counting);
    if (!ctx) return 1;
    printf("n = 4000, M = 32, d = 32 where not varied; the gradient's scratch counts as memory\n");
    table("n", n, sizeof n / sizeof *n, 0, repetitions);
    table("M", M, sizeof M / sizeof *M, 1, repetitions);
    table("d", d, sizeof d / sizeof *d, 2, repetitions);
    nd_ctx_destroy(ctx);
    return 0;
}
