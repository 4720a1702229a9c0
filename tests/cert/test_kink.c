/* The kind kink: minima at kinks that training reaches, points that only look like them, and the way
 * there. */
#include "cert/attack.h"

#include "base/memory.h"
#include "cert/kink.h"

#define MAX_N 24

typedef struct {
    double x[2 * MAX_N], y[MAX_N];
} cloud;

/* n points of the plane with random labels, both classes. */
static cloud scatter(uint64_t seed, size_t n)
{
    nd_rng rng = nd_rng_make(seed, 5);
    cloud c;

    for (size_t i = 0; i < 2 * n; i++) c.x[i] = nd_rng_normal(&rng);
    for (size_t i = 0; i < n; i++) c.y[i] = i % 2 ? -1.0 : 1.0;
    return c;
}

static bool find(place *s, uint64_t seed)
{
    bool found = false;

    nd_net_start(s->net, seed, 0, 1.0, s->theta);
    place_lbfgs(s, 3000);
    assert_int_equal(nd_kink_find(s->ctx, &s->pb, s->theta, &found), ND_OK);
    return found;
}

/* No lower point for directions that keep the listed preactivations at 0; the largest fall. */
static double attack_slice(place *s, double radius, size_t points, uint64_t seed)
{
    size_t P = s->net->P;
    nd_rng rng = nd_rng_make(seed, 23);
    nd_kink_unit *unit = malloc((s->net->units + 1) * sizeof *unit);
    double *A, *y = malloc(P * sizeof *y), *u = malloc(P * sizeof *u), best = -INFINITY, start, L;
    nd_kinks k;

    assert_int_equal(nd_kinks_near(s->ctx, &s->pb, s->theta, &k), ND_OK);
    nd_kink_units(s->net, unit);
    A = calloc(P * (k.count + 1), sizeof *A);
    for (size_t e = 0; e < k.count; e++) { /* orthonormal rows */
        double *row = A + e * P, norm = 0.0;

        nd_table_row(s->data, k.sample[e], row + unit[k.neuron[e]].W);
        if (unit[k.neuron[e]].b != SIZE_MAX) row[unit[k.neuron[e]].b] = 1.0;
        for (size_t f = 0; f < e; f++) {
            double c = 0.0;

            for (size_t i = 0; i < P; i++) c += row[i] * A[f * P + i];
            for (size_t i = 0; i < P; i++) row[i] -= c * A[f * P + i];
        }
        for (size_t i = 0; i < P; i++) norm += row[i] * row[i];
        for (size_t i = 0; i < P; i++) row[i] /= sqrt(norm);
    }
    assert_int_equal(nd_problem_value(s->ctx, &s->pb, s->theta, s->work, &start), ND_OK);
    for (size_t t = 0; t < points; t++) {
        double norm = 0.0;

        for (size_t i = 0; i < P; i++) u[i] = nd_rng_normal(&rng);
        for (size_t e = 0; e < k.count; e++) {
            double c = 0.0;

            for (size_t i = 0; i < P; i++) c += u[i] * A[e * P + i];
            for (size_t i = 0; i < P; i++) u[i] -= c * A[e * P + i];
        }
        for (size_t i = 0; i < P; i++) norm += u[i] * u[i];
        for (size_t i = 0; i < P; i++) y[i] = s->theta[i] + radius * u[i] / sqrt(norm);
        assert_int_equal(nd_problem_value(s->ctx, &s->pb, y, s->work, &L), ND_OK);
        best = fmax(best, (start - L) / start);
    }
    nd_kinks_clear(s->ctx, &k);
    free(unit);
    free(A);
    free(y);
    free(u);
    return best;
}

static void stands(place *s)
{
    place_stands(s, "kink", ND_SAYS_STRICT);
    withstand_some(s);
    for (double r = 1e-2; r > 1e-6; r *= 0.1)
        if (attack_slice(s, r, 1000, 3) > 1e-14) fail_msg("lower where the kinks stay, at %g", r);
    reprove(s);
}

/* ---- ends of training --------------------------------------------------------------------- */

