/* Linear separability: the decision.
 *
 *   1. what needs no arithmetic: one class only, equal rows with both labels, zero rows;
 *   2. the point of the hull next to the origin (gordan.c), in doubles;
 *   3. it is not 0: a separator, proved by bounding every margin (separable_margin.c);
 *      it is 0: a circuit, proved in integers (exact_flint_circuit.c);
 *   4. neither proof succeeds: exact pivoting on the rows that matter, more rows as they
 *      turn out to be violated (exact_flint_pivot.c).
 * docs/conditions.md has the mathematics. */
#include "theory/separable.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "theory/exact.h"

#define POINTS_MAX 5e7  /* entries of the matrix of points: 400 MB        */
#define CAP        600. /* seconds that exact arithmetic may be expected to need at most */
#define ROUNDS     60   /* of exact pivoting with ever more rows          */
#define ALL_ROWS   300  /* so few are taken at once                       */
#define ROUNDINGS  64   /* of a separator that doubles hardly hold        */

typedef struct {
    nd_ctx *ctx;
    const nd_table *t;
    nd_separation *out;
    double until;
    nd_projection *p; /* n     */
    double *u;        /* d + 1 */
} decision;

/* ---- outcomes ------------------------------------------------------------------------- */

static void unknown(decision *s, const char *why)
{
    s->out->truth = ND_UNKNOWN;
    s->out->reason = why;
}

static void refuted(decision *s, nd_circuit *c)
{
    nd_separation *out = s->out;

    out->truth = ND_REFUTED;
    out->m = c->m;
    out->index = c->index;
    out->c = c->c;
    out->exact = c->exact;
    *c = (nd_circuit){0};
}

/* Proves u, with v in the middle (or fixed, when one class is missing).  *done: proved. */
static nd_status try_separator(decision *s, const double *u, bool fixed, double v, bool *done)
{
    const nd_table *t = s->t;
    nd_status status = nd_projections(s->ctx, t, u, s->p);
    double margin;

    *done = false;
    if (status != ND_OK) return status;
    if (!fixed && !nd_middle(t, s->out->bias, s->p, &v)) return ND_OK;
    margin = nd_margin_from(t, u, v, s->p);
    if (!(margin > 0.0)) return ND_OK;
    s->out->u = ND_NEW(s->ctx, double, t->d);
    if (!s->out->u) return ND_EMEM;
    memcpy(s->out->u, u, sizeof *u * t->d);
    s->out->v = v;
    s->out->margin = margin;
    s->out->truth = ND_PROVED;
    *done = true;
    return ND_OK;
}

/* ---- what needs no arithmetic ----------------------------------------------------------- */

/* The rows i <= j (the same one: a zero row) sum to zero. */
static nd_status pair(decision *s, size_t i, size_t j, bool *done)
{
    size_t m = i == j ? 1 : 2;
    nd_circuit c;
    nd_status status = nd_circuit_make(s->ctx, m, true, &c);

    if (status != ND_OK) return status;
    c.index[0] = i;
    c.index[m - 1] = j;
    for (size_t k = 0; k < m; k++) {
        c.c[k] = 1.0 / (double)m;
        c.exact[k] = nd_strdup(s->ctx, "1");
        if (!c.exact[k]) status = ND_EMEM;
    }
    if (status == ND_OK) refuted(s, &c);
    nd_circuit_clear(s->ctx, &c);
    *done = status == ND_OK;
    return status;
}

static bool zero_row(const nd_table *t, size_t i)
{
    if (t->row) {
        for (size_t p = t->row[i]; p < t->row[i + 1]; p++)
            if (t->val[p] != 0.0) return false;
        return true;
    }
    for (size_t k = 0; k < t->d; k++)
        if (t->x[i * t->d + k] != 0.0) return false;
    return true;
}

