/* The blocks of the dense Hessian as matrix products over the active rows
 * (hessian.h).  A task owns its block of H and the transposed one, and runs through
 * the rows in a fixed order, so the bits do not depend on threads. */
#include <string.h>

#include "model/hessian.h"
#include "num/blas.h"

/* Tables of so few columns are filled by columns: 23 us a Hessian became 18 with P = 13 and
 * 200 rows. */
#define NARROW 24

/* Row-major C (M x N) := beta C + A' B, A rows x M, B rows x N, strides given. */
static void product(size_t M, size_t N, size_t rows, const double *A, size_t lda, const double *B,
                    size_t ldb, double beta, double *C, size_t ldc)
{
    nd_blas_gemm(false, true, N, M, rows, 1.0, B, ldb, A, lda, beta, C, ldc);
}

/* Place of the parameter (u,k) in theta. */
static size_t place(const nd_hess_layer *a, size_t u, size_t k)
{
    const nd_layer *y = a->y->y;
    return k < y->in ? y->W + u * y->in + k : y->b + u;
}

static void put(const nd_hess *h, size_t r, size_t c, double value)
{
    double *H = h->H, old = h->add ? H[r * h->P + c] : 0.0;

    H[r * h->P + c] = H[c * h->P + r] = old + value;
}

