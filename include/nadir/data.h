/* nadir/data.h - a labelled sample: reading, generating, scaling, writing.
 *
 * The path of a data set:  source (file or generator) -> nd_raw (text columns
 * resolved to numbers) -> labels (+1/-1) -> nd_table -> nd_scaler. */
#ifndef NADIR_DATA_H
#define NADIR_DATA_H

#include <nadir/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* n samples of d features.  Exactly one of x and val is set (d = 0: neither).
 *   dense:  x[i*d + k]
 *   sparse: row i holds col[p], val[p] for row[i] <= p < row[i+1], col ascending
 * y[i] is +1.0 or -1.0; NULL when the source has no labels.  weight[i] > 0, or
 * NULL for all ones.  feature[k] names column k; NULL when there are no names. */
typedef struct {
    size_t n, d;
    double *x;
    size_t *row;
    uint32_t *col;
    double *val;
    double *y;
    double *weight;
    char **feature;
    char *source;     /* file name or generator spec, for messages       */
    char *positive;   /* text of the label that is +1 ("M"); may be NULL */
    char *negative;   /* the other labels, comma-separated; may be NULL  */
    char *label_name; /* name of the label column; may be NULL           */
    char *note;       /* one line: rule used for labels, index base, ... */
} nd_table;

typedef struct {
    const char *label;    /* column name, or 1-based number; NULL: the rule
                              "named label, class, target or y, else the last" */
    const char *positive; /* label values that are +1, comma-separated; NULL:
                              the larger of two numbers                        */
    const char *format;   /* "csv", ... ; NULL: by the file's name.  "svm0" and
                              "svm1" fix the first index of svmlight files     */
    bool unlabelled;      /* there is no label column: every column is a
                              feature (prediction on new data)                 */
    bool label_optional;  /* a column is the label only if it is called so (by
                              label or one of the four names), and that it is
                              missing is no error; with positive set, neither is
                              one class alone (prediction on new data)         */
} nd_read_options;

/* Reads source: a file (.csv .tsv .svm .libsvm .npy .npz .idx .arff, each also
 * .gz; docs/data-formats.md) or "gen:NAME,key=value,...".  opt = NULL: all defaults.  The caller frees
 * *out with nd_table_destroy.
 * Errors: ND_EIO, ND_EINPUT (one line: file, line, column, found, expected),
 * ND_ENAME, ND_ERANGE, ND_EMEM, ND_ECANCEL. */
nd_status nd_table_read(nd_ctx *ctx, const char *source, const nd_read_options *opt,
                        nd_table **out);

/* The same from memory (the WebAssembly core and the fuzzers): format as in
 * nd_read_options, name for messages. */
nd_status nd_table_parse(nd_ctx *ctx, const char *format, const char *name, const void *bytes,
                         size_t size, const nd_read_options *opt, nd_table **out);

/* gen = "NAME,key=value,..." without the "gen:". */
nd_status nd_table_generate(nd_ctx *ctx, const char *gen, nd_table **out);

/* Copies of the caller's arrays: x n*d dense row-major, y n entries of +-1 or
 * NULL.  Errors: ND_EINPUT when an entry is not finite or y is not +-1. */
nd_status nd_table_from_arrays(nd_ctx *ctx, size_t n, size_t d, const double *x, const double *y,
                               nd_table **out);

/* Rows index[0..m) of t, in that order. */
nd_status nd_table_subset(nd_ctx *ctx, const nd_table *t, size_t m, const size_t *index,
                          nd_table **out);

/* Writes t; format NULL: by the file's name (.csv .tsv .svm .npz .arff, .gz). */
nd_status nd_table_write(nd_ctx *ctx, const nd_table *t, const char *file, const char *format);

void nd_table_destroy(nd_ctx *ctx, nd_table *t);

/* The row i as a dense vector of d entries. */
void nd_table_row(const nd_table *t, size_t i, double *x);
size_t nd_table_count(const nd_table *t, double label); /* rows with y = label */

/* Names of the formats and generators, ended by NULL, and their one-line help. */
typedef struct {
    const char *name, *help;
} nd_named;
const nd_named *nd_table_formats(void);
const nd_named *nd_table_generators(void);

/* ---- scaling --------------------------------------------------------------- */

typedef enum { ND_SCALE_NONE = 0, ND_SCALE_STANDARD, ND_SCALE_MINMAX } nd_scale;

/* x'_k = (x_k - shift[k]) * factor[k].  standard: shift the mean, factor one over
 * the standard deviation (1 for a constant column); minmax: to [0, 1].  Sparse
 * data keep their zeros: shift = 0 then, factor one over the root mean square
 * (standard) or over max |x| (minmax). */
typedef struct {
    nd_scale kind;
    size_t d;
    double *shift, *factor;
} nd_scaler;

/* Errors: ND_ENUMERIC when a column's range or its inverse is not finite. */
nd_status nd_scaler_fit(nd_ctx *ctx, nd_scale kind, const nd_table *t, nd_scaler **out);
nd_status nd_scaler_from_arrays(nd_ctx *ctx, nd_scale kind, size_t d, const double *shift,
                                const double *factor, nd_scaler **out);
/* In place.  Errors: ND_EDIM when t has another number of features; ND_ENUMERIC
 * when a scaled entry is not finite (t is then partly scaled). */
nd_status nd_scaler_apply(nd_ctx *ctx, const nd_scaler *s, nd_table *t);
void nd_scaler_destroy(nd_ctx *ctx, nd_scaler *s);
const char *nd_scale_name(nd_scale kind);
nd_status nd_scale_find(nd_ctx *ctx, const char *name, nd_scale *out);

/* ---- identity ---------------------------------------------------------------- */

/* SHA-256 of the canonical form (docs/certificate-format.md): n and d as 64-bit
 * little endian, then row by row the d features and the label as IEEE doubles,
 * -0 written as +0; sparse rows as if dense.  hex: 65 bytes, zero-ended. */
nd_status nd_table_sha256(nd_ctx *ctx, const nd_table *t, char hex[65]);

#ifdef __cplusplus
}
#endif
#endif
