/* The potential  G(w, b) = sum_i c_i s(w.x_i + b)  and its gradient
 *     dG/dw = sum_i c_i s'(z_i) x_i,   dG/db = sum_i c_i s'(z_i).
 * Theory.md, sections 0 and 2: the slope of the loss towards a new neuron. */
#include <math.h>

#include "num/tile.h"
#include "theory/field.h"

nd_status nd_potential(nd_ctx *ctx, const nd_table *t, const nd_act *act, const double *c,
                       const double *w, double b, double *G, double *gw, double *gb)
{
    nd_field f;
    nd_status status = nd_field_create(&f, ctx, t, act, c, c);

    if (status == ND_OK) status = nd_field_pass(&f, w, b, gw ? 1 : 0);
    if (status == ND_OK && gw) {
        for (size_t i = 0; i < f.rows; i++) f.e[i] = f.c[i] * f.s1[i];
        status = nd_field_back(&f, gw, gb);
    }
    if (status == ND_OK) *G = nd_dot(f.rows, f.c, f.s);
    nd_field_destroy(&f);
    return status;
}
