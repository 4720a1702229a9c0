/* BLAS and LAPACK, column-major as there.  Two implementations, one is linked:
 * blas_openblas.c, blas_reference.c.  Always one thread: parallelism is ours. */
#ifndef ND_NUM_BLAS_H
#define ND_NUM_BLAS_H

#include <nadir/base.h>

const char *nd_blas_name(void); /* "OpenBLAS 0.3.21 ...", "reference"            */

/* C (n x n, lower) := beta C + alpha A' A,  A k x n with leading dimension lda. */
void nd_blas_syrk(size_t n, size_t k, double alpha, const double *A, size_t lda, double beta,
                  double *C, size_t ldc);
/* C (m x n) := beta C + alpha op(A) op(B), k contracted; ta, tb: transpose. */
void nd_blas_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *A,
                  size_t lda, const double *B, size_t ldb, double beta, double *C, size_t ldc);
void nd_blas_gemv(bool ta, size_t m, size_t n, double alpha, const double *A, size_t lda,
                  const double *x, double beta, double *y);

/* Cholesky A = L L' in the lower triangle.  Returns 0, or the order (1-based) of
 * the leading minor that is not positive; NaN counts as not positive. */
size_t nd_blas_potrf(size_t n, double *A, size_t lda);
/* Solves L L' x = b in place. */
void nd_blas_potrs(size_t n, const double *L, size_t lda, double *b);

/* All eigenvalues ascending (and vectors in the columns of A when vectors is set)
 * of the symmetric A (lower).  Returns 0, or > 0 when it did not converge
 * (NaN or inf in A counts as that).
 * Allocates; ND_EMEM through *status. */
size_t nd_blas_syev(nd_ctx *ctx, bool vectors, size_t n, double *A, size_t lda, double *values,
                    nd_status *status);

#endif
