/* The trials of a hunt, by all threads.  A trial is a function of (settings, its number); they are
 * handed out in order, and the first that succeeds counts, whichever thread is faster: then
 * it is done once more, in the caller's memory. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/crew.h"
#include "gallery/hunt.h"
#include "theory/exact.h"

enum { BATCH = 4 }; /* trials for each thread between two looks */

/* ---- one trial ------------------------------------------------------------------------------- */

typedef struct {
    nd_ctx *ctx;
    const nd_hunt_settings *s;
    const nd_hunt_rule *rule;
    nd_hunt_result *r; /* its counters */
} hunt;

static void count(nd_hunt_result *r, nd_verdict_kind kind)
{
    size_t *const counter[] = {
        [ND_UNDECIDED] = &r->undecided, [ND_GLOBAL_MINIMUM] = &r->global,
        [ND_LOCAL_MINIMUM] = &r->local, [ND_SADDLE] = &r->saddles,
        [ND_VALLEY] = &r->valleys,
    };

    ++*counter[kind];
}

/* What trial k tries: the lists of the rule, gone through like the digits of a clock. */
typedef struct {
    char net[32], data[32], point[32];
    nd_loss loss;
} attempt;

static uint64_t words(const char *list)
{
    uint64_t n = 1;

    for (; *list; list++) n += *list == ' ';
    return n;
}

static nd_status choose(const hunt *h, uint64_t k, attempt *a)
{
    char loss[32];

    nd_hunt_word(h->rule->points, k, a->point);
    k /= words(h->rule->points);
    nd_hunt_word(h->rule->data, k, a->data);
    k /= words(h->rule->data);
    if (h->s->net)
        snprintf(a->net, sizeof a->net, "%s", h->s->net);
    else
        nd_hunt_word(h->rule->nets, k, a->net);
    nd_hunt_word(h->s->loss ? h->s->loss : h->rule->losses, k, loss);
    return nd_loss_parse(h->ctx, loss, &a->loss);
}

static const char *const ways[] = {"training", "output", "constant", "dead",
                                   "affine",   "copies", "design",   "dual"};

/* Data, conditions, point: in this order, the cheap refusals first. */
static nd_status place(hunt *h, const attempt *a, uint64_t k, nd_prey *p, bool *ok)
{
    nd_verdict_kind kind;
    nd_status status;

    *ok = false;
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
        if (strcmp(a->point, ways[w]) == 0) p->point = ways[w];
    p->seed = (uint64_t)h->s->seed;
    p->trial = k;
    if (strcmp(a->point, "design") == 0) return nd_hunt_design(h->ctx, p, a->net, a->loss, ok);
    if (strcmp(a->point, "dual") == 0) return nd_hunt_dual(h->ctx, p, a->net, a->loss, ok);
    ND_TRY(nd_hunt_data(h->ctx, strcmp(a->data, "none") == 0 ? "separable" : a->data, p->seed, k,
                        (size_t)h->s->n, (size_t)h->s->d, &p->data));
    if (!p->data) goto done;
    ND_TRY(nd_prey_build(h->ctx, p, a->net, a->loss, h->rule->l2));
    ND_TRY(nd_hunt_kept(h->ctx, h->rule, &p->problem, ok));
    if (!*ok) goto done;
    ND_TRY(nd_hunt_point(h->ctx, p, false, &kind, ok));
    if (*ok) count(h->r, kind);
done:
    return status;
}

static nd_status try_one(hunt *h, uint64_t k, nd_prey *p, bool *found)
{
    attempt a;
    bool ok = false;
    nd_status status;

    *found = false;
    ND_TRY(choose(h, k, &a));
    ND_TRY(place(h, &a, k, p, &ok));
    h->r->unfit += !ok;
    if (ok) ND_TRY(nd_hunt_prove(h->ctx, p, found));
    if (*found) ND_TRY(nd_hunt_kept(h->ctx, h->rule, &p->problem, found));
done:
    return status;
}

