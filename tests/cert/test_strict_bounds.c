/* The bounds of the strict prover against differences in 400-bit arithmetic: gradient in
 * double-double, error of the Hessian, its variation, the outputs' change; Cholesky. */
#define BITS 400
#include "../support.h"
#include "cert/index_sharp.h"
#include "cert/mpfr_net.h"
#include "cert/polish.h"
#include "cert/strict.h"
#include "cert/variation.h"
#include <nadir/opt.h>

#include <nadir/num.h>

/* The loss once more, with parameters of 400 bits that differences can shift. */
typedef struct {
    nd_ctx *ctx;
    nd_table *data;
    nd_net *net;
    nd_problem pb;
    nd_work *work;
    double *hi, *lo;
    mpfr_t *theta;
} bench;

static mpfr_t *vector(size_t n)
{
    mpfr_t *v = malloc((n + 1) * sizeof *v);

    for (size_t i = 0; i < n; i++) {
        mpfr_init2(v[i], BITS);
        mpfr_set_ui(v[i], 0, MPFR_RNDN);
    }
    return v;
}

static mpfr_t *layer(const nd_layer *L, mpfr_t *theta, mpfr_t *h)
{
    mpfr_t *out = vector(L->width), z, t;

    mpfr_inits2(BITS, z, t, (mpfr_ptr)0);
    for (size_t j = 0; j < L->width; j++) {
        L->bias ? mpfr_set(z, theta[L->b + j], MPFR_RNDN) : mpfr_set_ui(z, 0, MPFR_RNDN);
        for (size_t k = 0; k < L->in; k++) {
            mpfr_mul(t, theta[L->W + j * L->in + k], h[k], MPFR_RNDN);
            mpfr_add(z, z, t, MPFR_RNDN);
        }
        mp_act(L->act->name, out[j], z);
        if (L->residual) mpfr_add(out[j], out[j], h[j], MPFR_RNDN);
    }
    mpfr_clears(z, t, (mpfr_ptr)0);
    mp_free(h, L->in);
    return out;
}

static void margin(const bench *b, size_t i, mpfr_t m)
{
    double *x = malloc((b->net->d + 1) * sizeof *x);
    mpfr_t t;

    mpfr_init2(t, BITS);
    nd_table_row(b->data, i, x);
    mpfr_set(m, b->theta[b->net->a0], MPFR_RNDN);
    for (size_t k = 0; k < b->net->terms; k++) {
        const nd_term *T = &b->net->term[k];
        mpfr_t *h = vector(b->net->d);

        for (size_t j = 0; j < b->net->d; j++) mpfr_set_d(h[j], x[j], MPFR_RNDN);
        for (size_t l = 0; l < T->depth; l++) h = layer(&T->layer[l], b->theta, h);
        for (size_t j = 0; j < T->out; j++) {
            mpfr_mul(t, b->theta[T->a + j], h[j], MPFR_RNDN);
            mpfr_add(m, m, t, MPFR_RNDN);
        }
        mp_free(h, T->depth ? T->out : b->net->d);
    }
    if (b->data->y[i] < 0.0) mpfr_neg(m, m, MPFR_RNDN);
    mpfr_clear(t);
    free(x);
}

static void value(const bench *b, mpfr_t L)
{
    mpfr_t m, v;

    mpfr_inits2(BITS, m, v, (mpfr_ptr)0);
    mpfr_set_ui(L, 0, MPFR_RNDN);
    for (size_t i = 0; i < b->data->n; i++) {
        margin(b, i, m);
        mp_loss(b->pb.loss, v, m);
        if (b->data->weight) mpfr_mul_d(v, v, b->data->weight[i], MPFR_RNDN);
        mpfr_add(L, L, v, MPFR_RNDN);
    }
    mpfr_div_ui(L, L, b->data->n, MPFR_RNDN);
    for (size_t k = 0; k < b->net->P; k++) {
        mpfr_sqr(v, b->theta[k], MPFR_RNDN);
        mpfr_mul_d(v, v, 0.5 * b->pb.l2, MPFR_RNDN);
        mpfr_add(L, L, v, MPFR_RNDN);
    }
    mpfr_clears(m, v, (mpfr_ptr)0);
}

