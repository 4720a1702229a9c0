/* Interval enclosures, the a-priori box, and the complete search. */
#include "lab/lab_support.h"

#include "base/memory.h"
#include "lab/lab.h"
#include "map/complete.h"

#include <nadir/num.h>

#include <math.h>

static const char *const acts[] = {"softplus", "squareplus", "exp",  "square", "sigmoid",
                                   "tanh",     "arctan",     "gelu", "silu"};
static const char *const losses[] = {"polyhinge:3", "polyhinge:5", "logistic",
                                     "square",      "exponential", "smoothhinge"};
static const double line_x[] = {-1, 0, 1}, line_y[] = {1, -1, 1};

static nd_iv random_interval(nd_rng *r)
{
    double c = 6.0 * nd_rng_uniform(r) - 3.0;
    double w = ldexp(nd_rng_uniform(r), -(int)nd_rng_below(r, 40) + 2);

    return (nd_iv){c - w, c + w};
}

static double inside(nd_rng *r, nd_iv x)
{
    switch (nd_rng_below(r, 4)) {
    case 0:
        return x.lo;
    case 1:
        return x.hi;
    default:
        return fmin(x.hi, fmax(x.lo, x.lo + nd_rng_uniform(r) * (x.hi - x.lo)));
    }
}

/* ---- arithmetic and functions ------------------------------------------------------------- */

/* Every operation contains the exact result (long double has 11 bits more). */
static void arithmetic(void **state)
{
    nd_rng r = nd_rng_make(1, 1);

    (void)state;
    for (int k = 0; k < 20000; k++) {
        nd_iv x = random_interval(&r), y = random_interval(&r);
        double a = inside(&r, x), b = inside(&r, y);
        long double exact[4] = {(long double)a + b, (long double)a - b, (long double)a * b,
                                (long double)a * y.lo};
        nd_iv result[4] = {nd_iv_add(x, y), nd_iv_sub(x, y), nd_iv_mul(x, y), nd_iv_scale(x, y.lo)};

        for (int i = 0; i < 4; i++)
            assert_true((long double)result[i].lo <= exact[i] &&
                        exact[i] <= (long double)result[i].hi);
    }
    assert_true(nd_below(0.0) < 0.0 && nd_above(0.0) > 0.0);
    assert_true(nd_below(1.0) <= nextafter(1.0, 0.0) && nd_above(-1.0) >= nextafter(-1.0, 0.0));
    assert_true(nd_below(0x1p-1074) < 0x1p-1074 && nd_below(-0x1p1000) < -0x1p1000);
    assert_false(nd_iv_tame((nd_iv){NAN, 1.0}) || nd_iv_tame((nd_iv){0.0, NAN}) ||
                 nd_iv_tame((nd_iv){1.0, 0.0}) || nd_iv_tame((nd_iv){0.0, INFINITY}));
    assert_true(nd_iv_has_zero((nd_iv){NAN, NAN}));
}

/* s, s', s'' at points of z lie in the ranges, which are not absurdly wide. */
static void activation_ranges(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_rng r = nd_rng_make(2, 2);

    (void)state;
    for (size_t k = 0; k < sizeof acts / sizeof *acts; k++) {
        const nd_act *act;

        nd_assert_ok(ctx, nd_act_find(ctx, acts[k], &act));
        for (int trial = 0; trial < 3000; trial++) {
            nd_iv z = random_interval(&r), out[3];
            double p[3], lo[3], hi[3], at = inside(&r, z);
            double *const d[] = {&p[0], &p[1], &p[2]};

            nd_act_range(act, z, 2, out);
            act->jet(1, &at, 2, d);
            for (int i = 0; i < 3; i++) {
                double e = act->err_rel[i] * fabs(p[i]) + act->err_abs[i];

                if (!(out[i].lo <= p[i] + e && p[i] - e <= out[i].hi))
                    fail_msg("%s^(%d)(%g) = %.17g, not in [%.17g, %.17g]", acts[k], i, at, p[i],
                             out[i].lo, out[i].hi);
                lo[i] = out[i].lo;
                hi[i] = out[i].hi;
                assert_true(hi[i] - lo[i] <=
                            4.0 * act->sup(i + 1 < 3 ? i + 1 : 3, z.lo, z.hi) * (z.hi - z.lo) +
                                1e-11 * (1.0 + fabs(p[i])) + (i < 2 ? 0.0 : 1e-9));
            }
        }
    }
    nd_ctx_destroy(ctx);
}

