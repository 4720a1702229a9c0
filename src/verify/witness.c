/* A witness file (docs/witness-format.md): what it claims, and what is found.
 *
 * Every condition is found anew, from the table, the net and the loss in the file and the
 * witnesses in it, each of which is tested; then the claims of the file are compared with
 * that.  A witness that is wrong makes the file false, and proves nothing. */
#include "base/file.h"
#include "base/memory.h"
#include "verify/witness_check.h"
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- claims ------------------------------------------------------------------------ */

__attribute__((format(printf, 5, 6))) static void
claim(nv_check *k, const char *what, const char *said, nd_truth verdict, const char *why, ...)
{
    nv_report *r = k->out;
    nv_claim *c = &r->claim[r->claims];
    va_list args;

    if (r->claims == (slong)(sizeof r->claim / sizeof *r->claim)) return;
    r->claims++;
    snprintf(c->what, sizeof c->what, "%s", what);
    snprintf(c->said, sizeof c->said, "%s", said);
    va_start(args, why);
    vsnprintf(c->why, sizeof c->why, why, args);
    va_end(args);
    c->verdict = verdict;
    if (verdict == ND_PROVED || r->truth == ND_REFUTED) return;
    if (verdict == ND_UNKNOWN && r->truth == ND_UNKNOWN) return;
    r->truth = verdict;
    snprintf(r->sentence, sizeof r->sentence, "%s %s", what,
             verdict == ND_REFUTED ? "is false" : "could not be proved");
}

/* A count of the file against the exact one. */
static void claim_count(nv_check *k, const char *what, long said, slong found)
{
    char text[16];

    snprintf(text, sizeof text, "%ld", said);
    claim(k, what, text, said == found ? ND_PROVED : ND_REFUTED, "%ld", (long)found);
}

/* The file says of what: said; here it was found: found. */
static void claim_truth(nv_check *k, const char *what, nd_truth said, nd_truth found)
{
    nd_truth verdict = said == found ? ND_PROVED : found ? ND_REFUTED : ND_UNKNOWN;

    if (said != ND_UNKNOWN) claim(k, what, nv_word(said), verdict, "%s", nv_word(found));
}

/* ---- duplicates --------------------------------------------------------------------------- */

static nd_status check_duplicates(nv_check *k)
{
    json_t *j = json_object_get(k->witnesses, "duplicates");
    long distinct, contradictory, errors;
    nd_status status = nv_count(k->ctx, &k->points, &k->counts);

    if (status != ND_OK) return status;
    k->found[nv_condition("consistent")] = k->counts.contradictory ? ND_REFUTED : ND_PROVED;
    if (!j) return ND_OK;
    ND_TRY(nv_count_at(k, j, "distinct", &distinct));
    ND_TRY(nv_count_at(k, j, "contradictory", &contradictory));
    ND_TRY(nv_count_at(k, j, "min_errors", &errors));
    claim_count(k, "distinct samples", distinct, k->counts.distinct);
    claim_count(k, "points with both labels", contradictory, k->counts.contradictory);
    claim_count(k, "errors that none can avoid", errors, k->counts.min_errors);
done:
    return status;
}

/* ---- separability -------------------------------------------------------------------------- */

static nd_status check_vector(nv_check *k, json_t *j, const nv_points *p, nd_truth *found)
{
    double margin, *w = ND_NEW(k->ctx, double, (size_t)p->d + 1);
    slong at = 0;
    nd_truth verdict;
    nd_status status = w ? ND_OK : ND_EMEM;

    if (status == ND_OK) status = nd_json_numbers_at(k->ctx, k->file, j, "u", (size_t)p->d, w);
    if (status == ND_OK) status = nv_number_at(k, j, "v", &w[p->d]);
    if (status == ND_OK) status = nv_number_at(k, j, "margin", &margin);
    if (status == ND_OK && (!(margin > 0) || (p->D == p->d && w[p->d] != 0)))
        status = nv_bad(k, "expected margin > 0, and v = 0 without biases");
    if (status == ND_OK) {
        verdict = nv_separates(p, w, margin, &at);
        *found = verdict == ND_PROVED ? ND_PROVED : ND_UNKNOWN;
        claim(k, "separating vector and margin", "holds", verdict, "closest: sample %ld", (long)at);
    }
    nd_free(k->ctx, w);
    return status;
}