/* Adds s 2^-e to parameter k. */
static void shift(bench *b, size_t k, int s, int e)
{
    mpfr_t h;

    mpfr_init2(h, BITS);
    mpfr_set_si_2exp(h, s, -e, MPFR_RNDN);
    mpfr_add(b->theta[k], b->theta[k], h, MPFR_RNDN);
    mpfr_clear(h);
}

/* dL/dtheta_k by a central difference with step 2^-e. */
static double slope(bench *b, size_t k, int e)
{
    mpfr_t up, down;
    double g;

    mpfr_inits2(BITS, up, down, (mpfr_ptr)0);
    shift(b, k, 1, e);
    value(b, up);
    shift(b, k, -2, e);
    value(b, down);
    shift(b, k, 1, e);
    mpfr_sub(up, up, down, MPFR_RNDN);
    mpfr_mul_2si(up, up, e - 1, MPFR_RNDN);
    g = mpfr_get_d(up, MPFR_RNDN);
    mpfr_clears(up, down, (mpfr_ptr)0);
    return g;
}

/* d2L by the four corners with step 2^-e, minus from (a double), as a double. */
static double bend(bench *b, size_t i, size_t j, int e, double from)
{
    static const int si[] = {1, 1, -1, -1}, sj[] = {1, -1, 1, -1};
    mpfr_t s, v;
    double h;

    mpfr_inits2(BITS, s, v, (mpfr_ptr)0);
    mpfr_set_ui(s, 0, MPFR_RNDN);
    for (int c = 0; c < 4; c++) {
        shift(b, i, si[c], e);
        shift(b, j, sj[c], e);
        value(b, v);
        shift(b, i, -si[c], e);
        shift(b, j, -sj[c], e);
        si[c] * sj[c] > 0 ? mpfr_add(s, s, v, MPFR_RNDN) : mpfr_sub(s, s, v, MPFR_RNDN);
    }
    mpfr_mul_2si(s, s, 2 * e - 2, MPFR_RNDN);
    mpfr_sub_d(s, s, from, MPFR_RNDN);
    h = mpfr_get_d(s, MPFR_RNDN);
    mpfr_clears(s, v, (mpfr_ptr)0);
    return h;
}

static void take(bench *b, const double *hi, const double *lo)
{
    for (size_t k = 0; k < b->net->P; k++) {
        mpfr_set_d(b->theta[k], hi[k], MPFR_RNDN);
        if (lo) mpfr_add_d(b->theta[k], b->theta[k], lo[k], MPFR_RNDN);
    }
}

static void bench_open(bench *b, const char *net, const char *loss, double l2, size_t n, size_t d,
                       uint64_t seed, double size)
{
    double *x = malloc((n * d + 1) * sizeof *x), *y = malloc(n * sizeof *y);
    nd_rng rng = nd_rng_make(seed, 1);
    nd_loss ls;

    b->ctx = nd_ctx_create(NULL);
    for (size_t i = 0; i < n * d; i++) x[i] = nd_rng_normal(&rng);
    for (size_t i = 0; i < n; i++) y[i] = i % 2 ? 1.0 : -1.0;
    assert_int_equal(nd_table_from_arrays(b->ctx, n, d, x, y, &b->data), ND_OK);
    assert_int_equal(nd_net_parse(b->ctx, net, d, &b->net), ND_OK);
    assert_int_equal(nd_loss_parse(b->ctx, loss, &ls), ND_OK);
    assert_int_equal(nd_problem_make(b->ctx, b->net, b->data, ls, l2, &b->pb), ND_OK);
    assert_int_equal(nd_work_create(b->ctx, &b->pb, &b->work), ND_OK);
    b->hi = malloc(2 * b->net->P * sizeof *b->hi);
    b->lo = b->hi + b->net->P;
    for (size_t k = 0; k < b->net->P; k++) {
        nd_dd v = nd_dd_join(size * nd_rng_normal(&rng), 0x1p-56 * nd_rng_normal(&rng));
        b->hi[k] = v.hi;
        b->lo[k] = v.lo;
    }
    b->theta = vector(b->net->P);
    free(x);
    free(y);
}

