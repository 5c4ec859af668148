#include "tests/chaos/stand.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

static const char *const names[STAND_STAGES] = {"extractor", "transformer", "loader"};

void stand_open(struct stand *stand, const char *program, const char *const *source, const char *const *target,
                const char *from, const char *to)
{
    *stand = (struct stand){0};
    rig_open(&stand->rig, program);
    rig_double(&stand->rig, "wdt-double", source, stand->source, sizeof stand->source);
    rig_double(&stand->rig, "xingchen-double", target, stand->target, sizeof stand->target);
    rig_credentials(&stand->rig, stand->source, stand->target);
    rig_scheme(&stand->rig, from, to);
    rig_store(&stand->rig, "dianchen.db");
    rig_set(&stand->rig, "TARGET_TIMEOUT", "1s");
    rig_set(&stand->rig, "TARGET_LATE", "1s");
    rig_set(&stand->rig, "TARGET_VISIBLE", "200ms");
    snprintf(stand->up, sizeof stand->up, "ipc://%s/up", stand->rig.folder);
    snprintf(stand->down, sizeof stand->down, "ipc://%s/down", stand->rig.folder);
}

void stand_close(struct stand *stand)
{
    for (int i = 0; i < STAND_STAGES; i++) {
        if (stand->stages[i] != NULL && !rig_ended(stand->stages[i])) {
            int code = rig_stop(&stand->rig, stand->stages[i], SIGTERM);
            if (code != 0) {
                char *text = rig_read(stand->stages[i]->err);
                rig_fail("%s ended with %d:\n%s", names[i], code, text);
            }
        }
    }
    rig_close(&stand->rig);
}

void stand_start(struct stand *stand, int stage)
{
    const char *words[STAND_STAGES][8] = {
        {"--bind", stand->up, "--metrics", "127.0.0.1:0", "--once"},
        {"--upstream", stand->up, "--bind", stand->down, "--metrics", "127.0.0.1:0"},
        {"--upstream", stand->down, "--metrics", "127.0.0.1:0"},
    };
    stand->stages[stage] = rig_start(&stand->rig, names[stage], words[stage]);
}

void stand_start_all(struct stand *stand)
{
    for (int i = STAND_STAGES - 1; i >= 0; i--) {
        stand_start(stand, i);
    }
}

int stand_end(struct stand *stand, int seconds)
{
    int code = rig_wait(&stand->rig, stand->stages[STAND_EXTRACTOR], seconds);
    if (code != 0) {
        char *text = rig_read(stand->stages[STAND_EXTRACTOR]->err);
        fprintf(stderr, "%s\n", text);
        free(text);
    }
    stand->stages[STAND_EXTRACTOR] = NULL;
    return code;
}

static int64_t number_of(const char *url, const char *name)
{
    cJSON *report = rig_ask_json(url, "report");
    int64_t n = rig_number(report, name);
    cJSON_Delete(report);
    return n;
}

int64_t stand_source(const struct stand *stand, const char *name)
{
    return number_of(stand->source, name);
}

int64_t stand_target(const struct stand *stand, const char *name)
{
    return number_of(stand->target, name);
}

int64_t stand_ask(const struct stand *stand, const char *question)
{
    char path[400];
    snprintf(path, sizeof path, "%s/dianchen.db", stand->rig.folder);
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK || sqlite3_busy_timeout(db, 30000) ||
        sqlite3_prepare_v2(db, question, -1, &stmt, NULL) != SQLITE_OK || sqlite3_step(stmt) != SQLITE_ROW) {
        rig_fail("%s: %s: %s", path, question, sqlite3_errmsg(db));
    }
    int64_t n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return n;
}

void stand_expect(struct stand *stand, int64_t shops)
{
    int64_t materials = stand_target(stand, "materials");
    int64_t doubled = stand_target(stand, "doubled_numbers");
    struct rig_process *p = NULL;
    int code = rig_run(&stand->rig, "dianchen", (const char *[]){"report", "--json", NULL}, &p);
    char *text = rig_read(p->out);
    cJSON *report = cJSON_Parse(text);
    bool complete = report != NULL && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete"));
    if (code != 0 || !complete || materials != shops || doubled != 0 || rig_number(report, "seen") != shops) {
        rig_fail("of %lld shops the target holds %lld, %lld of them twice; report: %s", (long long)shops,
                 (long long)materials, (long long)doubled, text);
    }
    cJSON_Delete(report);
    free(text);
}

int64_t stand_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
