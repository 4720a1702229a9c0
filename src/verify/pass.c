/* The loss and its derivatives over a box of parameters.
 *
 *   L = (1/n) sum_i omega_i l(-y_i f_i) + (lambda/2) |theta|^2
 *   grad L = sum_i p_i J_i + lambda theta,       p_i = -y_i omega_i l'(z_i) / n
 *   H = sum_i [ q_i J_i J_i' + p_i D2f_i ] + lambda I,  q_i = omega_i l''(z_i) / n
 *   with J_i = grad f(x_i).
 *
 * One sample, one term of the net; layers l = 1..k, h_0 = x:
 *   forward    z_l = W_l h_{l-1} + b_l,  h_l = s(z_l)  [+ h_{l-1}],  f = a . h_k + ...
 *   backward   e_k = a,  del_l = e_l s'(z_l),  e_{l-1} = W_l' del_l  [+ e_l]
 *   gradient   dW_l = del_l h_{l-1}',  db_l = del_l,  da = h_k
 * In the direction v = (V, B, A), with ' for the derivative along v:
 *   z_l' = V_l h_{l-1} + B_l + W_l h_{l-1}',          h_l' = s' z_l' [+ h_{l-1}']
 *   z_l'' = 2 V_l h_{l-1}' + W_l h_{l-1}'',           h_l'' = s'' z_l'^2 + s' z_l'' [+ h_{l-1}'']
 *   f'' = 2 A . h_k' + a . h_k'', and unrolled from the last layer down
 *       = sum_l sum_u e_lu s''_lu (z_lu')^2                                    (curvature)
 *       + 2 sum_l sum_uk del_lu V_l,uk h_{l-1,k}'  +  2 sum_j A_j h_kj'.       (products)
 *
 * Parameters of layers before l are contiguous: dz_l is Z_l (width x r_l) on these
 * r_l, plus h_{l-1} on its own row of W_l and 1 on its own b.  Q_l is the Jacobian of
 * h_l on the parameters of layers 1..l.  For a single-layer term r_1 = 0 and nothing
 * of this is ever formed. */
#include "verify/verify.h"
#include <stdlib.h>
#include <string.h>

enum { BATCH = 1024 }; /* rows of J that are multiplied together (memory 48 B P each) */

/* What is known of one layer for one sample. */
typedef struct {
    arb_ptr z, h, e, del, s; /* width; s: width * 3, [3u + k] = s^(k)(z_u)   */
    slong r;                 /* parameters of the layers before                */
    arb_mat_t Z, Q;          /* width x r, width x (r + own parameters)        */
} tape;

typedef struct {
    const nv_cert *cert;
    const nv_net *net;
    arb_srcptr theta;
    slong prec;
    int order;
    arb_ptr x;
    tape **layer;     /* [term][layer]                                        */
    arb_ptr J, t;     /* P; scratch 4                                         */
    slong *where;     /* P: scratch, indices                                  */
    arb_ptr dir;      /* P: scratch, the entries there                        */
    arb_mat_t Jt, qJ; /* P x BATCH, BATCH x P                                 */
    slong rows;       /* of the batch that are filled                         */
    arb_t f;
} pass;

/* ---- set-up ------------------------------------------------------------------------ */

void nv_value_init(nv_value *v, slong P)
{
    v->P = P;
    arb_init(v->L);
    arb_init(v->margin_min);
    v->errors_lo = v->errors_hi = 0;
    v->g = _arb_vec_init(P);
    arb_mat_init(v->H, 0, 0); /* made when it is asked for: P^2 is large */
}

void nv_value_clear(nv_value *v)
{
    arb_clear(v->L);
    arb_clear(v->margin_min);
    _arb_vec_clear(v->g, v->P);
    arb_mat_clear(v->H);
}

static void tape_init(tape *t, const nv_layer *l, slong start, bool jacobian, bool last)
{
    slong own = l->width * l->in + (l->bias ? l->width : 0);

    t->z = _arb_vec_init(l->width);
    t->h = _arb_vec_init(l->width);
    t->e = _arb_vec_init(l->width);
    t->del = _arb_vec_init(l->width);
    t->s = _arb_vec_init(3 * l->width);
    t->r = l->W - start;
    arb_mat_init(t->Z, jacobian ? l->width : 0, jacobian ? t->r : 0);
    arb_mat_init(t->Q, jacobian && !last ? l->width : 0, jacobian && !last ? t->r + own : 0);
}

