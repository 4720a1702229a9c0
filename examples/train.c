/* The library in forty lines: train on arrays, read the verdict, use the network. */
#include <nadir/nadir.h>
#include <stdio.h>

/* XOR: no linear classifier gets more than three of these right. */
static const double X[] = {0, 0, 0, 1, 1, 0, 1, 1};
static const double Y[] = {-1, 1, 1, -1};

static nd_status demo(nd_ctx *ctx, nd_table **data, nd_net **net, nd_train_result **run)
{
    nd_train_settings settings;
    nd_status status;
    nd_loss loss;
    double f[4];

    nd_train_init(&settings);
    if ((status = nd_table_from_arrays(ctx, 4, 2, X, Y, data)) != ND_OK) return status;
    if ((status = nd_net_parse(ctx, "softplus:4", 2, net)) != ND_OK) return status;
    if ((status = nd_loss_parse(ctx, "polyhinge:3", &loss)) != ND_OK) return status;
    if ((status = nd_train(ctx, *net, *data, loss, 0.0, &settings, NULL, run)) != ND_OK)
        return status;

    const nd_verdict *v = &(*run)->verdict;
    printf("%s (%s): loss %g, %zu errors\n", nd_verdict_name(v->kind),
           v->proved == ND_PROVED ? "proved" : "numerical", v->loss, v->errors);

    status = nd_net_outputs(ctx, (*run)->net, *data, (*run)->theta, f);
    for (int i = 0; status == ND_OK && i < 4; i++)
        printf("f(%g, %g) = %+.3f\n", X[2 * i], X[2 * i + 1], f[i]);
    return status;
}

int main(void)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_table *data = NULL;
    nd_net *net = NULL;
    nd_train_result *run = NULL;

    if (!ctx) return 1;
    nd_status status = demo(ctx, &data, &net, &run);
    if (status != ND_OK) fprintf(stderr, "%s\n", nd_errmsg(ctx));
    nd_train_result_destroy(ctx, run);
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, data);
    nd_ctx_destroy(ctx);
    return status == ND_OK ? 0 : 1;
}
