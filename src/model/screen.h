/* Rows whose margin cannot have come back to the hinge since it was last computed are
 * left out of the passes (screen.c).  All functions accept a work without a screen. */
#ifndef ND_MODEL_SCREEN_H
#define ND_MODEL_SCREEN_H

#include "model/pass.h"

/* Makes work->screen when the problem can have idle rows and enough of them. */
nd_status nd_screen_make(nd_ctx *ctx, const nd_problem *pb, nd_work *work);
void nd_screen_destroy(nd_ctx *ctx, nd_screen *s);

/* Before a pass at the point packed in work; after it, with its status. */
void nd_screen_begin(const nd_problem *pb, nd_work *work);
void nd_screen_end(nd_work *work, nd_status status);

/* x->rows, x->m := the rows of the tile that must be run (list: ND_TILE); those left out
 * have l = l' = 0, bit by bit what a run would give. */
void nd_screen_tile(const nd_work *work, uint32_t *list, nd_rows *x, nd_chunk *ch);
/* Remembers the margins ch->m of the rows that were run. */
void nd_screen_seen(const nd_work *work, const nd_rows *x, const nd_chunk *ch);

#endif
