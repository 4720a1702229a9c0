/* The potential over the space of neurons,
 *     G(w, b) = sum_i c_i s(w.x_i + b),   c_i = dL/df(x_i),
 * the slope of the loss towards a new neuron (theory.md, 0).  For fixed c the neuron (w_j, b_j)
 * with output weight a_j sees the field
 *     V(w, b) = sign(a_j) G(w, b) + lambda/(2 |a_j|) (|w|^2 + b^2):
 * a_j grad G + lambda (w, b) = 0 at a critical point.  Where a net is convex in its outputs'
 * slopes and every neuron sits at a local minimum of V with G = 0 (lambda = 0), theta is a local
 * minimum (the certificate 'dual').  Shown: V over (w, b) for one feature, over (w_1, w_2) at the
 * neuron's own b for two. */
#include "show/report.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 640.0
#define LEFT  66.0
#define TOP   44.0
#define INNER 440.0
enum { GRID = 61, BANDS = 18 };

static double sign(double a)
{
    return a < 0.0 ? -1.0 : 1.0;
}

static const nd_layer *layer_of(const nd_potential_view *v)
{
    return &v->term->layer[0];
}

static double weight(const nd_potential_view *v, size_t j, size_t k)
{
    return v->theta[layer_of(v)->W + j * v->pb->data->d + k];
}

static double bias(const nd_potential_view *v, size_t j)
{
    const nd_layer *l = layer_of(v);

    return l->b == SIZE_MAX ? 0.0 : v->theta[l->b + j];
}

static double output_weight(const nd_potential_view *v, size_t j)
{
    return v->theta[v->term->a + j];
}

/* V of the view's neuron and, unless NULL, the length of its gradient. */
static nd_status field_at(nd_ctx *ctx, const nd_potential_view *v, const double *w, double b,
                          double *value, double *slope)
{
    double a = output_weight(v, v->neuron), G, gw[2], gb, ridge, s = 0.0, norm = b * b;
    size_t d = v->pb->data->d;
    nd_status status = nd_potential(ctx, v->pb->data, layer_of(v)->act, v->c, w, b, &G,
                                    slope ? gw : NULL, slope ? &gb : NULL);

    if (status != ND_OK) return status;
    ridge = a != 0.0 ? v->pb->l2 / fabs(a) : 0.0;
    for (size_t k = 0; k < d; k++) {
        norm += w[k] * w[k];
        if (slope) s = hypot(s, sign(a) * gw[k] + ridge * w[k]);
    }
    if (slope) *slope = layer_of(v)->b == SIZE_MAX ? s : hypot(s, sign(a) * gb + ridge * b);
    *value = sign(a) * G + 0.5 * ridge * norm;
    return ND_OK;
}

/* ---- the picture ------------------------------------------------------------------------------ */

/* Room for all neurons, and for a look around them. */
static void set_window(nd_potential_view *v)
{
    bool flat = v->pb->data->d == 1;
    double most[2] = {1.5, 1.5};

    for (size_t j = 0; j < v->term->out; j++) {
        most[0] = fmax(most[0], 1.5 * fabs(weight(v, j, 0)));
        most[1] = fmax(most[1], 1.5 * fabs(flat ? bias(v, j) : weight(v, j, 1)));
    }
    if (!flat) most[0] = most[1] = fmax(most[0], most[1]);
    for (int k = 0; k < 2; k++) v->lo[k] = -most[k], v->hi[k] = most[k];
}

static nd_status sample_field(nd_ctx *ctx, nd_potential_view *v, double *z)
{
    bool flat = v->pb->data->d == 1;
    nd_status status = ND_OK;

    v->least = INFINITY;
    v->most = -INFINITY;
    for (size_t k = 0; k < GRID * GRID && status == ND_OK; k++) {
        double s = v->lo[0] + (v->hi[0] - v->lo[0]) * (double)(k % GRID) / (GRID - 1);
        double t = v->lo[1] + (v->hi[1] - v->lo[1]) * (double)(k / GRID) / (GRID - 1);
        const double w[2] = {s, t};
        status = field_at(ctx, v, w, flat ? t : bias(v, v->neuron), &z[k], NULL);
        if (k % GRID == 0 && nd_cancelled(ctx)) return ND_ECANCEL;
        if (!isfinite(z[k])) continue;
        v->least = fmin(v->least, z[k]);
        v->most = fmax(v->most, z[k]);
    }
    return status;
}

