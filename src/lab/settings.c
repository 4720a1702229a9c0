/* The settings of training, and the names of the verdicts. */
#include <nadir/lab.h>

#include <math.h>

#define AT(member) offsetof(nd_train_settings, member)

const nd_setting nd_train_table[] = {
    {"starts", ND_LONG, AT(starts), 1, 1, 1e9, NULL, "random starts; the best end is kept"},
    {"scale", ND_REAL, AT(scale), 1, 0, 1e3, NULL, "size of the random start"},
    {"seed", ND_LONG, AT(seed), 1, 0, 9e15, NULL, "seed of everything random"},
    {"grow", ND_BOOL, AT(grow), 0, 0, 1, NULL,
     "add neurons found by the potential G while there are errors"},
    {"grow_max", ND_LONG, AT(grow_max), 1024, 1, 1e6, NULL, "most neurons that growth may reach"},
    {"time", ND_REAL, AT(time), INFINITY, 0, INFINITY, NULL,
     "seconds for training; the verdict takes up to as long again, or a second"},
    {"iterations", ND_LONG, AT(iterations), 20000, 0, 1e15, NULL, "steps of each L-BFGS run"},
    {"grad_tol", ND_REAL, AT(grad_tol), 1e-9, 0, INFINITY, NULL,
     "L-BFGS stops when |gradient| is at most this"},
    {"newton", ND_BOOL, AT(newton), 1, 0, 1, NULL, "go on to a second-order point with Newton"},
    {"rescale", ND_BOOL, AT(rescale), 1, 0, 1, NULL,
     "scale the output layer to loss 0 once all margins are positive"},
    {"escapes", ND_LONG, AT(escapes), 10, 0, 1e6, NULL,
     "attempts at leaving a stuck point by an idle neuron"},
    {"weight_pos", ND_REAL, AT(weight_pos), 1, 1e-12, 1e12, NULL,
     "weight of the positive samples in the loss"},
    {NULL, ND_BOOL, 0, 0, 0, 0, NULL, NULL},
};

void nd_train_init(nd_train_settings *s)
{
    *s = (nd_train_settings){.follow = NULL, .follow_user = NULL};
    nd_settings_init(nd_train_table, s);
}

const char *nd_verdict_name(nd_verdict_kind k)
{
    static const char *const names[] = {
        [ND_UNDECIDED] = "undecided",
        [ND_GLOBAL_MINIMUM] = "global-minimum",
        [ND_LOCAL_MINIMUM] = "local-minimum",
        [ND_SADDLE] = "saddle",
        [ND_VALLEY] = "valley",
    };

    return (unsigned)k < sizeof names / sizeof *names ? names[k] : "?";
}
