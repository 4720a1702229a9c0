/* nadir slice: the loss surface along a line or over a plane of parameter space. */
#include "cli/slice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct slice_options {
    const char *through, *eigen, *trace;
    bool random, dark;
    long dim, grid;
    double span;
    int values, log;
} own;

enum { LIST_MAX = 16 };

/* ---- which plane ---------------------------------------------------------------------------- */

/* "3,7,12": at most most whole numbers. */
static nd_status read_list(cli *c, const char *option, const char *text, size_t most, long *list,
                           size_t *count)
{
    const char *s = text;

    for (*count = 0; *count < most; ++*count) {
        char *end;
        list[*count] = strtol(s, &end, 10);
        if (end == s || (*end && *end != ',')) break;
        if (!*end) {
            ++*count;
            return ND_OK;
        }
        s = end + 1;
    }
    return nd_fail(c->ctx, ND_EINPUT,
                   "--%s %s: expected up to %zu whole numbers with commas between", option, text,
                   most);
}

static slice_point *find_point(const slice_source *s, long label)
{
    char text[24];

    snprintf(text, sizeof text, "%ld", label);
    for (size_t k = 0; k < s->points; k++)
        if (strcmp(s->point[k].label, text) == 0) return &s->point[k];
    return NULL;
}

/* The points that --through names, the plane's own first; then all others of the source. */
static nd_status choose_points(cli *c, slice_source *s, slice_result *r, size_t *through)
{
    long list[LIST_MAX];
    size_t n = 0, count = 0;

    if (own.through) {
        nd_status status = read_list(c, "through", own.through, 3, list, &count);
        if (status != ND_OK) return status;
    }
    for (; n < count; n++) {
        r->order[n] = find_point(s, list[n]);
        if (!r->order[n])
            return nd_fail(c->ctx, ND_EINPUT, "--through %s: there is no point %ld; there are %zu",
                           own.through, list[n], s->points);
    }
    for (size_t k = 0; k < s->points; k++) {
        bool named = false;
        for (size_t i = 0; i < count; i++) named = named || r->order[i] == &s->point[k];
        if (!named && n < s->points) r->order[n++] = &s->point[k];
    }
    *through = count ? count : s->points < 3 ? s->points : 3;
    return ND_OK;
}

static nd_status one_way(cli *c)
{
    int ways = (own.through != NULL) + (own.eigen != NULL) + own.random + (own.trace != NULL);

    if (ways > 1)
        return nd_fail(c->ctx, ND_EINPUT,
                       "--through, --eigen, --random and --trace exclude each "
                       "other: a slice is one plane");
    return ND_OK;
}

static nd_status trace_plane(cli *c, const slice_source *s, slice_result *r)
{
    nd_status status = nd_trace_load(c->ctx, own.trace, &r->trace);

    if (status != ND_OK) return status;
    if (strcmp(r->trace->net, s->problem->net->spec) != 0 || r->trace->P != s->problem->net->P)
        return nd_fail(c->ctx, ND_EINPUT, "%s: the trace is of %s on %zu features, the model is %s",
                       own.trace, r->trace->net, r->trace->d, s->problem->net->spec);
    return nd_plane_trace(c->ctx, r->trace, (int)own.dim, &r->plane);
}

static nd_status make_plane(cli *c, const slice_source *s, slice_result *r, size_t through)
{
    const double *first = r->order[0]->theta, *point[3];
    long rank[LIST_MAX];
    size_t ranks;
    nd_status status;

    if (own.trace) return trace_plane(c, s, r);
    if (own.eigen) {
        status = read_list(c, "eigen", own.eigen, 2, rank, &ranks);
        if (status != ND_OK) return status;
        return nd_plane_eigen(c->ctx, s->problem, first, (int)ranks, rank, &r->plane);
    }
    if (own.random || (through < 2 && !own.through))
        return nd_plane_random(c->ctx, s->problem->net, first, (int)own.dim, c->args.train.seed,
                               &r->plane);
    for (size_t k = 0; k < through; k++) point[k] = r->order[k]->theta;
    return nd_plane_through(c->ctx, s->problem->net->P, through, point, &r->plane);
}

/* --span: half the width, about the middle. */
static void set_span(nd_plane *p)
{
    for (int k = 0; k < p->dim && own.span > 0.0; k++) {
        double middle = 0.5 * (p->lo[k] + p->hi[k]);
        p->lo[k] = middle - own.span;
        p->hi[k] = middle + own.span;
    }
}

