/* Step lengths along a descent direction. */
#ifndef ND_OPT_LINESEARCH_H
#define ND_OPT_LINESEARCH_H

#include "opt/run.h"

typedef enum {
    ND_SEARCH_WOLFE,    /* run->trial satisfies the conditions                   */
    ND_SEARCH_DECREASE, /* they failed, but run->best is lower: settled for it   */
    ND_SEARCH_ROUNDING, /* nothing lower, and nothing lower to be expected       */
    ND_SEARCH_NONE,     /* nothing lower although the gradient promises it       */
} nd_search;

/* Looks for a step a > 0 from run->here along d, slope = g'd < 0, first try at
 * a = first.  *stop is set when a limit interrupts it.  WOLFE: the iterate has not
 * moved yet, run->trial is the new point; *step is its a. */
nd_status nd_line_search(nd_run *run, const double *d, double slope, double first, double *step,
                         nd_search *result, nd_stop *stop);

#endif