static void tape_clear(tape *t, slong width)
{
    _arb_vec_clear(t->z, width);
    _arb_vec_clear(t->h, width);
    _arb_vec_clear(t->e, width);
    _arb_vec_clear(t->del, width);
    _arb_vec_clear(t->s, 3 * width);
    arb_mat_clear(t->Z);
    arb_mat_clear(t->Q);
}

static void pass_init(pass *p, const nv_cert *cert, arb_srcptr theta, int order, slong prec)
{
    const nv_net *net = &cert->net;
    slong batch = order < 2 ? 0 : cert->n < BATCH ? cert->n : BATCH;

    memset(p, 0, sizeof *p);
    p->cert = cert;
    p->net = net;
    p->theta = theta;
    p->order = order;
    p->prec = prec;
    p->x = _arb_vec_init(net->d);
    p->layer = flint_calloc((size_t)net->terms, sizeof *p->layer);
    for (slong t = 0; t < net->terms; t++) {
        const nv_term *T = &net->term[t];

        p->layer[t] = flint_calloc((size_t)T->depth + 1, sizeof **p->layer);
        for (slong l = 0; l < T->depth; l++)
            tape_init(&p->layer[t][l], &T->layer[l], T->start, order >= 2, l == T->depth - 1);
    }
    p->J = _arb_vec_init(net->P);
    p->dir = _arb_vec_init(net->P);
    p->where = flint_calloc((size_t)net->P, sizeof *p->where);
    p->t = _arb_vec_init(4);
    arb_mat_init(p->Jt, batch ? net->P : 0, batch);
    arb_mat_init(p->qJ, batch, batch ? net->P : 0);
    arb_init(p->f);
}

static void pass_clear(pass *p)
{
    const nv_net *net = p->net;

    for (slong t = 0; t < net->terms; t++) {
        for (slong l = 0; l < net->term[t].depth; l++)
            tape_clear(&p->layer[t][l], net->term[t].layer[l].width);
        flint_free(p->layer[t]);
    }
    flint_free(p->layer);
    _arb_vec_clear(p->x, net->d);
    _arb_vec_clear(p->J, net->P);
    _arb_vec_clear(p->dir, net->P);
    flint_free(p->where);
    _arb_vec_clear(p->t, 4);
    arb_mat_clear(p->Jt);
    arb_mat_clear(p->qJ);
    arb_clear(p->f);
}

/* The input of layer l of a term. */
static arb_srcptr input(const pass *p, const tape *T, slong l)
{
    return l ? T[l - 1].h : p->x;
}

/* ---- one sample: f and its gradient -------------------------------------------------- */

static void forward_layer(pass *p, const nv_layer *l, tape *t, arb_srcptr in, const char *flat)
{
    for (slong u = 0; u < l->width; u++) {
        arb_srcptr b = l->bias ? p->theta + l->b + u : NULL;

        arb_dot(t->z + u, b, 0, p->theta + l->W + u * l->in, 1, in, 1, l->in, p->prec);
        nv_apply(l->jet, t->s + 3 * u, t->z + u, 0, p->order, p->prec);
        if (flat && flat[u]) _arb_vec_zero(t->s + 3 * u, 3);
        arb_set(t->h + u, t->s + 3 * u);
        if (l->residual) arb_add(t->h + u, t->h + u, in + u, p->prec);
    }
}

static void forward(pass *p, slong i)
{
    const nv_net *net = p->net;
    const double *x = p->cert->X + i * net->d;
    const char *flat = p->cert->flat ? p->cert->flat + i * nv_first_units(net) : NULL;

    for (slong k = 0; k < net->d; k++) arb_set_d(p->x + k, x[k]);
    arb_set(p->f, p->theta + net->a0);
    for (slong t = 0; t < net->terms; t++) {
        const nv_term *T = &net->term[t];
        arb_srcptr in = p->x;

        for (slong l = 0; l < T->depth; l++) {
            forward_layer(p, &T->layer[l], &p->layer[t][l], in, l == 0 ? flat : NULL);
            if (l == 0 && flat) flat += T->layer[0].width;
            in = p->layer[t][l].h;
        }
        arb_dot(p->f, p->f, 0, p->theta + T->a, 1, in, 1, T->out, p->prec);
    }
}

