/* The report: one HTML file.
 *
 * It states its answer first, as static text and SVG that needs no script; a script adds
 * selection, export and the height field.  No network: the Content-Security-Policy in its
 * head forbids every request.  What is drawn for single points (decision regions, spectrum,
 * potential) is drawn for a few of them, so that an atlas of many minima stays small. */
#include "show/report.h"

#include "base/file.h"
#include "base/memory.h"
#include "lab/lab.h"

#include <math.h>
#include <string.h>

const nd_setting nd_report_table[] = {
    {"figures", ND_LONG, offsetof(nd_report_settings, figures), 5, 1, 1000, NULL,
     "points that get decision regions, spectrum and potential of their own"},
    {"grid", ND_LONG, offsetof(nd_report_settings, grid), 81, 11, 401, NULL,
     "points across the slice"},
    {"point", ND_LONG, offsetof(nd_report_settings, point), 0, 0, 1e15, NULL,
     "the point that is selected first; 0: the lowest bad minimum, else the lowest minimum"},
    {"time", ND_REAL, offsetof(nd_report_settings, time), 10, 0, 600, NULL,
     "seconds for each proof about the data"},
    {NULL, ND_BOOL, 0, 0, 0, 0, NULL, NULL}};

void nd_report_init(nd_report_settings *s)
{
    nd_settings_init(nd_report_table, s);
}

void nd_report_from_atlas(const nd_atlas *a, nd_report_source *out)
{
    *out = (nd_report_source){.made_by = a->version,
                              .problem = &a->problem,
                              .scale = a->scaler ? a->scaler->kind : ND_SCALE_NONE,
                              .seed = a->settings.seed,
                              .points = a->points,
                              .point = a->point,
                              .atlas = a};
}

nd_status nd_report_judge(nd_ctx *ctx, const nd_problem *pb, double *theta, uint64_t seed,
                          nd_atlas_point *out)
{
    const nd_history h = {.time = INFINITY, .seed = seed};
    nd_surface *sf = NULL;
    nd_verdict v;
    nd_status status;

    ND_TRY(nd_surface_open(ctx, pb->net, pb->data, pb->loss, pb->l2, &sf));
    ND_TRY(nd_classify_with(sf, theta, &h, &v));
    ND_TRY(nd_prove_minimum(sf, theta, &v));
    ND_TRY(nd_prove_no_minimum(sf, theta, &v));
    *out = (nd_atlas_point){.id = 1, .theta = theta, .verdict = v, .found = 1, .copies = NAN};
    out->minimum = v.kind == ND_LOCAL_MINIMUM || v.kind == ND_GLOBAL_MINIMUM;
    if (v.nullity > 0) ND_TRY(nd_explain_null(ctx, pb, theta, &out->null));
done:
    nd_surface_close(sf);
    return status;
}

/* ---- which points -------------------------------------------------------------------------- */

/* Comes p before q?  Bad minima first when bad is set, then minima, then by loss. */
static bool before(const nd_atlas_point *p, const nd_atlas_point *q, bool bad)
{
    bool pb = bad && p->minimum && p->verdict.bad, qb = bad && q->minimum && q->verdict.bad;
    bool pp = pb && p->verdict.proved == ND_PROVED, qp = qb && q->verdict.proved == ND_PROVED;

    if (pb != qb) return pb;
    if (pp != qp) return pp;
    if (p->minimum != q->minimum) return p->minimum;
    return p->verdict.loss < q->verdict.loss;
}

static bool taken(const nd_report *r, size_t k)
{
    for (size_t i = 0; i < r->owns; i++)
        if (r->own[i] == k) return true;
    return false;
}

/* The first of the points not taken yet; saddles: only those.  points when there is none. */
static size_t best(const nd_report *r, bool bad, bool saddles)
{
    size_t found = r->src->points;

    for (size_t k = 0; k < r->src->points; k++) {
        if (taken(r, k) || (saddles && r->src->point[k].minimum)) continue;
        if (found == r->src->points || before(&r->src->point[k], &r->src->point[found], bad))
            found = k;
    }
    return found;
}

static nd_status choose_first(nd_report *r)
{
    r->first = best(r, true, false);
    if (r->set->point == 0) return ND_OK;
    for (size_t k = 0; k < r->src->points; k++)
        if (r->src->point[k].id == (size_t)r->set->point) {
            r->first = k;
            return ND_OK;
        }
    return nd_fail(r->ctx, ND_ENAME, "there is no point %ld; the points are 1 to %zu",
                   r->set->point, r->src->points);
}

