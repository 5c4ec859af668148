#include "tests/chaos/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RENAMED = 25 /* of a round */, NO_SUCH_RUN = 2 /* exit code of dianchen report */ };

static bool is_refused(const struct shelf *shelf, int64_t shop)
{
    return shelf->refused_every > 0 && shop % shelf->refused_every == 0;
}

int64_t shelf_refused(const struct shelf *shelf)
{
    return shelf->refused_every > 0 ? shelf->shops / shelf->refused_every : 0;
}

static void grow(struct shelf *shelf, int64_t shops)
{
    size_t room = (size_t)shops + 1;
    int *grown = realloc(shelf->renamed_in, room * sizeof *grown);
    if (grown == NULL) {
        rig_fail("out of memory");
    }
    memset(grown + shelf->room, 0, (room - shelf->room) * sizeof *grown);
    shelf->renamed_in = grown;
    shelf->room = room;
    int64_t refused = shelf_refused(shelf);
    shelf->added += shops - shelf->shops;
    shelf->shops = shops;
    shelf->added -= shelf_refused(shelf) - refused;
}

void shelf_open(struct shelf *shelf, int shops, int refused_every)
{
    *shelf = (struct shelf){.refused_every = refused_every};
    grow(shelf, shops);
}

void shelf_close(struct shelf *shelf)
{
    free(shelf->renamed_in);
    *shelf = (struct shelf){0};
}

void shelf_add(struct shelf *shelf, const char *source, int shops)
{
    char path[80];
    snprintf(path, sizeof path, "add?n=%d&at=end", shops);
    free(rig_ask(source, path, ""));
    grow(shelf, shelf->shops + shops);
}

void shelf_rename(struct shelf *shelf, const char *source, int round, uint64_t seed)
{
    for (uint64_t i = 0; i < RENAMED; i++) {
        uint64_t shop = 1 + (seed + i * (uint64_t)shelf->shops / RENAMED) % (uint64_t)shelf->shops;
        char path[120];
        snprintf(path, sizeof path, "edit?shop_no=S%06d&shop_name=round-%d-of-%d", (int)shop, round, (int)shop);
        free(rig_ask(source, path, ""));
        if (is_refused(shelf, (int64_t)shop)) {
            continue; /* refused under its new name as well */
        }
        shelf->renamed += shelf->renamed_in[shop] != round;
        shelf->renamed_ever += shelf->renamed_in[shop] != round;
        shelf->renamed_in[shop] = round;
    }
}

/* ---- reports ---- */

/* The report of a run, 0 = the newest; NULL = there is no run of this number. On the way to a server that loses COMMITs a
 * command may lose its connection, too, and say so: it is asked again. */
static cJSON *report_of(struct rig *rig, int64_t run)
{
    enum { TRIES = 20 };
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)run);
    const char *const newest[] = {"report", "--json", NULL};
    const char *const one[] = {"report", number, "--json", NULL};
    for (int i = 0;; i++) {
        struct rig_process *p = NULL;
        int code = rig_run(rig, "dianchen", run > 0 ? one : newest, &p);
        char *text = rig_read(p->out), *err = rig_read(p->err);
        cJSON *report = cJSON_Parse(text);
        bool unreached = strstr(err, "store postgresql:") != NULL;
        bool absent = !unreached && run > 0 && code == NO_SUCH_RUN;
        if (report == NULL && !absent && (!unreached || i == TRIES)) {
            rig_fail("dianchen report: %s%s", text, err);
        }
        free(text);
        free(err);
        if (report != NULL || !unreached) { /* PostgreSQL leaves out some numbers when it crashes */
            return report;
        }
    }
}

static bool parts_add_up(const cJSON *report)
{
    static const char *const parts[] = {"created", "updated", "unchanged", "filtered", "rejected", "repeated"};
    int64_t sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        sum += rig_number(report, parts[i]);
    }
    return sum == rig_number(report, "seen");
}

static bool sums_hold(const cJSON *report)
{
    return parts_add_up(report) && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "complete"));
}

const char *shelf_reports(struct shelf *shelf, struct rig *rig)
{
    cJSON *newest = report_of(rig, 0);
    int64_t last = rig_number(newest, "run");
    cJSON_Delete(newest);
    int64_t created = 0;
    int64_t updated = 0;
    shelf->wrong[0] = '\0';
    for (int64_t run = shelf->last_run + 1; run <= last && shelf->wrong[0] == '\0'; run++) {
        cJSON *report = report_of(rig, run);
        if (report == NULL) {
            continue;
        }
        created += rig_number(report, "created");
        updated += rig_number(report, "updated");
        if (!sums_hold(report) || rig_number(report, "seen") != shelf->shops ||
            rig_number(report, "rejected") != shelf_refused(shelf)) {
            char *text = cJSON_PrintUnformatted(report);
            snprintf(shelf->wrong, sizeof shelf->wrong, "a report of %lld shops does not add up: %s",
                     (long long)shelf->shops, text);
            free(text);
        }
        cJSON_Delete(report);
    }
    if (shelf->wrong[0] == '\0' && (created != shelf->added || updated != shelf->renamed)) {
        snprintf(shelf->wrong, sizeof shelf->wrong,
                 "runs %lld to %lld created %lld and updated %lld, not %lld and %lld", (long long)shelf->last_run + 1,
                 (long long)last, (long long)created, (long long)updated, (long long)shelf->added,
                 (long long)shelf->renamed);
    }
    shelf->last_run = last;
    shelf->added = shelf->renamed = 0;
    return shelf->wrong[0] != '\0' ? shelf->wrong : NULL;
}