/* ---- batches ----------------------------------------------------------------------------------- */

typedef struct {
    bool done, found;
    nd_hunt_result count;
} outcome;

typedef struct {
    nd_crew crew;
    const nd_hunt_settings *s;
    const nd_hunt_rule *rule;
    uint64_t first;      /* number of the first trial of the batch */
    outcome *outcome;    /* of the batch                           */
    _Atomic size_t best; /* first success in it                    */
} chase;

static void tell(const chase *c, size_t i)
{
    const nd_event event = {
        .stage = "hunt, trials", .step = (size_t)c->first + i, .value = NAN, .grad = NAN};

    nd_progress(c->crew.ctx, &event);
}

static nd_status body(void *arg, size_t i, int thread)
{
    chase *c = arg;
    nd_hand *h = &c->crew.hand[thread];
    outcome *o = &c->outcome[i];
    hunt one = {h->ctx, c->s, c->rule, &o->count};
    nd_prey p = {.data = NULL};

    if (i > c->best) return ND_OK;
    if (nd_crew_over(h)) return ND_ECANCEL;
    h->status = try_one(&one, c->first + i, &p, &o->found);
    nd_prey_clear(h->ctx, &p);
    if (!h->main) nd_exact_thread_end();
    if (h->status != ND_OK) return h->status;
    o->done = true;
    for (size_t best = c->best; o->found && i < best;)
        if (atomic_compare_exchange_weak(&c->best, &best, i)) break;
    if (h->main) tell(c, i);
    return ND_OK;
}

/* Adds what happened up to the first success. */
static void add_up(const chase *c, size_t count, nd_hunt_result *r)
{
    for (size_t i = 0; i < count && i <= c->best; i++) {
        const nd_hunt_result *k = &c->outcome[i].count;

        r->trials += c->outcome[i].done;
        r->unfit += k->unfit;
        r->global += k->global;
        r->local += k->local;
        r->saddles += k->saddles;
        r->valleys += k->valleys;
        r->undecided += k->undecided;
    }
}

/* The deadline struck before some trial ahead of the first success was over: another one might
 * have been the first. */
static bool stopped_before(const chase *c)
{
    for (size_t i = 0; i < c->best; i++)
        if (!c->outcome[i].done) return true;
    return false;
}

static nd_status run_batch(chase *c, size_t count, nd_hunt_result *r)
{
    nd_status status;

    memset(c->outcome, 0, count * sizeof *c->outcome);
    c->best = SIZE_MAX;
    status = nd_crew_run(&c->crew, count, body, c);
    add_up(c, count, r);
    return status;
}

nd_status nd_hunt_trials(nd_ctx *ctx, const nd_hunt_settings *s, const nd_hunt_rule *rule,
                         double deadline, nd_hunt_result *r, nd_prey *p, bool *found)
{
    chase c = {.s = s, .rule = rule, .best = SIZE_MAX};
    nd_hunt_result again = {.found = false};
    hunt here = {ctx, s, rule, &again};
    size_t count;
    nd_status status;

    *found = false;
    ND_TRY(nd_crew_hire(ctx, deadline, &c.crew));
    c.outcome = ND_NEW(ctx, outcome, BATCH * c.crew.hands);
    if (!c.outcome) ND_TRY(ND_EMEM);
    for (; c.first < (uint64_t)s->trials && c.best == SIZE_MAX && !c.crew.halt; c.first += count) {
        count = BATCH * c.crew.hands;
        if ((uint64_t)s->trials - c.first < count) count = (size_t)((uint64_t)s->trials - c.first);
        ND_TRY(run_batch(&c, count, r));
        if (c.best != SIZE_MAX && !stopped_before(&c))
            ND_TRY(try_one(&here, c.first + c.best, p, found));
    }
    if (!*found && c.crew.halt == ND_STOP_CANCEL) status = nd_fail(ctx, ND_ECANCEL, "cancelled");
done:
    nd_crew_dismiss(&c.crew);
    nd_free(ctx, c.outcome);
    return status;
}