/* Equal ones are drawn once, with all their numbers. */
static void draw_neurons(const nd_plot *p, const nd_potential_view *v)
{
    bool flat = v->pb->data->d == 1;
    const double a = output_weight(v, v->neuron);

    for (size_t j = 0; j < v->term->out; j++) {
        double x = nd_plot_x(p, weight(v, j, 0));
        double y = nd_plot_y(p, flat ? bias(v, j) : weight(v, j, 1));
        char label[24], title[120], number[ND_TICK_TEXT];
        if (sign(output_weight(v, j)) != sign(a)) continue;
        bool own = flat || fabs(bias(v, j) - bias(v, v->neuron)) <= 1e-6 * (v->hi[0] - v->lo[0]);
        nd_number_label(output_weight(v, j), 3, number);
        snprintf(label, sizeof label, "%zu", j + 1);
        snprintf(title, sizeof title, "neuron %zu, output weight %s%s", j + 1, number,
                 own ? "" : ", with another bias");
        nd_scene_group(p->scene, "neuron", NULL, title);
        nd_scene_circle(
            p->scene, x, y, own ? 6.5 : 4.0,
            (nd_pen){.stroke = ND_RGB(0x000000), .fill = ND_RGB(0xffffff), .width = 2.2});
        nd_scene_text(p->scene, x + 10.0, y - 7.0,
                      (nd_type_style){.size = 11.5, .bold = true, .halo = true}, label);
        nd_scene_end(p->scene);
    }
}

static void names(const nd_potential_view *v, char title[160], char x[64], char y[64])
{
    double a = output_weight(v, v->neuron);
    char number[ND_TICK_TEXT], b[ND_TICK_TEXT];

    nd_number_label(a, 3, number);
    nd_number_label(bias(v, v->neuron), 3, b);
    if (v->pb->l2 > 0.0)
        snprintf(title, 160, "Seen by neuron %zu, a = %s: %s + its ridge", v->neuron + 1, number,
                 a < 0.0 ? "−G" : "G");
    else
        snprintf(title, 160, "Seen by neurons with a %s 0: %s", a < 0.0 ? "<" : ">",
                 a < 0.0 ? "−G" : "G");
    if (v->pb->data->d == 1) {
        snprintf(x, 64, "weight w");
        snprintf(y, 64,
                 layer_of(v)->b == SIZE_MAX ? "bias b (this net has none: b = 0)" : "bias b");
    } else {
        snprintf(x, 64, "weight w1 (at b = %s)", b);
        snprintf(y, 64, "weight w2");
    }
}

nd_status nd_draw_potential(nd_ctx *ctx, nd_potential_view *v, nd_scene **out)
{
    double *z = ND_NEW(ctx, double, GRID *GRID);
    char title[160], x[64], y[64];
    nd_scene *s = NULL;
    nd_ramp r;
    nd_status status = z ? ND_OK : ND_EMEM;

    if (status != ND_OK) return status;
    set_window(v);
    names(v, title, x, y);
    ND_TRY(sample_field(ctx, v, z));
    ND_TRY(nd_scene_create(ctx, WIDTH, TOP + INNER + 54.0, title,
                           "The potential over neuron space, with the neurons of the point", &s));
    const nd_plot p = {s,
                       LEFT,
                       TOP,
                       INNER,
                       INNER,
                       {v->lo[0], v->hi[0], false, false},
                       {v->lo[1], v->hi[1], false, false}};
    nd_scene_text(s, LEFT, 22.0, (nd_type_style){.size = 13.0, .bold = true}, title);
    nd_plot_axes(&p, x, y);
    ND_TRY(nd_ramp_fit(ctx, GRID * GRID, z, 0.95, BANDS, false, &r));
    ND_TRY(nd_plot_field(ctx, &p, (nd_grid){GRID, GRID, z}, &r));
    nd_plot_ramp(&p, LEFT + INNER + 26.0, &r, output_weight(v, v->neuron) < 0.0 ? "−G" : "G");
    draw_neurons(&p, v);
    ND_TRY(nd_scene_status(s));
    *out = s;
    s = NULL;
done:
    nd_scene_destroy(s);
    nd_free(ctx, z);
    return status;
}

/* ---- the section --------------------------------------------------------------------------------- */

