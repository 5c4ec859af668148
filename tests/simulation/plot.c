/* One seed: which processes there are, which faults they meet for a while, and that everything is right in the end. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim.h"

#define UNIX_MS 1700000000000 /* about what PostgreSQL's clock says */

enum {
    BEGIN = 1000000,
    FAULTS_LEAST = 4000, /* ms of faults */
    FAULTS_MOST = 26000,
    FAULT_EVERY = 1400,
    DRIFT_EVERY = 1500,
    BOUND = 300000, /* ms after the last fault until all must be done: above the longest of the waits (book: 120 s,
                       a page that killed three loaders: 60 s) */
    LOOK_EVERY = 200,
    SPIN = 20000, /* events of one moment */
};

/* ---- the schemes ---- */

#define SCHEME(api, split, outer, title, window, vanished)                                                             \
    "{ \"name\": \"simulated\",\n"                                                                                     \
    "  \"source\": { \"api\": \"" api "\"," split window " \"id\": \"no\", \"number\": \"num\", \"title\": \"" title   \
    "\",\n"                                                                                                            \
    "    \"request\": { \"size\": \"{{PAGINATION_PAGE_SIZE}}\", \"page\": \"{{PAGINATION_START_PAGE}}\", \"kind\": "   \
    "\"\" },\n"                                                                                                        \
    "    \"slices\": [ { \"kind\": \"1\" }, { \"kind\": \"2\" } ],\n"                                                  \
    "    \"pagination\": { \"pageSize\": 3, \"startPage\": 0 },\n"                                                     \
    "    \"limits\": { \"callsPerMinute\": 0, \"concurrency\": 2 } },\n"                                               \
    "  \"filter\": [ { \"field\": \"" outer "closed\", \"op\": \"ne\", \"value\": \"1\" } ],\n"                        \
    "  \"target\": { \"api\": \"test/items\", \"batch\": 4, \"existing\": \"adopt\", \"then\": [\"audit\"],\n"         \
    "    \"limits\": { \"callsPerMinute\": 0, \"concurrency\": 2 },\n"                                                 \
    "    \"request\": { \"number\": \"{{num}}\", \"name\": \"{{name}}\", \"unit\": "                                   \
    "\"=LOOKUP(unit, " outer "unit)\" } },\n"                                                                          \
    "  \"lookups\": { \"unit\": { \"list\": \"units\" } },\n" vanished "  \"schedule\": { \"every\": \"60s\" } }\n"
#define SPLIT "\"split\": \"parts\","
#define WINDOW "\"window\": { \"since\": \"2023-11-01\", \"slice\": \"1m\" },"
#define VANISHED "  \"vanished\": { \"disable\": { \"name\": \"=CONCAT(no, \\\"v0\\\")\" } },\n"

static const char *const scheme_texts[2][2] = {/* whole or by windows, undivided or split */
                                               {SCHEME("test.shops", "", "", "name", "", VANISHED),
                                                SCHEME("test.shops", SPLIT, "parent.", "parent.tag", "", "")},
                                               {SCHEME("test.changes", "", "", "name", WINDOW, ""),
                                                SCHEME("test.changes", SPLIT, "parent.", "parent.tag", WINDOW, "")}};
static struct scheme *schemes[2][2];

#define SOURCE(name, window, times)                                                                                    \
    "{ \"name\": \"" name "\", \"label\": \"shops\", \"list\": [\"shops\"],\n"                                         \
    "  \"pagination\": { \"size\": \"size\", \"number\": \"page\", \"first\": 0, \"maxSize\": 100 },\n" window         \
    "  \"request\": { \"kind\": { \"label\": \"k\" }, \"size\": { \"label\": \"s\" }, " times                          \
    "\"page\": { \"label\": \"p\" } },\n"                                                                              \
    "  \"response\": { " SHOP ", \"closed\": { \"label\": \"c\", \"type\": \"string\" },\n"                            \
    "    \"unit\": { \"label\": \"u\", \"type\": \"string\" }, \"tag\": { \"label\": \"t\", \"type\": \"string\" },\n" \
    "    \"parts\": { \"label\": \"p\", \"type\": \"array\", \"fields\": { " SHOP " } } } }\n"
