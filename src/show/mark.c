/* Marks of points.  Shape and colour both say what a point is; an outline in the colour
 * of the paper keeps them visible on any ground. */
#include "show/show.h"

#include <math.h>

#define HALO 2.5

static const struct {
    const char *name;
    nd_ink ink;
} kind[ND_MARKS] = {
    [ND_MARK_GOOD] = {"minimum, proved, not bad", ND_INK_GREEN},
    [ND_MARK_BAD] = {"bad local minimum", ND_INK_RED},
    [ND_MARK_SADDLE] = {"saddle", ND_INK_ORANGE},
    [ND_MARK_UNCERTAIN] = {"not proved a minimum", ND_INK_PURPLE},
    [ND_MARK_VALLEY] = {"valley", ND_INK_SKY},
    [ND_MARK_PLUS] = {"class +", ND_INK_BLUE},
    [ND_MARK_MINUS] = {"class −", ND_INK_RED},
};

nd_mark nd_mark_of(const nd_verdict *v)
{
    switch (v->kind) {
    case ND_GLOBAL_MINIMUM:
    case ND_LOCAL_MINIMUM:
        if (v->proved != ND_PROVED) return ND_MARK_UNCERTAIN;
        return v->bad ? ND_MARK_BAD : ND_MARK_GOOD;
    case ND_SADDLE:
        return ND_MARK_SADDLE;
    case ND_VALLEY:
        return ND_MARK_VALLEY;
    case ND_UNDECIDED:
        break;
    }
    return ND_MARK_UNCERTAIN;
}

const char *nd_mark_name(nd_mark m)
{
    return (unsigned)m < ND_MARKS ? kind[m].name : "";
}

nd_ink nd_mark_ink(nd_mark m)
{
    return (unsigned)m < ND_MARKS ? kind[m].ink : ND_INK_TEXT;
}

/* n points of a unit shape, y downwards, around (x, y); filled, or lines only. */
static void shape(nd_scene *s, double x, double y, double r, size_t n, const double *unit,
                  bool filled, nd_ink ink, double width)
{
    double xy[32];
    const nd_pen halo = {
        .stroke = ND_INK_PAPER, .fill = filled ? ND_INK_PAPER : ND_INK_NONE, .width = width + HALO};
    const nd_pen pen = {.stroke = ink, .fill = filled ? ink : ND_INK_NONE, .width = width};

    for (size_t k = 0; k < n; k++) {
        xy[2 * k] = x + r * unit[2 * k];
        xy[2 * k + 1] = y + r * unit[2 * k + 1];
    }
    nd_scene_path(s, n, xy, filled, halo);
    nd_scene_path(s, n, xy, filled, pen);
}

static void ring(nd_scene *s, double x, double y, double r, nd_ink ink)
{
    nd_scene_circle(s, x, y, r, (nd_pen){.stroke = ND_INK_PAPER, .width = 2.0 + HALO});
    nd_scene_circle(s, x, y, r, (nd_pen){.stroke = ink, .width = 2.0});
}

void nd_scene_mark(nd_scene *s, double x, double y, double r, nd_mark m)
{
    static const double cross[] = {-.8, -.8, .8, .8, NAN, NAN, -.8, .8, .8, -.8};
    static const double plus[] = {-1, 0, 1, 0, NAN, NAN, 0, -1, 0, 1};
    static const double triangle[] = {0, -1.1, 1, .75, -1, .75};
    static const double diamond[] = {0, -1.15, 1.15, 0, 0, 1.15, -1.15, 0, 0, -1.15};
    static const double arrow[] = {-1, 1, 1, -1, NAN, NAN, -.1, -1, 1, -1, 1, .1};
    nd_ink ink = nd_mark_ink(m);

    switch (m) {
    case ND_MARK_GOOD:
        nd_scene_circle(s, x, y, r,
                        (nd_pen){.stroke = ND_INK_PAPER, .fill = ink, .width = HALO / 2.0});
        break;
    case ND_MARK_BAD:
        shape(s, x, y, r, 5, cross, false, ink, 3.0);
        break;
    case ND_MARK_SADDLE:
        shape(s, x, y, r, 3, triangle, true, ink, 0.5);
        break;
    case ND_MARK_UNCERTAIN:
        shape(s, x, y, r, 5, diamond, false, ink, 2.0);
        break;
    case ND_MARK_VALLEY:
        shape(s, x, y, r, 6, arrow, false, ink, 2.5);
        break;
    case ND_MARK_PLUS:
        shape(s, x, y, r, 5, plus, false, ink, 2.0);
        break;
    case ND_MARK_MINUS:
        ring(s, x, y, 0.75 * r, ink);
        break;
    case ND_MARKS:
        break;
    }
}
