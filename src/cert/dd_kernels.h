/* The loops of the gradient in double-double, once per instruction set (as src/num does):
 * dd_kernels_base.c, _avx2.c, _avx512.c compile dd_kernels_body.h.
 *
 * Vectors are pairs of arrays, high and low parts.  Sums are those of nd_dd_axpy, one after
 * the other in ascending k: the bits do not depend on the instruction set (but for products
 * that underflow, where a fused operation is exact and Veltkamp's splitting is not). */
#ifndef ND_CERT_DD_KERNELS_H
#define ND_CERT_DD_KERNELS_H

#include "cert/dd.h"

typedef struct {
    double *hi, *lo;
} nd_dd_vec;

/* s, s' and bounds of their errors for n numbers z. */
typedef struct {
    nd_dd_vec s, s1;
    double *err, *err1;
} nd_dd_jets;
typedef void (*nd_dd_map)(size_t n, nd_dd_vec z, const nd_dd_jets *out);

typedef struct {
    const char *name; /* of the activation */
    nd_dd_map map;
} nd_dd_map_row;

typedef struct {
    /* z_j += sum_k a_k B_kj, k < K, j < N (a multiple of 8); rows of B are ldb apart; z is
     * a proper double-double in the end */
    void (*nn)(size_t N, size_t K, nd_dd_vec a, nd_dd_vec B, size_t ldb, nd_dd_vec z);
    /* C_kj += a_k g_j */
    void (*tn)(size_t N, size_t K, nd_dd_vec a, nd_dd_vec g, nd_dd_vec C, size_t ldc);
    void (*mul)(size_t n, nd_dd_vec a, nd_dd_vec b, nd_dd_vec out); /* out_i = a_i b_i */
    void (*scale)(size_t n, nd_dd c, nd_dd_vec b, nd_dd_vec out);   /* out_i = c b_i   */
    const nd_dd_map_row *maps;                                      /* ends with name NULL */
} nd_dd_kernels;

extern const nd_dd_kernels nd_dd_kernels_base;
#if defined(__x86_64__)
extern const nd_dd_kernels nd_dd_kernels_avx2, nd_dd_kernels_avx512;
#endif

/* The table of the level that nd_simd_level says. */
const nd_dd_kernels *nd_dd_kernels_get(void);
/* NULL when the activation has no double-double version. */
nd_dd_map nd_dd_map_of(const nd_act *act);

#endif
