/* Contours by marching squares.
 *
 * Inside a cell the function is the bilinear interpolant of its corners; a line crosses
 * an edge between a corner below the level (z < level) and one above (z >= level).  Each
 * crossing is directed so that the high side lies to the left; every crossed edge then
 * has at most one piece that comes in and one that goes out, and following them gives
 * the lines.  A cell with two high corners across has a saddle of the interpolant, whose
 * value (z00 z11 - z01 z10) / (z00 + z11 - z01 - z10) decides which corners are joined
 * (Nielson, Hamann, "The asymptotic decider", 1991).
 *
 * Filled contours: the grid gets a rim of points below everything, at no distance from
 * the border; then all lines close, along the border where the region meets it. */
#include "show/show.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

#define NONE SIZE_MAX

/* The grid with its rim (pad = 1) or without (pad = 0): w x h corners. */
typedef struct {
    nd_grid g;
    double level;
    size_t pad, w, h;
    size_t *next, *into; /* per edge: where its piece goes, whether one comes in */
} march;

static bool on_rim(const march *m, size_t i, size_t j)
{
    return m->pad && (i == 0 || j == 0 || i == m->w - 1 || j == m->h - 1);
}

/* NaN and infinities are higher than everything. */
static double value(const march *m, size_t i, size_t j)
{
    if (on_rim(m, i, j)) return -INFINITY;
    double z = m->g.z[(j - m->pad) * m->g.nx + (i - m->pad)];
    return isfinite(z) ? z : INFINITY;
}

/* Edges: along x from (i, j), then along y from (i, j). */
static size_t edge_x(const march *m, size_t i, size_t j)
{
    return 2 * (j * m->w + i);
}

static size_t edge_y(const march *m, size_t i, size_t j)
{
    return 2 * (j * m->w + i) + 1;
}

static void join(march *m, size_t from, size_t to)
{
    m->next[from] = to;
    m->into[to] = from;
}

/* The high corners of a saddle cell belong together through its middle. */
static bool middle_is_high(const double z[4], double level)
{
    double a = z[0] + z[2], b = z[1] + z[3];

    if (!isfinite(a) || !isfinite(b)) return true;
    return (z[0] * z[2] - z[1] * z[3]) / (a - b) >= level;
}

/* Corners counterclockwise from (i, j); e[k] joins corners k and k+1.  A line goes from
 * the edge on which the high side ends to that on which it began (counterclockwise
 * way round the cell), which leaves it to the left. */
static void cell(march *m, size_t i, size_t j)
{
    const size_t e[4] = {edge_x(m, i, j), edge_y(m, i + 1, j), edge_x(m, i, j + 1),
                         edge_y(m, i, j)};
    const double z[4] = {value(m, i, j), value(m, i + 1, j), value(m, i + 1, j + 1),
                         value(m, i, j + 1)};
    bool high[4];
    int ends[2], begins[2], n = 0, k2 = 0;

    for (int k = 0; k < 4; k++) high[k] = z[k] >= m->level;
    for (int k = 0; k < 4; k++) {
        if (high[k] && !high[(k + 1) % 4]) ends[n++] = k;
        if (!high[k] && high[(k + 1) % 4]) begins[k2++] = k;
    }
    if (n == 0) return;
    if (n == 1) {
        join(m, e[ends[0]], e[begins[0]]);
        return;
    }
    /* Two lines: high corners apart (each line around one of them) or joined. */
    for (int k = 0; k < 2; k++) {
        int around = (ends[k] + 3) % 4, across = (ends[k] + 1) % 4;
        join(m, e[ends[k]], e[middle_is_high(z, m->level) ? across : around]);
    }
}

/* ---- following ---------------------------------------------------------------------------- */

/* Grid coordinate of corner i: the rim lies on the border. */
static double place(const march *m, size_t i, size_t n)
{
    double at = (double)i - (double)m->pad, last = (double)n - 1.0;

    return at < 0.0 ? 0.0 : at > last ? last : at;
}

