/* The table of kernels of one instruction set.  The sources kernels_*.h are compiled
 * once per level by kernels_base.c, kernels_avx2.c and kernels_avx512.c; nothing
 * else in the library depends on the instruction set. */
#ifndef ND_NUM_KERNELS_H
#define ND_NUM_KERNELS_H

#include <nadir/num.h>

typedef void nd_map_fn(size_t n, const double *x, double *y);

typedef struct {
    nd_map_fn *exp, *log, *log1p, *tanh, *sigmoid, *softplus, *atan, *phi;
    void (*softplus_sigmoid)(size_t n, const double *x, double *s, double *p);

    void (*tile_nn)(size_t T, size_t N, size_t K, const double *A, size_t lda, const uint32_t *rows,
                    const double *B, size_t ldb, const double *bias, double *C, size_t ldc);
    void (*tile_tn)(size_t T, size_t N, size_t K, const double *A, size_t lda, const uint32_t *rows,
                    const double *D, size_t ldd, double *C, size_t ldc);
    void (*sparse_nn)(size_t T, size_t N, const size_t *ptr, const uint32_t *col, const double *val,
                      const uint32_t *rows, const double *B, size_t ldb, const double *bias,
                      double *C, size_t ldc);
    void (*sparse_tn)(size_t T, size_t N, const size_t *ptr, const uint32_t *col, const double *val,
                      const uint32_t *rows, const double *D, size_t ldd, double *C, size_t ldc);
    void (*tile_dot)(size_t T, size_t N, const double *A, size_t lda, const double *a, double start,
                     double *f);

    double (*dot)(size_t n, const double *x, const double *y);
    double (*sum)(size_t n, const double *x);
    double (*sumsq)(size_t n, const double *x, double scale); /* sum (scale x_i)^2  */
    double (*absmax)(size_t n, const double *x);              /* NaN if there is one */
    void (*axpy)(size_t n, double a, const double *x, double *y);
} nd_kernels;

extern const nd_kernels nd_kernels_base;
#if defined(__x86_64__)
extern const nd_kernels nd_kernels_avx2, nd_kernels_avx512;
#endif

/* The table in use; chosen at the first call, from any thread. */
const nd_kernels *nd_kernels_get(void);

#endif