static void bench_close(bench *b)
{
    mp_free(b->theta, b->net->P);
    free(b->hi);
    nd_work_destroy(b->ctx, b->work);
    nd_net_destroy(b->ctx, b->net);
    nd_table_destroy(b->ctx, b->data);
    nd_ctx_destroy(b->ctx);
}

/* |A|_2 of a symmetric matrix, from below (power iteration). */
static double norm2(nd_ctx *ctx, size_t P, const double *A)
{
    double *copy = malloc((P * P + P) * sizeof *copy), *w = copy + P * P, error, r;

    memcpy(copy, A, P * P * sizeof *copy);
    assert_int_equal(nd_eigen_dense(ctx, P, copy, w, NULL, &error), ND_OK);
    r = fmax(fabs(w[0]), fabs(w[P - 1]));
    free(copy);
    return r;
}

static const struct {
    const char *net, *loss;
    double l2;
} cases[] = {
    {"softplus:3", "polyhinge:3", 1e-3},
    {"tanh:2", "logistic", 0.0},
    {"sigmoid:2,softplus:2", "square", 0.0},
    {"squareplus:2,res(tanh:2)", "exponential", 0.25},
    {"arctan:2:nobias+silu:2+linear", "smoothhinge", 0.01},
    {"exp:1,square:2", "polyhinge:4", 0.0},
    {"gelu:2", "polyhinge:3", 0.1},
    {"res(softplus:2),softplus:2,tanh:1", "logistic", 0.0},
    {"linear", "exponential", 0.0},
};

#define CASES (sizeof cases / sizeof *cases)

/* The gradient's components and norm, at a point with low parts. */
static void gradient(void **state)
{
    (void)state;
    for (size_t c = 0; c < CASES; c++) {
        bench b;
        nd_polish *p;
        double *g, norm, exact = 0.0, ratio, off = 0.0;

        bench_open(&b, cases[c].net, cases[c].loss, cases[c].l2, 9, 2, c, 0.7);
        g = malloc(b.net->P * sizeof *g);
        assert_int_equal(nd_polish_create(b.ctx, &b.pb, &p), ND_OK);
        assert_int_equal(nd_polish_gradient(b.ctx, p, b.hi, b.lo, g, &norm), ND_OK);
        take(&b, b.hi, b.lo);
        for (size_t k = 0; k < b.net->P; k++) {
            double s = slope(&b, k, 50);

            exact += s * s;
            off += (s - g[k]) * (s - g[k]);
        }
        exact = sqrt(exact);
        ratio = norm / exact - 1.0;
        /* the difference has an error of 2^-100 L''' besides */
        assert_true(norm >= exact * (1.0 - 1e-15) && sqrt(off) <= 1e-15 * exact + 1e-24);
        assert_true(ratio < (strcmp(cases[c].net, "gelu:2") == 0 ? 1e-9 : 1e-12));
        nd_polish_destroy(b.ctx, p);
        free(g);
        bench_close(&b);
    }
}

