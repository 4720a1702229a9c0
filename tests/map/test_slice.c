/* Planes, slices and traces: bit by bit against the problem itself. */
#include "lab/lab_support.h"

#include <nadir/map.h>

#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static void make_points(const lab_case *c, double *theta, size_t count)
{
    for (size_t k = 0; k < count; k++) nd_net_start(c->net, 5, k, 1.0, theta + k * c->net->P);
}

static void test_through(void **state)
{
    lab_case c;
    nd_plane *p;
    double at[2], foot[64];

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "tanh:4", "logistic", 0.01);
    size_t P = c.net->P;
    double *theta = malloc(4 * P * sizeof *theta);
    make_points(&c, theta, 4);
    const double *point[] = {theta, theta + P, theta + 2 * P};
    nd_assert_ok(c.ctx, nd_plane_through(c.ctx, P, 3, point, &p));
    for (int k = 0; k < 3; k++) {
        assert_true(nd_plane_project(p, point[k], at) < 1e-12);
        nd_plane_point(p, at[0], at[1], foot);
        assert_true(nd_test_distance(foot, point[k], P, 1.0) < 1e-12);
        assert_true(p->lo[0] < at[0] && at[0] < p->hi[0] && p->lo[1] < at[1] && at[1] < p->hi[1]);
    }
    /* Pythagoras for a point beside the plane, and nothing on the plane is nearer. */
    double far = nd_plane_project(p, theta + 3 * P, at), to = 0, down = 0;
    nd_plane_point(p, at[0], at[1], foot);
    for (size_t i = 0; i < P; i++) {
        to = hypot(to, theta[3 * P + i] - theta[i]);
        down = hypot(down, foot[i] - theta[i]);
    }
    nd_assert_close(hypot(far, down), to, 1e-12, 0);
    nd_assert_close(hypot(at[0], at[1]), down, 1e-12, 0);
    nd_plane_destroy(c.ctx, p);
    point[2] = point[1];
    nd_assert_status(c.ctx, nd_plane_through(c.ctx, P, 3, point, &p), ND_ERANGE);
    nd_assert_message(c.ctx, "one line");
    point[1] = point[0];
    nd_assert_status(c.ctx, nd_plane_through(c.ctx, P, 2, point, &p), ND_ERANGE);
    nd_assert_message(c.ctx, "the same");
    nd_assert_status(c.ctx, nd_plane_through(c.ctx, P, 4, point, &p), ND_ERANGE);
    free(theta);
    lab_close(&c);
}

/* Every cell is what nd_problem_value says at nd_plane_point, for 1 and 3 threads. */
static void test_grid(void **state)
{
    lab_case c;
    nd_plane *p;
    nd_slice *one, *three;
    nd_work *work;
    double L, m[569];
    nd_rng r = nd_rng_make(2, 0);

    (void)state;
    lab_open_source(&c, "data/wdbc.csv", "M", ND_SCALE_STANDARD, "softplus:4", "polyhinge:3", 1e-3);
    double *theta = malloc(2 * c.net->P * sizeof *theta);
    make_points(&c, theta, 1);
    nd_assert_ok(c.ctx, nd_plane_random(c.ctx, c.net, theta, 2, 11, &p));
    nd_set_threads(c.ctx, 1);
    nd_assert_ok(c.ctx, nd_slice_make(c.ctx, &c.pb, p, 13, &one));
    nd_set_threads(c.ctx, 3);
    nd_assert_ok(c.ctx, nd_slice_make(c.ctx, &c.pb, p, 13, &three));
    assert_int_equal(one->n[0], 13);
    assert_int_equal(one->n[1], 13);
    assert_memory_equal(one->loss, three->loss, 169 * sizeof(double));
    assert_memory_equal(one->errors, three->errors, 169 * sizeof(double));
    nd_assert_ok(c.ctx, nd_work_create(c.ctx, &c.pb, &work));
    for (int k = 0; k < 40; k++) {
        size_t i = nd_rng_below(&r, 13), j = nd_rng_below(&r, 13);
        nd_plane_point(p, nd_slice_at(one, 0, i), nd_slice_at(one, 1, j), theta + c.net->P);
        nd_assert_ok(c.ctx, nd_problem_value(c.ctx, &c.pb, theta + c.net->P, work, &L));
        nd_assert_ok(c.ctx, nd_problem_margins(c.ctx, &c.pb, theta + c.net->P, work, m));
        assert_true(L == one->loss[j * 13 + i]);
        assert_true((double)nd_problem_errors(&c.pb, m) == one->errors[j * 13 + i]);
    }
    assert_true(nd_slice_at(one, 0, 0) == p->lo[0] && nd_slice_at(one, 1, 12) == p->hi[1]);
    nd_work_destroy(c.ctx, work);
    nd_slice_destroy(c.ctx, one);
    nd_slice_destroy(c.ctx, three);
    nd_assert_status(c.ctx, nd_slice_make(c.ctx, &c.pb, p, 1, &one), ND_ERANGE);
    nd_plane_destroy(c.ctx, p);
    free(theta);
    lab_close(&c);
}