static void loss_ranges(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_rng r = nd_rng_make(3, 3);

    (void)state;
    for (size_t k = 0; k < sizeof losses / sizeof *losses; k++) {
        nd_loss loss;

        nd_assert_ok(ctx, nd_loss_parse(ctx, losses[k], &loss));
        for (int trial = 0; trial < 3000; trial++) {
            nd_iv z = random_interval(&r), out[2];
            double l, p[2], at = inside(&r, z), *const d[] = {&l, &p[0], &p[1]};

            nd_loss_range(loss, z, 2, out);
            loss.kind->jet(1, &at, loss.q, 2, d);
            for (int i = 0; i < 2; i++)
                if (!(out[i].lo <= p[i] + 1e-15 * fabs(p[i]) &&
                      p[i] - 1e-15 * fabs(p[i]) <= out[i].hi))
                    fail_msg("%s^(%d)(%g) = %.17g, not in [%.17g, %.17g]", losses[k], i + 1, at,
                             p[i], out[i].lo, out[i].hi);
        }
    }
    nd_ctx_destroy(ctx);
}

/* ---- gradient and Hessian over boxes ------------------------------------------------------------ */

static void check_boxes(lab_case *c, uint64_t seed)
{
    size_t P = c->net->P;
    nd_rng r = nd_rng_make(seed, 4);
    nd_iv *box = malloc(P * sizeof *box), *g = malloc(P * sizeof *g),
          *H = malloc(P * P * sizeof *H);
    double *x = malloc(P * sizeof *x), *gx = malloc(P * sizeof *gx),
           *Hx = malloc(P * P * sizeof *Hx);
    double L;
    nd_work *w;
    nd_over o;

    nd_assert_ok(c->ctx, nd_work_create(c->ctx, &c->pb, &w));
    nd_assert_ok(c->ctx, nd_over_create(c->ctx, &c->pb, &o));
    for (int trial = 0; trial < 40; trial++) {
        double wide = ldexp(1.0, -(int)nd_rng_below(&r, 30));

        for (size_t k = 0; k < P; k++) {
            double m = 2.0 * nd_rng_uniform(&r) - 1.0;

            box[k] = (nd_iv){m - wide, m + wide};
        }
        if (!nd_over_evaluate(&o, box, g, H)) { /* exponentials beyond 2^100 */
            assert_true(wide > 0.2);
            continue;
        }
        for (size_t k = 0; k < P; k++) x[k] = inside(&r, box[k]);
        nd_assert_ok(c->ctx, nd_problem_grad(c->ctx, &c->pb, x, w, &L, gx));
        nd_assert_ok(c->ctx, nd_problem_hessian(c->ctx, &c->pb, x, w, Hx));
        for (size_t k = 0; k < P; k++) {
            double e = 1e-13 * (1.0 + fabs(gx[k]));

            assert_true(g[k].lo - e <= gx[k] && gx[k] <= g[k].hi + e);
            if (wide < 1e-3) assert_true(g[k].hi - g[k].lo < 1e7 * wide + 1e-8);
        }
        for (size_t k = 0; k < P * P; k++) {
            double e = 1e-13 * (1.0 + fabs(Hx[k]));

            assert_true(H[k].lo - e <= Hx[k] && Hx[k] <= H[k].hi + e);
        }
    }
    nd_over_clear(c->ctx, &o);
    nd_work_destroy(c->ctx, w);
    free(box);
    free(g);
    free(H);
    free(x);
    free(gx);
    free(Hx);
}

static void enclosures(void **state)
{
    static const char *const nets[] = {"softplus:2", "tanh:3:nobias", "softplus:1+tanh:2+linear",
                                       "linear",     "silu:2",        "square:2+exp:1"};

    (void)state;
    for (size_t k = 0; k < sizeof nets / sizeof *nets; k++)
        for (size_t l = 0; l < sizeof losses / sizeof *losses; l++) {
            lab_case c;

            lab_open(&c, 4, 2, xor_x, xor_y, nets[k], losses[l], l % 2 ? 0.1 : 0.0);
            check_boxes(&c, k + 10 * l);
            lab_close(&c);
        }
}

/* ---- the a-priori box ------------------------------------------------------------------------------- */

