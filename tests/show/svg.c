/* The writers: golden SVG files, and what every scene must keep to.
 *
 *     test_show_svg --write      writes tests/show/golden/NAME.svg anew */
#include "support.h"

#include <nadir/show.h>

#include "base/file.h"
#include "base/memory.h"

#include <locale.h>

#define GOLDEN ND_SOURCE_DIR "/tests/show/golden/"

/* ---- scenes ------------------------------------------------------------------------------ */

static void hill(double z[], size_t n)
{
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++) {
            double x = 4.0 * (double)i / (double)(n - 1) - 2.0;
            double y = 4.0 * (double)j / (double)(n - 1) - 2.0, u = x * x - 1.0;
            z[j * n + i] = 1e-3 + u * u + 0.3 * x + 0.4 + 2.0 * y * y;
        }
}

static nd_status draw_field(nd_ctx *ctx, nd_scene **out)
{
    enum { N = 41 };
    static double z[N * N];
    static const nd_legend legend[] = {
        {.text = "minimum", .is_mark = true, .mark = ND_MARK_GOOD},
        {.text = "bad minimum", .is_mark = true, .mark = ND_MARK_BAD},
        {.text = NULL}};
    nd_ramp r;
    nd_status status;

    hill(z, N);
    ND_TRY(
        nd_scene_create(ctx, 560, 420, "Two wells", "A field with <two> wells & a \"pass\"", out));
    const nd_plot p = {*out, 62, 40, 380, 330, {-2, 2, false, false}, {-2, 2, false, false}};
    ND_TRY(nd_ramp_fit(ctx, N * N, z, 0.9, 12, true, &r));
    nd_plot_axes(&p, "s", "t");
    ND_TRY(nd_plot_field(ctx, &p, (nd_grid){N, N, z}, &r));
    nd_plot_ramp(&p, 456, &r, "loss");
    nd_scene_group(*out, "point", "1", "point 1: minimum");
    nd_scene_mark(*out, nd_plot_x(&p, -1.04), nd_plot_y(&p, 0), 6, ND_MARK_GOOD);
    nd_scene_end(*out);
    nd_scene_mark(*out, nd_plot_x(&p, 0.96), nd_plot_y(&p, 0), 6, ND_MARK_BAD);
    nd_scene_legend(*out, 456, 330, legend);
    return nd_scene_status(*out);
done:
    return status;
}

static nd_status draw_lines(nd_ctx *ctx, nd_scene **out)
{
    enum { N = 60 };
    double x[N], y[N], lo[N], hi[N];
    static const double edge[] = {0, 1, 2, 3, 5}, tall[] = {0.02, 0.5, 0, 0.2};
    nd_status status = nd_scene_create(ctx, 560, 360, "Lines", "Lines, bands and bars", out);

    if (status != ND_OK) return status;
    for (size_t k = 0; k < N; k++) {
        x[k] = 5.0 * (double)k / (N - 1);
        y[k] = k == 30 ? NAN : 0.01 * (1.0 + x[k] * x[k]);
        lo[k] = 0.5 * y[k];
        hi[k] = 2.0 * y[k];
        if (k == 30) lo[k] = lo[k - 1], hi[k] = hi[k - 1];
    }
    const nd_plot p = {
        *out, 62, 20, 470, 280, nd_axis_fit(0, 5, false), nd_axis_fit(4e-3, 1, true)};
    nd_plot_axes(&p, "distance", "loss");
    nd_plot_bars(&p, 4, edge, tall, (nd_pen){.fill = ND_INK_SKY, .opacity = 0.4});
    nd_plot_band(&p, N, x, lo, hi, (nd_pen){.fill = ND_INK_BLUE, .opacity = 0.25});
    nd_plot_line(&p, N, x, y, (nd_pen){.stroke = ND_INK_BLUE, .width = 2});
    nd_plot_line(&p, N, x, hi, (nd_pen){.stroke = ND_INK_RED, .width = 1.5, .dash = ND_DASHED});
    return nd_scene_status(*out);
}

static nd_status draw_marks(nd_ctx *ctx, nd_scene **out)
{
    nd_legend legend[ND_MARKS + 1] = {{.text = NULL}};
    nd_status status = nd_scene_create(ctx, 240, 170, "Marks", "Every mark", out);

    if (status != ND_OK) return status;
    for (int m = 0; m < ND_MARKS; m++)
        legend[m] =
            (nd_legend){.text = nd_mark_name((nd_mark)m), .is_mark = true, .mark = (nd_mark)m};
    assert_true(nd_scene_legend(*out, 16, 16, legend) == 18.0 * ND_MARKS);
    return nd_scene_status(*out);
}

