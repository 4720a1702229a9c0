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

/* hunt_data.c: n samples in d dimensions by the maker called name, a function of (seed,
 * trial); n, d 0: free.  *out NULL: the maker has nothing for these. */
nd_status nd_hunt_data(nd_ctx *ctx, const char *name, uint64_t seed, uint64_t trial, size_t n,
                       size_t d, nd_table **out);

/* hunt_points.c: a candidate theta by the way p->point; warm: theta is near one already (of
 * a slightly different problem) and may be used.  *kind: what a descent ended in, if there was
 * one; *ok false: no candidate. */
nd_status nd_hunt_point(nd_ctx *ctx, nd_prey *p, bool warm, nd_verdict_kind *kind, bool *ok);

/* hunt_design.c: data for a network that make a chosen theta a strict bad minimum, of
 * samples that are separable by the last coordinate. */
nd_status nd_hunt_design(nd_ctx *ctx, nd_prey *p, const char *net, nd_loss loss, uint64_t seed,
                         uint64_t trial, bool *ok);

/* Polishes, snaps and proves p->theta; *bad: proved, a minimum, with an error for sure. */
nd_status nd_hunt_prove(nd_ctx *ctx, nd_prey *p, bool *bad);
/* Are all conditions of the rule's theorem proved but the one that is dropped, and that one
 * refuted?  (Conditions on a point are not asked.) */
nd_status nd_hunt_kept(nd_ctx *ctx, const nd_hunt_rule *rule, const nd_problem *pb, bool *kept);

/* hunt_shrink.c: fewer samples, rounder numbers, fewer neurons, as long as it is proved and the
 * conditions are kept, until deadline (nd_seconds()). */
nd_status nd_hunt_shrink(nd_ctx *ctx, const nd_hunt_rule *rule, nd_prey *p, double deadline);

#endif
