/* What the parts of the check of a witness file share. */
#ifndef NV_WITNESS_CHECK_H
#define NV_WITNESS_CHECK_H

#include "verify/witness.h"

typedef struct {
    nd_ctx *ctx;
    const char *file;
    json_t *root, *witnesses; /* root is owned                                   */
    nv_cert problem;
    nv_points points; /* with the biases of f_S                                  */
    slong term, M;    /* f_S, -1: none; its neurons                              */
    nv_counts counts;
    slong *basis[2]; /* of class +, -                                            */
    nv_span span[2];
    slong together; /* dim(U+ + U-); -1: not known                               */
    slong need;     /* neurons that are enough for the Corollary                 */
    bool exact;     /* with the right ranks, so that fewer are not               */
    nd_truth found[NV_CONDITIONS];
    nv_report *out;
} nv_check;

/* ---- the kind theorem of certificates (witness.c) -------------------------------------------- */

/* *k: the conditions of the problem of c, found with the witnesses inside it; out: whether
 * these are right.  *k is to be cleared in any case.  Errors: ND_EINPUT, ND_EMEM. */
nd_status nv_witness_embedded(nd_ctx *ctx, const nv_cert *c, nv_check *k, nv_report *out);
void nv_witness_clear(nv_check *k); /* not the problem                             */
/* K of class s (docs/theory.md, section 5): neurons that are enough. */
slong nv_witness_needed(const nv_check *k, int s);

/* ---- members (witness_members.c): ND_OK, else ND_EINPUT or ND_EMEM with a message ---------- */

const char *nv_word(nd_truth t);
nd_status nv_bad(const nv_check *k, const char *what);
nd_status nv_truth_at(const nv_check *k, json_t *j, const char *key, nd_truth *out);
nd_status nv_count_at(const nv_check *k, json_t *j, const char *key, long *out);
nd_status nv_number_at(const nv_check *k, json_t *j, const char *key, double *out);
nd_status nv_bool_at(const nv_check *k, json_t *j, const char *key, bool *out);
/* *out := a new array of *m samples, ascending. */
nd_status nv_samples_at(const nv_check *k, json_t *j, const char *key, slong **out, slong *m);
/* *out := a new vector of count exact numbers j[key]; NULL when that is null or missing.
 * To be freed also after an error. */
nd_status nv_rationals_at(const nv_check *k, json_t *j, const char *key, slong count, fmpq **out);
/* The same for integers; NULL after an error. */
nd_status nv_integers_at(const nv_check *k, json_t *j, const char *key, slong count, fmpz **out);

#endif
