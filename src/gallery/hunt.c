/* The hunt for bad local minima when one condition is dropped: trials of data, network and
 * point, each a function of (seed, its number); what is found is proved, with all other conditions
 * proved to hold, and made small. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "gallery/hunt.h"

#define AT(member) offsetof(nd_hunt_settings, member)

const nd_setting nd_hunt_table[] = {
    {"drop", ND_TEXT, AT(drop), 0, 0, 0, NULL,
     "the condition to do without, by the name that 'nadir check --json' gives it"},
    {"net", ND_TEXT, AT(net), 0, 0, 0, NULL, "network; default: those that lack the condition"},
    {"loss", ND_TEXT, AT(loss), 0, 0, 0, NULL, "loss; default: those that lack the condition"},
    {"n", ND_LONG, AT(n), 0, 0, 64, NULL, "samples, at least 2; 0: small numbers of all sizes"},
    {"d", ND_LONG, AT(d), 0, 0, 8, NULL, "features; 0: small numbers of all sizes"},
    {"seed", ND_LONG, AT(seed), 1, 0, 9e15, NULL, "seed of everything random"},
    {"time", ND_REAL, AT(time), 60, 0, 1e9, NULL, "seconds"},
    {"trials", ND_LONG, AT(trials), 1e9, 1, 1e15, NULL, "give up after so many trials"},
    {"whole", ND_BOOL, AT(whole), 0, 0, 1, NULL, "leave what is found as large as it is"},
    {NULL, ND_BOOL, 0, 0, 0, 0, NULL, NULL},
};

void nd_hunt_init(nd_hunt_settings *s)
{
    nd_settings_init(nd_hunt_table, s);
}

/* ---- prey --------------------------------------------------------------------------------- */

void nd_prey_clear(nd_ctx *ctx, nd_prey *p)
{
    nd_free(ctx, p->theta);
    nd_net_destroy(ctx, p->net);
    nd_table_destroy(ctx, p->data);
    p->theta = NULL;
    p->net = NULL;
    p->data = NULL;
}

nd_status nd_prey_build(nd_ctx *ctx, nd_prey *p, const char *net, nd_loss loss, double l2)
{
    nd_status status;

    ND_TRY(nd_net_parse(ctx, net, p->data->d, &p->net));
    ND_TRY(nd_problem_make(ctx, p->net, p->data, loss, l2, &p->problem));
    p->theta = ND_NEW0(ctx, double, p->net->P);
    if (!p->theta) status = ND_EMEM;
done:
    return status;
}

nd_status nd_hunt_prove(nd_ctx *ctx, nd_prey *p, bool *bad)
{
    bool changed;
    nd_status status;

    *bad = false;
    for (size_t k = 0; k < p->net->P; k++)
        if (!isfinite(p->theta[k])) return ND_OK;
    ND_TRY(nd_cert_polish(ctx, &p->problem, p->theta));
    ND_TRY(nd_cert_snap(ctx, &p->problem, p->theta, &changed));
    ND_TRY(nd_certify_near(ctx, &p->problem, p->theta, &p->cert));
    *bad = p->cert.truth == ND_PROVED && p->cert.errors_lo > 0 &&
           (p->cert.says == ND_SAYS_STRICT || p->cert.says == ND_SAYS_LOCAL ||
            p->cert.says == ND_SAYS_GLOBAL);
done:
    return status;
}

/* ---- conditions ---------------------------------------------------------------------------- */

static const nd_theorem_kind *theorem_of(const nd_hunt_rule *rule)
{
    size_t rows;
    const nd_theorem_kind *t = nd_theorem_table(&rows);

    while (strcmp(t->name, rule->theorem) != 0) t++;
    return t;
}

/* Some conditions stand or fall together: convex fails where analytic does for piecewise linear
 * neurons, one subspace condition where the classes span everything. */
static bool forgiven(const nd_hunt_rule *rule, const nd_problem *pb, nd_condition_id id)
{
    bool kink = pb->net->term[0].depth > 0 && pb->net->term[0].layer[0].act->smooth < 1;
    bool data = rule->drop == ND_NEEDS_SUBSPACE_PLUS || rule->drop == ND_NEEDS_SUBSPACE_MINUS;

    if (id == ND_NEEDS_IDLE || id == ND_NEEDS_COUNT_PLUS || id == ND_NEEDS_COUNT_MINUS) return true;
    if (data &&
        (id == ND_NEEDS_SUBSPACE_PLUS || id == ND_NEEDS_SUBSPACE_MINUS || id == ND_NEEDS_NEURONS))
        return true; /* how many would do is not defined then */
    return kink &&
           (id == ND_NEEDS_ANALYTIC || id == ND_NEEDS_NEURON_C1 || id == ND_NEEDS_NEURON_C2);
}

