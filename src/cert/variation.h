/* Bounds of the derivatives of one sample's output f with respect to all parameters,
 * carried through the layers as Euclidean norms (docs/proofs.md, section 7).
 *
 * A value v (outputs of a layer, its preactivations, or f) has |v| <= v0 and
 * |D^k v| <= vk as multilinear forms, on a ball around c, for the polynomial in the
 * weights, h, s', s'', s''' with all signs made positive: so the bounds hold for
 * every order of evaluation.  ek >= |error| of v0, v1, v2 as computed at c. */
#ifndef ND_CERT_VARIATION_H
#define ND_CERT_VARIATION_H

#include "cert/rounding.h"

#include <math.h>

typedef struct {
    double v0, v1, v2, v3; /* |v|, |Dv|, |D^2 v|, |D^3 v|                   */
    double e0, e1, e2;     /* errors of the first three                     */
} nd_norms;

/* Bounds over one layer's neurons: of |s^(k)|, and of the error of s', s''. */
typedef struct {
    double s1, s2, s3, ds1, ds2;
} nd_slopes;

/* max of |u||v||w| + ... over unit vectors, see nd_norms_linear: 2/sqrt 3. */
#define ND_THREE 1.1547006

static inline double nd_grow(double x)
{
    return x * (1.0 + 0x1p-46); /* a few dozen roundings of non-negative numbers */
}

static inline double nd_hypot2(double a, double b)
{
    return nd_grow(sqrt(a * a + b * b)) + ND_UP_NORM;
}

/* z = W x + b, |W|_F <= W, the parameters of W and b being new: x is v, with a
 * further 1 when there is a bias.
 *   Z1 = |(|x~|, W A1)|   Z2 = A1 + W A2   Z3 = (2/sqrt 3) A2 + W A3 */
nd_norms nd_norms_linear(const nd_norms *x, double W, bool bias);

/* h = s(z) [+ x]:  A1 = s1 Z1, A2 = s2 Z1^2 + s1 Z2, A3 = s3 Z1^3 + 3 s2 Z1 Z2 + s1 Z3.
 * v0 and e0 are the caller's. */
nd_norms nd_norms_activate(const nd_norms *z, const nd_slopes *s, const nd_norms *residual);

/* Adds one more term's output to f: |D f|^2 is a sum, the rest a maximum. */
void nd_norms_parallel(nd_norms *f, const nd_norms *term);

/* What the strict prover needs of the ball |y - c| <= rho. */
typedef struct {
    double m3;      /* |H(y) - H(c)| <= m3 |y - c|                              */
    double hessian; /* |nd_problem_hessian's H - H(c)|, ridge's rounding excluded */
    double f_max;   /* largest variation of an output over the ball             */
} nd_ball;

/* f_change[i] >= |f_i(y) - f_i(c)|.  Bounds that do not exist are inf or NaN. */
nd_status nd_ball_bounds(nd_ctx *ctx, const nd_problem *pb, const double *theta, double rho,
                         nd_ball *out, double *f_change);

/* Errors of the computed l' and l'' (k = 1, 2): rel |exact| + abs (hessian_error.c). */
bool nd_loss_error(nd_loss loss, int k, double *rel, double *abs_err);
/* Roundings on the longest path from s', s'', W, a, x to an entry of D^2 f. */
size_t nd_hessian_path(const nd_net *net);

#endif