/* EVIDENCE: docs/complete.md, 2.  Every critical point that training finds is inside. */
static void critical_points_are_in_the_box(void **state)
{
    static const char *const nets[] = {"softplus:2", "tanh:2", "sigmoid:1", "arctan:1+linear",
                                       "squareplus:2"};
    static const char *const some[] = {"polyhinge:3", "logistic", "exponential", "smoothhinge"};

    (void)state;
    for (size_t k = 0; k < sizeof nets / sizeof *nets; k++)
        for (size_t l = 0; l < sizeof some / sizeof *some; l++) {
            double lo[32], hi[32], theta[32];
            nd_opt_settings s;
            nd_opt_result res;
            nd_surface *sf;
            lab_case c;

            lab_open(&c, 4, 2, xor_x, xor_y, nets[k], some[l], 0.01);
            assert_null(nd_apriori_box(&c.pb, lo, hi));
            nd_assert_ok(c.ctx, nd_surface_open(c.ctx, c.net, c.data, c.loss, 0.01, &sf));
            nd_opt_init(&s);
            for (uint64_t seed = 0; seed < 6; seed++) {
                nd_net_start(c.net, seed, 1, 3.0, theta);
                nd_assert_ok(c.ctx, nd_newton(c.ctx, &sf->oracle, &s, theta, &res));
                for (size_t j = 0; j < c.net->P; j++)
                    assert_true(lo[j] < theta[j] && theta[j] < hi[j]);
            }
            nd_surface_close(sf);
            lab_close(&c);
        }
}

/* Ridge 1, polyhinge:3: A = 2/3, B = 4.6875 + 16/9 at t = 1/4, W^2 = 4/9 + (2/3) log 2 B. */
static void box_by_hand(void **state)
{
    double lo[4], hi[4], W = sqrt(4.0 / 9.0 + 2.0 / 3.0 * log(2.0) * (4.6875 + 16.0 / 9.0));
    lab_case c;

    (void)state;
    lab_open(&c, 3, 1, line_x, line_y, "softplus:1", "polyhinge:3", 1.0);
    assert_null(nd_apriori_box(&c.pb, lo, hi));
    for (int k = 0; k < 4; k++) {
        double exact = k < 2 ? W : 2.0 / 3.0;

        assert_true(hi[k] > exact && hi[k] < exact * (1.0 + 1e-5) && lo[k] == -hi[k]);
    }
    lab_close(&c);
}

static void no_box(void **state)
{
    static const struct {
        const char *net, *loss, *reason;
        double l2, box;
    } cases[] = {{"softplus:1", "polyhinge:3", "ridge", 0.0, 0.0},
                 {"exp:1", "polyhinge:3", "activation", 0.1, 0.0},
                 {"softplus:1", "square", "loss", 0.1, 0.0},
                 {"relu:1", "polyhinge:3", "differentiable", 0.1, 1.0},
                 {"softplus:1", "polyhinge:2", "differentiable", 0.1, 1.0},
                 {"softplus:1,tanh:1", "polyhinge:3", "hidden layer", 0.1, 1.0},
                 {"softplus:9", "polyhinge:3", "26 parameters", 0.1, 1.0}};

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        nd_complete_settings s;
        nd_complete_result *r = NULL;
        lab_case c;

        nd_complete_init(&s);
        s.box = cases[k].box;
        lab_open(&c, 3, 1, line_x, line_y, cases[k].net, cases[k].loss, cases[k].l2);
        nd_assert_status(c.ctx, nd_complete(c.ctx, &c.pb, &s, &r), ND_EINPUT);
        nd_assert_message(c.ctx, cases[k].reason);
        assert_null(r);
        s.box = -1.0;
        nd_assert_status(c.ctx, nd_complete(c.ctx, &c.pb, &s, &r), ND_ERANGE);
        lab_close(&c);
    }
}

/* ---- the search ---------------------------------------------------------------------------------------- */

static nd_complete_result *search(lab_case *c, double box, long boxes, int threads, nd_truth truth)
{
    nd_complete_settings s;
    nd_complete_result *r;

    nd_complete_init(&s);
    s.box = box;
    s.boxes = boxes;
    s.starts = 20;
    nd_set_threads(c->ctx, threads);
    nd_assert_ok(c->ctx, nd_complete(c->ctx, &c->pb, &s, &r));
    if (r->truth != truth) fail_msg("%s: %s", nd_truth_name(r->truth), r->reason);
    return r;
}