static nd_status plain_cases(decision *s, bool *done)
{
    const nd_table *t = s->t;
    size_t plus = nd_table_count(t, 1.0), *first;
    nd_status status;

    *done = false;
    for (size_t i = 0; i < t->n && !s->out->bias; i++)
        if (zero_row(t, i)) return pair(s, i, i, done);
    if (s->out->bias && (plus == 0 || plus == t->n)) {
        memset(s->u, 0, sizeof *s->u * t->d);
        return try_separator(s, s->u, true, plus ? 1.0 : -1.0, done);
    }
    first = ND_NEW(s->ctx, size_t, t->n);
    if (!first) return ND_EMEM;
    status = nd_rows_first(s->ctx, t, first);
    for (size_t i = 0; i < t->n && status == ND_OK && !*done; i++)
        if (t->y[i] != t->y[first[i]]) status = pair(s, first[i], i, done);
    nd_free(s->ctx, first);
    return status;
}

/* ---- exact pivoting ----------------------------------------------------------------------- */

/* The working rows: those chosen, in the order of their choice. */
typedef struct {
    size_t n, *row;
    bool *in;
} working;

static void work_on(working *w, size_t i)
{
    if (w->in[i]) return;
    w->in[i] = true;
    w->row[w->n++] = i;
}

static double lowness(const decision *s, size_t i, double v, bool either)
{
    double f = s->p[i].f + v;

    return either ? fabs(f) : s->t->y[i] * f;
}

/* Adds the rows with the smallest margin y_i (u.x_i + v), or nearest to the plane on
 * either side of it; at most count that are not in yet.  Returns how many there were. */
static size_t work_on_lowest(decision *s, working *w, double v, bool either, size_t count)
{
    size_t added = 0;

    for (; added < count && w->n < s->t->n; added++) {
        size_t best = s->t->n;
        double low = INFINITY;

        for (size_t i = 0; i < s->t->n; i++) {
            double l = w->in[i] ? INFINITY : lowness(s, i, v, either);

            if (w->in[i] || (best < s->t->n && !(l < low))) continue;
            best = i;
            low = l;
        }
        work_on(w, best);
    }
    return added;
}

/* Doubles near u that separate: u rounds differently when multiplied by 1 + k / 65. */
static nd_status try_roundings(decision *s, bool *done)
{
    nd_status status = try_separator(s, s->u, false, 0.0, done);
    double *w;

    if (status != ND_OK || *done) return status;
    w = ND_NEW(s->ctx, double, s->t->d);
    if (!w) return ND_EMEM;
    for (int k = 1; k <= ROUNDINGS && status == ND_OK && !*done; k++) {
        for (size_t j = 0; j < s->t->d; j++) w[j] = s->u[j] * (1.0 + k / 65.0);
        status = try_separator(s, w, false, 0.0, done);
    }
    nd_free(s->ctx, w);
    return status;
}

/* One round; *done when decided or given up. */
static nd_status pivot_round(decision *s, working *w, bool *done)
{
    const nd_table *t = s->t;
    nd_exact_rows rows = {t, s->out->bias, true, w->n, w->row};
    nd_circuit c = {0};
    nd_truth truth;
    nd_status status = nd_exact_separate(s->ctx, &rows, s->until, &truth, s->u, &c);

    *done = true;
    if (status != ND_OK) return status;
    if (truth == ND_REFUTED) {
        refuted(s, &c);
    } else if (truth == ND_UNKNOWN) {
        unknown(s, "exact arithmetic would exceed the limits of time or size");
    } else {
        status = try_roundings(s, done);
        if (status != ND_OK || *done) return status;
        status = nd_projections(s->ctx, t, s->u, s->p);
        if (status != ND_OK) return status;
        *done = work_on_lowest(s, w, s->out->bias ? s->u[t->d] : 0.0, false, 2 * t->d + 50) == 0;
        if (*done) unknown(s, "separable, but by no double-precision vector that was found");
    }
    return status;
}

