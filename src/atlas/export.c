/* The whole atlas as one JSON object (docs/atlas-format.md). */
#include "atlas/export.h"

#include "base/file.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

static json_t *count_json(size_t k)
{
    return json_integer((json_int_t)k);
}

static nd_status append(nd_ctx *ctx, json_t *array, json_t *value)
{
    if (value && json_array_append_new(array, value) == 0) return ND_OK;
    return nd_fail(ctx, ND_EMEM, "out of memory (JSON)");
}

static json_t *reals(const double *x, size_t n)
{
    json_t *array = json_array();

    for (size_t k = 0; array && k < n; k++)
        if (json_array_append_new(array, nd_json_real(x[k])) != 0) {
            json_decref(array);
            array = NULL;
        }
    return array;
}

/* A string that need not be UTF-8 in a hostile file. */
static json_t *text_json(const char *text)
{
    json_t *j = text ? json_string(text) : NULL;

    return j ? j : json_null();
}

static json_t *field_json(const nd_field *f, const nd_verdict *v)
{
    const void *m = (const char *)v + f->offset;
    char text[256];

    switch (f->type) {
    case ND_FIELD_REAL:
        return nd_json_real(*(const double *)m);
    case ND_FIELD_SIZE:
        return count_json(*(const size_t *)m);
    case ND_FIELD_LONG:
        return *(const long *)m < 0 ? json_null() : json_integer(*(const long *)m);
    case ND_FIELD_BOOL:
        return json_boolean(*(const bool *)m);
    default:
        nd_verdict_text(f, v, text);
        return *text ? text_json(text) : json_null();
    }
}

static nd_status put_null(nd_ctx *ctx, json_t *j, const nd_null_causes *n)
{
    json_t *o = json_object();
    nd_status status;

    ND_TRY(nd_json_set(ctx, j, "null_directions", o));
    ND_TRY(nd_json_set(ctx, o, "nullity", count_json(n->nullity)));
    ND_TRY(nd_json_set(ctx, o, "idle", count_json(n->idle)));
    ND_TRY(nd_json_set(ctx, o, "constant", count_json(n->constant)));
    ND_TRY(nd_json_set(ctx, o, "dead", count_json(n->dead)));
    ND_TRY(nd_json_set(ctx, o, "symmetry", count_json(n->symmetry)));
    ND_TRY(nd_json_set(ctx, o, "zero_loss", count_json(n->zero_loss)));
    ND_TRY(nd_json_set(ctx, o, "unexplained", count_json(n->unexplained)));
done:
    return status;
}

nd_status nd_export_point(nd_ctx *ctx, const nd_atlas *a, size_t k, json_t *j)
{
    const nd_atlas_point *p = &a->point[k];
    nd_status status;

    ND_TRY(nd_json_set(ctx, j, "id", count_json(p->id)));
    ND_TRY(nd_json_set(ctx, j, "minimum", json_boolean(p->minimum)));
    ND_TRY(nd_json_set(ctx, j, "family", json_boolean(p->family)));
    ND_TRY(nd_json_set(ctx, j, "trial", count_json(p->trial)));
    ND_TRY(nd_json_set(ctx, j, "found", count_json(p->found)));
    ND_TRY(nd_json_set(ctx, j, "copies", nd_json_real(p->copies)));
    ND_TRY(nd_json_set(ctx, j, "spread", nd_json_real(p->spread)));
    ND_TRY(nd_json_set(ctx, j, "same", json_string(nd_truth_name(p->same))));
    for (const nd_field *f = nd_verdict_fields; f->name; f++)
        ND_TRY(nd_json_set(ctx, j, f->name, field_json(f, &p->verdict)));
    ND_TRY(put_null(ctx, j, &p->null));
    ND_TRY(nd_json_set(ctx, j, "theta", reals(p->theta, a->net->P)));
done:
    return status;
}

static nd_status put_points(nd_ctx *ctx, const nd_atlas *a, json_t *root)
{
    json_t *array = json_array();
    nd_status status = nd_json_set(ctx, root, "points", array);

    for (size_t k = 0; k < a->points && status == ND_OK; k++) {
        json_t *j = json_object();

        status = append(ctx, array, j);
        if (status == ND_OK) status = nd_export_point(ctx, a, k, j);
    }
    return status;
}

static nd_status put_edges(nd_ctx *ctx, const nd_atlas *a, json_t *root)
{
    json_t *array = json_array();
    nd_status status = nd_json_set(ctx, root, "edges", array);

    for (size_t k = 0; k < a->edges && status == ND_OK; k++) {
        const nd_edge *e = &a->edge[k];

        status =
            append(ctx, array,
                   json_pack("{s:I,s:I,s:I,s:o,s:o,s:o}", "saddle",
                             (json_int_t)a->point[e->saddle].id, "a", (json_int_t)a->point[e->a].id,
                             "b", (json_int_t)a->point[e->b].id, "height", nd_json_real(e->height),
                             "lo", nd_json_real(e->lo), "hi", nd_json_real(e->hi)));
    }
    return status;
}

