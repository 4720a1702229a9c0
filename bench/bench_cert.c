/* The price of a proof on shallow nets with ridge: nd_prove_strict against the dense
 * Hessian and its Cholesky factor alone; one thread, processor time.
 *
 *   bench_cert [REPETITIONS]        default 5
 *
 * The parts are timed in turn, REPETITIONS times; minima.  Newton: its steps on
 * the centre with their gradients in double-double, as the proof takes them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "cert/polish.h"
#include "cert/strict.h"
#include "cert/variation.h"
#include "num/blas.h"

#include <nadir/nadir.h>
#include <nadir/num.h>

typedef struct {
    nd_ctx *ctx;
    nd_problem pb;
    nd_work *work;
    nd_polish *polish;
    size_t P;
    double *theta, *lo, *H, *L, *g, *change, *hi, *l, enough;
} setting;

static void must(const nd_ctx *ctx, nd_status status)
{
    if (status == ND_OK) return;
    fprintf(stderr, "bench_cert: %s\n", nd_errmsg(ctx));
    exit(1);
}

static nd_status grad(void *self, const double *x, double *f, double *g)
{
    setting *s = self;
    return g ? nd_problem_grad(s->ctx, &s->pb, x, s->work, f, g)
             : nd_problem_value(s->ctx, &s->pb, x, s->work, f);
}

static nd_status hessian(void *self, const double *x, double *H)
{
    setting *s = self;
    return nd_problem_hessian(s->ctx, &s->pb, x, s->work, H);
}

static nd_status product(void *self, const double *x, const double *v, double *hv)
{
    setting *s = self;
    return nd_problem_hv(s->ctx, &s->pb, x, v, s->work, hv);
}

static void descend(setting *s)
{
    nd_oracle fn = {s->P, s, grad, product, hessian};
    nd_opt_settings o;
    nd_opt_result r;

    nd_opt_init(&o);
    o.quiet = true;
    o.grad_tol = 1e-7;
    o.iterations = 20000;
    must(s->ctx, nd_lbfgs(s->ctx, &fn, &o, s->theta, &r));
    o.grad_tol = 1e-13;
    o.dense_max = 4000;
    must(s->ctx, nd_newton(s->ctx, &fn, &o, s->theta, &r));
    must(s->ctx, nd_cert_polish(s->ctx, &s->pb, s->theta));
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

enum { PLAIN, GRADIENT, BOUNDS, SHIFTED, MARGINS, NEWTON, ALL, PARTS };

static void part(setting *s, int k, nd_cert *cert)
{
    double norm;
    nd_ball ball;

    if (k == PLAIN) {
        must(s->ctx, hessian(s, s->theta, s->H));
        memcpy(s->L, s->H, s->P * s->P * sizeof *s->L);
        if (nd_blas_potrf(s->P, s->L, s->P) != 0) printf("not positive definite\n");
    } else if (k == GRADIENT) {
        must(s->ctx, nd_polish_gradient(s->ctx, s->polish, s->theta, s->lo, s->g, &norm));
    } else if (k == BOUNDS) {
        must(s->ctx, nd_ball_bounds(s->ctx, &s->pb, s->theta, 1e-12, &ball, s->change));
    } else if (k == SHIFTED) {
        (void)nd_eigen_lower(s->P, s->H, 0.0, s->L);
    } else if (k == MARGINS) {
        must(s->ctx,
             nd_margin_bounds(s->ctx, &s->pb, s->theta, s->change, s->change + s->pb.data->n));
    } else if (k == NEWTON) { /* the factor is that of the last part but two */
        memcpy(s->hi, s->theta, s->P * sizeof *s->hi);
        memset(s->l, 0, s->P * sizeof *s->l);
        must(s->ctx,
             nd_polish_newton(s->ctx, s->polish, s->P, s->L, s->enough, s->hi, s->l, &norm));
    } else {
        must(s->ctx, nd_prove_strict(s->ctx, &s->pb, s->theta, cert));
    }
}