/* Proofs among the ends of six descents. */
static size_t proofs(const char *net, const char *loss, double l2, size_t n, bool weights)
{
    size_t count = 0;

    for (uint64_t seed = 1; seed <= 6; seed++) {
        cloud c = scatter(seed, n);
        double weight[MAX_N];
        place s;

        place_open(&s, net, loss, l2, n, 2, c.x, c.y);
        for (size_t i = 0; i < n; i++) weight[i] = 0.5 + (double)(i % 3);
        if (weights) s.data->weight = weight;
        if (find(&s, seed) && place_try(&s, nd_prove_kink) == ND_PROVED) {
            stands(&s);
            count++;
        }
        s.data->weight = NULL;
        place_close(&s);
    }
    return count;
}

static void trained(void **state)
{
    static const struct {
        const char *net, *loss;
        double l2;
        size_t n;
        bool weights;
        size_t least;
    } table[] = {
        {"relu:1", "polyhinge:3", 1e-2, 12, false, 1},
        {"relu:2", "polyhinge:3", 1e-2, 12, false, 3},
        {"relu:3", "polyhinge:3", 1e-3, 24, true, 3},
        {"leakyrelu:2", "polyhinge:3", 1e-2, 12, false, 3},
        {"relu:2:nobias", "logistic", 1e-2, 12, false, 1},
        {"relu:2+linear", "logistic", 1e-2, 12, true, 1},
        {"relu:2+tanh:1", "smoothhinge", 1e-2, 12, false, 1},
        {"tanh:1+leakyrelu:2:nobias+linear", "square", 1e-2, 12, false, 1},
        {"relu:2", "exponential", 1e-2, 12, false, 1},
    };

    (void)state;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++) {
        size_t got = proofs(table[k].net, table[k].loss, table[k].l2, table[k].n, table[k].weights);

        if (getenv("WHY")) printf("   %s %s: %zu of 6\n", table[k].net, table[k].loss, got);
        if (got < table[k].least) fail_msg("%s %s: %zu", table[k].net, table[k].loss, got);
    }
}

/* ---- critical points of all sorts ------------------------------------------------------------ */

/* Newton's method for grad L_0 + A' lambda = 0, A theta = 0 with the pairs k; the solution of the
 * last system is small: it has arrived. */
static bool newton(place *s, const nd_kinks *k)
{
    size_t P = s->net->P, N = P + k->count;
    nd_kink_unit *unit = malloc(s->net->units * sizeof *unit);
    double *J = malloc(N * (N + 1) * sizeof *J), step = 1.0;
    nd_kink_ball b;

    assert_int_equal(nd_kink_ball_make(s->ctx, &s->pb, &b), ND_OK);
    nd_kink_units(s->net, unit);
    for (int t = 0; t < 100 && step > 1e-15 && step < INFINITY; t++) {
        assert_int_equal(nd_kink_enclose(s->ctx, &s->pb, k, s->theta, 0.0, &b), ND_OK);
        memset(J, 0, N * (N + 1) * sizeof *J);
        for (size_t i = 0; i < P; i++) {
            memcpy(J + i * (N + 1), b.H + i * P, P * sizeof *J);
            J[i * (N + 1) + N] = -b.g[i].m;
        }
        for (size_t e = 0; e < k->count; e++) {
            const nd_kink_unit *v = &unit[k->neuron[e]];
            double *row = J + (P + e) * (N + 1);

            nd_table_row(s->data, k->sample[e], row + v->W);
            row[v->b] = 1.0;
            for (size_t i = 0; i < P; i++) {
                J[i * (N + 1) + P + e] = row[i];
                row[N] -= row[i] * s->theta[i];
            }
        }
        for (size_t c = 0; c < N; c++) {
            size_t r = c;

            for (size_t i = c + 1; i < N; i++)
                if (fabs(J[i * (N + 1) + c]) > fabs(J[r * (N + 1) + c])) r = i;
            for (size_t i = 0; i <= N; i++) {
                double x = J[c * (N + 1) + i];

                J[c * (N + 1) + i] = J[r * (N + 1) + i];
                J[r * (N + 1) + i] = x;
            }
            for (size_t i = 0; i < N; i++) {
                double f = i == c ? 0.0 : J[i * (N + 1) + c] / J[c * (N + 1) + c];

                for (size_t l = c; f != 0.0 && l <= N; l++)
                    J[i * (N + 1) + l] -= f * J[c * (N + 1) + l];
            }
        }
        step = 0.0;
        for (size_t i = 0; i < P; i++) {
            double d = J[i * (N + 1) + N] / J[i * (N + 1) + i];

            step = isnan(d) ? INFINITY : fmax(step, fabs(d));
        }
        for (size_t i = 0; i < P; i++) /* not more than 0.3 at once */
            s->theta[i] +=
                J[i * (N + 1) + N] / J[i * (N + 1) + i] * (step > 0.3 ? 0.3 / step : 1.0);
    }
    nd_kink_ball_clear(s->ctx, &b);
    free(unit);
    free(J);
    return step <= 1e-12;
}

