/* What the files of the atlas share. */
#ifndef ND_ATLAS_ATLAS_H
#define ND_ATLAS_ATLAS_H

#include "atlas/db.h"

#include <nadir/atlas.h>

/* ---- settings.c ------------------------------------------------------------------------- */

bool nd_explore_stored(const nd_setting *row); /* all but the time limit */
void nd_explore_text(const nd_setting *row, const nd_explore_settings *s, char text[40]);
/* ND_EINPUT names the first setting that differs. */
nd_status nd_explore_same(nd_ctx *ctx, const char *file, const nd_explore_settings *stored,
                          const nd_explore_settings *asked);

/* ---- schema.c: docs/atlas-format.md ----------------------------------------------------- */

#define ND_ATLAS_ID      0x6e616472 /* PRAGMA application_id: "nadr" */
#define ND_ATLAS_VERSION 1          /* PRAGMA user_version           */

nd_status nd_schema_create(nd_db *d);
/* *empty: there is nothing in the file yet.  ND_EINPUT: another database, a newer
 * version, or tables that are not as this program makes them. */
nd_status nd_schema_check(nd_db *d, bool *empty);

/* ---- trial.c: a verdict as columns ---------------------------------------------------------- */

/* How a column is kept and read. */
typedef enum {
    ND_FIELD_REAL,
    ND_FIELD_SIZE,
    ND_FIELD_LONG,
    ND_FIELD_BOOL,
    ND_FIELD_TRUTH,   /* "proved", "refuted", "unknown" */
    ND_FIELD_VERDICT, /* nd_verdict_name                */
    ND_FIELD_SAYS,    /* the number of an nd_says       */
    ND_FIELD_CERT,    /* kind of certificate, or NULL   */
    ND_FIELD_REASON   /* char[256]                      */
} nd_field_type;

typedef struct {
    const char *name;
    nd_field_type type;
    size_t offset; /* in nd_verdict */
} nd_field;

extern const nd_field nd_verdict_fields[]; /* ends with name NULL */
size_t nd_verdict_columns(void);
/* Binds v to the parameters from `first` on; reads it from the columns from `first` on. */
nd_status nd_verdict_bind(nd_db *d, sqlite3_stmt *s, int first, const nd_verdict *v);
nd_status nd_verdict_read(nd_db *d, sqlite3_stmt *s, int first, nd_verdict *v);
/* The names, separated by commas, each behind prefix; freed with nd_free. */
nd_status nd_verdict_list(nd_ctx *ctx, const char *prefix, char **out);
/* One field of v for people and files: "" for NaN and nothing. */
void nd_verdict_text(const nd_field *f, const nd_verdict *v, char text[256]);
bool nd_find_stop(const char *name, nd_stop *out);
bool nd_find_ask(const char *name, nd_ask_kind *out);
bool nd_find_truth(const char *name, nd_truth *out);
bool nd_find_verdict(const char *name, nd_verdict_kind *out);
/* A minimum of either kind. */
bool nd_is_minimum(const nd_verdict *v);

/* ---- problem.c ------------------------------------------------------------------------------- */

/* The problem as it is in the file. */
typedef struct {
    nd_net *net;
    nd_table *data;
    nd_scaler *scaler;
    nd_problem problem;
    double weight_pos;
    char sha256[65];
    char *program; /* "nadir 0.1.0" */
    nd_explore_settings settings;
} nd_chart;

nd_status nd_chart_write(nd_db *d, const nd_explore_source *source, const nd_explore_settings *s);
/* Checks that the data are those of the SHA-256. */
nd_status nd_chart_read(nd_db *d, nd_chart *out);
void nd_chart_clear(nd_ctx *ctx, nd_chart *c);
/* ND_EINPUT names the first difference. */
nd_status nd_chart_same(nd_db *d, const nd_chart *c, const nd_explore_source *source);

/* ---- owner.c: who works on the file ------------------------------------------------------------ */

nd_status nd_owner_register(nd_db *d, int64_t *owner);
nd_status nd_owner_beat(nd_db *d, int64_t owner);
/* Opens what dead owners had taken again, and forgets them. */
nd_status nd_owner_bury(nd_db *d);
/* This owner goes: what it has taken is open again. */
nd_status nd_owner_leave(nd_db *d, int64_t owner);

/* ---- queue.c: asks ------------------------------------------------------------------------------- */

/* A row of the table ask. */
typedef struct {
    int64_t id; /* 1, 2, ...; the trial of its random numbers is id - 1 */
    nd_ask_kind kind;
    double scale; /* NaN: not of this kind; mode, side, index -1, 0, -1 */
    long mode, index;
    int side;
    int64_t a, b; /* trials whose ends are meant; 0: none */
} nd_task;

typedef struct {
    int64_t round;
    int finished; /* 0; 1: nothing new; 2: the rounds are used up */
    int64_t open, taken;
} nd_standing;

