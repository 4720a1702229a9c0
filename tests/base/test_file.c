/* Whole files: reading with limits and gzip, writing atomically, every failure. */
#define _XOPEN_SOURCE 700 /* mkdtemp, symlink */
#include "../support.h"
#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

static nd_ctx *ctx;
static char folder[] = "/tmp/nadir-test-XXXXXX";
static char name[64], gz[64];

static int set_up(void **state)
{
    (void)state;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ctx = nd_ctx_create(NULL);
    if (!mkdtemp(folder)) return -1;
    snprintf(name, sizeof name, "%s/file", folder);
    snprintf(gz, sizeof gz, "%s/file.gz", folder);
    return 0;
}

/* Entries of the folder; what is left over is removed. */
static size_t empty_folder(void)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    size_t n = 0;
    char path[400];

    while ((e = readdir(d))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        n++;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        remove(path);
    }
    closedir(d);
    return n;
}

static int tear_down(void **state)
{
    (void)state;
    empty_folder();
    nd_ctx_destroy(ctx);
    return rmdir(folder);
}

static void put(const char *file, const void *bytes, size_t size)
{
    FILE *f = fopen(file, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* The bytes as they are on the disk, at most room. */
static size_t get(const char *file, void *bytes, size_t room)
{
    FILE *f = fopen(file, "rb");
    size_t n;

    assert_non_null(f);
    n = fread(bytes, 1, room, f);
    fclose(f);
    return n;
}

static void contains(const char *file, const void *bytes, size_t size)
{
    char *found = NULL;
    size_t n = 12345;

    nd_assert_ok(ctx, nd_file_read(ctx, file, 0, &found, &n));
    assert_int_equal(n, size);
    assert_memory_equal(found, bytes, size);
    assert_int_equal(found[n], 0);
    nd_free(ctx, found);
}

static void refused(const char *file, size_t limit, nd_status expected, const char *message)
{
    char *bytes = (char *)1;
    size_t size = 42;

    nd_assert_status(ctx, nd_file_read(ctx, file, limit, &bytes, &size), expected);
    nd_assert_message(ctx, message);
    nd_assert_message(ctx, file);
    assert_ptr_equal(bytes, (char *)1);
    assert_int_equal(size, 42);
}

/* Bytes that compress by half. */
static char *noise(size_t size)
{
    char *bytes = malloc(size + 1);
    nd_rng r = nd_rng_make(41, size);

    for (size_t i = 0; i < size; i++) bytes[i] = "0123456789abcdef"[nd_rng_below(&r, 16)];
    return bytes;
}

static void round_trip(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 3, 65534, 65535, 65536, 65537, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *bytes = noise(sizes[i]);
        struct stat info;
        nd_assert_ok(ctx, nd_file_write(ctx, name, bytes, sizes[i]));
        contains(name, bytes, sizes[i]);
        nd_assert_ok(ctx, nd_file_write(ctx, gz, bytes, sizes[i]));
        contains(gz, bytes, sizes[i]);
        assert_int_equal(stat(name, &info), 0);
        assert_int_equal(info.st_size, sizes[i]);
        assert_int_equal(stat(gz, &info), 0);
        if (sizes[i] > 1000) assert_true((size_t)info.st_size < sizes[i] * 6 / 10);
        free(bytes);
    }
    assert_int_equal(empty_folder(), 2); /* and no temporary ones */
}

static void gzip_is_reproducible_and_standard(void **state)
{
    char *bytes = noise(5000), first[8000], second[8000], found[6000];
    size_t n;
    gzFile f;

    (void)state;
    nd_assert_ok(ctx, nd_file_write(ctx, gz, bytes, 5000));
    f = gzopen(gz, "rb"); /* zlib's own reader */
    assert_int_equal(gzread(f, found, sizeof found), 5000);
    gzclose(f);
    assert_memory_equal(found, bytes, 5000);
    n = get(gz, first, sizeof first);
    nd_assert_ok(ctx, nd_file_write(ctx, gz, bytes, 5000));
    assert_int_equal(get(gz, second, sizeof second), n);
    assert_memory_equal(first, second, n);
    free(bytes);
}

/* Several members in a row are one text (RFC 1952, 2.2), whatever the file is called. */
static void gzip_members(void **state)
{
    char part[200], all[400];
    size_t size, n;

    (void)state;
    nd_assert_ok(ctx, nd_file_write(ctx, gz, "hello, ", 7));
    n = get(gz, part, sizeof part);
    memcpy(all, part, n);
    memcpy(all + n, part, n);
    size = 2 * n;
    put(name, all, size);
    contains(name, "hello, hello, ", 14);
    refused(name, 10, ND_EINPUT, "larger than the limit of 10 bytes");
    put(name, all, n + 3); /* the second one is cut off */
    refused(name, 0, ND_EINPUT, "cut off");
    memset(all + n, 'x', n); /* no member at all */
    put(name, all, size);
    refused(name, 0, ND_EINPUT, "broken gzip stream");
}

static void broken_gzip(void **state)
{
    char *bytes = noise(300000), *packed;
    size_t n;
    nd_rng r = nd_rng_make(42, 0);

    (void)state;
    nd_assert_ok(ctx, nd_file_write(ctx, gz, bytes, 300000));
    packed = malloc(300000);
    n = get(gz, packed, 300000);
    for (size_t cut = 2; cut < n; cut += cut < 40 || cut > n - 40 ? 1 : 4999) {
        put(name, packed, cut);
        refused(name, 0, ND_EINPUT, "cut off");
    }
    for (int i = 0; i < 40; i++) { /* any flipped bit: the check sum sees it at the latest */
        size_t at = 10 + nd_rng_below(&r, n - 10);
        char kept = packed[at];
        packed[at] = (char)(kept ^ 1 << nd_rng_below(&r, 8));
        put(name, packed, n);
        refused(name, 0, ND_EINPUT, "gzip");
        packed[at] = kept;
    }
    put(name, "\x1f\x8b", 2);
    refused(name, 0, ND_EINPUT, "gzip");
    free(packed);
    free(bytes);
}

/* 100 MB of zeros in 100 kB: the limit holds while inflating. */
static void gzip_bomb(void **state)
{
    nd_test_heap heap = {0};
    nd_allocator alloc = nd_test_allocator(&heap);
    char *zeros = calloc(1, 100000000), *bytes;
    size_t size;
    nd_ctx *counted = nd_ctx_create(&alloc);

    (void)state;
    nd_assert_ok(ctx, nd_file_write(ctx, gz, zeros, 100000000));
    free(zeros);
    nd_assert_status(counted, nd_file_read(counted, gz, 1000000, &bytes, &size), ND_EINPUT);
    assert_true(heap.calls < 20);
    assert_int_equal(heap.live, 1);
    nd_ctx_destroy(counted);
}

static void limits(void **state)
{
    char *bytes = noise(200000), *found;
    size_t n;

    (void)state;
    put(name, bytes, 200000);
    refused(name, 199999, ND_EINPUT, "larger than the limit of 199999 bytes");
    refused(name, 1, ND_EINPUT, "larger");
    nd_assert_ok(ctx, nd_file_read(ctx, name, 200000, &found, &n));
    assert_memory_equal(found, bytes, 200000);
    nd_free(ctx, found);
    free(bytes);
}

static void unreadable(void **state)
{
    (void)state;
    refused("/nonexistent/file", 0, ND_EIO, strerror(ENOENT));
    refused(folder, 0, ND_EIO, strerror(EISDIR));
}

/* What comes in pieces of unknown size: a pipe that another process fills one byte at
 * a time. */
static void comes_through_a_pipe(const char *bytes, size_t size)
{
    pid_t child;

    assert_int_equal(mkfifo(name, 0600), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct timespec pause = {.tv_nsec = 1000000};
        int fd = open(name, O_WRONLY);
        for (size_t i = 0; i < size; i++) {
            if (write(fd, bytes + i, 1) != 1) _exit(1);
            if (i < 3) nanosleep(&pause, NULL);
        }
        _exit(0);
    }
    contains(name, "abc", 3);
    assert_int_equal(waitpid(child, NULL, 0), child);
    remove(name);
}

static void pipes(void **state)
{
    char packed[100];
    size_t n;

    (void)state;
    nd_assert_ok(ctx, nd_file_write(ctx, gz, "abc", 3));
    n = get(gz, packed, sizeof packed);
    comes_through_a_pipe("abc", 3);
    comes_through_a_pipe(packed, n);
}

/* ---- writing ------------------------------------------------------------------------- */

static void unwritable(void **state)
{
    (void)state;
    nd_assert_status(ctx, nd_file_write(ctx, "/nonexistent/file", "x", 1), ND_EIO);
    nd_assert_message(ctx, "/nonexistent/file: cannot write: No such file or directory");
    nd_assert_status(ctx, nd_file_write(ctx, folder, "x", 1), ND_EIO);
    nd_assert_message(ctx, "folder");
    nd_assert_status(ctx, nd_file_write(ctx, "", "x", 1), ND_EIO);
}

/* The file system refuses after 1000 bytes: the old file is as it was, nothing else
 * is left behind. */
static void failed_write_leaves_the_old(void **state)
{
    struct rlimit old, small;
    char *bytes = noise(100000);

    (void)state;
    put(name, "old", 3);
    put(gz, "old", 3);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 1000;
    setrlimit(RLIMIT_FSIZE, &small);
    nd_assert_status(ctx, nd_file_write(ctx, name, bytes, 100000), ND_EIO);
    nd_assert_status(ctx, nd_file_write(ctx, gz, bytes, 100000), ND_EIO);
    setrlimit(RLIMIT_FSIZE, &old);
    contains(name, "old", 3);
    contains(gz, "old", 3);
    assert_int_equal(empty_folder(), 2);
    free(bytes);
}

static void permissions_and_links(void **state)
{
    struct stat info;
    mode_t mask = umask(027);

    (void)state;
    nd_assert_ok(ctx, nd_file_write(ctx, name, "1", 1));
    assert_int_equal(stat(name, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    chmod(name, 0604);
    nd_assert_ok(ctx, nd_file_write(ctx, name, "2", 1)); /* those of the old file stay */
    assert_int_equal(stat(name, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0604);
    umask(mask);
    snprintf(gz, sizeof gz, "%s/link", folder);
    assert_int_equal(symlink("file", gz), 0);
    nd_assert_ok(ctx, nd_file_write(ctx, gz, "through", 7));
    contains(name, "through", 7);
    assert_int_equal(lstat(gz, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
}

/* What is no regular file must not be replaced.  (Tested on a pipe: a program that got
 * this wrong as root would replace /dev/null.) */
static void pipes_are_written_to(void **state)
{
    struct stat info;
    char found[8];
    int end;

    (void)state;
    assert_int_equal(mkfifo(name, 0600), 0);
    end = open(name, O_RDONLY | O_NONBLOCK);
    assert_true(end >= 0);
    nd_assert_ok(ctx, nd_file_write(ctx, name, "bytes", 5));
    assert_int_equal(lstat(name, &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
    assert_int_equal(read(end, found, sizeof found), 5);
    assert_memory_equal(found, "bytes", 5);
    close(end);
    assert_int_equal(empty_folder(), 1);
}

/* A temporary file of a killed process with our number is in the way. */
static void leftovers(void **state)
{
    char path[100];

    (void)state;
    snprintf(path, sizeof path, "%s/.nadir-%ld-0.tmp", folder, (long)getpid());
    put(path, "stale", 5);
    nd_assert_ok(ctx, nd_file_write(ctx, name, "new", 3));
    contains(name, "new", 3);
    contains(path, "stale", 5);
}

/* As long as a name may be. */
static void long_name(void **state)
{
    char path[300];
    int n = snprintf(path, sizeof path, "%s/", folder);

    (void)state;
    memset(path + n, 'n', 255);
    path[n + 255] = '\0';
    nd_assert_ok(ctx, nd_file_write(ctx, path, "long", 4));
    contains(path, "long", 4);
    assert_int_equal(empty_folder(), 1);
}

static void name_without_folder(void **state)
{
    char here[1000];

    (void)state;
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(folder), 0);
    nd_assert_ok(ctx, nd_file_write(ctx, "file", "plain", 5));
    assert_int_equal(chdir(here), 0);
    contains(name, "plain", 5);
}

static nd_status write_and_read(nd_ctx *c, void *arg)
{
    const char *file = arg;
    char *bytes = NULL, *text = noise(150000);
    size_t size;
    nd_status status = nd_file_write(c, file, text, 150000);

    if (status == ND_OK) status = nd_file_read(c, file, 0, &bytes, &size);
    nd_free(c, bytes);
    free(text);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    assert_true(nd_test_every_allocation(write_and_read, name) >= 2);
    assert_true(nd_test_every_allocation(write_and_read, gz) >= 5);
    assert_int_equal(empty_folder(), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(round_trip),
        TEST(gzip_is_reproducible_and_standard),
        TEST(gzip_members),
        TEST(broken_gzip),
        TEST(gzip_bomb),
        TEST(limits),
        TEST(unreadable),
        TEST(pipes),
        TEST(unwritable),
        TEST(failed_write_leaves_the_old),
        TEST(permissions_and_links),
        TEST(pipes_are_written_to),
        TEST(leftovers),
        TEST(long_name),
        TEST(name_without_folder),
        TEST(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
