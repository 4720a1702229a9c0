/* The counterexamples: each drops one condition of one theorem (docs/theory.md), keeps the
 * rest, and has a finite local minimum with training errors. */
#include <nadir/gallery.h>

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define DATA(d_, array)                                                                            \
    .d = (d_), .m = sizeof(array) / sizeof *(array) / ((d_) + 2), .rows = (array)

/* ---- data: count, label, x ------------------------------------------------------------ */

static const double corners[] = {1, 1, 1, 1, 1, 1, -1, -1, 1, -1, 1, -1, 1, -1, -1, 1};
static const double uneven[] = {2, 1, 1, 1, 1, 1, -1, -1, 1, -1, 1, -1, 1, -1, -1, 1};
static const double line[] = {1, -1, -2, 1, -1, -1, 1, 1, 1, 1, 1, 2, 1, 1, 3};
static const double two[] = {1, 1, 1, 1, -1, -1};
static const double between[] = {1, 1, -1, 1, -1, 0, 1, 1, 1};
static const double lifted[] = {1, 1, -1, 1, 1, -1, 0, 0, 1, 1, 1, 1};
static const double ten[] = {1, 1,  .3,   0,   2, 1,  -1.3, 0,   1, 1,  -.3, 0,
                             1, 1,  -2.3, 0,   1, 1,  5.3,  0,   1, -1, 0,   1.9,
                             1, -1, 0,    -.1, 1, -1, 0,    1.5, 1, -1, 0,   2.5};
static const double exponential[] = {1, -1, -3, 1, -1, -2, 1, -1, -1, 1, -1, -.5,
                                     1, 1,  .2, 1, 1,  .4, 1, 1,  .6, 1, 1,  12};
static const double deep[] = {3, 1,  -1.05, 1,     4, 1,  -1.49, 1,  2, 1,  -2.52, 1,
                              1, 1,  -3.25, 1,     1, 1,  -4.86, 1,  7, 1,  .45,   1,
                              3, 1,  .87,   1,     4, 1,  2.35,  1,  1, 1,  4.48,  1.01,
                              2, -1, -1.49, -.99,  2, -1, -2.88, -1, 1, -1, -3.35, -1,
                              3, -1, -5,    -1,    1, -1, .18,   -1, 1, -1, 1.6,   -1.01,
                              1, -1, 1.82,  -1.01, 2, -1, 3.81,  -1, 3, -1, 4.39,  -1};
static const double odd[] = {1, 1, 1, 1, 1, 2, 1, 1, -3, 1, -1, -1, 1, -1, -2, 1, -1, 3};
static const double prouhet[] = {1, 1,  0, 1, 1,  3, 1, 1,  5, 1, 1,  6,
                                 1, -1, 1, 1, -1, 2, 1, -1, 4, 1, -1, 7};
static const double crossed[] = {1,    1,   .5, .2,  0, 1,    1,  -.8, -.1, 0,  1,   1,  2,
                                 3.4,  0,   1,  1,   2, -6.2, 0,  1,   1,   -3, .75, 0,  1,
                                 -1,   -.5, 0,  -.2, 1, -1,   .8, 0,   .1,  1,  -1,  -2, 0,
                                 -3.4, 1,   -1, -2,  0, 6.2,  1,  -1,  3,   0,  -.75};
static const double both[] = {1, 1, -1, 1, -1, -1, 1, 1, 1, 1, -1, 1};
static const double told[] = {1, -1, -1, 1, 1, 1};
static const double rare[] = {1, 1, -1, 4, -1, 1};

/* ---- points ------------------------------------------------------------------------------ */

/* The only hidden layer of a shallow net. */
typedef struct {
    size_t M, d;
    double *W, *b, *a, *a0; /* b NULL without biases */
} shallow;

static shallow parts(const nd_net *net, double *theta)
{
    const nd_layer *l = &net->term[0].layer[0];

    memset(theta, 0, net->P * sizeof *theta);
    return (shallow){.M = l->width,
                     .d = l->in,
                     .W = theta + l->W,
                     .b = l->bias ? theta + l->b : NULL,
                     .a = theta + net->term[0].a,
                     .a0 = theta + net->a0};
}

