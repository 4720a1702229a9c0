/* Descent for nets with kinks, attacks on what was proved, and the checker. */
#ifndef ND_TESTS_CERT_KINDS_SUPPORT_H
#define ND_TESTS_CERT_KINDS_SUPPORT_H

#include "cert/strict_support.h"

#include <nadir/num.h>

#include <unistd.h>

typedef nd_status (*kind_prove)(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                                nd_cert *out);

ND_TEST_UNUSED static void place_lbfgs(place *s, long iterations)
{
    nd_oracle fn = {s->net->P, s, place_grad, NULL, NULL};
    nd_opt_settings o;
    nd_opt_result r;

    nd_opt_init(&o);
    o.quiet = true;
    o.grad_tol = 1e-12;
    o.iterations = iterations;
    assert_int_equal(nd_lbfgs(s->ctx, &fn, &o, s->theta, &r), ND_OK);
}

static inline nd_truth place_try(place *s, kind_prove prove)
{
    assert_int_equal(prove(s->ctx, &s->pb, s->theta, &s->cert), ND_OK);
    return s->cert.truth;
}

/* No point near theta* has a smaller loss: random directions of all coordinates, of one, and
 * along the gauge orbits of no kind in particular. */
ND_TEST_UNUSED static void place_attack(place *s, int points)
{
    size_t P = s->net->P;
    double *y = malloc(P * sizeof *y), L, size = 1.0;
    nd_rng rng = nd_rng_make(99, 0);

    for (size_t k = 0; k < P; k++)
        if (fabs(s->theta[k]) > size) size = fabs(s->theta[k]);
    for (int i = 0; i < points; i++) {
        double step = size * pow(10.0, -4.0 - 3.0 * nd_rng_uniform(&rng));
        size_t only = i % 3 == 0 ? (size_t)nd_rng_below(&rng, P) : P;

        for (size_t k = 0; k < P; k++)
            y[k] = s->theta[k] + (only == P || only == k || nd_rng_uniform(&rng) < 0.2
                                      ? step * nd_rng_normal(&rng)
                                      : 0.0);
        assert_int_equal(nd_problem_value(s->ctx, &s->pb, y, s->work, &L), ND_OK);
        if (!(L >= s->cert.loss_lo - 4e-15 * (1.0 + L)))
            fail_msg("%s (%s): L falls from >= %.17g to %.17g within %g", s->cert.kind,
                     s->net->spec, s->cert.loss_lo, L, step);
    }
    free(y);
}

/* Exit code of nadir-verify; 3 when it is not there or does not know the kind. */
ND_TEST_UNUSED static int place_verify(const place *s)
{
    char command[512], file[64] = "/tmp/nadir-kinds-XXXXXX";
    int fd, status;

    if (access(ND_VERIFY_PROGRAM, X_OK) != 0) return 3;
    fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(nd_cert_save(s->ctx, &s->pb, s->theta, &s->cert, file), ND_OK);
    snprintf(command, sizeof command, "%s %s > /dev/null", ND_VERIFY_PROGRAM, file);
    status = system(command);
    unlink(file);
    return status / 256;
}

/* Proved, says so, survives the attack, and the checker does not contradict. */
ND_TEST_UNUSED static void place_stands(place *s, const char *kind, nd_says says)
{
    int answer;

    if (s->cert.truth != ND_PROVED) fail_msg("%s %s: %s", kind, s->net->spec, s->cert.reason);
    assert_string_equal(s->cert.kind, kind);
    assert_int_equal(s->cert.says, says);
    assert_true(s->cert.radius > 0.0 && s->cert.radius < 1e-5);
    place_attack(s, 10000);
    answer = place_verify(s);
    if (getenv("WHY")) printf("   verify %s %d\n", s->net->spec, answer);
    if (answer != 0 && answer != 3)
        fail_msg("%s %s: the checker answers %d", kind, s->net->spec, answer);
}

ND_TEST_UNUSED static void place_refused(place *s, const char *part)
{
    assert_int_equal(s->cert.truth, ND_UNKNOWN);
    assert_int_equal(s->cert.says, ND_SAYS_NOTHING);
    assert_true(s->cert.radius == 0.0 && s->cert.mu == 0.0);
    if (!strstr(s->cert.reason, part))
        fail_msg("%s: the reason '%s' does not speak of '%s'", s->net->spec, s->cert.reason, part);
}

#endif
