/* nadir/lab.h - the experiments: training to an honest verdict. */
#ifndef NADIR_LAB_H
#define NADIR_LAB_H

#include <nadir/cert.h>
#include <nadir/opt.h>
#include <nadir/theory.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- verdict (theory.md, 6) ------------------------------------------------------ */

typedef enum {
    ND_UNDECIDED = 0,
    ND_GLOBAL_MINIMUM,
    ND_LOCAL_MINIMUM,
    ND_SADDLE,
    ND_VALLEY
} nd_verdict_kind;

const char *nd_verdict_name(nd_verdict_kind k); /* "global-minimum", ...            */

/* The verdict and the evidence for it. */
typedef struct {
    nd_verdict_kind kind;
    nd_truth proved; /* ND_PROVED: certified; ND_UNKNOWN: numerical only   */
    bool bad;        /* a local minimum with errors, or with a known lower
                                  loss                                               */
    double loss;
    size_t errors;
    double grad;                   /* |grad L|_2                                         */
    double lambda_min, lambda_err; /* smallest eigenvalue +- error; NaN: not computed */
    long index;                    /* negative eigenvalues; -1: not computed             */
    long nullity;                  /* eigenvalues within the error of 0; -1              */
    double norm;                   /* |theta|_2                                          */
    double margin_min;
    size_t active;                   /* samples with l' != 0                               */
    double potential;                /* largest |G| found when it is decisive; else NaN    */
    double valley_norm, valley_loss; /* after the descent was continued; else NaN    */
    nd_truth no_minimum; /* ND_PROVED: no local minimum, by a theorem; nd_train asks      */
    char reason[256];    /* one sentence for people                            */
    nd_cert cert;        /* kind NULL when none was tried                      */
} nd_verdict;

/* Says what theta is.  Continues the descent on a copy as far as needed to tell a
 * minimum from a valley. */
nd_status nd_classify(nd_ctx *ctx, const nd_problem *pb, const double *theta, uint64_t seed,
                      nd_verdict *out);

/* ---- training ------------------------------------------------------------------- */

typedef struct {
    long starts;  /* restarts; the best end is kept                     */
    double scale; /* of the random start                                */
    uint64_t seed;
    bool grow;         /* add neurons by the potential G                     */
    long grow_max;     /* neurons in all                                     */
    double time;       /* seconds for everything                             */
    long iterations;   /* of each L-BFGS run                                 */
    double grad_tol;   /* of L-BFGS                                          */
    bool newton;       /* finish at a second-order point                     */
    bool rescale;      /* exact finish when all margins are positive         */
    long escapes;      /* attempts at leaving a stuck point by an idle neuron */
    double weight_pos; /* omega_i of positive samples                        */
    /* Called at the start, after every accepted step of a descent on all samples, and at
     * the end of every stage; net changes where neurons are added.  NULL: nobody asks. */
    void (*follow)(void *user, const nd_net *net, double loss, const double *theta);
    void *follow_user;
} nd_train_settings;

extern const nd_setting nd_train_table[];
void nd_train_init(nd_train_settings *s);

/* One line of what happened, in order: for people, --json and tests. */
typedef struct {
    const char *stage; /* "L-BFGS", "Newton", "rescale", "escape", "grow"    */
    nd_stop stop;
    long evaluations, hessians, neurons;
    double loss, grad, seconds;
    size_t errors;
} nd_step;

typedef struct {
    nd_net *net; /* as trained: wider than asked when grown            */
    double *theta;
    nd_verdict verdict;
    nd_step *step;
    size_t steps;
    long best_start;
    long evaluations;
    double seconds;
    size_t lower_bound; /* errors no classifier avoids (duplicates)           */
    nd_stop stop;       /* why the whole run ended                            */
} nd_train_result;

/* Trains net on data (scaled already).  start: P entries or NULL (warm start of the
 * first trial).  On ND_ECANCEL *out is the best point so far, with its verdict. */
nd_status nd_train(nd_ctx *ctx, const nd_net *net, const nd_table *data, nd_loss loss, double l2,
                   const nd_train_settings *s, const double *start, nd_train_result **out);
void nd_train_result_destroy(nd_ctx *ctx, nd_train_result *r);

/* ---- prediction quality ----------------------------------------------------------- */

typedef struct {
    size_t n, tp, tn, fp, fn;
    double auc; /* ties count half; NaN with one class                */
} nd_score;

/* f: outputs, y: +-1; both n entries. */
nd_status nd_score_outputs(nd_ctx *ctx, size_t n, const double *f, const double *y, nd_score *out);

/* Platt's sigmoid by Newton with the corrected targets (Lin, Lin, Weng 2007):
 * P(+|f) = 1 / (1 + exp(a f + b)). */
nd_status nd_platt_fit(nd_ctx *ctx, size_t n, const double *f, const double *y, double *a,
                       double *b);

/* k-fold cross-validation, folds stratified and seeded; scores of the held-out
 * samples in fold order.  score: k entries.  Scaling is fitted inside each fold:
 * data is the raw table. */
nd_status nd_cross_validate(nd_ctx *ctx, const char *net_spec, const nd_table *raw, nd_scale scale,
                            nd_loss loss, double l2, const nd_train_settings *s, long k,
                            nd_score *score);

/* Stratified, seeded split into m of n for training and the rest. index: n entries.
 * Errors: ND_ERANGE, also when no sample or all of a class would be held out. */
nd_status nd_split(nd_ctx *ctx, const nd_table *t, double holdout, uint64_t seed, size_t *index,
                   size_t *train);

#ifdef __cplusplus
}
#endif
#endif
