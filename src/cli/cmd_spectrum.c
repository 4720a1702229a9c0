/* nadir spectrum MODEL DATA: the eigenvalues of the Hessian, what is proved about them, and
 * the neurons that carry its soft, negative and stiff directions. */
#include "cli/cli.h"

#include "base/file.h"

#include <math.h>
#include <string.h>

static struct spectrum_options {
    long probes, steps, dense_max;
    bool dark, unproved;
} own;

enum { TOP = 5 }; /* neurons named in a line */

typedef struct {
    cli_point p;
    nd_hessian_spectrum *s;
    nd_cert cert; /* kind NULL: none was tried */
    double moved; /* from theta to where the certificate looked */
    char subject[200], proved[400];
} job;

/* ---- what is proved ---------------------------------------------------------------------------- */

static double distance(size_t n, const double *a, const double *b)
{
    double d = 0.0;

    for (size_t i = 0; i < n; i++) d = hypot(d, a[i] - b[i]);
    return d;
}

/* A certificate of a critical point near theta says something of the spectrum there. */
static void proof_sentence(job *b)
{
    const nd_cert *k = &b->cert;
    double far = (k->radius + b->moved) * (1.0 + 1e-12);

    b->proved[0] = '\0';
    if (k->truth != ND_PROVED) return;
    if (k->mu > 0.0)
        snprintf(b->proved, sizeof b->proved,
                 "Proved (%s): within %.2g of theta there is a critical point at which every "
                 "eigenvalue of the Hessian is at least %.6g.",
                 k->kind, far, k->mu);
    else if (k->says == ND_SAYS_SADDLE)
        snprintf(b->proved, sizeof b->proved,
                 "Proved (%s): within %.2g of theta there is a critical point whose Hessian has "
                 "exactly %zu negative eigenvalue%s and none that is 0.",
                 k->kind, far, k->index, nd_plural(k->index));
    else if (k->says == ND_SAYS_GLOBAL && k->loss_hi == 0.0)
        snprintf(
            b->proved, sizeof b->proved,
            "Proved (%s): the loss is exactly 0 at theta, so no eigenvalue of the exact Hessian "
            "there is negative.",
            k->kind);
}

static nd_status prove(cli *c, job *b)
{
    const nd_problem *pb = &b->p.problem;
    size_t P = pb->net->P;
    double *x = ND_NEW(c->ctx, double, P);
    nd_status status = x ? ND_OK : ND_EMEM;

    if (status != ND_OK || own.unproved) goto done;
    memcpy(x, b->p.model->theta, P * sizeof *x);
    ND_TRY(nd_cert_polish(c->ctx, pb, x));
    b->moved = distance(P, x, b->p.model->theta);
    ND_TRY(nd_certify_near(c->ctx, pb, x, &b->cert));
    if (b->moved > 0.0 && b->cert.says == ND_SAYS_GLOBAL && b->cert.radius == 0.0)
        ND_TRY(nd_certify_near(c->ctx, pb, b->p.model->theta, &b->cert)); /* of theta itself */
    proof_sentence(b);
done:
    nd_free(c->ctx, x);
    return status;
}

/* ---- who carries a group -------------------------------------------------------------------------- */

/* "term 1, layer 2, neuron 7", counted from 1; the last: output bias and linear terms. */
static void neuron_name(const nd_net *net, size_t unit, char text[64])
{
    for (size_t t = 0, at = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++) {
            size_t width = net->term[t].layer[l].width;
            if (unit < at + width) {
                int n = net->terms > 1 ? snprintf(text, 64, "term %zu ", t + 1) : 0;
                if (net->term[t].depth > 1)
                    n += snprintf(text + n, 64 - (size_t)n, "layer %zu ", l + 1);
                snprintf(text + n, 64 - (size_t)n, "neuron %zu", unit - at + 1);
                return;
            }
            at += width;
        }
    snprintf(text, 64, "output bias and linear terms");
}

static size_t largest(size_t n, const double *share, const bool *used)
{
    size_t best = n;

    for (size_t k = 0; k < n; k++)
        if (!used[k] && (best == n || share[k] > share[best])) best = k;
    return best;
}

