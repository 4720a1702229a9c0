/* A slice as numbers: JSON and CSV. */
#include "base/file.h"
#include "cli/slice.h"

static const char *const kinds[] = {[ND_PLANE_THROUGH] = "through",
                                    [ND_PLANE_EIGEN] = "eigen",
                                    [ND_PLANE_RANDOM] = "random",
                                    [ND_PLANE_TRACE] = "trace"};

/* ---- JSON ---------------------------------------------------------------------------------- */

static json_t *plane_json(cli *c, const slice_result *r)
{
    const nd_plane *p = r->plane;
    json_t *j = json_object();
    char text[ND_PLANE_TEXT];
    size_t dim = (size_t)p->dim;

    nd_plane_sentence(p, &r->view, text);
    cli_put_text(c, j, "kind", kinds[p->kind]);
    cli_put_text(c, j, "sentence", text);
    cli_put_bool(c, j, "proof", false);
    cli_put_count(c, j, "dimension", dim);
    cli_put(c, j, "origin", cli_reals(c, p->P, p->origin));
    cli_put(c, j, "u", cli_reals(c, p->P, p->u));
    if (dim == 2) cli_put(c, j, "v", cli_reals(c, p->P, p->v));
    if (p->kind == ND_PLANE_EIGEN) cli_put(c, j, "eigenvalues", cli_reals(c, dim, p->value));
    if (p->kind == ND_PLANE_TRACE) cli_put(c, j, "shares", cli_reals(c, dim, p->value));
    if (p->kind == ND_PLANE_RANDOM) cli_put(c, j, "seed", json_integer((json_int_t)p->seed));
    return j;
}

static json_t *point_json(cli *c, const slice_point *p, nd_mark mark)
{
    json_t *j = json_object();

    cli_put_text(c, j, "label", p->label);
    cli_put_real(c, j, "s", p->at[0]);
    cli_put_real(c, j, "t", p->at[1]);
    cli_put_real(c, j, "distance", p->far);
    cli_put_real(c, j, "loss", p->verdict.loss);
    cli_put_count(c, j, "errors", p->verdict.errors);
    cli_put_text(c, j, "verdict", p->judged ? nd_verdict_name(p->verdict.kind) : NULL);
    cli_put_bool(c, j, "proved", p->verdict.proved == ND_PROVED);
    cli_put_text(c, j, "mark", nd_mark_name(mark));
    return j;
}

/* Rows of the grid; one alone for a line. */
static json_t *rows_json(cli *c, const nd_slice *s, const double *z)
{
    json_t *rows = json_array();

    for (size_t j = 0; j < s->n[1]; j++)
        if (json_array_append_new(rows, cli_reals(c, s->n[0], z + j * s->n[0])) != 0)
            c->no_memory = true;
    return rows;
}

static json_t *axis_json(cli *c, const nd_slice *s, int axis)
{
    json_t *values = json_array();

    for (size_t k = 0; k < s->n[axis]; k++)
        if (json_array_append_new(values, nd_json_real(nd_slice_at(s, axis, k))) != 0)
            c->no_memory = true;
    return values;
}

static json_t *trace_json(cli *c, const slice_result *r)
{
    json_t *way = json_array();

    for (size_t k = 0; k < r->trace->count; k++) {
        double at[2], far = nd_plane_project(r->plane, r->trace->theta + k * r->plane->P, at);
        const double row[] = {(double)r->trace->step[k], at[0], at[1], far, r->trace->loss[k]};
        if (json_array_append_new(way, cli_reals(c, 5, row)) != 0) c->no_memory = true;
    }
    return way;
}

void slice_json(cli *c, const slice_result *r, json_t *j)
{
    json_t *points = json_array();

    if (!j) {
        json_decref(points);
        return;
    }
    cli_put_text(c, j, "subject", r->view.subject);
    cli_put(c, j, "plane", plane_json(c, r));
    for (size_t k = 0; k < r->view.points; k++)
        if (json_array_append_new(points, point_json(c, r->order[k], r->shown[k].mark)) != 0)
            c->no_memory = true;
    cli_put(c, j, "points", points);
    if (r->trace) cli_put(c, j, "trace", trace_json(c, r)); /* step, s, t, distance, loss */
    cli_put(c, j, "s", axis_json(c, r->grid, 0));
    if (r->plane->dim == 2) cli_put(c, j, "t", axis_json(c, r->grid, 1));
    cli_put(c, j, "loss", rows_json(c, r->grid, r->grid->loss));
    cli_put(c, j, "errors", rows_json(c, r->grid, r->grid->errors));
}

nd_status slice_json_file(cli *c, const slice_result *r, const char *file)
{
    json_t *j = json_object();
    nd_status status = ND_EMEM;

    if (!j) return ND_EMEM;
    cli_put_text(c, j, "version", ND_VERSION);
    slice_json(c, r, j);
    if (!c->no_memory) status = nd_json_save(c->ctx, j, true, file);
    json_decref(j);
    return status;
}

/* ---- CSV ----------------------------------------------------------------------------------- */

static void csv_head(nd_buf *b, const slice_result *r)
{
    char text[ND_PLANE_TEXT];

    nd_plane_sentence(r->plane, &r->view, text);
    nd_buf_printf(b, "# %s\n# slice, not proof: %s\n", r->view.subject, text);
    for (size_t k = 0; k < r->view.points; k++) {
        const slice_point *p = r->order[k];
        const double x[] = {p->at[0], p->at[1], p->far, p->verdict.loss};
        static const char *const name[] = {"s", "t", "distance", "loss"};
        nd_buf_printf(b, "# point %s:", p->label);
        for (size_t i = 0; i < 4; i++) {
            nd_buf_printf(b, " %s=", name[i]);
            nd_buf_number(b, x[i]);
        }
        nd_buf_printf(b, " errors=%zu\n", p->verdict.errors);
    }
}

nd_status slice_csv(cli *c, const slice_result *r, const char *file)
{
    const nd_slice *s = r->grid;
    bool plane = r->plane->dim == 2;
    nd_buf b = nd_buf_make(c->ctx);

    csv_head(&b, r);
    nd_buf_puts(&b, plane ? "s,t,loss,errors\n" : "s,loss,errors\n");
    for (size_t k = 0; k < s->n[0] * s->n[1]; k++) {
        nd_buf_number(&b, nd_slice_at(s, 0, k % s->n[0]));
        nd_buf_puts(&b, ",");
        if (plane) {
            nd_buf_number(&b, nd_slice_at(s, 1, k / s->n[0]));
            nd_buf_puts(&b, ",");
        }
        nd_buf_number(&b, s->loss[k]);
        nd_buf_puts(&b, ",");
        nd_buf_number(&b, s->errors[k]);
        nd_buf_puts(&b, "\n");
    }
    nd_status status = nd_buf_status(&b);
    if (status == ND_OK) status = nd_file_write(c->ctx, file, b.data, b.size);
    nd_buf_free(&b);
    return status;
}
