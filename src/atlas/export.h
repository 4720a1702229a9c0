/* The parts of an exported atlas. */
#ifndef ND_ATLAS_EXPORT_H
#define ND_ATLAS_EXPORT_H

#include "atlas/atlas.h"
#include "base/json.h"
#include "base/text.h"

/* Point k with its theta, into j. */
nd_status nd_export_point(nd_ctx *ctx, const nd_atlas *a, size_t k, json_t *j);
/* "trials": what became of them. */
nd_status nd_export_tallies(nd_ctx *ctx, const nd_atlas *a, json_t *root);

/* export_graph.c */
void nd_export_points_csv(const nd_atlas *a, nd_buf *b);
void nd_export_edges_csv(const nd_atlas *a, nd_buf *b);
void nd_export_graphml(const nd_atlas *a, nd_buf *b);

#endif
