/* Classical functions with exact first and second derivatives, as oracles that count
 * and that can be told to fail, for the tests of the optimisers. */
#ifndef ND_TESTS_OPT_FUNCTIONS_H
#define ND_TESTS_OPT_FUNCTIONS_H

#include <nadir/opt.h>

/* Returns f; fills g (n) and H (n x n) unless NULL. */
typedef double (*test_function)(size_t n, const double *x, double *g, double *H);

double rosenbrock(size_t n, const double *x, double *g, double *H);
double beale(size_t n, const double *x, double *g, double *H);           /* min 0 at (3, 1/2) */
double powell(size_t n, const double *x, double *g, double *H);          /* n = 4; singular   */
double ill_quadratic(size_t n, const double *x, double *g, double *H);   /* 1 .. 1e10         */
double monkey(size_t n, const double *x, double *g, double *H);          /* x^3 - 3 x y^2     */
double cubic(size_t n, const double *x, double *g, double *H);           /* x^3 + y^2         */
double saddle(size_t n, const double *x, double *g, double *H);          /* x^2 - y^2 + y^4   */
double exp_valley(size_t n, const double *x, double *g, double *H);      /* e^-x + y^2        */
double high_valley(size_t n, const double *x, double *g, double *H);     /* 1 + e^-x + y^2    */
double rational_valley(size_t n, const double *x, double *g, double *H); /* 1/(1+x^2) + y^2 */
double domain(size_t n, const double *x, double *g, double *H); /* log, sqrt; (1, 2^(2/3)) */
double power(size_t n, const double *x, double *g, double *H);  /* sum |x_i|^1.5     */
double kink(size_t n, const double *x, double *g, double *H);   /* 1 + |x|: not C^1  */
double wrong_gradient(size_t n, const double *x, double *g, double *H);
double flat_hinge2(size_t n, const double *x, double *g, double *H); /* sum max(0, 1 - t.x)^2 */
double flat_hinge3(size_t n, const double *x, double *g, double *H); /*               ... ^3 */
double dead(size_t n, const double *x, double *g, double *H);        /* only x_0, x_1 matter */

typedef struct {
    test_function f;
    size_t n;
    long grads, fail_at; /* the call number fail_at (from 1) fails */
    nd_status fail;
    double lowest; /* smallest finite f given out */
    double scratch[128 * 128];
} test_self;

void test_self_init(test_self *s, test_function f, size_t n);
/* hv by H v; with dense also the dense H. */
nd_oracle test_oracle(test_self *s, bool dense);

#endif
