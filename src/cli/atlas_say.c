/* An atlas in lines for people and as JSON. */
#include "cli/atlas.h"

#include "atlas/export.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BARRIERS = 5, INDEX_MAX = 8 };

void cli_say_problem(cli *c, const nd_atlas *a)
{
    cli_say_data(c, a->data, cli_scaling_text(a->scaler, a->data), "");
    cli_say_net(c, a->net);
    cli_say_loss(c, a->problem.loss, a->problem.l2, a->weight_pos);
}

/* ---- counts ------------------------------------------------------------------------------------ */

typedef struct {
    size_t all, proved, bad, bad_proved, families;
} tally;

static bool is_bad(const nd_atlas_point *p)
{
    return p->verdict.bad;
}

/* Points of that kind; index -1: any. */
static tally count(const nd_atlas *a, bool minimum, long index)
{
    tally t = {.all = 0};

    for (size_t k = 0; k < a->points; k++) {
        const nd_atlas_point *p = &a->point[k];
        bool proved = p->verdict.proved == ND_PROVED;

        if (p->minimum != minimum || (index >= 0 && p->verdict.index != index)) continue;
        t.all++;
        t.proved += proved;
        t.bad += is_bad(p);
        t.bad_proved += is_bad(p) && proved;
        t.families += p->family;
    }
    return t;
}

static void say_minima(cli *c, const nd_atlas *a)
{
    tally t = count(a, true, -1);
    json_t *j = cli_section(c, "minima");

    cli_answer(c, "minima",
               "%zu distinct: %zu proved, %zu numerical; %zu bad (%zu of them proved)%s", t.all,
               t.proved, t.all - t.proved, t.bad, t.bad_proved,
               t.families ? "; degenerate ones of one loss count as one" : "");
    cli_put_count(c, j, "distinct", t.all);
    cli_put_count(c, j, "proved", t.proved);
    cli_put_count(c, j, "bad", t.bad);
    cli_put_count(c, j, "bad_proved", t.bad_proved);
    cli_put_count(c, j, "families", t.families);
}

static void put_saddles(cli *c, json_t *array, long index, const tally *t)
{
    json_t *j;

    if (!array) return;
    j = json_object();
    if (json_array_append_new(array, j) != 0) c->no_memory = true;
    cli_put(c, j, "index", index < 0 ? json_null() : json_integer(index));
    cli_put_count(c, j, "distinct", t->all);
    cli_put_count(c, j, "proved", t->proved);
}

static void say_saddles(cli *c, const nd_atlas *a)
{
    tally all = count(a, false, -1);
    json_t *array = c->json ? json_array() : NULL;
    nd_buf b = nd_buf_make(c->ctx);
    size_t named = 0;

    for (long index = 0; index <= INDEX_MAX; index++) {
        tally t = count(a, false, index);

        if (!t.all) continue;
        nd_buf_printf(&b, "%s%zu of index %ld (%zu proved)", named ? ", " : "", t.all, index,
                      t.proved);
        named += t.all;
        put_saddles(c, array, index, &t);
    }
    if (named < all.all) nd_buf_printf(&b, "%s%zu others", named ? ", " : "", all.all - named);
    if (!all.all) nd_buf_puts(&b, a->settings.saddles ? "none" : "none (--saddles looks for them)");
    if (nd_buf_status(&b) != ND_OK)
        c->no_memory = true;
    else
        cli_answer(c, "saddles", "%s", b.data);
    nd_buf_free(&b);
    cli_put(c, c->json, "saddles", array);
}

