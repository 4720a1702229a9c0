/* What the files of the survey share. */
#ifndef ND_GALLERY_SURVEY_H
#define ND_GALLERY_SURVEY_H

#include <nadir/gallery.h>

#include "atlas/db.h"

/* A survey being made: the result with what its cells are made of. */
typedef struct {
    nd_ctx *ctx;
    const nd_survey_settings *s;
    nd_survey_result *r;
    nd_table *const *table;
    nd_net **net;  /* tables x nets: net k on table t at t * nets + k */
    nd_loss *loss; /* losses                                           */
    char (*sha)[65];
    nd_db *d;            /* NULL: nothing is kept                            */
    int64_t *row;        /* of each cell in the file                          */
    nd_problem *problem; /* of each cell                                 */
    _Atomic char *state; /* of each run: 0 open, 1 done, 2 in the file   */
} nd_survey_work;

/* survey_cells.c: nets, losses, cells with what the theorems say; those of the file (s->d) come
 * from there. */
nd_status nd_survey_set_up(nd_survey_work *s);
void nd_survey_tear_down(nd_survey_work *s);
/* Counts ends and rates of all cells. */
void nd_survey_count(nd_survey_result *r);

/* survey_db.c */
nd_status nd_survey_open(nd_survey_work *s, const char *file);
/* The row of a cell, with its runs, if it is there: *found. */
nd_status nd_survey_load(nd_survey_work *s, size_t cell, bool *found);
nd_status nd_survey_add_cell(nd_survey_work *s, size_t cell);
/* All runs of state 1, in one transaction; they then have state 2. */
nd_status nd_survey_save(nd_survey_work *s);

/* survey_run.c: the open runs. */
nd_status nd_survey_carry_out(nd_survey_work *s, double start);

#endif
