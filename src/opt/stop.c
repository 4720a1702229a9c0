/* Names of the stop reasons, and the settings of the optimisers. */
#include <nadir/opt.h>

#include <float.h>
#include <limits.h>
#include <math.h>

static const struct {
    const char *name, *sentence;
} stops[ND_STOPS] = {
    [ND_STOP_NONE] = {"none", "it has not stopped"},
    [ND_STOP_GRADIENT] = {"gradient", "the gradient is below its tolerance"},
    [ND_STOP_SECOND_ORDER] = {"second-order", "the gradient is below its tolerance and the Hessian "
                                              "has no eigenvalue below minus its tolerance"},
    [ND_STOP_ROUNDING] = {"rounding", "no decrease is left that double precision can represent"},
    [ND_STOP_TARGET] = {"target", "the value or the property asked for is reached"},
    [ND_STOP_ITERATIONS] = {"iterations", "the limit of iterations is reached"},
    [ND_STOP_EVALUATIONS] = {"evaluations", "the limit of evaluations is reached"},
    [ND_STOP_TIME] = {"time", "the time is over"},
    [ND_STOP_DIVERGED] = {"diverged", "the parameters grow beyond the limit while the value falls: "
                                      "the infimum may be at infinity"},
    [ND_STOP_NOT_FINITE] = {"not-finite", "the function or a derivative is not finite there"},
    [ND_STOP_LINE_SEARCH] = {"line-search", "no step decreases the value although the gradient is "
                                            "not small: a kink, or a wrong gradient"},
    [ND_STOP_CANCEL] = {"cancel", "it was interrupted"},
};

const char *nd_stop_name(nd_stop s)
{
    return (unsigned)s < ND_STOPS ? stops[s].name : "?";
}

const char *nd_stop_sentence(nd_stop s)
{
    return (unsigned)s < ND_STOPS ? stops[s].sentence : "?";
}

#define REAL(member, preset, lo, hi, help)                                                         \
    {                                                                                              \
#member, ND_REAL, offsetof(nd_opt_settings, member), preset, lo, hi, NULL, help            \
    }
#define LONG(member, preset, lo, hi, help)                                                         \
    {                                                                                              \
#member, ND_LONG, offsetof(nd_opt_settings, member), preset, lo, hi, NULL, help            \
    }

const nd_setting nd_opt_table[] = {
    REAL(grad_tol, 1e-9, 0.0, INFINITY, "stop when the gradient's norm is at most this"),
    REAL(curv_tol, 1e-9, 0.0, INFINITY, "Newton: eigenvalues above minus this count as convex"),
    REAL(step_tol, 1e-3, 0.0, INFINITY,
         "Newton: a point is reached when the remaining step is at most this times 1 + |x|"),
    REAL(target, -INFINITY, -INFINITY, INFINITY, "stop when the value is at most this"),
    REAL(x_max, 1e8, 0.0, INFINITY, "give up when the parameters' norm exceeds this"),
    REAL(time, INFINITY, 0.0, INFINITY, "seconds"),
    LONG(iterations, 10000, 0, 1e15, "steps"),
    LONG(evaluations, 1e9, 1, 1e15, "evaluations of value and gradient"),
    LONG(memory, 40, 1, 1000, "L-BFGS: pairs kept"),
    LONG(dense_max, 2500, 0, 20000, "Newton: largest number of parameters with a dense Hessian"),
    LONG(polish, 3, 0, 100, "Newton: more steps after the tolerance while the gradient halves"),
    {"quiet", ND_BOOL, offsetof(nd_opt_settings, quiet), 0.0, 0.0, 1.0, NULL, "no progress events"},
    {NULL, ND_BOOL, 0, 0.0, 0.0, 0.0, NULL, NULL},
};

void nd_opt_init(nd_opt_settings *s)
{
    *s = (nd_opt_settings){.test = NULL, .test_user = NULL};
    nd_settings_init(nd_opt_table, s);
}