static json_t *layers_json(cli *c, const nd_net *net, const double *share)
{
    json_t *array = json_array();
    size_t at = 0;

    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++) {
            json_t *one = json_object();
            double sum = 0.0;
            for (size_t j = 0; j < net->term[t].layer[l].width; j++) sum += share[at++];
            cli_put_count(c, one, "term", t + 1);
            cli_put_count(c, one, "layer", l + 1);
            cli_put_real(c, one, "share", sum);
            if (json_array_append_new(array, one) != 0) c->no_memory = true;
        }
    return array;
}

static json_t *group_json(cli *c, const nd_net *net, const nd_directions *g, const double *share)
{
    json_t *j = json_object();

    cli_put_text(c, j, "name", g->name);
    cli_put_count(c, j, "directions", g->count);
    cli_put_real(c, j, "lowest", g->lo);
    cli_put_real(c, j, "highest", g->hi);
    cli_put(c, j, "neurons", cli_reals(c, net->units, share));
    cli_put_real(c, j, "output_bias_and_linear", share[net->units]);
    cli_put(c, j, "layers", layers_json(c, net, share));
    return j;
}

static void say_group(cli *c, const nd_net *net, const nd_directions *g, const double *share,
                      bool *used)
{
    nd_buf line = nd_buf_make(c->ctx);
    size_t n = net->units + 1;

    memset(used, 0, n * sizeof *used);
    for (int k = 0; k < TOP && k < (int)n; k++) {
        char name[64], percent[32];
        size_t best = largest(n, share, used);
        if (!(share[best] >= 0.01)) break;
        used[best] = true;
        neuron_name(net, best, name);
        snprintf(percent, sizeof percent, " %.0f %%", 100.0 * share[best]);
        nd_buf_printf(&line, "%s%s%s", k ? ", " : "", name, percent);
    }
    char what[96];
    if (g->count == 1)
        snprintf(what, sizeof what, "eigenvalue %.4g", g->lo);
    else
        snprintf(what, sizeof what, "%zu eigenvalues, %.4g to %.4g", g->count, g->lo, g->hi);
    if (nd_buf_status(&line) == ND_OK)
        cli_answer(c, g->name, "%s: %s", what, line.size ? line.data : "no neuron has 1 % of it");
    nd_buf_free(&line);
}

static nd_status say_groups(cli *c, const job *b)
{
    const nd_net *net = b->p.model->net;
    double *share = ND_NEW(c->ctx, double, net->units + 1);
    bool *used = ND_NEW(c->ctx, bool, net->units + 1);
    json_t *groups = c->json ? json_array() : NULL;

    for (size_t k = 0; k < b->s->groups && share && used; k++) {
        nd_participation(net, b->s->group[k].weight, share);
        say_group(c, net, &b->s->group[k], share, used);
        if (groups &&
            json_array_append_new(groups, group_json(c, net, &b->s->group[k], share)) != 0)
            c->no_memory = true;
    }
    cli_put(c, c->json, "groups", groups);
    nd_status status = share && used ? ND_OK : ND_EMEM;
    nd_free(c->ctx, share);
    nd_free(c->ctx, used);
    return status;
}

/* ---- the spectrum ------------------------------------------------------------------------------------ */

static void say_spectrum(cli *c, const job *b)
{
    const nd_hessian_spectrum *s = b->s;

    if (s->all)
        cli_answer(c, "spectrum",
                   "%zu eigenvalues: %ld negative, %ld not told from 0, %ld positive (error %.2g)",
                   s->P, s->negative, s->null, s->positive, s->error);
    else
        cli_answer(c, "spectrum",
                   "%zu eigenvalues; their density from %zu probes of %zu Lanczos steps", s->P,
                   s->probes, s->steps);
    cli_answer(c, "smallest", "%.10g +- %.2g", s->low.value, s->low.error);
    cli_answer(c, "largest", "%.10g +- %.2g", s->high.value, s->high.error);
    cli_line(c, "note", "numerical: of the Hessian as computed in double precision at theta");
    if (b->proved[0])
        cli_answer(c, "proved", "%s", b->proved + strlen("Proved "));
    else if (!own.unproved)
        cli_line(c, "proved", "nothing about the spectrum: %s",
                 b->cert.truth == ND_PROVED ? "the certificate does not speak of it"
                                            : b->cert.reason);
}