const char *shelf_sums(struct shelf *shelf, struct rig *rig)
{
    cJSON *newest = report_of(rig, 0);
    int64_t last = rig_number(newest, "run"), created = 0;
    cJSON_Delete(newest);
    shelf->wrong[0] = '\0';
    for (int64_t run = 1; run <= last && shelf->wrong[0] == '\0'; run++) {
        cJSON *report = report_of(rig, run);
        if (report == NULL) {
            continue;
        }
        const char *state = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(report, "state"));
        created += rig_number(report, "created");
        if (!parts_add_up(report) || (strcmp(state, "complete") != 0 && strcmp(state, "incomplete") != 0)) {
            char *text = cJSON_PrintUnformatted(report);
            snprintf(shelf->wrong, sizeof shelf->wrong, "a report does not add up: %s", text);
            free(text);
        }
        cJSON_Delete(report);
    }
    shelf->last_run = last;
    int64_t wanted = shelf->shops - shelf_refused(shelf);
    if (shelf->wrong[0] == '\0' && created != wanted) {
        snprintf(shelf->wrong, sizeof shelf->wrong, "runs 1 to %lld created %lld, not %lld", (long long)last,
                 (long long)created, (long long)wanted);
    }
    return shelf->wrong[0] != '\0' ? shelf->wrong : NULL;
}

/* ---- the target ---- */

static void await_late(const char *target)
{
    for (int i = 0; i < 600; i++) {
        cJSON *report = rig_ask_json(target, "report");
        int64_t pending = rig_number(report, "late_pending");
        cJSON_Delete(report);
        if (pending == 0) {
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    rig_fail("the target's late saves are never executed");
}

static const char *names_stand(struct shelf *shelf, const char *target)
{
    for (size_t shop = 1; shop < shelf->room; shop++) {
        if (shelf->renamed_in[shop] == 0) {
            continue;
        }
        char path[80];
        char name[60];
        snprintf(path, sizeof path, "material?number=S%06zu", shop);
        snprintf(name, sizeof name, "\"round-%d-of-%zu\"", shelf->renamed_in[shop], shop);
        char *material = rig_ask(target, path, NULL);
        bool stands = strstr(material, name) != NULL;
        if (!stands) {
            snprintf(shelf->wrong, sizeof shelf->wrong, "S%06zu should be called %s: %.300s", shop, name, material);
        }
        free(material);
        if (!stands) {
            return shelf->wrong;
        }
    }
    return NULL;
}

/* Lines of "NUMBER ID COUNT", in any order. */
static const char *numbers_stand(struct shelf *shelf, char *lines)
{
    uint8_t *found = calloc(shelf->room, 1);
    if (found == NULL) {
        rig_fail("out of memory");
    }
    int64_t once = 0;
    shelf->wrong[0] = '\0';
    char *rest = lines;
    for (char *line = strsep(&rest, "\n"); line != NULL && shelf->wrong[0] == '\0'; line = strsep(&rest, "\n")) {
        if (*line == '\0') {
            continue;
        }
        char *end = NULL;
        long long shop = *line == 'S' ? strtoll(line + 1, &end, 10) : 0;
        const char *count = strrchr(line, ' ');
        if (shop < 1 || shop > shelf->shops || is_refused(shelf, shop) || count == NULL || strcmp(count, " 1") != 0 ||
            found[shop] != 0) {
            snprintf(shelf->wrong, sizeof shelf->wrong, "the target holds \"%.200s\"", line);
            break;
        }
        found[shop] = 1;
        once++;
    }
    for (long long shop = 1; shop <= shelf->shops && shelf->wrong[0] == '\0'; shop++) {
        if (found[shop] == 0 && !is_refused(shelf, shop)) {
            snprintf(shelf->wrong, sizeof shelf->wrong, "S%06lld is not in the target (%lld of %lld are)", shop,
                     (long long)once, (long long)shelf->shops);
        }
    }
    free(found);
    return shelf->wrong[0] != '\0' ? shelf->wrong : NULL;
}

const char *shelf_compare(struct shelf *shelf, const char *source, const char *target)
{
    await_late(target);
    char *wanted = rig_ask(source, "numbers", NULL);
    int64_t lines = 0;
    for (const char *p = wanted; *p != '\0'; p++) {
        lines += *p == '\n';
    }
    free(wanted);
    if (lines != shelf->shops) {
        rig_fail("the source has %lld shops, not %lld", (long long)lines, (long long)shelf->shops);
    }
    char *numbers = rig_ask(target, "numbers", NULL);
    const char *wrong = numbers_stand(shelf, numbers);
    free(numbers);
    return wrong != NULL ? wrong : names_stand(shelf, target);
}
