/* Speed of the kernels at every instruction set this machine runs.
 *
 *     bench_num [REPETITIONS]        default 300; the minimum of all
 *
 * Elementary functions: nanoseconds per element on 2048 numbers in cache.  Tile
 * products: Gflop/s with 128 rows, nn (forward) and tn (gradient), for contracted
 * lengths K and N columns. */
#include <nadir/num.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "num/tile.h"

enum { COUNT = 2048, ROWS = 128, MAX_K = 784, MAX_N = 64 };

static int repetitions = 300;
static double x[COUNT], y[COUNT], z[COUNT];
static double *A, *B, *C;

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void uniform(nd_rng *r, size_t n, double lo, double hi, double *out)
{
    for (size_t i = 0; i < n; i++) out[i] = lo + (hi - lo) * nd_rng_uniform(r);
}

/* ---- elementary functions ------------------------------------------------------- */

static const struct {
    const char *name;
    void (*f)(size_t, const double *, double *);
    double lo, hi;
} maps[] = {{"exp", nd_vexp, -5.0, 5.0},         {"log", nd_vlog, 0.1, 10.0},
            {"log1p", nd_vlog1p, -0.5, 5.0},     {"tanh", nd_vtanh, -3.0, 3.0},
            {"sigmoid", nd_vsigmoid, -5.0, 5.0}, {"softplus", nd_vsoftplus, -5.0, 5.0},
            {"atan", nd_vatan, -5.0, 5.0},       {"phi", nd_vphi, -5.0, 5.0}};
#define MAPS (sizeof maps / sizeof maps[0])

static double time_map(size_t k)
{
    double best = 1e9;

    for (int r = 0; r < repetitions; r++) {
        double t = seconds();
        if (k < MAPS)
            maps[k].f(COUNT, x, y);
        else
            nd_vsoftplus_sigmoid(COUNT, x, y, z);
        t = seconds() - t;
        if (t < best) best = t;
    }
    return best / COUNT * 1e9;
}

static void elementary(void)
{
    nd_rng rng = nd_rng_make(1, 1);

    for (size_t k = 0; k <= MAPS; k++) {
        uniform(&rng, COUNT, k < MAPS ? maps[k].lo : -5.0, k < MAPS ? maps[k].hi : 5.0, x);
        printf("%-22s", k < MAPS ? maps[k].name : "softplus + sigmoid");
        for (int l = ND_SIMD_BASE; l <= (int)nd_simd_best(); l++) {
            nd_simd_force((nd_simd)l);
            printf(" %8.2f", time_map(k));
        }
        printf("   ns\n");
    }
}

/* ---- tiles ------------------------------------------------------------------------ */

static double time_tile(bool gradient, size_t N, size_t K)
{
    double best = 1e9;

    for (int r = 0; r < repetitions / 5 + 1; r++) {
        double t = seconds();
        if (gradient)
            nd_tile_tn(ROWS, N, K, A, K, NULL, C, N, B, N);
        else
            nd_tile_nn(ROWS, N, K, A, K, NULL, B, N, NULL, C, N);
        t = seconds() - t;
        if (t < best) best = t;
    }
    return 2e-9 * (double)(ROWS * N * K) / best;
}

static void tile_row(bool gradient, size_t N, size_t K)
{
    nd_rng rng = nd_rng_make(1, 2);

    printf("tile %s K=%-4zu N=%-6zu", gradient ? "tn" : "nn", K, N);
    for (int l = ND_SIMD_BASE; l <= (int)nd_simd_best(); l++) {
        nd_simd_force((nd_simd)l);
        uniform(&rng, ROWS * K, -1.0, 1.0, A); /* anew: tn adds to B */
        uniform(&rng, K * N, -1.0, 1.0, B);
        uniform(&rng, ROWS * N, -1.0, 1.0, C);
        printf(" %8.1f", time_tile(gradient, N, K));
    }
    printf("   Gflop/s\n");
}

static void tiles(void)
{
    static const size_t length[] = {30, 64, MAX_K}, width[] = {8, 16, 24, 32, MAX_N};

    for (int gradient = 0; gradient <= 1; gradient++)
        for (size_t k = 0; k < 3; k++)
            for (size_t n = 0; n < 5; n++) tile_row(gradient, width[n], length[k]);
}

int main(int argc, char **argv)
{
    if (argc > 1) repetitions = atoi(argv[1]);
    A = aligned_alloc(64, ROWS * MAX_K * sizeof *A);
    B = aligned_alloc(64, MAX_K * MAX_N * sizeof *B);
    C = aligned_alloc(64, ROWS * MAX_N * sizeof *C);
    if (!A || !B || !C || repetitions < 1) return 1;
    printf("%-22s", "");
    for (int l = ND_SIMD_BASE; l <= (int)nd_simd_best(); l++)
        printf(" %8s", nd_simd_name((nd_simd)l));
    printf("\n");
    elementary();
    tiles();
    free(A);
    free(B);
    free(C);
    return 0;
}
