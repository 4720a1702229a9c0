/* What the ways to choose a plane share. */
#ifndef ND_MAP_PLANE_H
#define ND_MAP_PLANE_H

#include <nadir/map.h>

/* Streams of nd_rng that belong to pictures; lab has those from 2^62 on. */
#define ND_STREAM_PLANE (((uint64_t)1 << 62) + 16)
#define ND_STREAM_SLQ   (((uint64_t)1 << 62) + 32)

/* A plane at origin with u = v = 0. */
nd_status nd_plane_create(nd_ctx *ctx, nd_plane_kind kind, size_t P, int dim, const double *origin,
                          nd_plane **out);
/* lo = -r, hi = r. */
void nd_plane_around(nd_plane *p, double r);
/* The smallest square (or stretch) with room around the coordinates at, count pairs. */
void nd_plane_show(nd_plane *p, size_t count, const double *at);

#endif
