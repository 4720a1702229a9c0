/* nadir-verify - witnesses of the conditions of the theorems (docs/witness-format.md).
 *
 *   witness.c         the file, and what it claims against what was found
 *   witness_members.c its members, each of its type
 *   witness_exact.c   separability, duplicates, ranks, spans: exact arithmetic
 *   witness_table.c   neurons, losses, theorems: what has which property, needs which
 *
 * "Holds" is ND_PROVED, "fails" ND_REFUTED; ND_UNKNOWN: not shown here. */
#ifndef NV_WITNESS_H
#define NV_WITNESS_H

#include "base/json.h"
#include "verify/verify.h"

/* ---- properties (witness_table.c) --------------------------------------------- */

enum { NV_CONDITIONS = 26 };

/* -1: no condition has this name. */
int nv_condition(const char *name);
const char *nv_condition_name(int condition);

/* Those of architecture, neurons, loss and ridge, of the net of c with the term f_S (-1:
 * none); the others are left as they are. */
void nv_properties(const nv_cert *c, slong term, nd_truth *found);
bool nv_shallow(const nv_term *t); /* may it play f_S?                            */

typedef struct nv_theorem {
    const char *name;
    bool all;          /* covers every local minimum                                 */
    const char *needs; /* " name name ... ", conditions on the point left out        */
} nv_theorem;

extern const nv_theorem nv_theorems[]; /* name NULL: the end                        */

/* NULL: no theorem has this name. */
const nv_theorem *nv_theorem_find(const char *name);
/* All that the theorem needs, as found. */
nd_truth nv_theorem_truth(const nv_theorem *t, const nd_truth *found);

/* ---- exact statements about the data (witness_exact.c) ------------------------------ */

/* x~_i = x_i, with a last entry 1 when bias. */
typedef struct {
    slong n, d, D;
    const double *X, *y;
} nv_points;

typedef struct {
    slong distinct, contradictory, min_errors;
    slong samples[2], of_class[2]; /* class +, -: samples, distinct ones          */
} nv_counts;

nd_status nv_count(nd_ctx *ctx, const nv_points *p, nv_counts *out);

/* y_i w.x~_i > 0 for all i, and >= margin |w|?  *at: where the smallest is. */
nd_truth nv_separates(const nv_points *p, const double *w, double margin, slong *at);

/* sum_k c_k y_i x~_i = 0 over i = index[k], k < m?  c: m integers. */
bool nv_vanishes(const nv_points *p, const slong *index, slong m, const fmpz *c);
/* The same for some c, all c_k > 0, that is not given; ND_UNKNOWN: too large, or there
 * is more than one dependence. */
nd_truth nv_circuit(const nv_points *p, const slong *index, slong m);

/* The span of class: dimension r with the orthogonal complement N (D x (D - r)), when
 * known (then N is initialised). */
typedef struct {
    bool known;
    slong r;
    fmpz_mat_t N;
} nv_span;

/* Are the x~_i of index independent?  ND_UNKNOWN: too large. */
nd_truth nv_independent(const nv_points *p, const slong *index, slong r);
/* r independent x~_i of the class with sign y: do they span it?  Then *out is known. */
nd_truth nv_span_find(const nv_points *p, double y, const slong *basis, slong r, nv_span *out);
void nv_span_clear(nv_span *s);
/* x~_i in the span, which is known. */
bool nv_inside(const nv_points *p, const nv_span *s, slong i);
/* dim of the sum of both spans; -1: too large. */
slong nv_rank_together(const nv_points *p, slong *const basis[2], const nv_span s[2]);

/* w.x~_i = 0 for the class y, != 0 for the other? */
bool nv_normal(const nv_points *p, double y, const fmpz *w);
/* x~_inside = sum_k coef_k x~_basis_k? */
bool nv_combines(const nv_points *p, slong inside, const slong *basis, slong r, const fmpq *coef);

/* ---- the file (witness.c) -------------------------------------------------------------- */

/* One claim: what, as the file says it, and whether that is so. */
typedef struct {
    char what[64], said[16], why[128];
    nd_truth verdict;
} nv_claim;

typedef struct {
    nd_truth truth; /* of all claims together, and something is concluded          */
    char sentence[160];
    slong claims;
    nv_claim claim[64];
} nv_report;

/* *is := "format" of the file is "nadir-theory".  Errors: ND_EIO, ND_EINPUT, ND_EMEM. */
nd_status nv_is_witness(nd_ctx *ctx, const char *file, bool *is);
/* Errors: the same; then out is undefined. */
nd_status nv_witness_check(nd_ctx *ctx, const char *file, nv_report *out);

#endif
