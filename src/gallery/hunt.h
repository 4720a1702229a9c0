/* What the files of the hunt share. */
#ifndef ND_GALLERY_HUNT_H
#define ND_GALLERY_HUNT_H

#include <nadir/gallery.h>

/* Where examples are looked for when a condition is dropped (hunt_rules.c). */
typedef struct {
    nd_condition_id drop;
    const char *theorem;       /* whose other conditions are all kept       */
    const char *nets, *losses; /* lists separated by blanks                 */
    const char *data;          /* makers of data, separated by blanks       */
    const char *points;        /* ways to a candidate point                 */
    double l2;                 /* 0 but where the ridge is what is dropped */
} nd_hunt_rule;

/* NULL: there is none for this condition. */
const nd_hunt_rule *nd_hunt_rule_of(nd_condition_id drop);
/* The k-th word of a list modulo its length. */
void nd_hunt_word(const char *list, uint64_t k, char word[32]);

/* One example being looked for, found, or made smaller: everything is its own. */
typedef struct {
    nd_table *data;
    nd_net *net;
    nd_problem problem;
    double *theta;
    nd_cert cert;
    const char *point; /* the way that led to it: a name of hunt_points.c */
    uint64_t seed, trial;
} nd_prey;

void nd_prey_clear(nd_ctx *ctx, nd_prey *p);
/* Builds net and problem on p->data; theta: P entries, not set. */
nd_status nd_prey_build(nd_ctx *ctx, nd_prey *p, const char *net, nd_loss loss, double l2);

/* hunt_trials.c: trials until one succeeds (*found, p), the deadline or the last; counts them
 * in r.  Errors: ND_ECANCEL when the caller's hook says stop. */
nd_status nd_hunt_trials(nd_ctx *ctx, const nd_hunt_settings *s, const nd_hunt_rule *rule,
                         double deadline, nd_hunt_result *r, nd_prey *p, bool *found);

/* hunt_data.c: n samples in d dimensions by the maker called name, a function of (seed,
 * trial); n, d 0: free.  *out NULL: the maker has nothing for these. */
nd_status nd_hunt_data(nd_ctx *ctx, const char *name, uint64_t seed, uint64_t trial, size_t n,
                       size_t d, nd_table **out);

/* hunt_points.c: a candidate theta by the way p->point; warm: theta is near one already (of
 * a slightly different problem) and may be used.  *kind: what a descent ended in, if there was
 * one; *ok false: no candidate. */
nd_status nd_hunt_point(nd_ctx *ctx, nd_prey *p, bool warm, nd_verdict_kind *kind, bool *ok);

/* One hidden layer, and nothing else?  Else NULL. */
const nd_layer *nd_hunt_only_layer(const nd_net *net);
/* All neurons of p equal to the single one, the output weight shared. */
void nd_hunt_copy(const nd_prey *one, nd_prey *p);

/* Data made for a chosen theta, functions of (p->seed, p->trial); both fill p.
 * hunt_design.c: a strict bad minimum of a deep network, samples separable by the last
 * coordinate.  hunt_dual.c: copies of one neuron of a shallow one, classes off each other's
 * span. */
nd_status nd_hunt_design(nd_ctx *ctx, nd_prey *p, const char *net, nd_loss loss, bool *ok);
nd_status nd_hunt_dual(nd_ctx *ctx, nd_prey *p, const char *net, nd_loss loss, bool *ok);

/* hunt_weights.c: weights u_i >= 0 of N candidates with sum u_i = 1, sum u_i g_i = 0 and the
 * smallest eigenvalue of sum u_i A_i as large as can be. */
typedef struct {
    nd_ctx *ctx;
    size_t N, P, rows;
    double *g;   /* N x rows; the caller's                                   */
    double *A;   /* N x P x P, symmetric; the caller's                       */
    bool *wrong; /* N; the caller's: these are to have some weight           */
    double *u;   /* N: the answer                                            */
    double *cut; /* planes x N: v'A_i v                                      */
    size_t cuts;
    double *H, *val, *vec, *lp; /* scratch */
} nd_weighing;
nd_status nd_weighing_open(nd_ctx *ctx, size_t N, size_t P, size_t rows, nd_weighing *out);
void nd_weighing_close(nd_weighing *w);
/* *ok: there are such weights with *least > 0. */
nd_status nd_weighing_solve(nd_weighing *w, double *least, bool *ok);
/* The candidates that have weight; index: N entries. */
size_t nd_weighing_support(const nd_weighing *w, size_t *index);
/* Makes sum u_i g_i = 0 to rounding; *ok false: a weight is no longer positive. */
void nd_weighing_balance(nd_weighing *w, size_t n, const size_t *index, bool *ok);

/* hunt_units.c: p is a proved strict bad minimum of weighted samples.  Replaces it by one whose
 * samples count once each, where that can be proved, too. */
nd_status nd_hunt_units(nd_ctx *ctx, nd_prey *p);

/* Polishes, snaps and proves p->theta; *bad: proved, a minimum, with an error for sure. */
nd_status nd_hunt_prove(nd_ctx *ctx, nd_prey *p, bool *bad);
/* Are all conditions of the rule's theorem proved but the one that is dropped, and that one
 * refuted?  (Conditions on a point are not asked.) */
nd_status nd_hunt_kept(nd_ctx *ctx, const nd_hunt_rule *rule, const nd_problem *pb, bool *kept);

/* hunt_shrink.c: fewer samples, rounder numbers, fewer neurons, as long as it is proved and the
 * conditions are kept, until deadline (nd_seconds()). */
nd_status nd_hunt_shrink(nd_ctx *ctx, const nd_hunt_rule *rule, nd_prey *p, double deadline);

#endif
