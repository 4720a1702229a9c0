/* The outputs of one neuron over the rows that matter, and sums over them. */
#ifndef ND_THEORY_FIELD_H
#define ND_THEORY_FIELD_H

#include <nadir/theory.h>

/* Rows of t with c or h not 0; all arrays of rows entries. */
typedef struct {
    nd_ctx *ctx;
    const nd_table *t;
    const nd_act *act;
    size_t rows, tiles, stride;
    size_t *row;
    double *c, *h;
    double *s, *s1, *e; /* s(z), s'(z) at the last pass; coefficients of nd_field_back */
    double *part;       /* a gradient for each tile */
    double csum, hsum;  /* sums of c and h */
    const double *w;    /* of the pass under way */
    double b;
    int order;
} nd_field;

/* h = NULL: 1/n each.  Errors: ND_EMEM, ND_ENUMERIC. */
nd_status nd_field_create(nd_field *f, nd_ctx *ctx, const nd_table *t, const nd_act *act,
                          const double *c, const double *h);
void nd_field_destroy(nd_field *f);

/* f->s (and f->s1 when order is 1) for the neuron (w, b); w: d entries. */
nd_status nd_field_pass(nd_field *f, const double *w, double b, int order);

/* gw := sum_i e_i x_i (d entries), *gb := sum_i e_i, with e = f->e. */
nd_status nd_field_back(nd_field *f, double *gw, double *gb);

/* w.x_i of row i of the table. */
double nd_row_dot(const nd_table *t, size_t i, const double *w);
/* v += a x_i. */
void nd_row_add(const nd_table *t, size_t i, double a, double *v);

/* Potential and score of the outputs f->s; *mean is m of nd_neuron. */
nd_neuron nd_field_score(const nd_field *f, bool offset, double *mean, double *K);

#endif