static void crossing(const march *m, size_t edge, double xy[2])
{
    size_t j = edge / 2 / m->w, i = edge / 2 % m->w;
    bool along_x = edge % 2 == 0;
    size_t i1 = along_x ? i + 1 : i, j1 = along_x ? j : j + 1;
    double a = value(m, i, j), b = value(m, i1, j1), t = (m->level - a) / (b - a);

    if (!isfinite(a) || !isfinite(b)) t = 0.5; /* at the rim the edge has no length */
    t = t < 0.0 ? 0.0 : t > 1.0 ? 1.0 : t;
    double x = place(m, i, m->g.nx), y = place(m, j, m->g.ny);
    xy[0] = x + t * (place(m, i1, m->g.nx) - x);
    xy[1] = y + t * (place(m, j1, m->g.ny) - y);
}

/* Follows the line that begins at edge and takes it out. */
static size_t follow(march *m, size_t edge, double *xy, bool *closed)
{
    size_t n = 0, at = edge;

    while (at != NONE) {
        crossing(m, at, xy + 2 * n++);
        size_t to = m->next[at];
        m->next[at] = m->into[at] = NONE;
        at = to;
        *closed = at == edge;
        if (*closed) break;
    }
    return n;
}

static size_t count_crossings(const march *m, size_t *pieces)
{
    size_t n = 0, edges = 2 * m->w * m->h;

    *pieces = 0;
    for (size_t e = 0; e < edges; e++) {
        n += m->next[e] != NONE || m->into[e] != NONE;
        *pieces += m->next[e] != NONE;
    }
    return n;
}

/* Lines that begin at the border first; what then remains are rings. */
static void collect(march *m, nd_contour *c)
{
    size_t edges = 2 * m->w * m->h, at = 0;

    for (int rings = 0; rings < 2; rings++)
        for (size_t e = 0; e < edges; e++) {
            if (m->next[e] == NONE || (!rings && m->into[e] != NONE)) continue;
            c->start[c->pieces] = at;
            at += follow(m, e, c->xy + 2 * at, &c->closed[c->pieces]);
            c->start[++c->pieces] = at;
        }
}

nd_status nd_contour_find(nd_ctx *ctx, nd_grid g, double level, bool filled, nd_contour *out)
{
    march m = {
        .g = g, .level = level, .pad = filled, .w = g.nx + 2 * filled, .h = g.ny + 2 * filled};
    size_t edges = 2 * m.w * m.h, most;
    nd_contour c = {0};
    nd_status status = ND_EMEM;

    if (g.nx < 2 || g.ny < 2) return nd_fail(ctx, ND_EDIM, "a grid needs two rows and columns");
    m.next = ND_NEW(ctx, size_t, edges);
    m.into = ND_NEW(ctx, size_t, edges);
    if (!m.next || !m.into) goto done;
    for (size_t e = 0; e < edges; e++) m.next[e] = m.into[e] = NONE;
    for (size_t j = 0; j + 1 < m.h; j++)
        for (size_t i = 0; i + 1 < m.w; i++) cell(&m, i, j);
    size_t points = count_crossings(&m, &most);
    c.start = ND_NEW(ctx, size_t, most + 1);
    c.closed = ND_NEW(ctx, bool, most + 1);
    c.xy = ND_NEW(ctx, double, 2 * points);
    if (!c.start || !c.closed || !c.xy) goto done;
    c.start[0] = 0;
    collect(&m, &c);
    *out = c;
    status = ND_OK;
done:
    nd_free(ctx, m.next);
    nd_free(ctx, m.into);
    if (status != ND_OK) nd_contour_clear(ctx, &c);
    return status;
}

void nd_contour_clear(nd_ctx *ctx, nd_contour *c)
{
    nd_free(ctx, c->start);
    nd_free(ctx, c->closed);
    nd_free(ctx, c->xy);
    *c = (nd_contour){0};
}

double nd_contour_area(const nd_contour *c)
{
    double area = 0.0;

    for (size_t k = 0; k < c->pieces; k++) {
        size_t a = c->start[k], n = c->start[k + 1] - a;
        for (size_t i = 0; i < n; i++) {
            const double *p = c->xy + 2 * (a + i), *q = c->xy + 2 * (a + (i + 1) % n);
            area += 0.5 * (p[0] * q[1] - p[1] * q[0]);
        }
    }
    return area;
}