static json_t *pair_json(cli *c, const nd_eigenpair *e, size_t P)
{
    json_t *j = json_object();

    cli_put_real(c, j, "value", e->value);
    cli_put_real(c, j, "error", e->error);
    cli_put(c, j, "vector", cli_reals(c, P, e->vector));
    return j;
}

static void proof_json(cli *c, json_t *j, const job *b)
{
    bool says = b->proved[0] != '\0';
    json_t *one = says ? json_object() : json_null();

    if (says) {
        cli_put_text(c, one, "kind", b->cert.kind);
        cli_put_text(c, one, "sentence", b->proved);
        cli_put_real(c, one, "within", b->cert.radius + b->moved);
        cli_put(c, one, "smallest_at_least",
                b->cert.mu > 0.0 ? nd_json_real(b->cert.mu) : json_null());
        cli_put_count(c, one, "negative", b->cert.index);
    }
    cli_put(c, j, "proved", one);
}

static void spectrum_json(cli *c, json_t *j, const job *b)
{
    const nd_hessian_spectrum *s = b->s;

    if (!j) return;
    cli_put_text(c, j, "subject", b->subject);
    cli_put_count(c, j, "parameters", s->P);
    cli_put_real(c, j, "error", s->error);
    cli_put(c, j, "smallest", pair_json(c, &s->low, s->P));
    cli_put(c, j, "largest", pair_json(c, &s->high, s->P));
    proof_json(c, j, b);
    if (s->all) {
        cli_put(c, j, "negative", json_integer(s->negative));
        cli_put(c, j, "null", json_integer(s->null));
        cli_put(c, j, "positive", json_integer(s->positive));
        cli_put(c, j, "eigenvalues", cli_reals(c, s->P, s->all));
        return;
    }
    cli_put_count(c, j, "probes", s->probes);
    cli_put_count(c, j, "steps", s->steps);
    cli_put_real(c, j, "sigma", s->sigma);
    cli_put(c, j, "x", cli_reals(c, s->points, s->x));
    cli_put(c, j, "density", cli_reals(c, s->points, s->density));
    cli_put(c, j, "standard_error", cli_reals(c, s->points, s->spread));
}

/* ---- files --------------------------------------------------------------------------------------------- */

static nd_status write_json(cli *c, const job *b, const char *file)
{
    json_t *j = json_object();
    nd_status status = ND_EMEM;

    if (!j) return ND_EMEM;
    cli_put_text(c, j, "version", ND_VERSION);
    spectrum_json(c, j, b);
    if (!c->no_memory) status = nd_json_save(c->ctx, j, true, file);
    json_decref(j);
    return status;
}

static nd_status write_csv(cli *c, const job *b, const char *file)
{
    const nd_hessian_spectrum *s = b->s;
    nd_buf t = nd_buf_make(c->ctx);

    nd_buf_printf(&t, "# %s\n", b->subject);
    nd_buf_puts(&t, s->all ? "rank,eigenvalue\n" : "eigenvalue,density,standard_error\n");
    for (size_t k = 0; k < (s->all ? s->P : s->points); k++) {
        if (s->all)
            nd_buf_printf(&t, "%zu,", k + 1);
        else {
            nd_buf_number(&t, s->x[k]);
            nd_buf_puts(&t, ",");
        }
        nd_buf_number(&t, s->all ? s->all[k] : s->density[k]);
        if (!s->all) {
            nd_buf_puts(&t, ",");
            nd_buf_number(&t, s->spread[k]);
        }
        nd_buf_puts(&t, "\n");
    }
    nd_status status = nd_buf_status(&t);
    if (status == ND_OK) status = nd_file_write(c->ctx, file, t.data, t.size);
    nd_buf_free(&t);
    return status;
}

static nd_status write_picture(cli *c, const job *b, const char *file)
{
    const nd_spectrum_view view = {.subject = b->subject,
                                   .proved = b->proved[0] ? b->proved : NULL};
    const nd_scene_style style = {.dark = own.dark};
    nd_scene *scene;
    nd_status status = nd_show_spectrum(c->ctx, b->p.model->net, b->s, &view, &scene);

    if (status != ND_OK) return status;
    status = nd_scene_save(c->ctx, scene, file, &style);
    nd_scene_destroy(scene);
    return status;
}

