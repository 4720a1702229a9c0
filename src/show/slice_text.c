/* A plane in words. */
#include "show/show.h"

#include <stdio.h>
#include <string.h>

static const char *name(const nd_slice_view *v, size_t k)
{
    static const char *const plain[] = {"1", "2", "3"};

    return k < v->points && v->point[k].label ? v->point[k].label : plain[k < 3 ? k : 2];
}

static void through(const nd_plane *p, const nd_slice_view *v, char text[ND_PLANE_TEXT])
{
    if (p->dim == 1)
        snprintf(text, ND_PLANE_TEXT,
                 "the line through points %.40s and %.40s; s: distance from %.40s towards %.40s",
                 name(v, 0), name(v, 1), name(v, 0), name(v, 1));
    else
        snprintf(text, ND_PLANE_TEXT,
                 "the plane through points %.40s, %.40s and %.40s; s: distance from %.40s towards "
                 "%.40s, t: at a right angle to it, towards %.40s",
                 name(v, 0), name(v, 1), name(v, 2), name(v, 0), name(v, 1), name(v, 2));
}

/* "0 (the smallest)", "3", "-1 (the largest)". */
static void rank_text(long rank, char text[40])
{
    snprintf(text, 40, "%ld%s", rank,
             rank == 0    ? " (the smallest)"
             : rank == -1 ? " (the largest)"
                          : "");
}

static void eigen(const nd_plane *p, const nd_slice_view *v, char text[ND_PLANE_TEXT])
{
    char value[2][ND_TICK_TEXT], rank[2][40];

    for (int k = 0; k < 2; k++) {
        nd_number_label(p->value[k], 4, value[k]);
        rank_text(p->rank[k], rank[k]);
    }
    if (p->dim == 1)
        snprintf(text, ND_PLANE_TEXT,
                 "the line through point %.40s along eigenvector %s of its Hessian, eigenvalue %s",
                 name(v, 0), rank[0], value[0]);
    else
        snprintf(
            text, ND_PLANE_TEXT,
            "the plane through point %.40s along eigenvectors of its Hessian; s: %s, eigenvalue "
            "%s, t: %s, eigenvalue %s",
            name(v, 0), rank[0], value[0], rank[1], value[1]);
}

static void random_text(const nd_plane *p, const nd_slice_view *v, char text[ND_PLANE_TEXT])
{
    snprintf(text, ND_PLANE_TEXT,
             "the %s through point %.40s along %s random direction%s (seed %llu), scaled so that "
             "every neuron moves by its own norm (filter normalisation)",
             p->dim == 1 ? "line" : "plane", name(v, 0), p->dim == 1 ? "a" : "two",
             p->dim == 1 ? "" : "s", (unsigned long long)p->seed);
}

static void trace_text(const nd_plane *p, char text[ND_PLANE_TEXT])
{
    char share[2][ND_TICK_TEXT];

    for (int k = 0; k < 2; k++) nd_number_label(100.0 * p->value[k], 3, share[k]);
    if (p->dim == 1)
        snprintf(
            text, ND_PLANE_TEXT,
            "the line through the end of the training run along the leading principal direction "
            "of its way (%s %% of the squared distance from the end)",
            share[0]);
    else
        snprintf(text, ND_PLANE_TEXT,
                 "the plane through the end of the training run along the two leading principal "
                 "directions of its way (%s %% and %s %% of the squared distance from the end)",
                 share[0], share[1]);
}

void nd_plane_sentence(const nd_plane *p, const nd_slice_view *view, char text[ND_PLANE_TEXT])
{
    switch (p->kind) {
    case ND_PLANE_THROUGH:
        through(p, view, text);
        break;
    case ND_PLANE_EIGEN:
        eigen(p, view, text);
        break;
    case ND_PLANE_RANDOM:
        random_text(p, view, text);
        break;
    case ND_PLANE_TRACE:
        trace_text(p, text);
        break;
    }
}