static nd_status put_tally(nd_ctx *ctx, json_t *j, const nd_atlas_tally *t)
{
    nd_status status;

    ND_TRY(nd_json_set(ctx, j, "ask", json_string(nd_ask_name(t->ask))));
    ND_TRY(nd_json_set(ctx, j, "stop", json_string(nd_stop_name(t->stop))));
    ND_TRY(nd_json_set(ctx, j, "verdict", json_string(nd_verdict_name(t->verdict))));
    ND_TRY(nd_json_set(ctx, j, "proved", json_boolean(t->proved == ND_PROVED)));
    ND_TRY(nd_json_set(ctx, j, "bad", json_boolean(t->bad)));
    ND_TRY(nd_json_set(ctx, j, "negative", t->index < 0 ? json_null() : json_integer(t->index)));
    ND_TRY(nd_json_set(ctx, j, "trials", count_json(t->trials)));
    ND_TRY(nd_json_set(ctx, j, "lowest_loss", nd_json_real(t->loss)));
done:
    return status;
}

nd_status nd_export_tallies(nd_ctx *ctx, const nd_atlas *a, json_t *root)
{
    json_t *array = json_array();
    nd_status status = nd_json_set(ctx, root, "trials", array);

    for (size_t k = 0; k < a->tallies && status == ND_OK; k++) {
        json_t *j = json_object();

        status = append(ctx, array, j);
        if (status == ND_OK) status = put_tally(ctx, j, &a->tally[k]);
    }
    return status;
}

static nd_status put_problem(nd_ctx *ctx, const nd_atlas *a, json_t *root)
{
    json_t *j = json_object();
    char loss[32];
    nd_status status;

    nd_loss_spec(a->problem.loss, loss);
    ND_TRY(nd_json_set(ctx, root, "problem", j));
    ND_TRY(nd_json_set(ctx, j, "net", json_string(a->net->spec)));
    ND_TRY(nd_json_set(ctx, j, "parameters", count_json(a->net->P)));
    ND_TRY(nd_json_set(ctx, j, "loss", json_string(loss)));
    ND_TRY(nd_json_set(ctx, j, "l2", nd_json_real(a->problem.l2)));
    ND_TRY(nd_json_set(ctx, j, "weight_pos", nd_json_real(a->weight_pos)));
    ND_TRY(nd_json_set(ctx, j, "data", text_json(a->data->source)));
    ND_TRY(nd_json_set(ctx, j, "samples", count_json(a->data->n)));
    ND_TRY(nd_json_set(ctx, j, "features", count_json(a->data->d)));
    ND_TRY(nd_json_set(ctx, j, "sha256", json_string(a->sha256)));
done:
    return status;
}

static nd_status put_settings(nd_ctx *ctx, const nd_atlas *a, json_t *root)
{
    json_t *j = json_object();
    nd_status status = nd_json_set(ctx, root, "settings", j);

    if (status == ND_OK) status = nd_json_settings(ctx, nd_explore_table, &a->settings, j);
    if (status == ND_OK) json_object_del(j, "time_limit");
    return status;
}

static nd_status fill(nd_ctx *ctx, const nd_atlas *a, json_t *root)
{
    nd_status status;

    ND_TRY(nd_json_set(ctx, root, "format", json_string("nadir-atlas")));
    ND_TRY(nd_json_set(ctx, root, "version", json_integer(ND_ATLAS_VERSION)));
    ND_TRY(nd_json_set(ctx, root, "program", text_json(a->version)));
    ND_TRY(put_problem(ctx, a, root));
    ND_TRY(put_settings(ctx, a, root));
    ND_TRY(nd_json_set(ctx, root, "finished", json_boolean(a->finished)));
    ND_TRY(nd_json_set(ctx, root, "rounds", count_json(a->rounds)));
    ND_TRY(nd_json_set(ctx, root, "open", count_json(a->open)));
    ND_TRY(nd_json_set(ctx, root, "evaluations", json_integer(a->evaluations)));
    ND_TRY(nd_json_set(ctx, root, "hessians", json_integer(a->hessians)));
    ND_TRY(nd_export_tallies(ctx, a, root));
    ND_TRY(put_points(ctx, a, root));
    ND_TRY(put_edges(ctx, a, root));
    ND_TRY(nd_json_set(ctx, root, "loose_saddles", count_json(a->loose)));
done:
    return status;
}

static nd_status export_json(nd_ctx *ctx, const nd_atlas *a, const char *file)
{
    json_t *root = json_object();
    nd_status status;

    if (!root) return nd_fail(ctx, ND_EMEM, "out of memory (JSON)");
    ND_TRY(fill(ctx, a, root));
    ND_TRY(nd_json_save(ctx, root, false, file));
done:
    json_decref(root);
    return status;
}

nd_status nd_atlas_export(nd_ctx *ctx, const nd_atlas *a, nd_export format, const char *file)
{
    nd_buf b;
    nd_status status;

    if (format == ND_EXPORT_JSON) return export_json(ctx, a, file);
    b = nd_buf_make(ctx);
    if (format == ND_EXPORT_CSV) nd_export_points_csv(a, &b);
    if (format == ND_EXPORT_EDGES) nd_export_edges_csv(a, &b);
    if (format == ND_EXPORT_GRAPHML) nd_export_graphml(a, &b);
    status = nd_buf_status(&b);
    if (status == ND_OK) status = nd_file_write(ctx, file, b.data, b.size);
    nd_buf_free(&b);
    return status;
}
