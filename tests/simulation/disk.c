/* The store: one database in memory for all processes, each of which has a thread that works on its jobs one after another.
 * A process that dies between a commit and its done() never hears of it. */
#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/base/rule.h"
#include "sim.h"

enum { COMMIT = 2, COMMIT_MOST = 400, TELLING = 1, GAP = 30 };

/* ---- the database ---- */

static sqlite3 *database;

int open_in(const char *name, sqlite3 **out, int flags, const char *vfs) WRAPS(sqlite3_open_v2);
int open_out(const char *name, sqlite3 **out, int flags, const char *vfs) WRAPPED(sqlite3_open_v2);
int open_in(const char *name, sqlite3 **out, int flags, const char *vfs)
{
    int code = open_out(name, out, flags, vfs);
    database = *out;
    return code;
}

/* The store's clock is that of all, and another one than the loops'; without the rule each process has its own. */
static int64_t store_clock(void *user)
{
    (void)user;
    return sim.now + sim.store_ahead + (rule_off(RULE_CLOCK) && sim.current ? sim.current->skew : 0);
}

/* Opened as a program does it, then moved into memory: transactions cost microseconds, and a child has its own copy. */
void disk_open(void)
{
    char folder[64] = "/tmp/simulation-XXXXXX", path[100], url[120];
    struct cause cause;
    if (!mkdtemp(folder)) {
        abort();
    }
    snprintf(path, sizeof path, "%s/s.db", folder);
    snprintf(url, sizeof url, "sqlite:%s", path);
    if (store_open(url, &sim.store, &cause)) {
        fprintf(stderr, "%s\n", cause.text);
        abort();
    }
    if (store_begin(sim.store, true) != 0 || store_end(sim.store, 0) != 0) { /* looks at the file, which goes */
        abort();
    }
    store_set_clock(sim.store, store_clock, NULL);
    sqlite3_int64 size = 0;
    int code = sqlite3_exec(database, "pragma journal_mode = delete", NULL, NULL, NULL);
    unsigned char *bytes = code ? NULL : sqlite3_serialize(database, "main", &size, 0);
    code = bytes ? sqlite3_deserialize(database, "main", bytes, size, size,
                                       SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE)
                 : SQLITE_NOMEM;
    if (code) {
        fprintf(stderr, "the store can't be moved into memory: %s\n", sqlite3_errmsg(database));
        abort();
    }
    unlink(path);
    (void)snprintf(path, sizeof path, "%s/s.db-life", folder);
    unlink(path);
    rmdir(folder);
}

int disk_integers(const char *text, const struct sql_value *params, size_t count, int64_t *out, size_t wanted)
{
    struct sql_rows rows;
    store_ask(sim.store, text, params, count, &rows);
    bool found = store_next(&rows);
    for (size_t i = 0; found && i < wanted; i++) {
        out[i] = i < rows.count && rows.columns[i].kind == SQL_INT ? rows.columns[i].integer : 0;
    }
    int error = store_found(&rows);
    assert(error == 0);
    return found ? error : ERR_NOT_FOUND;
}

/* ---- rules that stand in a statement ---- */

#ifdef DIANCHEN_RULES
struct taken_out {
    enum rule rule;
    const char *with, *without;
};
static const struct taken_out taken_out[] = {
    {RULE_CLAIM_FENCE, " AND claim = $7", " AND $7 = $7"},
    {RULE_CLAIM_FENCE, " AND claim = $5", " AND $5 = $5"},
    {RULE_CLAIM_FENCE, " AND claim = $5", " AND $5 = $5"},
    {RULE_CLAIM_FENCE, " AND claim = $9", " AND $9 = $9"},
    {RULE_CLAIM_FENCE, " AND claim = id + $3", " AND $3 = $3"},
    {RULE_CLAIM_FENCE, " AND claim = id + $7", " AND $7 = $7"},
    {RULE_PAGE_FENCE, " and fence = $4", " and $4 = $4"},
};

/* The statement without what the rule adds to it; the same text for the same one, as sql.h wants it. */
static const char *rewrite(const char *text)
{
    static struct {
        const char *from, *to;
    } kept[64];
    for (size_t i = 0; i < sizeof taken_out / sizeof *taken_out; i++) {
        const char *at = rule_off(taken_out[i].rule) ? strstr(text, taken_out[i].with) : NULL;
        size_t n = 0;
        while (at && n < 64 && kept[n].from && kept[n].from != text) {
            n++;
        }
        if (at && n < 64 && !kept[n].from) {
            char *to = malloc(strlen(text) + strlen(taken_out[i].without) + 1);
            assert(to);
            snprintf(to, strlen(text) + strlen(taken_out[i].without) + 1, "%.*s%s%s", (int)(at - text), text,
                     taken_out[i].without, at + strlen(taken_out[i].with));
            kept[n].from = text;
            kept[n].to = to;
        }
        if (at) {
            return kept[n].to;
        }
    }
    return text;
}
#else
static const char *rewrite(const char *text)
{
    return text;
}
#endif

