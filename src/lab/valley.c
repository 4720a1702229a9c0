/* A valley to infinity: L falls on and on while |theta| grows (theory.md, section 6).
 *
 * Given two points of one descent, early and late, with L lower at late provably and |late| larger.  In such valleys the coordinates follow powers of a
 * parameter (w ~ t, a ~ 1/t when a softplus turns into a ReLU; a ~ t, w ~ 1/t when it
 * turns into a line), so the way goes on geometrically:
 *
 *   x_i(s) = late_i (late_i / early_i)^s   where both have one sign, else
 *   x_i(s) = late_i + s (late_i - early_i),
 *
 * s such that the norm doubles.  A short descent brings the point back to the valley's
 * floor.  L must not have risen, beyond its enclosure (far out the
 * outputs are differences of large numbers), and the norm must stay up.  PUSHES such steps make a
 * valley, numerically; a compact set of minima fails them, because L rises or the
 * descent comes back.
 *
 * A set of minima that is not compact (all theta with f = f*, under the square loss, or with
 * samples that contradict each other) passes all that.  There, however, L is as low at smaller
 * norms: so the lowest loss at the norm of early is sought, by descent of L(r x/|x|) from
 * early, and it has to stay above late's by more than what its own slope leaves to gain.
 *
 * Without a history (a point given by the user) early is made from late: one neuron at a
 * time is taken back on either of the two ways. */
#include "base/memory.h"
#include "lab/lab.h"
#include "num/tile.h"

#include <math.h>
#include <string.h>

#define PUSHES 3
#define RANGE  1e3   /* ratios of early and late up to this are taken for a power law */
#define FLAT   1e-2  /* |g| (1 + |theta|) over L at late: the descent is over         */
#define GROWTH 1.001 /* of the norm between early and late, at least */
#define ZERO   1e-12 /* L below this is 0 to rounding: perhaps attained nearby          */
#define LEFT   0.5   /* what a slope may promise of the gap, at the norm of early */

static void extrapolate(size_t P, const double *e, const double *x, double s, double *y)
{
    for (size_t i = 0; i < P; i++) {
        double q = x[i] / e[i];

        if (e[i] != 0.0 && q > 1.0 / RANGE && q < RANGE)
            y[i] = x[i] * pow(q, s);
        else
            y[i] = x[i] + s * (x[i] - e[i]);
    }
}

/* s with |x(s)| = 2 |x|, by doubling and bisection. */
static double doubling(size_t P, const double *e, const double *x, double *y)
{
    double goal = 2.0 * nd_norm2(P, x), lo = 0.0, hi = 1.0;

    for (int k = 0; k < 40; k++, hi *= 2.0) {
        extrapolate(P, e, x, hi, y);
        if (!(nd_norm2(P, y) < goal)) break;
        lo = hi;
    }
    for (int k = 0; k < 30; k++) {
        double s = 0.5 * (lo + hi);

        extrapolate(P, e, x, s, y);
        if (nd_norm2(P, y) < goal)
            lo = s;
        else
            hi = s;
    }
    return lo;
}

/* Pushes x away from e and lets it come down again to y. */
static nd_status push(nd_surface *sf, const double *e, const double *x, double time, double *y)
{
    size_t P = sf->net->P;
    nd_opt_settings s;
    nd_opt_result r;
    nd_status status;

    nd_opt_init(&s);
    s.time = time;
    s.iterations = 500;
    s.grad_tol = 0.0;
    s.x_max = INFINITY;
    extrapolate(P, e, x, doubling(P, e, x, y), y);
    status = nd_lbfgs(sf->ctx, &sf->oracle, &s, y, &r);
    if (status != ND_OK || !sf->oracle.hv || r.stop == ND_STOP_NOT_FINITE) return status;
    s.iterations = 30;
    return nd_newton(sf->ctx, &sf->oracle, &s, y, &r);
}