#define SHOP                                                                                                           \
    "\"no\": { \"label\": \"n\", \"type\": \"string\" }, \"num\": { \"label\": \"n\", \"type\": \"string\" },\n"       \
    "    \"name\": { \"label\": \"n\", \"type\": \"string\" }"
static const char shops_text[] = SOURCE("test.shops", "", "");
static const char changes_text[] =
    SOURCE("test.changes", "  \"window\": { \"start\": \"from\", \"end\": \"to\", \"most\": \"1d\" },\n",
           "\"from\": { \"label\": \"f\" }, \"to\": { \"label\": \"t\" }, ");
static const char target_text[] =
    "{ \"name\": \"test/items\", \"label\": \"items\", \"driver\": \"xingchen\", \"kind\": \"item\", \"id\": \"id\", "
    "\"number\": "
    "\"number\",\n"
    "  \"save\": { \"path\": \"test/items\", \"items\": \"items\" },\n"
    "  \"find\": { \"one\": \"test/item\", \"many\": \"test/some\" }, \"list\": { \"path\": \"test/list\", \"page\": "
    "\"page\", \"size\": \"pagesize\", \"search\": \"search\", \"rows\": \"rows\", \"count\": \"count\", \"pages\": "
    "\"totalpage\" },\n"
    "  \"lookups\": { \"units\": \"test/units\" },\n"
    "  \"then\": { \"audit\": { \"label\": \"a\", \"path\": \"test/audit\", \"body\": { \"ids\": [\"{{id}}\"] }, "
    "\"most\": 3, \"done\": { \"field\": \"status\", \"value\": \"C\" }, \"words\": [\"已审核\"] } },\n"
    "  \"words\": { \"login\": [\"token\"], \"throttled\": [\"too fast\"], \"busy\": [\"busy\"], \"permission\": [], "
    "\"exists\": [\"已存在\"], \"gone\": [\"不存在\"] },\n"
    "  \"request\": { \"id\": { \"label\": \"i\", \"type\": \"string\" }, \"number\": { \"label\": \"n\", \"type\": "
    "\"string\" },\n"
    "    \"name\": { \"label\": \"n\", \"type\": \"string\", \"required\": true },\n"
    "    \"unit\": { \"label\": \"u\", \"type\": \"string\" } } }\n";

static void file_put(const char *folder, const char *name, const char *text, char path[200])
{
    snprintf(path, 200, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        abort();
    }
}

static void schemes_open(void)
{
    char folder[64] = "/tmp/simulation-XXXXXX", api[100], paths[4][200];
    struct cause cause;
    if (!mkdtemp(folder)) {
        abort();
    }
    snprintf(api, sizeof api, "%s/api", folder);
    if (mkdir(api, 0700) != 0) {
        abort();
    }
    file_put(folder, "api/test.shops.json", shops_text, paths[1]);
    file_put(folder, "api/test.changes.json", changes_text, paths[2]);
    file_put(folder, "api/test.items.json", target_text, paths[3]);
    for (size_t i = 0; i < 4; i++) {
        file_put(folder, "scheme.json", scheme_texts[i / 2][i % 2], paths[0]);
        if (scheme_load(paths[0], &schemes[i / 2][i % 2], &cause)) {
            fprintf(stderr, "%s\n", cause.text);
            abort();
        }
    }
    for (size_t i = 0; i < 4; i++) {
        unlink(paths[i]);
    }
    rmdir(api);
    rmdir(folder);
}

/* ---- who ---- */

static void people(enum wire_role role, char letter, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct process *process = &sim.processes[sim.process_count++];
        *process = (struct process){.role = role, .place = (int)i, .life = process->life};
        process->skew = (int64_t)sim_dice(2 * (uint64_t)BEGIN / 50) - BEGIN / 50;
        snprintf(process->name, sizeof process->name, "%c%u", letter, (unsigned)i % 10);
    }
}

/* Times of the size of a seed's. */
static void windows_cast(struct scheme_window *window)
{
    window->lag = 1000 + (int64_t)sim_dice(4000);
    window->since = store_wall() - window->lag - (int64_t)sim_dice(20000);
    window->overlap = 1000 + (int64_t)sim_dice(2000);
    window->step = 1000 * (2 + (int64_t)sim_dice(9));
    window->reread_every = sim_chance(300) ? 5000 : 0;
    window->reread_back = 30000;
}