/* Every neuron's direction has the norm of the neuron, and the output weights theirs. */
static void test_filters(void **state)
{
    lab_case c;
    nd_plane *p, *q;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "tanh:3,softplus:2:nobias+linear", "logistic", 0);
    size_t P = c.net->P;
    double *theta = calloc(P, sizeof *theta), a = 0, b = 0;
    nd_assert_status(c.ctx, nd_plane_random(c.ctx, c.net, theta, 1, 1, &p), ND_ERANGE);
    make_points(&c, theta, 1);
    theta[c.net->a0] = 0.7;
    nd_assert_ok(c.ctx, nd_plane_random(c.ctx, c.net, theta, 2, 1, &p));
    for (int k = 0; k < 2; k++)
        for (size_t l = 0; l < 2; l++) {
            const nd_layer *layer = &c.net->term[0].layer[l];
            const double *u = k ? p->v : p->u;
            for (size_t j = 0; j < layer->width; j++) {
                double x = 0, y = 0;
                for (size_t i = 0; i < layer->in; i++) {
                    x = hypot(x, theta[layer->W + j * layer->in + i]);
                    y = hypot(y, u[layer->W + j * layer->in + i]);
                }
                if (layer->bias) x = hypot(x, theta[layer->b + j]), y = hypot(y, u[layer->b + j]);
                nd_assert_close(x, y, 1e-13, 0);
            }
        }
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < c.net->term[t].out; i++) {
            a = hypot(a, theta[c.net->term[t].a + i]);
            b = hypot(b, p->u[c.net->term[t].a + i]);
        }
    nd_assert_close(hypot(a, 0.7), hypot(b, p->u[c.net->a0]), 1e-13, 0);
    /* u and v are not at a right angle: still the coordinates come back, and what is left
     * of another point is at a right angle to both */
    double foot[64], other[64], at[2], du = 0, dv = 0, uv = 0;
    nd_plane_point(p, 0.3, -0.8, foot);
    assert_true(nd_plane_project(p, foot, at) < 1e-13);
    nd_assert_close(at[0], 0.3, 1e-12, 0);
    nd_assert_close(at[1], -0.8, 1e-12, 0);
    nd_net_start(c.net, 77, 0, 1.0, other);
    nd_plane_project(p, other, at);
    nd_plane_point(p, at[0], at[1], foot);
    for (size_t i = 0; i < P; i++) {
        du += (other[i] - foot[i]) * p->u[i];
        dv += (other[i] - foot[i]) * p->v[i];
        uv += p->u[i] * p->v[i];
    }
    assert_true(fabs(uv) > 1e-3 && fabs(du) < 1e-12 && fabs(dv) < 1e-12);
    nd_assert_ok(c.ctx, nd_plane_random(c.ctx, c.net, theta, 2, 1, &q));
    assert_memory_equal(p->u, q->u, 2 * P * sizeof(double));
    assert_true(memcmp(p->u, p->v, P * sizeof(double)) != 0);
    nd_plane_destroy(c.ctx, q);
    nd_assert_ok(c.ctx, nd_plane_random(c.ctx, c.net, theta, 2, 2, &q));
    assert_true(memcmp(p->u, q->u, P * sizeof(double)) != 0);
    nd_plane_destroy(c.ctx, p);
    nd_plane_destroy(c.ctx, q);
    free(theta);
    lab_close(&c);
}

