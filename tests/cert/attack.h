/* Random points around one that is said to be a local minimum. */
#ifndef ND_TESTS_CERT_ATTACK_H
#define ND_TESTS_CERT_ATTACK_H

#include "cert/kinds_support.h"

/* The largest L(theta) - L(y) over points y at the given distance, relative to L(theta). */
static inline double attack(place *s, double radius, size_t points, uint64_t seed)
{
    nd_rng rng = nd_rng_make(seed, 17);
    size_t P = s->net->P;
    double *y = malloc(P * sizeof *y), *u = malloc(P * sizeof *u), best = -INFINITY, start, L;

    assert_int_equal(nd_problem_value(s->ctx, &s->pb, s->theta, s->work, &start), ND_OK);
    for (size_t k = 0; k < points; k++) {
        double norm = 0.0;

        for (size_t i = 0; i < P; i++) {
            u[i] = nd_rng_normal(&rng);
            norm += u[i] * u[i];
        }
        for (size_t i = 0; i < P; i++) y[i] = s->theta[i] + radius * u[i] / sqrt(norm);
        assert_int_equal(nd_problem_value(s->ctx, &s->pb, y, s->work, &L), ND_OK);
        best = fmax(best, (start - L) / start);
    }
    free(y);
    free(u);
    return best;
}

/* None of 5 each points is lower, but for rounding. */
static inline void withstand_points(place *s, size_t each)
{
    const double radius[] = {3e-3, 1e-3, 1e-4, 1e-5, 1e-6};

    for (uint64_t k = 0; k < 5; k++) {
        double lower = attack(s, radius[k], each, k);

        if (lower > 1e-14) fail_msg("a point at distance %g is lower by %g", radius[k], lower);
    }
}

/* The whole attack, 100,000 points, and a short one. */
static inline void withstand(place *s)
{
    withstand_points(s, 20000);
}
static inline void withstand_some(place *s)
{
    withstand_points(s, 2000);
}

/* The same along one coordinate, both ways. */
static inline double attack_along(place *s, double radius, size_t k)
{
    double start, L, old = s->theta[k], best = -INFINITY;

    assert_int_equal(nd_problem_value(s->ctx, &s->pb, s->theta, s->work, &start), ND_OK);
    for (int way = -1; way <= 1; way += 2) {
        s->theta[k] = old + way * radius;
        assert_int_equal(nd_problem_value(s->ctx, &s->pb, s->theta, s->work, &L), ND_OK);
        best = fmax(best, (start - L) / start);
    }
    s->theta[k] = old;
    return best;
}

/* Some point nearby is lower, beyond rounding: the refusal was right. */
static inline void fall(place *s)
{
    const double radius[] = {1e-1, 1e-2, 1e-3, 1e-4};
    double lower = -INFINITY;

    for (uint64_t k = 0; k < 4; k++) {
        lower = fmax(lower, attack(s, radius[k], 5000, k));
        for (size_t i = 0; i < s->net->P; i++) lower = fmax(lower, attack_along(s, radius[k], i));
    }
    if (!(lower > 1e-12)) fail_msg("no lower point was met: %g", lower);
}

/* The checker re-proves it, where it is built. */
static inline void reprove(place *s)
{
    int answer = place_verify(s);

    if (answer != 0 && access(ND_VERIFY_PROGRAM, X_OK) == 0)
        fail_msg("%s %s: nadir-verify answers %d", s->cert.kind, s->net->spec, answer);
}

#endif