/* s(z) of the only hidden layer. */
static double activate(const nd_net *net, double z)
{
    double s;

    net->term[0].layer[0].act->jet(1, &z, 0, (double *const[]){&s});
    return s;
}

/* Preactivations below -7 on the data; a_0 = 5 - 2 sqrt 6 solves 3 (1 - v)^2 = 2 (1 + v)^2. */
static void place_dead(const nd_net *net, double *theta)
{
    shallow s = parts(net, theta);

    for (size_t j = 0; j < s.M; j++) {
        s.W[j] = 1.0;
        s.b[j] = -10.0 - (double)j;
        s.a[j] = j % 2 ? -1.0 : 1.0;
    }
    *s.a0 = 0.10102051443364381;
}

/* f = t (1 + x_1 + x_2) by the first neuron; the others have weights that cancel.  Every
 * preactivation is at least 2. */
static void place_linear(const nd_net *net, double *theta)
{
    const double t = 0.07900857355927175;
    shallow s = parts(net, theta);

    *s.a0 = t;
    for (size_t j = 0; j < s.M; j++) {
        size_t partner = j % 2 ? j + 1 : j - 1;

        s.W[2 * j] = s.W[2 * j + 1] = j == 0 ? t : partner < s.M ? 0.5 : 0.0;
        s.b[j] = 3.0;
        s.a[j] = j == 0 || j % 2 ? 1.0 : -1.0;
        *s.a0 -= s.a[j] * s.b[j];
    }
}

/* All outputs are a_0 = 0: weights that do nothing yet. */
static void place_idle(const nd_net *net, double *theta)
{
    shallow s = parts(net, theta);

    for (size_t j = 0; j < s.M; j++)
        for (size_t k = 0; k < s.d; k++) s.W[j * s.d + k] = 1.0 + (double)j;
}

/* f = 3 - 2 sqrt 2 from constant neurons with a_j = -1/M. */
static void place_between(const nd_net *net, double *theta)
{
    shallow s = parts(net, theta);

    *s.a0 = 0.17157287525380990;
    for (size_t j = 0; j < s.M; j++) {
        s.b[j] = 0.5 * (double)(j % 5) - 1.0;
        s.a[j] = -1.0 / (double)s.M;
        *s.a0 -= s.a[j] * activate(net, s.b[j]);
    }
}

/* f = 0 from w = 0, b = 0 (S = s'(0) = 1/2) and a = 1 > (1 - S)/(2 S) = 1/2. */
static void place_few(const nd_net *net, double *theta)
{
    shallow s = parts(net, theta);

    s.a[0] = 1.0;
    *s.a0 = -activate(net, 0.0);
}

#define POINT(name, ...)                                                                           \
    static void place_##name(const nd_net *net, double *theta)                                     \
    {                                                                                              \
        static const double x[] = {__VA_ARGS__};                                                   \
                                                                                                   \
        memcpy(theta, x, net->P * sizeof *x);                                                      \
    }

POINT(ten, -2.35070696, -2.2500707, .53430965, .31754396, -.22510478)
POINT(square_loss, -.31161771272198720, -1.0746548447771854, 1.2924941454987345)
POINT(ridge, .35344519152390674, .06583034637225484, -.36537313471822985, -.0326834662270418)
POINT(deep, .5782937052864705, -.0018900667687564, .7973545189834755, 1.7012339037895742,
      -4.1162255189210526, -.1964219849104412, 3.6981737301203149, -.2577060238817027,
      -.3722023059173395, 1.0933430088581279)

/* Copies of one neuron whose output weights add up. */
static void place_crossed(const nd_net *net, double *theta)
{
    shallow s = parts(net, theta);

    for (size_t j = 0; j < s.M; j++) {
        s.W[3 * j] = 1.188357449898873147;
        s.W[3 * j + 1] = s.W[3 * j + 2] = 6.64134026836638e-4;
        s.a[j] = .1019703509666280 / (double)s.M;
    }
}

/* ---- the table ----------------------------------------------------------------------------- */

