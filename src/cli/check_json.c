/* The answer of nadir check for programs: every condition with its witness.
 *
 * Floats are hex strings, exact numbers decimal strings ("p" or "p/q"); samples are counted
 * from 0 (docs/witness-format.md). */
#include "cli/check.h"

#include <math.h>

#include "cert/file.h"
#include "cert/witness.h"

const char *check_word(nd_truth truth)
{
    return truth == ND_PROVED ? "holds" : truth == ND_REFUTED ? "fails" : "unknown";
}

static void append(cli *c, json_t *array, json_t *value)
{
    if (!value || json_array_append_new(array, value) != 0) c->no_memory = true;
}

static void put_hex(cli *c, json_t *j, const char *key, double x)
{
    cli_put(c, j, key, isfinite(x) ? nd_json_hex(x) : json_null());
}

static void put_hexes(cli *c, json_t *j, const char *key, const double *x, size_t n)
{
    cli_put(c, j, key, x ? nd_json_hex_array(x, n) : json_null());
}

/* A new object under key of j. */
static json_t *section(cli *c, json_t *j, const char *key)
{
    cli_put(c, j, key, json_object());
    return json_object_get(j, key);
}

/* ---- conditions and theorems ----------------------------------------------------------------- */

static json_t *condition_json(cli *c, const nd_condition *cond)
{
    json_t *j = json_object();
    const nd_condition_kind *k = cond->kind;

    cli_put_text(c, j, "name", k->name);
    cli_put_text(c, j, "title", k->title);
    cli_put_text(c, j, "formula", k->formula);
    cli_put_text(c, j, "truth", check_word(cond->truth));
    cli_put_text(c, j, "value", cond->value);
    cli_put_text(c, j, "without", k->without);
    cli_put_text(c, j, "example", *k->example ? k->example : NULL);
    return j;
}

static json_t *theorem_json(cli *c, const nd_theory *r, const nd_theorem *t)
{
    json_t *j = json_object(), *needs = json_array();

    for (const nd_condition_id *id = t->kind->needs; *id != ND_CONDITIONS; id++)
        append(c, needs, json_string(r->condition[*id].kind->name));
    cli_put_text(c, j, "name", t->kind->name);
    cli_put_text(c, j, "title", t->kind->title);
    cli_put_text(c, j, "covers", t->kind->covers);
    cli_put_bool(c, j, "all_minima", t->kind->all);
    cli_put(c, j, "needs", needs);
    cli_put_text(c, j, "truth", check_word(t->truth));
    cli_put_text(c, j, "here", r->point.given ? check_word(t->here) : NULL);
    cli_put_text(c, j, "first",
                 t->first < ND_CONDITIONS ? r->condition[t->first].kind->name : NULL);
    return j;
}

static void put_tables(cli *c, const nd_theory *r)
{
    json_t *conditions = json_array(), *theorems = json_array();

    for (size_t k = 0; k < ND_CONDITIONS; k++)
        append(c, conditions, condition_json(c, &r->condition[k]));
    for (size_t k = 0; k < ND_THEOREMS; k++)
        append(c, theorems, theorem_json(c, r, &r->theorem[k]));
    cli_put(c, c->json, "conditions", conditions);
    cli_put(c, c->json, "theorems", theorems);
}

static void put_conclusion(cli *c, const nd_problem *pb, const nd_theory *r)
{
    json_t *j = cli_section(c, "conclusion");
    bool fs = r->term < pb->net->terms;

    cli_put_text(c, j, "truth", check_word(r->truth));
    cli_put_text(c, j, "theorem",
                 r->applies < ND_THEOREMS ? r->theorem[r->applies].kind->name : NULL);
    cli_put_text(c, j, "headline", r->headline);
    cli_put_text(c, j, "consequence", r->consequence);
    cli_put(c, j, "term", fs ? json_integer((json_int_t)r->term) : json_null());
    cli_put(c, j, "neurons_needed",
            r->need[2] == SIZE_MAX ? json_null() : json_integer((json_int_t)r->need[2]));
    cli_put_real(c, j, "seconds", r->seconds);
}

