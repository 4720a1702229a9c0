/* The figure of a survey: a row for every data set and loss, a column for every network.  A field is
 * the redder the more runs end in bad minima, with the share in it; the strip below divides all
 * runs by how they end; a green frame says that a theorem excludes bad minima there. */
#include "show/show.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define FIELD_W 58.0
#define FIELD_H 30.0
#define STRIP   7.0
#define GAP     3.0
#define MARGIN  16.0
#define TOP     58.0
#define LABELS  11.5 /* size of fonts */

static const nd_type_style small_muted = {.size = 11.0, .ink = ND_INK_MUTED};

static nd_pen end_pen(nd_end e)
{
    static const nd_pen pen[ND_ENDS] = {
        [ND_END_GLOBAL_PROVED] = {.fill = ND_INK_GREEN},
        [ND_END_GLOBAL] = {.fill = ND_INK_GREEN, .opacity = 0.45},
        [ND_END_LOCAL] = {.fill = ND_INK_SKY},
        [ND_END_BAD_PROVED] = {.fill = ND_INK_RED},
        [ND_END_BAD] = {.fill = ND_INK_ORANGE},
        [ND_END_SADDLE] = {.fill = ND_INK_PURPLE},
        [ND_END_VALLEY] = {.fill = ND_INK_YELLOW},
        [ND_END_UNDECIDED] = {.fill = ND_INK_MUTED},
    };

    return pen[e];
}

/* "gen:moons,n=60 (polyhinge:3)" */
static void row_name(const nd_survey_result *r, size_t row, char text[160])
{
    const char *data = r->table[row / r->losses], *slash = strrchr(data, '/');

    if (slash && strncmp(data, "gen:", 4) != 0) data = slash + 1;
    snprintf(text, 160, "%.60s, %.40s", data, r->loss[row % r->losses]);
}

static void cell_title(const nd_survey_result *r, const nd_survey_cell *cell, char text[512])
{
    size_t used;

    used = (size_t)snprintf(text, 512, "%.60s, %.40s, %.60s: %zu runs", r->table[cell->table],
                            r->loss[cell->loss], r->net[cell->net], cell->done);
    for (nd_end e = 0; e < ND_ENDS && used < 420; e++)
        if (cell->end[e])
            used += (size_t)snprintf(text + used, 512 - used, "; %zu %s", cell->end[e],
                                     nd_end_title(e));
    snprintf(text + used, 512 - used, "; %s", cell->headline);
}

static void strip(nd_scene *s, const nd_survey_cell *cell, double x, double y)
{
    double at = x;

    for (nd_end e = 0; e < ND_ENDS; e++) {
        double w = FIELD_W * (double)cell->end[e] / (double)cell->done;

        if (cell->end[e]) nd_scene_rect(s, at, y, w, STRIP, end_pen(e));
        at += w;
    }
}

static void field(nd_scene *s, const nd_survey_result *r, const nd_survey_cell *cell, double x,
                  double y)
{
    const bool covered = cell->theory == ND_PROVED;
    const nd_pen frame = {.stroke = covered ? ND_INK_GREEN : ND_INK_GRID,
                          .width = covered ? 2.0 : 1.0};
    char text[512];

    cell_title(r, cell, text);
    nd_scene_group(s, "cell", NULL, text);
    if (cell->share_bad > 0.0)
        nd_scene_rect(s, x, y, FIELD_W, FIELD_H - STRIP,
                      (nd_pen){.fill = ND_INK_RED, .opacity = 0.1 + 0.8 * cell->share_bad});
    if (cell->done) {
        strip(s, cell, x, y + FIELD_H - STRIP);
        snprintf(text, sizeof text, "%.0f %%", 100.0 * cell->share_bad);
        nd_scene_text(s, x + 0.5 * FIELD_W, y + 16.0,
                      (nd_type_style){.size = LABELS,
                                      .anchor = ND_MIDDLE,
                                      .ink = cell->share_bad > 0.0 ? ND_INK_TEXT : ND_INK_MUTED,
                                      .halo = true},
                      text);
    }
    nd_scene_rect(s, x, y, FIELD_W, FIELD_H, frame);
    nd_scene_end(s);
}

