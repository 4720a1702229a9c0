/* Our side of the comparisons of bench/run.py: a process that takes one command a line,
 * times it and answers with one line of JSON, so that the two sides can be timed in turn.
 *
 *   threads N              one thread is timed by processor time, more by the clock
 *   peaks                  what this machine does: GEMM, triad, softplus with derivative
 *   parse FILE R           reading a table
 *   load FILE NET LOSS L2 SCALE [POSITIVE]      scaled data and the default start
 *   dump PREFIX            theta, x, y and a vector v as raw doubles, for the other side
 *   value|grad|hv|hessian|spectrum R            at that start
 *   max|min|dense R        an end of the spectrum: by Lanczos to 1e-10; by all eigenvalues
 *   lbfgs|newton TOL R     to |g| <= TOL, Newton by products with H
 *   train R                nd_train: to a verdict with its proof
 *   hops R                 40 hops from the end of a start, each from the end of the last
 *   follow R               20 climbs from such an end to saddles; evaluations: those found
 *
 * R repetitions; the answer has the fastest and the median.  value, grad and hessian run at
 * two points in turn, so that nothing remembered of a point makes them faster; hv is the
 * product at a point already seen. */
#include <nadir/map.h>
#include <nadir/num.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "num/blas.h"

#define WORDS    8
#define GEMM_N   512
#define TRIAD_N  ((size_t)1 << 23) /* 3 x 64 MB: more than any cache here */
#define MAP_N    2048
#define PRODUCTS 20000
#define HOPS     40
#define CLIMBS   20

/* What is loaded: one problem, two points and a direction. */
typedef struct {
    nd_ctx *ctx;
    nd_table *data;
    nd_net *net;
    nd_problem pb;
    nd_work *work;
    size_t P;
    double *theta[2], *v, *g, *H;
    const double *at; /* of the products */
    double tolerance; /* of the descents */
} peer;

/* What a timed command found, beside its time. */
typedef struct {
    double value, grad;
    long evaluations;
    size_t errors;
    const char *end;
    bool proved;
} outcome;

static void ok(const nd_ctx *ctx, nd_status status)
{
    if (status == ND_OK) return;
    printf("{\"error\": \"status %d\"}\n", (int)status);
    fprintf(stderr, "bench_peer: %s\n", nd_errmsg(ctx));
    exit(1);
}

static double *room(const nd_ctx *ctx, size_t n)
{
    double *p = aligned_alloc(64, (n * sizeof *p + 63) / 64 * 64);

    if (!p) ok(ctx, ND_EMEM);
    memset(p, 0, n * sizeof *p);
    return p;
}