static nd_status neuron_row(nd_report *r, const nd_potential_view *v, size_t j, json_t *array)
{
    nd_potential_view own = *v;
    const double w[2] = {weight(v, j, 0), v->pb->data->d > 1 ? weight(v, j, 1) : 0.0};
    double value, slope, G;
    nd_status status;

    own.neuron = j;
    ND_TRY(field_at(r->ctx, &own, w, bias(v, j), &value, &slope));
    ND_TRY(
        nd_potential(r->ctx, v->pb->data, layer_of(v)->act, v->c, w, bias(v, j), &G, NULL, NULL));
    nd_buf_printf(r->b, "<tr><th scope=\"row\">%zu</th>", j + 1);
    for (size_t k = 0; k < v->pb->data->d; k++) nd_html_cell(r, w[k], 5);
    nd_html_cell(r, bias(v, j), 5);
    nd_html_cell(r, output_weight(v, j), 5);
    nd_html_cell(r, G, 3);
    nd_html_cell(r, slope, 2);
    nd_html(r, "</tr>\n");
    json_t *one = json_object();
    nd_json_put(r, one, "w", nd_json_reals(r, v->pb->data->d, w));
    nd_json_put_real(r, one, "b", bias(v, j));
    nd_json_put_real(r, one, "a", output_weight(v, j));
    nd_json_put_real(r, one, "G", G);
    nd_json_put_real(r, one, "slope", slope);
    nd_json_append(r, array, one);
done:
    return status;
}

static nd_status table(nd_report *r, const char *key, const nd_potential_view *v)
{
    static const char *const one[] = {"neuron", "w", "b", "a", "G(w, b)", "slope of what it sees",
                                      NULL};
    static const char *const two[] = {
        "neuron", "w1", "w2", "b", "a", "G(w, b)", "slope of what it sees", NULL};
    json_t *array = json_array();
    nd_status status = ND_OK;

    nd_figure_data(r, "Data: the neurons", v->pb->data->d == 1 ? one : two);
    for (size_t j = 0; j < v->term->out && status == ND_OK; j++)
        status = neuron_row(r, v, j, array);
    nd_figure_data_end(r);
    nd_json_put(r, nd_json_at(r, key), "neurons", array);
    return status;
}

/* What was measured about the neuron the picture goes through. */
static nd_status caption(nd_report *r, const nd_potential_view *v)
{
    const double w[2] = {weight(v, v->neuron, 0),
                         v->pb->data->d > 1 ? weight(v, v->neuron, 1) : 0.0};
    double value, range = v->most - v->least;
    nd_status status = field_at(r->ctx, v, w, bias(v, v->neuron), &value, NULL);

    if (status != ND_OK) return status;
    nd_html(r, "<figcaption>");
    nd_html_say(r, "Neuron %zu sees ", v->neuron + 1);
    nd_html_number(r, fabs(value) <= 1e-12 * range ? 0.0 : value, 3);
    nd_html(r, " where it stands; the lowest value in the picture is ");
    nd_html_number(r, fabs(v->least) <= 1e-12 * range ? 0.0 : v->least, 3);
    nd_html(r, ". ");
    if (v->pb->l2 > 0.0)
        nd_html(r, "With ridge the slope of this field is 0 at the neuron; a bottom is neither "
                   "needed nor enough.");
    else if (value <= v->least + 1e-9 * range)
        nd_html(r, "<strong>It sits at the bottom</strong>, as measured on the grid: with a convex "
                   "loss no small move of this neuron alone can lower it. (A proof is the "
                   "certificate.) A new neuron of the opposite sign, put where the field is high, "
                   "would.");
    else
        nd_html(r, "A new neuron with an output weight of the same sign would lower the loss "
                   "where the field is negative.");
    nd_html(r, "</figcaption>\n");
    return ND_OK;
}

static nd_status figure(nd_report *r, const nd_atlas_point *p, nd_potential_view *v, bool last)
{
    nd_scene *scene = NULL;
    char key[64], name[64];
    nd_status status;
    const char *side = output_weight(v, v->neuron) < 0.0 ? "falling" : "rising";

    snprintf(key, sizeof key, "potential/%zu/%s", p->id, side);
    snprintf(name, sizeof name, "potential-%zu-%s", p->id, side);
    ND_TRY(nd_draw_potential(r->ctx, v, &scene));
    ND_TRY(nd_figure(r, key, name, scene));
    ND_TRY(caption(r, v));
    json_t *j = nd_json_at(r, key);
    nd_json_put_real(r, j, "least", v->least);
    nd_json_put_real(r, j, "most", v->most);
    if (last) ND_TRY(table(r, key, v));
    nd_figure_end(r);
done:
    nd_scene_destroy(scene);
    return status;
}

