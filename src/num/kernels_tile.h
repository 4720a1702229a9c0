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

/* Loops over a register block: unrolled, or acc would live in memory. */
#if defined(__clang__)
#define ND_UNROLL _Pragma("clang loop unroll(full)")
#else
#define ND_UNROLL _Pragma("GCC unroll 32")
#endif

/* Vectors across a sparse row's block: 4 hide the latency of a sum. */
#define ND_SPARSE_NV (ND_VL == 2 ? 8 : 4)

/* acc holds mr x nv vectors; acc[i * nv + v] += a[i] * b[v]: the step of all products. */
ND_INLINE void step(int mr, int nv, vec *acc, const double *a, const double *b)
{
    vec bv[ND_NV];

    ND_UNROLL
    for (int v = 0; v < nv; v++) bv[v] = load(b + v * ND_VL);
    ND_UNROLL
    for (int i = 0; i < mr * nv; i++) acc[i] += a[i / nv] * bv[i % nv];
}

ND_INLINE void store_block(int mr, int nv, const vec *acc, double *C, size_t ldc)
{
    ND_UNROLL
    for (int i = 0; i < mr * nv; i++) store(C + (size_t)(i / nv) * ldc + i % nv * ND_VL, acc[i]);
}

ND_INLINE void nn_block(int mr, int nv, size_t K, const double *const row[ND_MR], const double *B,
                        size_t ldb, const double *bias, double *C, size_t ldc)
{
    vec acc[ND_MR * ND_NV];
    double a[ND_MR];

    ND_UNROLL
    for (int i = 0; i < mr * nv; i++) acc[i] = bias ? load(bias + i % nv * ND_VL) : (vec){0};
    for (size_t k = 0; k < K; k++, B += ldb) {
        ND_UNROLL
        for (int i = 0; i < mr; i++) a[i] = row[i][k];
        step(mr, nv, acc, a, B);
    }
    store_block(mr, nv, acc, C, ldc);
}

/* mr rows of the result: the rows of A stay in the first cache for all columns. */
ND_INLINE void nn_rows(int mr, size_t width, size_t K, const double *const row[ND_MR],
                       const double *B, size_t ldb, const double *bias, double *C, size_t ldc)
{
    size_t j = 0;

    for (; j + ND_NV * ND_VL <= width; j += ND_NV * ND_VL)
        nn_block(mr, ND_NV, K, row, B + j, ldb, bias ? bias + j : NULL, C + j, ldc);
    for (; j < width; j += ND_VL)
        nn_block(mr, 1, K, row, B + j, ldb, bias ? bias + j : NULL, C + j, ldc);
}

static void tile_nn(size_t T, size_t N, size_t K, const double *A, size_t lda, const uint32_t *rows,
                    const double *B, size_t ldb, const double *bias, double *C, size_t ldc)
{
    const double *row[ND_MR];

    for (size_t t = 0; t < T;) {
        size_t mr = T - t >= ND_MR ? ND_MR : T - t >= 2 ? 2 : 1;
        for (size_t i = 0; i < mr; i++) row[i] = A + (rows ? rows[t + i] : t + i) * lda;
        if (mr == ND_MR)
            nn_rows(ND_MR, ND_PADDED(N), K, row, B, ldb, bias, C + t * ldc, ldc);
        else if (mr == 2)
            nn_rows(2, ND_PADDED(N), K, row, B, ldb, bias, C + t * ldc, ldc);
        else
            nn_rows(1, ND_PADDED(N), K, row, B, ldb, bias, C + t * ldc, ldc);
        t += mr;
    }
}

ND_INLINE void tn_block(int mr, int nv, size_t T, const double *A, size_t lda, const uint32_t *rows,
                        const double *D, size_t ldd, double *C, size_t ldc)
{
    vec acc[ND_MR * ND_NV];
    double a[ND_MR];

    ND_UNROLL
    for (int i = 0; i < mr * nv; i++) acc[i] = load(C + (size_t)(i / nv) * ldc + i % nv * ND_VL);
    for (size_t t = 0; t < T; t++, D += ldd) {
        const double *row = A + (rows ? rows[t] : t) * lda;
        ND_UNROLL
        for (int i = 0; i < mr; i++) a[i] = row[i];
        step(mr, nv, acc, a, D);
    }
    store_block(mr, nv, acc, C, ldc);
}

ND_INLINE void tn_rows(int mr, size_t width, size_t T, const double *A, size_t lda,
                       const uint32_t *rows, const double *D, size_t ldd, double *C, size_t ldc)
{
    size_t j = 0;

    for (; j + ND_NV * ND_VL <= width; j += ND_NV * ND_VL)
        tn_block(mr, ND_NV, T, A, lda, rows, D + j, ldd, C + j, ldc);
    for (; j < width; j += ND_VL) tn_block(mr, 1, T, A, lda, rows, D + j, ldd, C + j, ldc);
}

static void tile_tn(size_t T, size_t N, size_t K, const double *A, size_t lda, const uint32_t *rows,
                    const double *D, size_t ldd, double *C, size_t ldc)
{
    size_t k = 0, width = ND_PADDED(N);

    for (; k + ND_MR <= K; k += ND_MR)
        tn_rows(ND_MR, width, T, A + k, lda, rows, D, ldd, C + k * ldc, ldc);
    for (; k + 2 <= K; k += 2) tn_rows(2, width, T, A + k, lda, rows, D, ldd, C + k * ldc, ldc);
    for (; k < K; k++) tn_rows(1, width, T, A + k, lda, rows, D, ldd, C + k * ldc, ldc);
}

/* ---- sparse ------------------------------------------------------------------ */

/* One row of the result, nv vectors of columns: as many independent sums. */
ND_INLINE void sparse_nn_block(int nv, size_t nonzeros, const uint32_t *col, const double *val,
                               const double *B, size_t ldb, const double *bias, double *C)
{
    vec acc[ND_SPARSE_NV];

    ND_UNROLL
    for (int v = 0; v < nv; v++) acc[v] = bias ? load(bias + v * ND_VL) : (vec){0};
    for (size_t p = 0; p < nonzeros; p++) {
        const double *b = B + col[p] * ldb;
        ND_UNROLL
        for (int v = 0; v < nv; v++) acc[v] += val[p] * load(b + v * ND_VL);
    }
    ND_UNROLL
    for (int v = 0; v < nv; v++) store(C + v * ND_VL, acc[v]);
}

static void sparse_nn(size_t T, size_t N, const size_t *ptr, const uint32_t *col, const double *val,
                      const uint32_t *rows, const double *B, size_t ldb, const double *bias,
                      double *C, size_t ldc)
{
    size_t width = ND_PADDED(N), wide = ND_SPARSE_NV * ND_VL;

    for (size_t t = 0; t < T; t++, C += ldc) {
        size_t r = rows ? rows[t] : t, first = ptr[r], nonzeros = ptr[r + 1] - first, j = 0;

        for (; j + wide <= width; j += wide)
            sparse_nn_block(ND_SPARSE_NV, nonzeros, col + first, val + first, B + j, ldb,
                            bias ? bias + j : NULL, C + j);
        for (; j < width; j += 8)
            sparse_nn_block(8 / ND_VL, nonzeros, col + first, val + first, B + j, ldb,
                            bias ? bias + j : NULL, C + j);
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