/* The point selected, the lowest minimum, the lowest saddle, then minima as they rise. */
static nd_status choose(nd_report *r)
{
    size_t most = (size_t)r->set->figures;
    nd_status status;

    if (r->src->points == 0) return nd_fail(r->ctx, ND_EINPUT, "there are no points to report");
    if (most > r->src->points) most = r->src->points;
    r->own = ND_NEW(r->ctx, size_t, most);
    if (!r->own) return ND_EMEM;
    status = choose_first(r);
    if (status != ND_OK) return status;
    r->own[r->owns++] = r->first;
    while (r->owns < most) {
        size_t k = best(r, false, r->owns == 2);
        r->own[r->owns] = k < r->src->points ? k : best(r, false, false);
        r->owns++;
    }
    return ND_OK;
}

/* ---- the whole --------------------------------------------------------------------------------- */

/* The conditions, and what is known about the point selected; the margins are enclosed
 * where that can be done. */
static nd_status think(nd_report *r)
{
    const nd_problem *pb = r->src->problem;
    const double *theta = r->src->point[r->first].theta;
    double *lo = ND_NEW(r->ctx, double, 2 * pb->data->n), *hi = lo + pb->data->n;
    nd_status status = lo ? ND_OK : ND_EMEM;
    bool bounded;

    if (status != ND_OK) return status;
    ND_TRY(nd_theory_check(r->ctx, pb, r->set->time, false, &r->theory));
    status = nd_margin_bounds(r->ctx, pb, theta, lo, hi);
    if (status == ND_EMEM || status == ND_ECANCEL) goto done;
    bounded = status == ND_OK;
    status = nd_theory_at(r->ctx, pb, theta, bounded ? lo : NULL, bounded ? hi : NULL, r->set->time,
                          r->theory);
done:
    nd_free(r->ctx, lo);
    return status;
}

static nd_status write_page(nd_report *r)
{
    nd_status status;

    nd_report_head(r);
    ND_TRY(nd_report_theory(r));
    ND_TRY(nd_report_points(r));
    ND_TRY(nd_report_regions(r));
    ND_TRY(nd_report_slice(r));
    ND_TRY(nd_report_graph(r));
    ND_TRY(nd_report_spectra(r));
    ND_TRY(nd_report_potential(r));
    nd_report_methods(r);
    nd_html(r, "</main>\n");
    ND_TRY(nd_json_embed(r));
    nd_html(r, "<script>\n");
    nd_html(r, nd_report_js);
    nd_html(r, "</script>\n</body>\n</html>\n");
    status = nd_buf_status(r->b);
    if (status != ND_OK)
        status = nd_fail(r->ctx, ND_EMEM, "out of memory while the report was written");
done:
    return status;
}

/* "wdbc.csv (569 samples), softplus:32 (1025 parameters), polyhinge:3, l2 0.01" */
static void describe(nd_report *r)
{
    const nd_problem *pb = r->src->problem;
    char loss[32], ridge[ND_TICK_TEXT + 8] = "", number[ND_TICK_TEXT];
    const char *slash = pb->data->source ? strrchr(pb->data->source, '/') : NULL;

    nd_loss_spec(pb->loss, loss);
    nd_number_label(pb->l2, 6, number);
    if (pb->l2 > 0.0) snprintf(ridge, sizeof ridge, ", ridge %s", number);
    snprintf(r->subject, sizeof r->subject, "%.60s (%zu samples), %.60s (%zu parameters), %s%s",
             slash              ? slash + 1
             : pb->data->source ? pb->data->source
                                : "data",
             pb->data->n, pb->net->spec, pb->net->P, loss, ridge);
}

nd_status nd_report_html(nd_ctx *ctx, const nd_report_source *source, const nd_report_settings *s,
                         char **html, size_t *size)
{
    nd_buf b = nd_buf_make(ctx);
    nd_report r = {.ctx = ctx, .src = source, .set = s, .b = &b};
    nd_status status;

    ND_TRY(nd_settings_check(ctx, nd_report_table, s));
    r.json = json_object();
    if (!r.json) ND_TRY(nd_fail(ctx, ND_EMEM, "out of memory"));
    ND_TRY(choose(&r));
    describe(&r);
    ND_TRY(nd_table_sha256(ctx, source->problem->data, r.sha256));
    ND_TRY(think(&r));
    ND_TRY(write_page(&r));
    *html = b.data;
    *size = b.size;
    b.data = NULL;
done:
    nd_theory_destroy(ctx, r.theory);
    nd_free(ctx, r.own);
    json_decref(r.json);
    nd_buf_free(&b);
    return status;
}

nd_status nd_report_save(nd_ctx *ctx, const nd_report_source *source, const nd_report_settings *s,
                         const char *file)
{
    char *html;
    size_t size;
    nd_status status = nd_report_html(ctx, source, s, &html, &size);

    if (status != ND_OK) return status;
    status = nd_file_write(ctx, file, html, size);
    nd_free(ctx, html);
    return status;
}
