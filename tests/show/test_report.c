/* The report: its own pictures against golden files, formulas as MathML, principal components
 * against eigenvectors, the page as a whole, and memory that runs out.
 *
 *     test_show_report --write      writes tests/show/golden/report-NAME.svg anew */
#include "support.h"

#include "base/file.h"
#include "base/memory.h"
#include "show/report.h"

#define GOLDEN ND_SOURCE_DIR "/tests/show/golden/report-"

static nd_ctx *ctx;

static void is_ok(nd_status status)
{
    if (status != ND_OK) fail_msg("%s: %s", nd_status_name(status), nd_errmsg(ctx));
}

/* ---- a problem with two points and a saddle, made by hand -------------------------------------- */

typedef struct {
    nd_table *data;
    nd_net *net;
    nd_problem pb;
    double theta[5][7];
    nd_atlas_point point[5];
} small;

static const double between_x[] = {-1, 0, 1}, between_y[] = {1, -1, 1};

static nd_atlas_point point_of(size_t id, double *theta, nd_verdict_kind kind, double loss,
                               size_t errors)
{
    nd_atlas_point p = {.id = id, .theta = theta, .found = 1, .copies = NAN};

    p.minimum = kind == ND_LOCAL_MINIMUM || kind == ND_GLOBAL_MINIMUM;
    p.verdict = (nd_verdict){.kind = kind,
                             .proved = ND_PROVED,
                             .bad = errors > 0,
                             .loss = loss,
                             .errors = errors,
                             .lambda_min = kind == ND_SADDLE ? -1.0 : 0.5,
                             .lambda_err = 1e-14,
                             .index = kind == ND_SADDLE,
                             .cert = {.kind = "strict",
                                      .truth = ND_PROVED,
                                      .loss_lo = loss,
                                      .loss_hi = loss,
                                      .radius = 1e-12,
                                      .mu = 0.25}};
    return p;
}

static nd_status small_make(nd_ctx *c, small *s)
{
    nd_loss loss;
    nd_status status;

    memset(s, 0, sizeof *s);
    ND_TRY(nd_table_from_arrays(c, 3, 1, between_x, between_y, &s->data));
    ND_TRY(nd_net_parse(c, "softplus:2", 1, &s->net));
    ND_TRY(nd_loss_parse(c, "polyhinge:3", &loss));
    ND_TRY(nd_problem_make(c, s->net, s->data, loss, 0.0, &s->pb));
    for (size_t k = 0; k < 5; k++) nd_net_start(s->net, 1, k, 1.0, s->theta[k]);
    s->point[0] = point_of(1, s->theta[0], ND_LOCAL_MINIMUM, 0.1, 0);
    s->point[1] = point_of(2, s->theta[1], ND_LOCAL_MINIMUM, 0.5, 1);
    s->point[2] = point_of(3, s->theta[2], ND_SADDLE, 0.9, 1);
    s->point[3] = point_of(4, s->theta[3], ND_GLOBAL_MINIMUM, 0.0, 0);
    s->point[4] = point_of(5, s->theta[4], ND_SADDLE, 1.4, 2);
done:
    return status;
}

static void small_free(nd_ctx *c, small *s)
{
    nd_net_destroy(c, s->net);
    nd_table_destroy(c, s->data);
}

/* Theta of the proved bad minimum of 'between': all w = 0, a < 0, f the constant that balances. */
static void bad_minimum(const nd_net *net, double *theta)
{
    const nd_layer *l = &net->term[0].layer[0];
    double s = log1p(exp(0.5)), f = (sqrt(2.0) - 1.0) / (sqrt(2.0) + 1.0);

    for (size_t j = 0; j < 2; j++) {
        theta[l->W + j] = 0.0;
        theta[l->b + j] = 0.5;
        theta[net->term[0].a + j] = -1.0;
    }
    theta[net->a0] = f + 2.0 * s;
}

/* ---- pictures ------------------------------------------------------------------------------------ */

