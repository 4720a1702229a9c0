/* Where the search for a neuron begins. */
#ifndef ND_THEORY_STARTS_H
#define ND_THEORY_STARTS_H

#include "theory/field.h"

/* Units in which features have unit spread: u_k = w_k / factor_k, z = u.x^ + v with
 * x^_k = (x_k - mean_k) factor_k and v = b + w.mean.  Means are 0 for sparse data and
 * for neurons without bias. */
typedef struct {
    const nd_field *f;
    double *mean, *factor;   /* d each */
    double *cumulative;      /* f->rows: running sums of |c| */
    double *xi, *xj, *drift; /* d each: scratch; sum_i c_i x^_i */
    double *block;
    double norm;
    bool bias;
} nd_starts;

nd_status nd_starts_create(nd_starts *s, const nd_field *f, bool bias, double norm);
void nd_starts_destroy(nd_starts *s);

/* Start k: u (d entries) and v. */
void nd_starts_make(nd_starts *s, nd_rng rng, size_t k, double *u, double *v);

/* (u, v) to (w, b). */
void nd_starts_unscale(const nd_starts *s, const double *u, double v, double *w, double *b);

#endif
