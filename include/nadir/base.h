/* nadir/base.h - what every floor stands on: status, context, settings, random
 * numbers.
 *
 * Conventions of the whole library
 *   - A function that can fail returns nd_status; ND_OK is 0.  A status reports
 *     failure only (bad input, memory, cancelled).  What the mathematics says is
 *     a value of its own (nd_truth, enumerated stop reasons).
 *   - The message that belongs to the last failure is in the context: one line
 *     that says what, where, and what to do.
 *   - On error every output is untouched unless its comment says otherwise.
 *   - The library never prints, exits or aborts.  assert() guards against errors
 *     of the calling programmer only.
 *   - Callers own buffers; what nd_X_create made, nd_X_destroy frees (NULL is
 *     accepted).  Set-up allocates, loops do not.
 *   - A context belongs to one thread at a time.  Parallel regions inside the
 *     library are hidden and give the same bits for every number of threads. */
#ifndef NADIR_BASE_H
#define NADIR_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ND_VERSION_MAJOR 0
#define ND_VERSION_MINOR 1
#define ND_VERSION_PATCH 0
#define ND_VERSION       "0.1.0"

#if defined(__GNUC__)
#define ND_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#define ND_PRINTF(a, b)
#endif

typedef enum {
    ND_OK = 0,
    ND_EMEM,     /* out of memory, or a size that overflows size_t           */
    ND_EINPUT,   /* a file or text does not say what it must                 */
    ND_EIO,      /* the operating system refused to read or write            */
    ND_ENAME,    /* an unknown name; the message lists what was allowed      */
    ND_ERANGE,   /* a number outside its range                               */
    ND_EDIM,     /* shapes that do not fit each other                        */
    ND_ESMOOTH,  /* a derivative was asked for that does not exist           */
    ND_ENUMERIC, /* overflow or NaN where a finite number is required        */
    ND_ECANCEL,  /* the caller's cancel hook said stop                       */
    ND_STATUSES
} nd_status;

/* What the mathematics says: never mixed with nd_status. */
typedef enum { ND_UNKNOWN = 0, ND_PROVED, ND_REFUTED } nd_truth;

/* "ND_EMEM", ... and "unknown" | "proved" | "refuted"; static strings. */
const char *nd_status_name(nd_status s);
const char *nd_truth_name(nd_truth t);

/* ---- context ------------------------------------------------------------ */

typedef struct nd_ctx nd_ctx;

/* alloc must return memory aligned for any type, or NULL; free accepts NULL. */
typedef struct {
    void *(*alloc)(void *user, size_t bytes);
    void (*free)(void *user, void *p);
    void *user;
} nd_allocator;

/* Progress of long work: what is being done and how far it is. */
typedef struct {
    const char *stage;  /* "L-BFGS", "Newton", "grow", ...: static string   */
    size_t step;        /* steps done in this stage                         */
    size_t evaluations; /* of the function so far in this stage             */
    double value;       /* best value so far; NaN when it has none          */
    double grad;        /* |gradient|; NaN when it has none                 */
} nd_event;

typedef void (*nd_progress_fn)(void *user, const nd_event *event);
typedef bool (*nd_cancel_fn)(void *user); /* true: stop as soon as possible  */

/* alloc = NULL: malloc and free.  Returns NULL when there is no memory. */
nd_ctx *nd_ctx_create(const nd_allocator *alloc);
void nd_ctx_destroy(nd_ctx *ctx);

/* The message of the last failure; "" when nothing has failed. */
const char *nd_errmsg(const nd_ctx *ctx);

void nd_set_progress(nd_ctx *ctx, nd_progress_fn fn, void *user);
void nd_set_cancel(nd_ctx *ctx, nd_cancel_fn fn, void *user);

/* Threads used inside parallel regions; 0 asks for all cores (the default).  No more
 * than ND_THREADS_MAX: a system that refuses a thread ends the process. */
#define ND_THREADS_MAX 256
void nd_set_threads(nd_ctx *ctx, int threads);
int nd_threads(const nd_ctx *ctx);

/* ---- settings ------------------------------------------------------------ */

/* One row per member of a settings struct: the single source of its defaults,
 * validation, help text and JSON echo.  A table ends with a row whose name is
 * NULL. */
typedef enum { ND_BOOL, ND_LONG, ND_REAL, ND_TEXT, ND_CHOICE } nd_type;

typedef struct {
    const char *name; /* "grad_tol": stable, appears in files; --grad-tol */
    nd_type type;     /* bool, long, double, const char *, int            */
    size_t offset;    /* offsetof(struct, member)                         */
    double preset;    /* default (for ND_CHOICE the index)                */
    double lo, hi;    /* closed range of ND_LONG and ND_REAL              */
    const char *text; /* ND_TEXT: default or NULL; ND_CHOICE: "a|b|c"     */
    const char *help; /* one line, no full stop                           */
} nd_setting;

void nd_settings_init(const nd_setting *table, void *settings);

/* Sets the member called name (also with '-' for '_') from text.  An ND_TEXT
 * member keeps the pointer.  Errors: ND_ENAME, ND_EINPUT, ND_ERANGE. */
nd_status nd_settings_set(nd_ctx *ctx, const nd_setting *table, void *settings, const char *name,
                          const char *text);

/* Errors: ND_ERANGE when a member is outside its range (NaN included). */
nd_status nd_settings_check(nd_ctx *ctx, const nd_setting *table, const void *settings);

/* ---- random numbers ------------------------------------------------------ */

/* Counter-based (Philox 4x32-10, Salmon et al. 2011): the k-th number of stream
 * (seed, stream) is a function of those three alone.  A plain value. */
typedef struct {
    uint64_t seed, stream, counter;
    uint64_t spare;
    bool has_spare;
} nd_rng;

nd_rng nd_rng_make(uint64_t seed, uint64_t stream);
uint64_t nd_rng_u64(nd_rng *r);
double nd_rng_uniform(nd_rng *r);                       /* in (0, 1): never 0 nor 1  */
size_t nd_rng_below(nd_rng *r, size_t n);               /* in {0, .., n-1}, unbiased */
void nd_rng_shuffle(nd_rng *r, size_t n, size_t *perm); /* fills 0..n-1, shuffled */

#ifdef __cplusplus
}
#endif
#endif