static double seconds(const nd_ctx *ctx)
{
    struct timespec t;

    clock_gettime(nd_threads(ctx) == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the problem ------------------------------------------------------------------- */

static void unload(peer *b)
{
    for (int k = 0; k < 2; k++) free(b->theta[k]);
    free(b->v);
    free(b->g);
    free(b->H);
    nd_work_destroy(b->ctx, b->work);
    nd_net_destroy(b->ctx, b->net);
    nd_table_destroy(b->ctx, b->data);
    *b = (peer){.ctx = b->ctx};
}

static void load(peer *b, char *const word[], int words)
{
    const nd_read_options opt = {.positive = words > 6 ? word[6] : NULL};
    nd_scale kind;
    nd_scaler *scaler;
    nd_loss loss;

    unload(b);
    ok(b->ctx, nd_table_read(b->ctx, word[1], &opt, &b->data));
    ok(b->ctx, nd_scale_find(b->ctx, word[5], &kind));
    ok(b->ctx, nd_scaler_fit(b->ctx, kind, b->data, &scaler));
    ok(b->ctx, nd_scaler_apply(b->ctx, scaler, b->data));
    nd_scaler_destroy(b->ctx, scaler);
    ok(b->ctx, nd_net_parse(b->ctx, word[2], b->data->d, &b->net));
    ok(b->ctx, nd_loss_parse(b->ctx, word[3], &loss));
    ok(b->ctx, nd_problem_make(b->ctx, b->net, b->data, loss, atof(word[4]), &b->pb));
    ok(b->ctx, nd_work_create(b->ctx, &b->pb, &b->work));
    b->P = b->net->P;
    for (int k = 0; k < 2; k++) b->theta[k] = room(b->ctx, b->P);
    b->v = room(b->ctx, b->P);
    b->g = room(b->ctx, b->P);
    nd_net_start(b->net, 1, 0, 1.0, b->theta[0]);
    nd_net_start(b->net, 1, 0, 0.999, b->theta[1]);
    nd_net_start(b->net, 1, 1, 1.0, b->v);
    b->at = b->theta[0];
    printf("{\"n\": %zu, \"d\": %zu, \"P\": %zu}\n", b->data->n, b->data->d, b->P);
}

static void write_raw(const peer *b, const char *prefix, const char *suffix, const double *x,
                      size_t n)
{
    char name[4096];
    FILE *out;

    if (!x) return;
    snprintf(name, sizeof name, "%s.%s", prefix, suffix);
    out = fopen(name, "wb");
    if (!out || fwrite(x, sizeof *x, n, out) != n || fclose(out)) ok(b->ctx, ND_EIO);
}

static void dump(const peer *b, const char *prefix)
{
    write_raw(b, prefix, "theta", b->theta[0], b->P);
    write_raw(b, prefix, "v", b->v, b->P);
    write_raw(b, prefix, "y", b->data->y, b->data->n);
    write_raw(b, prefix, "x", b->data->x, b->data->n * b->data->d);
    printf("{}\n");
}

/* ---- what is timed --------------------------------------------------------------- */

static double size_of(size_t n, const double *x)
{
    double s = 0.0;

    for (size_t i = 0; i < n; i++) s += x[i] * x[i];
    return sqrt(s);
}

static void value(peer *b, int k, outcome *o)
{
    ok(b->ctx, nd_problem_value(b->ctx, &b->pb, b->theta[k % 2], b->work, &o->value));
}

static void grad(peer *b, int k, outcome *o)
{
    ok(b->ctx, nd_problem_grad(b->ctx, &b->pb, b->theta[k % 2], b->work, &o->value, b->g));
}

static void hv(peer *b, int k, outcome *o)
{
    (void)k, (void)o;
    ok(b->ctx, nd_problem_hv(b->ctx, &b->pb, b->theta[0], b->v, b->work, b->g));
}

static void hessian(peer *b, int k, outcome *o)
{
    (void)o;
    if (!b->H) b->H = room(b->ctx, b->P * b->P);
    ok(b->ctx, nd_problem_hessian(b->ctx, &b->pb, b->theta[k % 2], b->work, b->H));
}

static void eigenvalues(peer *b, int k, outcome *o)
{
    double error;

    hessian(b, k, o);
    ok(b->ctx, nd_eigen_dense(b->ctx, b->P, b->H, b->g, NULL, &error));
    o->value = b->g[0];
}

static void spectrum(peer *b, int k, outcome *o)
{
    (void)k;
    eigenvalues(b, 0, o);
}

static nd_status product(void *self, const double *v, double *av)
{
    peer *b = self;

    return nd_problem_hv(b->ctx, &b->pb, b->at, v, b->work, av);
}

/* The norm of the residual is at most 1e-10 |A|, as eigsh is asked for with tol=1e-10. */
static void lanczos(peer *b, int want, outcome *o)
{
    nd_eigen e;

    ok(b->ctx, nd_eigen_lanczos(b->ctx, b->P, product, b, want, 1e-10, PRODUCTS, NULL, &e, b->g));
    o->value = e.value;
    o->grad = e.error;
    o->evaluations = e.products;
}

static void largest(peer *b, int k, outcome *o)
{
    (void)k;
    lanczos(b, 1, o);
}

static void smallest(peer *b, int k, outcome *o)
{
    (void)k;
    lanczos(b, -1, o);
}

static nd_status oracle(void *self, const double *x, double *f, double *g)
{
    peer *b = self;

    return g ? nd_problem_grad(b->ctx, &b->pb, x, b->work, f, g)
             : nd_problem_value(b->ctx, &b->pb, x, b->work, f);
}

static size_t errors_at(peer *b, const double *x)
{
    double *m = room(b->ctx, b->data->n);
    size_t errors;

    ok(b->ctx, nd_problem_margins(b->ctx, &b->pb, x, b->work, m));
    errors = nd_problem_errors(&b->pb, m);
    free(m);
    return errors;
}

static nd_status oracle_hv(void *self, const double *x, const double *v, double *hv_out)
{
    peer *b = self;

    return nd_problem_hv(b->ctx, &b->pb, x, v, b->work, hv_out);
}

static void descend(peer *b, bool by_newton, outcome *o)
{
    const nd_oracle fn = {b->P, b, oracle, by_newton ? oracle_hv : NULL, NULL};
    nd_opt_settings s;
    nd_opt_result r;

    nd_opt_init(&s);
    s.quiet = true;
    s.grad_tol = b->tolerance;
    s.iterations = 100000;
    s.evaluations = 1000000;
    s.polish = 0;
    memcpy(b->g, b->theta[0], b->P * sizeof *b->g);
    ok(b->ctx, (by_newton ? nd_newton : nd_lbfgs)(b->ctx, &fn, &s, b->g, &r));
    *o = (outcome){r.f, r.grad, r.evaluations + r.hv, 0, nd_stop_name(r.stop), false};
}

static void lbfgs(peer *b, int k, outcome *o)
{
    (void)k;
    descend(b, false, o);
}

static void newton(peer *b, int k, outcome *o)
{
    (void)k;
    descend(b, true, o);
}

static void train(peer *b, int k, outcome *o)
{
    nd_train_settings s;
    nd_train_result *r;

    (void)k;
    nd_train_init(&s);
    ok(b->ctx, nd_train(b->ctx, b->net, b->data, b->pb.loss, b->pb.l2, &s, NULL, &r));
    *o = (outcome){r->verdict.loss,
                   r->verdict.grad,
                   r->evaluations,
                   r->verdict.errors,
                   nd_verdict_name(r->verdict.kind),
                   r->verdict.proved == ND_PROVED};
    nd_train_result_destroy(b->ctx, r);
}

static nd_answer ask(peer *b, nd_scout *scout, nd_ask a)
{
    nd_answer out = {.theta = b->g};

    a.seed = 1;
    a.time = INFINITY;
    ok(b->ctx, nd_scout_ask(scout, &a, false, &out));
    return out;
}

static void hops(peer *b, int k, outcome *o)
{
    nd_scout *scout;

    (void)k;
    ok(b->ctx, nd_scout_create(b->ctx, b->net, b->data, b->pb.loss, b->pb.l2, &scout));
    o->value = ask(b, scout, (nd_ask){.kind = ND_ASK_START, .scale = 1.0}).verdict.loss;
    for (uint64_t i = 0; i < HOPS; i++) {
        memcpy(b->theta[1], b->g, b->P * sizeof *b->g);
        nd_answer end =
            ask(b, scout, (nd_ask){.kind = ND_ASK_HOP, .trial = i, .scale = 0.5, .a = b->theta[1]});
        if (end.verdict.loss < o->value) o->value = end.verdict.loss;
    }
    nd_scout_destroy(scout);
}

static void follow(peer *b, int k, outcome *o)
{
    nd_scout *scout;

    (void)k;
    *o = (outcome){.end = "saddles"};
    ok(b->ctx, nd_scout_create(b->ctx, b->net, b->data, b->pb.loss, b->pb.l2, &scout));
    ask(b, scout, (nd_ask){.kind = ND_ASK_START, .scale = 1.0});
    memcpy(b->theta[1], b->g, b->P * sizeof *b->g);
    for (uint64_t i = 0; i < CLIMBS; i++) {
        nd_ask a = {.kind = ND_ASK_FOLLOW, .trial = i, .a = b->theta[1], .index = 1};
        a.mode = (long)(i / 2);
        a.side = i % 2 ? 1 : -1;
        nd_answer end = ask(b, scout, a);
        o->evaluations += end.verdict.kind == ND_SADDLE && end.verdict.index == 1;
    }
    nd_scout_destroy(scout);
}

typedef struct {
    const char *name;
    void (*run)(peer *b, int k, outcome *o);
} command;

static const command commands[] = {
    {"value", value},    {"grad", grad},         {"hv", hv},       {"hessian", hessian},
    {"dense", spectrum}, {"spectrum", spectrum}, {"max", largest}, {"min", smallest},
    {"lbfgs", lbfgs},    {"newton", newton},     {"train", train}, {"hops", hops},
    {"follow", follow}};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void timed(peer *b, const command *c, int repetitions)
{
    double *t = room(b->ctx, (size_t)repetitions);
    outcome o = {0};

    if (c->run == hv) hv(b, 0, &o); /* the first product at a point prepares it */
    for (int k = 0; k < repetitions; k++) {
        double begin = seconds(b->ctx);
        c->run(b, k, &o);
        t[k] = seconds(b->ctx) - begin;
    }
    qsort(t, (size_t)repetitions, sizeof *t, compare);
    if (c->run == grad || c->run == hv) o.grad = size_of(b->P, b->g);
    if (c->run == hessian) o.value = size_of(b->P * b->P, b->H);
    if (c->run == lbfgs || c->run == newton) o.errors = errors_at(b, b->g);
    printf("{\"best\": %.9g, \"median\": %.9g, \"value\": %.17g, \"grad\": %.17g, "
           "\"evaluations\": %ld, \"errors\": %zu, \"end\": \"%s\", \"proved\": %s}\n",
           t[0], t[repetitions / 2], o.value, o.grad, o.evaluations, o.errors, o.end ? o.end : "",
           o.proved ? "true" : "false");
    free(t);
}

/* ---- reading, and the machine ---------------------------------------------------- */

static void parse(nd_ctx *ctx, const char *file, int repetitions)
{
    double best = INFINITY;
    size_t n = 0, d = 0;

    for (int k = 0; k < repetitions; k++) {
        double begin = seconds(ctx);
        nd_table *t;
        ok(ctx, nd_table_read(ctx, file, NULL, &t));
        best = fmin(best, seconds(ctx) - begin);
        n = t->n;
        d = t->d;
        nd_table_destroy(ctx, t);
    }
    printf("{\"best\": %.9g, \"n\": %zu, \"d\": %zu}\n", best, n, d);
}

static double gemm(const nd_ctx *ctx)
{
    double *A = room(ctx, GEMM_N * GEMM_N), *C = room(ctx, GEMM_N * GEMM_N), best = INFINITY;

    for (size_t i = 0; i < GEMM_N * GEMM_N; i++) A[i] = 1e-3 * (double)(i % 97);
    for (int k = 0; k < 10; k++) {
        double begin = seconds(ctx);
        nd_blas_gemm(false, true, GEMM_N, GEMM_N, GEMM_N, 1.0, A, GEMM_N, A, GEMM_N, 0.0, C,
                     GEMM_N);
        best = fmin(best, seconds(ctx) - begin);
    }
    free(A);
    free(C);
    return 2e-9 * GEMM_N * GEMM_N * GEMM_N / best;
}

static double triad(const nd_ctx *ctx)
{
    double *a = room(ctx, TRIAD_N), *x = room(ctx, TRIAD_N), *y = room(ctx, TRIAD_N);
    double best = INFINITY;

    for (int k = 0; k < 5; k++) {
        double begin = seconds(ctx);
        for (size_t i = 0; i < TRIAD_N; i++) a[i] = x[i] + 3.0 * y[i];
        best = fmin(best, seconds(ctx) - begin);
        x[(size_t)k] += a[TRIAD_N - 1] + 1.0; /* so that the loop is needed */
    }
    free(a);
    free(x);
    free(y);
    return 24e-9 * (double)TRIAD_N / best; /* two reads and a write */
}

static double map(const nd_ctx *ctx, bool tanh_map)
{
    double *x = room(ctx, MAP_N), *s = room(ctx, MAP_N), *p = room(ctx, MAP_N), best = INFINITY;

    for (size_t i = 0; i < MAP_N; i++) x[i] = -5.0 + 10.0 * (double)i / MAP_N;
    for (int k = 0; k < 500; k++) {
        double begin = seconds(ctx);
        if (tanh_map)
            nd_vtanh(MAP_N, x, s);
        else
            nd_vsoftplus_sigmoid(MAP_N, x, s, p);
        best = fmin(best, seconds(ctx) - begin);
    }
    free(x);
    free(s);
    free(p);
    return 1e9 * best / MAP_N;
}

static void peaks(const nd_ctx *ctx)
{
    double flops = gemm(ctx), bytes = triad(ctx);

    printf("{\"gflops\": %.4g, \"gbytes\": %.4g, \"softplus_ns\": %.4g, \"tanh_ns\": %.4g, "
           "\"simd\": \"%s\", \"blas\": \"%s\"}\n",
           flops, bytes, map(ctx, false), map(ctx, true), nd_simd_name(nd_simd_level()),
           nd_blas_name());
}

/* ---- commands -------------------------------------------------------------------- */

static void obey(peer *b, char *const word[], int words)
{
    int repetitions = words > 1 ? atoi(word[words - 1]) : 1;

    if (!strcmp(word[0], "threads") && words == 2) {
        nd_set_threads(b->ctx, repetitions);
        printf("{}\n");
        return;
    }
    if (!strcmp(word[0], "peaks")) {
        peaks(b->ctx);
        return;
    }
    if (!strcmp(word[0], "parse") && words == 3) {
        parse(b->ctx, word[1], repetitions);
        return;
    }
    if (!strcmp(word[0], "load") && words >= 6) {
        load(b, word, words);
        return;
    }
    if (!strcmp(word[0], "dump") && words == 2 && b->net) {
        dump(b, word[1]);
        return;
    }
    if (words == 3) b->tolerance = atof(word[1]);
    for (size_t k = 0; k < sizeof commands / sizeof commands[0]; k++)
        if (!strcmp(word[0], commands[k].name) && b->net && repetitions > 0) {
            timed(b, &commands[k], repetitions);
            return;
        }
    fprintf(stderr, "bench_peer: what is '%s'?\n", word[0]);
    exit(1);
}

int main(void)
{
    peer b = {.ctx = nd_ctx_create(NULL)};
    char line[8192], *word[WORDS];

    if (!b.ctx) return 1;
    nd_set_threads(b.ctx, 1);
    while (fgets(line, sizeof line, stdin)) {
        int words = 0;
        for (char *s = strtok(line, " \n"); s && words < WORDS; s = strtok(NULL, " \n"))
            word[words++] = s;
        if (words == 0) continue;
        obey(&b, word, words);
        fflush(stdout);
    }
    unload(&b);
    nd_ctx_destroy(b.ctx);
    return 0;
}