static void measure(const char *spec, size_t n, size_t d, int repetitions)
{
    setting s = {.ctx = nd_ctx_create(NULL)};
    double *x = malloc(n * d * sizeof *x), *y = malloc(n * sizeof *y), best[PARTS];
    nd_rng rng = nd_rng_make(1, 1);
    nd_table *data;
    nd_net *net;
    nd_loss loss;
    nd_cert cert;

    nd_set_threads(s.ctx, 1);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < d; k++) x[i * d + k] = nd_rng_normal(&rng);
        y[i] = x[i * d] + 0.5 * x[i * d + 1] * x[i * d] + 0.7 * nd_rng_normal(&rng) > 0 ? 1 : -1;
    }
    must(s.ctx, nd_table_from_arrays(s.ctx, n, d, x, y, &data));
    must(s.ctx, nd_net_parse(s.ctx, spec, d, &net));
    must(s.ctx, nd_loss_parse(s.ctx, "polyhinge:3", &loss));
    must(s.ctx, nd_problem_make(s.ctx, net, data, loss, 0.02, &s.pb));
    must(s.ctx, nd_work_create(s.ctx, &s.pb, &s.work));
    must(s.ctx, nd_polish_create(s.ctx, &s.pb, &s.polish));
    s.P = net->P;
    s.theta = ND_NEW(s.ctx, double, s.P);
    s.lo = ND_NEW0(s.ctx, double, s.P);
    s.g = ND_NEW(s.ctx, double, s.P);
    s.change = ND_NEW(s.ctx, double, 2 * n);
    s.hi = ND_NEW(s.ctx, double, s.P);
    s.l = ND_NEW(s.ctx, double, s.P);
    s.H = ND_NEW(s.ctx, double, s.P *s.P);
    s.L = ND_NEW(s.ctx, double, s.P *s.P);
    nd_net_start(net, 3, 0, 1.0, s.theta);
    descend(&s);
    must(s.ctx, nd_prove_strict(s.ctx, &s.pb, s.theta, &cert));
    s.enough = 0x1p-50 * cert.mu * nd_norm_up(s.P, s.theta);
    for (int k = 0; k < PARTS; k++) best[k] = INFINITY;
    for (int r = 0; r < repetitions; r++)
        for (int k = 0; k < PARTS; k++) {
            double t = seconds();

            part(&s, k, &cert);
            t = seconds() - t;
            if (t < best[k]) best[k] = t;
        }
    printf("%s P=%zu n=%zu: %s, lambda_min >= %.3g\n", spec, s.P, n, nd_truth_name(cert.truth),
           cert.mu);
    printf("  Hessian + Cholesky %.2f ms = 1; bounds %.3f, shifted Cholesky %.3f, margins %.3f: "
           "proof without gradients %.3f\n"
           "  one gradient in double-double %.3f, Newton %.3f;  all of nd_prove_strict %.3f\n",
           1e3 * best[PLAIN], best[BOUNDS] / best[PLAIN], best[SHIFTED] / best[PLAIN],
           best[MARGINS] / best[PLAIN], (best[ALL] - best[NEWTON]) / best[PLAIN],
           best[GRADIENT] / best[PLAIN], best[NEWTON] / best[PLAIN], best[ALL] / best[PLAIN]);
    nd_free(s.ctx, s.hi);
    nd_free(s.ctx, s.l);
    nd_free(s.ctx, s.theta);
    nd_free(s.ctx, s.lo);
    nd_free(s.ctx, s.g);
    nd_free(s.ctx, s.change);
    nd_free(s.ctx, s.H);
    nd_free(s.ctx, s.L);
    nd_polish_destroy(s.ctx, s.polish);
    nd_work_destroy(s.ctx, s.work);
    nd_net_destroy(s.ctx, net);
    nd_table_destroy(s.ctx, data);
    nd_ctx_destroy(s.ctx);
    free(x);
    free(y);
}

int main(int argc, char **argv)
{
    int repetitions = argc > 1 ? atoi(argv[1]) : 5;

    measure("softplus:25", 2000, 18, repetitions); /* P = 501 */
    measure("tanh:25", 4000, 18, repetitions);
    measure("softplus:100", 2000, 18, repetitions); /* P = 2001 */
    measure("softplus:100", 4000, 18, repetitions);
    return 0;
}
