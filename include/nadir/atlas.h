/* nadir/atlas.h - exploring a loss surface into an atlas: a file that holds the problem,
 * every trial with its end, the critical points found and the edges between them
 * (docs/atlas-format.md: SQLite).
 *
 * The contents of an atlas are a function of the problem and the settings: not of the
 * number of threads or processes that worked on it, nor of when they were killed. */
#ifndef NADIR_ATLAS_H
#define NADIR_ATLAS_H

#include <nadir/map.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- exploring ------------------------------------------------------------------- */

typedef struct {
    long starts;   /* seeded starts, over several scales                             */
    double scale;  /* the scales are 0.3, 1 and 3 times this                         */
    long hops;     /* steps from found minima (basin hopping), in all                */
    bool saddles;  /* look for saddles, and go down both sides of those of index 1   */
    long index;    /* largest index of saddles looked for; 0 without saddles         */
    long modes;    /* eigenvectors followed from every minimum, both sides           */
    long pairs;    /* paths between minima that are not yet connected, in all        */
    long seeks;    /* searches for critical points of any index, in all              */
    long explored; /* so many minima, the lowest, are explored from                  */
    long rounds;   /* at most so many rounds                                         */
    bool unproved; /* try no certificates: verdicts stay numerical                   */
    uint64_t seed;
    double time; /* seconds of this run; no part of the atlas                        */
} nd_explore_settings;

extern const nd_setting nd_explore_table[];
void nd_explore_init(nd_explore_settings *s);

/* What is explored: copied into the atlas. */
typedef struct {
    const nd_problem *problem;
    const nd_scaler *scaler; /* that made problem->data from the raw table; NULL: none */
    double weight_pos;       /* weight of the positive samples that is in data->weight */
} nd_explore_source;

/* How a run ended.  nd_atlas_load says what is in the atlas. */
typedef struct {
    bool finished; /* nothing is left to do                                          */
    nd_stop stop;  /* ND_STOP_TARGET: finished; ND_STOP_TIME, ND_STOP_CANCEL;
                        ND_STOP_ITERATIONS: the rounds are used up (finished, too)     */
    size_t trials; /* carried out by this run                                        */
    double seconds;
} nd_explore_result;

/* Makes the atlas file, or goes on with it when it is there already, until nothing is
 * left to do, a limit, or the cancel hook says stop: then ND_OK with ND_STOP_CANCEL, and
 * the file is complete as far as it goes.  source NULL: go on with the problem and the
 * settings in the file; of *settings only the time counts.  Uses nd_threads(ctx) threads
 * (the hooks are called from this one only); several processes may work on one file.
 * Errors: ND_EINPUT (no atlas, damaged, or of another problem or other settings: the
 * message names the first difference), ND_EIO, ND_ERANGE, ND_EMEM, ND_ESMOOTH (saddles
 * where L has no Hessian). */
nd_status nd_explore(nd_ctx *ctx, const char *file, const nd_explore_source *source,
                     const nd_explore_settings *settings, nd_explore_result *out);

/* The beginning of nd_explore alone: the file is made, or found to be of this problem and
 * these settings.  Nothing is explored. */
nd_status nd_explore_make(nd_ctx *ctx, const char *file, const nd_explore_source *source,
                          const nd_explore_settings *settings);

/* ---- reading ------------------------------------------------------------------------ */

/* A critical point: one class of ends of trials, equal up to the symmetries of the net
 * (nd_canonical, nd_compare). */
typedef struct {
    size_t id;           /* 1, 2, ...: its index in the atlas plus 1                        */
    bool minimum;        /* else a saddle                                                  */
    bool family;         /* degenerate: it stands for all ends with this loss, errors, index
                       and nullity > 0 (or with loss 0), which need not be connected   */
    double *theta;       /* P entries: the end of trial `trial`, the best proved of the class */
    nd_verdict verdict;  /* of theta; the certificate is about theta itself             */
    size_t trial;        /* number of that trial, or of its certification                  */
    size_t found;        /* trials that ended here                                         */
    double copies;       /* points of its class under the symmetries; NaN: not known        */
    nd_null_causes null; /* of its null directions; all 0 when the Hessian is regular  */
    double spread;       /* largest distance of an end of the class from theta then         */
    nd_truth same;       /* are the ends of this class the same point?  ND_PROVED: every one
                       lies in a ball around theta that is proved to hold one critical
                       point; ND_UNKNOWN: near in distance and loss                     */
} nd_atlas_point;

/* What became of the trials: one row per combination that occurs, in the order of the
 * enumerations. */
typedef struct {
    nd_ask_kind ask;
    nd_stop stop;
    nd_verdict_kind verdict;
    nd_truth proved;
    bool bad;
    long index; /* negative eigenvalues; -1: not computed */
    size_t trials;
    double loss; /* smallest */
} nd_atlas_tally;

/* A consistent picture of the file at one moment.  Everything belongs to it. */
typedef struct {
    char *file;
    nd_net *net;
    nd_table *data;    /* scaled, with labels, weights, names and label rule            */
    nd_scaler *scaler; /* or NULL                                                      */
    nd_problem problem;
    double weight_pos;
    char sha256[65]; /* of data                                                        */
    nd_explore_settings settings;
    char *version; /* of the program that made the file                                */
    bool finished;
    size_t rounds;       /* complete                                                 */
    size_t trials, open; /* done; planned but not done                               */
    size_t tallies, points, edges;
    nd_atlas_tally *tally;
    nd_atlas_point *point; /* in the order of their discovery                          */
    nd_edge *edge; /* a, b, saddle: indices into point; both sides of saddle end in minima */
    size_t loose;  /* index-1 saddles with a side that ends in no minimum (valley, ...) */
    long evaluations, hessians;
    double seconds; /* of all trials, added up over threads                            */
} nd_atlas;

/* Errors: ND_EIO, ND_EINPUT (foreign, newer, damaged), ND_EMEM. */
nd_status nd_atlas_load(nd_ctx *ctx, const char *file, nd_atlas **out);
void nd_atlas_destroy(nd_ctx *ctx, nd_atlas *atlas);

/* The merge tree of the minima.  leaf: atlas->points entries, the leaf of a minimum,
 * SIZE_MAX for a saddle. */
nd_status nd_atlas_tree(nd_ctx *ctx, const nd_atlas *atlas, size_t *leaf, nd_tree **out);

/* The Morse audit of all its points. */
nd_status nd_atlas_audit(nd_ctx *ctx, const nd_atlas *atlas, nd_audit *out);

/* The certificate file of a point, and its model file.  ND_EINPUT: nothing is proved. */
nd_status nd_atlas_save_cert(nd_ctx *ctx, const nd_atlas *atlas, size_t point, const char *file);
nd_status nd_atlas_save_model(nd_ctx *ctx, const nd_atlas *atlas, size_t point, const char *file);

/* The whole atlas as one JSON object, the points or the edges as CSV, the graph as
 * GraphML; written whole and renamed. */
typedef enum {
    ND_EXPORT_JSON = 0,
    ND_EXPORT_CSV,   /* a row per point     */
    ND_EXPORT_EDGES, /* CSV, a row per edge */
    ND_EXPORT_GRAPHML
} nd_export;
nd_status nd_atlas_export(nd_ctx *ctx, const nd_atlas *atlas, nd_export format, const char *file);

#ifdef __cplusplus
}
#endif
#endif
