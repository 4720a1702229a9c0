/* What the files of nadir slice share. */
#ifndef ND_CLI_SLICE_H
#define ND_CLI_SLICE_H

#include "cli/cli.h"

/* One point that a slice can go through or show. */
typedef struct {
    const double *theta;
    nd_verdict verdict; /* kind, proved, bad, loss, errors */
    bool judged;        /* somebody has given a verdict    */
    double at[2], far;  /* on the plane; distance from it  */
    char label[24], title[160];
} slice_point;

/* The problem and the points: models with their data, or an atlas. */
typedef struct {
    cli_point model; /* the first model, with the data      */
    nd_model **more; /* the other models                    */
    size_t others;
    nd_atlas *atlas; /* NULL: models                        */
    const nd_problem *problem;
    slice_point *point;
    size_t points;
    char subject[200]; /* "wdbc.csv, softplus:32, polyhinge:3" */
} slice_source;

nd_status slice_open(cli *c, slice_source *s);
void slice_close(cli *c, slice_source *s);

/* What has been computed. */
typedef struct {
    nd_trace *trace; /* or NULL */
    nd_plane *plane;
    nd_slice *grid;
    nd_slice_view view;
    nd_slice_point *shown; /* of view.point; the points in the order in which it names them */
    slice_point **order;   /* the same points                                               */
} slice_result;

/* The whole slice as members of j: plane, points, grid. */
void slice_json(cli *c, const slice_result *r, json_t *j);
/* CSV: what it is in comment lines, then s, t, loss, errors. */
nd_status slice_csv(cli *c, const slice_result *r, const char *file);
nd_status slice_json_file(cli *c, const slice_result *r, const char *file);

#endif
