/* The checklist of the theorems: what holds, what fails, what is not known, each with what
 * was measured and the formula. */
#include "show/report.h"

#include <string.h>

static const char *const word[] = {
    [ND_UNKNOWN] = "unknown", [ND_PROVED] = "holds", [ND_REFUTED] = "fails"};
static const char *const sign[] = {[ND_UNKNOWN] = "?", [ND_PROVED] = "✓", [ND_REFUTED] = "✗"};

static void badge(nd_report *r, nd_truth t)
{
    nd_html(r, "<span class=\"badge ");
    nd_html(r, word[t]);
    nd_html(r, "\"><span aria-hidden=\"true\">");
    nd_html(r, sign[t]);
    nd_html(r, "</span> ");
    nd_html(r, word[t]);
    nd_html(r, "</span>");
}

static bool about_point(nd_condition_id id)
{
    return id >= ND_NEEDS_IDLE;
}

static bool needs(const nd_theorem_kind *k, nd_condition_id id)
{
    for (const nd_condition_id *n = k->needs; *n != ND_CONDITIONS; n++)
        if (*n == id) return true;
    return false;
}

/* ---- theorems ---------------------------------------------------------------------------- */

/* Theorem 4 is about another loss than this program has. */
static bool shown(const nd_theorem *t)
{
    return !needs(t->kind, ND_NEEDS_PENALTY);
}

static void why(nd_report *r, const nd_theorem *t)
{
    if (t->truth == ND_PROVED) {
        nd_html(r, "all its conditions hold");
        return;
    }
    if (t->first >= ND_CONDITIONS) return;
    nd_html(r, t->truth == ND_REFUTED ? "fails: " : "not known: ");
    nd_html_formula(r, r->theory->condition[t->first].kind->title);
}

static void theorem_rows(nd_report *r)
{
    json_t *array = json_array();

    for (size_t k = 0; k < ND_THEOREMS; k++) {
        const nd_theorem *t = &r->theory->theorem[k];
        if (!shown(t)) continue;
        nd_html(r, "<tr><td>");
        badge(r, t->truth);
        nd_html(r, "</td><th scope=\"row\">");
        nd_html_say(r, "%s", t->kind->title);
        nd_html(r, "</th><td>");
        nd_html_formula(r, t->kind->covers);
        nd_html(r, "</td><td>");
        why(r, t);
        nd_html(r, "</td></tr>\n");
        json_t *j = json_object();
        nd_json_put(r, j, "name", json_string(t->kind->name));
        nd_json_put(r, j, "truth", json_string(nd_truth_name(t->truth)));
        nd_json_put(r, j, "here", json_string(nd_truth_name(t->here)));
        nd_json_append(r, array, j);
    }
    nd_json_put(r, nd_json_at(r, "theory"), "theorems", array);
}

/* ---- conditions ------------------------------------------------------------------------------ */

/* "for 1, 2, 3i": the theorems that need it. */
static void used_by(nd_report *r, nd_condition_id id)
{
    bool any = false;

    for (size_t k = 0; k < ND_THEOREMS; k++) {
        const nd_theorem_kind *t = r->theory->theorem[k].kind;
        if (!needs(t, id) || !shown(&r->theory->theorem[k])) continue;
        nd_html(r, any ? ", " : "<small>for ");
        nd_html_say(r, "%s", t->name);
        any = true;
    }
    nd_html(r, any ? "</small>" : "<small>no theorem here rests on it</small>");
}

static void condition_row(nd_report *r, const nd_condition *c, json_t *array)
{
    nd_html(r, "<tr><td>");
    badge(r, c->truth);
    nd_html(r, "</td><th scope=\"row\">");
    nd_html_formula(r, c->kind->title);
    used_by(r, c->kind->id);
    nd_html(r, "</th><td>");
    nd_html_formula(r, c->kind->formula);
    nd_html(r, "</td><td>");
    nd_html_formula(r, c->looked ? c->value : "not looked at");
    if (c->truth == ND_REFUTED) {
        nd_html(r, "<small>Without it: ");
        nd_html_formula(r, c->kind->without);
        if (*c->kind->example) nd_html_say(r, " (gallery: %s)", c->kind->example);
        nd_html(r, "</small>");
    }
    nd_html(r, "</td></tr>\n");
    json_t *j = json_object();
    nd_json_put(r, j, "name", json_string(c->kind->name));
    nd_json_put(r, j, "truth", json_string(nd_truth_name(c->truth)));
    nd_json_put(r, j, "value", json_string(c->value));
    nd_json_append(r, array, j);
}

static void condition_table(nd_report *r, bool point, json_t *array)
{
    nd_html(r, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"conditions\">"
               "<table class=\"check\"><thead><tr><th scope=\"col\">state</th><th scope=\"col\">"
               "condition</th><th scope=\"col\">formula</th><th scope=\"col\">measured</th></tr>"
               "</thead><tbody>\n");
    for (int k = 0; k < ND_CONDITIONS; k++) {
        const nd_condition *c = &r->theory->condition[k];
        if (k == ND_NEEDS_PENALTY || about_point((nd_condition_id)k) != point) continue;
        condition_row(r, c, array);
    }
    nd_html(r, "</tbody></table></div>\n");
}

nd_status nd_report_theory(nd_report *r)
{
    json_t *array = json_array();

    nd_section(r, "theorems", "What the theorems say",
               "Each theorem names conditions under which certain points can have no training "
               "error. They hold for <em>all</em> points of the kind at once, found or not. A "
               "theorem that fails proves nothing: bad minima may exist, or not.");
    nd_html(r, "<p class=\"headline\"><strong>");
    nd_html_formula(r, r->theory->headline);
    nd_html(r, "</strong> ⇒ ");
    nd_html_formula(r, r->theory->consequence);
    nd_html(r,
            ".</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"theorems\">"
            "<table class=\"check\"><thead><tr><th>state</th><th>theorem</th>"
            "<th>classifies every sample correctly at</th><th>why</th></tr></thead><tbody>\n");
    theorem_rows(r);
    nd_html(r, "</tbody></table></div>\n<h3>Conditions on data, network and loss</h3>\n");
    condition_table(r, false, array);
    nd_html(r, "<h3>Conditions on a point, looked at for point ");
    nd_html_say(r, "%zu", r->src->point[r->first].id);
    nd_html(r, "</h3>\n");
    condition_table(r, true, array);
    nd_section_end(r);
    json_t *j = nd_json_at(r, "theory");
    nd_json_put(r, j, "headline", json_string(r->theory->headline));
    nd_json_put(r, j, "consequence", json_string(r->theory->consequence));
    nd_json_put(r, j, "conditions", array);
    nd_json_put(r, j, "point", json_integer((json_int_t)r->src->point[r->first].id));
    return ND_OK;
}