static nd_status check_combination(nv_check *k, json_t *j, const nv_points *p, nd_truth *found)
{
    slong *index = NULL, m = 0;
    fmpz *c = NULL;
    nd_truth verdict;
    nd_status status = nv_samples_at(k, j, "index", &index, &m);

    if (status == ND_OK && m == 0) status = nv_bad(k, "an empty combination");
    if (status == ND_OK) status = nv_integers_at(k, j, "exact", m, &c);
    if (status == ND_OK) {
        bool positive = c && nv_vanishes(p, index, m, c);
        for (slong i = 0; positive && i < m; i++) positive = fmpz_sgn(c + i) > 0;
        verdict = !c ? nv_circuit(p, index, m) : positive ? ND_PROVED : ND_REFUTED;
        *found = verdict == ND_PROVED ? ND_REFUTED : ND_UNKNOWN;
        claim(k, "vanishing combination", "holds", verdict, "of %ld samples", (long)m);
    }
    if (c) _fmpz_vec_clear(c, m);
    nd_free(k->ctx, index);
    return status;
}

/* A vector without v separates with it; what vanishes with the ones does without. */
static nd_status check_separable(nv_check *k)
{
    json_t *j = json_object_get(k->witnesses, "separable");
    nd_truth said, found = ND_UNKNOWN;
    nv_points p = k->points;
    bool bias;
    nd_status status;

    if (!j) return ND_OK;
    ND_TRY(nv_truth_at(k, j, "truth", &said));
    ND_TRY(nv_bool_at(k, j, "bias", &bias));
    p.D = p.d + bias;
    if (said == ND_PROVED) ND_TRY(check_vector(k, j, &p, &found));
    if (said == ND_REFUTED) ND_TRY(check_combination(k, j, &p, &found));
    if (p.D == k->points.D || (found == ND_PROVED && !bias) || (found == ND_REFUTED && bias))
        k->found[nv_condition("separable")] = found;
done:
    return status;
}

/* ---- spans ------------------------------------------------------------------------------------ */

/* What the file says of class s (0: +, 1: -) and how it is called. */
typedef struct {
    int s;
    double y;
    json_t *j;
    const char *name;
} class;

static void claim_of(nv_check *k, const class *c, const char *what, const char *said, nd_truth t)
{
    char text[64];

    snprintf(text, sizeof text, "%s: %s", c->name, what);
    claim(k, text, said, t, "%s", nv_word(t));
}

static nd_status check_basis(nv_check *k, const class *c)
{
    long samples, distinct, rank;
    slong r;
    bool ranked, own = true;
    nd_truth spans = ND_UNKNOWN, independent;
    nd_status status;

    ND_TRY(nv_count_at(k, c->j, "samples", &samples));
    ND_TRY(nv_count_at(k, c->j, "distinct", &distinct));
    ND_TRY(nv_count_at(k, c->j, "rank", &rank));
    ND_TRY(nv_bool_at(k, c->j, "ranked", &ranked));
    ND_TRY(nv_samples_at(k, c->j, "basis", &k->basis[c->s], &r));
    if (r != rank) return nv_bad(k, "expected as many samples in 'basis' as 'rank' says");
    k->span[c->s].r = r;
    for (slong i = 0; i < r; i++) own = own && k->problem.y[k->basis[c->s][i]] == c->y;
    if (!own) return nv_bad(k, "a sample of the other class in 'basis'");
    claim_count(k, c->s ? "class -: samples" : "class +: samples", samples,
                k->counts.samples[c->s]);
    claim_count(k, c->s ? "class -: distinct" : "class +: distinct", distinct,
                k->counts.of_class[c->s]);
    independent = nv_independent(&k->points, k->basis[c->s], r);
    claim_of(k, c, "independent samples", "holds", independent);
    if (independent == ND_PROVED)
        spans = nv_span_find(&k->points, c->y, k->basis[c->s], r, &k->span[c->s]);
    if (ranked) claim_of(k, c, "they span the class", "holds", spans);
done:
    return status;
}

