/* The passes over the data: layout, work space and the steps they share.
 *
 * Legend, for one term of the net and a tile of T rows (samples):
 *   z_l = h_{l-1} W_l' + b_l,  h_l = s(z_l) [+ h_{l-1}],  h_0 = x,  f = a_0 + sum h_L.a
 *   c = dL/df = -omega y l'(-y f)/n     q = dc/df = omega l''/n
 *   e_l = dL/dh_l     g_l = dL/dz_l = s' e_l     k_l = s'' e_l
 *
 * Layout.  Activations are stored [row][neuron], neurons padded to ND_PAD, so all
 * inner loops run over neurons.  At each evaluation the weights are copied once
 * into that shape: "packed" holds per layer W' (in x padded width), b (padded), per
 * term a (padded), and a_0; gradients are summed in the same shape.  "back" holds W
 * (width x padded in) of the layers above the first, for e_{l-1} = g_l W_l.
 *
 * Order of sums.  Tiles of 128 rows; a chunk is a run of tiles that adds into its
 * own gradient; chunks are added in order.  How many chunks there are depends on
 * the sizes of data and net only, so results do not depend on threads. */
#ifndef ND_MODEL_PASS_H
#define ND_MODEL_PASS_H

#include "base/memory.h"
#include "base/par.h"
#include "model/net.h"
#include "num/tile.h"

#define ND_TILE          128 /* rows of a tile: 128 rows of 64 neurons are 64 kB        */
#define ND_CHUNKS        16  /* at most; each has its own gradient                      */
#define ND_NONE          SIZE_MAX
#define ND_SCREEN_POINTS 4 /* points that screening remembers                    */

typedef struct {
    const nd_layer *y;
    size_t wp;  /* padded width                                               */
    size_t ip;  /* padded width of the input (layers above the first)         */
    size_t Wt;  /* offset in packed: in x wp                                  */
    size_t b;   /* offset in packed: wp; ND_NONE without bias                 */
    size_t W;   /* offset in back: width x ip; ND_NONE in the first layer     */
    size_t col; /* first column of this layer in the arrays of a tile         */
} nd_plan_layer;

typedef struct {
    size_t depth;
    nd_plan_layer *layer;
    const nd_term *term;
    size_t a; /* offset in packed: padded out                               */
} nd_plan_term;

typedef struct {
    const nd_net *net;
    size_t packed, back; /* sizes                                             */
    size_t cols;         /* padded neurons of all layers                      */
    size_t widest;       /* padded width of the widest layer                  */
    size_t a0;           /* offset in packed                                  */
    nd_plan_term *term;
    nd_plan_layer *layers; /* of all terms                                    */
} nd_plan;

nd_status nd_plan_make(nd_ctx *ctx, const nd_net *net, nd_plan *plan);
void nd_plan_clear(nd_ctx *ctx, nd_plan *plan);
void nd_plan_pack(const nd_plan *plan, const double *theta, double *packed, double *back);
/* g := packed gradient in the order of theta, + l2 theta. */
void nd_plan_unpack(const nd_plan *plan, const double *packed, double l2, const double *theta,
                    double *g);

/* What is remembered of the active rows of a tile: everything of an Hv that does
 * not depend on v.  Rows are compact: row t here is row rows[t] of the tile. */
typedef struct {
    size_t m;
    uint32_t *rows;
    double *c, *q;
    double *h, *s1, *g, *k; /* cols * ND_TILE each, layer l at col * ND_TILE      */
} nd_memo;

/* The scratch of one chunk. */
typedef struct {
    double *grad;                        /* packed                                             */
    double *h, *s1, *s2;                 /* cols * ND_TILE                                     */
    double *Rz, *Ra;                     /* cols * ND_TILE, Hv only                            */
    double *e, *e2, *g;                  /* widest * ND_TILE                                   */
    double *f, *m, *l, *l1, *l2, *c, *t; /* ND_TILE                            */
    uint32_t *rows, *run, *from;         /* ND_TILE: active, run, active in x  */
    nd_memo memo;                        /* when the work does not remember    */
    double value;
    size_t active, first, end;          /* tiles                                        */
    size_t ran, held[ND_SCREEN_POINTS]; /* rows run, rows left out (screen.h)  */
} nd_chunk;

typedef struct nd_screen nd_screen;