static void backward_term(pass *p, const nv_term *T, tape *tapes)
{
    for (slong l = T->depth - 1; l >= 0; l--) {
        const nv_layer *L = &T->layer[l];
        tape *t = &tapes[l];
        arb_srcptr h = input(p, tapes, l);

        if (l == T->depth - 1) _arb_vec_set(t->e, p->theta + T->a, T->out);
        for (slong u = 0; u < L->width; u++) {
            arb_mul(t->del + u, t->e + u, t->s + 3 * u + 1, p->prec);
            for (slong k = 0; k < L->in; k++)
                arb_mul(p->J + L->W + u * L->in + k, t->del + u, h + k, p->prec);
            if (L->bias) arb_set(p->J + L->b + u, t->del + u);
        }
        for (slong k = 0; l > 0 && k < L->in; k++)
            arb_dot(tapes[l - 1].e + k, L->residual ? t->e + k : NULL, 0, p->theta + L->W + k,
                    L->in, t->del, 1, L->width, p->prec);
    }
}

/* J := grad f. */
static void backward(pass *p)
{
    const nv_net *net = p->net;

    for (slong t = 0; t < net->terms; t++) {
        const nv_term *T = &net->term[t];

        backward_term(p, T, p->layer[t]);
        _arb_vec_set(p->J + T->a, input(p, p->layer[t], T->depth), T->out);
    }
    arb_one(p->J + net->a0);
}

/* ---- one sample: p D2f ------------------------------------------------------------------ */

/* Z_l = W_l Q_{l-1}, and Q_l (rows s' dz_l [+ Q_{l-1}]) unless l is the last. */
static void jacobian_layer(pass *p, const nv_layer *L, tape *t, const tape *before, arb_srcptr h)
{
    for (slong u = 0; u < L->width; u++)
        for (slong c = 0; c < t->r; c++) {
            arb_ptr z = arb_mat_entry(t->Z, u, c);

            arb_zero(z);
            for (slong k = 0; k < L->in; k++)
                arb_addmul(z, p->theta + L->W + u * L->in + k, arb_mat_entry(before->Q, k, c),
                           p->prec);
        }
    for (slong u = 0; u < arb_mat_nrows(t->Q); u++) {
        arb_srcptr ds = t->s + 3 * u + 1;
        slong row = t->r + u * L->in, b = t->r + L->width * L->in + u;

        for (slong c = 0; c < t->r; c++) {
            arb_mul(arb_mat_entry(t->Q, u, c), ds, arb_mat_entry(t->Z, u, c), p->prec);
            if (L->residual)
                arb_add(arb_mat_entry(t->Q, u, c), arb_mat_entry(t->Q, u, c),
                        arb_mat_entry(before->Q, u, c), p->prec);
        }
        for (slong k = 0; k < L->in; k++)
            arb_mul(arb_mat_entry(t->Q, u, row + k), ds, h + k, p->prec);
        if (L->bias) arb_set(arb_mat_entry(t->Q, u, b), ds);
    }
}

/* The nonzero entries of dz_lu: p->where (ascending) and p->dir; their number. */
static slong direction(pass *p, const nv_term *T, slong l, slong u, const tape *t, arb_srcptr h)
{
    const nv_layer *L = &T->layer[l];
    slong m = 0;

    for (slong c = 0; c < t->r; c++, m++) {
        p->where[m] = T->start + c;
        arb_set(p->dir + m, arb_mat_entry(t->Z, u, c));
    }
    for (slong k = 0; k < L->in; k++, m++) {
        p->where[m] = L->W + u * L->in + k;
        arb_set(p->dir + m, h + k);
    }
    if (L->bias) {
        p->where[m] = L->b + u;
        arb_one(p->dir + m++);
    }
    return m;
}

/* Upper triangle of H += w dir dir' on the m entries of p->where. */
static void add_square(pass *p, const arb_t w, slong m, arb_mat_t H)
{
    for (slong i = 0; i < m; i++) {
        arb_mul(p->t, w, p->dir + i, p->prec);
        for (slong j = i; j < m; j++)
            arb_addmul(arb_mat_entry(H, p->where[i], p->where[j]), p->t, p->dir + j, p->prec);
    }
}