/* No sample of the other class in the span?  By the span alone. */
static nd_truth outside_by_span(const nv_check *k, const class *c)
{
    if (k->counts.samples[!c->s] == 0) return ND_PROVED;
    if (!k->span[c->s].known) return ND_UNKNOWN;
    for (slong i = 0; i < k->problem.n; i++)
        if (k->problem.y[i] != c->y && nv_inside(&k->points, &k->span[c->s], i)) return ND_REFUTED;
    return ND_PROVED;
}

static nd_status check_normal(nv_check *k, const class *c, nd_truth *found)
{
    fmpz *w;
    slong D = k->points.D;
    nd_status status = nv_integers_at(k, c->j, "normal", D, &w);
    bool right;

    if (status != ND_OK || !w) return status;
    right = nv_normal(&k->points, c->y, w);
    claim_of(k, c, "normal", "holds", right ? ND_PROVED : ND_REFUTED);
    if (right) *found = ND_PROVED;
    _fmpz_vec_clear(w, D);
    return ND_OK;
}

static nd_status check_inside(nv_check *k, const class *c, nd_truth *found)
{
    const nv_span *s = &k->span[c->s];
    fmpq *coef = NULL;
    long inside;
    nd_truth right;
    nd_status status =
        nd_json_long_at(k->ctx, k->file, c->j, "inside", 0, k->problem.n - 1, &inside);

    if (status == ND_OK && k->problem.y[inside] == c->y)
        status = nv_bad(k, "'inside' must be a sample of the other class");
    if (status == ND_OK) status = nv_rationals_at(k, c->j, "coef", s->r, &coef);
    if (status == ND_OK) {
        bool in = coef ? nv_combines(&k->points, inside, k->basis[c->s], s->r, coef)
                       : s->known && nv_inside(&k->points, s, inside);
        right = in ? ND_PROVED : coef || s->known ? ND_REFUTED : ND_UNKNOWN;
        claim_of(k, c, "a sample of the other in its span", "holds", right);
        if (in) *found = ND_REFUTED;
    }
    if (coef) _fmpq_vec_clear(coef, s->r);
    return status;
}

static nd_status check_span(nv_check *k, const class *c)
{
    nd_truth said, found = ND_UNKNOWN;
    nd_status status;

    ND_TRY(check_basis(k, c));
    ND_TRY(nv_truth_at(k, c->j, "outside", &said));
    if (said == ND_PROVED) ND_TRY(check_normal(k, c, &found));
    if (said == ND_REFUTED) ND_TRY(check_inside(k, c, &found));
    if (found == ND_UNKNOWN) found = outside_by_span(k, c);
    k->found[nv_condition(c->s ? "subspace-plus" : "subspace-minus")] = found;
done:
    return status;
}

/* rank of the P x~_i of class s, P off the span of the other. */
static slong projected(const nv_check *k, int s)
{
    return k->together < 0 ? -1 : k->together - k->span[!s].r;
}

static nd_status check_projected(nv_check *k, const class *c)
{
    slong r = projected(k, c->s);
    long said;
    bool known;
    nd_truth independent;
    nd_status status;

    ND_TRY(nv_count_at(k, c->j, "projected", &said));
    ND_TRY(nv_bool_at(k, c->j, "projected_known", &known));
    ND_TRY(nv_truth_at(k, c->j, "independent", &independent));
    if (known)
        claim_of(k, c, "rank off the other's span", "holds",
                 r < 0       ? ND_UNKNOWN
                 : r == said ? ND_PROVED
                             : ND_REFUTED);
    claim_truth(k,
                c->s ? "class -: independent off the other's span"
                     : "class +: independent off the other's span",
                independent,
                r < 0                           ? ND_UNKNOWN
                : r == k->counts.of_class[c->s] ? ND_PROVED
                                                : ND_REFUTED);
done:
    return status;
}

