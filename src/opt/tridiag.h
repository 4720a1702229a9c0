/* Small symmetric tridiagonal matrices: diagonal a[0..m), next to it b[0..m-1). */
#ifndef ND_OPT_TRIDIAG_H
#define ND_OPT_TRIDIAG_H

#include <stddef.h>

/* The smallest eigenvalue, bisected to a rounding of |T|; at most hi is known when hi
 * is finite. */
double nd_tri_smallest(size_t m, const double *a, const double *b, double hi);

/* A unit eigenvector y for the eigenvalue theta; work: 5 m entries. */
void nd_tri_vector(size_t m, const double *a, const double *b, double theta, double *y,
                   double *work);

/* M (m x m, symmetric, both triangles) becomes tridiagonal by reflections of all
 * coordinates but the last, from the last row upwards: T = P'MP with P e_m = e_m.
 * Q (rows x (m-1), column-major, leading dimension rows) := Q P. */
void nd_tri_reduce(size_t m, double *M, size_t rows, double *Q, double *work);

#endif