/* Without f_S its own conditions speak of nothing. */
static bool about_shortcut(nd_condition_id id)
{
    return id >= ND_NEEDS_BIASES && id <= ND_NEEDS_NEURON_C2;
}

nd_status nd_hunt_kept(nd_ctx *ctx, const nd_hunt_rule *rule, const nd_problem *pb, bool *kept)
{
    nd_theory *t = NULL;
    nd_status status = nd_theory_check(ctx, pb, 5.0, false, &t);
    const nd_condition_id *id = theorem_of(rule)->needs;

    *kept = false;
    if (status != ND_OK) return status;
    *kept = t->condition[rule->drop].truth == ND_REFUTED;
    for (; *id != ND_CONDITIONS && *kept; id++)
        if (*id != rule->drop && !forgiven(rule, pb, *id) &&
            !(rule->drop == ND_NEEDS_SHORTCUT && about_shortcut(*id)))
            *kept = t->condition[*id].truth == ND_PROVED;
    nd_theory_destroy(ctx, t);
    return ND_OK;
}

/* ---- from the beginning to the end --------------------------------------------------------------- */

static nd_status begin(nd_ctx *ctx, const nd_hunt_settings *s, const nd_hunt_rule **rule)
{
    size_t rows;
    const nd_condition_kind *c = nd_condition_table(&rows);
    const char *names[ND_CONDITIONS], *near;
    size_t known = 0;

    if (!s->drop) return nd_fail(ctx, ND_EINPUT, "which condition is to be dropped?");
    if (s->n == 1)
        return nd_fail(ctx, ND_ERANGE, "n: expected 0 (any number) or at least 2, found 1");
    for (size_t k = 0; k < rows; k++) {
        *rule = nd_hunt_rule_of((nd_condition_id)k);
        if (*rule && strcmp(c[k].name, s->drop) == 0) return ND_OK;
        if (*rule) names[known++] = c[k].name;
        if (!*rule && strcmp(c[k].name, s->drop) == 0)
            return nd_fail(ctx, ND_ENAME, "no counterexample to '%s' can be hunted: %s", s->drop,
                           c[k].without);
    }
    near = nd_text_closest(s->drop, names, known);
    return nd_fail(ctx, ND_ENAME, "no condition '%.40s'%s%s%s", s->drop,
                   near ? "; did you mean '" : "; 'nadir hunt --help' lists them", near ? near : "",
                   near ? "'?" : "");
}

static void take(nd_hunt_result *r, nd_prey *p)
{
    r->found = true;
    r->data = p->data;
    r->net = p->net;
    r->problem = p->problem;
    r->theta = p->theta;
    r->cert = p->cert;
    r->point = p->point;
    r->trial = p->trial;
}

/* What was found, made small; when that is stopped, as far as it got. */
static nd_status finish(nd_ctx *ctx, const nd_hunt_settings *s, const nd_hunt_rule *rule,
                        nd_prey *p, double deadline, nd_hunt_result *r)
{
    nd_status status = ND_OK;

    r->first_n = p->data->n;
    r->first_units = p->net->units;
    if (!s->whole) status = nd_hunt_shrink(ctx, rule, p, deadline);
    if (status == ND_ECANCEL) status = ND_OK;
    if (status == ND_OK) {
        take(r, p);
        *p = (nd_prey){.data = NULL};
    }
    return status;
}

nd_status nd_hunt(nd_ctx *ctx, const nd_hunt_settings *s, nd_hunt_result **out)
{
    double start = nd_seconds();
    nd_prey p = {.data = NULL};
    const nd_hunt_rule *rule = NULL;
    nd_hunt_result *r;
    nd_status status = nd_settings_check(ctx, nd_hunt_table, s);
    bool found = false;

    if (status == ND_OK) status = begin(ctx, s, &rule);
    if (status != ND_OK) return status;
    r = ND_NEW0(ctx, nd_hunt_result, 1);
    if (!r) return ND_EMEM;
    r->theorem = theorem_of(rule);
    r->drop = rule->drop;
    ND_TRY(nd_hunt_trials(ctx, s, rule, start + s->time, r, &p, &found));
    if (found) ND_TRY(finish(ctx, s, rule, &p, start + s->time, r));
    r->seconds = nd_seconds() - start;
    *out = r;
    r = NULL;
done:
    nd_prey_clear(ctx, &p);
    nd_hunt_result_destroy(ctx, r);
    return status;
}

void nd_hunt_result_destroy(nd_ctx *ctx, nd_hunt_result *r)
{
    if (!r) return;
    nd_free(ctx, r->theta);
    nd_net_destroy(ctx, r->net);
    nd_table_destroy(ctx, r->data);
    nd_free(ctx, r);
}