/* One row of a block: x[j] at (u,k), (v,j), a run of the weights and then the bias. */
static void put_row(const nd_hess *h, const nd_hess_layer *a, size_t u, size_t k,
                    const nd_hess_layer *b, size_t v, const double *x)
{
    const nd_layer *y = b->y->y;
    double *row = h->H + place(a, u, k) * h->P, *w = row + y->W + v * y->in;
    size_t in = y->in;

    if (h->add) {
        for (size_t j = 0; j < in; j++) w[j] += x[j];
        if (y->bias) row[y->b + v] += x[in];
    } else {
        memcpy(w, x, in * sizeof *w);
        if (y->bias) row[y->b + v] = x[in];
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- pairs of neurons ----------------------------------------------------------------- */

/* C[v - v0] = q g_u g_v + c S_uv of row i, v0 <= v < v1 (S and K come with c). */
static void pair_weights(const nd_hess *h, const nd_hess_layer *a, const nd_hess_layer *b,
                         const double *S, size_t i, size_t u, size_t v0, size_t v1, double *C)
{
    const double qg = h->q[i] * a->G[i * a->w + u], *g = b->G + i * b->w;
    const double *s = S ? S + (i * a->w + u) * b->w : NULL;

    for (size_t v = v0; v < v1; v++) C[v - v0] = qg * g[v];
    for (size_t v = v0; s && v < v1; v++) C[v - v0] += s[v];
    if (!s && a == b && u >= v0 && u < v1) C[u - v0] += a->K[i * a->w + u];
}

/* The columns of S that belong to layers a and b; NULL: none, or diagonal. */
static const double *curvature(const nd_hess *h, size_t a, size_t b)
{
    return h->S[a * h->layers + b];
}

/* x~_k x~_k' of one row: k' <= k where both layers read the same input. */
static void products(const nd_hess_layer *a, const nd_hess_layer *b, size_t i, double *x)
{
    const double *p = a->X + i * a->in, *r = b->X + i * b->in;
    bool same = nd_hess_same_input(a, b);

    for (size_t k = 0; k < a->in; k++) {
        size_t end = same ? k + 1 : b->in;
        for (size_t j = 0; j < end; j++) x[j] = p[k] * r[j];
        x += end;
    }
}

/* The same two tables of m rows from row r on, a column at a time: where rows are short the
 * loops over them cost more than what they do.  The entries are the same bit by bit. */
static void narrow_weights(const nd_hess *h, const nd_hess_task *t, size_t r, size_t m,
                           size_t pairs, double *restrict C)
{
    const nd_hess_layer *a = &h->layer[t->a], *b = &h->layer[t->b];
    const double *S = curvature(h, t->a, t->b), *q = h->q + r;
    size_t at = 0;

    for (size_t u = t->first; u < t->first + t->count; u++)
        for (size_t v = t->a == t->b ? u : 0; v < b->w; v++, at++) {
            const double *gu = a->G + r * a->w + u, *gv = b->G + r * b->w + v;
            const double *k = S ? S + (r * a->w + u) * b->w + v : a->K + r * a->w + u;
            size_t step = S ? a->w * b->w : a->w;
            bool bent = S || (a == b && u == v);

            for (size_t i = 0; i < m; i++) C[i * pairs + at] = q[i] * gu[i * a->w] * gv[i * b->w];
            for (size_t i = 0; bent && i < m; i++) C[i * pairs + at] += k[i * step];
        }
}

static void narrow_products(const nd_hess_layer *a, const nd_hess_layer *b, size_t r, size_t m,
                            size_t nprod, double *restrict X)
{
    const double *p = a->X + r * a->in, *x = b->X + r * b->in;
    bool same = nd_hess_same_input(a, b);
    size_t at = 0;

    for (size_t k = 0; k < a->in; k++)
        for (size_t j = 0; j < (same ? k + 1 : b->in); j++, at++)
            for (size_t i = 0; i < m; i++) X[i * nprod + at] = p[i * a->in + k] * x[i * b->in + j];
}

/* The block of the pair (u,v) and the transposed block, from G (strides: of a row) whose
 * upper half is missing where it is symmetric.  T: room for the transposed. */
static void scatter(const nd_hess *h, const nd_hess_layer *a, const nd_hess_layer *b, size_t u,
                    size_t v, double *G, double *T)
{
    size_t m = a->in, n = b->in;

    if (nd_hess_same_input(a, b))
        for (size_t k = 0; k < m; k++)
            for (size_t j = 0; j < k; j++) G[j * n + k] = G[k * n + j];
    for (size_t k = 0; k < m; k++) put_row(h, a, u, k, b, v, G + k * n);
    if (a == b && u == v) return;
    if (nd_hess_same_input(a, b)) {
        T = G;
    } else {
        for (size_t k = 0; k < m; k++)
            for (size_t j = 0; j < n; j++) T[j * m + k] = G[k * n + j];
    }
    for (size_t j = 0; j < n; j++) put_row(h, b, v, j, a, u, T + j * m);
}

/* Products in their list to a block of full rows. */
static void unfold(const nd_hess_layer *a, const nd_hess_layer *b, const double *g, double *B)
{
    bool same = nd_hess_same_input(a, b);

    for (size_t k = 0; k < a->in; k++) {
        size_t end = same ? k + 1 : b->in;
        memcpy(B + k * b->in, g, end * sizeof *B);
        g += end;
    }
}

/* The first v of row u in the list of pairs of layers a and b. */
static size_t first_v(const nd_hess_task *t, size_t u)
{
    return t->a == t->b ? u : 0;
}

/* Pairs of the units u in [first, first + count), all their v, as one product. */
static void run_products(const nd_hess *h, const nd_hess_task *t, double *scratch)
{
    const nd_hess_layer *a = &h->layer[t->a], *b = &h->layer[t->b];
    const double *S = curvature(h, t->a, t->b);
    size_t nprod = nd_hess_products(a, b), pairs = 0, end = t->first + t->count;

    for (size_t u = t->first; u < end; u++) pairs += b->w - first_v(t, u);
    double *G = scratch, *C = G + pairs * nprod, *X = C + ND_HESS_ROWS * pairs;
    for (size_t r = 0; r < h->rows; r += ND_HESS_ROWS) {
        size_t m = least(ND_HESS_ROWS, h->rows - r);
        bool narrow = pairs <= NARROW && nprod <= NARROW;
        if (narrow) {
            narrow_weights(h, t, r, m, pairs, C);
            narrow_products(a, b, r, m, nprod, X);
        }
        for (size_t i = 0; !narrow && i < m; i++) {
            double *c = C + i * pairs;
            for (size_t u = t->first; u < end; u++) {
                pair_weights(h, a, b, S, r + i, u, first_v(t, u), b->w, c);
                c += b->w - first_v(t, u);
            }
            products(a, b, r + i, X + i * nprod);
        }
        product(pairs, nprod, m, C, pairs, X, nprod, r > 0, G, nprod);
    }
    for (size_t u = t->first; u < end; u++)
        for (size_t v = first_v(t, u); v < b->w; v++, G += nprod) {
            unfold(a, b, G, X);
            scatter(h, a, b, u, v, X, X + a->in * b->in);
        }
}

/* One pair with wide inputs: B = diag(c_uv) x~_b, G = x~_a' B; where the result is
 * symmetric only the lower blocks of 128 rows. */
static void run_pair(const nd_hess *h, const nd_hess_task *t, double *scratch)
{
    const nd_hess_layer *a = &h->layer[t->a], *b = &h->layer[t->b];
    const double *S = curvature(h, t->a, t->b);
    bool same = nd_hess_same_input(a, b);
    size_t u = t->first, v = t->count;
    double *G = scratch, *B = G + a->in * b->in;

    for (size_t r = 0; r < h->rows; r += ND_HESS_ROWS) {
        size_t m = least(ND_HESS_ROWS, h->rows - r);
        for (size_t i = 0; i < m; i++) {
            double c;
            pair_weights(h, a, b, S, r + i, u, v, v + 1, &c);
            for (size_t j = 0; j < b->in; j++) B[i * b->in + j] = c * b->X[(r + i) * b->in + j];
        }
        for (size_t k = 0; k < a->in; k += 128) {
            size_t n = least(128, a->in - k);
            product(n, same ? k + n : b->in, m, a->X + r * a->in + k, a->in, B, b->in, r > 0,
                    G + k * b->in, b->in);
        }
    }
    scatter(h, a, b, u, v, G, B);
}

/* ---- output weights --------------------------------------------------------------------- */

/* G[u][k][own j] += sum_i c D_L,l[j,u] x~_k: the second sum of (1) for the term's own
 * output weights.  A: room for the rows' c x~. */
static void own_outputs(const nd_hess *h, const nd_hess_task *t, size_t r, size_t m, double *A,
                        double *G)
{
    const nd_hess_layer *a = &h->layer[t->a], *top = &h->layer[a->base + a->top];
    const double *D = h->D[t->a * h->layers + a->base + a->top];

    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < a->in; k++)
            A[i * a->in + k] = h->c[r + i] * a->X[(r + i) * a->in + k];
    for (size_t u = 0; u < t->count; u++) {
        size_t unit = t->first + u;
        double *g = G + u * a->in * h->outs + a->out;
        if (D)
            product(a->in, top->w, m, A, a->in, D + (r * a->w + unit) * top->w, a->w * top->w, 1.0,
                    g, h->outs);
        for (size_t i = 0; !D && i < m; i++)
            for (size_t k = 0; k < a->in; k++)
                g[k * h->outs + unit] += a->S1[(r + i) * a->w + unit] * A[i * a->in + k];
    }
}

/* The rows of run_out's two tables, a column at a time (narrow_weights). */
static void narrow_outputs(const nd_hess *h, const nd_hess_task *t, size_t r, size_t m,
                           double *restrict J, double *restrict O)
{
    const nd_hess_layer *a = &h->layer[t->a];
    size_t columns = t->count * a->in, outs = h->outs;
    const double *x = a->X + r * a->in, *o = h->O + r * outs, *q = h->q + r;

    for (size_t u = 0; u < t->count; u++) {
        const double *g = a->G + r * a->w + t->first + u;
        for (size_t k = 0; k < a->in; k++)
            for (size_t i = 0; i < m; i++)
                J[i * columns + u * a->in + k] = g[i * a->w] * x[i * a->in + k];
    }
    for (size_t j = 0; j < outs; j++)
        for (size_t i = 0; i < m; i++) O[i * outs + j] = q[i] * o[i * outs + j];
}

/* Units [first, first + count) of layer a against all output weights. */
static void run_out(const nd_hess *h, const nd_hess_task *t, double *scratch)
{
    const nd_hess_layer *a = &h->layer[t->a];
    size_t columns = t->count * a->in, outs = h->outs;
    double *G = scratch, *J = G + columns * outs, *O = J + ND_HESS_ROWS * columns,
           *A = O + ND_HESS_ROWS * outs;

    for (size_t r = 0; r < h->rows; r += ND_HESS_ROWS) {
        size_t m = least(ND_HESS_ROWS, h->rows - r);
        bool narrow = columns <= NARROW && outs <= NARROW;
        if (narrow) narrow_outputs(h, t, r, m, J, O);
        for (size_t i = 0; !narrow && i < m; i++) {
            const double *x = a->X + (r + i) * a->in, *g = a->G + (r + i) * a->w + t->first;
            double *J_i = J + i * columns;
            for (size_t u = 0; u < t->count; u++)
                for (size_t k = 0; k < a->in; k++) J_i[u * a->in + k] = g[u] * x[k];
            for (size_t j = 0; j < outs; j++)
                O[i * outs + j] = h->q[r + i] * h->O[(r + i) * outs + j];
        }
        product(columns, outs, m, J, columns, O, outs, r > 0, G, outs);
        own_outputs(h, t, r, m, A, G);
    }
    for (size_t j = 0; j < columns; j++)
        for (size_t o = 0; o < outs; o++)
            put(h, place(a, t->first + j / a->in, j % a->in), h->out_at[o], G[j * outs + o]);
}

/* Output weights [first, first + count) against those up to them. */
static void run_out_out(const nd_hess *h, const nd_hess_task *t, double *scratch)
{
    size_t outs = h->outs, end = t->first + t->count;
    double *G = scratch, *O = G + t->count * outs;

    for (size_t r = 0; r < h->rows; r += ND_HESS_ROWS) {
        size_t m = least(ND_HESS_ROWS, h->rows - r);
        const double *from = h->O + r * outs;
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < outs; j++) O[i * outs + j] = h->q[r + i] * from[i * outs + j];
        product(t->count, end, m, from + t->first, outs, O, outs, r > 0, G, outs);
    }
    for (size_t k = 0; k < t->count; k++)
        for (size_t j = 0; j <= t->first + k; j++)
            put(h, h->out_at[t->first + k], h->out_at[j], G[k * outs + j]);
}