static nd_status write_file(cli *c, const job *b)
{
    const char *file = c->args.output;
    nd_status status;

    if (!file) return ND_OK;
    status = cli_ends_in(file, ".csv")    ? write_csv(c, b, file)
             : cli_ends_in(file, ".json") ? write_json(c, b, file)
                                          : write_picture(c, b, file);
    if (status == ND_OK) cli_line(c, "wrote", "%s", file);
    return status;
}

static cli_exit run(cli *c)
{
    job b;
    nd_status status;

    memset(&b, 0, sizeof b);
    ND_TRY(cli_check_picture(c));
    ND_TRY(cli_point_load(c, true, &b.p));
    if (b.p.problem.net->P == 0) ND_TRY(nd_fail(c->ctx, ND_ERANGE, "there are no parameters"));
    cli_subject(&b.p.problem, b.subject);
    ND_TRY(nd_hessian_spectrum_make(c->ctx, &b.p.problem, b.p.model->theta, (size_t)own.dense_max,
                                    (size_t)own.probes, (size_t)own.steps, c->args.train.seed,
                                    &b.s));
    ND_TRY(prove(c, &b));
    say_spectrum(c, &b);
    ND_TRY(say_groups(c, &b));
    spectrum_json(c, c->json, &b);
    ND_TRY(write_file(c, &b));
done:
    nd_hessian_spectrum_destroy(c->ctx, b.s);
    cli_point_free(c, &b.p);
    return status == ND_OK ? CLI_DONE : cli_fail(c, status);
}

#define AT(member) offsetof(struct spectrum_options, member)

static const cli_option rows[] = {
    {{"dense-max", ND_LONG, AT(dense_max), ND_SPECTRUM_DENSE, 0, ND_SPECTRUM_DENSE, NULL,
      "all eigenvalues up to this number of parameters, a density beyond"},
     0,
     "N"},
    {{"probes", ND_LONG, AT(probes), 10, 1, 10000, NULL, "random vectors of the density"}, 0, "N"},
    {{"steps", ND_LONG, AT(steps), 100, 2, 1000, NULL, "Lanczos steps of each"}, 0, "N"},
    {{"unproved", ND_BOOL, AT(unproved), 0, 0, 0, NULL, "try no certificate"}, 0, NULL},
    {{"dark", ND_BOOL, AT(dark), 0, 0, 0, NULL,
      "dark ground for PNG and PDF (an SVG follows its surroundings)"},
     0,
     NULL},
    {{NULL, ND_BOOL, 0, 0, 0, 0, NULL, NULL}, 0, NULL},
};

static const cli_table tables[] = {{NULL, rows, &own}, {NULL, NULL, NULL}};

static const cli_example examples[] = {
    {"the spectrum at a minimum, and what is proved about it",
     "nadir train data/wdbc.csv --positive M --net softplus:8 --l2 0.001 -o a.model.json"},
    {NULL, "nadir spectrum a.model.json data/wdbc.csv -o spectrum.svg"},
    {"as a density with error bars, which also works for large networks",
     "nadir spectrum a.model.json data/wdbc.csv --dense-max 0 --probes 20 -o density.svg"},
    {NULL, NULL},
};

const cli_command cli_spectrum = {
    .name = "spectrum",
    .operands = "MODEL DATA",
    .least = 2,
    .most = 2,
    .summary = "the eigenvalues of the Hessian at a model, and which neurons carry which of them",
    .details =
        "All eigenvalues of the dense Hessian, with a bound of their error; for more than "
        "--dense-max "
        "parameters their density by stochastic Lanczos quadrature with its standard error, and "
        "the "
        "two extreme eigenvalues with their residuals. These are numerical statements about the "
        "Hessian as computed; what a certificate proves about a critical point near by is said "
        "separately.\n"
        "The groups are sets of directions: negative, null (not told from 0 within the error) or "
        "softest, stiffest. A neuron's share is the part of the squared length of these directions "
        "that lies in its weights: it does not depend on the basis in which a multiple eigenvalue "
        "happens to be computed.\n"
        "-o decides by its name: .svg, .png, .pdf, .csv or .json.",
    .own = tables,
    .options = "output seed label positive format threads json quiet",
    .example = examples,
    .run = run,
};