static nd_status draw_tree(small *s, nd_scene **out)
{
    const double loss[] = {0.1, 0.5, 0.0};
    const nd_edge edge[] = {{0, 1, 2, 0.9, 0.89, 0.91}, {1, 2, 4, 1.4, 1.4, 1.4}};
    const size_t leaf[] = {0, 1, 3};
    nd_tree *t;
    nd_status status = nd_tree_build(ctx, 3, loss, loss, loss, 2, edge, &t);

    if (status != ND_OK) return status;
    s->point[0].verdict.errors = 2; /* fewest below its branch: the 1 of its neighbour */
    status = nd_draw_tree(ctx, t, s->point, leaf, out);
    nd_tree_destroy(ctx, t);
    return status;
}

static nd_status draw_regions(small *s, nd_scene **out)
{
    nd_view_plane v;
    nd_sample sample[3];
    nd_status status = nd_view_plane_find(ctx, s->data, &v);

    if (status != ND_OK) return status;
    bad_minimum(s->net, s->theta[1]);
    ND_TRY(nd_view_samples(ctx, &s->pb, s->theta[1], &v, sample));
    assert_true(!sample[0].wrong && sample[1].wrong && !sample[2].wrong);
    ND_TRY(nd_draw_regions(ctx, &s->pb, s->theta[1], &v, 3, sample, out));
done:
    nd_view_plane_clear(ctx, &v);
    return status;
}

static nd_status draw_potential(small *s, nd_scene **out)
{
    double c[3];
    nd_work *work;
    nd_potential_view v = {.pb = &s->pb, .term = &s->net->term[0], .theta = s->theta[1], .c = c};
    nd_status status = nd_work_create(ctx, &s->pb, &work);

    if (status != ND_OK) return status;
    bad_minimum(s->net, s->theta[1]);
    ND_TRY(nd_problem_slopes(ctx, &s->pb, s->theta[1], work, c));
    ND_TRY(nd_draw_potential(ctx, &v, out));
    /* theory.md, 5: -G >= 0 everywhere by convexity, and 0 where w = 0: the neurons' place. */
    assert_true(fabs(v.least) < 1e-13 && v.most > 0.1);
done:
    nd_work_destroy(ctx, work);
    return status;
}

static nd_status draw_plane(small *s, nd_scene **out)
{
    static const double x[] = {1, 1, -1, -1, 1, -1, -1, 1}, y[] = {1, 1, -1, -1};
    double theta[13];
    nd_sample sample[4];
    nd_view_plane v = {.mean = NULL};
    nd_table *data = NULL;
    nd_net *net = NULL;
    nd_problem pb;
    nd_status status;

    ND_TRY(nd_table_from_arrays(ctx, 4, 2, x, y, &data));
    ND_TRY(nd_net_parse(ctx, "tanh:3", 2, &net));
    ND_TRY(nd_problem_make(ctx, net, data, s->pb.loss, 0.0, &pb));
    nd_net_start(net, 2, 0, 1.0, theta);
    ND_TRY(nd_view_plane_find(ctx, data, &v));
    ND_TRY(nd_view_samples(ctx, &pb, theta, &v, sample));
    ND_TRY(nd_draw_regions(ctx, &pb, theta, &v, 4, sample, out));
done:
    nd_view_plane_clear(ctx, &v);
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, data);
    return status;
}

static const struct {
    const char *name;
    nd_status (*draw)(small *s, nd_scene **out);
} pictures[] = {{"tree", draw_tree},
                {"graph-of-f", draw_regions},
                {"regions", draw_plane},
                {"potential", draw_potential}};

static void svg_of(size_t k, char **svg, size_t *size)
{
    nd_scene *scene = NULL;
    small s;

    is_ok(small_make(ctx, &s));
    is_ok(pictures[k].draw(&s, &scene));
    is_ok(nd_scene_svg(ctx, scene, NULL, svg, size));
    nd_scene_destroy(scene);
    small_free(ctx, &s);
}