/* ---- weights of later layers -------------------------------------------------------------- */

static void add(const nd_hess *h, size_t r, size_t c, double value)
{
    h->H[r * h->P + c] += value;
    h->H[c * h->P + r] += value;
}

/* Layer b follows layer a, where dx~_b,k'/dz_u = s'_u for k' = u: unit v = first. */
static void run_next(const nd_hess *h, const nd_hess_task *t, double *scratch)
{
    const nd_hess_layer *a = &h->layer[t->a], *b = &h->layer[t->b];
    double *G = scratch, *C = G + a->w * a->in;

    for (size_t r = 0; r < h->rows; r += ND_HESS_ROWS) {
        size_t m = least(ND_HESS_ROWS, h->rows - r);
        for (size_t i = 0; i < m; i++) {
            double cg = h->c[r + i] * b->G[(r + i) * b->w + t->first];
            for (size_t u = 0; u < a->w; u++) C[i * a->w + u] = cg * a->S1[(r + i) * a->w + u];
        }
        product(a->w, a->in, m, C, a->w, a->X + r * a->in, a->in, r > 0, G, a->in);
    }
    for (size_t u = 0; u < a->w; u++)
        for (size_t k = 0; k < a->in; k++)
            add(h, place(a, u, k), place(b, t->first, u), G[u * a->in + k]);
}

