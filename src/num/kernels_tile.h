/* Products of tiles with register blocking; included once per instruction set.
 *
 * A register block holds ND_MR rows x ND_NV vectors of the result.  For each step of
 * the contracted index one row of the right factor is loaded and ND_MR numbers of
 * the left one are broadcast; every entry is one product and one sum, in ascending
 * order, so rows or columns that fall into a smaller block get the same bits. */

typedef double vec __attribute__((vector_size(8 * ND_VL)));
typedef double vec_any __attribute__((vector_size(8 * ND_VL), aligned(8), may_alias));

static inline vec load(const double *p)
{
    return *(const vec_any *)p;
}

static inline void store(double *p, vec v)
{
    *(vec_any *)p = v;
}

#define ND_INLINE static inline __attribute__((always_inline))

/* acc[i][v] += a[i] * b[v], the step that all products share. */
ND_INLINE void step(int mr, int nv, vec acc[ND_MR][ND_NV], const double a[ND_MR], const double *b)
{
    vec bv[ND_NV];

#pragma GCC unroll 8
    for (int v = 0; v < nv; v++) bv[v] = load(b + v * ND_VL);
#pragma GCC unroll 8
    for (int i = 0; i < mr; i++)
#pragma GCC unroll 8
        for (int v = 0; v < nv; v++) acc[i][v] += a[i] * bv[v];
}

ND_INLINE void nn_block(int mr, int nv, size_t K, const double *const row[ND_MR], const double *B,
                        size_t ldb, const double *bias, double *C, size_t ldc)
{
    vec acc[ND_MR][ND_NV];
    double a[ND_MR];

#pragma GCC unroll 8
    for (int i = 0; i < mr; i++)
#pragma GCC unroll 8
        for (int v = 0; v < nv; v++) acc[i][v] = bias ? load(bias + v * ND_VL) : (vec){0};
    for (size_t k = 0; k < K; k++, B += ldb) {
#pragma GCC unroll 8
        for (int i = 0; i < mr; i++) a[i] = row[i][k];
        step(mr, nv, acc, a, B);
    }
#pragma GCC unroll 8
    for (int i = 0; i < mr; i++)
#pragma GCC unroll 8
        for (int v = 0; v < nv; v++) store(C + (size_t)i * ldc + v * ND_VL, acc[i][v]);
}

/* All rows of one block of nv vectors of columns. */
ND_INLINE void nn_columns(int nv, size_t T, size_t K, const double *A, size_t lda,
                          const uint32_t *rows, const double *B, size_t ldb, const double *bias,
                          double *C, size_t ldc)
{
    const double *row[ND_MR];

    for (size_t t = 0; t < T;) {
        size_t mr = T - t >= ND_MR ? ND_MR : 1;
        for (size_t i = 0; i < mr; i++) row[i] = A + (rows ? rows[t + i] : t + i) * lda;
        if (mr == ND_MR)
            nn_block(ND_MR, nv, K, row, B, ldb, bias, C + t * ldc, ldc);
        else
            nn_block(1, nv, K, row, B, ldb, bias, C + t * ldc, ldc);
        t += mr;
    }
}

static void tile_nn(size_t T, size_t N, size_t K, const double *A, size_t lda, const uint32_t *rows,
                    const double *B, size_t ldb, const double *bias, double *C, size_t ldc)
{
    size_t j = 0, width = ND_PADDED(N);

    for (; j + ND_NV * ND_VL <= width; j += ND_NV * ND_VL)
        nn_columns(ND_NV, T, K, A, lda, rows, B + j, ldb, bias ? bias + j : NULL, C + j, ldc);
    for (; j < width; j += ND_VL)
        nn_columns(1, T, K, A, lda, rows, B + j, ldb, bias ? bias + j : NULL, C + j, ldc);
}

ND_INLINE void tn_block(int mr, int nv, size_t T, const double *A, size_t lda, const uint32_t *rows,
                        const double *D, size_t ldd, double *C, size_t ldc)
{
    vec acc[ND_MR][ND_NV];
    double a[ND_MR];

#pragma GCC unroll 8
    for (int i = 0; i < mr; i++)
#pragma GCC unroll 8
        for (int v = 0; v < nv; v++) acc[i][v] = load(C + (size_t)i * ldc + v * ND_VL);
    for (size_t t = 0; t < T; t++, D += ldd) {
        const double *row = A + (rows ? rows[t] : t) * lda;
#pragma GCC unroll 8
        for (int i = 0; i < mr; i++) a[i] = row[i];
        step(mr, nv, acc, a, D);
    }
#pragma GCC unroll 8
    for (int i = 0; i < mr; i++)
#pragma GCC unroll 8
        for (int v = 0; v < nv; v++) store(C + (size_t)i * ldc + v * ND_VL, acc[i][v]);
}

ND_INLINE void tn_columns(int nv, size_t T, size_t K, const double *A, size_t lda,
                          const uint32_t *rows, const double *D, size_t ldd, double *C, size_t ldc)
{
    size_t k = 0;

    for (; k + ND_MR <= K; k += ND_MR)
        tn_block(ND_MR, nv, T, A + k, lda, rows, D, ldd, C + k * ldc, ldc);
    for (; k < K; k++) tn_block(1, nv, T, A + k, lda, rows, D, ldd, C + k * ldc, ldc);
}

static void tile_tn(size_t T, size_t N, size_t K, const double *A, size_t lda, const uint32_t *rows,
                    const double *D, size_t ldd, double *C, size_t ldc)
{
    size_t j = 0, width = ND_PADDED(N);

    for (; j + ND_NV * ND_VL <= width; j += ND_NV * ND_VL)
        tn_columns(ND_NV, T, K, A, lda, rows, D + j, ldd, C + j, ldc);
    for (; j < width; j += ND_VL) tn_columns(1, T, K, A, lda, rows, D + j, ldd, C + j, ldc);
}

/* ---- sparse ------------------------------------------------------------------ */

static void sparse_nn(size_t T, size_t N, const size_t *ptr, const uint32_t *col, const double *val,
                      const uint32_t *rows, const double *B, size_t ldb, const double *bias,
                      double *C, size_t ldc)
{
    for (size_t t = 0; t < T; t++) {
        size_t r = rows ? rows[t] : t;
        for (size_t j = 0; j < ND_PADDED(N); j += ND_VL) {
            vec acc = bias ? load(bias + j) : (vec){0};
            for (size_t p = ptr[r]; p < ptr[r + 1]; p++) acc += val[p] * load(B + col[p] * ldb + j);
            store(C + t * ldc + j, acc);
        }
    }
}

static void sparse_tn(size_t T, size_t N, const size_t *ptr, const uint32_t *col, const double *val,
                      const uint32_t *rows, const double *D, size_t ldd, double *C, size_t ldc)
{
    for (size_t t = 0; t < T; t++, D += ldd) {
        size_t r = rows ? rows[t] : t;
        for (size_t p = ptr[r]; p < ptr[r + 1]; p++) {
            double *c = C + col[p] * ldc;
            for (size_t j = 0; j < ND_PADDED(N); j += ND_VL)
                store(c + j, load(c + j) + val[p] * load(D + j));
        }
    }
}
