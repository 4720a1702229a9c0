/* What the files of lab share. */
#ifndef ND_LAB_LAB_H
#define ND_LAB_LAB_H

#include <nadir/lab.h>

/* Streams of nd_rng that belong to lab; nd_net_start uses the trial's number. */
#define ND_STREAM_SPLIT   ((uint64_t)1 << 62)
#define ND_STREAM_PROBE   (((uint64_t)1 << 62) + 1)
#define ND_STREAM_ISOLATE (((uint64_t)1 << 62) + 2)

/* split.c: the positives shuffled, then the negatives shuffled; n entries. */
nd_status nd_stratified_order(nd_ctx *ctx, const nd_table *t, uint64_t seed, size_t *order);

/* ---- a surface: one problem with all that evaluates it (surface.c) ---------------- */

typedef struct {
    nd_ctx *ctx;
    nd_net *net; /* own copy */
    nd_problem pb;
    nd_work *work;
    nd_oracle oracle; /* hv and hessian NULL when L is not C^1 with one-sided H */
    double *m;        /* margins of nd_surface_margins, n entries */
    long evaluations; /* of value and gradient                    */
} nd_surface;

nd_status nd_surface_open(nd_ctx *ctx, const nd_net *net, const nd_table *data, nd_loss loss,
                          double l2, nd_surface **out);
void nd_surface_close(nd_surface *sf); /* NULL is accepted */

/* What a point looks like; sf->m holds its margins afterwards. */
typedef struct {
    double loss, grad, norm;
    double margin_min, margin_max; /* margin_max: largest |m_i|; NaN taints both */
    size_t errors, active;
} nd_look;
/* g: P entries, receives the gradient; NULL: grad is then NaN. */
nd_status nd_surface_look(nd_surface *sf, const double *theta, double *g, nd_look *out);

/* L can be exactly 0, by scaling the output layers, once all margins are positive. */
bool nd_surface_can_vanish(const nd_surface *sf);

/* The zero-loss certificate of theta, no other kind: also encloses L and the errors. */
nd_status nd_surface_certify(nd_surface *sf, const double *theta, nd_cert *out);

/* L is convex: a linear net and a convex loss. */
bool nd_surface_convex(const nd_surface *sf);

/* theory.md Theorem 2: the hypotheses that concern neither theta nor the data. */
bool nd_surface_theorem2(const nd_surface *sf);

/* ---- finish.c ----------------------------------------------------------------------- */

/* Scales all output weights and a_0 so that the certificate proves L = 0; *proved
 * says whether that worked (theta is untouched when it did not). */
nd_status nd_finish_rescale(nd_surface *sf, double *theta, bool *proved);

/* ---- boost.c: neurons found by the potential G --------------------------------------- */

/* Up to count neurons that lower L together, with their output weights.  w: count x d,
 * b, a: count.  *found <= count: fewer when no further one promises anything, 0 when G
 * is 0 to rounding wherever the search looked.  G: |G| of the first, NaN without any. */
typedef struct {
    size_t count, found;
    double *w, *b, *a;
    double G;
} nd_boost;
nd_status nd_boost_make(nd_surface *sf, const double *theta, const nd_act *act, size_t count,
                        uint64_t seed, uint64_t trial, nd_boost *out);
void nd_boost_clear(nd_ctx *ctx, nd_boost *b);

/* isolate.c: bumps that put the misclassified samples right, without touching any other;
 * none when that takes more than room neurons, or the activation has no bumps. */
nd_status nd_isolate(nd_surface *sf, const double *theta, const nd_act *act, size_t room,
                     uint64_t seed, nd_boost *out);

/* ---- focus.c: descents on the samples near and below the margin ---------------------- */

/* Would half of the rows be left out?  sf->m: margins of the point in question. */
bool nd_focus_pays(const nd_surface *sf);
/* s->iterations steps of L-BFGS on them.  theta: the best point of the whole problem met
 * on the way; *look: how it looks. */
nd_status nd_focus_descend(nd_surface *sf, double *theta, nd_opt_settings *s, nd_look *look,
                           long *evaluations);

/* ---- idle.c -------------------------------------------------------------------------- */

/* Neurons of the shortcut that do nothing at theta: a_j = 0, or what can be set to
 * 0 without raising L (tiny a_j, or w_j = 0, whose constant goes into a_0).  theta
 * then has a_j = 0 for them.  idle: list of *count indices, width entries. */
