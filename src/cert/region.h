/* The kind region: a minimum of the convex problem that a piecewise linear network is while
 * no preactivation changes its sign. */
#ifndef ND_CERT_REGION_H
#define ND_CERT_REGION_H

#include "cert/strict.h"

struct json_t;

nd_status nd_prove_region(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);
nd_status nd_region_claims(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                           const nd_cert *cert, struct json_t *claims);

/* ---- region_columns.c --------------------------------------------------------------------- */

/* Every term has one layer of relu or leakyrelu, or is linear; lambda = 0; l is convex. */
bool nd_region_applies(const nd_problem *pb, nd_cert *c);

/* What is certain on the ball of radius rho around theta; one block of memory, at z. */
typedef struct {
    size_t n, units, actives;
    double *z;         /* n: -y f                                              */
    bool *active;      /* n: the loss of the sample may vary                   */
    signed char *sign; /* n x units                                            */
} nd_region_signs;

nd_status nd_region_signs_find(nd_ctx *ctx, const nd_problem *pb, const double *theta, double rho,
                               nd_region_signs *out);
void nd_region_signs_clear(nd_ctx *ctx, nd_region_signs *s);
bool nd_region_signs_equal(const nd_region_signs *a, const nd_region_signs *b);

/* The matrix A: a row for each active sample, a column for each entry of (w_j, b_j), of a
 * linear term, and a_0; its entries are slope x feature (docs/certificate-format.md). */
typedef struct {
    size_t m, D;
    double *slope, *feature; /* m x D; one block, at slope                         */
    double *weight;          /* m: sqrt(omega l'')                                 */
    double *scale;           /* D: a_j, or 1                                       */
    size_t *at;              /* D: the coordinate of theta                         */
} nd_region_columns;

nd_status nd_region_columns_make(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                                 const nd_region_signs *s, nd_region_columns *out);
void nd_region_columns_clear(nd_ctx *ctx, nd_region_columns *A);

/* Coordinates, ascending, whose columns are independent and, as far as plain double can
 * tell, span those of A; a_j != 0.  Room for D; *m of them. */
nd_status nd_region_free(nd_ctx *ctx, const nd_region_columns *A, size_t *free, size_t *m);

#endif