/* Pairs of some neurons, by their biases. */
static void choose(place *s, nd_rng *rng, nd_kinks *k)
{
    size_t M = s->net->units, n = s->data->n;
    const nd_layer *L = s->net->term[0].layer;

    k->at = calloc(n * M, sizeof *k->at);
    k->neuron = malloc(2 * M * sizeof *k->neuron);
    k->sample = k->neuron + M;
    k->n = n;
    k->units = M;
    for (size_t j = 0; j < M; j++) {
        size_t i = (size_t)nd_rng_below(rng, n);
        double *w = s->theta + L->W + 2 * j;

        if (j > 0 && nd_rng_uniform(rng) < 0.5) continue;
        s->theta[L->b + j] = -w[0] * s->data->x[2 * i] - w[1] * s->data->x[2 * i + 1];
        k->at[i * M + j] = true;
        k->neuron[k->count] = j;
        k->sample[k->count++] = i;
    }
}

/* The checker does not prove the kind at theta, whatever else is claimed. */
static void checker_refuses(place *s)
{
    s->cert.truth = ND_PROVED;
    s->cert.radius = 1e-6;
    s->cert.loss_lo = 0.0;
    s->cert.loss_hi = 1e3;
    s->cert.margin_lo = -1e3;
    s->cert.errors_lo = 0;
    s->cert.errors_hi = s->data->n;
    if (place_verify(s) == 0) fail_msg("the checker proves what is false: %s", s->cert.reason);
}

/* From points on the way Newton's method leads to critical points of L_0 on random slices: few of them
 * are minima of L. */
static void of_all_sorts(void **state)
{
    size_t proved = 0, outside = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        nd_rng rng = nd_rng_make(seed, 77);
        cloud c = scatter(seed % 7, 8);
        nd_kinks k = {0};
        place s;

        place_open(&s, seed % 2 ? "relu:2" : "leakyrelu:2", seed % 3 ? "logistic" : "polyhinge:3",
                   0.02, 8, 2, c.x, c.y);
        nd_net_start(s.net, seed, 0, 1.0, s.theta);
        place_lbfgs(&s, 5 + (long)seed % 40);
        choose(&s, &rng, &k);
        if (newton(&s, &k)) {
            place_try(&s, nd_prove_kink);
            if (s.cert.truth == ND_PROVED) {
                place_attack(&s, 2000);
                withstand_points(&s, 100);
                assert_true(attack_slice(&s, 1e-3, 200, seed) < 1e-14);
                assert_true(proved % 8 || (reprove(&s), true));
                proved++;
            } else if (strstr(s.cert.reason, "leaves its kink")) {
                double lower = -INFINITY;

                for (double r = 1e-2; r > 1e-8; r *= 0.1)
                    lower = fmax(lower, attack(&s, r, 1000, seed));
                if (!(lower > 0.0)) fail_msg("seed %d: not lower: %s", (int)seed, s.cert.reason);
                if (outside++ % 6 == 0) checker_refuses(&s);
            }
        }
        free(k.at);
        free(k.neuron);
        place_close(&s);
    }
    if (getenv("WHY")) printf("   %zu proved, %zu outside\n", proved, outside);
    assert_true(proved >= 3 && outside >= 20);
}

/* The largest fall when only count parameters from first on move. */
static double lower_with(place *s, size_t first, size_t count)
{
    nd_rng rng = nd_rng_make(4, 4);
    double start, L, best = -INFINITY, *y = malloc(s->net->P * sizeof *y);

    assert_int_equal(nd_problem_value(s->ctx, &s->pb, s->theta, s->work, &start), ND_OK);
    memcpy(y, s->theta, s->net->P * sizeof *y);
    for (int t = 0; t < 5000; t++) {
        for (size_t i = first; i < first + count; i++)
            y[i] = s->theta[i] + (t % 2 ? 1e-2 : 1e-1) * nd_rng_normal(&rng);
        assert_int_equal(nd_problem_value(s->ctx, &s->pb, y, s->work, &L), ND_OK);
        best = fmax(best, (start - L) / start);
    }
    free(y);
    return best;
}

