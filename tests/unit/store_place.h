/* Where a case has its store: a place of its own, on every kind of store by turns. PostgreSQL is the server of
 * tests/postgres.sh; a case gets a schema of it. */
#ifndef DIANCHEN_TESTS_UNIT_STORE_PLACE_H
#define DIANCHEN_TESTS_UNIT_STORE_PLACE_H

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>
#include <postgresql/libpq-fe.h>

static bool place_postgres; /* the kind whose turn it is */

struct place {
    char folder[60];
    char schema[40]; /* "" = SQLite */
    char url[400];
};

static inline const char *place_server(void)
{
    const char *server = getenv("TEST_POSTGRES");
    if (!server) {
        print_error("TEST_POSTGRES is not set: run this by tests/postgres.sh\n");
        exit(1);
    }
    return server;
}

/* One statement, by a connection of its own. */
static inline void place_tell(const char *text)
{
    PGconn *conn = PQconnectdb(place_server());
    PGresult *result = PQexec(conn, text);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
    if (!done) {
        print_error("%s: %s\n", text, PQerrorMessage(conn));
    }
    PQclear(result);
    PQfinish(conn);
    if (!done) {
        exit(1);
    }
}

static inline int place_make(struct place *place)
{
    static int count;
    const char *base = getenv("TMPDIR");
    *place = (struct place){.schema = ""};
    snprintf(place->folder, sizeof place->folder, "%.35s/store-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(place->folder)) {
        return -1;
    }
    snprintf(place->url, sizeof place->url, "sqlite:%s/s.db", place->folder);
    if (place_postgres) {
        char text[80];
        snprintf(place->schema, sizeof place->schema, "case_%d_%d", (int)getpid(), ++count);
        snprintf(text, sizeof text, "create schema %s", place->schema);
        place_tell(text);
        snprintf(place->url, sizeof place->url, "%.300s&options=-csearch_path%%3D%s", place_server(), place->schema);
    }
    return 0;
}

static inline int place_remove(const struct place *place)
{
    if (place->schema[0]) {
        char text[100];
        snprintf(text, sizeof text, "set client_min_messages = warning; drop schema %s cascade", place->schema);
        place_tell(text);
    }
    DIR *folder = opendir(place->folder);
    for (const struct dirent *file; folder && (file = readdir(folder)) != NULL;) {
        (void)unlinkat(dirfd(folder), file->d_name, 0);
    }
    if (folder) {
        closedir(folder);
    }
    return rmdir(place->folder);
}

/* Ends the server as a crash would, with whatever goes on in it; tests/postgres.sh starts it again. Returns when it is
 * gone. */
static inline void place_crash(void)
{
    char path[200];
    const char *folder = getenv("TEST_POSTGRES_FOLDER");
    snprintf(path, sizeof path, "%.150s/data/postmaster.pid", folder ? folder : "");
    for (int turn = 0; turn < 3000; turn++) {
        FILE *file = fopen(path, "r");
        char line[32] = "";
        if (file) {
            (void)!fgets(line, sizeof line, file);
            fclose(file);
        }
        pid_t pid = (pid_t)strtol(line, NULL, 10);
        if (pid > 1 && kill(pid, SIGQUIT) == 0) {
            while (kill(pid, 0) == 0) {
                usleep(5000);
            }
            return;
        }
        usleep(10000);
    }
    print_error("%s: no server to end\n", path);
    exit(1);
}

/* Group by group; how many failed on either. */
#define RUN_ON_EVERY_STORE(tests) place_run(tests, sizeof(tests) / sizeof *(tests))
static inline int place_run(const struct CMUnitTest *tests, size_t count)
{
    int failed = _cmocka_run_group_tests("sqlite", tests, count, NULL, NULL);
    place_postgres = true;
    return failed + _cmocka_run_group_tests("postgresql", tests, count, NULL, NULL);
}

#endif
