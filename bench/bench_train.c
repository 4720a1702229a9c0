/* Time to |grad L| < tol by L-BFGS alone, from the default start: the optimiser and
 * the passes without the program around them.
 *
 *   bench_train DATA NET LOSS L2 REPEATS [--positive V,..] [--start FILE] [--threads N]
 *
 * prints one JSON line: seconds (best and median of REPEATS), evaluations, the
 * final loss, |g| and training errors.  --start FILE writes the start as raw
 * doubles with the scaled table in FILE.x and FILE.y, so that another program can
 * begin at the same point (bench/compare_torch.py does). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nadir/nadir.h>

#include "base/memory.h"

typedef struct {
    nd_ctx *ctx;
    const nd_problem *pb;
    nd_work *work;
} self_t;

static nd_status grad(void *self, const double *x, double *f, double *g)
{
    self_t *s = self;

    return g ? nd_problem_grad(s->ctx, s->pb, x, s->work, f, g)
             : nd_problem_value(s->ctx, s->pb, x, s->work, f);
}

static void die(const nd_ctx *ctx)
{
    fprintf(stderr, "bench_train: %s\n", nd_errmsg(ctx));
    exit(1);
}

static void dump(const char *file, const char *suffix, const double *x, size_t n)
{
    char name[4096];
    FILE *out;

    snprintf(name, sizeof name, "%s%s", file, suffix);
    out = fopen(name, "wb");
    if (!out || fwrite(x, sizeof *x, n, out) != n || fclose(out)) {
        perror(name);
        exit(1);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_read_options opt = {0};
    nd_table *data;
    nd_scaler *scaler;
    nd_net *net;
    nd_loss loss;
    nd_problem pb;
    nd_work *work;
    nd_opt_settings s;
    nd_opt_result r = {0};
    const char *start_file = NULL;

    if (!ctx || argc < 6) {
        fprintf(stderr, "usage: bench_train DATA NET LOSS L2 REPEATS [options]\n");
        return 1;
    }
    for (int i = 6; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--positive")) opt.positive = argv[i + 1];
        if (!strcmp(argv[i], "--start")) start_file = argv[i + 1];
        if (!strcmp(argv[i], "--threads")) nd_set_threads(ctx, atoi(argv[i + 1]));
    }
    int repeats = atoi(argv[5]);
    if (nd_table_read(ctx, argv[1], &opt, &data) ||
        nd_scaler_fit(ctx, ND_SCALE_STANDARD, data, &scaler) ||
        nd_scaler_apply(ctx, scaler, data) || nd_net_parse(ctx, argv[2], data->d, &net) ||
        nd_loss_parse(ctx, argv[3], &loss) ||
        nd_problem_make(ctx, net, data, loss, atof(argv[4]), &pb) ||
        nd_work_create(ctx, &pb, &work))
        die(ctx);

    double *start = ND_NEW(ctx, double, net->P), *x = ND_NEW(ctx, double, net->P);
    double *m = ND_NEW(ctx, double, data->n), *seconds = ND_NEW(ctx, double, (size_t)repeats);
    if (!start || !x || !m || !seconds) die(ctx);
    nd_net_start(net, 1, 0, 1.0, start);
    if (start_file) {
        dump(start_file, "", start, net->P);
        dump(start_file, ".y", data->y, data->n);
        if (data->x) dump(start_file, ".x", data->x, data->n * data->d);
    }
    nd_opt_init(&s);
    s.grad_tol = 1e-6;
    s.iterations = 100000;
    s.evaluations = 1000000;
    self_t self = {ctx, &pb, work};
    nd_oracle fn = {net->P, &self, grad, NULL, NULL};
    for (int k = 0; k < repeats; k++) {
        memcpy(x, start, net->P * sizeof *x);
        double t = nd_seconds();
        if (nd_lbfgs(ctx, &fn, &s, x, &r)) die(ctx);
        seconds[k] = nd_seconds() - t;
    }
    qsort(seconds, (size_t)repeats, sizeof *seconds, compare);
    if (nd_problem_margins(ctx, &pb, x, work, m)) die(ctx);
    printf(
        "{\"n\": %zu, \"d\": %zu, \"P\": %zu, \"best\": %.6g, \"median\": %.6g, "
        "\"evaluations\": %ld, \"f\": %.6g, \"grad\": %.3g, \"errors\": %zu, \"stop\": \"%s\"}\n",
        data->n, data->d, net->P, seconds[0], seconds[repeats / 2], r.evaluations, r.f, r.grad,
        nd_problem_errors(&pb, m), nd_stop_name(r.stop));

    nd_free(ctx, seconds);
    nd_free(ctx, m);
    nd_free(ctx, x);
    nd_free(ctx, start);
    nd_work_destroy(ctx, work);
    nd_net_destroy(ctx, net);
    nd_scaler_destroy(ctx, scaler);
    nd_table_destroy(ctx, data);
    nd_ctx_destroy(ctx);
    return 0;
}
