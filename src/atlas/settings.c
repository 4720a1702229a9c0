/* The settings of an exploration, and their spelling in the atlas. */
#include "atlas/atlas.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AT(member) offsetof(nd_explore_settings, member)

const nd_setting nd_explore_table[] = {
    {"starts", ND_LONG, AT(starts), 100, 1, 1e9, NULL, "random starts, a third at every scale"},
    {"start_scale", ND_REAL, AT(scale), 1, 0, 1e3, NULL,
     "size of the random starts: 0.3, 1 and 3 times this"},
    {"hops", ND_LONG, AT(hops), 0, 0, 1e9, NULL,
     "random steps from the minima found, lowest first, each followed by a descent"},
    {"saddles", ND_BOOL, AT(saddles), 0, 0, 1, NULL,
     "look for saddles, and go down both sides of those of index 1"},
    {"index", ND_LONG, AT(index), 1, 1, 100, NULL, "with --saddles: largest index looked for"},
    {"modes", ND_LONG, AT(modes), 2, 1, 1e6, NULL,
     "with --saddles: eigenvectors followed uphill from every point, softest first"},
    {"pairs", ND_LONG, AT(pairs), 20, 0, 1e9, NULL,
     "with --saddles: paths relaxed between minima that are not connected yet"},
    {"seeks", ND_LONG, AT(seeks), 0, 0, 1e9, NULL,
     "with --saddles: searches for critical points of any index, from random starts and then from "
     "steps around the points found"},
    {"explored", ND_LONG, AT(explored), 100, 1, 1e9, NULL,
     "saddles are looked for from this many points of every index, lowest first"},
    {"rounds", ND_LONG, AT(rounds), 100, 1, 1e6, NULL, "rounds at most"},
    {"unproved", ND_BOOL, AT(unproved), 0, 0, 1, NULL,
     "try no certificates: every verdict is numerical"},
    {"seed", ND_LONG, AT(seed), 1, 0, 9e15, NULL, "seed of everything random"},
    {"time_limit", ND_REAL, AT(time), INFINITY, 0, INFINITY, NULL,
     "seconds for this run; the same command goes on later"},
    {NULL, ND_BOOL, 0, 0, 0, 0, NULL, NULL},
};

void nd_explore_init(nd_explore_settings *s)
{
    nd_settings_init(nd_explore_table, s);
}

bool nd_explore_stored(const nd_setting *row)
{
    return row->offset != AT(time);
}

void nd_explore_text(const nd_setting *row, const nd_explore_settings *s, char text[40])
{
    const void *member = (const char *)s + row->offset;

    if (row->type == ND_BOOL)
        snprintf(text, 40, "%s", *(const bool *)member ? "true" : "false");
    else if (row->type == ND_LONG)
        snprintf(text, 40, "%ld", *(const long *)member);
    else
        nd_number_format(*(const double *)member, text);
}

nd_status nd_explore_same(nd_ctx *ctx, const char *file, const nd_explore_settings *stored,
                          const nd_explore_settings *asked)
{
    for (const nd_setting *row = nd_explore_table; row->name; row++) {
        char was[40], is[40];

        nd_explore_text(row, stored, was);
        nd_explore_text(row, asked, is);
        if (nd_explore_stored(row) && strcmp(was, is) != 0)
            return nd_fail(ctx, ND_EINPUT,
                           "%s: it was made with %s = %s, not %s; another atlas is needed for that",
                           file, row->name, was, is);
    }
    return ND_OK;
}