static nd_status check_subspaces(nv_check *k)
{
    class c[2] = {{0, 1.0, NULL, "class +"}, {1, -1.0, NULL, "class -"}};
    json_t *j = json_object_get(k->witnesses, "subspaces");
    long D, rank;
    bool bias, ranked;
    nd_status status;

    if (!j) return ND_OK;
    ND_TRY(nv_bool_at(k, j, "bias", &bias));
    if (bias != (k->points.D > k->points.d)) {
        claim(k, "spans", "holds", ND_UNKNOWN, "of other vectors than those of f_S");
        return ND_OK;
    }
    ND_TRY(nv_count_at(k, j, "dimension", &D));
    ND_TRY(nv_count_at(k, j, "rank", &rank));
    ND_TRY(nv_bool_at(k, j, "ranked", &ranked));
    claim_count(k, "dimension", D, k->points.D);
    for (int s = 0; s < 2; s++) {
        ND_TRY(nd_json_get(k->ctx, k->file, j, s ? "minus" : "plus", JSON_OBJECT, &c[s].j));
        ND_TRY(check_span(k, &c[s]));
    }
    if (k->span[0].known && k->span[1].known)
        k->together = nv_rank_together(&k->points, k->basis, k->span);
    if (ranked)
        claim(k, "rank of all samples", "holds",
              k->together < 0       ? ND_UNKNOWN
              : k->together == rank ? ND_PROVED
                                    : ND_REFUTED,
              "%ld", (long)k->together);
    for (int s = 0; s < 2; s++) ND_TRY(check_projected(k, &c[s]));
done:
    return status;
}

/* ---- how many neurons ---------------------------------------------------------------------------- */

/* K of class s (docs/theory.md, section 5): with a rank that is not known 1 is safe. */
slong nv_witness_needed(const nv_check *k, int s)
{
    slong N = k->counts.of_class[s], r = projected(k, s);

    if (N <= 1) return N;
    if (r == N) return 1;
    if (k->found[nv_condition("loss-c2")] != ND_PROVED) return N;
    return r > 1 ? N - r + 1 : N;
}

static void find_neurons(nv_check *k)
{
    slong K = nv_witness_needed(k, 0) + nv_witness_needed(k, 1);

    k->need = K > 1 ? K - 1 : 1;
    k->exact = k->together >= 0 || k->need == 1;
    k->found[nv_condition("neurons")] = k->M >= k->need           ? ND_PROVED
                                        : k->exact || k->term < 0 ? ND_REFUTED
                                                                  : ND_UNKNOWN;
}

/* ---- what the file concludes ------------------------------------------------------------------------ */

static nd_status check_conditions(nv_check *k)
{
    json_t *list, *j;
    size_t i;
    nd_truth said;
    const char *name;
    nd_status status;

    ND_TRY(nd_json_get(k->ctx, k->file, k->root, "conditions", JSON_ARRAY, &list));
    json_array_foreach(list, i, j)
    {
        ND_TRY(nd_json_text_at(k->ctx, k->file, j, "name", &name));
        ND_TRY(nv_truth_at(k, j, "truth", &said));
        if (nv_condition(name) < 0) return nv_bad(k, "a condition that is not known");
        claim_truth(k, nv_condition_name(nv_condition(name)), said, k->found[nv_condition(name)]);
    }
done:
    return status;
}

static nd_status check_theorems(nv_check *k)
{
    json_t *list, *j;
    size_t i;
    nd_truth said;
    const char *name;
    char what[64];
    nd_status status;

    ND_TRY(nd_json_get(k->ctx, k->file, k->root, "theorems", JSON_ARRAY, &list));
    json_array_foreach(list, i, j)
    {
        ND_TRY(nd_json_text_at(k->ctx, k->file, j, "name", &name));
        ND_TRY(nv_truth_at(k, j, "truth", &said));
        if (!nv_theorem_find(name)) return nv_bad(k, "a theorem that is not known");
        snprintf(what, sizeof what, "theorem %s", nv_theorem_find(name)->name);
        claim_truth(k, what, said, nv_theorem_truth(nv_theorem_find(name), k->found));
    }
done:
    return status;
}

