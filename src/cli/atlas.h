/* What explore and atlas say of an atlas (atlas_say.c). */
#ifndef ND_CLI_ATLAS_H
#define ND_CLI_ATLAS_H

#include "cli/cli.h"

#include <nadir/atlas.h>

void cli_say_problem(cli *c, const nd_atlas *a);
/* Counts: minima, saddles by index, what became of the trials. */
void cli_say_counts(cli *c, const nd_atlas *a);
/* A line per point, at most `most` minima and as many saddles; 0: all. */
nd_status cli_say_points(cli *c, const nd_atlas *a, size_t most);
/* Edges, components, lowest barriers, the audit. */
nd_status cli_say_graph(cli *c, const nd_atlas *a);

#endif