/* After Newton's method the bound is far below the rounding of doubles, and true. */
static void polish_case(const char *net, uint64_t seed, double most)
{
    bench b;
    nd_polish *p;
    double *H, norm, exact = 0.0;
    size_t P;

    bench_open(&b, net, "square", 0.02, 12, 2, seed, 1.0);
    P = b.net->P;
    H = malloc(P * P * sizeof *H);
    assert_int_equal(nd_polish_create(b.ctx, &b.pb, &p), ND_OK);
    for (size_t k = 0; k < P; k++) b.lo[k] = 0.0;
    for (int step = 0; step < 20000; step++) {
        double g[16], L;

        assert_int_equal(nd_problem_grad(b.ctx, &b.pb, b.hi, b.work, &L, g), ND_OK);
        for (size_t k = 0; k < P; k++) b.hi[k] -= 0.05 * g[k];
    }
    for (int round = 0; round < 3; round++) {
        assert_int_equal(nd_problem_hessian(b.ctx, &b.pb, b.hi, b.work, H), ND_OK);
        assert_int_equal(nd_blas_potrf(P, H, P), 0);
        assert_int_equal(nd_polish_newton(b.ctx, p, P, H, 0.0, b.hi, b.lo, &norm), ND_OK);
    }
    assert_true(norm < most);
    assert_true(fabs(b.hi[0]) > 0.1); /* not the point 0, where errors vanish */
    take(&b, b.hi, b.lo);
    for (size_t k = 0; k < P; k++) exact += pow(slope(&b, k, 50), 2.0);
    assert_true(sqrt(exact) <= norm + 1e-27);
    nd_polish_destroy(b.ctx, p);
    free(H);
    bench_close(&b);
}

static void polished(void **state)
{
    (void)state;
    polish_case("tanh:1", 3, 1e-23);
    polish_case("softplus:1,arctan:1", 3, 1e-23);
    polish_case("gelu:1", 3, 1e-13); /* no double-double version */
}

/* One sample, one neuron, rho = 0: the sums of variation.c term by term. */
static void closed_form(void **state)
{
    bench b;
    nd_ball ball;
    double x[1] = {1.5}, y[1] = {1.0}, change[1], w = 0.5, a = -2.0, a0 = 0.25, s = exp(w * 1.5);
    double l = exp(-(a * s + a0)), g1 = sqrt(1.0 + s * s + a * a * s * s * 2.25);
    double g2 = s * 1.5 + 2.0 * s * 2.25, g3 = 2.0 / sqrt(3.0) * s * 2.25 + 2.0 * s * 3.375;
    double m3 = l * (g1 * g1 * g1 + 3.0 * g1 * g2 + g3), E, least, gamma;

    (void)state;
    bench_open(&b, "exp:1:nobias", "exponential", 0.0, 1, 1, 1, 1.0);
    b.data->x[0] = x[0];
    b.data->y[0] = y[0];
    b.hi[0] = w;
    b.hi[1] = a;
    b.hi[2] = a0;
    assert_int_equal(nd_ball_bounds(b.ctx, &b.pb, b.hi, 0.0, &ball, change), ND_OK);
    assert_true(ball.m3 >= m3 && ball.m3 <= m3 * (1.0 + 1e-6));
    E = nd_gamma(nd_hessian_path(b.net)) * (fabs(a0) + fabs(a) * s);
    gamma = nd_gamma(nd_hessian_path(b.net) + 65);
    least = l * E * (g1 * g1 + g2) + gamma * l * (g1 * g1 + g2);
    assert_true(ball.hessian >= least && ball.hessian <= 1.2 * least);
    assert_true(ball.hessian >= least + 0x1p-52 * l * (g1 * g1 + g2));
    assert_int_equal(nd_hessian_path(b.net), 64 + 4 * (1 + 1 + 8) + 4);
    bench_close(&b);
}

static void hessian_error(void **state)
{
    (void)state;
    for (size_t c = 0; c < CASES; c++) {
        bench b;
        nd_ball ball;
        double *H, *D, change[9], off;
        size_t P;

        bench_open(&b, cases[c].net, cases[c].loss, cases[c].l2, 5, 2, 20 + c, 1.0);
        P = b.net->P;
        H = malloc(2 * P * P * sizeof *H);
        D = H + P * P;
        assert_int_equal(nd_problem_hessian(b.ctx, &b.pb, b.hi, b.work, H), ND_OK);
        assert_int_equal(nd_ball_bounds(b.ctx, &b.pb, b.hi, 0.0, &ball, change), ND_OK);
        take(&b, b.hi, NULL);
        for (size_t i = 0; i < P; i++)
            for (size_t j = 0; j <= i; j++)
                D[i * P + j] = D[j * P + i] = bend(&b, i, j, 40, H[i * P + j]);
        off = norm2(b.ctx, P, D);
        printf("%-36s error %.2g, bound %.2g\n", cases[c].net, off, ball.hessian);
        /* ridge's rounding is not in the bound; differences are good to 2^-80 */
        assert_true(off <=
                    ball.hessian + 0x1p-52 * norm2(b.ctx, P, H) * (cases[c].l2 > 0.0) + 1e-20);
        assert_true(ball.hessian < 1e-9 * (1.0 + norm2(b.ctx, P, H)));
        free(H);
        bench_close(&b);
    }
}

