/* The beginning and the end of the page: the answer in a sentence, where it comes from, and
 * the methods with their limits. */
#include "show/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* No script or style from elsewhere, no request at all; images made by the page itself. */
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: "    \
    "blob:; base-uri 'none'; form-action 'none'"

/* From so many points on the browser leaves out what is far below the window. */
enum { LARGE = 100 };

static const char *plural(size_t n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

static void title(nd_report *r)
{
    const char *source = r->src->problem->data->source, *slash = source ? strrchr(source, '/') : 0;

    if (r->src->title)
        nd_html_say(r, "%s", r->src->title);
    else
        nd_html_say(r, "The loss surface of %s on %s", r->src->problem->net->spec,
                    slash    ? slash + 1
                    : source ? source
                             : "the data");
}

static void style(nd_report *r)
{
    char *css;

    if (nd_theme_css(r->ctx, &css) != ND_OK) {
        r->b->failed = true;
        return;
    }
    nd_html(r, "<style id=\"theme\">\n");
    nd_html(r, css);
    nd_html(r, "</style>\n<style>\n");
    nd_html(r, nd_report_css);
    nd_html(r, "</style>\n");
    nd_text_destroy(r->ctx, css);
}

/* ---- the answer ---------------------------------------------------------------------------- */

typedef struct {
    size_t minima, proved, bad, bad_proved, saddles, saddles_proved;
    const nd_atlas_point *lowest,
        *worst; /* worst: the lowest of the bad ones, proved if there is one */
} census;

static bool better(const nd_atlas_point *p, const nd_atlas_point *than)
{
    bool a = p->verdict.proved == ND_PROVED, b = than && than->verdict.proved == ND_PROVED;

    return !than || (a != b ? a : p->verdict.loss < than->verdict.loss);
}

static census count(const nd_report_source *s)
{
    census c = {.lowest = NULL};

    for (size_t k = 0; k < s->points; k++) {
        const nd_atlas_point *p = &s->point[k];
        bool proved = p->verdict.proved == ND_PROVED;
        if (!p->minimum) {
            c.saddles++;
            c.saddles_proved += proved;
            continue;
        }
        c.minima++;
        c.proved += proved;
        if (!c.lowest || p->verdict.loss < c.lowest->verdict.loss) c.lowest = p;
        if (!p->verdict.bad) continue;
        c.bad++;
        c.bad_proved += proved;
        if (better(p, c.worst)) c.worst = p;
    }
    return c;
}

/* "loss 0.915, 1 of 3 samples wrong" */
static void facts(nd_report *r, const nd_verdict *v)
{
    nd_html(r, "loss ");
    nd_html_number(r, v->loss, 6);
    nd_html_say(r, ", %zu of %zu %s wrong", v->errors, r->src->problem->data->n,
                plural(r->src->problem->data->n, "sample", "samples"));
}

static void say_many(nd_report *r)
{
    const census c = count(r->src);
    const nd_atlas *a = r->src->atlas;

    if (a) nd_html_say(r, "%zu %s found ", a->trials, plural(a->trials, "trial", "trials"));
    nd_html_say(r, "%s%zu %s (%zu proved)", a ? "" : "There are ", c.minima,
                plural(c.minima, "minimum", "minima"), c.proved);
    if (c.saddles)
        nd_html_say(r, " and %zu %s (%zu proved)", c.saddles,
                    plural(c.saddles, "saddle", "saddles"), c.saddles_proved);
    nd_html(r, ". ");
    if (c.worst) {
        nd_html(r, "<strong class=\"bad\">");
        nd_html_say(r, "%zu of the minima %s bad", c.bad, plural(c.bad, "is", "are"));
        if (c.bad_proved == 0 || c.bad_proved == c.bad)
            nd_html(r, c.bad_proved ? ", provably" : ", by the numbers");
        else
            nd_html_say(r, ", %zu of them provably", c.bad_proved);
        nd_html(r, "</strong>: ");
        nd_html_say(r, "training can end at point %zu (", c.worst->id);
        facts(r, &c.worst->verdict);
        nd_html(r, "). ");
    } else if (c.minima)
        nd_html(r, "<strong class=\"good\">None of them is bad.</strong> ");
    if (c.lowest) {
        nd_html_say(r, "The lowest is point %zu: ", c.lowest->id);
        facts(r, &c.lowest->verdict);
        nd_html(r,
                c.lowest->verdict.kind == ND_GLOBAL_MINIMUM && c.lowest->verdict.proved == ND_PROVED
                    ? ", proved to be global."
                    : ".");
    }
}

static void say_one(nd_report *r)
{
    const nd_atlas_point *p = &r->src->point[0];
    char kind[64];

    nd_point_kind(p, kind);
    nd_html(r, "This model is at a <strong class=\"");
    nd_html(r, p->verdict.bad ? "bad" : p->minimum ? "good" : "open");
    nd_html(r, "\">");
    nd_html_say(r, "%s (%s)", kind, p->verdict.proved == ND_PROVED ? "proved" : "numerical");
    nd_html(r, "</strong>: ");
    facts(r, &p->verdict);
    nd_html(r, ". ");
    nd_html_say(r, "%s", p->verdict.reason);
}

static void pair(nd_report *r, const char *name, const char *value, bool code)
{
    if (!value || !*value) return;
    nd_html(r, "<div><dt>");
    nd_html_say(r, "%s", name);
    nd_html(r, code ? "</dt><dd><code>" : "</dt><dd>");
    nd_html_say(r, "%s", value);
    nd_html(r, code ? "</code></dd></div>\n" : "</dd></div>\n");
    nd_json_put(r, nd_json_at(r, "about"), name, json_string(value));
}

static void about(nd_report *r)
{
    const nd_problem *pb = r->src->problem;
    const nd_table *t = pb->data;
    size_t plus = nd_table_count(t, 1.0);
    char text[400];

    nd_html(r, "<dl class=\"about\">\n");
    snprintf(text, sizeof text, "%.120s: %zu %s, %zu %s, %zu + (%.40s), %zu − (%.40s), %s",
             t->source ? t->source : "data", t->n, plural(t->n, "sample", "samples"), t->d,
             plural(t->d, "feature", "features"), plus, t->positive ? t->positive : "+1",
             t->n - plus, t->negative ? t->negative : "-1", nd_scale_words(r->src->scale));
    pair(r, "data", text, false);
    pair(r, "SHA-256", r->sha256, true);
    pair(r, "problem", r->subject, false);
    snprintf(text, sizeof text, "%llu", (unsigned long long)r->src->seed);
    pair(r, "seed", text, false);
    snprintf(text, sizeof text, "nadir %s%s%.40s", ND_VERSION,
             r->src->made_by ? "; points by " : "", r->src->made_by ? r->src->made_by : "");
    pair(r, "version", text, false);
    pair(r, "found by", r->src->made, true);
    pair(r, "command", r->src->command, true);
    nd_html(r, "</dl>\n");
}

static void navigation(nd_report *r)
{
    static const char *const to[][2] = {{"theorems", "Theorems"},
                                        {"points", "Points"},
                                        {"regions", "Decision regions"},
                                        {"slice", "Slice"},
                                        {"graph", "Graph"},
                                        {"spectrum", "Spectrum"},
                                        {"potential", "Potential"},
                                        {"methods", "Methods and limits"}};

    nd_html(r, "<nav aria-label=\"sections\"><ul>");
    for (size_t k = 0; k < sizeof to / sizeof *to; k++)
        nd_buf_printf(r->b, "<li><a href=\"#%s\">%s</a></li>", to[k][0], to[k][1]);
    nd_html(r, "</ul></nav>\n");
}

/* What is selected; the script keeps it up to date. */
static void selected(nd_report *r)
{
    const nd_atlas_point *p = &r->src->point[r->first];
    char text[ND_POINT_TEXT];

    nd_point_sentence(p, text);
    nd_buf_printf(r->b,
                  "<div id=\"bar\" data-first=\"%zu\"><button type=\"button\" id=\"before\" "
                  "hidden=\"\" aria-label=\"previous point\">◀</button>"
                  "<p id=\"now\" role=\"status\" aria-live=\"polite\">Selected: <strong>",
                  p->id);
    nd_html_say(r, "%s", text);
    nd_html(r, "</strong></p><button type=\"button\" id=\"after\" hidden=\"\" "
               "aria-label=\"next point\">▶</button></div>\n");
}

void nd_report_head(nd_report *r)
{
    nd_html(r, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n"
               "<meta name=\"generator\" content=\"nadir " ND_VERSION "\">\n<title>");
    title(r);
    nd_html(r, "</title>\n");
    style(r);
    nd_html(r, "</head>\n");
    nd_html(r, r->src->points > LARGE ? "<body class=\"large\">\n" : "<body>\n");
    nd_html(r, "<a class=\"skip\" href=\"#points\">Skip to the points</a>\n"
               "<header>\n<p class=\"kicker\">nadir report</p>\n<h1>");
    title(r);
    nd_html(r, "</h1>\n<p class=\"verdict\">");
    if (r->src->points == 1 && !r->src->atlas)
        say_one(r);
    else
        say_many(r);
    nd_html(r, "</p>\n");
    about(r);
    navigation(r);
    nd_html(r, "</header>\n");
    if (r->src->points > 1) selected(r);
    nd_html(r, "<main>\n");
}

/* ---- methods and limits ------------------------------------------------------------------------ */

static void trials(nd_report *r)
{
    const nd_atlas *a = r->src->atlas;
    size_t ends[ND_VALLEY + 1] = {0};
    nd_audit audit;

    if (!a) return;
    for (size_t k = 0; k < a->tallies; k++) ends[a->tally[k].verdict] += a->tally[k].trials;
    nd_html(r, "<p>");
    nd_html_say(r,
                "The search: %zu trials in %zu rounds, %s. They ended in global minima %zu times, "
                "local minima %zu, saddles %zu, valleys %zu, undecided %zu. ",
                a->trials, a->rounds, a->finished ? "finished" : "not finished",
                ends[ND_GLOBAL_MINIMUM], ends[ND_LOCAL_MINIMUM], ends[ND_SADDLE], ends[ND_VALLEY],
                ends[ND_UNDECIDED]);
    nd_html(r, "Points that a search has not met are not in this page: absence is no proof. ");
    if (nd_atlas_audit(r->ctx, a, &audit) == ND_OK) {
        nd_html(r, "Morse audit: ");
        nd_html_say(r, "%s.", audit.reason);
    }
    nd_html(r, "</p>\n");
}

void nd_report_methods(nd_report *r)
{
    nd_section(r, "methods", "Methods and limits", NULL);
    nd_html(
        r,
        "<p>The function studied is</p>\n<math display=\"block\"><mi>L</mi><mo stretchy=\"false\">("
        "</mo><mi>θ</mi><mo stretchy=\"false\">)</mo><mo>=</mo><mfrac><mn>1</mn><mi>n</mi></mfrac>"
        "<munder><mo>∑</mo><mi>i</mi></munder><msub><mi>ω</mi><mi>i</mi></msub><mi>ℓ</mi>"
        "<mo stretchy=\"false\">(</mo><mo>−</mo><msub><mi>y</mi><mi>i</mi></msub><mi>f</mi>"
        "<mo stretchy=\"false\">(</mo><msub><mi>x</mi><mi>i</mi></msub><mo>;</mo><mi>θ</mi>"
        "<mo stretchy=\"false\">)</mo><mo stretchy=\"false\">)</mo><mo>+</mo><mfrac><mi>λ</mi>"
        "<mn>2</mn></mfrac><msup><mrow><mo stretchy=\"false\">|</mo><mi>θ</mi>"
        "<mo stretchy=\"false\">|</mo></mrow><mn>2</mn></msup><mo>,</mo></math>\n<p>with ");
    char loss[32], act[ND_TICK_TEXT];
    nd_loss_spec(r->src->problem->loss, loss);
    nd_html_say(r, "ℓ = %s, ", loss);
    nd_number_label(r->src->problem->l2, 6, act);
    nd_html_say(r, "λ = %s and f = %s. ", act, r->src->problem->net->spec);
    nd_html(r, "A training error is a sample with <math><msub><mi>y</mi><mi>i</mi></msub><mi>f</mi>"
               "<mo stretchy=\"false\">(</mo><msub><mi>x</mi><mi>i</mi></msub>"
               "<mo stretchy=\"false\">)</mo></math> of the wrong sign; an output of exactly 0 "
               "counts as +.</p>\n");
    trials(r);
    nd_html(r,
            "<ul>\n<li><strong>Proved</strong>: a certificate holds, with every rounding error "
            "bounded; it can be exported (<code>nadir atlas export</code>, <code>nadir "
            "certify</code>) and proved again by <code>nadir-verify</code>, a separate program. "
            "Where a certificate speaks of a critical point near by, its distance is given.</li>\n"
            "<li><strong>Numerical</strong>: gradients, eigenvalues and continued descent in "
            "double precision. Evidence, not proof.</li>\n"
            "<li><strong>Slice</strong>: a plane of a space of ");
    nd_buf_printf(r->b, "%zu", r->src->problem->net->P);
    nd_html(r,
            " dimensions. What looks like a wall there may be walked around elsewhere.</li>\n"
            "<li><strong>Graph</strong>: heights are those of the saddles found; a lower pass may "
            "exist. Two minima that no saddle found joins may still be joined.</li>\n"
            "<li><strong>Training errors</strong> say nothing about data that were not trained "
            "on.</li>\n</ul>\n"
            "<p>The page makes no network request (its Content-Security-Policy forbids all) and "
            "needs no script to be read. Everything shown is embedded as JSON, in the element "
            "<code>script#data</code>.</p>\n");
    nd_section_end(r);
}