/* A plane through three points of a small problem, one point beside it; or the line. */
static nd_status draw_slice(nd_ctx *ctx, nd_scene **out, int dim, bool errors)
{
    static const double x[] = {1, 1, -1, -1, 1, -1, -1, 1}, y[] = {1, 1, -1, -1};
    static const char *const label[] = {"1", "2", "3", "4"};
    double theta[4][17];
    const double *point[] = {theta[0], theta[1], theta[2]};
    nd_slice_point shown[4];
    nd_table *data = NULL;
    nd_net *net = NULL;
    nd_plane *p = NULL;
    nd_slice *g = NULL;
    nd_problem pb;
    nd_loss loss;
    nd_status status;

    ND_TRY(nd_table_from_arrays(ctx, 4, 2, x, y, &data));
    ND_TRY(nd_net_parse(ctx, "softplus:4", 2, &net));
    ND_TRY(nd_loss_parse(ctx, "polyhinge:3", &loss));
    ND_TRY(nd_problem_make(ctx, net, data, loss, 0.01, &pb));
    for (size_t k = 0; k < 4; k++) {
        nd_net_start(net, 3, k, 1.0, theta[k]);
        shown[k] = (nd_slice_point){theta[k], 0.5, (nd_mark)k, label[k], k ? NULL : "point <1>"};
    }
    ND_TRY(nd_plane_through(ctx, net->P, (size_t)dim + 1, point, &p));
    ND_TRY(nd_slice_make(ctx, &pb, p, 25, &g));
    const nd_slice_view view = {.subject = "exclusive or, softplus:4",
                                .points = 4,
                                .point = shown,
                                .errors = errors,
                                .log = -1};
    status = nd_show_slice(ctx, p, g, &view, out);
done:
    nd_slice_destroy(ctx, g);
    nd_plane_destroy(ctx, p);
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, data);
    return status;
}

static nd_status draw_plane(nd_ctx *ctx, nd_scene **out)
{
    return draw_slice(ctx, out, 2, false);
}

static nd_status draw_errors(nd_ctx *ctx, nd_scene **out)
{
    return draw_slice(ctx, out, 2, true);
}

static nd_status draw_curve(nd_ctx *ctx, nd_scene **out)
{
    return draw_slice(ctx, out, 1, false);
}

/* Made up, so that no eigenvalue depends on the LAPACK in use. */
static nd_status draw_spectrum(nd_ctx *ctx, nd_scene **out, bool density)
{
    enum { P = 17, M = 61 };
    double all[P], weight[P], x[M], y[M], e[M];
    nd_net *net = NULL;
    nd_status status = nd_net_parse(ctx, "softplus:4", 2, &net);
    nd_hessian_spectrum s = {.P = P,
                             .error = 1e-9,
                             .negative = 2,
                             .null = 3,
                             .positive = 12,
                             .all = density ? NULL : all,
                             .groups = 2,
                             .points = M,
                             .probes = 10,
                             .steps = 60,
                             .sigma = 0.1,
                             .x = x,
                             .density = y,
                             .spread = e};

    if (status != ND_OK) return status;
    for (size_t k = 0; k < P; k++) {
        all[k] = k < 2   ? -0.25 / (double)(k + 1)
                 : k < 5 ? 0.0
                         : 1e-6 * (double)(1u << (2 * (k - 5)));
        weight[k] = (double)(k + 1) * 2.0 / (P * (P + 1));
    }
    for (size_t k = 0; k < M; k++) {
        x[k] = -1.0 + 0.1 * (double)k;
        y[k] = 1.0 / (1.0 + x[k] * x[k] * x[k] * x[k]);
        e[k] = 0.2 * y[k];
    }
    s.low.value = all[0];
    s.high.value = all[P - 1];
    s.group[0] = (nd_directions){"negative", 2, all[0], all[1], weight};
    s.group[1] = (nd_directions){"stiffest", 1, all[P - 1], all[P - 1], weight};
    const nd_spectrum_view view = {.subject = "made up",
                                   .proved = density ? NULL : "Proved: <nothing>."};
    status = nd_show_spectrum(ctx, net, &s, &view, out);
    nd_net_destroy(ctx, net);
    return status;
}

static nd_status draw_eigenvalues(nd_ctx *ctx, nd_scene **out)
{
    return draw_spectrum(ctx, out, false);
}

static nd_status draw_density(nd_ctx *ctx, nd_scene **out)
{
    return draw_spectrum(ctx, out, true);
}

typedef nd_status (*drawing)(nd_ctx *ctx, nd_scene **out);
static const struct {
    const char *name;
    drawing draw;
} picture[] = {{"field", draw_field},
               {"lines", draw_lines},
               {"marks", draw_marks},
               {"plane", draw_plane},
               {"errors", draw_errors},
               {"curve", draw_curve},
               {"eigenvalues", draw_eigenvalues},
               {"density", draw_density}};
enum { PICTURES = sizeof picture / sizeof *picture };