/* ---- what is said ------------------------------------------------------------------------------ */

static void project(slice_source *s, slice_result *r)
{
    r->view.points = s->points;
    r->view.point = r->shown;
    r->view.subject = s->subject;
    r->view.trace = r->trace;
    r->view.errors = own.values == 1;
    r->view.log = own.log == 0 ? -1 : own.log == 1;
    for (size_t k = 0; k < s->points; k++) {
        slice_point *p = r->order[k];
        p->far = nd_plane_project(r->plane, p->theta, p->at);
        r->shown[k] = (nd_slice_point){.theta = p->theta,
                                       .loss = p->verdict.loss,
                                       .mark = nd_mark_of(&p->verdict),
                                       .label = p->label,
                                       .title = p->title};
    }
}

static void say_range(cli *c, const nd_slice *g)
{
    size_t cells = g->n[0] * g->n[1], best = 0, clean = 0;
    double top = -INFINITY, most = 0.0;

    for (size_t k = 0; k < cells; k++) {
        if (g->loss[k] < g->loss[best]) best = k;
        if (g->loss[k] > top) top = g->loss[k];
        most = fmax(most, g->errors[k]);
        clean += g->errors[k] == 0.0;
    }
    char size[48];
    snprintf(size, sizeof size, g->n[1] > 1 ? "%zu x %zu points" : "%zu points", g->n[0], g->n[1]);
    cli_answer(c, "grid", "%s: loss %.6g to %.6g, lowest at s = %.4g, t = %.4g", size,
               g->loss[best], top, nd_slice_at(g, 0, best % g->n[0]),
               nd_slice_at(g, 1, best / g->n[0]));
    cli_answer(c, "errors", "up to %.0f; none on %zu of the %zu points", most, clean, cells);
}

static void say(cli *c, const slice_result *r)
{
    char text[ND_PLANE_TEXT];

    nd_plane_sentence(r->plane, &r->view, text);
    cli_answer(c, "slice", "%s", text);
    say_range(c, r->grid);
    for (size_t k = 0; k < r->view.points && k < 12; k++) {
        const slice_point *p = r->order[k];
        char where[64] = "on it";
        if (p->far > 1e-6 * (r->plane->hi[0] - r->plane->lo[0]))
            snprintf(where, sizeof where, "%.3g away from it", p->far);
        cli_line(c, "point", "%s; at s = %.4g, t = %.4g, %s", p->title + strlen("point "), p->at[0],
                 p->at[1], where);
    }
    cli_line(c, "note", "a slice shows a plane, not the surface: it proves nothing");
}

static nd_status write_file(cli *c, const slice_result *r)
{
    const char *file = c->args.output;
    const nd_scene_style style = {.dark = own.dark};
    nd_scene *scene = NULL;
    nd_status status;

    if (!file) return ND_OK;
    if (cli_ends_in(file, ".csv"))
        status = slice_csv(c, r, file);
    else if (cli_ends_in(file, ".json"))
        status = slice_json_file(c, r, file);
    else {
        status = nd_show_slice(c->ctx, r->plane, r->grid, &r->view, &scene);
        if (status == ND_OK) status = nd_scene_save(c->ctx, scene, file, &style);
        nd_scene_destroy(scene);
    }
    if (status == ND_OK) cli_line(c, "wrote", "%s", file);
    return status;
}

static nd_status compute(cli *c, slice_source *s, slice_result *r)
{
    size_t through = 0;
    nd_status status;

    r->order = ND_NEW0(c->ctx, slice_point *, s->points + LIST_MAX);
    r->shown = ND_NEW0(c->ctx, nd_slice_point, s->points);
    if (!r->order || !r->shown) return ND_EMEM;
    ND_TRY(choose_points(c, s, r, &through));
    ND_TRY(make_plane(c, s, r, through));
    set_span(r->plane);
    project(s, r);
    ND_TRY(nd_slice_make(c->ctx, s->problem, r->plane, (size_t)own.grid, &r->grid));
done:
    return status;
}

static cli_exit run(cli *c)
{
    slice_source s;
    slice_result r;
    nd_status status;

    memset(&s, 0, sizeof s);
    memset(&r, 0, sizeof r);
    ND_TRY(one_way(c));
    ND_TRY(cli_check_picture(c));
    ND_TRY(slice_open(c, &s));
    ND_TRY(compute(c, &s, &r));
    say(c, &r);
    slice_json(c, &r, c->json);
    ND_TRY(write_file(c, &r));
done:
    nd_slice_destroy(c->ctx, r.grid);
    nd_plane_destroy(c->ctx, r.plane);
    nd_trace_destroy(c->ctx, r.trace);
    nd_free(c->ctx, r.order);
    nd_free(c->ctx, r.shown);
    slice_close(c, &s);
    return status == ND_OK ? CLI_DONE : cli_fail(c, status);
}