/* The neuron of that sign with the largest output weight; out of range: there is none. */
static size_t leading(const nd_potential_view *v, double s)
{
    size_t best = v->term->out;

    for (size_t j = 0; j < v->term->out; j++) {
        double a = output_weight(v, j);
        if (a == 0.0 || sign(a) != s) continue;
        if (best == v->term->out || fabs(a) > fabs(output_weight(v, best))) best = j;
    }
    return best;
}

static bool all_zero(size_t n, const double *c)
{
    for (size_t i = 0; i < n; i++)
        if (c[i] != 0.0) return false;
    return true;
}

static nd_status figures(nd_report *r, const nd_atlas_point *p, nd_potential_view *v)
{
    size_t of[2] = {leading(v, 1.0), leading(v, -1.0)}, out = v->term->out;
    nd_status status = ND_OK;

    if (all_zero(v->pb->data->n, v->c)) {
        nd_html(r, "<p>G is 0 everywhere: no sample pulls any more. No neuron could lower the "
                   "loss.</p>\n");
        return ND_OK;
    }
    if (of[0] == out && of[1] == out)
        nd_html(r, "<p>All output weights are 0: no neuron sees the potential yet.</p>\n");
    nd_html(r, "<div class=\"pair\">\n");
    for (int k = 0; k < 2 && status == ND_OK; k++) {
        if (of[k] == out) continue;
        v->neuron = of[k];
        status = figure(r, p, v, k == 1 || of[1] == out);
    }
    nd_html(r, "</div>\n");
    return status;
}

static nd_status panel(nd_report *r, size_t k, const nd_term *term)
{
    const nd_problem *pb = r->src->problem;
    const nd_atlas_point *p = &r->src->point[k];
    double *c = ND_NEW(r->ctx, double, pb->data->n);
    nd_work *work = NULL;
    nd_potential_view v = {.pb = pb, .term = term, .theta = p->theta, .c = c};
    nd_status status = c ? nd_work_create(r->ctx, pb, &work) : ND_EMEM;

    if (status != ND_OK) goto done;
    ND_TRY(nd_problem_slopes(r->ctx, pb, p->theta, work, c));
    nd_panel(r, "potential", k);
    ND_TRY(figures(r, p, &v));
    nd_panel_end(r);
done:
    nd_work_destroy(r->ctx, work);
    nd_free(r->ctx, c);
    return status;
}

/* f_S, or a single layer without biases; NULL: the network has neither. */
static const nd_term *single_layer(const nd_net *net)
{
    size_t k = nd_net_shortcut(net);

    if (k < net->terms) return &net->term[k];
    for (k = 0; k < net->terms; k++)
        if (net->term[k].depth == 1) return &net->term[k];
    return NULL;
}

nd_status nd_report_potential(nd_report *r)
{
    const nd_problem *pb = r->src->problem;
    const nd_term *term = single_layer(pb->net);
    nd_status status = ND_OK;

    nd_section(
        r, "potential", "What a neuron sees: the potential G",
        "<math><mi>G</mi><mo stretchy=\"false\">(</mo><mi>w</mi><mo>,</mo><mi>b</mi>"
        "<mo stretchy=\"false\">)</mo><mo>=</mo><munder><mo>∑</mo><mi>i</mi></munder>"
        "<msub><mi>c</mi><mi>i</mi></msub><mi>s</mi><mo stretchy=\"false\">(</mo><mi>w</mi>"
        "<mo>·</mo><msub><mi>x</mi><mi>i</mi></msub><mo>+</mo><mi>b</mi>"
        "<mo stretchy=\"false\">)</mo></math> is the slope of the loss in the direction of a "
        "new neuron (w, b) with output weight 0. At a bad minimum that no neuron can leave, "
        "every neuron with output weight a sits at a bottom of sign(a) G, and G is 0 "
        "there.");
    if (!term || pb->data->d < 1 || pb->data->d > 2) {
        nd_html(r, term ? "<p>Drawn for data of one or two features only.</p>\n"
                        : "<p>The network has no single-layer part.</p>\n");
    } else {
        for (size_t k = 0; k < r->owns && status == ND_OK; k++) status = panel(r, r->own[k], term);
        nd_panel_none(r, "potential");
    }
    nd_section_end(r);
    return status;
}