/* "start    94 minima, 6 valleys" for every kind of trial. */
static void say_ends(cli *c, const nd_atlas *a)
{
    static const char *const word[] = {[ND_UNDECIDED] = "undecided",
                                       [ND_GLOBAL_MINIMUM] = "global minima",
                                       [ND_LOCAL_MINIMUM] = "local minima",
                                       [ND_SADDLE] = "saddles",
                                       [ND_VALLEY] = "valleys"};

    for (int ask = 0; ask < ND_ASKS; ask++) {
        size_t n[ND_VALLEY + 1] = {0}, all = 0;
        char text[256] = "";

        for (size_t k = 0; k < a->tallies; k++)
            if ((int)a->tally[k].ask == ask) {
                n[a->tally[k].verdict] += a->tally[k].trials;
                all += a->tally[k].trials;
            }
        if (!all) continue;
        for (int v = ND_GLOBAL_MINIMUM, used = 0; v <= ND_VALLEY + 1; v++) {
            int at = v <= ND_VALLEY ? v : ND_UNDECIDED;
            if (n[at])
                used += snprintf(text + used, sizeof text - (size_t)used, "%s%zu %s",
                                 used ? ", " : "", n[at], word[at]);
        }
        cli_line(c, nd_ask_name((nd_ask_kind)ask), "%zu trial%s: %s", all, nd_plural(all), text);
    }
    if (c->json && nd_export_tallies(c->ctx, a, c->json) != ND_OK) c->no_memory = true;
}

void cli_say_counts(cli *c, const nd_atlas *a)
{
    say_ends(c, a);
    say_minima(c, a);
    say_saddles(c, a);
}

/* ---- points -------------------------------------------------------------------------------------- */

typedef struct {
    double loss;
    size_t at;
} rank;

static int lower(const void *x, const void *y)
{
    const rank *p = x, *q = y;

    if (p->loss != q->loss) return p->loss < q->loss ? -1 : 1;
    return (p->at > q->at) - (p->at < q->at);
}

static void say_point(cli *c, const nd_atlas_point *p)
{
    const nd_verdict *v = &p->verdict;
    char title[64], min[32] = "-";

    cli_verdict_title(v, title);
    if (!isnan(v->lambda_min)) snprintf(min, sizeof min, "%.3g", v->lambda_min);
    cli_line(c, "", "%5zu  %-12.9g %6zu  %10s %5ld  %6zu  %s%s", p->id, v->loss, v->errors, min,
             v->index, p->found, title, p->family ? ", degenerate" : "");
}

nd_status cli_say_points(cli *c, const nd_atlas *a, size_t most)
{
    rank *r = ND_NEW(c->ctx, rank, a->points);
    nd_status status = r ? ND_OK : ND_EMEM;

    for (size_t k = 0; r && k < a->points; k++) r[k] = (rank){a->point[k].verdict.loss, k};
    if (r && a->points) qsort(r, a->points, sizeof *r, lower);
    if (r && a->points)
        cli_line(c, "", "%5s  %-12s %6s  %10s %5s  %6s", "point", "loss", "errors", "lambda_min",
                 "index", "found");
    for (int minimum = 1; r && minimum >= 0; minimum--) {
        size_t said = 0, left = 0;

        for (size_t k = 0; k < a->points; k++) {
            const nd_atlas_point *p = &a->point[r[k].at];

            if (p->minimum != (minimum == 1)) continue;
            if (most && said == most) {
                left++;
                continue;
            }
            said++;
            say_point(c, p);
        }
        if (left)
            cli_line(c, "", "  ... and %zu more %s: nadir atlas list %s", left,
                     minimum ? "minima" : "saddles", a->file);
    }
    nd_free(c->ctx, r);
    return status;
}

/* ---- graph --------------------------------------------------------------------------------------- */

static int by_height(const void *x, const void *y)
{
    const nd_edge *p = x, *q = y;

    if (p->height != q->height) return p->height < q->height ? -1 : 1;
    return (p->saddle > q->saddle) - (p->saddle < q->saddle);
}

/* Is an edge between the same two minima among e[0..k)? */
static bool seen(const nd_edge *e, size_t k)
{
    for (size_t i = 0; i < k; i++)
        if ((e[i].a == e[k].a && e[i].b == e[k].b) || (e[i].a == e[k].b && e[i].b == e[k].a))
            return true;
    return false;
}

