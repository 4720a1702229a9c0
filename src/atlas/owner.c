/* Who works on the file.  A task that a dead owner had taken is opened again; that is
 * only a matter of speed: an answer is a function of the task, and the second of two is
 * thrown away.
 *
 * An owner is a connection: host, process id, and when that process was born (ids are
 * used again).  WAL works on one machine only; a foreign host name is that of a container
 * that shares the folder, whose processes cannot be seen: there the beat decides. */
#include "atlas/atlas.h"

#include "base/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SILENCE 120.0 /* seconds without a beat until a foreign owner counts as dead */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* When process pid was born: the 22nd field of /proc/PID/stat, counted behind the name in
 * parentheses, which may hold anything.  "": there is no /proc. */
static void birth(long pid, char out[32])
{
    char name[64], line[1024];
    FILE *f;
    size_t n;

    out[0] = 0;
    snprintf(name, sizeof name, "/proc/%ld/stat", pid);
    f = fopen(name, "r");
    if (!f) return;
    n = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    line[n] = 0;
    char *c = strrchr(line, ')');
    for (int field = 2; c && field < 22; field++) c = strchr(c + 1, ' ');
    if (c) snprintf(out, 32, "%.*s", (int)strcspn(c + 1, " "), c + 1);
}

static void host_name(char out[256])
{
    if (gethostname(out, 255) != 0) snprintf(out, 256, "?");
    out[255] = 0;
}

nd_status nd_owner_register(nd_db *d, int64_t *owner)
{
    char host[256], born[32];
    sqlite3_stmt *s = NULL;
    nd_status status;

    host_name(host);
    birth(getpid(), born);
    ND_TRY(nd_db_prepare(d, "INSERT INTO owner(host, pid, born, beat) VALUES(?, ?, ?, ?)", &s));
    ND_TRY(nd_db_bind_text(d, s, 1, host));
    ND_TRY(nd_db_bind_int(d, s, 2, getpid()));
    ND_TRY(nd_db_bind_text(d, s, 3, born));
    ND_TRY(nd_db_bind_real(d, s, 4, now()));
    ND_TRY(nd_db_run(d, s));
    *owner = sqlite3_last_insert_rowid(d->db);
done:
    sqlite3_finalize(s);
    return status;
}

/* One statement about one owner; time is bound to the second parameter if there is one. */
static nd_status about(nd_db *d, const char *sql, int64_t owner)
{
    sqlite3_stmt *s = NULL;
    nd_status status;

    ND_TRY(nd_db_prepare(d, sql, &s));
    ND_TRY(nd_db_bind_int(d, s, 1, owner));
    if (sqlite3_bind_parameter_count(s) > 1) ND_TRY(nd_db_bind_real(d, s, 2, now()));
    ND_TRY(nd_db_run(d, s));
done:
    sqlite3_finalize(s);
    return status;
}

nd_status nd_owner_beat(nd_db *d, int64_t owner)
{
    return about(d, "UPDATE owner SET beat = ?2 WHERE id = ?1", owner);
}

nd_status nd_owner_leave(nd_db *d, int64_t owner)
{
    nd_status status = about(
        d, "UPDATE ask SET state = 0, owner = NULL WHERE state < 2 AND state = 1 AND owner = ?1",
        owner);

    return status == ND_OK ? about(d, "DELETE FROM owner WHERE id = ?1", owner) : status;
}

static bool dead(const char *host, long pid, const char *born, double beat)
{
    char here[256], is[32];

    host_name(here);
    if (strcmp(host, here) != 0) return now() - beat > SILENCE;
    if (pid <= 0 || (kill((pid_t)pid, 0) != 0 && errno == ESRCH)) return true;
    birth(pid, is);
    return strcmp(is, born) != 0;
}

/* The first dead owner, or 0. */
static nd_status find_dead(nd_db *d, int64_t *owner)
{
    sqlite3_stmt *s = NULL;
    bool row;
    nd_status status;

    *owner = 0;
    ND_TRY(nd_db_prepare(d, "SELECT id, host, pid, born, beat FROM owner ORDER BY id", &s));
    for (;;) {
        ND_TRY(nd_db_step(d, s, &row));
        if (!row) break;
        if (!dead((const char *)sqlite3_column_text(s, 1), (long)sqlite3_column_int64(s, 2),
                  (const char *)sqlite3_column_text(s, 3), sqlite3_column_double(s, 4)))
            continue;
        *owner = sqlite3_column_int64(s, 0);
        break;
    }
done:
    sqlite3_finalize(s);
    return status;
}

nd_status nd_owner_bury(nd_db *d)
{
    nd_status status;
    int64_t owner;

    for (;;) {
        ND_TRY(find_dead(d, &owner));
        if (!owner) return ND_OK;
        ND_TRY(nd_owner_leave(d, owner));
    }
done:
    return status;
}