static void cast(void)
{
    sim.process_count = 0;
    people(ROLE_EXTRACTOR, 'E', 1 + (size_t)sim_dice(2));
    people(ROLE_TRANSFORMER, 'T', 1 + (size_t)sim_dice(2));
    people(ROLE_LOADER, 'L', 1 + (size_t)sim_dice(3));
    struct scheme *scheme = sim.scheme = schemes[sim.seed % 5 == 1][sim.seed % 6 == 5];
    scheme->source.slice_count = 1 + (size_t)sim_dice(2);
    scheme->source.page_size = 2 + (int64_t)sim_dice(3);
    scheme->source.concurrency = 1 + (int64_t)sim_dice(3);
    scheme->target.batch = 1 + (int64_t)sim_dice(6);
    scheme->target.concurrency = 1 + (int64_t)sim_dice(3);
    if (!source_has_windows() && !source_is_split()) {
        scheme->vanished.then = sim_chance(200) ? VANISHED_REPORT : VANISHED_DISABLE;
        scheme->vanished.percent = sim_chance(300) ? 20 : 100;
    }
    if (source_has_windows()) {
        windows_cast(&scheme->source.window);
    }
    scheme->target.step_count = sim.seed % 4 == 0;
    int64_t minutes = 1 + (int64_t)sim_dice(900000);
    sim.store_ahead = sim_chance(500) ? UNIX_MS + minutes : sim_chance(500) ? minutes : -minutes;
    sim.timeout = sim_chance(500) ? 1000 : 5000;
    sim.times = (struct ledger_times){
        .send = sim.timeout + 5000, .late = sim_chance(500) ? 700 : 2000, .visible = sim_chance(500) ? 300 : 1500};
}

/* ---- what befalls them ---- */

static bool enabled[8];

static void restart(struct event *event)
{
    struct process *process = event->a;
    if (!process->alive) {
        stages_start(process);
    }
}

static void fault(void)
{
    struct process *process = &sim.processes[sim_dice(sim.process_count)];
    size_t kind = (size_t)sim_dice(8);
    if (!enabled[kind] || process->in_gap > 0) {
        return;
    }
    switch (kind) {
    case 0:
    case 1:
        if (process->alive) {
            sim.count.kills++;
            stages_kill(process);
        }
        break;
    case 2:
    case 3:
        if (process->alive && process->frozen_until <= sim.now) {
            process->frozen_until = sim.now + (int64_t)sim_dice(14000);
            sim.count.freezes++;
            sim_note("%s freezes until %lld.%03d", process->name, (long long)process->frozen_until / 1000,
                     (int)(process->frozen_until % 1000));
        }
        break;
    case 4:
        sim.count.cuts += net_harm(false);
        break;
    case 5:
        sim.count.holes += net_harm(true);
        break;
    case 6:
        if (process->alive && process->frozen_until <= sim.now && sim_chance(500)) {
            sim.count.drains++;
            stages_drain(process);
        }
        break;
    default:
        if (target_audits() && sim_chance(500)) {
            audit_undo();
        } else if (sim_chance(600)) {
            target_forget();
        } else {
            sim.stalled_until = sim.now + (int64_t)sim_dice(6000);
            sim.count.stalls++;
            sim_note("the store stalls until %lld.%03d", (long long)sim.stalled_until / 1000,
                     (int)(sim.stalled_until % 1000));
        }
        break;
    }
}

/* Whoever is not there comes back. */
static void revive(void)
{
    for (size_t i = 0; i < sim.process_count; i++) {
        struct process *process = &sim.processes[i];
        if (!process->alive) {
            sim_at(sim.now + 1 + (int64_t)sim_dice(4000), NULL, restart, process, NULL, 0);
        }
    }
}

static void fate(struct event *event)
{
    if (sim.calm) {
        return;
    }
    fault();
    revive();
    sim_at(sim.now + 1 + (int64_t)sim_dice(FAULT_EVERY), NULL, fate, NULL, NULL, event->n);
}

static void drift(struct event *event)
{
    if (!sim.calm) {
        source_drift();
        sim_at(sim.now + 1 + (int64_t)sim_dice(DRIFT_EVERY), NULL, drift, NULL, NULL, event->n);
    }
}

/* From here on nothing changes by itself any more. */
static void steady(struct event *event)
{
    (void)event;
    judge_calm();
}

