/* The parts of a network that the files of this floor share. */
#ifndef ND_MODEL_NET_H
#define ND_MODEL_NET_H

#include "model/activation.h"

/* Limits of the grammar.  10^9 parameters are 8 GB: far beyond what the passes are
 * made for, and small enough that no size below overflows. */
#define ND_WIDTH_MAX 1000000
#define ND_DEPTH_MAX 1000
#define ND_TERMS_MAX 1000
#define ND_P_MAX     ((size_t)1000000000)
#define ND_ACT_NAMES (ACT_ROWS + 1) /* with "linear" */

/* Sets the offsets, P and units from terms and layers.  ND_ERANGE: too large. */
nd_status nd_net_layout(nd_ctx *ctx, nd_net *net);
/* Sets net->spec. */
nd_status nd_net_print(nd_ctx *ctx, nd_net *net);

#endif
