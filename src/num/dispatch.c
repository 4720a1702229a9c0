/* Chooses the instruction set once and forwards the public functions to it.
 *
 * The choice is idempotent, so two threads that race for the first call store the
 * same pointer; an atomic makes the race defined. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "num/kernels.h"
#include "num/tile.h"

static _Atomic(const nd_kernels *) current;

static const nd_kernels *table_of(nd_simd level)
{
#if defined(__x86_64__)
    if (level == ND_SIMD_AVX512) return &nd_kernels_avx512;
    if (level == ND_SIMD_AVX2) return &nd_kernels_avx2;
#endif
    (void)level;
    return &nd_kernels_base;
}

nd_simd nd_simd_best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return ND_SIMD_AVX512;
    if (__builtin_cpu_supports("avx2")) return ND_SIMD_AVX2;
#endif
    return ND_SIMD_BASE;
}

const char *nd_simd_name(nd_simd level)
{
    static const char *const name[] = {"baseline", "avx2", "avx512"};
    return (unsigned)level <= ND_SIMD_AVX512 ? name[level] : "?";
}

/* The best level, lowered by NADIR_SIMD; an unknown name there changes nothing. */
static nd_simd initial_level(void)
{
    const char *want = getenv("NADIR_SIMD");
    nd_simd best = nd_simd_best();

    for (int l = ND_SIMD_BASE; want && l < (int)best; l++)
        if (strcmp(want, nd_simd_name((nd_simd)l)) == 0) return (nd_simd)l;
    return best;
}

const nd_kernels *nd_kernels_get(void)
{
    const nd_kernels *k = atomic_load_explicit(&current, memory_order_acquire);

    if (!k) {
        k = table_of(initial_level());
        atomic_store_explicit(&current, k, memory_order_release);
    }
    return k;
}

nd_simd nd_simd_level(void)
{
    const nd_kernels *k = nd_kernels_get();

    for (int l = ND_SIMD_AVX512; l > ND_SIMD_BASE; l--)
        if (k == table_of((nd_simd)l)) return (nd_simd)l;
    return ND_SIMD_BASE;
}

nd_simd nd_simd_force(nd_simd level)
{
    nd_simd best = nd_simd_best();

    if (level > best) level = best;
    atomic_store_explicit(&current, table_of(level), memory_order_release);
    return nd_simd_level();
}

/* ---- elementary functions ------------------------------------------------- */

#define ND_FORWARD_MAP(f)                                                                          \
    void nd_v##f(size_t n, const double *x, double *y)                                             \
    {                                                                                              \
        nd_kernels_get()->f(n, x, y);                                                              \
    }

ND_FORWARD_MAP(exp)
ND_FORWARD_MAP(log)
ND_FORWARD_MAP(log1p)
ND_FORWARD_MAP(tanh)
ND_FORWARD_MAP(sigmoid)
ND_FORWARD_MAP(softplus)
ND_FORWARD_MAP(atan)
ND_FORWARD_MAP(phi)

void nd_vsoftplus_sigmoid(size_t n, const double *x, double *s, double *p)
{
    nd_kernels_get()->softplus_sigmoid(n, x, s, p);
}

/* ---- tiles ------------------------------------------------------------------ */

void nd_tile_nn(size_t T, size_t N, size_t K, const double *A, size_t lda, const uint32_t *rows,
                const double *B, size_t ldb, const double *bias, double *C, size_t ldc)
{
    nd_kernels_get()->tile_nn(T, N, K, A, lda, rows, B, ldb, bias, C, ldc);
}

void nd_tile_tn(size_t T, size_t N, size_t K, const double *A, size_t lda, const uint32_t *rows,
                const double *D, size_t ldd, double *C, size_t ldc)
{
    nd_kernels_get()->tile_tn(T, N, K, A, lda, rows, D, ldd, C, ldc);
}

void nd_tile_sparse_nn(size_t T, size_t N, const size_t *ptr, const uint32_t *col,
                       const double *val, const uint32_t *rows, const double *B, size_t ldb,
                       const double *bias, double *C, size_t ldc)
{
    nd_kernels_get()->sparse_nn(T, N, ptr, col, val, rows, B, ldb, bias, C, ldc);
}

void nd_tile_sparse_tn(size_t T, size_t N, const size_t *ptr, const uint32_t *col,
                       const double *val, const uint32_t *rows, const double *D, size_t ldd,
                       double *C, size_t ldc)
{
    nd_kernels_get()->sparse_tn(T, N, ptr, col, val, rows, D, ldd, C, ldc);
}

void nd_tile_dot(size_t T, size_t N, const double *A, size_t lda, const double *a, double start,
                 double *f)
{
    nd_kernels_get()->tile_dot(T, N, A, lda, a, start, f);
}

/* ---- vectors ------------------------------------------------------------------ */

double nd_dot(size_t n, const double *x, const double *y)
{
    return nd_kernels_get()->dot(n, x, y);
}

double nd_sum(size_t n, const double *x)
{
    return nd_kernels_get()->sum(n, x);
}

void nd_axpy(size_t n, double a, const double *x, double *y)
{
    nd_kernels_get()->axpy(n, a, x, y);
}