/* Along an eigenvector the second difference of L is the eigenvalue. */
static void test_eigen(void **state)
{
    static const long rank[] = {0, -1}, twice[] = {1, 1}, far[] = {99, 0}, same[] = {0, -17};
    lab_case c;
    nd_plane *p;
    nd_work *work;
    double L[3], h = 1e-3, point[64];

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "tanh:4", "logistic", 0.01);
    double *theta = malloc(c.net->P * sizeof *theta);
    make_points(&c, theta, 1);
    nd_assert_ok(c.ctx, nd_plane_eigen(c.ctx, &c.pb, theta, 2, rank, &p));
    nd_assert_ok(c.ctx, nd_work_create(c.ctx, &c.pb, &work));
    assert_true(p->value[0] < p->value[1]);
    for (int k = 0; k < 2; k++) {
        for (int j = 0; j < 3; j++) {
            nd_plane_point(p, k ? 0 : (j - 1) * h, k ? (j - 1) * h : 0, point);
            nd_assert_ok(c.ctx, nd_problem_value(c.ctx, &c.pb, point, work, &L[j]));
        }
        nd_assert_close((L[0] - 2 * L[1] + L[2]) / (h * h), p->value[k], 1e-4, 1);
    }
    nd_plane_destroy(c.ctx, p);
    nd_assert_status(c.ctx, nd_plane_eigen(c.ctx, &c.pb, theta, 2, twice, &p), ND_ERANGE);
    nd_assert_status(c.ctx, nd_plane_eigen(c.ctx, &c.pb, theta, 1, far, &p), ND_ERANGE);
    nd_assert_status(c.ctx, nd_plane_eigen(c.ctx, &c.pb, theta, 2, same, &p), ND_ERANGE);
    nd_work_destroy(c.ctx, work);
    free(theta);
    lab_close(&c);
}

/* ---- traces ------------------------------------------------------------------------------- */

/* However many are given: never more than room, spaced by the stride, first and last kept. */
static void test_thinning(void **state)
{
    lab_case c;
    nd_trace *t;
    double theta[64];

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "tanh:4", "logistic", 0.01);
    nd_assert_ok(c.ctx, nd_trace_create(c.ctx, c.net, &t));
    t->room = 10;
    for (uint64_t k = 0; k < 1000; k++) {
        for (size_t i = 0; i < c.net->P; i++) theta[i] = (double)k + (double)i / 100.0;
        nd_trace_add(t, (double)k, theta);
        assert_true(t->count <= 10 && t->count >= (k < 5 ? k + 1 : 5));
        assert_true((t->stride & (t->stride - 1)) == 0 && 9 * t->stride <= 2 * k + 9);
        assert_true(t->step[0] == 0 && t->step[t->count - 1] == k);
        for (size_t j = 0; j < t->count; j++) {
            assert_true(t->loss[j] == (double)t->step[j]);
            assert_true(t->theta[j * t->P + 3] == (double)t->step[j] + 0.03);
            if (j + 1 < t->count) assert_true(t->step[j] == j * t->stride);
        }
    }
    nd_trace_destroy(c.ctx, t);
    lab_close(&c);
}

static nd_trace *short_trace(const lab_case *c)
{
    nd_trace *t;
    double theta[64];

    nd_assert_ok(c->ctx, nd_trace_create(c->ctx, c->net, &t));
    for (size_t k = 0; k < 6; k++) {
        for (size_t i = 0; i < c->net->P; i++)
            theta[i] = (i == 0 ? 3.0 * (double)k : i == 1 ? (double)(k * k) : 1.0);
        nd_trace_add(t, 1.0 / (double)(k + 1), theta);
    }
    return t;
}

static void test_file(void **state)
{
    lab_case c;
    nd_trace *t, *back;
    char file[] = "/tmp/nadir-trace-XXXXXX", *bytes;
    size_t size;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "tanh:4", "logistic", 0.01);
    t = short_trace(&c);
    close(mkstemp(file));
    nd_assert_ok(c.ctx, nd_trace_save(c.ctx, t, file));
    nd_assert_ok(c.ctx, nd_trace_load(c.ctx, file, &back));
    assert_string_equal(back->net, "tanh:4");
    assert_int_equal(back->count, 6);
    assert_memory_equal(back->theta, t->theta, 6 * t->P * sizeof(double));
    assert_memory_equal(back->loss, t->loss, 6 * sizeof(double));
    assert_memory_equal(back->step, t->step, 6 * sizeof(uint64_t));
    nd_trace_destroy(c.ctx, back);
    nd_assert_ok(c.ctx, nd_file_read(c.ctx, file, 0, &bytes, &size));
    for (size_t cut = 0; cut < size; cut++) /* every truncation is refused */
        nd_assert_status(c.ctx, nd_trace_parse(c.ctx, "x", bytes, cut, &back), ND_EINPUT);
    memset(bytes + size - 8, 0xff, 8); /* NaN */
    nd_assert_status(c.ctx, nd_trace_parse(c.ctx, "x", bytes, size, &back), ND_EINPUT);
    nd_assert_message(c.ctx, "not finite");
    bytes[14] = '9'; /* another P */
    nd_assert_status(c.ctx, nd_trace_parse(c.ctx, "x", bytes, size, &back), ND_EINPUT);
    nd_free(c.ctx, bytes);
    remove(file);
    nd_trace_destroy(c.ctx, t);
    lab_close(&c);
}

