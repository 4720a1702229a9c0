/* Values in and out of statements.  Doubles travel as they are; NaN, which SQLite does
 * not know, as NULL; vectors as blobs of little-endian IEEE doubles, 8 bytes each, index
 * arrays as little-endian 64-bit integers. */
#include "atlas/db.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

static nd_status check(nd_db *d, int code)
{
    return code == SQLITE_OK ? ND_OK : nd_db_fail(d, code);
}

nd_status nd_db_bind_real(nd_db *d, sqlite3_stmt *s, int at, double x)
{
    return check(d, isnan(x) ? sqlite3_bind_null(s, at) : sqlite3_bind_double(s, at, x));
}

nd_status nd_db_bind_int(nd_db *d, sqlite3_stmt *s, int at, int64_t x)
{
    return check(d, sqlite3_bind_int64(s, at, x));
}

nd_status nd_db_bind_text(nd_db *d, sqlite3_stmt *s, int at, const char *text)
{
    return check(d, text ? sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT)
                         : sqlite3_bind_null(s, at));
}

static uint64_t load_word(const unsigned char *p)
{
    uint64_t word = 0;

    for (int b = 7; b >= 0; b--) word = word << 8 | p[b];
    return word;
}

static void store_word(unsigned char *p, uint64_t word)
{
    for (int b = 0; b < 8; b++) p[b] = (unsigned char)(word >> (8 * b));
}

/* n words, the k-th given by word(x, k). */
static nd_status bind_words(nd_db *d, sqlite3_stmt *s, int at, const void *x, size_t n,
                            uint64_t (*word)(const void *, size_t))
{
    unsigned char *bytes;
    int code;

    if (!x) return check(d, sqlite3_bind_null(s, at));
    bytes = ND_NEW(d->ctx, unsigned char, 8 * n);
    if (!bytes) return ND_EMEM;
    for (size_t k = 0; k < n; k++) store_word(bytes + 8 * k, word(x, k));
    code = sqlite3_bind_blob64(s, at, bytes, 8 * n, SQLITE_TRANSIENT);
    nd_free(d->ctx, bytes);
    return check(d, code);
}

static uint64_t real_word(const void *x, size_t k)
{
    uint64_t word;

    memcpy(&word, (const double *)x + k, sizeof word);
    return word;
}

static uint64_t count_word(const void *x, size_t k)
{
    return ((const size_t *)x)[k];
}

nd_status nd_db_bind_reals(nd_db *d, sqlite3_stmt *s, int at, const double *x, size_t n)
{
    return bind_words(d, s, at, x, n, real_word);
}

nd_status nd_db_bind_counts(nd_db *d, sqlite3_stmt *s, int at, const size_t *x, size_t n)
{
    return bind_words(d, s, at, x, n, count_word);
}

/* ---- reading ------------------------------------------------------------------------------- */

double nd_db_real(sqlite3_stmt *s, int column)
{
    return sqlite3_column_type(s, column) == SQLITE_NULL ? NAN : sqlite3_column_double(s, column);
}

nd_status nd_db_text(nd_db *d, sqlite3_stmt *s, int column, char **out)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    char *copy = nd_strdup(d->ctx, text);

    if (text && !copy) return ND_EMEM;
    *out = copy;
    return ND_OK;
}

/* The bytes of n words; an empty blob may come as NULL. */
static nd_status words(nd_db *d, sqlite3_stmt *s, int column, size_t n, const unsigned char **out)
{
    const unsigned char *bytes = sqlite3_column_blob(s, column);
    size_t size = (size_t)sqlite3_column_bytes(s, column);

    if (sqlite3_column_type(s, column) != SQLITE_BLOB || n > SIZE_MAX / 8 || size != 8 * n)
        return nd_db_damaged(d, "column '%s': found %zu bytes, expected %zu",
                             sqlite3_column_name(s, column), size, 8 * n);
    *out = bytes;
    return ND_OK;
}

nd_status nd_db_reals(nd_db *d, sqlite3_stmt *s, int column, size_t n, double *x)
{
    const unsigned char *bytes = NULL;
    nd_status status = words(d, s, column, n, &bytes);

    if (status != ND_OK) return status;
    for (size_t k = 0; k < n; k++) {
        uint64_t word = load_word(bytes + 8 * k);
        memcpy(x + k, &word, sizeof word);
    }
    return ND_OK;
}

nd_status nd_db_new_reals(nd_db *d, sqlite3_stmt *s, int column, size_t n, double **out)
{
    const unsigned char *bytes = NULL;
    nd_status status;
    double *x;

    if (sqlite3_column_type(s, column) == SQLITE_NULL) return ND_OK;
    status = words(d, s, column, n, &bytes);
    if (status != ND_OK) return status;
    x = ND_NEW(d->ctx, double, n);
    if (!x) return ND_EMEM;
    *out = x;
    return nd_db_reals(d, s, column, n, x);
}

nd_status nd_db_new_counts(nd_db *d, sqlite3_stmt *s, int column, size_t n, size_t **out)
{
    const unsigned char *bytes = NULL;
    nd_status status;
    size_t *x;

    if (sqlite3_column_type(s, column) == SQLITE_NULL) return ND_OK;
    status = words(d, s, column, n, &bytes);
    if (status != ND_OK) return status;
    x = ND_NEW(d->ctx, size_t, n);
    if (!x) return ND_EMEM;
    for (size_t k = 0; k < n; k++) x[k] = (size_t)load_word(bytes + 8 * k);
    *out = x;
    return ND_OK;
}
