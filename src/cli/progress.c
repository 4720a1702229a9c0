/* One rewritten line of progress on a terminal, and the clean stop on Ctrl-C. */
#include "cli/cli.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_asked, reader_left;
static bool line_shown;
static double last_shown;

static void on_signal(int signal)
{
    if (signal == SIGPIPE)
        reader_left = 1;
    else
        stop_asked = 1;
}

/* The handler of SIGINT and SIGTERM resets itself: a second Ctrl-C ends the program at
 * once.  A reader that goes away (nadir ... | head) must not kill a run that still has
 * files to write. */
void cli_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    struct sigaction left = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigemptyset(&stop.sa_mask);
    sigemptyset(&left.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGPIPE, &left, NULL);
}

bool cli_reader_left(void)
{
    return reader_left != 0;
}

static bool cancel(void *user)
{
    (void)user;
    return stop_asked != 0;
}

/* At most ten lines a second: enough to watch, too few to cost anything. */
static void show(void *user, const nd_event *event)
{
    double now = nd_seconds();

    (void)user;
    if (now - last_shown < 0.1) return;
    last_shown = now;
    fprintf(stderr, "\r\033[K%s: step %zu", event->stage, event->step);
    if (event->evaluations) fprintf(stderr, ", %zu evaluations", event->evaluations);
    if (!isnan(event->value)) fprintf(stderr, ", loss %.6g", event->value);
    if (!isnan(event->grad)) fprintf(stderr, ", |grad| %.2g", event->grad);
    fflush(stderr);
    line_shown = true;
}

void cli_progress_clear(void)
{
    if (!line_shown) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    line_shown = false;
}

void cli_progress(cli *c)
{
    nd_set_cancel(c->ctx, cancel, NULL);
    last_shown = nd_seconds(); /* short runs show nothing */
    if (!c->args.quiet && isatty(STDERR_FILENO)) nd_set_progress(c->ctx, show, NULL);
}
