/* X'HX near D = diag(+-1) with H in double-double: for Hessians whose smallest eigenvalue
 * drowns in the rounding of doubles. */
#ifndef ND_CERT_INDEX_SHARP_H
#define ND_CERT_INDEX_SHARP_H

#include "cert/polish.h"

/* index_hessian.c: H := the Hessian at hi + lo, row by row, P x P, and *error >= the
 * spectral norm of its error (inf, NaN: no bound).  Only where nd_sharp_applies. */
nd_status nd_dd_hessian(nd_ctx *ctx, const nd_problem *pb, const double *hi, const double *lo,
                        nd_dd *H, double *error);

/* Every activation and the loss have double-double versions, and it does not take long. */
bool nd_sharp_applies(const nd_problem *pb);

typedef struct {
    const nd_problem *pb;
    nd_polish *polish;
    double *hi, *lo; /* P: C, moved where Newton's method comes closer            */
    double *X, *D;   /* P x P (columns) and P: a first guess, improved            */
    bool found;      /* the rest is filled in                                     */
    double defect;   /* >= |X'H~X - D|, H~ the computed Hessian                   */
    double error;    /* >= |H~ - H(C)|                                            */
    double g;        /* >= |grad L(C)|                                            */
} nd_sharp;

nd_status nd_sharp_congruence(nd_ctx *ctx, nd_sharp *s);

#endif