/* |H(y) - H(c)| <= M3 |y - c| and |f(y) - f(c)| <= change at random points of the ball. */
static void variation(void **state)
{
    (void)state;
    for (size_t c = 0; c < CASES; c++)
        for (int size = 0; size < 3; size++) {
            bench b;
            nd_ball ball;
            double *H, *D, *y, change[9], m0[9], m1[9], rho = size == 0 ? 1e-3 : 0.1 * size,
                                                        best = 0.0;
            nd_rng rng = nd_rng_make(c, 77);
            size_t P;

            bench_open(&b, cases[c].net, cases[c].loss, cases[c].l2, 9, 2, 40 + c, 0.7);
            P = b.net->P;
            H = malloc((2 * P * P + P) * sizeof *H);
            D = H + P * P;
            y = D + P * P;
            assert_int_equal(nd_problem_hessian(b.ctx, &b.pb, b.hi, b.work, H), ND_OK);
            assert_int_equal(nd_problem_margins(b.ctx, &b.pb, b.hi, b.work, m0), ND_OK);
            assert_int_equal(nd_ball_bounds(b.ctx, &b.pb, b.hi, rho, &ball, change), ND_OK);
            for (int k = 0; k < 60; k++) {
                double s = 0.0, off;

                for (size_t i = 0; i < P; i++) {
                    y[i] = nd_rng_normal(&rng);
                    s += y[i] * y[i];
                }
                for (size_t i = 0; i < P; i++)
                    y[i] = b.hi[i] + rho * (1.0 - 1e-12) * y[i] / sqrt(s);
                assert_int_equal(nd_problem_hessian(b.ctx, &b.pb, y, b.work, D), ND_OK);
                assert_int_equal(nd_problem_margins(b.ctx, &b.pb, y, b.work, m1), ND_OK);
                for (size_t i = 0; i < P * P; i++) D[i] -= H[i];
                off = norm2(b.ctx, P, D) / rho;
                assert_true(off <= ball.m3 + 1e-9 * (1.0 + ball.m3));
                best = fmax(best, off / ball.m3);
                for (size_t i = 0; i < 9; i++)
                    assert_true(fabs(m1[i] - m0[i]) <= change[i] * (1.0 + 1e-9) + 1e-12);
            }
            printf("%-36s radius %g: at most %.2g of the bound\n", cases[c].net, rho, best);
            /* near the truth on a small ball; exp after square grows beyond all use on a wide one */
            assert_true(best > (size == 0 ? 1e-2 : 0.0));
            free(H);
            bench_close(&b);
        }
}

/* Lower bounds of eigenvalues: true for matrices of known spectrum, near the truth, and
 * with exactly the documented constants. */