/* Newton's method from many starts finds nothing that is not listed. */
static void nothing_else_is_found(lab_case *c, const nd_complete_result *r)
{
    size_t P = r->P, hits = 0;
    double *x = malloc(P * sizeof *x), *g = malloc(P * sizeof *g),
           *H = malloc(2 * P * P * sizeof *H);
    nd_work *w;
    nd_rng rng = nd_rng_make(11, 0);

    nd_assert_ok(c->ctx, nd_work_create(c->ctx, &c->pb, &w));
    for (int trial = 0; trial < 200; trial++) {
        double L, step = 1.0;
        bool in = true, listed = false;

        for (size_t k = 0; k < P; k++)
            x[k] = r->lo[k] + nd_rng_uniform(&rng) * (r->hi[k] - r->lo[k]);
        for (int it = 0; it < 60 && step > 1e-11; it++) {
            step = 0.0;
            nd_assert_ok(c->ctx, nd_problem_grad(c->ctx, &c->pb, x, w, &L, g));
            nd_assert_ok(c->ctx, nd_problem_hessian(c->ctx, &c->pb, x, w, H));
            if (!nd_invert(P, H, H + P * P)) break;
            for (size_t i = 0; i < P; i++) {
                double s = 0.0;

                for (size_t k = 0; k < P; k++) s += H[i * P + k] * g[k];
                x[i] -= fmax(-0.5, fmin(0.5, s));
                step = fmax(step, fabs(s));
            }
        }
        for (size_t k = 0; k < P; k++) in = in && x[k] >= r->lo[k] && x[k] <= r->hi[k];
        if (!in || !(step <= 1e-11)) continue;
        for (size_t i = 0; i < r->points && !listed; i++) {
            nd_verdict v = {.loss = L}, u = {.loss = r->point[i].loss_lo};
            nd_sameness s;

            nd_assert_ok(c->ctx, nd_compare(c->ctx, &c->pb, x, &v, r->point[i].theta, &u, &s));
            listed = s.distance < 1e-6;
        }
        assert_true(listed);
        hits++;
    }
    assert_true(hits > 20);
    nd_work_destroy(c->ctx, w);
    free(x);
    free(g);
    free(H);
}

/* Reads one tree as docs/certificate-format.md says; returns its length.  Leaves K lie in the box
 * of a point, and no point lies in a leaf E. */
static size_t walk(const nd_complete_result *r, const double *lo, const double *hi,
                   const char *tree)
{
    double l[8], h[8];
    bool in = false, holds = false;
    size_t P = r->P, axis = (size_t)(tree[0] - 'a'), n;

    if (tree[0] >= 'a') {
        assert_true(axis < P);
        memcpy(l, lo, P * sizeof *l);
        memcpy(h, hi, P * sizeof *h);
        l[axis] = h[axis] = 0.5 * (lo[axis] + hi[axis]);
        n = 1 + walk(r, lo, h, tree + 1);
        return n + walk(r, l, hi, tree + n);
    }
    for (size_t i = 0; i < r->points; i++) {
        bool inside_it = true, point_in = true;

        for (size_t k = 0; k < P; k++) {
            double x = r->point[i].theta[k], half = r->point[i].half[k];

            inside_it = inside_it && lo[k] >= x - half && hi[k] <= x + half;
            point_in = point_in && lo[k] <= x && x <= hi[k];
        }
        in = in || inside_it;
        holds = holds || point_in;
    }
    assert_true(tree[0] == 'K' || tree[0] == 'E' || tree[0] == 'M');
    if (tree[0] == 'K') assert_true(in);
    if (tree[0] == 'E') assert_false(holds);
    return 1;
}

static void finds_all(void **state)
{
    static const struct {
        const char *net;
        double l2, box;
        size_t classes, index;
    } cases[] = {{"softplus:1", 1.0, 0.0, 1, 0},
                 {"tanh:1", 0.7, 0.0, 1, 0},
                 {"softplus:1", 0.01, 0.3, 1, 1}, /* a saddle; the minima are outside */
                 {"linear", 0.1, 0.0, 1, 0}};

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        nd_complete_result *r, *again;
        lab_case c;

        lab_open(&c, 3, 1, line_x, line_y, cases[k].net, "polyhinge:3", cases[k].l2);
        r = search(&c, cases[k].box, 1000000, 2, ND_PROVED);
        assert_int_equal(r->points, cases[k].classes);
        assert_int_equal(r->point[0].index, cases[k].index);
        assert_int_equal(walk(r, r->lo, r->hi, r->tree), strlen(r->tree));
        assert_true(r->everywhere == (cases[k].box == 0.0));
        if (r->everywhere) assert_true(r->audit == 1.0);
        if (r->everywhere) nothing_else_is_found(&c, r);
        again = k == 0 ? search(&c, cases[k].box, 1000000, 1, ND_PROVED) : NULL;
        if (again) assert_string_equal(r->tree, again->tree);
        nd_complete_destroy(c.ctx, r);
        nd_complete_destroy(c.ctx, again);
        lab_close(&c);
    }
}