nd_status nd_queue_standing(nd_db *d, nd_standing *out);
nd_status nd_queue_set(nd_db *d, int64_t round, int finished);
/* Takes up to room open tasks, in order.  Inside a transaction. */
nd_status nd_queue_take(nd_db *d, int64_t owner, size_t room, nd_task *task, size_t *count);

/* Adds tasks to a round; numbered as they come. */
typedef struct {
    nd_db *d;
    sqlite3_stmt *s;
    int64_t round, next;
    size_t added;
} nd_queue_adder;
nd_status nd_queue_begin(nd_db *d, int64_t round, nd_queue_adder *q);
nd_status nd_queue_add(nd_queue_adder *q, const nd_task *task);
void nd_queue_end(nd_queue_adder *q);

/* ---- answers.c -------------------------------------------------------------------------------------- */

typedef struct nd_answers nd_answers; /* the statement that stores them */
nd_status nd_answers_open(nd_db *d, size_t P, nd_answers **out);
void nd_answers_close(nd_answers *a);
/* Stores the answer and marks its task done; nothing happens when that is done already. */
nd_status nd_answers_put(nd_answers *a, int64_t task, const nd_answer *answer);
/* The end of a trial: where, P entries; and what. */
nd_status nd_answers_theta(nd_db *d, int64_t trial, size_t P, double *theta);
nd_status nd_answers_verdict(nd_db *d, int64_t trial, nd_verdict *v);

/* ---- points.c: the classes, in memory while a round is merged and the next one planned ----------- */

typedef struct {
    size_t id;
    bool minimum, family, proved_same;
    bool explored, descended;
    int64_t trial;
    size_t found;
    double copies, spread;
    nd_null_causes null;
    double *theta; /* canonical */
    nd_verdict verdict;
    bool changed; /* to be written */
    long tries;   /* certifications of its ends */
    bool asked;   /* one more is wanted         */
} nd_class;

typedef struct {
    nd_db *d;
    const nd_problem *problem;
    nd_class *class;
    size_t classes, room;
    size_t stored; /* so many are rows already */
} nd_classes;

nd_status nd_classes_load(nd_db *d, const nd_problem *pb, nd_classes *out);
nd_status nd_classes_store(nd_classes *c);
void nd_classes_clear(nd_classes *c);
/* A new one at the end, zeroed but for id and theta's room. */
nd_status nd_classes_add(nd_classes *c, nd_class **out);

/* ends.c: an end that is a minimum or a saddle, on its way into a class. */
typedef struct {
    int64_t trial;
    double *theta; /* canonical */
    nd_verdict verdict;
    bool family; /* degenerate: one of a continuum */
} nd_arrival;

bool nd_is_zero(const nd_verdict *v); /* loss 0, to all evidence */

/* The certified end of a trial of this round. */
typedef struct {
    int64_t of; /* the trial whose end it certifies */
    nd_arrival end;
    nd_class before; /* what was certified, as a class of its own, once it was met */
    size_t home;     /* index of the class it is in, then                          */
} nd_certified;

typedef struct {
    nd_certified *item; /* in the order of `of` */
    size_t count;
    double *block;
} nd_certifieds;

nd_status nd_certifieds_load(nd_classes *c, int64_t round, nd_certifieds *out);
void nd_certifieds_clear(nd_ctx *ctx, nd_certifieds *x);
nd_certified *nd_certifieds_find(const nd_certifieds *x, int64_t trial); /* or NULL */

/* The ends of a round that have a class, in the order of the trials, without certifications:
 * next reads one into e, whose theta has P entries; *more: there was one. */
nd_status nd_ends_open(nd_db *d, int64_t round, sqlite3_stmt **out);
nd_status nd_ends_next(nd_classes *c, sqlite3_stmt *s, nd_arrival *e, bool *more);

/* merge.c: the ends of a round join classes or found new ones.  *wanted: so many of them must
 * be certified first, which the table ask now says; then nothing has been merged. */
nd_status nd_merge_round(nd_classes *c, int64_t round, bool unproved, size_t *wanted);
/* plan.c: the tasks of the next round; none: *finished says why. */
nd_status nd_plan_round(nd_classes *c, const nd_explore_settings *s, int64_t round, size_t *added);

/* graph.c: an enclosure of the loss; both ends equal it where nothing is proved. */
void nd_enclose_loss(const nd_verdict *v, double *lo, double *hi);

/* ---- worker.c ------------------------------------------------------------------------------------------ */

typedef struct {
    const char *file;
    const nd_chart *chart;
    nd_ctx *ctx;     /* the caller's: of the thread that called nd_explore */
    double deadline; /* nd_seconds()                                       */
    int workers;
    _Atomic int halt; /* an nd_stop: everybody leaves                       */
    _Atomic size_t trials;
    _Atomic int finished;
} nd_expedition;

/* One thread's share; main: it is the caller's thread. */
nd_status nd_worker_run(nd_expedition *x, nd_ctx *ctx, bool main);

#endif