/* The saddle may be proved; that its two sides lead to these minima is a computed descent. */
static void say_barrier(cli *c, const nd_atlas *a, const nd_edge *e, json_t *array)
{
    const nd_atlas_point *p = &a->point[e->a], *q = &a->point[e->b];
    double above = e->height - fmax(p->verdict.loss, q->verdict.loss);
    bool proved = a->point[e->saddle].verdict.proved == ND_PROVED;

    cli_line(c, "", "%zu -- %zu over saddle %zu (%s) at %.9g, %.3g above the higher one", p->id,
             q->id, a->point[e->saddle].id, proved ? "proved" : "numerical", e->height, above);
    if (!array) return;
    json_t *j = json_object();
    if (json_array_append_new(array, j) != 0) c->no_memory = true;
    cli_put_count(c, j, "a", p->id);
    cli_put_count(c, j, "b", q->id);
    cli_put_count(c, j, "saddle", a->point[e->saddle].id);
    cli_put_real(c, j, "height", e->height);
    cli_put_real(c, j, "lo", e->lo);
    cli_put_real(c, j, "hi", e->hi);
}

static nd_status say_barriers(cli *c, const nd_atlas *a, json_t *graph)
{
    nd_edge *e = ND_NEW(c->ctx, nd_edge, a->edges);
    json_t *array = graph ? json_array() : NULL;
    size_t said = 0;

    if (!e) return ND_EMEM;
    if (a->edges) {
        memcpy(e, a->edge, a->edges * sizeof *e);
        qsort(e, a->edges, sizeof *e, by_height);
    }
    for (size_t k = 0; k < a->edges && said < BARRIERS; k++) {
        if (e[k].a == e[k].b || seen(e, k)) continue;
        if (said++ == 0)
            cli_line(c, "barriers",
                     "the lowest found (the ways down from a saddle are computed, not proved):");
        say_barrier(c, a, &e[k], array);
    }
    cli_put(c, graph, "lowest_barriers", array);
    nd_free(c->ctx, e);
    return ND_OK;
}

static nd_status components(cli *c, const nd_atlas *a, size_t *out)
{
    size_t *leaf = ND_NEW(c->ctx, size_t, a->points);
    nd_tree *tree = NULL;
    nd_status status = leaf ? nd_atlas_tree(c->ctx, a, leaf, &tree) : ND_EMEM;

    *out = 0;
    for (size_t k = 0; status == ND_OK && k < tree->nodes; k++) *out += tree->parent[k] == k;
    nd_tree_destroy(c->ctx, tree);
    nd_free(c->ctx, leaf);
    return status;
}

static nd_status say_audit(cli *c, const nd_atlas *a)
{
    nd_audit audit;
    nd_status status = nd_atlas_audit(c->ctx, a, &audit);
    json_t *j;

    if (status != ND_OK) return status;
    cli_answer(c, "audit", "%s", audit.reason);
    j = cli_section(c, "audit");
    cli_put_real(c, j, "sum", audit.sum);
    cli_put_text(c, j, "closes", nd_truth_name(audit.closes));
    cli_put_text(c, j, "reason", audit.reason);
    return ND_OK;
}

nd_status cli_say_graph(cli *c, const nd_atlas *a)
{
    json_t *j = cli_section(c, "graph");
    size_t parts;
    nd_status status;

    ND_TRY(components(c, a, &parts));
    if (a->settings.saddles)
        cli_answer(c, "graph",
                   "%zu edge%s between minima, %zu component%s; %zu saddle%s of index 1 with a "
                   "side that ends in no minimum",
                   a->edges, nd_plural(a->edges), parts, nd_plural(parts), a->loose,
                   nd_plural(a->loose));
    cli_put_count(c, j, "edges", a->edges);
    cli_put_count(c, j, "components", parts);
    cli_put_count(c, j, "loose_saddles", a->loose);
    ND_TRY(say_barriers(c, a, j));
    ND_TRY(say_audit(c, a));
done:
    return status;
}