/* Layer b comes later: unit u = first of layer a against b's weights, through
 * D_{b-1,a}. */
static void run_later(const nd_hess *h, const nd_hess_task *t, double *scratch)
{
    const nd_hess_layer *a = &h->layer[t->a], *b = &h->layer[t->b];
    const double *D = h->D[t->a * h->layers + t->b - 1];
    size_t in = b->y->y->in, columns = b->w * a->in;
    double *G = scratch, *A = G + columns * in;

    for (size_t r = 0; r < h->rows; r += ND_HESS_ROWS) {
        size_t m = least(ND_HESS_ROWS, h->rows - r);
        for (size_t i = 0; i < m; i++)
            for (size_t v = 0; v < b->w; v++) {
                double cg = h->c[r + i] * b->G[(r + i) * b->w + v];
                for (size_t k = 0; k < a->in; k++)
                    A[i * columns + v * a->in + k] = cg * a->X[(r + i) * a->in + k];
            }
        product(columns, in, m, A, columns, D + (r * a->w + t->first) * in, a->w * in, r > 0, G,
                in);
    }
    for (size_t j = 0; j < columns; j++)
        for (size_t k = 0; k < in; k++)
            add(h, place(a, t->first, j % a->in), place(b, j / a->in, k), G[j * in + k]);
}

/* ---- tasks -------------------------------------------------------------------------------- */

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t nd_hess_scratch(const nd_hess *h, const nd_hess_task *t)
{
    const nd_hess_layer *a = &h->layer[t->a], *b = &h->layer[t->b];
    size_t R = ND_HESS_ROWS, nprod, pairs, n;

    if (t->kind == TASK_OUT_OUT) return (t->count + R) * h->outs;
    nprod = nd_hess_products(a, b);
    pairs = t->count * b->w;
    n = t->count * a->in;
    switch (t->kind) {
    case TASK_PRODUCTS:
        return pairs * nprod + R * pairs + most(R * nprod, 2 * a->in * b->in);
    case TASK_PAIR:
        return a->in * b->in + most(R, a->in) * b->in;
    case TASK_OUT:
        return n * h->outs + R * (n + h->outs + a->in);
    case TASK_NEXT:
        return (a->in + R) * a->w;
    default:
        return b->w * a->in * (b->y->y->in + R);
    }
}

static void run(const nd_hess *h, const nd_hess_task *t, double *scratch)
{
    switch (t->kind) {
    case TASK_PRODUCTS:
        run_products(h, t, scratch);
        break;
    case TASK_PAIR:
        run_pair(h, t, scratch);
        break;
    case TASK_OUT:
        run_out(h, t, scratch);
        break;
    case TASK_OUT_OUT:
        run_out_out(h, t, scratch);
        break;
    case TASK_NEXT:
        run_next(h, t, scratch);
        break;
    case TASK_LATER:
        run_later(h, t, scratch);
        break;
    }
}

nd_status nd_hess_run(void *arg, size_t i, int worker)
{
    const nd_hess *h = arg;

    run(h, &h->task[i], h->scratch + (size_t)worker * h->scratch_size);
    return ND_OK;
}

nd_status nd_hess_run_late(void *arg, size_t i, int worker)
{
    const nd_hess *h = arg;
    return nd_hess_run(arg, h->late + i, worker);
}
