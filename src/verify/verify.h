/* nadir-verify - an independent checker of certificates.
 *
 * The file format and the meaning of every claim: docs/certificate-format.md.
 * Everything here is computed with balls (Arb): a ball contains every value that
 * its exact expression takes when the inputs range over their balls, so what is
 * read off a ball is proved.  "Indeterminate" (NaN +- inf) stands for "no statement",
 * also for a derivative that does not exist somewhere on the ball; it spreads
 * through all arithmetic and no comparison with it succeeds.
 *
 * The program trusts its compiler, FLINT/Arb, jansson, zlib and src/base, and shares
 * no mathematics with libnadir.
 *
 *   read.c, read_claims.c  the file         -> nv_cert
 *   net.c       the net and loss grammar    -> nv_net, nv_loss
 *   scalar.c    activations and losses over balls
 *   pass.c      loss, gradient, Hessian, margins over a box of parameters
 *   eigen.c     eigenvectors in plain double: a guess, proves nothing
 *   prove.h     proofs of the kinds; prove.c: their table
 *   witness.h   another format: witnesses of the conditions of theorems
 *   main.c      what is printed */
#ifndef NV_VERIFY_H
#define NV_VERIFY_H

#if __has_include(<flint/arb.h>) /* FLINT 3 */
#include <flint/arb.h>
#include <flint/arb_hypgeom.h>
#include <flint/arb_mat.h>
#else /* FLINT 2 and Arb */
#include <arb.h>
#include <arb_hypgeom.h>
#include <arb_mat.h>
#endif
#include <jansson.h>
#include <nadir/base.h>
#include <stdbool.h>
#include <stddef.h>

/* ---- network and loss (net.c, scalar.c) ----------------------------------- */

/* out[k] := { s^(k)(t) : t in z }, 0 <= k <= order <= 2, z finite; q: exponent. */
typedef void (*nv_jet)(arb_ptr out, const arb_t z, int q, int order, slong prec);
typedef struct {
    const char *name;
    nv_jet jet;
} nv_function;

typedef struct {
    nv_jet jet;
    bool bias, residual;
    slong in, width;
    slong W, b; /* offsets into theta                                         */
} nv_layer;

typedef struct {
    slong depth; /* layers; 0: "linear"                                       */
    nv_layer *layer;
    slong start;  /* offset of its first parameter                            */
    slong a, out; /* offset and number of the output weights                  */
} nv_term;

typedef struct {
    slong d, P, terms, a0;
    nv_term *term;
} nv_net;

typedef struct {
    nv_jet jet;
    int q; /* exponent of polyhinge, else 0                                   */
} nv_loss;

extern const nv_function nv_activations[], nv_losses[]; /* name NULL: the end     */

const char *nv_activation_name(nv_jet jet);

/* jet, or all indeterminate when z is not finite. */
void nv_apply(nv_jet jet, arb_ptr out, const arb_t z, int q, int order, slong prec);

/* Both: NULL, or what is wrong.  parameters: how many theta must hold (the size
 * of everything allocated is bounded by what the file really contains). */
const char *nv_net_parse(const char *spec, slong d, slong parameters, nv_net *out);
const char *nv_loss_parse(const char *spec, nv_loss *out);
void nv_net_clear(nv_net *net);
/* Neurons of the first layers of all terms. */
slong nv_first_units(const nv_net *net);
/* Is the net one term with one layer, not residual, and at most linear terms "linear"?
 * Then *out is that term. */
bool nv_one_layer(const nv_net *net, slong linear, const nv_term **out);

/* ---- the certificate (read.c) ---------------------------------------------- */

typedef enum {
    NV_ZERO_LOSS,
    NV_STRICT,
    NV_INDEX,
    NV_NOT_A_MINIMUM,
    NV_FLAT,
    NV_REGION,
    NV_CONSTANT_NEURON,
    NV_DUAL,
    NV_THEOREM,
    NV_BALANCE,
    NV_COMPLETE,
    NV_KINK,
    NV_OTHER
} nv_kind;
typedef enum { NV_LOWER, NV_CURVATURE, NV_GRADIENT } nv_form;

typedef struct nv_cert nv_cert;
typedef struct nv_answer nv_answer;