/* One push: *on when L has not risen (beyond its enclosures) and the norm stayed up. */
static nd_status go_on(nd_surface *sf, double *e, double *x, double *y, double time, nd_way *way,
                       nd_cert *cx, bool *on)
{
    size_t P = sf->net->P;
    nd_cert cy;
    nd_status status = push(sf, e, x, time, y);

    if (status == ND_OK) status = nd_surface_certify(sf, y, &cy);
    if (status != ND_OK) return status;
    *on =
        cy.loss_lo <= cx->loss_hi && isfinite(cy.loss_hi) && nd_norm2(P, y) >= 1.5 * nd_norm2(P, x);
    if (!*on) return ND_OK;
    memcpy(e, x, P * sizeof *e);
    memcpy(x, y, P * sizeof *x);
    *cx = cy;
    way->norm = nd_norm2(P, x);
    return nd_problem_value(sf->ctx, &sf->pb, x, sf->work, &way->loss);
}

/* Else L falls for the plain reason that the descent goes on, whatever the norm does.
 * Over: the slope, beyond its rounding, promises little of L.  Or, for a loss that is positive everywhere: no
 * errors, for then f -> t f lowers L for every t > 1 and 0 is not attained (*sure). */
static nd_status descent_is_over(nd_surface *sf, const double *x, double *g, bool *over, bool *sure)
{
    nd_look k;
    double noise;
    nd_status status = nd_surface_look(sf, x, g, &k);

    if (status == ND_OK) status = nd_gradient_noise(sf, x, 0, &noise);
    if (status != ND_OK) return status;
    *over = (k.grad - noise) * (1.0 + k.norm) <= FLAT * k.loss;
    *sure = !sf->pb.loss.kind->hinge_tail && strcmp(sf->pb.loss.kind->name, "square") != 0 &&
            k.margin_min > 0.0;
    *over = *over || *sure;
    return ND_OK;
}

/* phi(x) = L(r x/|x|), grad phi = (r/|x|) (g - u u'g), u = x/|x|; at: n of scratch. */
typedef struct {
    nd_surface *sf;
    double r, *at;
} sphere;

static nd_status sphere_grad(void *self, const double *x, double *f, double *g)
{
    sphere *s = self;
    size_t n = s->sf->oracle.n;
    double norm = nd_norm2(n, x), radial;
    nd_status status;

    for (size_t i = 0; i < n; i++) s->at[i] = s->r * (x[i] / norm);
    status = s->sf->oracle.grad(s->sf, s->at, f, g);
    if (status != ND_OK || !g) return status;
    radial = nd_dot(n, g, s->at) / s->r;
    for (size_t i = 0; i < n; i++) g[i] = (s->r / norm) * (g[i] - radial * (s->at[i] / s->r));
    return ND_OK;
}

/* Is no point of the norm of early as low as cx?  y: where the descent ended; at: scratch. */
static nd_status norm_is_needed(nd_surface *sf, const double *early, const nd_cert *cx, double time,
                                double *y, double *at, bool *needed)
{
    size_t P = sf->net->P;
    sphere s = {sf, nd_norm2(P, early), at};
    nd_oracle fn = {.n = P, .self = &s, .grad = sphere_grad};
    nd_opt_settings o;
    nd_opt_result r;
    nd_cert c;
    nd_status status;
    double norm;

    *needed = false;
    if (!(s.r > 0.0) || cx->loss_hi < ZERO) return ND_OK;
    nd_opt_init(&o);
    o.time = time;
    o.iterations = 2000;
    o.grad_tol = 0.0;
    o.quiet = true;
    memcpy(y, early, P * sizeof *y);
    status = nd_lbfgs(sf->ctx, &fn, &o, y, &r);
    if (status != ND_OK) return status;
    norm = nd_norm2(P, y);
    for (size_t i = 0; i < P; i++) y[i] = s.r * (y[i] / norm);
    status = nd_surface_certify(sf, y, &c);
    if (status == ND_OK) *needed = r.grad * norm <= LEFT * (c.loss_lo - cx->loss_hi);
    return status;
}

