/* nadir atlas list|show|export ATLAS: what an exploration found. */
#include "cli/atlas.h"

#include "atlas/export.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BY_NAME, AS_JSON, AS_CSV, AS_EDGES, AS_GRAPHML, AS_CERT, AS_MODEL };

static struct atlas_options {
    int format;
    long point;
} own;

static const cli_option own_options[] = {
    {{"format", ND_CHOICE, offsetof(struct atlas_options, format), BY_NAME, 0, 0,
      "name|json|csv|edges|graphml|cert|model",
      "export: as what; cert and model are files of one point; name: by the name of the file, "
      ".cert.json, .model.json, .csv, .graphml, else json"},
     0,
     "FORMAT"},
    {{"point", ND_LONG, offsetof(struct atlas_options, point), 0, 0, 1e15, NULL,
      "export: the point whose certificate or model is written"},
     0,
     "ID"},
    {.set = {.name = NULL}},
};

static const cli_table tables[] = {{NULL, own_options, &own}, {NULL, NULL, NULL}};

/* ---- list ------------------------------------------------------------------------------------ */

static nd_status put_points(cli *c, const nd_atlas *a)
{
    json_t *array = json_array();
    nd_status status = nd_json_set(c->ctx, c->json, "points", array);

    for (size_t k = 0; k < a->points && status == ND_OK; k++) {
        json_t *j = json_object();

        if (json_array_append_new(array, j) != 0) return nd_fail(c->ctx, ND_EMEM, "out of memory");
        status = nd_export_point(c->ctx, a, k, j);
    }
    return status;
}

static nd_status list(cli *c, const nd_atlas *a)
{
    json_t *j;
    nd_status status;

    cli_say_problem(c, a);
    cli_line(c, "atlas", "%zu trials in %zu rounds, %s; made by %s", a->trials, a->rounds,
             a->finished ? "finished" : "not finished", a->version);
    j = cli_section(c, "explore");
    cli_put_text(c, j, "atlas", a->file);
    cli_put_bool(c, j, "finished", a->finished);
    cli_put_count(c, j, "trials", a->trials);
    cli_put_count(c, j, "open", a->open);
    cli_say_counts(c, a);
    ND_TRY(cli_say_points(c, a, 0));
    ND_TRY(cli_say_graph(c, a));
    if (c->json) ND_TRY(put_points(c, a));
done:
    return status;
}

/* ---- show ------------------------------------------------------------------------------------ */

/* "3" -> 2: an index of the atlas. */
static nd_status point_number(cli *c, const nd_atlas *a, const char *text, size_t *out)
{
    char *end;
    long id = strtol(text, &end, 10);

    if (end == text || *end || id < 1 || (size_t)id > a->points)
        return nd_fail(c->ctx, ND_EINPUT, "%s: there is no point '%.40s'; it has 1 to %zu", a->file,
                       text, a->points);
    *out = (size_t)id - 1;
    return ND_OK;
}

static void say_null(cli *c, const nd_null_causes *n)
{
    if (n->nullity)
        cli_line(c, "null",
                 "%zu null directions: %zu idle, %zu constant, %zu dead, %zu symmetry, %zu zero "
                 "loss, %zu unexplained",
                 n->nullity, n->idle, n->constant, n->dead, n->symmetry, n->zero_loss,
                 n->unexplained);
}

static void say_theta(cli *c, const nd_atlas *a, const nd_atlas_point *p)
{
    for (size_t k = 0; k < a->net->P; k++) {
        char number[32];

        nd_number_format(p->theta[k], number);
        cli_line(c, k ? "" : "theta", "%s", number);
    }
}

static void say_neighbours(cli *c, const nd_atlas *a, size_t at)
{
    for (size_t k = 0; k < a->edges; k++) {
        const nd_edge *e = &a->edge[k];

        if (e->a != at && e->b != at && e->saddle != at) continue;
        cli_line(c, "edge", "%zu -- %zu over saddle %zu at %.9g", a->point[e->a].id,
                 a->point[e->b].id, a->point[e->saddle].id, e->height);
    }
}

static nd_status show(cli *c, const nd_atlas *a)
{
    const nd_atlas_point *p;
    char copies[48] = "";
    size_t at = 0;
    nd_status status = point_number(c, a, c->args.operand[2], &at);

    if (status != ND_OK) return status;
    p = &a->point[at];
    cli_say_problem(c, a);
    if (!isnan(p->copies)) snprintf(copies, sizeof copies, "; %.15g symmetric copies", p->copies);
    cli_line(c, "point", "%zu of %zu: found by %zu trial%s, first shown by trial %zu%s%s", p->id,
             a->points, p->found, nd_plural(p->found), p->trial, copies,
             p->family ? "; degenerate: all of this loss count as one" : "");
    cli_say_verdict(c, &p->verdict);
    if (p->verdict.cert.truth == ND_PROVED)
        cli_line(c, "proof",
                 "%s: loss in [%.17g, %.17g], %zu to %zu errors; nadir atlas export %s "
                 "--point %zu -o p.cert.json",
                 p->verdict.cert.kind, p->verdict.cert.loss_lo, p->verdict.cert.loss_hi,
                 p->verdict.cert.errors_lo, p->verdict.cert.errors_hi, a->file, p->id);
    say_null(c, &p->null);
    say_neighbours(c, a, at);
    say_theta(c, a, p);
    if (!c->json) return ND_OK;
    cli_put(c, c->json, "point", json_object());
    return nd_export_point(c->ctx, a, at, json_object_get(c->json, "point"));
}