static void eigenvalues(void **state)
{
    nd_rng rng = nd_rng_make(9, 9);
    double A[400], L[400];

    (void)state;
    for (size_t P = 1; P <= 20; P++)
        for (int round = 0; round < 50; round++) {
            double v[20], s = 0.0, low = ldexp(1.0, -(int)nd_rng_below(&rng, 40)), got;

            /* I - (1 - low) vv'/|v|^2: eigenvalues 1 and low, to rounding */
            for (size_t i = 0; i < P; i++) {
                v[i] = nd_rng_normal(&rng);
                s += v[i] * v[i];
            }
            for (size_t i = 0; i < P; i++)
                for (size_t j = 0; j < P; j++)
                    A[i * P + j] = (i == j ? 1.0 : 0.0) - (1.0 - low) * v[i] * v[j] / s;
            got = nd_eigen_lower(P, A, 0.9 * low, L);
            if (low > 1e-12) assert_true(got > 0.8 * low - 1e-13);
            assert_true(got <= low * 1.0 + 1e-14);
            assert_true(nd_eigen_lower(P, A, 1.1 * low + 1e-14, L) == -INFINITY);
        }
    for (size_t P = 1; P <= 3000; P += 37) {
        double p = (double)P, t = 3.5 * p, stated = 1.01 * (p + 8.0) * 0x1p-53 * t;

        assert_true(nd_cholesky_loss(P, t, 7.0) >= stated);
        assert_true(nd_cholesky_loss(P, t, 7.0) <= stated * (1.0 + 1e-13));
    }
    assert_true(nd_cholesky_loss(2, 0.0, 8.0) >= 4.0 * 0x1p-1022 * 2.0 * 14.0);
    A[0] = NAN;
    assert_true(nd_eigen_lower(1, A, 0.0, L) == -INFINITY);
    A[0] = INFINITY;
    assert_true(nd_eigen_lower(1, A, 0.0, L) == -INFINITY);
    A[0] = A[3] = 1.0;
    A[1] = A[2] = NAN;
    assert_true(nd_eigen_lower(2, A, 0.0, L) == -INFINITY);
}

/* The constants of docs/proofs.md, sections 6 to 9: changed ones must be noticed, which
 * random tests do not do. */
static void constants(void **state)
{
    const nd_norms x = {2.0, 3.0, 5.0, 7.0, 0.125, 0.25, 0.5};
    const nd_slopes s = {2.0, 3.0, 5.0, 0.5, 0.25};
    nd_norms z = nd_norms_linear(&x, 4.0, true), h = nd_norms_activate(&z, &s, NULL), f;
    double rel, abs_err, want;

    (void)state;
#define SAME(a, b) assert_true((a) >= (b) && (a) <= (b) * (1.0 + 1e-12))
    SAME(z.v1, sqrt(5.0 + 144.0));
    SAME(z.v2, 3.0 + 4.0 * 5.0);
    SAME(z.v3, ND_THREE * 5.0 + 4.0 * 7.0);
    assert_true(ND_THREE >= 2.0 / sqrt(3.0) && ND_THREE < 1.15471);
    SAME(z.e1, sqrt(0.125 * 0.125 + 1.0));
    SAME(z.e2, 0.25 + 4.0 * 0.5);
    SAME(h.v1, 2.0 * z.v1);
    SAME(h.v2, 3.0 * z.v1 * z.v1 + 2.0 * z.v2);
    SAME(h.v3, 5.0 * pow(z.v1, 3.0) + 9.0 * z.v1 * z.v2 + 2.0 * z.v3);
    SAME(h.e1, 0.5 * (z.v1 + z.e1) + 2.0 * z.e1);
    want = 0.25 * pow(z.v1 + z.e1, 2.0) + 3.0 * z.e1 * (2.0 * z.v1 + z.e1) + 0.5 * (z.v2 + z.e2) +
           2.0 * z.e2;
    SAME(h.e2, want);
    f = h;
    nd_norms_parallel(&f, &z);
    SAME(f.v1, sqrt(h.v1 * h.v1 + z.v1 * z.v1));
    assert_true(f.v2 == fmax(h.v2, z.v2) && f.v3 == fmax(h.v3, z.v3));
    SAME(nd_dd_sum_error(92), 2.0 * 10000.0 * 0x1p-106);
    assert_true(ND_DD_MUL == 9.0 * 0x1p-106 && ND_DD_ADD == 4.0 * 0x1p-106);
    for (size_t c = 0; c < CASES; c++) {
        bench b;

        bench_open(&b, cases[c].net, cases[c].loss, 0.0, 1, 2, 1, 1.0);
        assert_true(nd_loss_error(b.pb.loss, 1, &rel, &abs_err) && rel >= 0x1p-52);
        assert_true(nd_loss_error(b.pb.loss, 2, &rel, &abs_err) && rel >= 0x1p-52);
        bench_close(&b);
    }
}

