/* The conclusion in words: one headline, one consequence. */
#include "theory/theorems.h"

#include "base/memory.h"

#include <stdio.h>

static void say_applies(nd_theory *r, size_t samples)
{
    const nd_theorem_kind *k = r->theorem[r->applies].kind;
    const char *value = r->condition[k->measure].value;

    snprintf(r->headline, sizeof r->headline, "%s holds: %s, %s (proved)", k->title, k->because,
             value);
    snprintf(r->consequence, sizeof r->consequence,
             "every local minimum classifies all %zu samples correctly", samples);
}

/* "Theorem 1 needs 'linearly separable' (...)" */
static void say_missing(const nd_theory *r, const nd_theorem *t, char out[256])
{
    const nd_condition *c = &r->condition[t->first];

    snprintf(out, 256, "%s needs '%s': %s", t->kind->title, c->kind->title,
             *c->value ? c->value : "not looked at");
}

/* Which theorem about some of the local minima is left? */
static const nd_theorem *conditional(const nd_theory *r)
{
    for (size_t k = THEOREM_2; k <= THEOREM_3_MINUS; k++)
        if (!r->theorem[k].kind->all && r->theorem[k].truth == ND_PROVED) return &r->theorem[k];
    return NULL;
}

static void say_none(nd_theory *r)
{
    const nd_theorem *t = &r->theorem[r->nearest], *rest = conditional(r);
    const nd_condition_kind *c = r->condition[t->first].kind;
    char missing[256];

    say_missing(r, t, missing);
    snprintf(r->headline, sizeof r->headline, "no theorem applies: %.230s", missing);
    int n =
        r->condition[ND_NEEDS_CONSISTENT].truth == ND_REFUTED
            ? snprintf(r->consequence, sizeof r->consequence, "%s",
                       r->condition[ND_NEEDS_CONSISTENT].value)
            : snprintf(r->consequence, sizeof r->consequence, "%s%s%s%s", c->without,
                       *c->example ? " (counterexample: " : "", c->example, *c->example ? ")" : "");
    if (rest && n > 0 && (size_t)n < sizeof r->consequence)
        snprintf(r->consequence + n, sizeof r->consequence - (size_t)n, "; %s covers %s",
                 rest->kind->title, rest->kind->covers);
}

static void say_unknown(nd_theory *r)
{
    const nd_theorem *t = NULL;
    char missing[256];

    for (size_t k = ND_THEOREMS; k-- > 0;)
        if (r->theorem[k].kind->all && r->theorem[k].truth == ND_UNKNOWN) t = &r->theorem[k];
    say_missing(r, t, missing);
    snprintf(r->headline, sizeof r->headline, "undecided: %.230s", missing);
    snprintf(r->consequence, sizeof r->consequence, "nothing is claimed");
}

void nd_theorems_say(nd_theory *r, size_t samples)
{
    if (r->truth == ND_PROVED)
        say_applies(r, samples);
    else if (r->truth == ND_REFUTED)
        say_none(r);
    else
        say_unknown(r);
}

nd_status nd_theory_line(nd_ctx *ctx, const nd_problem *pb, double limit, char headline[256],
                         char consequence[256])
{
    nd_theory *r;
    nd_status status = nd_theory_check(ctx, pb, limit, true, &r);

    if (status != ND_OK) return status;
    snprintf(headline, 256, "%s", r->headline);
    snprintf(consequence, 256, "%s", r->consequence);
    nd_theory_destroy(ctx, r);
    return ND_OK;
}