/* Does a theorem cover every local minimum?  "None does" only when f_S had no rival. */
static nd_truth covered(const nv_check *k)
{
    nd_truth t, all = ND_REFUTED;
    int shallow = 0;

    for (const nv_theorem *th = nv_theorems; th->name; th++) {
        if (!th->all) continue;
        t = nv_theorem_truth(th, k->found);
        if (t == ND_PROVED) return ND_PROVED;
        if (t == ND_UNKNOWN) all = ND_UNKNOWN;
    }
    for (slong i = 0; i < k->problem.net.terms; i++) shallow += nv_shallow(&k->problem.net.term[i]);
    return shallow > 1 ? ND_UNKNOWN : all;
}

static nd_status check_conclusion(nv_check *k, json_t *j)
{
    json_t *need = json_object_get(j, "neurons_needed");
    const nv_theorem *t = NULL;
    nd_truth said;
    const char *name = "none";
    nd_status status = nv_truth_at(k, j, "truth", &said);

    if (status == ND_OK && said == ND_PROVED) {
        status = nd_json_text_at(k->ctx, k->file, j, "theorem", &name);
        if (status == ND_OK && !((t = nv_theorem_find(name)) && t->all))
            status = nv_bad(k, "'theorem' is none that covers every local minimum");
    }
    if (status != ND_OK) return status;
    if (json_is_integer(need))
        claim(k, "neurons that are enough", "holds",
              json_integer_value(need) >= k->need ? ND_PROVED
              : k->exact                          ? ND_REFUTED
                                                  : ND_UNKNOWN,
              "%ld", (long)k->need);
    claim(k, "conclusion", nv_word(said),
          said == ND_UNKNOWN         ? ND_UNKNOWN
          : t                        ? nv_theorem_truth(t, k->found)
          : covered(k) == ND_REFUTED ? ND_PROVED
          : covered(k) == ND_PROVED  ? ND_REFUTED
                                     : ND_UNKNOWN,
          "theorem %s", name);
    if (k->out->truth == ND_PROVED && t)
        snprintf(k->out->sentence, sizeof k->out->sentence,
                 "theorem %s holds: every local minimum classifies all %ld samples correctly",
                 t->name, (long)k->problem.n);
    return ND_OK;
}

/* ---- the file ------------------------------------------------------------------------------------- */

static nd_status open_file(nd_ctx *ctx, const char *file, json_t **root)
{
    char *text = NULL;
    size_t size;
    nd_status status = nd_file_read(ctx, file, (size_t)1 << 31, &text, &size);

    if (status == ND_OK) status = nd_json_parse(ctx, file, text, size, root);
    nd_free(ctx, text);
    return status;
}

nd_status nv_is_witness(nd_ctx *ctx, const char *file, bool *is)
{
    json_t *root = NULL;
    const char *format;
    nd_status status = open_file(ctx, file, &root);

    format = json_string_value(json_object_get(root, "format"));
    *is = format && !strcmp(format, "nadir-theory");
    json_decref(root);
    return status;
}

/* The net is parsed last: it needs d, and its size is that of no array here. */
static nd_status read_problem(nv_check *k)
{
    json_t *table, *data, *net, *loss, *sha;
    const char *wrong;
    long version, parameters;
    nv_cert *c = &k->problem;
    slong d;
    nd_status status;

    ND_TRY(nd_json_long_at(k->ctx, k->file, k->root, "format_version", 1, 1, &version));
    ND_TRY(nd_json_get(k->ctx, k->file, k->root, "table", JSON_OBJECT, &table));
    ND_TRY(nd_json_get(k->ctx, k->file, k->root, "data", JSON_OBJECT, &data));
    ND_TRY(nd_json_get(k->ctx, k->file, k->root, "net", JSON_OBJECT, &net));
    ND_TRY(nd_json_get(k->ctx, k->file, k->root, "loss", JSON_OBJECT, &loss));
    ND_TRY(nd_json_get(k->ctx, k->file, k->root, "witnesses", JSON_OBJECT, &k->witnesses));
    sha = json_object_get(data, "sha256");
    if (sha && json_object_set(table, "sha256", sha) != 0)
        return nd_fail(k->ctx, ND_EMEM, "out of memory");
    ND_TRY(nd_json_text_at(k->ctx, k->file, loss, "spec", &c->loss_spec));
    ND_TRY(nv_number_at(k, loss, "l2", &c->l2));
    ND_TRY(nd_json_text_at(k->ctx, k->file, net, "spec", &c->net_spec));
    ND_TRY(nd_json_long_at(k->ctx, k->file, net, "parameters", 1, INT_MAX, &parameters));
    ND_TRY(nv_data_read(k->ctx, k->file, table, c));
    d = c->net.d;
    if ((wrong = nv_loss_parse(c->loss_spec, &c->loss))) return nv_bad(k, wrong);
    if ((wrong = nv_net_parse(c->net_spec, d, parameters, &c->net))) return nv_bad(k, wrong);
done:
    return status;
}

