/* Products of small tiles, the inner loops of every pass.
 *
 * Bits: each entry of a result is a sum in ascending order of the contracted
 * index, one rounding per product and one per addition (no fused operations), so
 * it depends neither on the vector length nor on the blocking.  Matrices whose
 * columns are vectorised (B, C) have rows padded to a multiple of ND_PAD doubles
 * and aligned to 64 bytes; entries in the padding are computed and ignored. */
#ifndef ND_NUM_TILE_H
#define ND_NUM_TILE_H

#include <nadir/num.h>

#define ND_PAD       8
#define ND_PADDED(n) (((n) + (ND_PAD - 1)) & ~(size_t)(ND_PAD - 1))

/* C[t][j] = bias[j] + sum_k A[r(t)][k] B[k][j]   t < T, k < K, j < N (N padded up)
 * A row-major with stride lda, any alignment; r(t) = rows ? rows[t] : t.  bias
 * NULL: 0. */
void nd_tile_nn(size_t T, size_t N, size_t K, const double *A, size_t lda, const uint32_t *rows,
                const double *B, size_t ldb, const double *bias, double *C, size_t ldc);

/* C[k][j] += sum_t A[r(t)][k] D[t][j]   (gradients: one outer product per row) */
void nd_tile_tn(size_t T, size_t N, size_t K, const double *A, size_t lda, const uint32_t *rows,
                const double *D, size_t ldd, double *C, size_t ldc);

/* The same for rows of a sparse matrix: row i holds col[p], val[p], ptr[i] <= p <
 * ptr[i+1]; B and C have as many rows as the matrix has columns. */
void nd_tile_sparse_nn(size_t T, size_t N, const size_t *ptr, const uint32_t *col,
                       const double *val, const uint32_t *rows, const double *B, size_t ldb,
                       const double *bias, double *C, size_t ldc);
void nd_tile_sparse_tn(size_t T, size_t N, const size_t *ptr, const uint32_t *col,
                       const double *val, const uint32_t *rows, const double *D, size_t ldd,
                       double *C, size_t ldc);

/* f[t] = start + sum_j A[t][j] a[j], t < T, j < N (a: zero in the padding), in 8
 * lanes (j mod 8) that are added pairwise: ((0+4)+(2+6))+((1+5)+(3+7)). */
void nd_tile_dot(size_t T, size_t N, const double *A, size_t lda, const double *a, double start,
                 double *f);

/* Vectors, same lane order, n of any size, any alignment. */
double nd_dot(size_t n, const double *x, const double *y);
double nd_sum(size_t n, const double *x);
double nd_norm2(size_t n, const double *x);                   /* scaled: no overflow     */
void nd_axpy(size_t n, double a, const double *x, double *y); /* y += a x           */

#endif