/* The Hessian in double-double: within its bound, which is far below the rounding of doubles,
 * and where there is no double-double version no bound is given. */
static void sharp_hessian(void **state)
{
    (void)state;
    for (size_t c = 0; c < CASES; c++) {
        bench b;
        double error, *off, largest = 0.0, exact;
        nd_dd *H;
        size_t P;

        bench_open(&b, cases[c].net, cases[c].loss, cases[c].l2, 7, 2, c + 20, 0.7);
        P = b.net->P;
        H = malloc(P * P * sizeof *H);
        off = malloc(P * P * sizeof *off);
        if (!nd_sharp_applies(&b.pb)) {
            assert_true(strncmp(cases[c].net, "gelu", 4) == 0);
            goto next;
        }
        assert_int_equal(nd_dd_hessian(b.ctx, &b.pb, b.hi, b.lo, H, &error), ND_OK);
        if (strstr(cases[c].net, "silu")) { /* no second derivative in double-double */
            assert_true(!(error < INFINITY));
            goto next;
        }
        take(&b, b.hi, b.lo);
        for (size_t i = 0; i < P; i++)
            for (size_t j = 0; j <= i; j++) {
                double d = bend(&b, i, j, 90, H[i * P + j].hi) - H[i * P + j].lo;

                off[i * P + j] = off[j * P + i] = d;
                assert_true(fabs(H[i * P + j].hi - H[j * P + i].hi) <= 2.0 * error);
                if (fabs(H[i * P + j].hi) > largest) largest = fabs(H[i * P + j].hi);
            }
        exact = norm2(b.ctx, P, off);
        assert_true(exact <= error);
        assert_true(error < 1e-20 * (1.0 + largest) && error > 1e-32 * largest);
    next:
        free(H);
        free(off);
        bench_close(&b);
    }
}

/* One sample, one neuron exp: no part of the bound may be smaller than its formula. */
static void sharp_closed_form(void **state)
{
    double w = 0.5, a = -2.0, a0 = 0.25, s = exp(w * 1.5), l = exp(-(a * s + a0)), error, E;
    double g1 = sqrt(1.0 + s * s + a * a * s * s * 2.25), g2 = s * 1.5 + 2.0 * s * 2.25, D, least;
    nd_dd H[9];
    bench b;

    (void)state;
    bench_open(&b, "exp:1:nobias", "exponential", 0.0, 1, 1, 1, 1.0);
    b.data->x[0] = 1.5;
    b.data->y[0] = 1.0;
    b.hi[0] = w;
    b.hi[1] = a;
    b.hi[2] = a0;
    b.lo[0] = b.lo[1] = b.lo[2] = 0.0;
    assert_int_equal(nd_dd_hessian(b.ctx, &b.pb, b.hi, b.lo, H, &error), ND_OK);
    D = nd_dd_sum_error(nd_hessian_path(b.net) + 65);
    E = nd_dd_sum_error(nd_hessian_path(b.net)) * (fabs(a0) + fabs(a) * s);
    least = D * l * (g1 * g1 + g2) + l * (E + 0x1p-86) * (g1 * g1 + g2);
    assert_true(error >= least && error < 100.0 * least);
    bench_close(&b);
    /* linear, square: nothing but rounding */
    bench_open(&b, "linear", "square", 0.0, 1, 1, 1, 1.0);
    b.data->x[0] = 1.5;
    assert_int_equal(nd_dd_hessian(b.ctx, &b.pb, b.hi, b.lo, H, &error), ND_OK);
    least = nd_dd_sum_error(nd_hessian_path(b.net) + 65) * 2.0 * (1.0 + 2.25);
    assert_true(error >= least && error < 2.0 * least);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient),          cmocka_unit_test(polished),
        cmocka_unit_test(closed_form),       cmocka_unit_test(hessian_error),
        cmocka_unit_test(variation),         cmocka_unit_test(eigenvalues),
        cmocka_unit_test(constants),         cmocka_unit_test(sharp_hessian),
        cmocka_unit_test(sharp_closed_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