/* f_S is what the conclusion says it is, or the first that could be. */
static nd_status take_term(nv_check *k, json_int_t term)
{
    const nv_net *net = &k->problem.net;
    bool bias = true;

    if (term >= net->terms) return nv_bad(k, "'term': the net has no such term");
    for (slong t = net->terms - 1; term < 0 && t >= 0; t--)
        if (nv_shallow(&net->term[t])) term = t;
    if (term >= 0 && !nv_shallow(&net->term[term])) return nv_bad(k, "'term' is no single layer");
    k->term = term;
    if (term >= 0) bias = net->term[term].layer[0].bias;
    if (term >= 0) k->M = net->term[term].out;
    k->points = (nv_points){k->problem.n, net->d, net->d + bias, k->problem.X, k->problem.y};
    return ND_OK;
}

/* The conditions, from the problem and the witnesses. */
static nd_status find_conditions(nv_check *k)
{
    nd_status status;

    nv_properties(&k->problem, k->term, k->found);
    ND_TRY(check_duplicates(k));
    ND_TRY(check_separable(k));
    ND_TRY(check_subspaces(k));
    find_neurons(k);
done:
    return status;
}

static nd_status run(nv_check *k)
{
    json_t *conclusion, *term;
    nd_status status;

    ND_TRY(open_file(k->ctx, k->file, &k->root));
    ND_TRY(read_problem(k));
    ND_TRY(nd_json_get(k->ctx, k->file, k->root, "conclusion", JSON_OBJECT, &conclusion));
    term = json_object_get(conclusion, "term");
    ND_TRY(take_term(k, json_is_integer(term) ? json_integer_value(term) : -1));
    snprintf(k->out->sentence, sizeof k->out->sentence,
             "no theorem covers every local minimum of this problem");
    ND_TRY(find_conditions(k));
    ND_TRY(check_conditions(k));
    ND_TRY(check_theorems(k));
    if (json_object_get(k->root, "point"))
        claim(k, "what is said of a point", "holds", ND_UNKNOWN, "the file does not hold it");
    ND_TRY(check_conclusion(k, conclusion));
done:
    return status;
}

void nv_witness_clear(nv_check *k)
{
    for (int s = 0; s < 2; s++) {
        nv_span_clear(&k->span[s]);
        nd_free(k->ctx, k->basis[s]);
    }
}

nd_status nv_witness_check(nd_ctx *ctx, const char *file, nv_report *out)
{
    nv_check k = {.ctx = ctx, .file = file, .together = -1, .out = out};
    nd_status status;

    memset(out, 0, sizeof *out);
    out->truth = ND_PROVED;
    status = run(&k);
    nv_witness_clear(&k);
    k.problem.json = k.root;
    nv_cert_clear(ctx, &k.problem);
    return status;
}

nd_status nv_witness_embedded(nd_ctx *ctx, const nv_cert *c, nv_check *k, nv_report *out)
{
    nd_status status;

    *k = (nv_check){.ctx = ctx,
                    .file = "witnesses",
                    .witnesses = c->witnesses,
                    .problem = *c,
                    .together = -1,
                    .out = out};
    memset(out, 0, sizeof *out);
    out->truth = ND_PROVED;
    status = take_term(k, c->term);
    return status == ND_OK ? find_conditions(k) : status;
}