/* A minimum at kinks with one more neuron, tanh, that is 0: the Hessian in its parameters is
 * lambda I with sum_i c_i x~_i beside the diagonal, so it is a minimum or a saddle. */
static void saddles(void **state)
{
    size_t minima = 0, others = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        cloud c = scatter(seed, 12);
        place s, t;

        place_open(&s, "relu:2", "polyhinge:3", seed % 2 ? 1e-3 : 0.1, 12, 2, c.x, c.y);
        place_open(&t, "relu:2+tanh:1", "polyhinge:3", s.pb.l2, 12, 2, c.x, c.y);
        if (find(&s, seed) && place_try(&s, nd_prove_kink) == ND_PROVED) {
            memcpy(t.theta, s.theta, 8 * sizeof *t.theta);
            t.theta[12] = s.theta[8];
            if (place_try(&t, nd_prove_kink) == ND_PROVED) {
                stands(&t);
                minima++;
            } else {
                place_refused(&t, "positive definite");
                assert_true(lower_with(&t, 8, 4) > 1e-12);
                if (others++ % 6 == 0) checker_refuses(&t);
            }
        }
        place_close(&s);
        place_close(&t);
    }
    if (getenv("WHY")) printf("   %zu minima, %zu saddles\n", minima, others);
    assert_true(minima >= 1 && others >= 2);
}

/* The enclosed Hessian is the difference quotient of the gradient, all activations and terms. */
static void derivatives(void **state)
{
    cloud c = scatter(3, 12);
    nd_rng rng = nd_rng_make(6, 6);
    nd_kink_ball b, e;
    nd_kinks k;
    place s;

    (void)state;
    place_open(&s, "relu:2+tanh:2:nobias+linear+softplus:1", "logistic", 0.3, 12, 2, c.x, c.y);
    for (size_t i = 0; i < s.net->P; i++) s.theta[i] = nd_rng_normal(&rng);
    assert_int_equal(nd_kinks_near(s.ctx, &s.pb, s.theta, &k), ND_OK);
    assert_int_equal(k.count, 0);
    k.at[3 * k.units] = true; /* any pair may be left out of L_0 */
    assert_int_equal(nd_kink_ball_make(s.ctx, &s.pb, &b), ND_OK);
    assert_int_equal(nd_kink_ball_make(s.ctx, &s.pb, &e), ND_OK);
    assert_int_equal(nd_kink_enclose(s.ctx, &s.pb, &k, s.theta, 0.0, &b), ND_OK);
    for (size_t i = 0; i < s.net->P; i++) {
        double g[32], old = s.theta[i], h = 1e-5;

        for (int way = -1; way <= 1; way += 2) {
            s.theta[i] = old + way * h;
            assert_int_equal(nd_kink_enclose(s.ctx, &s.pb, &k, s.theta, 0.0, &e), ND_OK);
            for (size_t j = 0; j < s.net->P; j++)
                g[j] = way < 0 ? e.g[j].m : (e.g[j].m - g[j]) / (2.0 * h);
        }
        s.theta[i] = old;
        for (size_t j = 0; j < s.net->P; j++) {
            double H = b.H[i * s.net->P + j];

            assert_true(b.R[i * s.net->P + j] < 1e-12);
            if (!(fabs(g[j] - H) < 1e-8)) fail_msg("%zu %zu: %g, %g", i, j, H, g[j]);
        }
    }
    nd_kink_ball_clear(s.ctx, &b);
    nd_kink_ball_clear(s.ctx, &e);
    nd_kinks_clear(s.ctx, &k);
    place_close(&s);
}

/* ---- what must not pass ------------------------------------------------------------------------ */

