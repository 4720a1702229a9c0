/* How fast a numeric CSV of about 100 MB becomes a table, all in (read, cut, parse,
 * labels), and how much memory that takes: the goal is 100 MB/s on one core and 1.5 times
 * (file + data).  Where libcsv is installed its time is given, too: cutting alone, and
 * with strtod on each field.
 *
 *     bench_data [MEGABYTES] [REPETITIONS]        defaults 100 and 5; minimum of all */
#include <dlfcn.h>
#include <nadir/data.h>
#include <nadir/num.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS 30
#define ROWS    2000 /* different ones, repeated until the file is large enough */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Rows of normal deviates with this many digits. */
static size_t write_file(const char *name, int digits, size_t size)
{
    char *block = malloc((size_t)ROWS * (COLUMNS + 1) * 28), *s = block;
    FILE *f = fopen(name, "w");
    nd_rng r = nd_rng_make(1, 0);
    size_t written = 0;

    if (!block || !f) exit(1);
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < COLUMNS; k++) s += sprintf(s, "%.*g,", digits, nd_rng_normal(&r));
        s += sprintf(s, "%d\n", i % 2);
    }
    while (written < size) written += fwrite(block, 1, (size_t)(s - block), f);
    fclose(f);
    free(block);
    return written;
}

static double peak(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return 1e-3 * (double)u.ru_maxrss;
}

static void ours(nd_ctx *ctx, const char *file, double megabytes, int repetitions)
{
    double best = 1e9, data = 0.0;

    for (int k = 0; k < repetitions; k++) {
        double start = now();
        nd_table *t;
        if (nd_table_read(ctx, file, NULL, &t) != ND_OK) {
            fprintf(stderr, "%s\n", nd_errmsg(ctx));
            exit(1);
        }
        start = now() - start;
        if (start < best) best = start;
        data = 8e-6 * (double)t->n * (double)t->d;
        nd_table_destroy(ctx, t);
    }
    printf("  nadir            %6.0f MB/s   peak %.0f MB = %.2f (file + data)\n", megabytes / best,
           peak(), peak() / (megabytes + data));
}

/* ---- libcsv ------------------------------------------------------------------------------ */

static double sum;
static size_t fields;

static void count_field(void *s, size_t len, void *user)
{
    (void)s;
    (void)len;
    (void)user;
    fields++;
}

static void parse_field(void *s, size_t len, void *user)
{
    (void)len;
    (void)user;
    sum += strtod(s, NULL);
}

static void end_row(int c, void *user)
{
    (void)c;
    (void)user;
}

typedef void (*field_fn)(void *, size_t, void *);
typedef int (*csv_init_fn)(void *, unsigned char);
typedef size_t (*csv_parse_fn)(void *, const void *, size_t, field_fn, void (*)(int, void *),
                               void *);
typedef void (*csv_free_fn)(void *);

static void *load(const char *file, size_t size)
{
    char *bytes = malloc(size);
    FILE *f = fopen(file, "rb");

    if (!bytes || !f || fread(bytes, 1, size, f) != size) exit(1);
    fclose(f);
    return bytes;
}

static void libcsv(const char *file, size_t size, int repetitions)
{
    void *lib = dlopen("libcsv.so.3", RTLD_NOW), *bytes;
    csv_init_fn init;
    csv_parse_fn parse;
    csv_free_fn clear;

    if (!lib) return;
    *(void **)&init = dlsym(lib, "csv_init");
    *(void **)&parse = dlsym(lib, "csv_parse");
    *(void **)&clear = dlsym(lib, "csv_free");
    bytes = load(file, size);
    for (unsigned char numbers = 0; numbers < 2; numbers++) {
        double best = 1e9;
        for (int k = 0; k < repetitions; k++) {
            char parser[512]; /* struct csv_parser: about 100 bytes */
            double start = now();
            init(parser, numbers ? 8 : 0); /* 8: CSV_APPEND_NULL */
            parse(parser, bytes, size, numbers ? parse_field : count_field, end_row, NULL);
            start = now() - start;
            clear(parser);
            if (start < best) best = start;
        }
        printf("  libcsv %-9s %6.0f MB/s\n", numbers ? "+ strtod" : "cutting",
               1e-6 * (double)size / best);
    }
    free(bytes);
    dlclose(lib);
}

int main(int argc, char **argv)
{
    size_t megabytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
    int repetitions = argc > 2 ? atoi(argv[2]) : 5;
    char folder[] = "/tmp/nadir-bench-XXXXXX", file[64];
    nd_ctx *ctx = nd_ctx_create(NULL);

    if (!ctx || !mkdtemp(folder)) return 1;
    snprintf(file, sizeof file, "%s/t.csv", folder);
    nd_set_threads(ctx, 1);
    for (int digits = 17; digits >= 6; digits -= 11) { /* the larger table last: peak */
        size_t size = write_file(file, digits, megabytes * 1000000);
        printf("numbers of %d digits, %zu MB:\n", digits, size / 1000000);
        ours(ctx, file, 1e-6 * (double)size, repetitions);
        libcsv(file, size, repetitions);
        unlink(file);
    }
    rmdir(folder);
    nd_ctx_destroy(ctx);
    return 0;
}