static void file_of(size_t k, char file[512])
{
    snprintf(file, 512, GOLDEN "%s.svg", pictures[k].name);
}

static void test_golden(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof pictures / sizeof *pictures; k++) {
        char file[512], *svg, *golden;
        size_t size, wanted;

        file_of(k, file);
        svg_of(k, &svg, &size);
        is_ok(nd_file_read(ctx, file, 0, &golden, &wanted));
        if (wanted != size || memcmp(svg, golden, size) != 0) fail_msg("%s differs", file);
        nd_free(ctx, golden);
        nd_text_destroy(ctx, svg);
    }
}

static int write_golden(void)
{
    ctx = nd_ctx_create(NULL);
    for (size_t k = 0; k < sizeof pictures / sizeof *pictures; k++) {
        char file[512], *svg;
        size_t size;

        file_of(k, file);
        svg_of(k, &svg, &size);
        if (nd_file_write(ctx, file, svg, size) != ND_OK) return 1;
        nd_text_destroy(ctx, svg);
    }
    nd_ctx_destroy(ctx);
    return 0;
}

/* ---- formulas -------------------------------------------------------------------------------------- */

static void check_math(const char *text, const char *markup)
{
    nd_buf b = nd_buf_make(ctx);

    nd_math_add(&b, text);
    assert_int_equal(nd_buf_status(&b), ND_OK);
    assert_string_equal(b.data, markup);
    nd_buf_free(&b);
}

static void test_math(void **state)
{
    (void)state;
    check_math("linearly separable", "linearly separable");
    check_math("s' > 0", "<math><mi>s</mi><mo lspace=\"0\" rspace=\"0\">′</mo><mo>&gt;</mo><mn>0"
                         "</mn></math>");
    check_math("class + off the span of class -", "class + off the span of class −");
    check_math("M+ >= K+", "<math><msub><mi>M</mi><mo>+</mo></msub><mo>≥</mo><msub><mi>K</mi><mo>+"
                           "</mo></msub></math>");
    check_math("no x~_i of class", "no <math><msub><mover accent=\"true\"><mi>x</mi><mo>~</mo>"
                                   "</mover><mi>i</mi></msub></math> of class");
    check_math("z <= -z0", "<math><mi>z</mi><mo>≤</mo><mo>−</mo><msub><mi>z</mi><mn>0</mn></msub>"
                           "</math>");
    check_math("Theorem 1 needs 'no ridge': lambda = 0.02",
               "Theorem 1 needs 'no ridge': <math><mi>λ</mi><mo>=</mo><mn>0.02</mn></math>");
    check_math("s is C^1", "<math><mi>s</mi></math> is <math><msup><mi>C</mi><mn>1</mn></msup>"
                           "</math>");
}

/* All formulas of theory's tables: every tag that opens closes, nothing is left bare. */
static void test_math_of_tables(void **state)
{
    size_t rows;
    const nd_condition_kind *k = nd_condition_table(&rows);

    (void)state;
    for (size_t i = 0; i < rows; i++) {
        nd_buf b = nd_buf_make(ctx);
        long depth = 0;

        nd_math_add(&b, k[i].formula);
        for (const char *s = b.data; *s; s++)
            if (*s == '<') depth += s[1] == '/' ? -1 : 1;
        assert_int_equal(depth, 0);
        assert_null(strstr(b.data, "~_"));
        nd_buf_free(&b);
    }
}

/* ---- principal components ---------------------------------------------------------------------------- */

