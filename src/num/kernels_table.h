/* Included once per instruction set: all kernels and the table that lists them. */
#include "num/kernels.h"
#include "num/tile.h"

#include "num/kernels_elementary.h"
#include "num/kernels_tile.h"
#include "num/kernels_vector.h"

const nd_kernels ND_TABLE = {
    .exp = map_exp,
    .log = map_log,
    .log1p = map_log1p,
    .tanh = map_tanh,
    .sigmoid = map_sigmoid,
    .softplus = map_softplus,
    .atan = map_atan,
    .phi = map_phi,
    .softplus_sigmoid = map_softplus_sigmoid,
    .tile_nn = tile_nn,
    .tile_tn = tile_tn,
    .sparse_nn = sparse_nn,
    .sparse_tn = sparse_tn,
    .tile_dot = tile_dot,
    .dot = dot,
    .sum = sum,
    .sumsq = sumsq,
    .absmax = absmax,
    .axpy = axpy,
};
