/* The dense Hessian in closed form.
 *
 * A unit is a hidden neuron u of layer l; its input is x~ = (h_{l-1}, 1) (no 1
 * without bias).  Per sample let g_u = df/dz_u and S_uv = d^2f/dz_u dz_v, where every
 * z_u may be disturbed independently.  The parameters (u,k) multiply x~_u,k, so
 *
 *   H[(u,k),(v,k')] = sum_i ( q g_u g_v + c S_uv ) x~_u,k x~_v,k'
 *                   + sum_i c g_v (dx~_v,k'/dz_u) x~_u,k     v in a later layer      (1)
 *
 * and the output weights behave as one more unit o with g_o = 1, S = 0 and as input
 * all that is summed in f.  With D_r,l = dh_r/dz_l and K_r,l = dz_r/dz_l,
 *
 *   D_l,l = diag s'_l    K_r,l = W_r D_{r-1,l}    D_r,l = diag(s'_r) K_r,l [+ D_{r-1,l}]
 *   S_l,m = sum_{r >= m} K_r,l' diag(s''_r e_r) K_r,m     (l <= m, K_m,m = 1)
 *
 * Arrangement.  For two layers the first sum of (1) is, up to the order of entries,
 * a product of two thin matrices: rows i, columns (u,v) with entries q g_u g_v + c
 * S_uv, transposed, times rows i, columns (k,k') with entries x~_k x~_k'.  In one
 * layer both are symmetric in their index pairs, so n P^2/2 operations do where J'QJ
 * takes n P^2, in one matrix product of good shape at any depth. */
#ifndef ND_MODEL_HESSIAN_H
#define ND_MODEL_HESSIAN_H

#include "model/pass.h"

#define ND_HESS_ROWS  256  /* rows contracted by one matrix product                 */
#define ND_HESS_PAIRS 1024 /* at most, pairs (u,v) in one task                      */
#define ND_HESS_PRODS 8192 /* more products (k,k'): one pair at a time              */

/* A layer with its jets, one row per active sample: X: x~; G: g; K: c s'' e; S1: s'. */
typedef struct {
    const nd_plan_layer *y;
    size_t term, level, top; /* top: the highest level of the term                 */
    size_t base;             /* index of the term's first layer                    */
    size_t w, in;            /* units; entries of x~                               */
    double *X, *G, *K, *S1;
    size_t out; /* place of the term's output weights in O                     */
} nd_hess_layer;

/* One array of the slab: len doubles per row. */
typedef struct {
    double **at;
    size_t len;
} nd_hess_array;

typedef enum {
    TASK_PRODUCTS,
    TASK_PAIR,
    TASK_OUT,
    TASK_OUT_OUT,
    TASK_NEXT,
    TASK_LATER
} nd_hess_kind;

/* A block of H that one thread fills: layers a, b and a range of pairs or units. */
typedef struct {
    nd_hess_kind kind;
    size_t a, b, first, count;
} nd_hess_task;

typedef struct {
    const nd_problem *pb;
    nd_work *work;
    double *H;
    size_t P, layers;
    nd_hess_layer *layer;
    size_t outs;     /* entries of the output unit's input                      */
    size_t *out_at;  /* their places in theta                                   */
    double *O;       /* rows x outs                                             */
    double *c, *q;   /* rows                                                    */
    double **S, **D; /* [a * layers + b]: rows x w_a x w_b, c S_a,b and D_b,a; NULL where
                        diagonal: S of a last layer (K), D of a layer itself (S1)  */
    nd_hess_array *array;
    size_t arrays;
    double *pool, *chain;          /* the arrays; scratch for K_r,l, one part per chunk  */
    size_t *chain_at;              /* [a * layers + b]: where K_b,a begins in a part       */
    size_t chain_size, chain_room; /* of one part; of its end, for products       */
    size_t room;                   /* rows of the slab, a multiple of ND_TILE          */
    size_t tile, tile_end;         /* tiles of the slab                                */
    size_t *count;                 /* active rows of each tile of the slab             */
    size_t rows;                   /* in all, after they were closed up                */
    bool add;                      /* a later slab: add to H                           */
    nd_hess_task *task;
    size_t tasks, late; /* late: first of the tasks that add to others' blocks  */
    double *scratch;
    size_t scratch_size; /* of one worker                                       */
} nd_hess;

#define ND_HESS_SUB 16 /* rows whose K_r,l are formed at once                     */

/* Fills the rows of the slab's tiles (nd_par_body over chunks; arg: nd_hess). */
nd_status nd_hess_fill(void *arg, size_t chunk, int worker);
/* Runs task i (nd_par_body; arg: nd_hess); late tasks are those after h->late. */
nd_status nd_hess_run(void *arg, size_t i, int worker);
nd_status nd_hess_run_late(void *arg, size_t i, int worker);
/* Doubles of scratch that a task needs. */
size_t nd_hess_scratch(const nd_hess *h, const nd_hess_task *t);

/* Both layers read the same x~. */
static inline bool nd_hess_same_input(const nd_hess_layer *a, const nd_hess_layer *b)
{
    return a == b || (a->level == 0 && b->level == 0 && a->in == b->in);
}

static inline size_t nd_hess_products(const nd_hess_layer *a, const nd_hess_layer *b)
{
    return nd_hess_same_input(a, b) ? a->in * (a->in + 1) / 2 : a->in * b->in;
}

#endif
