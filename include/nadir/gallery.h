/* nadir/gallery.h - counterexamples: bad local minima, each for want of one condition,
 * with the proof and the repair. */
#ifndef NADIR_GALLERY_H
#define NADIR_GALLERY_H

#include <nadir/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ND_EXHIBIT_WIDTHS = 4 };

/* A problem in words: net (one "%ld" in it stands for the width M), loss, ridge, and data as rows
 * (count, label, x_1 .. x_d); rows NULL: those of the exhibit itself. */
typedef struct {
    const char *net, *loss;
    double l2;
    size_t d, m;
    const double *rows;
} nd_exhibit_problem;

/* One counterexample. */
typedef struct {
    const char *name;      /* stable: "between"                                     */
    const char *summary;   /* one line                                              */
    nd_condition_id drops; /* the condition that is missing ...                     */
    const char *theorem;   /* ... of this theorem (nd_theorem_kind.name), which holds
                                  when it is restored                                   */
    const char *also;      /* what else fails with it and does not matter; ""       */
    nd_exhibit_problem of;
    long width[ND_EXHIBIT_WIDTHS]; /* values of M that are shown; first 0: no choice   */
    const char *point;             /* the parameters in words, exact where they are exact   */
    const char *proof;             /* two sentences                                         */
    const char *kind;              /* the certificate that proves it                        */
    double loss, error_rate;       /* L and R there, to all digits shown                    */
    void (*place)(const nd_net *net, double *theta); /* near or at the point            */
    const char *repair; /* the smallest change that restores the condition       */
    nd_exhibit_problem repaired;
} nd_exhibit;

const nd_exhibit *nd_exhibit_table(size_t *rows);
/* Errors: ND_ENAME, with the names and the nearest. */
nd_status nd_exhibit_find(nd_ctx *ctx, const char *name, const nd_exhibit **out);

/* An exhibit built: what the program shows and writes. */
typedef struct {
    const nd_exhibit *exhibit;
    long width; /* M; 0: no choice */
    nd_table *data;
    nd_net *net;
    nd_problem problem;
    double *theta;     /* the centre of the certificate                                  */
    nd_theory *theory; /* the conditions, and what is known at theta                      */
    nd_cert cert;
} nd_shown;

/* width 0: the first that is shown.  Builds data and net, polishes the point, checks the
 * conditions and proves the point; out->cert.truth says whether that worked.  The caller
 * frees *out.  Errors: ND_ERANGE (a width that is none), ND_EMEM, ND_ECANCEL. */
nd_status nd_exhibit_show(nd_ctx *ctx, const nd_exhibit *e, long width, nd_shown **out);
void nd_shown_destroy(nd_ctx *ctx, nd_shown *s);

/* The repaired problem trained: its data, its theory and the end of the run (a certified
 * zero-loss minimum where all is well). */
typedef struct {
    nd_table *data;
    nd_net *net;
    nd_problem problem; /* of net, before training */
    nd_theory *theory;
    nd_train_result *run;
} nd_repaired;
nd_status nd_exhibit_repair(nd_ctx *ctx, const nd_exhibit *e, long width, uint64_t seed,
                            nd_repaired **out);
void nd_repaired_destroy(nd_ctx *ctx, nd_repaired *r);

/* ---- the hunt (src/gallery/hunt*.c) ------------------------------------------------------ */

typedef struct {
    const char *drop;       /* nd_condition_kind.name                                     */
    const char *net, *loss; /* NULL: those that lack the condition                        */
    long n, d;              /* 0: free                                                    */
    long seed;
    double time; /* seconds                                                    */
    long trials;
    bool shrink;
} nd_hunt_settings;

extern const nd_setting nd_hunt_table[];
void nd_hunt_init(nd_hunt_settings *s);

/* What was met, and the example if there is one: a proved bad minimum of a problem that has all
 * conditions of the theorem but the one that was dropped. */
typedef struct {
    bool found;
    const nd_theorem_kind *theorem; /* whose other conditions are kept                    */
    nd_condition_id drop;
    nd_table *data;
    nd_net *net;
    nd_problem problem;
    double *theta;
    nd_cert cert;
    const char *point;           /* how it was come by: "training", "design", ...         */
    size_t first_n, first_units; /* before it was made small                              */
    uint64_t trial;
    size_t trials, unfit; /* unfit: the data or the net broke another condition           */
    size_t global, local, saddles, valleys, undecided; /* ends of descents                */
    double seconds;
} nd_hunt_result;

/* Tries until something is found or the time is up; the first trial that succeeds counts,
 * so that the same seed finds the same example given time.  The caller frees *out.
 * Errors: ND_ENAME (no such condition), ND_ERANGE, ND_EMEM, ND_ECANCEL. */
nd_status nd_hunt(nd_ctx *ctx, const nd_hunt_settings *s, nd_hunt_result **out);
void nd_hunt_result_destroy(nd_ctx *ctx, nd_hunt_result *r);

#ifdef __cplusplus
}
#endif
#endif