static char *svg_of(nd_ctx *ctx, drawing draw, const nd_scene_style *style, size_t *size)
{
    nd_scene *s = NULL;
    char *svg;

    nd_assert_ok(ctx, draw(ctx, &s));
    nd_assert_ok(ctx, nd_scene_svg(ctx, s, style, &svg, size));
    nd_scene_destroy(s);
    return svg;
}

static void write_golden(void)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    char file[512];
    nd_scene *s = NULL;

    for (size_t k = 0; k < PICTURES; k++) {
        nd_assert_ok(ctx, picture[k].draw(ctx, &s));
        snprintf(file, sizeof file, GOLDEN "%s.svg", picture[k].name);
        nd_assert_ok(ctx, nd_scene_save(ctx, s, file, NULL));
        nd_scene_destroy(s);
    }
    nd_ctx_destroy(ctx);
}

/* ---- tests ------------------------------------------------------------------------------- */

static void test_golden(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (size_t k = 0; k < PICTURES; k++) {
        char file[512], *golden;
        size_t size, found;
        char *svg = svg_of(ctx, picture[k].draw, NULL, &size);
        snprintf(file, sizeof file, GOLDEN "%s.svg", picture[k].name);
        nd_assert_ok(ctx, nd_file_read(ctx, file, 0, &golden, &found));
        if (size != found || memcmp(svg, golden, size) != 0)
            fail_msg("%s differs: look at it and run test_show_svg --write", file);
        nd_free(ctx, golden);
        nd_text_destroy(ctx, svg);
    }
    nd_ctx_destroy(ctx);
}

static void test_escapes(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_scene *s;
    char *svg;
    size_t size;

    (void)state;
    nd_assert_ok(ctx, nd_scene_create(ctx, 10, 10, "<&>\"'", "a\nb", &s));
    nd_scene_group(s, "k\"", "<1>", "]]>&");
    nd_scene_text(s, 1, 1, (nd_type_style){0}, "<script>alert('1 & 2')</script>");
    nd_scene_end(s);
    nd_scene_end(s); /* one too many */
    nd_assert_ok(ctx, nd_scene_svg(ctx, s, NULL, &svg, &size));
    assert_non_null(strstr(svg, "&lt;&amp;&gt;&quot;&#39;</title>"));
    assert_non_null(strstr(svg, "a b</desc>"));
    assert_non_null(
        strstr(svg, "class=\"k&quot;\" data-id=\"&lt;1&gt;\" tabindex=\"0\"><title>]]&gt;&amp;"));
    assert_non_null(strstr(svg, "&lt;script&gt;alert(&#39;1 &amp; 2&#39;)&lt;/script&gt;"));
    assert_null(strstr(svg, "<script>"));
    nd_text_destroy(ctx, svg);
    nd_scene_destroy(s);
    nd_ctx_destroy(ctx);
}

/* Numbers: short, relative, and no locale takes part. */
static void test_numbers(void **state)
{
    static const double xy[] = {-0.004, 0.5, 1.25, -3, 1.25, -3, NAN, 0, 1e9, 2, 3, INFINITY, 7, 8};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_scene *s;
    char *svg;
    size_t size;

    (void)state;
    setlocale(LC_ALL, "de_DE.UTF-8");
    nd_assert_ok(ctx, nd_scene_create(ctx, 10.5, 10, "", "", &s));
    nd_scene_path(s, 7, xy, true, (nd_pen){.fill = ND_INK_BLUE});
    nd_assert_ok(ctx, nd_scene_svg(ctx, s, NULL, &svg, &size));
    assert_non_null(strstr(svg, "width=\"10.5\" height=\"10\""));
    assert_non_null(strstr(svg, "d=\"M0 .5l1.25-3.5zM10000000 2zM7 8z\""));
    nd_text_destroy(ctx, svg);
    nd_scene_destroy(s);
    setlocale(LC_ALL, "C");
    nd_ctx_destroy(ctx);
}

/* Inside a page: no style of its own, ids with its prefix; the page's style sheet has
 * both schemes and every ink. */
static void test_embedded(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    const nd_scene_style style = {.embedded = true, .id = "fig7"};
    size_t size;
    char *svg = svg_of(ctx, draw_field, &style, &size), *css, text[32];

    (void)state;
    assert_null(strstr(svg, "<style"));
    assert_non_null(strstr(svg, "id=\"fig7-t\""));
    assert_non_null(strstr(svg, "url(#fig7-c0)"));
    nd_text_destroy(ctx, svg);
    nd_assert_ok(ctx, nd_theme_css(ctx, &css));
    assert_non_null(strstr(css, "prefers-color-scheme:dark"));
    assert_non_null(strstr(css, "[data-theme=dark]"));
    for (int k = ND_INK_PAPER; k < ND_INKS; k++) {
        snprintf(text, sizeof text, ".nd .f%d{fill:#", k);
        assert_non_null(strstr(css, text));
    }
    nd_text_destroy(ctx, css);
    nd_ctx_destroy(ctx);
}