static nd_status pivot(decision *s, const nd_points *p, const nd_gordan *g)
{
    working w = {.row = ND_NEW(s->ctx, size_t, s->t->n), .in = ND_NEW0(s->ctx, bool, s->t->n)};
    nd_status status = ND_EMEM;
    bool done = false;

    if (w.row && w.in) {
        for (size_t k = 0; k < g->size; k++) work_on(&w, g->set[k]);
        for (size_t k = 0; k < p->d; k++) s->u[k] = -g->rho[k] * p->scale[k];
        status = nd_projections(s->ctx, s->t, s->u, s->p);
        if (status == ND_OK) {
            double v = 0.0;
            size_t more = s->t->n <= ALL_ROWS ? s->t->n : 2 * s->t->d + 50;

            nd_middle(s->t, s->out->bias, s->p, &v);
            work_on_lowest(s, &w, v, false, more);
        }
        unknown(s, "no decision after many rounds of exact pivoting");
        for (int k = 0; k < ROUNDS && status == ND_OK && !done; k++)
            status = pivot_round(s, &w, &done);
    }
    nd_free(s->ctx, w.row);
    nd_free(s->ctx, w.in);
    return status;
}

/* ---- numerics, then proof ------------------------------------------------------------------- */

static nd_status try_circuit(decision *s, const nd_gordan *g, bool *done)
{
    nd_exact_rows rows = {s->t, s->out->bias, true, g->size, g->set};
    nd_circuit c = {0};
    nd_truth truth;
    nd_status status = nd_exact_circuit(s->ctx, &rows, s->until, &truth, &c);

    *done = status == ND_OK && truth == ND_PROVED;
    if (*done) refuted(s, &c);
    return status;
}

static nd_status conclude(decision *s, const nd_points *p, const nd_gordan *g)
{
    nd_status status = ND_OK;
    bool done = false;

    if (g->end == ND_GORDAN_TIME) {
        unknown(s, "the time limit struck");
        return ND_OK;
    }
    if (g->end == ND_GORDAN_CIRCUIT) {
        ND_TRY(try_circuit(s, g, &done));
    } else {
        for (size_t k = 0; k < p->d; k++) s->u[k] = -g->rho[k] * p->scale[k];
        ND_TRY(try_separator(s, s->u, false, 0.0, &done));
    }
    if (done) return ND_OK;
    if (!nd_exact_available())
        unknown(s, "exact arithmetic is needed, and this build has none");
    else
        status = pivot(s, p, g);
done:
    return status;
}

static nd_status by_points(decision *s)
{
    nd_points p = {0};
    nd_gordan g = {0};
    nd_status status;

    ND_TRY(nd_points_make(s->ctx, s->t, s->out->bias, &p));
    ND_TRY(nd_gordan_run(s->ctx, &p, s->until, &g));
    status = conclude(s, &p, &g);
done:
    nd_gordan_clear(s->ctx, &g);
    nd_points_clear(s->ctx, &p);
    return status;
}

static nd_status decide(decision *s);

/* The answer for the working rows alone.  A circuit among them is one of the table (*done);
 * a separator is kept in s->u, *v and tried on the whole table. */
static nd_status decide_part(decision *s, const working *w, double *v, bool *done)
{
    const nd_table *t = s->t;
    nd_separation *out = s->out;
    nd_table *part = NULL;
    nd_status status = nd_table_subset(s->ctx, t, w->n, w->row, &part);

    *done = true;
    if (status != ND_OK) return status;
    s->t = part;
    status = decide(s);
    s->t = t;
    nd_table_destroy(s->ctx, part);
    if (status != ND_OK || out->truth == ND_UNKNOWN) return status;
    if (out->truth == ND_REFUTED) {
        for (size_t k = 0; k < out->m; k++) out->index[k] = w->row[out->index[k]];
        return ND_OK;
    }
    memcpy(s->u, out->u, sizeof *s->u * t->d);
    *v = out->v;
    nd_free(s->ctx, out->u);
    out->u = NULL;
    out->margin = out->v = 0.0;
    unknown(s, "the table is too large");
    return try_separator(s, s->u, false, 0.0, done);
}