/* A flat trajectory lies in its principal plane; its directions are right-angled. */
static void test_principal(void **state)
{
    lab_case c;
    nd_plane *p;
    double at[2], uv = 0;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "tanh:4", "logistic", 0.01);
    nd_trace *t = short_trace(&c);
    nd_assert_ok(c.ctx, nd_plane_trace(c.ctx, t, 2, &p));
    nd_assert_close(p->value[0] + p->value[1], 1.0, 1e-12, 0);
    assert_true(p->value[0] > p->value[1]);
    for (size_t k = 0; k < t->count; k++)
        assert_true(nd_plane_project(p, t->theta + k * t->P, at) < 1e-12);
    assert_true(at[0] == 0.0 && at[1] == 0.0); /* the last point is the origin */
    for (size_t i = 0; i < t->P; i++) uv += p->u[i] * p->v[i];
    assert_true(fabs(uv) < 1e-13);
    nd_plane_destroy(c.ctx, p);
    t->count = 2;
    nd_assert_status(c.ctx, nd_plane_trace(c.ctx, t, 2, &p), ND_ERANGE);
    nd_trace_destroy(c.ctx, t);
    lab_close(&c);
}

typedef struct {
    size_t calls, P;
    double first, last;
} follower;

static void see(void *user, const nd_net *net, double loss, const double *theta)
{
    follower *f = user;

    (void)theta;
    if (f->calls++ == 0) f->first = loss;
    f->last = loss;
    f->P = net->P;
}

/* Training tells its way: the start first, the end last, and does the same without. */
static void test_follow(void **state)
{
    nd_train_settings s;
    nd_train_result *with, *without;
    follower f = {0};
    nd_work *work;
    double L, start[64];
    lab_case c;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "tanh:4", "logistic", 0.01);
    nd_train_init(&s);
    assert_null(s.follow);
    nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.01, &s, NULL, &without));
    s.follow = see;
    s.follow_user = &f;
    nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.01, &s, NULL, &with));
    assert_memory_equal(with->theta, without->theta, c.net->P * sizeof(double));
    assert_int_equal(with->evaluations, without->evaluations);
    nd_net_start(c.net, s.seed, 0, 1.0, start);
    nd_assert_ok(c.ctx, nd_work_create(c.ctx, &c.pb, &work));
    nd_assert_ok(c.ctx, nd_problem_value(c.ctx, &c.pb, start, work, &L));
    assert_true(f.calls > 5 && f.P == c.net->P && f.first == L);
    nd_assert_close(f.last, with->verdict.loss, 1e-9, 0);
    nd_work_destroy(c.ctx, work);
    nd_train_result_destroy(c.ctx, with);
    nd_train_result_destroy(c.ctx, without);
    lab_close(&c);
}

/* ---- memory ------------------------------------------------------------------------------- */

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    const lab_case *c = arg;
    static const long rank[] = {0, 1};
    nd_plane *p = NULL;
    nd_slice *s = NULL;
    nd_trace *t = NULL;
    double theta[64];
    nd_status status;

    nd_set_threads(ctx, 1);
    nd_net_start(c->net, 1, 1, 1.0, theta);
    ND_TRY(nd_trace_create(ctx, c->net, &t));
    for (int k = 0; k < 4; k++) {
        theta[k] += 1.0;
        nd_trace_add(t, 1.0, theta);
    }
    ND_TRY(nd_plane_trace(ctx, t, 2, &p));
    nd_plane_destroy(ctx, p);
    p = NULL;
    ND_TRY(nd_plane_eigen(ctx, &c->pb, theta, 2, rank, &p));
    ND_TRY(nd_slice_make(ctx, &c->pb, p, 3, &s));
done:
    nd_slice_destroy(ctx, s);
    nd_plane_destroy(ctx, p);
    nd_trace_destroy(ctx, t);
    return status;
}

static void test_memory(void **state)
{
    lab_case c;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "tanh:4", "logistic", 0.01);
    nd_test_every_allocation(scenario, &c);
    lab_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_through),   cmocka_unit_test(test_grid),
        cmocka_unit_test(test_filters),   cmocka_unit_test(test_eigen),
        cmocka_unit_test(test_thinning),  cmocka_unit_test(test_file),
        cmocka_unit_test(test_principal), cmocka_unit_test(test_follow),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