nd_status nd_valley_follow(nd_surface *sf, const double *early, const double *late, double time,
                           nd_way *out)
{
    size_t P = sf->net->P;
    double *block = ND_NEW(sf->ctx, double, 3 * P), end = nd_seconds() + time;
    double *e = block, *x = block + P, *y = block + 2 * P;
    bool sure = false;
    nd_way way = {.norm = nd_norm2(P, late)};
    nd_cert ce, cx;
    nd_status status = ND_OK;

    if (!block) return ND_EMEM;
    ND_TRY(nd_surface_certify(sf, early, &ce));
    ND_TRY(nd_surface_certify(sf, late, &cx));
    ND_TRY(nd_problem_value(sf->ctx, &sf->pb, early, sf->work, &way.early_loss));
    ND_TRY(nd_problem_value(sf->ctx, &sf->pb, late, sf->work, &way.late_loss));
    way.loss = way.late_loss;
    memcpy(e, early, P * sizeof *e);
    way.valley = cx.loss_hi < ce.loss_lo && way.norm > GROWTH * nd_norm2(P, early);
    if (way.valley) ND_TRY(descent_is_over(sf, late, y, &way.valley, &sure));
    if (way.valley && !sure)
        ND_TRY(norm_is_needed(sf, early, &cx, fmax(0.0, end - nd_seconds()), y, x, &way.valley));
    memcpy(x, late, P * sizeof *x);
    for (int k = 0; k < PUSHES && way.valley; k++)
        ND_TRY(go_on(sf, e, x, y, fmax(0.0, end - nd_seconds()), &way, &cx, &way.valley));
    *out = way;
done:
    nd_free(sf->ctx, block);
    return status;
}

/* early := late with neuron j of the shortcut taken back on its way to a ReLU (w and b
 * smaller, a larger) or to a line (w larger, a smaller, its constant kept in a_0). */
static void retreat(const nd_surface *sf, size_t j, bool line, double factor, const double *late,
                    double *early)
{
    const nd_net *net = sf->net;
    const nd_term *t = &net->term[nd_net_shortcut(net)];
    const nd_layer *L = &t->layer[0];
    double w_factor = line ? 1.0 / factor : factor, s;

    memcpy(early, late, net->P * sizeof *early);
    for (size_t k = 0; k < L->in; k++) early[L->W + j * L->in + k] *= w_factor;
    early[t->a + j] /= w_factor;
    if (!line) {
        early[L->b + j] *= w_factor;
        return;
    }
    L->act->jet(1, late + L->b + j, 0, (double *const[]){&s});
    early[net->a0] += (late[t->a + j] - early[t->a + j]) * s;
}

nd_status nd_valley_search(nd_surface *sf, const double *late, double time, nd_way *out)
{
    static const double factors[] = {0.7, 0.4, 0.2, 0.1, 0.05}; /* far out only the last tell */
    enum { FACTORS = sizeof factors / sizeof *factors };
    size_t k = nd_net_shortcut(sf->net);
    size_t tries = k < sf->net->terms ? 2 * FACTORS * sf->net->term[k].out : 0;
    double *early = ND_NEW(sf->ctx, double, sf->net->P), end = nd_seconds() + time, left;
    nd_status status = ND_OK;

    if (!early) return ND_EMEM;
    *out = (nd_way){.valley = false};
    for (size_t i = 0; i < tries && !out->valley && (left = end - nd_seconds()) > 0.0; i++) {
        retreat(sf, i / (2 * FACTORS), i % 2, factors[i / 2 % FACTORS], late, early);
        ND_TRY(nd_valley_follow(sf, early, late, left, out));
    }
done:
    nd_free(sf->ctx, early);
    return status;
}