int many_in(struct store *store, const struct sql_call *call) WRAPS(store_many);
int many_out(struct store *store, const struct sql_call *call) WRAPPED(store_many);
int many_in(struct store *store, const struct sql_call *call)
{
    if (rule_off(RULE_REJECTS) && strncasecmp(call->text, "insert into reject", 18) == 0) {
        return 0;
    }
    struct sql_call other = *call;
    other.text = rewrite(call->text);
    return many_out(store, &other);
}

void find_in(struct store *store, const struct sql_call *call, struct sql_rows *rows) WRAPS(store_find);
void find_out(struct store *store, const struct sql_call *call, struct sql_rows *rows) WRAPPED(store_find);
void find_in(struct store *store, const struct sql_call *call, struct sql_rows *rows)
{
    struct sql_call other = *call;
    other.text = rewrite(call->text);
    find_out(store, &other, rows);
}

int run_in(struct store *store, const char *text, const struct sql_value *params, size_t count, int64_t *changes)
    WRAPS(store_run);
int run_out(struct store *store, const char *text, const struct sql_value *params, size_t count, int64_t *changes)
    WRAPPED(store_run);
int run_in(struct store *store, const char *text, const struct sql_value *params, size_t count, int64_t *changes)
{
    return run_out(store, rewrite(text), params, count, changes);
}

int integers_in(struct store *store, const char *text, const struct sql_value *params, size_t count, int64_t *out,
                size_t wanted) WRAPS(store_integers);
int integers_out(struct store *store, const char *text, const struct sql_value *params, size_t count, int64_t *out,
                 size_t wanted) WRAPPED(store_integers);
int integers_in(struct store *store, const char *text, const struct sql_value *params, size_t count, int64_t *out,
                size_t wanted)
{
    return integers_out(store, rewrite(text), params, count, out, wanted);
}

#ifdef DIANCHEN_RULES
/* With the look-up and the claim in two transactions others come in between. */
static void gap(struct store *store)
{
    struct process *self = sim.current;
    int64_t until = sim.now + (int64_t)sim_dice(GAP), thaws = self->frozen_until;
    self->frozen_until = until + 1 > thaws ? until + 1 : thaws;
    self->in_gap++;
    int error = store_end(store, 0);
    while (!error && sim.now < until && sim_step()) {
    }
    self->in_gap--;
    error = error ? error : store_begin(store, true);
    assert(error == 0);
    (void)error;
    self->frozen_until = thaws;
    sim.current = self;
}
#endif

/* ---- jobs ---- */

static void heard(struct event *event)
{
    struct store_job *job = event->a;
    job->error = (int)event->n;
    job->done(job, job->error);
}

static void work(struct event *event)
{
    struct process *process = event->process;
    struct store_job *job = event->a;
    if (sim.now < sim.stalled_until) {
        sim_at(sim.stalled_until, process, work, job, NULL, 0);
        return;
    }
#ifdef DIANCHEN_RULES
    rule_gap = gap;
#endif
    int error = !sim.calm && sim_chance(4) ? ERR_BUSY : store_begin(sim.store, true);
    if (!error) {
        error = store_end(sim.store, job->work(sim.store, job));
    }
    sim_note("%s", error ? "its transaction is rolled back" : "its transaction is committed");
    int64_t at = sim.now + sim_delay(TELLING, COMMIT_MOST);
    process->heard_at = at > process->heard_at ? at : process->heard_at;
    sim_at(process->heard_at, process, heard, job, NULL, error);
}

void submit_in(struct store *store, struct store_job *job) WRAPS(store_submit);
void submit_in(struct store *store, struct store_job *job)
{
    (void)store;
    struct process *process = sim.current;
    if (!process || !process->alive) {
        return;
    }
    int64_t from = process->stored_at > sim.now ? process->stored_at : sim.now;
    process->stored_at = from + sim_delay(COMMIT, COMMIT_MOST);
    sim_at(process->stored_at, process, work, job, NULL, 0);
}

/* The loops' clock is the world's. */
int64_t deadline_in(const struct store *store, int64_t at) WRAPS(store_deadline);
int64_t deadline_in(const struct store *store, int64_t at)
{
    return at - store_now(store).ms + sim.now;
}

int64_t wall_in(void) WRAPS(store_wall);
int64_t wall_in(void)
{
    return 1700000000000 + sim.now;
}

/* ---- chance in the code: seeded too ---- */

ssize_t random_in(void *out, size_t size, unsigned flags) WRAPS(getrandom);
ssize_t random_in(void *out, size_t size, unsigned flags)
{
    (void)flags;
    unsigned char *bytes = out;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (unsigned char)sim_dice(256);
    }
    return (ssize_t)size;
}

uint32_t arc_in(void) WRAPS(arc4random);
uint32_t arc_in(void)
{
    return (uint32_t)sim_dice((uint64_t)UINT32_MAX + 1);
}

uint32_t arc_uniform_in(uint32_t limit) WRAPS(arc4random_uniform);
uint32_t arc_uniform_in(uint32_t limit)
{
    return limit > 0 ? (uint32_t)sim_dice(limit) : 0;
}
