/* The kind index: saddles of proved index, ill-conditioned minima, and what must never be
 * proved. */
#include "cert/strict_support.h"

#include <nadir/num.h>
#include <unistd.h>

#include "cert/index.h"
#include "cert/index_sharp.h"

static nd_truth index_prove(place *s)
{
    assert_int_equal(nd_prove_index(s->ctx, &s->pb, s->theta, &s->cert), ND_OK);
    return s->cert.truth;
}

/* nadir-verify on what was proved: its exit status, -1 without the program. */
static int verify(const place *s, const nd_cert *c, bool corrupt)
{
    char command[600], file[64] = "/tmp/nadir-index-XXXXXX";
    int fd = mkstemp(file), status;

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(nd_cert_save(s->ctx, &s->pb, s->theta, c, file), ND_OK);
    if (corrupt) { /* "index": 1 becomes 2 */
        snprintf(command, sizeof command, "sed -i 's/\"index\": \\([0-9]*\\)/\"index\": \\11/' %s",
                 file);
        assert_int_equal(system(command), 0);
    }
    snprintf(command, sizeof command, "%s %s > /dev/null 2>&1", ND_VERIFY_PROGRAM, file);
    status = access(ND_VERIFY_PROGRAM, X_OK) == 0 ? system(command) : -1;
    unlink(file);
    return status < 0 ? -1 : status >> 8;
}

/* ---- saddles of random problems -------------------------------------------------------------- */

/* Newton's method on the gradient alone: to critical points of any index. */
static bool to_critical(place *s)
{
    size_t P = s->net->P;
    double *H = malloc(P * P * sizeof *H), *V = malloc(P * P * sizeof *V), L, size = 1.0;
    double *g = malloc(3 * P * sizeof *g), *values = g + P, *step = g + 2 * P, error;

    for (int k = 0; k < 60 && size > 1e-15; k++) {
        assert_int_equal(nd_problem_grad(s->ctx, &s->pb, s->theta, s->work, &L, g), ND_OK);
        assert_int_equal(nd_problem_hessian(s->ctx, &s->pb, s->theta, s->work, H), ND_OK);
        if (nd_eigen_dense(s->ctx, P, H, values, V, &error) != ND_OK) break;
        memset(step, 0, P * sizeof *step);
        size = 0.0;
        for (size_t j = 0; j < P; j++) {
            double t = 0.0;
            for (size_t i = 0; i < P; i++) t += V[j * P + i] * g[i];
            t /= fabs(values[j]) > 1e-9 ? values[j] : 1e-9;
            if (fabs(t) > 0.3) t = t > 0 ? 0.3 : -0.3;
            for (size_t i = 0; i < P; i++) step[i] += t * V[j * P + i];
            size += t * t;
        }
        for (size_t i = 0; i < P; i++) s->theta[i] -= step[i];
    }
    free(H);
    free(V);
    free(g);
    return size < 1e-18;
}

static void random_table(nd_rng *rng, size_t n, double *x, double *y)
{
    for (size_t i = 0; i < 2 * n; i++) x[i] = nd_rng_normal(rng);
    for (size_t i = 0; i < n; i++) y[i] = nd_rng_uniform(rng) < 0.5 ? 1.0 : -1.0;
}

/* Prover and checker agree on every critical point; the index is that of the spectrum. */
static void random_saddles(void **state)
{
    const char *nets[] = {"softplus:2", "tanh:2", "sigmoid:1,tanh:2", "arctan:2+linear"};
    const char *losses[] = {"logistic", "polyhinge:3", "square"};
    nd_rng rng = nd_rng_make(5, 5);
    size_t proved = 0, saddles = 0, reached = 0;
    double x[24], y[12];

    (void)state;
    for (int k = 0; k < 60; k++) {
        place s;

        random_table(&rng, 12, x, y);
        place_open(&s, nets[k % 4], losses[k % 3], 0.02, 12, 2, x, y);
        nd_net_start(s.net, (uint64_t)k, 0, 1.5, s.theta);
        if (to_critical(&s)) {
            reached++;
            if (index_prove(&s) == ND_PROVED) {
                proved++;
                saddles += s.cert.index > 0;
                assert_int_equal(s.cert.says, s.cert.index ? ND_SAYS_SADDLE : ND_SAYS_STRICT);
                assert_true(s.cert.radius > 0.0 && s.cert.radius < 1e-8);
                assert_true(s.cert.loss_hi - s.cert.loss_lo < 1e-9);
                if (k % 3 == 0) {
                    int status = verify(&s, &s.cert, false);
                    assert_true(status == -1 || status == 0);
                    status = verify(&s, &s.cert, true);
                    assert_true(status == -1 || status == 4 || status == 1);
                }
            } else {
                printf("%s %s: %s\n", nets[k % 4], losses[k % 3], s.cert.reason);
            }
        }
        place_close(&s);
    }
    printf("%zu critical points, %zu proved, %zu of them saddles\n", reached, proved, saddles);
    assert_true(reached >= 20 && proved >= reached - 2 && saddles >= 10);
}

