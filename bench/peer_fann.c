/* FANN's side of bench/run.py (needs libfann-dev): one process per training, data from the raw
 * doubles of bench_peer's dump, one line of JSON.
 *
 *   peer_fann PREFIX N D HIDDEN|cascade SECONDS
 *
 * HIDDEN sigmoid neurons and RPROP, FANN's defaults, or its cascade training; from random
 * weights until no sample has an error, again from new weights every 2000 epochs, for at most
 * SECONDS of processor time.  Reading the data is not timed.  FANN seeds itself by the clock. */
#include <doublefann.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EPOCHS 2000
#define GROWTH 200 /* neurons that cascade training may add */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double *raw(const char *prefix, const char *suffix, size_t n)
{
    char name[4096];
    double *x = malloc(n * sizeof *x);
    FILE *f;

    snprintf(name, sizeof name, "%s.%s", prefix, suffix);
    f = fopen(name, "rb");
    if (!x || !f || fread(x, sizeof *x, n, f) != n) {
        perror(name);
        exit(1);
    }
    fclose(f);
    return x;
}

static struct fann_train_data *table(const char *prefix, unsigned n, unsigned d)
{
    double *x = raw(prefix, "x", (size_t)n * d), *y = raw(prefix, "y", n);
    struct fann_train_data *t = fann_create_train(n, d, 1);

    for (unsigned i = 0; i < n; i++) {
        memcpy(t->input[i], x + (size_t)i * d, d * sizeof *x);
        t->output[i][0] = y[i];
    }
    free(x);
    free(y);
    return t;
}

typedef struct {
    double end;
    unsigned least;
    long epochs;
} course;

static course run;

/* Of the epoch that is over: FANN counts the outputs that are wrong by half the range or
 * more, and that is a wrong sign.  True when the run is over. */
static int look(struct fann *net)
{
    unsigned errors = fann_get_bit_fail(net);

    run.epochs++;
    if (errors < run.least) run.least = errors;
    return run.least == 0 || now() > run.end;
}

static void prepare(struct fann *net)
{
    fann_set_training_algorithm(net, FANN_TRAIN_RPROP);
    fann_set_activation_function_output(net, FANN_SIGMOID_SYMMETRIC);
    fann_set_train_stop_function(net, FANN_STOPFUNC_BIT);
    fann_set_bit_fail_limit(net, 0.5);
}

static void rprop(struct fann_train_data *t, unsigned hidden)
{
    for (int over = 0; !over;) {
        struct fann *net = fann_create_standard(3, t->num_input, hidden, 1);

        prepare(net);
        fann_set_activation_function_hidden(net, FANN_SIGMOID_SYMMETRIC);
        for (int k = 0; k < EPOCHS && !over; k++) {
            fann_train_epoch(net, t);
            over = look(net);
        }
        fann_destroy(net);
    }
}

static int FANN_API watch(struct fann *net, struct fann_train_data *t, unsigned max_epochs,
                          unsigned between, float desired, unsigned epochs)
{
    (void)t, (void)max_epochs, (void)between, (void)desired, (void)epochs;
    return look(net) ? -1 : 0;
}

static void cascade(struct fann_train_data *t)
{
    while (run.least > 0 && now() < run.end) {
        struct fann *net = fann_create_shortcut(2, t->num_input, 1);

        prepare(net);
        fann_set_callback(net, watch);
        fann_cascadetrain_on_data(net, t, GROWTH, 1, 0.0F);
        fann_destroy(net);
    }
}

int main(int argc, char **argv)
{
    struct fann_train_data *t;
    double begin;

    if (argc != 6) return 1;
    t = table(argv[1], (unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]));
    begin = now();
    run = (course){.least = ~0U, .end = begin + atof(argv[5])};
    if (!strcmp(argv[4], "cascade"))
        cascade(t);
    else
        rprop(t, (unsigned)atoi(argv[4]));
    printf("{\"best\": %.9g, \"errors\": %u, \"epochs\": %ld}\n", now() - begin, run.least,
           run.epochs);
    fann_destroy_train(t);
    return 0;
}