/* Rows of the published table (matplotlib 3.6, _cm_listed.py). */
static void test_cividis(void **state)
{
    static const int row[][4] = {{0, 0, 34, 78},       {17, 0, 46, 108},     {32, 26, 56, 111},
                                 {64, 67, 78, 108},    {100, 101, 104, 112}, {128, 125, 124, 120},
                                 {160, 155, 148, 118}, {200, 196, 180, 104}, {255, 254, 232, 56}};

    (void)state;
    for (int k = 0; k < 9; k++) {
        uint32_t c = nd_ink_rgb(nd_cividis(row[k][0] / 255.0), false);
        for (int part = 0; part < 3; part++)
            assert_true(abs((int)(c >> (16 - 8 * part) & 255) - row[k][1 + part]) <= 6);
    }
    assert_int_equal(nd_cividis(-1), nd_cividis(0));
    assert_int_equal(nd_cividis(NAN), nd_cividis(0));
    assert_int_equal(nd_cividis(2), nd_cividis(1));
}

/* Contrast of text and hues with the paper, WCAG 2: 4.5 for text, 3 for lines; the yellow
 * and the two light hues are for areas with an outline only. */
static double luminance(uint32_t rgb)
{
    double v = 0.0, part[] = {0.0722, 0.7152, 0.2126};

    for (int k = 0; k < 3; k++) {
        double c = (double)(rgb >> (8 * k) & 255) / 255.0;
        v += part[k] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return v;
}

static double contrast(nd_ink a, nd_ink b, bool dark)
{
    double x = luminance(nd_ink_rgb(a, dark)), y = luminance(nd_ink_rgb(b, dark));

    return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

static void test_contrast(void **state)
{
    static const nd_ink lines[] = {ND_INK_GREEN, ND_INK_BLUE, ND_INK_RED};

    (void)state;
    for (int dark = 0; dark < 2; dark++) {
        assert_true(contrast(ND_INK_TEXT, ND_INK_PAPER, dark) > 7.0);
        assert_true(contrast(ND_INK_MUTED, ND_INK_PAPER, dark) > 4.5);
        for (size_t k = 0; k < 3; k++) assert_true(contrast(lines[k], ND_INK_PAPER, dark) > 3.0);
    }
}

static void test_save(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    char folder[] = "/tmp/nadir-show-XXXXXX", file[64], *bytes;
    nd_scene *s = NULL;
    size_t size;

    (void)state;
    assert_non_null(mkdtemp(folder));
    nd_assert_ok(ctx, draw_marks(ctx, &s));
    nd_assert_status(ctx, nd_scene_save(ctx, s, "x.gif", NULL), ND_ENAME);
    nd_assert_message(ctx, ".svg, .png or .pdf");
    for (int k = 0; k < 2; k++) {
        snprintf(file, sizeof file, "%s/x.%s", folder, k ? "pdf" : "png");
        nd_status status = nd_scene_save(ctx, s, file, NULL);
        if (!nd_scene_rasters()) {
            assert_int_equal(status, ND_ENAME);
            continue;
        }
        assert_int_equal(status, ND_OK);
        nd_assert_ok(ctx, nd_file_read(ctx, file, 0, &bytes, &size));
        assert_true(size > 1000);
        assert_memory_equal(bytes, k ? "%PDF" : "\x89PNG", 4);
        nd_free(ctx, bytes);
        remove(file);
    }
    nd_scene_destroy(s);
    remove(folder);
    nd_ctx_destroy(ctx);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    nd_scene *s = NULL;
    char *svg = NULL;
    size_t size;

    nd_set_threads(ctx, 1);
    nd_status status = (*(const drawing *)arg)(ctx, &s);

    if (status == ND_OK) status = nd_scene_svg(ctx, s, NULL, &svg, &size);
    nd_text_destroy(ctx, svg);
    nd_scene_destroy(s);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    nd_test_every_allocation(scenario, &(drawing){draw_lines});
    nd_test_every_allocation(scenario, &(drawing){draw_field});
    nd_test_every_allocation(scenario, &(drawing){draw_plane});
    nd_test_every_allocation(scenario, &(drawing){draw_curve});
    nd_test_every_allocation(scenario, &(drawing){draw_eigenvalues});
    nd_test_every_allocation(scenario, &(drawing){draw_density});
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),  cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_embedded),
        cmocka_unit_test(test_cividis), cmocka_unit_test(test_contrast),
        cmocka_unit_test(test_save),    cmocka_unit_test(test_memory),
    };

    if (argc == 2 && strcmp(argv[1], "--write") == 0) {
        write_golden();
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
