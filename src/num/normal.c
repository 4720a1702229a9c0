/* Standard normal deviates by Marsaglia's polar method (Marsaglia and Bray, SIAM
 * Review 6, 1964): (u, v) uniform in the unit disc, s = u^2 + v^2, then
 * u sqrt(-2 log s / s) is normal.  log is ours and sqrt is correctly rounded, so the
 * bits are the same everywhere.  The second deviate v sqrt(..) is not kept: a value
 * then depends on the counter alone. */
#include <math.h>

#include <nadir/num.h>

double nd_rng_normal(nd_rng *r)
{
    for (;;) {
        double u = 2.0 * nd_rng_uniform(r) - 1.0;
        double v = 2.0 * nd_rng_uniform(r) - 1.0;
        double s = u * u + v * v;

        if (s > 0.0 && s < 1.0) return u * sqrt(-2.0 * nd_log(s) / s);
    }
}
