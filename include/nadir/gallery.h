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
    bool whole; /* do not make it small */
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
 * so that the same seed finds the same example given time, for every number of threads.
 * When the cancel hook stops it while an example is made small, that is the end of it: ND_OK.
 * The caller frees *out.
 * Errors: ND_ENAME (no such condition), ND_ERANGE, ND_EMEM, ND_ECANCEL. */
nd_status nd_hunt(nd_ctx *ctx, const nd_hunt_settings *s, nd_hunt_result **out);
void nd_hunt_result_destroy(nd_ctx *ctx, nd_hunt_result *r);

/* ---- the survey (src/gallery/survey*.c) ---------------------------------------------------- */

/* Words separated by blanks, after brace expansion as in shells: "{relu,softplus}:{1,2}" is
 * four words, {1..4} counts. */
typedef struct {
    size_t count;
    char **word;
} nd_words;
/* Adds the words of text to w, which is zeroed before the first time; whole: blanks do not
 * separate (names of files).  what names the list in messages.  Errors: ND_EINPUT, ND_ERANGE (more
 * than ND_WORDS_MAX), ND_EMEM; then w still has to be cleared. */
#define ND_WORDS_MAX 1000
nd_status nd_words_add(nd_ctx *ctx, const char *what, const char *text, bool whole, nd_words *w);
void nd_words_clear(nd_ctx *ctx, nd_words *w);

typedef struct {
    const char *net, *loss; /* lists                                        */
    double l2;
    long runs; /* seeded starts in every cell                  */
    double scale;
    uint64_t seed;
    double time; /* seconds of this call; the rest is left open  */
} nd_survey_settings;

extern const nd_setting nd_survey_table[];
void nd_survey_init(nd_survey_settings *s);

/* How a run ends.  Bad: a minimum with training errors, or with a known lower loss. */
typedef enum {
    ND_END_GLOBAL_PROVED = 0, /* a global minimum without training errors       */
    ND_END_GLOBAL,            /* the same, numerical                            */
    ND_END_LOCAL,             /* another minimum that is not bad                */
    ND_END_BAD_PROVED,        /* a bad minimum, proved                          */
    ND_END_BAD,               /* a bad minimum, numerical                       */
    ND_END_SADDLE,
    ND_END_VALLEY, /* the infimum is at infinity                     */
    ND_END_UNDECIDED,
    ND_ENDS
} nd_end;
const char *nd_end_name(nd_end e);  /* "global-proved": stable, in files */
const char *nd_end_title(nd_end e); /* "global minimum, proved"          */

/* One run: a function of (cell, seed, its number), but for its seconds. */
typedef struct {
    bool done;
    nd_end end;
    double loss, grad, norm, lambda_min;
    size_t errors, active;
    long index, escaped; /* escaped: saddles that were met and left downhill */
    long evaluations, hessians;
    const char *cert; /* kind of its certificate; NULL: nothing is proved */
    double seconds;
    char reason[256];
} nd_survey_run;

/* One data set, network and loss with all its runs. */
typedef struct {
    size_t table, net, loss; /* which of each                                              */
    size_t P;
    nd_truth theory; /* ND_PROVED: a theorem excludes bad minima                   */
    char headline[256];
    nd_survey_run *run; /* runs of them                                               */
    size_t done, end[ND_ENDS], escaped;      /* escaped: runs that left a saddle */
    double rate_mean, rate_worst, loss_mean; /* over the runs that are done; NaN: none  */
    double share_bad;
} nd_survey_cell;

typedef struct {
    size_t tables, nets, losses, runs;
    char **table, **net, **loss; /* names                                              */
    size_t *n, *d;               /* of the tables                                      */
    double l2;
    uint64_t seed;
    size_t cells;
    nd_survey_cell *cell; /* table by table, loss by loss, net by net           */
    size_t done, fresh;   /* runs in all; by this call                          */
    /* Where a theorem excludes bad minima: cells, their runs, and those that say bad.  A
     * proved one would refute the theorem or the program. */
    size_t covered, covered_runs, covered_bad_proved, covered_bad;
    nd_stop stop; /* ND_STOP_TARGET: all is done; ND_STOP_TIME, ND_STOP_CANCEL     */
    double seconds;
} nd_survey_result;

/* Descends from seeded starts in every cell (saddles are left as long as there is a way
 * down) and says what the ends are, certified where that can be.  file NULL, or where
 * the runs are kept (docs/survey.md): runs that are there already are not done again, and more
 * cells and runs may be added later.  Uses nd_threads(ctx) threads; the hooks are called from
 * this one.  When the cancel hook says stop: ND_OK with what is done.  The caller frees *out.
 * Errors: ND_ENAME, ND_EINPUT, ND_ERANGE, ND_EIO, ND_EMEM. */
nd_status nd_survey(nd_ctx *ctx, const nd_survey_settings *s, size_t tables,
                    nd_table *const table[], const char *file, nd_survey_result **out);
void nd_survey_result_destroy(nd_ctx *ctx, nd_survey_result *r);
/* One row for every run that is done. */
nd_status nd_survey_write_csv(nd_ctx *ctx, const nd_survey_result *r, const char *file);

#ifdef __cplusplus
}
#endif
#endif