static const nd_exhibit table[] = {
    {.name = "dead-relu",
     .summary = "dead neurons: the loss is flat around them",
     .drops = ND_NEEDS_INCREASING,
     .theorem = "1-local",
     .also = "relu is not C^1 either; max(0, z)^3 is, and dies in the same way",
     .of = {.net = "relu:%ld", .loss = "polyhinge:3", DATA(1, line)},
     .width = {4, 1, 16},
     .point =
         "w_j = 1, b_j = -10 - j (every preactivation negative), a_j = +-1, a_0 = 5 - 2 sqrt 6",
     .proof = "Near the point every neuron outputs 0 on all samples, so L depends on a_0 alone. "
              "a_0 minimises the convex 2/5 l(a_0) + 3/5 l(-a_0).",
     .kind = "flat",
     .loss = 0.969796939,
     .error_rate = 0.4,
     .place = place_dead,
     .repair = "neurons that cannot die: softplus instead of relu",
     .repaired = {.net = "softplus:%ld", .loss = "polyhinge:3"}},
    {.name = "linear-leaky",
     .summary = "where all neurons are affine the net is a linear classifier, and stuck as one",
     .drops = ND_NEEDS_CONVEX,
     .theorem = "corollary",
     .also = "leakyrelu is not analytic either; s(z) = z is, and fails in the same way",
     .of = {.net = "leakyrelu:%ld", .loss = "polyhinge:3", DATA(2, uneven)},
     .width = {4, 3, 16},
     .point = "every preactivation positive, f = t (1 + x_1 + x_2) with t = .0790085735592718",
     .proof =
         "Near the point every neuron is affine on the samples, so f is affine in x. f is the best "
         "affine function there is for this convex loss.",
     .kind = "region",
     .loss = 0.93140760145153149,
     .error_rate = 0.6,
     .place = place_linear,
     .repair = "strictly convex neurons: softplus instead of leakyrelu",
     .repaired = {.net = "softplus:%ld", .loss = "polyhinge:3"}},
    {.name = "even-square",
     .summary = "even neurons cannot tell x from -x",
     .drops = ND_NEEDS_INCREASING,
     .theorem = "1",
     .also = "",
     .of = {.net = "square:%ld:nobias", .loss = "polyhinge:3", DATA(1, two)},
     .width = {4, 1, 16},
     .point = "a_j = 0, a_0 = 0, any w_j",
     .proof = "f(1) = f(-1) for all parameters, so l(-f) + l(f) >= 2 l(0) (l is convex) and L >= 1 "
              "everywhere. At the point L = 1.",
     .kind = "balance",
     .loss = 1.0,
     .error_rate = 0.5,
     .place = place_idle,
     .repair = "increasing neurons: softplus instead of square",
     .repaired = {.net = "softplus:%ld:nobias", .loss = "polyhinge:3"}},
    {.name = "between",
     .summary = "a sample between two of the other class is given up, by any number of neurons",
     .drops = ND_NEEDS_SUBSPACE_MINUS,
     .theorem = "corollary",
     .also = "in one dimension with biases each class spans everything: both subspace conditions "
             "fail together",
     .of = {.net = "softplus:%ld", .loss = "polyhinge:3", DATA(1, between)},
     .width = {1, 4, 16},
     .point = "w_j = 0, any b_j, a_j = -1/M, a_0 so that f = 3 - 2 sqrt 2",
     .proof =
         "With all a_j < 0, which stays so near the point, f is concave, so f(0) >= m = (f(-1) + "
         "f(1))/2. Hence L >= (2 l(-m) + l(m))/3, whose minimum over m is L at the point.",
     .kind = "constant-neuron",
     .loss = 0.915055,
     .error_rate = 1.0 / 3.0,
     .place = place_between,
     .repair = "not neurons but data: with the feature x^2 added the classes are separable",
     .repaired = {.net = "softplus:%ld", .loss = "polyhinge:3", DATA(2, lifted)}},
    {.name = "few-neurons",
     .summary = "one neuron too few: it turns constant",
     .drops = ND_NEEDS_NEURONS,
     .theorem = "corollary",
     .also = "",
     .of = {.net = "softplus:1", .loss = "polyhinge:3", DATA(2, corners)},
     .width = {0},
     .point = "w = 0, b = 0, a = 1, a_0 = -log 2: f = 0",
     .proof =
         "For (a, b) near the point L is constant along w = 0, a_0 = -a s(b), and critical in (w, "
         "a_0). There the second derivative in (w, a_0) is positive definite, because a > (1 - "
         "S)/(2 S), S = s'(b).",
     .kind = "constant-neuron",
     .loss = 1.0,
     .error_rate = 0.5,
     .place = place_few,
     .repair = "more neurons: 3 instead of 1",
     .repaired = {.net = "softplus:3", .loss = "polyhinge:3"}},
    {.name = "few-neurons-strict",
     .summary = "one neuron too few: an isolated bad minimum",
     .drops = ND_NEEDS_NEURONS,
     .theorem = "corollary",
     .also = "",
     .of = {.net = "softplus:1", .loss = "polyhinge:3", DATA(2, ten)},
     .width = {0},
     .point = "w = (-2.35070696, -2.2500707), b = .53430965, a = .31754396, a_0 = -.22510478",
     .proof = "The gradient vanishes within the radius of the certificate. The Hessian is positive "
              "definite there.",
     .kind = "strict",
     .loss = 0.62782105,
     .error_rate = 0.3,
     .place = place_ten,
     .repair = "more neurons: 8 instead of 1",
     .repaired = {.net = "softplus:8", .loss = "polyhinge:3"}},
    {.name = "square-loss",
     .summary = "a loss that pulls at samples that are right, too",
     .drops = ND_NEEDS_HINGE_TAIL,
     .theorem = "1",
     .also = "",
     .of = {.net = "exp:1:nobias", .loss = "square", DATA(1, exponential)},
     .width = {0},
     .point = "w = -.311617712721987, a = -1.074654844777185, a_0 = 1.292494145498735",
     .proof = "The gradient vanishes within the radius of the certificate. The Hessian is positive "
              "definite there (eigenvalues .134, 2.56, 26.4).",
     .kind = "strict",
     .loss = 0.42634876924817204,
     .error_rate = 0.125,
     .place = place_square_loss,
     .repair = "a smooth hinge: polyhinge:3 instead of square",
     .repaired = {.net = "exp:1:nobias", .loss = "polyhinge:3"}},
    {.name = "no-shortcut",
     .summary = "a deep net without the single-layer part",
     .drops = ND_NEEDS_SHORTCUT,
     .theorem = "1",
     .also = "",
     .of = {.net = "softplus:1,softplus:2", .loss = "polyhinge:3", DATA(2, deep)},
     .width = {0},
     .point =
         "ten numbers, near w = (.578, -.0019), b = .797, v = (1.70, -4.12), c = (-.196, 3.70), "
         "a = (-.258, -.372), a_0 = 1.093",
     .proof = "The gradient vanishes within the radius of the certificate. The Hessian is positive "
              "definite there, by little: lambda_min = 1.26e-6.",
     .kind = "strict",
     .loss = 0.7427385906,
     .error_rate = 8.0 / 42.0,
     .place = place_deep,
     .repair = "a shortcut: one softplus neuron beside the deep net",
     .repaired = {.net = "softplus:1,softplus:2+softplus:1", .loss = "polyhinge:3"}},
    {.name = "no-bias",
     .summary = "without biases the outputs can cancel whatever the weights",
     .drops = ND_NEEDS_BIASES,
     .theorem = "2",
     .also = "",
     .of = {.net = "softplus:%ld:nobias", .loss = "polyhinge:3", DATA(1, odd)},
     .width = {4, 1, 16},
     .point = "a_j = 0, a_0 = 0, any w_j",
     .proof = "s(z) - s(-z) = z and 1 + 2 - 3 = 0, so sum_i y_i f(x_i) = 0 for all parameters. "
              "By convexity of l this gives L >= l(0) = 1 everywhere, with equality at f = 0.",
     .kind = "balance",
     .loss = 1.0,
     .error_rate = 0.5,
     .place = place_idle,
     .repair = "biases",
     .repaired = {.net = "softplus:8", .loss = "polyhinge:3"}},
    {.name = "polynomial",
     .summary = "polynomial neurons: at any width the net is a quadratic",
     .drops = ND_NEEDS_NOT_POLYNOMIAL,
     .theorem = "2",
     .also = "",
     .of = {.net = "square:%ld", .loss = "polyhinge:3", DATA(1, prouhet)},
     .width = {4, 1, 16},
     .point = "a_j = 0, a_0 = 0, any w_j and b_j",
     .proof =
         "f is a quadratic in x, and the classes have equal sums of 1, x and x^2 (Prouhet), so "
         "sum_i y_i f(x_i) = 0 for all parameters. By convexity of l this gives L >= 1 "
         "everywhere, with equality at f = 0.",
     .kind = "balance",
     .loss = 1.0,
     .error_rate = 0.5,
     .place = place_idle,
     .repair = "neurons that are no polynomials: softplus instead of square",
     .repaired = {.net = "softplus:8", .loss = "polyhinge:3"}},
    {.name = "not-convex",
     .summary = "neurons with an inflection point: one stuck neuron gives every width",
     .drops = ND_NEEDS_CONVEX,
     .theorem = "corollary",
     .also = "",
     .of = {.net = "tanh:%ld", .loss = "polyhinge:3", DATA(3, crossed)},
     .width = {9, 1, 16},
     .point =
         "w_j = (1.188357449898873, 6.64134026836638e-4, 6.64134026836638e-4), b_j = 0, sum a_j = "
         ".101970350966628, a_0 = 0",
     .proof = "L is convex in f, so near the point L - L* >= sum_j a_j G(w_j, b_j). G has a strict "
              "local minimum of value 0 at the neurons, and all a_j > 0.",
     .kind = "dual",
     .loss = 0.9768132217,
     .error_rate = 0.4,
     .place = place_crossed,
     .repair = "strictly convex neurons: softplus instead of tanh",
     .repaired = {.net = "softplus:9", .loss = "polyhinge:3"}},
    {.name = "inconsistent",
     .summary = "equal samples with both labels",
     .drops = ND_NEEDS_CONSISTENT,
     .theorem = "2",
     .also = "",
     .of = {.net = "softplus:%ld", .loss = "polyhinge:3", DATA(1, both)},
     .width = {4, 1, 16},
     .point = "a_j = 0, a_0 = 0, any w_j and b_j",
     .proof = "Every classifier gives equal samples one answer, so sum_i y_i f(x_i) = 0 for all "
              "parameters. By convexity of l this gives L >= 1 everywhere, with equality at f = 0.",
     .kind = "balance",
     .loss = 1.0,
     .error_rate = 0.5,
     .place = place_idle,
     .repair = "one label for each point",
     .repaired = {.net = "softplus:%ld", .loss = "polyhinge:3", DATA(1, told)}},
    {.name = "ridge",
     .summary = "a ridge so strong that only the majority counts",
     .drops = ND_NEEDS_NO_RIDGE,
     .theorem = "1",
     .also = "",
     .of = {.net = "softplus:1", .loss = "polyhinge:3", .l2 = 1.0, DATA(1, rare)},
     .width = {0},
     .point = "w = .353445, b = .065830, a = -.365373, a_0 = -.032683",
     .proof = "The gradient vanishes within the radius of the certificate. The Hessian is positive "
              "definite there.",
     .kind = "strict",
     .loss = 0.710179,
     .error_rate = 0.2,
     .place = place_ridge,
     .repair = "no ridge: lambda = 0",
     .repaired = {.net = "softplus:1", .loss = "polyhinge:3"}},
};

const nd_exhibit *nd_exhibit_table(size_t *rows)
{
    *rows = sizeof table / sizeof *table;
    return table;
}

nd_status nd_exhibit_find(nd_ctx *ctx, const char *name, const nd_exhibit **out)
{
    const char *names[sizeof table / sizeof *table], *near;
    size_t rows = sizeof table / sizeof *table;

    for (size_t k = 0; k < rows; k++) {
        names[k] = table[k].name;
        if (strcmp(name, names[k]) == 0) {
            *out = &table[k];
            return ND_OK;
        }
    }
    near = nd_text_closest(name, names, rows);
    return nd_fail(ctx, ND_ENAME, "no counterexample '%.40s'%s%s%s", name,
                   near ? "; did you mean '" : ": 'nadir gallery' lists them", near ? near : "",
                   near ? "'?" : "");
}
