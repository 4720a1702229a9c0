/* What density.c and participation.c share. */
#ifndef ND_MAP_DENSITY_H
#define ND_MAP_DENSITY_H

#include "map/plane.h"

typedef struct {
    nd_ctx *ctx;
    const nd_problem *pb;
    const double *theta;
    nd_work *work;
} nd_hessian_point;

/* Fills s->group.  V: all eigenvectors (row j the j-th), or NULL: the ends alone. */
nd_status nd_spectrum_groups(nd_ctx *ctx, nd_hessian_spectrum *s, const double *V);

#endif