/* Column at of H += w dir (at is larger than all of p->where). */
static void add_column(pass *p, const arb_t w, slong m, slong at, arb_mat_t H)
{
    for (slong i = 0; i < m; i++)
        arb_addmul(arb_mat_entry(H, p->where[i], at), w, p->dir + i, p->prec);
}

/* Column at of H += w row k of Q_{l-1}, which starts at parameter start. */
static void add_jacobian(pass *p, const arb_t w, const tape *before, slong k, slong start, slong at,
                         arb_mat_t H)
{
    for (slong c = 0; c < arb_mat_ncols(before->Q); c++)
        arb_addmul(arb_mat_entry(H, start + c, at), w, arb_mat_entry(before->Q, k, c), p->prec);
}

static void curvature_layer(pass *p, const nv_term *T, tape *tapes, slong l, const arb_t w,
                            arb_mat_t H)
{
    const nv_layer *L = &T->layer[l];
    tape *t = &tapes[l];
    arb_srcptr h = input(p, tapes, l);
    arb_ptr v = p->t + 1;

    for (slong u = 0; u < L->width; u++) {
        slong m = direction(p, T, l, u, t, h);

        arb_mul(v, t->e + u, t->s + 3 * u + 2, p->prec);
        arb_mul(v, v, w, p->prec);
        add_square(p, v, m, H);
        if (l == T->depth - 1) {
            arb_mul(v, w, t->s + 3 * u + 1, p->prec);
            add_column(p, v, m, T->a + u, H);
            if (L->residual && l > 0) add_jacobian(p, w, &tapes[l - 1], u, T->start, T->a + u, H);
        }
        arb_mul(v, w, t->del + u, p->prec);
        for (slong k = 0; l > 0 && k < L->in; k++)
            add_jacobian(p, v, &tapes[l - 1], k, T->start, L->W + u * L->in + k, H);
    }
}

/* Upper triangle of H += w D2f. */
static void curvature(pass *p, const arb_t w, arb_mat_t H)
{
    for (slong t = 0; t < p->net->terms; t++) {
        const nv_term *T = &p->net->term[t];
        tape *tapes = p->layer[t];

        for (slong l = 0; l < T->depth; l++) {
            jacobian_layer(p, &T->layer[l], &tapes[l], l ? &tapes[l - 1] : NULL,
                           input(p, tapes, l));
            curvature_layer(p, T, tapes, l, w, H);
        }
    }
}

/* ---- all samples -------------------------------------------------------------------------- */

/* H += Jt qJ over the filled rows, upper triangle by blocks of columns. */
static void flush(pass *p, arb_mat_t H)
{
    slong P = p->net->P, step = (P + 7) / 8;
    arb_mat_t A, B, C, D;

    for (slong j = 0; p->rows && j < P; j += step) {
        slong end = j + step < P ? j + step : P;

        arb_mat_window_init(A, p->Jt, 0, 0, end, p->rows);
        arb_mat_window_init(B, p->qJ, 0, j, p->rows, end);
        arb_mat_window_init(D, H, 0, j, end, end);
        arb_mat_init(C, end, end - j);
        arb_mat_mul(C, A, B, p->prec);
        arb_mat_add(D, D, C, p->prec);
        arb_mat_clear(C);
        arb_mat_window_clear(A);
        arb_mat_window_clear(B);
        arb_mat_window_clear(D);
    }
    p->rows = 0;
}

static void push(pass *p, const arb_t q, arb_mat_t H)
{
    for (slong k = 0; k < p->net->P; k++) {
        arb_set(arb_mat_entry(p->Jt, k, p->rows), p->J + k);
        arb_mul(arb_mat_entry(p->qJ, p->rows, k), q, p->J + k, p->prec);
    }
    if (++p->rows == arb_mat_nrows(p->qJ)) flush(p, H);
}

/* The margin of sample i and whether it is an error: y = +1: f < 0 is; y = -1: f >= 0 is
 * (sgn(0) = +1). */
