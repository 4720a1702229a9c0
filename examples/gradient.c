/* The loss surface at a point of your own: value, gradient and one curvature v'Hv.
 *
 *     gradient DATA NET        e.g.  gradient gen:moons softplus:3+linear */
#include <math.h>
#include <nadir/nadir.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    nd_table *data;
    nd_net *net;
    nd_work *work;
    double *theta, *g, *Hg;
} job;

static nd_status show(nd_ctx *ctx, const char *source, const char *spec, job *j)
{
    nd_status status;
    nd_loss loss;
    nd_problem problem;
    double L, gg = 0, gHg = 0;

    if ((status = nd_table_read(ctx, source, NULL, &j->data)) != ND_OK) return status;
    if ((status = nd_net_parse(ctx, spec, j->data->d, &j->net)) != ND_OK) return status;
    if ((status = nd_loss_parse(ctx, "logistic", &loss)) != ND_OK) return status;
    if ((status = nd_problem_make(ctx, j->net, j->data, loss, 0.01, &problem)) != ND_OK)
        return status;
    if ((status = nd_work_create(ctx, &problem, &j->work)) != ND_OK) return status;

    size_t P = j->net->P;
    j->theta = malloc(3 * P * sizeof(double));
    if (!j->theta) return ND_EMEM;
    j->g = j->theta + P;
    j->Hg = j->g + P;
    nd_net_start(j->net, 1, 0, 1.0, j->theta);
    if ((status = nd_problem_grad(ctx, &problem, j->theta, j->work, &L, j->g)) != ND_OK)
        return status;
    status = nd_problem_hv(ctx, &problem, j->theta, j->g, j->work, j->Hg);
    for (size_t k = 0; k < P; k++) {
        gg += j->g[k] * j->g[k];
        gHg += j->g[k] * j->Hg[k];
    }
    printf("%zu parameters, loss %.6g, |grad| %.6g, curvature along it %.6g\n", P, L, sqrt(gg),
           gHg / gg);
    return status;
}

int main(int argc, char **argv)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    job j = {0};

    if (!ctx || argc != 3) {
        fputs("usage: gradient DATA NET\n", stderr);
        nd_ctx_destroy(ctx);
        return 1;
    }
    nd_status status = show(ctx, argv[1], argv[2], &j);
    if (status != ND_OK) fprintf(stderr, "%s\n", nd_errmsg(ctx));
    free(j.theta);
    nd_work_destroy(ctx, j.work);
    nd_net_destroy(ctx, j.net);
    nd_table_destroy(ctx, j.data);
    nd_ctx_destroy(ctx);
    return status == ND_OK ? 0 : 1;
}
