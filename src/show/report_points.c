/* The table of stationary points: minima as they rise, then saddles. */
#include "show/report.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* ---- marks --------------------------------------------------------------------------- */

/* A character of the shape that pictures use: a thousand rows stay cheap. */
static void mark(nd_report *r, nd_mark m)
{
    static const char *const shape[] = {[ND_MARK_GOOD] = "●",
                                        [ND_MARK_BAD] = "✖",
                                        [ND_MARK_SADDLE] = "▲",
                                        [ND_MARK_UNCERTAIN] = "◇",
                                        [ND_MARK_VALLEY] = "↗"};

    nd_buf_printf(r->b, "<i class=\"m%d\" aria-hidden=\"true\">%s</i>", (int)m, shape[m]);
}

static void legend(nd_report *r)
{
    bool occurs[ND_MARKS] = {false};

    for (size_t k = 0; k < r->src->points; k++)
        occurs[nd_mark_of(&r->src->point[k].verdict)] = true;
    nd_html(r, "<p class=\"legend\">");
    for (int m = 0; m < ND_MARK_PLUS; m++) {
        if (!occurs[m]) continue;
        nd_html(r, "<span>");
        mark(r, (nd_mark)m);
        nd_html(r, " ");
        nd_html_say(r, "%s", nd_mark_name((nd_mark)m));
        nd_html(r, "</span> ");
    }
    nd_html(r, "</p>\n");
}

/* ---- rows -------------------------------------------------------------------------------- */

static void curvature(nd_report *r, const nd_verdict *v)
{
    nd_html(r, "<td class=\"n\">");
    nd_html_number(r, v->lambda_min, 3);
    if (isfinite(v->lambda_min) && isfinite(v->lambda_err)) {
        nd_html(r, "<small>± ");
        nd_html_number(r, v->lambda_err, 1);
        nd_html(r, "</small>");
    }
    nd_html(r, "</td><td class=\"n\">");
    if (v->index >= 0)
        nd_buf_printf(r->b, "%ld", v->index);
    else
        nd_html(r, "–");
    nd_html(r, "</td>");
}

static void certificate(nd_report *r, const nd_verdict *v)
{
    const nd_cert *c = &v->cert;

    nd_html(r, "<td>");
    if (v->proved != ND_PROVED || !c->kind) {
        nd_html(r, "none: numerical</td>");
        return;
    }
    nd_html(r, "<strong>");
    nd_html_say(r, "%s", c->kind);
    nd_html(r, "</strong>");
    if (c->radius > 0.0) {
        nd_html(r, "<small>within ");
        nd_html_number(r, c->radius, 2);
        nd_html(r, "</small>");
    }
    if (c->mu > 0.0) {
        nd_html(r, "<small>eigenvalues ≥ ");
        nd_html_number(r, c->mu, 2);
        nd_html(r, "</small>");
    }
    nd_html(r, "</td>");
}

static void row(nd_report *r, size_t k)
{
    const nd_atlas_point *p = &r->src->point[k];
    const nd_verdict *v = &p->verdict;
    char kind[64];

    nd_point_kind(p, kind);
    nd_buf_printf(r->b, "<tr class=\"point%s\" data-id=\"%zu\" tabindex=\"0\"%s><th scope=\"row\">",
                  k == r->first ? " on" : "", p->id, k == r->first ? " aria-current=\"true\"" : "");
    nd_buf_printf(r->b, "%zu</th><td class=\"kind\">", p->id);
    mark(r, nd_mark_of(v));
    nd_html(r, " ");
    nd_html_say(r, "%s", kind);
    nd_html(r, v->proved == ND_PROVED ? ", <strong>proved</strong>" : ", numerical");
    if (p->family) nd_html(r, ", degenerate");
    nd_html(r, "</td>");
    nd_html_cell(r, v->loss, 6);
    nd_buf_printf(r->b, "<td class=\"n\">%zu</td>", v->errors);
    nd_html_cell(r, v->grad, 2);
    curvature(r, v);
    certificate(r, v);
    nd_buf_printf(r->b, "<td class=\"n\">%zu</td></tr>\n", p->found);
}

/* ---- order --------------------------------------------------------------------------------- */

typedef struct {
    const nd_atlas_point *p;
    size_t k;
} ranked;

static int rising(const void *x, const void *y)
{
    const ranked *a = x, *b = y;

    if (a->p->minimum != b->p->minimum) return a->p->minimum ? -1 : 1;
    if (a->p->verdict.loss != b->p->verdict.loss)
        return a->p->verdict.loss < b->p->verdict.loss ? -1 : 1;
    return (a->k > b->k) - (a->k < b->k);
}

static bool owned(const nd_report *r, size_t k)
{
    for (size_t i = 0; i < r->owns; i++)
        if (r->own[i] == k) return true;
    return false;
}

nd_status nd_report_points(nd_report *r)
{
    size_t n = r->src->points;
    ranked *order = ND_NEW(r->ctx, ranked, n);
    json_t *array = json_array();

    nd_json_put(r, r->json, "points", array);
    if (!order) return ND_EMEM;
    for (size_t k = 0; k < n; k++) order[k] = (ranked){&r->src->point[k], k};
    qsort(order, n, sizeof *order, rising);
    nd_section(r, "points", n == 1 ? "The point" : "Stationary points",
               "At a stationary point the gradient vanishes. What it is depends on the Hessian: "
               "λ<sub>min</sub> is its smallest eigenvalue, the index the number of negative ones. "
               "<em>Proved</em> means that a certificate bounds every rounding error; "
               "<em>numerical</em> is evidence, not proof. A <em>bad</em> minimum has training "
               "errors, or a lower loss is known. Choose a row (click, or Enter) and every "
               "figure below follows.");
    legend(r);
    nd_html(r,
            "<figure data-key=\"points\" data-name=\"points\" class=\"wide\">"
            "<div class=\"scroll tall\" tabindex=\"0\" role=\"region\" "
            "aria-label=\"stationary points\"><table id=\"point-table\" class=\"stat\"><thead><tr>"
            "<th scope=\"col\">point</th><th scope=\"col\">verdict</th><th scope=\"col\">loss"
            "</th><th scope=\"col\">errors</th><th scope=\"col\"><math><mo>|</mo><mo>∇</mo>"
            "<mi>L</mi><mo>|</mo></math></th><th scope=\"col\"><math><msub><mi>λ</mi><mi>min"
            "</mi></msub></math></th><th scope=\"col\">index</th><th scope=\"col\">certificate"
            "</th><th scope=\"col\">found</th></tr></thead><tbody>\n");
    for (size_t k = 0; k < n; k++) {
        row(r, order[k].k);
        bool theta = owned(r, order[k].k) && r->src->problem->net->P <= 4000;
        nd_json_append(r, array, nd_json_point(r, order[k].p, theta));
    }
    nd_html(r, "</tbody></table></div></figure>\n");
    nd_section_end(r);
    nd_free(r->ctx, order);
    return ND_OK;
}
