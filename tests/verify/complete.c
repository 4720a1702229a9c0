/* The kind complete: the certificates of tests/verify/complete (written by nadir complete) are
 * proved, and no false variant of them is. */
#include "verify_support.h"

static void check_proved(const char *path, const char *name)
{
    (void)name;
    if (nv_verdict(path) != ND_PROVED) fail_msg("%s is not proved", path);
}

static void true_ones(void **state)
{
    (void)state;
    nv_each("complete", 3, check_proved);
}

/* ---- one change each ------------------------------------------------------------------ */

static json_t *load(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%scomplete/%s.json", NV_TESTS, name);
    return nv_load(path);
}

static const char *tree_of(const json_t *j)
{
    return json_string_value(json_object_get(nv_claims_of(j), "tree"));
}

/* Consumes j. */
static void not_proved(json_t *j, const char *what)
{
    if (nv_verdict_json(j) == ND_PROVED) fail_msg("proved: %s", what);
    json_decref(j);
}

static void with_tree(const char *file, const char *tree, const char *what)
{
    json_t *j = load(file);

    json_object_set_new(nv_claims_of(j), "tree", json_string(tree));
    not_proved(j, what);
}

static void wrong_trees(void **state)
{
    static const char *const whole[] = {"",    "E",   "K",   "M",    "U",     "aE",  "aEE",
                                        "aEK", "aKE", "zEE", "aEEE", "aaEEE", "eEE", "a\x01\x02"};
    json_t *j = load("softplus");
    char *tree = strdup(tree_of(j)), *copy = malloc(strlen(tree) + 2);
    size_t n = strlen(tree);

    (void)state;
    for (size_t k = 0; k < sizeof whole / sizeof *whole; k++)
        with_tree("softplus", whole[k], whole[k]);
    /* every leaf K called empty: one of them is not */
    for (size_t k = 0; k <= n; k++) copy[k] = tree[k] == 'K' ? 'E' : tree[k];
    with_tree("softplus", copy, "K called E");
    for (size_t k = 0; k <= n; k++) copy[k] = tree[k] == 'E' ? 'K' : tree[k];
    with_tree("softplus", copy, "E called K");
    memcpy(copy, tree, n - 1);
    copy[n - 1] = '\0';
    with_tree("softplus", copy, "cut short");
    snprintf(copy, n + 2, "%sE", tree);
    with_tree("softplus", copy, "too long");
    /* single leaves: called known, a mirror image, undecided, or a letter of no meaning */
    for (size_t k = 0; k < n; k += 1 + n / 15) {
        if (tree[k] != 'E') continue;
        memcpy(copy, tree, n + 1);
        copy[k] = "KMUX"[k % 4];
        with_tree("softplus", copy, "a leaf");
    }
    free(tree);
    free(copy);
    json_decref(j);
}

/* A split taken back: the subtree from k on becomes one leaf E around the point. */
static void coarse_leaf_around_the_point(void **state)
{
    json_t *j = load("softplus");
    const char *tree = tree_of(j);
    size_t first = strcspn(tree, "K");

    (void)state;
    for (size_t k = 0; k < first; k++) {
        size_t open = 1, end = k;
        bool has = false;
        char *copy;

        if (tree[k] < 'a') continue;
        for (; open > 0; end++) {
            has = has || tree[end] == 'K';
            open = open - 1 + (tree[end] >= 'a' ? 2 : 0);
        }
        if (!has) continue;
        copy = malloc(strlen(tree) + 2);
        snprintf(copy, strlen(tree) + 2, "%.*sE%s", (int)k, tree, tree + end);
        with_tree("softplus", copy, "a leaf E around a critical point");
        free(copy);
    }
    json_decref(j);
}

static void scale(json_t *array, size_t from, size_t count, double factor)
{
    for (size_t k = from; k < from + count; k++)
        json_array_set_new(array, k, nv_hex(factor * nv_number_at(array, k)));
}

static json_t *claim(json_t *j, const char *key)
{
    return json_object_get(nv_claims_of(j), key);
}