/* A large table: a classifier by descent; if it does not separate, the rows next to the
 * plane alone, which may already be inseparable (those on the wrong side of it would be
 * separable: by -u), and more rows while the separator of those fails on others. */
static nd_status by_descent(decision *s)
{
    const nd_table *t = s->t;
    size_t D = t->d + (s->out->bias ? 1 : 0), most = (size_t)(POINTS_MAX / 2.0 / (double)(D + 1));
    working w = {.row = ND_NEW(s->ctx, size_t, t->n), .in = ND_NEW0(s->ctx, bool, t->n)};
    nd_status status = ND_EMEM;
    double v = 0.0;
    bool done = false;

    if (!w.row || !w.in) goto done;
    ND_TRY(nd_linear_hinge(s->ctx, t, s->out->bias, s->until, s->u, &v));
    ND_TRY(try_separator(s, s->u, false, 0.0, &done));
    if (done) goto done;
    unknown(s, "the table is too large");
    if (most < 5 * D) goto done;
    work_on_lowest(s, &w, v, true, 4 * D);
    while (!done && w.n <= most && nd_seconds() < s->until) {
        ND_TRY(decide_part(s, &w, &v, &done));
        if (!done && work_on_lowest(s, &w, v, false, D) == 0) break;
    }
done:
    nd_free(s->ctx, w.row);
    nd_free(s->ctx, w.in);
    return status;
}

static nd_status decide(decision *s)
{
    double D = (double)s->t->d + 2.0, n = (double)s->t->n;
    bool done;
    nd_status status = plain_cases(s, &done);

    if (status != ND_OK || done) return status;
    return n * D > POINTS_MAX || D * fmin(D, n) > POINTS_MAX ? by_descent(s) : by_points(s);
}

/* ---- entry ------------------------------------------------------------------------------------ */

/* The circuit in the order of the samples. */
static void sort_circuit(nd_separation *s)
{
    for (size_t k = 1; k < s->m; k++)
        for (size_t j = k; j > 0 && s->index[j - 1] > s->index[j]; j--) {
            size_t i = s->index[j];
            double c = s->c[j];

            s->index[j] = s->index[j - 1];
            s->index[j - 1] = i;
            s->c[j] = s->c[j - 1];
            s->c[j - 1] = c;
            if (s->exact) {
                char *text = s->exact[j];
                s->exact[j] = s->exact[j - 1];
                s->exact[j - 1] = text;
            }
        }
}

nd_status nd_separable(nd_ctx *ctx, const nd_table *t, bool bias, double limit, nd_separation **out)
{
    double start = nd_seconds();
    decision s = {.ctx = ctx, .t = t};
    nd_status status = nd_check_labelled(ctx, t, limit);

    if (status != ND_OK) return status;
    s.until = start + fmin(limit, CAP);
    s.out = ND_NEW0(ctx, nd_separation, 1);
    s.p = ND_NEW(ctx, nd_projection, t->n);
    s.u = ND_NEW(ctx, double, t->d + 1);
    status = s.out && s.p && s.u ? ND_OK : ND_EMEM;
    if (status == ND_OK) {
        s.out->bias = bias;
        s.out->n = t->n;
        s.out->d = t->d;
        status = decide(&s);
    }
    nd_free(ctx, s.p);
    nd_free(ctx, s.u);
    if (status != ND_OK) {
        nd_separation_destroy(ctx, s.out);
        return status;
    }
    if (s.out->truth != ND_UNKNOWN) s.out->reason = NULL;
    sort_circuit(s.out);
    s.out->seconds = nd_seconds() - start;
    *out = s.out;
    return ND_OK;
}

void nd_separation_destroy(nd_ctx *ctx, nd_separation *s)
{
    if (!s) return;
    nd_texts_free(ctx, s->exact, s->m);
    nd_free(ctx, s->u);
    nd_free(ctx, s->index);
    nd_free(ctx, s->c);
    nd_free(ctx, s);
}