/* theta off by 1e-6: the statement is still about the critical point, the radius covers it. */
static void from_nearby(void **state)
{
    nd_rng rng = nd_rng_make(5, 5);
    double x[24], y[12];
    place s;

    (void)state;
    random_table(&rng, 12, x, y);
    place_open(&s, "tanh:1", "logistic", 0.02, 12, 2, x, y);
    for (uint64_t k = 0; k == 0 || !to_critical(&s); k++) nd_net_start(s.net, k, 0, 1.0, s.theta);
    assert_int_equal(index_prove(&s), ND_PROVED);
    size_t index = s.cert.index;
    double lo = s.cert.loss_lo, hi = s.cert.loss_hi;
    s.theta[0] += 1e-6;
    assert_int_equal(index_prove(&s), ND_PROVED);
    assert_int_equal(s.cert.index, index);
    assert_true(s.cert.radius >= 1e-6);
    assert_true(s.cert.loss_lo <= hi && s.cert.loss_hi >= lo);
    assert_int_equal(nd_cert_polish(s.ctx, &s.pb, s.theta), ND_OK); /* to a saddle, too */
    assert_int_equal(index_prove(&s), ND_PROVED);
    assert_true(s.cert.radius < 1e-9);
    place_close(&s);
}

/* ---- ill-conditioned minima --------------------------------------------------------------------- */

/* softplus:1 with a ridge on samples of very different size: lambda_max / lambda_min grows
 * with the scale. */
static void ill_conditioned(void **state)
{
    nd_rng rng = nd_rng_make(9, 1);
    double x[40], y[20];

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        x[2 * i] = nd_rng_normal(&rng);
        x[2 * i + 1] = nd_rng_normal(&rng);
        y[i] = nd_rng_uniform(&rng) < 0.5 + 0.3 * (x[2 * i] > 0.0 ? 1.0 : -1.0) ? 1.0 : -1.0;
    }
    for (int e = 0; e <= 6; e++) {
        double wide[40], scale = pow(10.0, e);
        bool strict;
        place s;

        for (size_t i = 0; i < 20; i++) {
            wide[2 * i] = x[2 * i];
            wide[2 * i + 1] = x[2 * i + 1] / scale;
        }
        place_open(&s, "linear", "logistic", 0.0, 20, 2, wide, y);
        /* minimum: Newton in scaled coordinates is the same for all scales */
        for (int k = 0; k < 40; k++) {
            double H[9], g[3], L;

            assert_int_equal(nd_problem_grad(s.ctx, &s.pb, s.theta, s.work, &L, g), ND_OK);
            assert_int_equal(nd_problem_hessian(s.ctx, &s.pb, s.theta, s.work, H), ND_OK);
            for (int i = 0; i < 3; i++) { /* scaled */
                g[i] *= i == 1 ? scale : 1.0;
                for (int j = 0; j < 3; j++)
                    H[3 * i + j] *= (i == 1 ? scale : 1.0) * (j == 1 ? scale : 1.0);
            }
            double a = H[0], b = H[1], c = H[2], d = H[4], f = H[5], h = H[8];
            double det = a * (d * h - f * f) - b * (b * h - f * c) + c * (b * f - d * c);
            double r0 = g[0], r1 = g[1], r2 = g[2];
            double s0 =
                (r0 * (d * h - f * f) - b * (r1 * h - f * r2) + c * (r1 * f - d * r2)) / det;
            double s1 =
                (a * (r1 * h - f * r2) - r0 * (b * h - f * c) + c * (b * r2 - r1 * c)) / det;
            double s2 =
                (a * (d * r2 - r1 * f) - b * (b * r2 - r1 * c) + r0 * (b * f - d * c)) / det;
            s.theta[0] -= s0;
            s.theta[1] -= s1 * scale;
            s.theta[2] -= s2;
        }
        strict = place_prove(&s) == ND_PROVED;
        printf("1e%d: strict %s", e, strict ? "proved" : s.cert.reason);
        index_prove(&s);
        printf("; index %s\n", s.cert.truth == ND_PROVED ? "proved" : s.cert.reason);
        if (e == 5) assert_false(strict); /* what the double-double Hessian is for */
        if (e <= 5) {
            assert_int_equal(s.cert.truth, ND_PROVED);
            assert_int_equal(s.cert.index, 0);
            assert_true(s.cert.mu > 0.0);
        }
        place_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_saddles),
        cmocka_unit_test(from_nearby),
        cmocka_unit_test(ill_conditioned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