static void test_components(void **state)
{
    enum { N = 60, D = 4 };
    double x[N * D], y[N], C[D * D] = {0}, mean[D] = {0}, values[D], V[D * D], error;
    nd_rng r = nd_rng_make(7, 0);
    nd_table *t;
    nd_view_plane v;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        double u = nd_rng_uniform(&r), w = nd_rng_uniform(&r);
        y[i] = i % 2 ? 1.0 : -1.0;
        for (size_t k = 0; k < D; k++)
            x[i * D + k] =
                3.0 * u * (double)(k + 1) + w * (k % 2 ? -2.0 : 1.0) + 0.2 * nd_rng_uniform(&r);
    }
    for (size_t i = 0; i < N * D; i++) mean[i % D] += x[i] / N;
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < D * D; k++)
            C[k] += (x[i * D + k / D] - mean[k / D]) * (x[i * D + k % D] - mean[k % D]) / N;
    double trace = C[0] + C[5] + C[10] + C[15];
    is_ok(nd_eigen_dense(ctx, D, C, values, V, &error));
    is_ok(nd_table_from_arrays(ctx, N, D, x, y, &t));
    is_ok(nd_view_plane_find(ctx, t, &v));
    assert_true(v.components && v.rows == N);
    for (size_t c = 0; c < 2; c++) {
        double along = 0.0;
        for (size_t k = 0; k < D; k++) along += v.e[c][k] * V[(D - 1 - c) * D + k];
        assert_true(fabs(fabs(along) - 1.0) < 1e-10);
        assert_true(fabs(v.share[c] - values[D - 1 - c] / trace) < 1e-10);
    }
    nd_view_plane_clear(ctx, &v);
    nd_table_destroy(ctx, t);
}

/* ---- the page -------------------------------------------------------------------------------------------- */

static size_t occurs(const char *text, const char *what)
{
    size_t n = 0;

    for (const char *s = text; (s = strstr(s, what)); s++) n++;
    return n;
}

static nd_report_source source_of(const small *s, size_t points)
{
    return (nd_report_source){.title = "A <title> & more",
                              .command = "nadir report 'x </script>'",
                              .problem = &s->pb,
                              .seed = 3,
                              .points = points,
                              .point = s->point};
}

static void test_page(void **state)
{
    small s;
    nd_report_settings set;
    char *html, *again;
    size_t size, n;

    (void)state;
    is_ok(small_make(ctx, &s));
    bad_minimum(s.net, s.theta[1]);
    nd_report_source src = source_of(&s, 5);
    nd_report_init(&set);
    set.grid = 21;
    set.figures = 3;
    is_ok(nd_report_html(ctx, &src, &set, &html, &size));
    assert_int_equal(strlen(html), size);
    assert_int_equal(occurs(html, "<section "), 8);
    assert_int_equal(occurs(html, "</section>"), 8);
    assert_int_equal(occurs(html, "<title>A &lt;title&gt; &amp; more</title>"), 1);
    assert_int_equal(occurs(html, "</script>"), 2); /* the command's is escaped */
    assert_int_equal(occurs(html, "default-src 'none'"), 1);
    assert_int_equal(occurs(html, "<tr class=\"point"), 5 + 5); /* table; data of the slice */
    assert_int_equal(occurs(html, "data-kind=\"spectrum\" data-of="), 3);
    assert_non_null(strstr(html, "data-first=\"2\"")); /* the bad minimum is selected */
    assert_non_null(strstr(html, "It sits at the bottom"));
    assert_null(strstr(html, "http://www.w3.org/1999")); /* no XHTML namespace needed */
    assert_null(strstr(html, "src="));
    s.point[1].verdict.proved = ND_UNKNOWN; /* bad by the numbers: still first */
    is_ok(nd_report_html(ctx, &src, &set, &again, &n));
    assert_non_null(strstr(again, "data-first=\"2\""));
    nd_text_destroy(ctx, again);
    s.point[1].verdict.proved = ND_PROVED;
    set.point = 4;
    is_ok(nd_report_html(ctx, &src, &set, &again, &n));
    assert_non_null(strstr(again, "data-first=\"4\""));
    nd_text_destroy(ctx, again);
    set.point = 0;
    is_ok(nd_report_html(ctx, &src, &set, &again, &n));
    assert_string_equal(html, again);
    nd_text_destroy(ctx, again);
    nd_text_destroy(ctx, html);
    set.point = 9;
    assert_int_equal(nd_report_html(ctx, &src, &set, &html, &size), ND_ENAME);
    set.point = 0;
    set.grid = 3;
    assert_int_equal(nd_report_html(ctx, &src, &set, &html, &size), ND_ERANGE);
    src.points = 0;
    set.grid = 21;
    assert_int_equal(nd_report_html(ctx, &src, &set, &html, &size), ND_EINPUT);
    small_free(ctx, &s);
}

