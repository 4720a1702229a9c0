/* What the checker's tests share: certificates from files and from changed JSON. */
#ifndef ND_TESTS_VERIFY_SUPPORT_H
#define ND_TESTS_VERIFY_SUPPORT_H

#include "../support.h"
#include "base/json.h"
#include "verify/verify.h"

#include <dirent.h>
#include <unistd.h>

#define NV_TESTS ND_SOURCE_DIR "/tests/verify/"

enum { NV_UNREADABLE = -1 };

/* A folder of this process for files that tests write. */
ND_TEST_UNUSED static const char *nv_scratch(void)
{
    static char folder[] = "/tmp/nadir-verify-XXXXXX";
    static bool made = false;

    if (!made) assert_non_null(mkdtemp(folder));
    made = true;
    return folder;
}

ND_TEST_UNUSED static void nv_scratch_clear(void)
{
    char path[512];
    DIR *d = opendir(nv_scratch());

    for (struct dirent *e; (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", nv_scratch(), e->d_name);
        if (e->d_name[0] != '.') unlink(path);
    }
    closedir(d);
    rmdir(nv_scratch());
}

ND_TEST_UNUSED static void nv_write(const char *path, const void *bytes, size_t size)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    fclose(f);
}

/* What the checker says of a file: an nd_truth or NV_UNREADABLE, in which case one
 * line of message is there. */
ND_TEST_UNUSED static int nv_verdict(const char *path)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nv_cert cert;
    nv_answer answer;
    int result = NV_UNREADABLE;

    memset(&cert, 0, sizeof cert);
    memset(&answer, 0, sizeof answer);
    arb_init(answer.loss);
    arb_init(answer.margin_min);
    if (nv_cert_read(ctx, path, &cert) == ND_OK) {
        nv_prove(&cert, &answer);
        result = (int)answer.truth;
        assert_true(strlen(answer.sentence) > 0);
    } else {
        assert_true(strlen(nd_errmsg(ctx)) > 0);
        assert_null(strchr(nd_errmsg(ctx), '\n'));
    }
    arb_clear(answer.loss);
    arb_clear(answer.margin_min);
    nv_cert_clear(ctx, &cert);
    nd_ctx_destroy(ctx);
    return result;
}

ND_TEST_UNUSED static int nv_verdict_text(const char *text, size_t size)
{
    char path[512];

    snprintf(path, sizeof path, "%s/cert.json", nv_scratch());
    nv_write(path, text, size);
    return nv_verdict(path);
}

ND_TEST_UNUSED static int nv_verdict_json(const json_t *j)
{
    char *text = json_dumps(j, 0);
    int result = nv_verdict_text(text, strlen(text));

    free(text);
    return result;
}

ND_TEST_UNUSED static json_t *nv_load(const char *path)
{
    json_error_t error;
    json_t *j = json_load_file(path, 0, &error);

    if (!j) fail_msg("%s: %s", path, error.text);
    return j;
}

ND_TEST_UNUSED static json_t *nv_claims_of(const json_t *cert)
{
    return json_object_get(cert, "claims");
}

ND_TEST_UNUSED static double nv_number_at(const json_t *array, size_t i)
{
    return strtod(json_string_value(json_array_get(array, i)), NULL);
}

ND_TEST_UNUSED static bool nv_is_kind(const json_t *j, const char *kind)
{
    return !strcmp(json_string_value(json_object_get(j, "kind")), kind);
}

ND_TEST_UNUSED static json_t *nv_hex(double x)
{
    char text[64];

    snprintf(text, sizeof text, "%a", x);
    return json_string(text);
}

/* Calls body(path, name) for every .json of tests/verify/FOLDER; at least least. */
ND_TEST_UNUSED static void nv_each(const char *folder, int least,
                                   void (*body)(const char *path, const char *name))
{
    struct dirent **list;
    char dir[512], path[1024];
    int n, seen = 0;

    snprintf(dir, sizeof dir, "%s%s", NV_TESTS, folder);
    n = scandir(dir, &list, NULL, alphasort);
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, list[i]->d_name);
        if (strstr(list[i]->d_name, ".json")) {
            body(path, list[i]->d_name);
            seen++;
        }
        free(list[i]);
    }
    free(list);
    assert_true(seen >= least);
}

/* x := the decimal text, a ball of relative radius 1e-34 around it. */
ND_TEST_UNUSED static void nv_golden(arb_t x, const json_t *text)
{
    arb_t e;

    arb_init(e);
    assert_int_equal(arb_set_str(x, json_string_value(text), 160), 0);
    assert_int_equal(arb_set_str(e, "1e-34", 64), 0);
    arb_mul(e, e, x, 64);
    arb_add_error(x, e);
    arb_clear(e);
}

ND_TEST_UNUSED static void nv_assert_encloses(const arb_t ball, const arb_t golden,
                                              const char *what)
{
    if (arb_overlaps(ball, golden)) return;
    arb_printn(ball, 30, 0);
    printf(" does not enclose ");
    arb_printn(golden, 30, 0);
    fail_msg("\n%s", what);
}

#endif