/* At a proved minimum: kinks that are left, more or fewer of them, no ridge, samples twice. */
static void never(void **state)
{
    cloud c = scatter(2, 12);
    double twice[48], y2[24], old;
    size_t b = 4;
    nd_kinks k;
    place s, t;

    (void)state;
    place_open(&s, "relu:2", "polyhinge:3", 1e-2, 12, 2, c.x, c.y);
    for (uint64_t seed = 1; !(find(&s, seed) && place_try(&s, nd_prove_kink) == ND_PROVED); seed++)
        assert_true(seed < 20);
    assert_int_equal(nd_kinks_near(s.ctx, &s.pb, s.theta, &k), ND_OK);
    assert_true(k.count > 0 && k.count < 9);
    b += k.neuron[0];
    nd_kinks_clear(s.ctx, &k);
    old = s.theta[b];
    for (double off = 1e-11; off < 1e-2; off *= 10.0) { /* beyond what passes for rounding */
        for (int side = -1; side <= 1; side += 2) {
            s.theta[b] = old + side * off;
            place_try(&s, nd_prove_kink);
            place_refused(&s, "");
        }
    }
    s.theta[b] = old + 1e-15;
    assert_int_equal(place_try(&s, nd_prove_kink), ND_PROVED);
    s.theta[b] = old;
    s.pb.l2 = 0.0;
    place_try(&s, nd_prove_kink);
    place_refused(&s, "");
    s.pb.l2 = 2e-2;
    place_try(&s, nd_prove_kink);
    place_refused(&s, "");
    s.pb.l2 = 1e-2;
    old = s.theta[6];
    s.theta[6] = NAN;
    place_try(&s, nd_prove_kink);
    place_refused(&s, "not finite");
    s.theta[6] = -old; /* c_i a_j < 0 */
    place_try(&s, nd_prove_kink);
    place_refused(&s, "");
    s.theta[6] = old;
    /* every sample twice: the same function, but dependent kinks */
    for (size_t i = 0; i < 12; i++) {
        memcpy(twice + 4 * i, c.x + 2 * i, 2 * sizeof *twice);
        memcpy(twice + 4 * i + 2, c.x + 2 * i, 2 * sizeof *twice);
        y2[2 * i] = y2[2 * i + 1] = c.y[i];
    }
    place_open(&t, "relu:2", "polyhinge:3", 1e-2, 24, 2, twice, y2);
    memcpy(t.theta, s.theta, 9 * sizeof *t.theta);
    place_try(&t, nd_prove_kink);
    place_refused(&t, "");
    place_close(&t);
    /* all neurons 0: every preactivation is */
    memset(s.theta, 0, 9 * sizeof *s.theta);
    place_try(&s, nd_prove_kink);
    place_refused(&s, "of 9 parameters");
    place_close(&s);
    place_open(&s, "relu:2,relu:2", "polyhinge:3", 1e-2, 12, 2, c.x, c.y);
    place_try(&s, nd_prove_kink);
    place_refused(&s, "layer");
    place_close(&s);
    place_open(&s, "res(relu:2)", "polyhinge:3", 1e-2, 12, 2, c.x, c.y);
    place_try(&s, nd_prove_kink);
    place_refused(&s, "residual");
    place_close(&s);
    place_open(&s, "tanh:2", "polyhinge:3", 1e-2, 12, 2, c.x, c.y);
    place_try(&s, nd_prove_kink);
    place_refused(&s, "no preactivation");
    place_close(&s);
}

/* ---- memory --------------------------------------------------------------------------------------- */

typedef struct {
    place s;
    double theta[9];
} kept;

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    kept *w = arg;
    nd_cert c;
    bool found;
    nd_status status;

    memcpy(w->theta, w->s.theta, sizeof w->theta);
    status = nd_kink_find(ctx, &w->s.pb, w->theta, &found);
    if (status == ND_OK) status = nd_prove_kink(ctx, &w->s.pb, w->theta, &c);
    if (status == ND_OK) {
        char file[] = "/tmp/nadir-kink-XXXXXX";
        int fd = mkstemp(file);

        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(c.truth, ND_PROVED);
        status = nd_cert_save(ctx, &w->s.pb, w->theta, &c, file);
        unlink(file);
    }
    return status;
}

static void every_allocation(void **state)
{
    cloud c = scatter(2, 12);
    kept w;

    (void)state;
    place_open(&w.s, "relu:2", "polyhinge:3", 1e-2, 12, 2, c.x, c.y);
    for (uint64_t seed = 1; !(find(&w.s, seed) && place_try(&w.s, nd_prove_kink) == ND_PROVED);
         seed++)
        assert_true(seed < 20);
    assert_true(nd_test_every_allocation(scenario, &w) > 10);
    place_close(&w.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trained), cmocka_unit_test(of_all_sorts),
        cmocka_unit_test(saddles), cmocka_unit_test(derivatives),
        cmocka_unit_test(never),   cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