struct nd_work {
    const nd_net *net;
    const nd_table *data;
    nd_plan plan;
    size_t n, tiles, chunks;
    double pass_ns; /* about what a pass over the data takes one core        */
    nd_chunk chunk[ND_CHUNKS];
    double *theta; /* of the packed weights                                     */
    bool have;     /* theta is set                                              */
    double *packed, *back, *vpacked, *vback;
    double *ones; /* ND_TILE                                                   */
    double *pool; /* of the scratch, one block                                 */
    nd_loss loss; /* of the memos                                              */
    const double *weight;
    bool remembers, fresh; /* memos fit the budget; memos are those of theta       */
    nd_memo *memo;         /* one per tile, allocated at the first Hv             */
    double *memo_pool;
    uint32_t *memo_rows;
    size_t active, ran;
    nd_screen *screen; /* NULL: every row is run                               */
};

/* Errors: ND_EDIM when work belongs to another net or table. */
nd_status nd_work_check(nd_ctx *ctx, const nd_problem *pb, const nd_work *work);
/* Packs theta unless it is the point already packed. */
void nd_work_point(nd_work *work, const double *theta);
/* ND_ESMOOTH when the net or the loss has no second derivatives. */
nd_status nd_problem_smooth(nd_ctx *ctx, const nd_problem *pb);
/* nd_problem_hessian for every net: at a kink with the derivatives from the right.  It is
 * the Hessian where no preactivation of a sample with l' != 0 or l'' != 0 is at a kink. */
nd_status nd_problem_hessian_at(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                                nd_work *work, double *H);
nd_status nd_work_memos(nd_ctx *ctx, nd_work *work);
nd_status nd_work_for(nd_ctx *ctx, const nd_net *net, const nd_table *data, nd_work **out);
/* Adds the chunks' gradients, in order, into the first one. */
nd_status nd_work_reduce(nd_ctx *ctx, nd_work *work);

/* The rows of one tile of the table. */
typedef struct {
    size_t first, T;
    const double *x;   /* dense: row first                                      */
    const size_t *row; /* sparse: row pointers from row first                   */
    const uint32_t *col;
    const double *val;
    const double *y, *weight;
    size_t m;             /* rows that a forward pass runs: all T, or          */
    const uint32_t *rows; /* those listed; its results are compact             */
} nd_rows;

nd_rows nd_rows_of(const nd_table *t, size_t tile);

/* C := rows[] of x times B (+ bias), and C += rows[]' of x times D: dense or sparse. */
void nd_rows_nn(const nd_rows *x, size_t d, size_t m, const uint32_t *rows, size_t width,
                const double *B, size_t ldb, const double *bias, double *C);
void nd_rows_tn(const nd_rows *x, size_t d, size_t m, const uint32_t *rows, size_t width,
                const double *D, size_t ldd, double *C);
/* y[t] += x_{rows[t]} . w;  w += sum_t c[t] x_{rows[t]};  H_t += x_{rows[t]} */
void nd_rows_dot(const nd_rows *x, size_t d, size_t m, const uint32_t *rows, const double *w,
                 double *y);
void nd_rows_sum(const nd_rows *x, size_t d, size_t m, const uint32_t *rows, const double *c,
                 double *w);
void nd_rows_add(const nd_rows *x, size_t d, size_t m, const uint32_t *rows, double *H, size_t ldh);

/* Runs the net on x->m rows of a tile: ch->f, and h, s1, s2 up to the given order (0, 1, 2). */
void nd_forward(const nd_work *work, const nd_rows *x, int order, nd_chunk *ch);
/* ch->m := margins, l, l1 (order 1), l2 (order 2) := derivatives of the loss. */
void nd_losses(const nd_problem *pb, const nd_rows *x, int order, nd_chunk *ch);
/* Sum of omega_i l_i over the tile; rows that were not run have l = 0. */
double nd_loss_sum(const nd_rows *x, nd_chunk *ch);
/* Lists, among the rows that were run, those with l1 != 0 (or, with second, l2 != 0) in
 * rows; c and, with second, q get their coefficients.  Returns how many. */
size_t nd_active_rows(const nd_work *work, const nd_rows *x, bool second, const nd_chunk *ch,
                      uint32_t *rows, double *c, double *q);
/* Adds the gradient of the m active rows ch->rows of a tile to ch->grad. */
void nd_backward(const nd_work *work, const nd_rows *x, size_t m, nd_chunk *ch);
/* Fills a memo from a forward pass of order 2. */
void nd_memo_fill(const nd_work *work, const nd_rows *x, nd_chunk *ch, nd_memo *memo);
/* The part of it that comes after memo->m and memo->rows: h, s', g = s' e and k = s'' e
 * with e_L = c a. */
void nd_memo_layers(const nd_work *work, nd_chunk *ch, const double *c, nd_memo *memo);
/* Adds H v of a tile to ch->grad; v is in work->vpacked, vback. */
void nd_hv_tile(const nd_work *work, const nd_rows *x, const nd_memo *memo, nd_chunk *ch);

#endif
