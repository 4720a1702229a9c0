/* EVIDENCE: the contents of an atlas are a function of the problem and the settings: for
 * any number of threads and processes, and however often they are killed.
 *
 * Every exploration runs in a process of its own: this one starts no threads, so that it
 * may fork. */
#include "atlas_support.h"

#include <time.h>

static char *reference;

static void assert_same(const char *file)
{
    char *now = atlas_contents(file);

    if (strcmp(now, reference) != 0) {
        const char *a = now, *b = reference;

        while (*a && *a == *b) a++, b++;
        fail_msg("%s: differs at byte %zu: '%.60s', expected '%.60s'", file, (size_t)(a - now), a,
                 b);
    }
    free(now);
    atlas_remove(file);
}

static int make_reference(void **state)
{
    nd_explore_settings s = atlas_settings();
    char file[4096];

    (void)state;
    atlas_name("reference", file);
    assert_int_equal(atlas_wait(atlas_fork(file, &s, 1)), 0);
    reference = atlas_contents(file);
    atlas_remove(file);
    return 0;
}

static int free_reference(void **state)
{
    (void)state;
    free(reference);
    return 0;
}

static void threads_do_not_matter(void **state)
{
    nd_explore_settings s = atlas_settings();
    char file[4096];

    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        atlas_name("threads", file);
        assert_int_equal(atlas_wait(atlas_fork(file, &s, threads)), 0);
        assert_same(file);
    }
}

/* Both make the file at the same time. */
static void two_processes_share_the_work(void **state)
{
    nd_explore_settings s = atlas_settings();
    char file[4096];

    (void)state;
    for (int round = 0; round < 3; round++) {
        atlas_name("processes", file);
        pid_t one = atlas_fork(file, &s, 1), two = atlas_fork(file, &s, round == 2 ? 2 : 1);
        assert_int_equal(atlas_wait(one), 0);
        assert_int_equal(atlas_wait(two), 0);
        assert_same(file);
    }
}

static void nap(double seconds)
{
    struct timespec t = {(time_t)seconds, (long)(1e9 * (seconds - floor(seconds)))};

    nanosleep(&t, NULL);
}

/* Killed after random times, the first ones while the file is being made, until a run is
 * through; with 1 and 2 threads in turn. */
static void kills_do_not_matter(void **state)
{
    nd_explore_settings s = atlas_settings();
    nd_rng rng = nd_rng_make(7, 0);
    char file[4096];

    (void)state;
    for (int round = 0; round < 3; round++) {
        int kills = 0, code = 1;

        atlas_name("kills", file);
        for (int run = 0; code != 0; run++) {
            pid_t pid = atlas_fork(file, &s, 1 + run % 2);

            if (run < 40) {
                nap(nd_rng_uniform(&rng) * (run < 4 ? 0.01 : 0.15));
                kill(pid, SIGKILL);
            }
            code = atlas_wait(pid);
            assert_true(code == 0 || code == -SIGKILL);
            kills += code != 0;
        }
        assert_true(kills > 0);
        assert_same(file);
    }
}

/* One of two processes is killed; the other one does its work, too. */
static void the_survivor_finishes(void **state)
{
    nd_explore_settings s = atlas_settings();
    char file[4096];

    (void)state;
    atlas_name("survivor", file);
    pid_t one = atlas_fork(file, &s, 1), two = atlas_fork(file, &s, 1);
    nap(0.03);
    kill(one, SIGKILL);
    atlas_wait(one);
    assert_int_equal(atlas_wait(two), 0);
    /* killed when nothing was left to do, it is found dead by the next one that looks */
    assert_int_equal(atlas_wait(atlas_fork(file, &s, 1)), 0);
    assert_same(file);
}

/* Time limits cut a run into many. */
static void time_limits_do_not_matter(void **state)
{
    nd_explore_settings s = atlas_settings();
    char file[4096];
    int code = 1, runs = 0;

    (void)state;
    atlas_name("limits", file);
    s.time = 0.02;
    for (; code != 0; runs++) {
        code = atlas_wait(atlas_fork(file, &s, 1));
        assert_true(code == 0 || code == 1);
        s.time *= 1.2; /* on a slow machine nothing may be done within a small limit */
    }
    assert_true(runs > 1);
    assert_same(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_matter),     cmocka_unit_test(two_processes_share_the_work),
        cmocka_unit_test(kills_do_not_matter),       cmocka_unit_test(the_survivor_finishes),
        cmocka_unit_test(time_limits_do_not_matter),
    };

    return cmocka_run_group_tests(tests, make_reference, free_reference);
}