nd_status nd_idle_find(nd_surface *sf, double *theta, size_t *idle, size_t *count);

/* ---- trial.c: one start to its end ------------------------------------------------------ */

typedef struct {
    nd_surface *sf; /* of the net as it is now */
    double *theta;
    const nd_train_settings *s;
    double begin, deadline; /* nd_seconds() */
    double soft;            /* growth leaves the rest of the time to isolate.c */
    size_t lower_bound;
    uint64_t trial;
    int isolations;
    uint64_t boosts; /* how many, for the seeds of the searches */
    nd_stop stop;
    nd_step *step;
    size_t steps, room;
    long evaluations; /* of closed surfaces */
    double *early;    /* where the last L-BFGS ended, for the verdict; P entries or NULL */
    nd_look look;
} nd_trial;

nd_status nd_trial_run(nd_trial *t);
/* Adds a line to the log; look is of the present point. */
nd_status nd_trial_log(nd_trial *t, const char *stage, nd_stop stop, long evaluations,
                       long hessians, double since);
/* Adds count neurons (grow.c); *grown: L was lowered. */
nd_status nd_trial_grow(nd_trial *t, bool *grown);
nd_status nd_trial_isolate(nd_trial *t, bool *changed);
nd_status nd_trial_escape(nd_trial *t, bool *escaped);

/* ---- verdict (classify.c, spectrum.c, valley.c, null.c) -------------------------------- */

/* The end of the spectrum that matters, at a point where |g| is at rounding level. */
typedef struct {
    double lambda_min, error, lambda_max;
    long index, nullity; /* -1: not computed (Lanczos sees one end only) */
    double *vector;      /* of lambda_min, P entries, the caller's       */
} nd_spectrum;

/* nd_classify with what the run knows: an earlier point of the descent that ended in
 * theta (NULL: none), and seconds to spend (0: look, do not examine).  Of theta itself, where
 * it is known already: its look, the spectrum of H(theta) (NULL: to be found), a level of
 * rounding that |grad L| has reached (0: to be found).  plain: no certificate where L cannot
 * be 0. */
typedef struct {
    const double *early;
    double time;
    uint64_t seed;
    const nd_look *look;
    const nd_spectrum *spectrum;
    double noise;
    bool plain;
} nd_history;
nd_status nd_classify_with(nd_surface *sf, const double *theta, const nd_history *h,
                           nd_verdict *out);

/* prove.c: tries to prove what *v leaves numerical or undecided.  On success theta is the
 * polished centre of the certificate and *v speaks of the minimum or saddle beside it. */
nd_status nd_prove_minimum(nd_surface *sf, double *theta, nd_verdict *v);
/* leave.c: x := a point near theta where the samples that were about to leave the loss have
 * left it, the others settled; *moved: there is one. */
nd_status nd_leave(nd_surface *sf, const double *theta, double *x, bool *moved);
/* prove.c: asks the theorems whether theta, where training ended without a proof, can be
 * a local minimum at all; sets v->no_minimum and completes v->reason. */
nd_status nd_prove_no_minimum(nd_surface *sf, const double *theta, nd_verdict *v);

nd_status nd_spectrum_at(nd_surface *sf, const double *theta, uint64_t seed, nd_spectrum *out);

/* |g| that theta cannot fall below in double precision: how much the gradient moves
 * when every parameter moves by a rounding.  g: P entries of scratch. */
nd_status nd_gradient_noise(nd_surface *sf, const double *theta, uint64_t seed, double *noise);

/* null.c: directions along which L is exactly constant at theta by the scaling
 * symmetries of its neurons (exp: a e^(b) alone matters; square and homogeneous
 * neurons: a s(w.x + b) under scaling): how many independent ones. */
size_t nd_scaling_symmetries(const nd_surface *sf, const double *theta);
/* Neurons of the shortcut with a_j = 0 (to rounding), and with w_j = 0. */
size_t nd_idle_neurons(const nd_surface *sf, const double *theta);
size_t nd_constant_neurons(const nd_surface *sf, const double *theta);

/* valley.c: follows the way from early to late outwards. */
typedef struct {
    bool valley;
    double norm, loss; /* at the farthest point reached */
    double late_loss, early_loss;
} nd_way;
nd_status nd_valley_follow(nd_surface *sf, const double *early, const double *late, double time,
                           nd_way *out);
/* The same when only late is known. */
nd_status nd_valley_search(nd_surface *sf, const double *late, double time, nd_way *out);

#endif