#define AT(member) offsetof(struct slice_options, member)

static const cli_option rows[] = {
    {{"through", ND_TEXT, AT(through), 0, 0, 0, NULL,
      "the line through two points or the plane through three: numbers of the models in the order "
      "given, or of the points of the atlas; default: the first ones"},
     0,
     "K,K[,K]"},
    {{"eigen", ND_TEXT, AT(eigen), 0, 0, 0, NULL,
      "through the first point along eigenvectors of its Hessian: 0 the smallest eigenvalue, 1 the "
      "next, -1 the largest"},
     0,
     "K[,K]"},
    {{"random", ND_BOOL, AT(random), 0, 0, 0, NULL,
      "through the first point along random directions, scaled neuron by neuron (the default when "
      "there is one point)"},
     0,
     NULL},
    {{"trace", ND_TEXT, AT(trace), 0, 0, 0, NULL,
      "along the principal directions of the training run that 'train --trace FILE' has stored"},
     0,
     "FILE"},
    {{"dim", ND_LONG, AT(dim), 2, 1, 2, NULL,
      "a line (1) or a plane (2), for --random and --trace"},
     0,
     "N"},
    {{"grid", ND_LONG, AT(grid), 101, 2, 4001, NULL, "points across, in each direction"}, 0, "N"},
    {{"span", ND_REAL, AT(span), 0, 0, 1e12, NULL,
      "half the width that is shown; 0: what shows the points, or a width that fits the "
      "parameters"},
     0,
     "X"},
    {{"values", ND_CHOICE, AT(values), 0, 0, 0, "loss|errors",
      "what the picture of a plane shows; the files with numbers have both"},
     0,
     "WHAT"},
    {{"log", ND_CHOICE, AT(log), 0, 0, 0, "auto|yes|no", "logarithmic scale of the loss"},
     0,
     "HOW"},
    {{"dark", ND_BOOL, AT(dark), 0, 0, 0, NULL,
      "dark ground for PNG and PDF (an SVG follows its surroundings)"},
     0,
     NULL},
    {{NULL, ND_BOOL, 0, 0, 0, 0, NULL, NULL}, 0, NULL},
};

static const cli_table tables[] = {{NULL, rows, &own}, {NULL, NULL, NULL}};

static const cli_example examples[] = {
    {"a plane of random directions around a trained model",
     "nadir train data/wdbc.csv --positive M --net softplus:8 --l2 0.001 -o a.model.json"},
    {NULL, "nadir slice a.model.json data/wdbc.csv -o random.svg"},
    {"along the softest and the stiffest direction of its Hessian",
     "nadir slice a.model.json data/wdbc.csv --eigen 0,-1 --span 5 -o eigen.svg"},
    {"from one model to another: is there a barrier on the straight line?",
     "nadir train data/wdbc.csv --positive M --net softplus:8 --l2 0.001 --seed 2 -o b.model.json"},
    {NULL, "nadir slice a.model.json data/wdbc.csv b.model.json -o line.svg"},
    {"the way that training took, in the plane of its two principal directions",
     "nadir train gen:moons,n=100 --net tanh:4 --l2 0.001 --trace run.trace -o c.model.json"},
    {NULL, "nadir slice c.model.json gen:moons,n=100 --trace run.trace -o way.svg"},
    {NULL, NULL},
};

const cli_command cli_slice = {
    .name = "slice",
    .operands = "MODEL DATA [MODEL...] | ATLAS",
    .least = 1,
    .most = 32,
    .summary = "draw the loss and the training errors along a line or over a plane of parameters",
    .details =
        "A slice shows a plane of parameter space, not the surface: it proves nothing, and two "
        "minima that a ridge parts in one plane may be joined in another. It always says which "
        "plane "
        "it is. Points beside the plane are projected at right angles and marked with their "
        "distance.\n"
        "-o decides by its name: .svg, .png or .pdf for a picture, .csv or .json for the numbers "
        "(the JSON also has the plane's origin and directions). DATA are labelled and scaled by "
        "the "
        "rules of the first model; further models must be of the same network and scaling.",
    .own = tables,
    .options = "output seed label positive format threads json quiet",
    .example = examples,
    .run = run,
};