/* No starts at all: open boxes lead to the point; and a search that is cut short or that has no
 * points is not called whole. */
static void honest(void **state)
{
    nd_complete_settings s;
    nd_complete_result *r;
    lab_case c;

    (void)state;
    lab_open(&c, 3, 1, line_x, line_y, "softplus:1", "polyhinge:3", 1.0);
    r = search(&c, 0.0, 600, 1, ND_UNKNOWN);
    assert_non_null(strstr(r->reason, "stopped"));
    assert_null(r->tree);
    nd_assert_status(c.ctx, nd_complete_save(c.ctx, &c.pb, r, "/nowhere/x.json"), ND_EINPUT);
    nd_complete_destroy(c.ctx, r);
    nd_complete_init(&s);
    s.starts = 0;
    nd_assert_ok(c.ctx, nd_complete(c.ctx, &c.pb, &s, &r));
    assert_int_equal(r->truth, ND_PROVED);
    nd_complete_destroy(c.ctx, r);
    lab_close(&c);
    /* without ridge, w = 0 in "between" is a valley of critical points: undecided */
    lab_open(&c, 3, 1, line_x, line_y, "linear+linear", "polyhinge:3", 0.0);
    r = search(&c, 0.3, 20000, 1, ND_UNKNOWN);
    nd_complete_destroy(c.ctx, r);
    lab_close(&c);
}

/* A probe never says "empty" of a box that holds a critical point. */
static void never_empty(void **state)
{
    nd_complete_result *r;
    nd_rng rng = nd_rng_make(8, 8);
    nd_prober p;
    lab_case c;

    (void)state;
    lab_open(&c, 3, 1, line_x, line_y, "softplus:1", "polyhinge:3", 1.0);
    r = search(&c, 0.0, 1000000, 2, ND_PROVED);
    nd_assert_ok(c.ctx, nd_prober_create(c.ctx, &c.pb, &p));
    for (int k = 0; k < 4000; k++) {
        double size = ldexp(1.0, -(int)nd_rng_below(&rng, 28));
        nd_iv box[4];
        char leaf;

        for (int j = 0; j < 4; j++) {
            double u = nd_rng_uniform(&rng), t = r->point[0].theta[j], e = 2.0 * r->point[0].radius;

            if (nd_rng_below(&rng, 8) == 0) u = 0.0; /* just inside the border */
            box[j] = (nd_iv){t - u * size - e, t + (1.0 - u) * size + e};
        }
        leaf = nd_probe(&p, box);
        assert_true(leaf >= 'a' && leaf <= 'd');
    }
    nd_prober_clear(c.ctx, &p);
    nd_complete_destroy(c.ctx, r);
    lab_close(&c);
}

static nd_status small_search(nd_ctx *ctx, void *arg)
{
    nd_complete_settings s;
    nd_complete_result *r = NULL;
    nd_table *data = NULL;
    nd_net *net = NULL;
    nd_problem pb;
    nd_loss loss;
    nd_status status;

    (void)arg;
    nd_complete_init(&s);
    s.starts = 1;
    s.box = 0.1;
    nd_set_threads(ctx, 1);
    if ((status = nd_table_from_arrays(ctx, 3, 1, line_x, line_y, &data)) != ND_OK) goto done;
    if ((status = nd_net_parse(ctx, "linear", 1, &net)) != ND_OK) goto done;
    if ((status = nd_loss_parse(ctx, "logistic", &loss)) != ND_OK) goto done;
    if ((status = nd_problem_make(ctx, net, data, loss, 5.0, &pb)) != ND_OK) goto done;
    status = nd_complete(ctx, &pb, &s, &r);
done:
    nd_complete_destroy(ctx, r);
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, data);
    return status;
}

static void failing_allocations(void **state)
{
    (void)state;
    nd_test_every_allocation(small_search, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic),
        cmocka_unit_test(activation_ranges),
        cmocka_unit_test(loss_ranges),
        cmocka_unit_test(enclosures),
        cmocka_unit_test(critical_points_are_in_the_box),
        cmocka_unit_test(box_by_hand),
        cmocka_unit_test(no_box),
        cmocka_unit_test(finds_all),
        cmocka_unit_test(honest),
        cmocka_unit_test(never_empty),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
