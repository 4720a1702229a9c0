/* train --trace: keeps the way of a training run and writes it. */
#include "cli/cli.h"

#include <string.h>

/* When neurons are added the parameters are others, and the trace begins anew. */
static void see(void *user, const nd_net *net, double loss, const double *theta)
{
    cli_way *w = user;

    if (w->status != ND_OK) return;
    if (w->trace && strcmp(w->trace->net, net->spec) != 0) {
        nd_trace_destroy(w->ctx, w->trace);
        w->trace = NULL;
    }
    if (!w->trace) w->status = nd_trace_create(w->ctx, net, &w->trace);
    if (w->status == ND_OK) nd_trace_add(w->trace, loss, theta);
}

nd_status cli_way_begin(cli *c, cli_way *w, const char *file)
{
    *w = (cli_way){.ctx = c->ctx, .file = file};
    if (!file) return ND_OK;
    if (c->args.train.starts > 1)
        return nd_fail(c->ctx, ND_EINPUT,
                       "--trace keeps the way of one start: not with --starts %ld",
                       c->args.train.starts);
    return cli_check_output(c->ctx, file, c->args.operand[0], c->args.warm);
}

void cli_way_follow(cli *c, cli_way *w)
{
    if (!w->file) return;
    c->args.train.follow = see;
    c->args.train.follow_user = w;
}

nd_status cli_way_save(cli *c, const cli_way *w)
{
    if (!w->file) return ND_OK;
    if (w->status != ND_OK) return w->status;
    if (!w->trace) return nd_fail(c->ctx, ND_EINPUT, "--trace: the run took no step");
    nd_status status = nd_trace_save(c->ctx, w->trace, w->file);
    if (status != ND_OK) return status;
    cli_line(c, "trace", "%s: %zu of %llu points of the way", w->file, w->trace->count,
             (unsigned long long)w->trace->given);
    json_t *j = cli_section(c, "trace");
    cli_put_text(c, j, "file", w->file);
    cli_put_count(c, j, "points", w->trace->count);
    cli_put_count(c, j, "steps", (size_t)w->trace->given);
    return ND_OK;
}

void cli_way_end(cli_way *w)
{
    if (w->ctx) nd_trace_destroy(w->ctx, w->trace);
}