static void column_names(nd_scene *s, const nd_survey_result *r, double left, double foot)
{
    for (size_t k = 0; k < r->nets; k++)
        nd_scene_text(s, left + (FIELD_W + GAP) * (double)k + 0.5 * FIELD_W + 4.0, foot,
                      (nd_type_style){.size = LABELS, .upwards = true}, r->net[k]);
}

static double draw_fields(nd_scene *s, const nd_survey_result *r, double left, double top)
{
    size_t rows = r->tables * r->losses;
    char name[160];
    double y = top;

    for (size_t row = 0; row < rows; row++, y += FIELD_H + GAP) {
        if (row && row % r->losses == 0) y += 2.0 * GAP;
        row_name(r, row, name);
        nd_scene_text(s, left - 8.0, y + 19.0, (nd_type_style){.size = LABELS, .anchor = ND_RIGHT},
                      name);
        for (size_t k = 0; k < r->nets; k++)
            field(s, r, &r->cell[row * r->nets + k], left + (FIELD_W + GAP) * (double)k, y);
    }
    return y;
}

static double legend(nd_scene *s, const nd_survey_result *r, double y)
{
    nd_legend rows[ND_ENDS + 2];
    size_t count = 0;

    for (nd_end e = 0; e < ND_ENDS; e++) {
        bool met = false;

        for (size_t k = 0; k < r->cells && !met; k++) met = r->cell[k].end[e] > 0;
        if (met) rows[count++] = (nd_legend){.text = nd_end_title(e), .pen = end_pen(e)};
    }
    if (r->covered)
        rows[count++] = (nd_legend){.text = "a theorem excludes bad minima (proved)",
                                    .pen = {.stroke = ND_INK_GREEN, .width = 2.0}};
    rows[count] = (nd_legend){.text = NULL};
    return nd_scene_legend(s, MARGIN, y, rows);
}

/* The longest name, at the size of labels. */
static double widest(size_t count, char *const *name)
{
    double most = 0.0;

    for (size_t k = 0; k < count; k++) most = fmax(most, nd_text_width(LABELS, name[k]));
    return most;
}

static void subject(const nd_survey_result *r, char text[256])
{
    char ridge[48] = "";

    if (r->l2 > 0.0) snprintf(ridge, sizeof ridge, ", l2 %.6g", r->l2);
    snprintf(text, 256, "share of %zu seeded descents (seed %llu%s) that end in a bad minimum",
             r->runs, (unsigned long long)r->seed, ridge);
}

nd_status nd_show_survey(nd_ctx *ctx, const nd_survey_result *r, nd_scene **out)
{
    const char *title = "Where descents end";
    nd_scene *s = NULL;
    char text[256], name[160];
    double left = 0.0, top = TOP + widest(r->nets, r->net) + 10.0, y, width;
    nd_status status;

    for (size_t row = 0; row < r->tables * r->losses; row++) {
        row_name(r, row, name);
        left = fmax(left, nd_text_width(LABELS, name));
    }
    left += MARGIN + 12.0;
    width = fmax(left + (FIELD_W + GAP) * (double)r->nets + MARGIN, 440.0);
    subject(r, text);
    ND_TRY(nd_scene_create(ctx, width, 0.0, title, text, &s));
    nd_scene_text(s, MARGIN, 24.0, (nd_type_style){.size = 15.0, .bold = true}, title);
    nd_scene_text(s, MARGIN, 43.0, small_muted, text);
    column_names(s, r, left, top - 8.0);
    y = draw_fields(s, r, left, top) + 16.0;
    s->height = y + legend(s, r, y) + MARGIN;
    ND_TRY(nd_scene_status(s));
    *out = s;
    s = NULL;
done:
    nd_scene_destroy(s);
    return status;
}
