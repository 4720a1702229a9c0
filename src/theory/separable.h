/* Private to theory: the parts of the decision of linear separability.
 *
 * Points  a_i = (p_i, 1),  p_i = y_i x~_i after a change of coordinates that keeps the
 * question the same (columns shifted and scaled, rows scaled by positive factors). */
#ifndef ND_THEORY_SEPARABLE_H
#define ND_THEORY_SEPARABLE_H

#include <nadir/theory.h>

/* ---- margins.  separable_margin.c -------------------------------------------------- */

/* |f + g - u.x| <= e, proved; e is inf where nothing can be said (overflow). */
typedef struct {
    double f, g, e;
} nd_projection;

/* p[i] of all samples. */
nd_status nd_projections(nd_ctx *ctx, const nd_table *t, const double *u, nd_projection *p);

/* A proved lower bound of min_i y_i (u.x_i + v) / |(u, v)|; -inf when that cannot be shown
 * to be positive. */
double nd_margin_from(const nd_table *t, const double *u, double v, const nd_projection *p);

/* The v in the middle between the classes (bias), or 0; false when they overlap. */
bool nd_middle(const nd_table *t, bool bias, const nd_projection *p, double *v);

/* ---- numerics.  gordan.c, gordan_qr.c, gordan_points.c --------------------------------- */

/* The points as a matrix, n rows of D + 1 entries, ld apart, and the way back:
 * u_k = scale[k] u'_k (powers of two). */
typedef struct {
    size_t n, d, D, ld;
    bool bias;
    double *a;             /* n x ld                           */
    double *shift, *scale; /* d: x'_k = (x_k - shift) * scale */
} nd_points;

nd_status nd_points_make(nd_ctx *ctx, const nd_table *t, bool bias, nd_points *out);
void nd_points_clear(nd_ctx *ctx, nd_points *p);

/* Orthogonal factorisation of the transposed rows a_i, i in the set: a_i = Q' R_i.
 * q: row j is the j-th orthonormal vector (dim entries, ld apart); R upper triangular,
 * column j in r + j * max. */
typedef struct {
    size_t dim, ld, max, size;
    double *q, *r, *work;
} nd_qr;

nd_status nd_qr_make(nd_ctx *ctx, size_t dim, size_t max, nd_qr *out);
void nd_qr_clear(nd_ctx *ctx, nd_qr *f);
/* Appends a; false (and nothing done) when its part off the span is below tiny * |a|. */
bool nd_qr_append(nd_qr *f, const double *a, double tiny);
void nd_qr_delete(nd_qr *f, size_t column);
/* rho := b off the span, orthogonal to working accuracy relative to its own size; z
 * (size): the coefficients of the rest. */
void nd_qr_residual(nd_qr *f, const double *b, double *rho, double *z);

typedef enum {
    ND_GORDAN_SEPARATED, /* rho separates: -p_i.rho >= some positive number, numerically */
    ND_GORDAN_CIRCUIT,   /* a combination of the set is 0, numerically                   */
    ND_GORDAN_STALLED,   /* rounding hides the answer                                    */
    ND_GORDAN_TIME
} nd_gordan_end;

typedef struct {
    nd_gordan_end end;
    size_t size, *set; /* indices of points, c > 0 on them */
    double *c, *rho;   /* rho: D + 1 entries               */
    long steps;
} nd_gordan;

/* Minimises |b - sum_i c_i a_i|, b = (0, .., 0, 1), over c >= 0.  until: nd_seconds(). */
nd_status nd_gordan_run(nd_ctx *ctx, const nd_points *p, double until, nd_gordan *out);
void nd_gordan_clear(nd_ctx *ctx, nd_gordan *g);

/* ---- rows.  separable_rows.c ------------------------------------------------------------- */

/* Labels, a sample, finite entries, limit >= 0; else the status and message. */
nd_status nd_check_labelled(nd_ctx *ctx, const nd_table *t, double limit);

/* first[i] (n entries): the first row with the same features; i itself when it is new.
 * -0 counts as 0. */
nd_status nd_rows_first(nd_ctx *ctx, const nd_table *t, size_t *first);

/* ---- tables too large for the matrix of points.  separable_large.c ------------------------- */

/* u (d) that separates, or nearly, by the squared hinge of the linear classifier. */
nd_status nd_linear_hinge(nd_ctx *ctx, const nd_table *t, bool bias, double until, double *u,
                          double *v);

#endif
