/* nadir/num.h - elementary functions with proved error bounds, and the choice of
 * the instruction set they run on.
 *
 * Every function here gives the same bits on every instruction set (AVX-512,
 * AVX2, the compiler's baseline): the kernels are branch-free, use no fused
 * multiply-add, and sum in a fixed order. */
#ifndef NADIR_NUM_H
#define NADIR_NUM_H

#include <nadir/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { ND_SIMD_BASE = 0, ND_SIMD_AVX2, ND_SIMD_AVX512 } nd_simd;

nd_simd nd_simd_best(void);  /* the best level this machine runs      */
nd_simd nd_simd_level(void); /* the level in use; NADIR_SIMD may lower */
/* Uses level, or the best the machine runs when it does not run level.  Not to
 * be called while another thread computes.  Returns the level now in use. */
nd_simd nd_simd_force(nd_simd level);
const char *nd_simd_name(nd_simd level); /* "baseline", "avx2", "avx512"      */

/* Bounds of the errors of f, in ulp, as explained below; derived in
 * docs/elementary.md. */
#define ND_ERR_EXP      1.0
#define ND_ERR_LOG      1.25
#define ND_ERR_LOG1P    2.5
#define ND_ERR_TANH     3.1
#define ND_ERR_SIGMOID  2.0
#define ND_ERR_SOFTPLUS 2.5
#define ND_ERR_ATAN     2.25
#define ND_ERR_PHI      4.0
#define ND_TINY         0x1p-1022 /* absolute error below the normal range */

/* y[i] = f(x[i]), i < n.  x and y may be the same array; no alignment needed.
 * NaN gives NaN; overflow gives inf; results below the normal range are exact to
 * an absolute ND_TINY.  The error of each is at most ND_ERR_f ulp (units u =
 * 2^-53 relative: |computed - f| <= ND_ERR_f * 2u * |f| in the normal range);
 * docs/elementary.md derives the figures. */
void nd_vexp(size_t n, const double *x, double *y);   /* e^x               */
void nd_vlog(size_t n, const double *x, double *y);   /* log x, x > 0      */
void nd_vlog1p(size_t n, const double *x, double *y); /* log(1 + x), x>-1  */
void nd_vtanh(size_t n, const double *x, double *y);
void nd_vsigmoid(size_t n, const double *x, double *y);  /* 1 / (1 + e^-x)    */
void nd_vsoftplus(size_t n, const double *x, double *y); /* log(1 + e^x)      */
void nd_vatan(size_t n, const double *x, double *y);
void nd_vphi(size_t n, const double *x, double *y); /* normal cdf        */

/* s[i] = softplus(x[i]) and p[i] = sigmoid(x[i]) from one exponential: the same
 * bits as nd_vsoftplus and nd_vsigmoid. */
void nd_vsoftplus_sigmoid(size_t n, const double *x, double *s, double *p);

/* Scalar versions, the same bits as the arrays. */
double nd_exp(double x);
double nd_log(double x);
double nd_log1p(double x);
double nd_tanh(double x);
double nd_sigmoid(double x);
double nd_softplus(double x);
double nd_atan(double x);
double nd_phi(double x);

/* Standard normal deviate from one stream of uniforms (same bits everywhere). */
double nd_rng_normal(nd_rng *r);

#ifdef __cplusplus
}
#endif
#endif