static void count(pass *p, slong i, nv_value *out)
{
    arb_ptr m = p->t;
    bool plus = p->cert->y[i] > 0, finite = arb_is_finite(p->f);
    bool low = finite && arb_is_negative(p->f), high = finite && arb_is_nonnegative(p->f);

    if (plus)
        arb_set(m, p->f);
    else
        arb_neg(m, p->f);
    if (!finite) arb_indeterminate(m);
    if (i == 0)
        arb_set(out->margin_min, m);
    else
        arb_min(out->margin_min, out->margin_min, m, p->prec);
    out->errors_lo += plus ? low : high;
    out->errors_hi += plus ? !high : !low;
}

/* l[k] := the k-th derivative of (1/n) omega_i l(z_i) by f_i, k <= order, after forward. */
static void loss_jet(pass *p, slong i, arb_ptr l)
{
    const nv_cert *c = p->cert;
    arb_ptr z = p->t, w = p->t + 1;

    arb_mul_si(z, p->f, c->y[i] > 0 ? -1 : 1, p->prec);
    nv_apply(c->loss.jet, l, z, c->loss.q, p->order, p->prec);
    arb_set_d(w, c->weight ? c->weight[i] : 1.0);
    for (int k = 0; k <= p->order; k++) {
        arb_mul(l + k, l + k, w, p->prec);
        arb_div_si(l + k, l + k, c->n, p->prec);
    }
    if (c->y[i] > 0) arb_neg(l + 1, l + 1);
}

/* Where l' and l'' vanish on the whole ball of z_i, the sample's loss is constant on
 * the box and contributes nothing, whatever the derivatives of f are. */
static void add_sample(pass *p, slong i, nv_value *out)
{
    arb_ptr l = _arb_vec_init(3);

    forward(p, i);
    count(p, i, out);
    loss_jet(p, i, l);
    arb_add(out->L, out->L, l, p->prec);
    if (!arb_is_zero(l + 1) || !arb_is_zero(l + 2)) {
        backward(p);
        _arb_vec_scalar_addmul(out->g, p->J, p->net->P, l + 1, p->prec);
        if (p->order >= 2) {
            curvature(p, l + 1, out->H);
            push(p, l + 2, out->H);
        }
    }
    _arb_vec_clear(l, 3);
}

static void add_ridge(pass *p, nv_value *out)
{
    arb_ptr lambda = p->t, s = p->t + 1;

    arb_set_d(lambda, p->cert->l2);
    for (slong k = 0; k < p->net->P; k++) {
        arb_sqr(s, p->theta + k, p->prec);
        arb_mul(s, s, lambda, p->prec);
        arb_mul_2exp_si(s, s, -1);
        arb_add(out->L, out->L, s, p->prec);
        if (p->order >= 1) arb_addmul(out->g + k, lambda, p->theta + k, p->prec);
        if (p->order >= 2)
            arb_add(arb_mat_entry(out->H, k, k), arb_mat_entry(out->H, k, k), lambda, p->prec);
    }
}

/* The lower triangle from the upper one. */
static void mirror(arb_mat_t H)
{
    for (slong i = 0; i < arb_mat_nrows(H); i++)
        for (slong j = 0; j < i; j++) arb_set(arb_mat_entry(H, i, j), arb_mat_entry(H, j, i));
}

void nv_evaluate(const nv_cert *cert, arb_srcptr theta, int order, slong prec, nv_value *out)
{
    slong P = cert->net.P;
    pass p;

    pass_init(&p, cert, theta, order, prec);
    arb_zero(out->L);
    out->errors_lo = out->errors_hi = 0;
    _arb_vec_zero(out->g, P);
    arb_mat_clear(out->H);
    arb_mat_init(out->H, order >= 2 ? P : 0, order >= 2 ? P : 0);
    for (slong i = 0; i < cert->n; i++) add_sample(&p, i, out);
    if (order >= 2) flush(&p, out->H);
    add_ridge(&p, out);
    mirror(out->H);
    pass_clear(&p);
}

void nv_curvature(const nv_cert *cert, arb_srcptr theta, slong prec, arb_mat_t H)
{
    arb_ptr l = _arb_vec_init(3);
    pass p;

    pass_init(&p, cert, theta, 2, prec);
    arb_mat_zero(H);
    for (slong i = 0; i < cert->n; i++) {
        forward(&p, i);
        loss_jet(&p, i, l);
        if (arb_is_zero(l + 1)) continue;
        backward(&p);
        curvature(&p, l + 1, H);
    }
    mirror(H);
    pass_clear(&p);
    _arb_vec_clear(l, 3);
}