static void calm(struct event *event)
{
    (void)event;
    sim.calm = true;
    sim_note("no more faults");
    sim.stalled_until = 0;
    for (size_t i = 0; i < sim.process_count; i++) {
        struct process *process = &sim.processes[i];
        if (process->frozen_until > sim.now && process->in_gap == 0) {
            process->frozen_until = sim.now;
        }
    }
    revive();
    int64_t quiet = sim.now + (source_has_windows() ? sim.scheme->source.window.lag + 1000 : 0);
    sim_at(target_units_known() > quiet ? target_units_known() : quiet, NULL, steady, NULL, NULL, 0);
}

static bool over;

static void look(struct event *event)
{
    over = sim.calm && judge_over();
    revive(); /* who was told to end has ended */
    sim_at(sim.now + LOOK_EVERY, NULL, look, NULL, NULL, event->n);
}

/* ---- a seed ---- */

bool plot_play(uint64_t seed, bool trace)
{
    clock_reset();
    judge_reset();
    sim.seed = seed;
    sim.random = (seed + 1) * 0x9e3779b97f4a7c15U;
    sim.now = BEGIN;
    sim.trace = trace;
    sim.calm = over = false;
    sim.stalled_until = 0;
    sim.broken[0] = '\0';
    sim.current = NULL;
    cast();
    source_make();
    target_make();
    for (size_t i = 0; i < sizeof enabled / sizeof *enabled; i++) {
        enabled[i] = sim_chance(600);
    }
    sim_note("seed %llu: %zu processes, %lld shops, pages of %lld, batches of %lld, timeout %lld, late %lld, visible "
             "%lld, the "
             "store's clock %lld ahead",
             (unsigned long long)seed, sim.process_count, (long long)source_size(),
             (long long)sim.scheme->source.page_size, (long long)sim.scheme->target.batch, (long long)sim.timeout,
             (long long)sim.times.late, (long long)sim.times.visible, (long long)sim.store_ahead);
    for (size_t i = 0; i < sim.process_count; i++) {
        sim_at(sim.now + (int64_t)sim_dice(500), NULL, restart, &sim.processes[i], NULL, 0);
    }
    int64_t quiet = sim.now + FAULTS_LEAST + (int64_t)sim_dice(FAULTS_MOST);
    sim_at(sim.now + 300, NULL, fate, NULL, NULL, 0);
    sim_at(sim.now + 300, NULL, drift, NULL, NULL, 0);
    sim_at(quiet, NULL, calm, NULL, NULL, 0);
    sim_at(sim.now + LOOK_EVERY, NULL, look, NULL, NULL, 0);
    int64_t moment = sim.now;
    for (int steps = 0; !over && sim_step(); steps++) {
        steps = sim.now == moment ? steps : 0;
        moment = sim.now;
        if (steps > SPIN) {
            sim_break("stuck: something turns without end at one moment");
        }
        if (sim.now > quiet + BOUND) {
            sim_break("stuck: %d s after the last fault the runs are not done", BOUND / 1000);
        }
    }
    return sim.broken[0] == '\0';
}

static char *wipes[32];
static size_t wipe_count;

static void wipes_make(void)
{
    struct sql_rows rows;
    store_ask(sim.store,
              "select name from sqlite_master where type = 'table' and name <> 'meta' and name not like 'sqlite%'",
              NULL, 0, &rows);
    while (store_next(&rows)) {
        size_t size = rows.columns[0].text.size + 16;
        char *text = malloc(size);
        assert(text && wipe_count < sizeof wipes / sizeof *wipes);
        snprintf(text, size, "delete from %.*s", TEXT_ARG(rows.columns[0].text));
        wipes[wipe_count++] = text;
    }
    int error = store_found(&rows);
    assert(error == 0);
    (void)error;
}

/* A first seed makes every statement and every buffer that those to come share; then nothing of it is left. */
void plot_prepare(void)
{
    schemes_open();
    disk_open();
    wipes_make();
    (void)plot_play(0, false);
    for (size_t i = 0; i < sim.process_count; i++) {
        if (sim.processes[i].alive) {
            stages_kill(&sim.processes[i]);
        }
    }
    for (size_t i = 0; i < wipe_count; i++) {
        (void)!store_run(sim.store, wipes[i], NULL, 0, NULL);
    }
    memset(&sim.count, 0, sizeof sim.count);
}