/* A single sample without features, a point where all parameters are 0: no picture, no crash. */
static void test_corner(void **state)
{
    static const double y[] = {1.0};
    double theta[1] = {0.0};
    nd_atlas_point p = point_of(1, theta, ND_UNDECIDED, NAN, 0);
    nd_report_settings set;
    nd_table *t;
    nd_net *net;
    nd_loss loss;
    nd_problem pb;
    char *html;
    size_t size;

    (void)state;
    p.verdict.proved = ND_UNKNOWN;
    p.verdict.lambda_min = NAN;
    is_ok(nd_table_from_arrays(ctx, 1, 0, theta, y, &t));
    is_ok(nd_net_parse(ctx, "linear", 0, &net));
    is_ok(nd_loss_parse(ctx, "logistic", &loss));
    is_ok(nd_problem_make(ctx, net, t, loss, 0.0, &pb));
    const nd_report_source src = {.problem = &pb, .points = 1, .point = &p};
    nd_report_init(&set);
    is_ok(nd_report_html(ctx, &src, &set, &html, &size));
    assert_non_null(strstr(html, "There are no features"));
    assert_int_equal(occurs(html, "<section "), 8);
    nd_text_destroy(ctx, html);
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, t);
}

/* Jansson has an allocator of its own; all others fail in turn. */
static nd_status scenario(nd_ctx *c, void *arg)
{
    small s;
    nd_report_settings set;
    char *html = NULL;
    size_t size;
    nd_status status;

    (void)arg;
    ND_TRY(small_make(c, &s));
    bad_minimum(s.net, s.theta[1]);
    const nd_report_source src = source_of(&s, 3);
    nd_report_init(&set);
    set.grid = 11;
    set.figures = 1;
    ND_TRY(nd_report_html(c, &src, &set, &html, &size));
done:
    nd_text_destroy(c, html);
    small_free(c, &s);
    return status;
}

/* The number of allocations is in the thousands: every so many, and the first ones all. */
static void test_memory(void **state)
{
    size_t all, tried = 0;

    (void)state;
    {
        nd_test_heap heap = {.fail_at = 0};
        nd_allocator alloc = nd_test_allocator(&heap);
        nd_ctx *c = nd_ctx_create(&alloc);
        assert_int_equal(scenario(c, NULL), ND_OK);
        nd_ctx_destroy(c);
        assert_int_equal(heap.live, 0);
        all = heap.calls;
    }
    for (size_t k = 2; k <= all; k += k < 60 ? 1 : all / 150 + 1, tried++) {
        nd_test_heap heap = {.fail_at = k};
        nd_allocator alloc = nd_test_allocator(&heap);
        nd_ctx *c = nd_ctx_create(&alloc);
        nd_status status = scenario(c, NULL);
        if (status != ND_EMEM)
            fail_msg("allocation %zu of %zu: %s", k, all, nd_status_name(status));
        nd_ctx_destroy(c);
        assert_int_equal(heap.live, 0);
    }
    assert_true(tried > 60);
}

static int setup(void **state)
{
    (void)state;
    ctx = nd_ctx_create(NULL);
    return ctx ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    nd_ctx_destroy(ctx);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--write") == 0) return write_golden();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),         cmocka_unit_test(test_math),
        cmocka_unit_test(test_math_of_tables), cmocka_unit_test(test_components),
        cmocka_unit_test(test_page),           cmocka_unit_test(test_corner),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