/* ---- the point ------------------------------------------------------------------------------------ */

static void put_potential(cli *c, json_t *j, const nd_problem *pb, const nd_theory_point *p)
{
    if (!p->searched) return;
    json_t *g = section(c, j, "potential");
    put_hex(c, g, "G", p->G.G);
    cli_put_real(c, g, "noise", p->G.noise);
    cli_put_real(c, g, "decrease", p->G.score);
    put_hex(c, g, "a", p->G.a);
    put_hexes(c, g, "w", p->w, pb->net->d);
    put_hex(c, g, "b", p->b);
}

static void put_point(cli *c, const nd_problem *pb, const nd_theory *r)
{
    const nd_theory_point *p = &r->point;

    if (!p->given) return;
    json_t *j = cli_section(c, "point");
    cli_put_text(c, j, "model", c->args.at);
    cli_put_count(c, j, "errors", p->errors);
    cli_put_count(c, j, "active", p->active);
    cli_put_count(c, j, "undecided", p->undecided);
    cli_put_bool(c, j, "bounded", p->bounded);
    cli_put_count(c, j, "idle_neurons", p->idle);
    cli_put_count(c, j, "rising_neurons", p->rising);
    cli_put_count(c, j, "falling_neurons", p->falling);
    cli_put_text(c, j, "local_minimum", p->minimum == ND_REFUTED ? "no" : "unknown");
    cli_put_text(c, j, "evidence", p->minimum == ND_REFUTED ? "proved" : "numerical");
    cli_put_text(c, j, "theorem",
                 p->theorem < ND_THEOREMS ? r->theorem[p->theorem].kind->name : NULL);
    cli_put_real(c, j, "error_bound", p->error_bound);
    put_potential(c, j, pb, p);
    if (p->deep_term < pb->net->terms) {
        json_t *f = section(c, j, "features");
        cli_put_text(c, f, "separable", check_word(p->features));
        cli_put_real(c, f, "margin", p->features_margin);
    }
}

nd_status check_json(cli *c, const nd_problem *pb, const nd_theory *r)
{
    char sha[65];
    json_t *witnesses;
    nd_status status = nd_table_sha256(c->ctx, pb->data, sha);

    if (status != ND_OK) return status;
    cli_put_text(c, json_object_get(c->json, "data"), "sha256", sha);
    put_tables(c, r);
    if ((status = nd_witness_json(c->ctx, r, true, &witnesses)) != ND_OK) return status;
    cli_put(c, c->json, "witnesses", witnesses);
    put_point(c, pb, r);
    put_conclusion(c, pb, r);
    return ND_OK;
}

/* ---- the file ------------------------------------------------------------------------------------- */

/* Takes out what the clock made: the same command writes the same file. */
static void drop_seconds(json_t *j)
{
    const char *key;
    json_t *value;

    json_object_del(j, "seconds");
    json_object_foreach(j, key, value) drop_seconds(value);
}

nd_status check_file(cli *c, const nd_problem *pb, json_t **out)
{
    json_t *root = json_object();
    nd_status status;

    cli_put_text(c, root, "format", "nadir-theory");
    cli_put_count(c, root, "format_version", 1);
    status = nd_cert_put_data(c->ctx, root, "table", pb->data, c->args.output);
    json_t *said = json_deep_copy(c->json);
    if (!said || json_object_update_missing(root, said) != 0) c->no_memory = true;
    json_decref(said);
    drop_seconds(root);
    if (status == ND_OK && c->no_memory) status = nd_fail(c->ctx, ND_EMEM, "out of memory");
    if (status != ND_OK) json_decref(root);
    if (status == ND_OK) *out = root;
    return status;
}