/* One row of the table of kinds (prove.c).  Lists " name name " of the members of claims,
 * each read as the table in read_claims.c says; loss, errors, margin_min belong to all. */
typedef struct {
    const char *name, *form; /* form: NULL, or the member "form" that this row is for */
    nv_kind kind;
    const char *required, *optional;
    void (*prove)(const nv_cert *c, nv_answer *a);
} nv_kind_row;

extern const nv_kind_row nv_kinds[]; /* name NULL: the end                          */

typedef struct {
    slong n, *at;
} nv_list;

struct nv_cert {
    slong n;
    double *X, *y;  /* n x d, n                                               */
    double *weight; /* n, or NULL                                             */
    nv_net net;
    nv_loss loss;
    double l2;
    double *theta; /* P: the point c                                          */
    const char *net_spec, *loss_spec, *kind_name;
    nv_kind kind;
    const nv_kind_row *row; /* NULL: unknown kind                             */
    nv_form form;
    double loss_lo, loss_hi;
    slong errors_lo, errors_hi;
    bool has_margin, has_mu;
    double margin_min, radius, mu;
    slong index;
    double *point;                    /* P, form "lower"                             */
    nv_list idle, gauge, free;        /* parameters, ascending                       */
    nv_list groups;                   /* of the neurons                              */
    nv_list kinks;                    /* neuron, sample, neuron, sample, ...         */
    const char *flat;                 /* n x nv_first_units, or NULL: s := 0 (pass.c) */
    const char *because;              /* balance                                     */
    const struct nv_theorem *theorem; /* kind theorem (witness.h)             */
    slong term, active, idle_neuron;  /* term, idle_neuron: -1: not given      */
    json_t *witnesses;
    struct nv_complete *complete; /* kind complete (prove_complete.c)           */
    void *json;                   /* owner of the texts                          */
};

/* Errors: ND_EIO, ND_EINPUT, ND_EMEM with a one-line message in ctx.  *out must be
 * zero before; cleared by nv_cert_clear in every case. */
nd_status nv_cert_read(nd_ctx *ctx, const char *file, nv_cert *out);
void nv_cert_clear(nd_ctx *ctx, nv_cert *cert);
/* The samples alone, from an object "data" of the file cert: n, net.d, X, y.  Errors and
 * clearing as above. */
nd_status nv_data_read(nd_ctx *ctx, const char *cert, json_t *data, nv_cert *out);

/* ---- evaluation over a box (pass.c) ------------------------------------------ */

typedef struct {
    slong P;
    arb_t L;                    /* the loss, ridge included                      */
    arb_t margin_min;           /* min_i y_i f(x_i)                              */
    slong errors_lo, errors_hi; /* wrong for sure; not right for sure        */
    arb_ptr g;                  /* gradient, P (order >= 1)                      */
    arb_mat_t H;                /* Hessian, P x P (order = 2)                    */
} nv_value;

void nv_value_init(nv_value *v, slong P);
void nv_value_clear(nv_value *v);

/* Encloses, for every theta in the box (P balls), the loss and its derivatives up to
 * order, the margins and the errors.  Where a derivative does not exist on all of
 * the box, the entries that need it are indeterminate. */
void nv_evaluate(const nv_cert *cert, arb_srcptr theta, int order, slong prec, nv_value *out);
/* H := sum_i c_i D2f_i, c_i = dL/df_i (P x P): the Hessian without the curvature of the loss
 * and the ridge.  H is initialised. */
void nv_curvature(const nv_cert *cert, arb_srcptr theta, slong prec, arb_mat_t H);

/* ---- eigenvectors, plain double (eigen.c) -------------------------------------- */

/* A: n x n symmetric, row-major, overwritten: row j becomes the eigenvector of
 * lambda[j].  false: no convergence or not finite. */
bool nv_eigen(slong n, double *A, double *lambda);

/* ---- proofs (prove.c) ----------------------------------------------------------- */

struct nv_answer {
    nd_truth truth;
    char sentence[512]; /* what exactly is proved or refuted, or what failed   */
    arb_t loss, margin_min;
    slong errors_lo, errors_hi;
};

void nv_prove(const nv_cert *cert, nv_answer *out);

#endif