/* ---- export ---------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static int format_of(const char *file)
{
    if (own.format != BY_NAME) return own.format;
    if (ends_with(file, ".model.json")) return AS_MODEL;
    if (ends_with(file, ".cert.json")) return AS_CERT;
    if (ends_with(file, ".csv")) return AS_CSV;
    return ends_with(file, ".graphml") ? AS_GRAPHML : AS_JSON;
}

static nd_status write_point(cli *c, const nd_atlas *a, int format, const char *file)
{
    size_t at = (size_t)own.point - 1; /* point 0, which none has, becomes the largest */
    nd_status status;

    if (own.point == 0)
        return nd_fail(c->ctx, ND_EINPUT, "--point ID is needed: a %s is of one point",
                       format == AS_CERT ? "certificate" : "model");
    status = format == AS_CERT ? nd_atlas_save_cert(c->ctx, a, at, file)
                               : nd_atlas_save_model(c->ctx, a, at, file);
    if (status == ND_OK && format == AS_CERT)
        cli_line(c, "wrote", "%s   (re-prove: nadir-verify %s)", file, file);
    else if (status == ND_OK)
        cli_line(c, "wrote", "%s", file);
    return status;
}

static nd_status write_atlas(cli *c, const nd_atlas *a)
{
    static const nd_export kind[] = {[AS_JSON] = ND_EXPORT_JSON,
                                     [AS_CSV] = ND_EXPORT_CSV,
                                     [AS_EDGES] = ND_EXPORT_EDGES,
                                     [AS_GRAPHML] = ND_EXPORT_GRAPHML};
    const char *file = c->args.output;
    int format;
    nd_status status;

    if (!file) return nd_fail(c->ctx, ND_EINPUT, "-o FILE is needed");
    format = format_of(file);
    ND_TRY(cli_check_output(c->ctx, file, a->file, NULL));
    cli_put_text(c, cli_section(c, "files"), "export", file);
    if (format == AS_CERT || format == AS_MODEL) return write_point(c, a, format, file);
    if (own.point) ND_TRY(nd_fail(c->ctx, ND_EINPUT, "--point is for the formats cert and model"));
    ND_TRY(nd_atlas_export(c->ctx, a, kind[format], file));
    cli_line(c, "wrote", "%s", file);
done:
    return status;
}

/* ---- which ----------------------------------------------------------------------------------- */

static const struct {
    const char *verb, *operands;
    size_t count;
    nd_status (*run)(cli *c, const nd_atlas *a);
} verbs[] = {
    {"list", "list ATLAS", 2, list},
    {"show", "show ATLAS ID", 3, show},
    {"export", "export ATLAS -o FILE [--format FORMAT] [--point ID]", 2, write_atlas},
};

static cli_exit run(cli *c)
{
    const char *verb = c->args.operand[0];
    nd_atlas *a = NULL;
    size_t k = 0;
    nd_status status;

    while (k < 3 && strcmp(verbs[k].verb, verb) != 0) k++;
    if (k == 3)
        ND_TRY(nd_fail(c->ctx, ND_ENAME, "atlas %.40s: there are list, show and export", verb));
    if (c->args.operands != verbs[k].count)
        ND_TRY(nd_fail(c->ctx, ND_EINPUT, "usage: nadir atlas %s", verbs[k].operands));
    ND_TRY(nd_atlas_load(c->ctx, c->args.operand[1], &a));
    ND_TRY(verbs[k].run(c, a));
done:
    nd_atlas_destroy(c->ctx, a);
    return status == ND_OK ? CLI_DONE : cli_fail(c, status);
}

static const cli_example examples[] = {
    {"what is in it", "nadir atlas list xor.atlas.db"},
    {"one point, with its parameters", "nadir atlas show xor.atlas.db 1"},
    {"its certificate, to be proved again by nadir-verify; its model, to be used",
     "nadir atlas export xor.atlas.db --point 1 -o p1.cert.json"},
    {NULL, "nadir atlas export xor.atlas.db --point 1 -o p1.model.json"},
    {"the graph for other programs", "nadir atlas export xor.atlas.db -o xor.graphml"},
    {NULL, "nadir atlas export xor.atlas.db --format edges -o edges.csv"},
    {NULL, NULL},
};

const cli_command cli_atlas = {
    .name = "atlas",
    .operands = "list|show|export ATLAS [ID]",
    .least = 2,
    .most = 3,
    .summary = "read an atlas: its points, one of them, or all of it in another format",
    .details = "list: the problem, what became of the trials, the points and the graph. show: one "
               "point, with its verdict, its neighbours and its parameters. export: JSON (all of "
               "it), CSV (points, or edges), GraphML (the graph of minima), or the certificate or "
               "model of one point.\n"
               "An atlas may be read while an exploration writes it.",
    .own = tables,
    .options = "output json quiet",
    .example = examples,
    .run = run,
};