static void wrong_points(void **state)
{
    static const char *const files[] = {"softplus", "tanh", "saddle"};

    (void)state;
    for (size_t f = 0; f < 3; f++) {
        json_t *j = load(files[f]);
        double half = nv_number_at(claim(j, "half"), 3), x = nv_number_at(claim(j, "points"), 3);
        long index = json_integer_value(json_array_get(claim(j, "indices"), 0));

        /* the box beside the point: none in there */
        json_array_set_new(claim(j, "points"), 3, nv_hex(x + 1.5 * half));
        json_array_set_new(json_object_get(j, "theta"), 3, nv_hex(x + 1.5 * half));
        not_proved(j, "a box without its point");
        j = load(files[f]);
        scale(claim(j, "half"), 0, 4, 1e-3);
        not_proved(j, "leaves K outside the box");
        j = load(files[f]);
        scale(claim(j, "half"), 0, 4, 1e3);
        not_proved(j, "a box too wide to be regular");
        j = load(files[f]);
        json_array_set_new(claim(j, "indices"), 0, json_integer(index == 0 ? 1 : 0));
        assert_int_equal(nv_verdict_json(j), ND_REFUTED);
        json_decref(j);
        j = load(files[f]);
        scale(claim(j, "losses"), 0, 2, 1.0 + 1e-9);
        assert_int_equal(nv_verdict_json(j), ND_REFUTED);
        json_decref(j);
        j = load(files[f]);
        json_array_set_new(claim(j, "half"), 0, nv_hex(0.0));
        assert_int_equal(nv_verdict_json(j), NV_UNREADABLE);
        json_decref(j);
        j = load(files[f]);
        json_array_set_new(json_object_get(j, "theta"), 0, nv_hex(0.125));
        assert_int_equal(nv_verdict_json(j), NV_UNREADABLE);
        json_decref(j);
    }
}

static void wrong_boxes(void **state)
{
    json_t *j = load("softplus");

    (void)state;
    for (size_t k = 0; k < 4; k++) { /* too small for "everywhere" */
        scale(claim(j, "lo"), k, 1, 0.999);
        not_proved(j, "a box too small to hold everything");
        j = load("softplus");
        scale(claim(j, "hi"), k, 1, 0.999);
        not_proved(j, "a box too small to hold everything");
        j = load("softplus");
    }
    json_decref(j);
    j = load("saddle");
    json_object_set_new(nv_claims_of(j), "everywhere", json_true());
    not_proved(j, "everywhere: the minima are outside");
    /* leaves M need a symmetric box */
    j = load("tanh");
    assert_non_null(strchr(tree_of(j), 'M'));
    json_object_set_new(nv_claims_of(j), "everywhere", json_false());
    assert_int_equal(nv_verdict_json(j), ND_PROVED);
    scale(claim(j, "hi"), 2, 1, 1.0 + 1e-15);
    not_proved(j, "leaves M in a box that is not symmetric");
    j = load("tanh");
    json_object_del(nv_claims_of(j), "lo");
    assert_int_equal(nv_verdict_json(j), NV_UNREADABLE);
    json_decref(j);
}

/* Another problem with the same tree: what is true of one is not of the other. */
static void wrong_problems(void **state)
{
    json_t *j = load("softplus");

    (void)state;
    json_object_set_new(json_object_get(j, "problem"), "l2", nv_hex(0.01));
    not_proved(j, "less ridge: two minima more");
    j = load("softplus");
    json_array_set_new(json_object_get(json_object_get(j, "data"), "y"), 1, json_integer(1));
    not_proved(j, "another label");
    j = load("softplus");
    json_object_set_new(json_object_get(j, "problem"), "loss", json_string("logistic"));
    not_proved(j, "another loss");
    j = load("softplus");
    json_object_set_new(json_object_get(j, "problem"), "net", json_string("exp:1"));
    not_proved(j, "another network");
}

static int clear(void **state)
{
    (void)state;
    nv_scratch_clear();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(true_ones),
        cmocka_unit_test(wrong_trees),
        cmocka_unit_test(coarse_leaf_around_the_point),
        cmocka_unit_test(wrong_points),
        cmocka_unit_test(wrong_boxes),
        cmocka_unit_test(wrong_problems),
    };
    return cmocka_run_group_tests(tests, NULL, clear);
}
