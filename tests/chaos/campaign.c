#include "tests/chaos/campaign.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/chaos/shelf.h"

enum {
    STRIKE_EVERY = 200, /* ms */
    STRIKE_PATIENCE = 600,
    STORM_PACE = 700, /* ms at most, on top of STRIKE_EVERY */
    MEMBERS = 16,
    WORDS = 12,
    DRAIN_MOST = 30000,   /* ms from SIGTERM to the end; the promise is 8 s, machines are slow */
    STUCK = 300000,       /* ms without the end of a round */
    RUN_UNFINISHED = 4,   /* exit code of a run that is not complete */
    RUN_WITH_REJECTS = 3, /* exit code of a run that is complete, with rejects */
    FREEZE_LONG = 8,      /* one of so many freezes outlasts leases, peerings and send_by */
};

struct member {
    enum campaign_stage stage;
    bool rival; /* of the other scheme */
    const char *words[WORDS];
    char texts[4][400];
    struct rig_process *process; /* NULL between two lives */
    int64_t thaw_at;             /* frozen until then; 0 = runs */
    int64_t leave_by;            /* it was told to stop; 0 = not */
    bool killed;                 /* by us */
    bool busy;                   /* had records in flight when it was last looked at */
};

struct campaign {
    struct rig *rig;
    const struct campaign_plan *plan;
    struct campaign_count *count;
    struct member members[MEMBERS];
    size_t member_count;
    struct shelf shelf;
    uint64_t state; /* of the dice */
    char source[300], target[300];
    struct {
        struct member *member;
        int how; /* the signal */
        int64_t millis, due;
    } next; /* strike */
    int64_t began, round_began;
    bool round_over, rounds_over;
    int rival_ends; /* runs of the other scheme that ended since the last round was over */
    bool kind;      /* the doubles are */
};

static const char *const stage_names[] = {"extractor", "transformer", "loader"};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t draw(struct campaign *c, uint64_t below)
{
    uint64_t z = c->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (z ^ (z >> 31)) % below;
}

__attribute__((noreturn, format(printf, 2, 3))) static void fault(const struct campaign *c, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    rig_fail("chaos, seed %" PRIu64 ", %d kills, round %d: %s; logs and store are kept in %s", c->plan->seed,
             c->count->kills, c->count->rounds, text, c->rig->folder);
}

/* ---- members ---- */

static void member_start(struct campaign *c, struct member *m)
{
    m->process = rig_start(c->rig, stage_names[m->stage], m->words);
    m->thaw_at = m->leave_by = 0;
    m->killed = m->busy = false;
}

static void address(const struct campaign *c, bool rival, int stage, int index, char *out, size_t room)
{
    int size =
        snprintf(out, room, "ipc://%s/%s%s-%d", c->rig->folder, rival ? "rival-" : "", stage_names[stage], index);
    if (size < 0 || (size_t)size >= room) {
        fault(c, "the addresses of the workers are too long");
    }
}

static void member_add(struct campaign *c, bool rival, enum campaign_stage stage, int index)
{
    const int *workers = rival ? c->plan->rivals : c->plan->workers;
    if (c->member_count == MEMBERS) {
        fault(c, "more than %d workers", MEMBERS);
    }
    struct member *m = &c->members[c->member_count++];
    *m = (struct member){.stage = stage, .rival = rival};
    size_t n = 0;
    m->words[n++] = "--metrics";
    m->words[n++] = "127.0.0.1:0";
    if (stage != CAMPAIGN_EXTRACTOR) { /* all of the stage before */
        char *list = m->texts[0];
        size_t used = 0;
        for (int i = 0; i < workers[stage - 1]; i++) {
            list[used] = ',';
            used += i > 0;
            address(c, rival, (int)stage - 1, i, list + used, sizeof m->texts[0] - used - 1);
            used += strlen(list + used);
        }
        m->words[n++] = "--upstream";
        m->words[n++] = list;
    }
    if (stage != CAMPAIGN_LOADER) {
        address(c, rival, (int)stage, index, m->texts[1], sizeof m->texts[1]);
        m->words[n++] = "--bind";
        m->words[n++] = m->texts[1];
    }
    if (stage == CAMPAIGN_EXTRACTOR) {
        m->words[n++] = "--once";
        if (index > 0) {
            m->words[n++] = "--join";
        }
    }
    if (rival) {
        m->words[n++] = "--scheme";
        m->words[n++] = c->plan->rival;
    }
}

static void members_add(struct campaign *c, bool rival)
{
    for (int stage = 0; stage < CAMPAIGN_STAGES; stage++) {
        for (int i = 0; i < (rival ? c->plan->rivals : c->plan->workers)[stage]; i++) {
            member_add(c, rival, (enum campaign_stage)stage, i);
        }
    }
}

/* The first extractor's runs are the rounds. */
static bool leads(const struct campaign *c, const struct member *m)
{
    return m == &c->members[0];
}

/* The first of two runs may have begun before the last round was over. */
static bool rivals_done(const struct campaign *c)
{
    return c->rounds_over && c->rival_ends > 1;
}

static void complain(const struct campaign *c, const struct member *m, int code)
{
    char *text = rig_read(m->process->err);
    size_t size = strlen(text);
    size_t shown = size > 3000 ? 3000 : size;
    fprintf(stderr, "%s\n", text + size - shown);
    free(text);
    fault(c, "%s ended with %d", stage_names[m->stage], code);
}

/* SIGTERM that comes before a program has opened its store, of which it says nothing yet but where its metrics stand, or while
 * it waits for that store, ends it as the system does. */
static bool unborn(const struct member *m)
{
    char *text = rig_read(m->process->err);
    const char *end = strchr(text, '\n');
    bool silent = end == NULL || strstr(text, "waiting for a connection") != NULL ||
                  (strstr(text, "metrics.listening") != NULL && end[1] == '\0');
    free(text);
    return silent;
}

/* Who may end, and how: killed by us; told to stop; the end of a run. The rival's source may move while it is read. */
static void member_ended(struct campaign *c, struct member *m)
{
    int status = m->process->status;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    bool once = m->stage == CAMPAIGN_EXTRACTOR;
    bool over = code == EXIT_SUCCESS || (c->plan->refused_every > 0 && code == RUN_WITH_REJECTS);
    bool told = m->leave_by != 0;
    bool fine = (m->killed && code == 128 + SIGKILL) || (once && (over || (m->rival && code == RUN_UNFINISHED))) ||
                (told && code == (once ? 4 : 0)) || (told && code == 128 + SIGTERM && unborn(m));
    if (!fine) {
        complain(c, m, code);
    }
    c->round_over = c->round_over || (over && leads(c, m));
    c->rival_ends += m->rival && once && over && c->rounds_over;
    m->process = NULL;
}

static void watch(struct campaign *c, bool revive)
{
    int64_t now = now_ms();
    for (size_t i = 0; i < c->member_count; i++) {
        struct member *m = &c->members[i];
        if (m->process != NULL && m->thaw_at != 0 && now >= m->thaw_at) {
            kill(m->process->pid, SIGCONT);
            m->leave_by += m->leave_by != 0 ? DRAIN_MOST : 0;
            m->thaw_at = 0;
        }
        if (m->process != NULL && rig_ended(m->process)) {
            member_ended(c, m);
        }
        if (m->process != NULL && m->leave_by != 0 && m->thaw_at == 0 && now > m->leave_by) {
            fault(c, "%s was told to stop and did not within %d s", stage_names[m->stage], DRAIN_MOST / 1000);
        }
        bool done = (c->round_over && leads(c, m)) || (m->rival && m->stage == CAMPAIGN_EXTRACTOR && rivals_done(c));
        if (m->process == NULL && revive && !done) {
            member_start(c, m);
        }
    }
    if (now - c->round_began > STUCK) {
        fault(c, "the round does not end: a run is stuck");
    }
}

/* ---- strikes ---- */

static void strike_choose(struct campaign *c)
{
    c->next.member = &c->members[draw(c, c->member_count)];
    uint64_t how = draw(c, 4);
    c->next.how = how < 2 ? SIGKILL : how == 2 ? SIGSTOP : SIGTERM;
    c->next.millis = draw(c, FREEZE_LONG) == 0 ? 6000 + (int64_t)draw(c, 4000) : 50 + (int64_t)draw(c, 1200);
    c->next.due = now_ms() + STRIKE_EVERY;
}

/* A strike at a stage that does nothing proves little: it waits a while until records are in the victim's hands. */
static bool strike_ripe(struct campaign *c)
{
    struct member *m = c->next.member;
    int64_t now = now_ms();
    if (m->process == NULL || now < c->next.due) {
        return false;
    }
    if (m->thaw_at == 0) {
        m->busy = rig_series(m->process, "dianchen_in_flight_records") > 0;
    }
    return m->busy || now >= c->next.due + STRIKE_PATIENCE;
}

static void strike(struct campaign *c)
{
    struct member *m = c->next.member;
    bool at_rest = m->thaw_at != 0 || m->leave_by != 0;
    if (at_rest || c->next.how == SIGKILL) {
        kill(-m->process->pid, SIGKILL);
        c->count->kills += !m->killed;
        c->count->killed[m->stage] += !m->killed;
        c->count->lively[m->stage] += !m->killed && m->busy;
        m->killed = true;
    } else if (c->next.how == SIGSTOP) {
        kill(m->process->pid, SIGSTOP);
        m->thaw_at = now_ms() + c->next.millis;
        c->count->freezes++;
    } else {
        kill(m->process->pid, SIGTERM);
        m->leave_by = now_ms() + DRAIN_MOST;
        c->count->stops++;
    }
    strike_choose(c);
}

/* Before the first round is over, and when time and kills are enough. */
static bool peace(const struct campaign *c)
{
    const struct campaign_count *n = c->count;
    int64_t length = c->began > 0 ? now_ms() - c->began : 0;
    /* Where chance found mostly idle stages it goes on for a while. */
    bool lively = (n->lively[0] + n->lively[1] + n->lively[2]) * CAMPAIGN_LIVELY >= n->kills;
    return c->began == 0 || (length >= c->plan->millis && n->kills > 0 && n->kills >= c->plan->kills &&
                             (lively || length >= 5 * c->plan->millis));
}

/* Kind doubles: what was spoilt until then has to be made good, no more is. */
static void doubles_kind(struct campaign *c, bool kind)
{
    if (kind != c->kind) {
        c->kind = kind;
        free(rig_ask(c->source,
                     kind ? "set?http502=0&truncate=0&reset=0&unavailable=0"
                          : "set?http502=0.03&truncate=0.03&reset=0.03&unavailable=0.03",
                     ""));
        free(rig_ask(c->target,
                     kind ? "set?lost=0&late=0&unexecuted=0&truncate=0&http502=0"
                          : "set?lost=0.08&late=0.03&unexecuted=0.02&truncate=0.02&http502=0.02",
                     ""));
    }
}

/* ---- rounds ---- */

static void round_begin(struct campaign *c)
{
    c->count->rounds++;
    if (c->count->rounds > 1) { /* the first round's shops are there */
        shelf_rename(&c->shelf, c->source, c->count->rounds, c->state);
        shelf_add(&c->shelf, c->source, c->plan->shops);
    }
    c->round_over = false;
    c->round_began = now_ms();
}

static void round_run(struct campaign *c)
{
    round_begin(c);
    while (!c->round_over) {
        watch(c, true);
        doubles_kind(c, peace(c));
        if (!peace(c) && !c->round_over && strike_ripe(c)) {
            strike(c);
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

/* Kills alone, then none, until the run is over. */
static void storm_run(struct campaign *c)
{
    int64_t last = now_ms(), next = last;
    round_begin(c);
    c->began = last;
    doubles_kind(c, false);
    while (!c->round_over) {
        int64_t now = now_ms();
        struct member *m = &c->members[draw(c, c->member_count)];
        watch(c, true);
        if (now >= next && now - c->began < c->plan->millis && m->process != NULL) {
            kill(-m->process->pid, SIGKILL);
            m->killed = true;
            c->count->kills++;
            c->count->killed[m->stage]++;
            last = now;
            next = now + STRIKE_EVERY + (int64_t)draw(c, STORM_PACE);
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    c->count->quiet = now_ms() - last;
}

/* The other scheme sees what the last round left, in peace. */
static void rivals_finish(struct campaign *c)
{
    c->rounds_over = true;
    c->round_began = now_ms();
    while (c->plan->rival != NULL && !rivals_done(c)) {
        watch(c, true);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

/* SIGTERM for all, and the ends of all; a joiner that waits for a run ends with it too. */
static void stop_all(struct campaign *c)
{
    for (size_t i = 0; i < c->member_count; i++) {
        struct member *m = &c->members[i];
        if (m->process != NULL) {
            kill(m->process->pid, SIGTERM);
            kill(m->process->pid, SIGCONT);
            m->thaw_at = 0;
            m->leave_by = now_ms() + DRAIN_MOST;
        }
    }
    for (bool some = true; some;) {
        watch(c, false);
        some = false;
        for (size_t i = 0; i < c->member_count; i++) {
            some = some || c->members[i].process != NULL;
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

static int first_shops(const struct campaign_plan *plan)
{
    return plan->storm ? plan->shops : plan->shops / 4;
}

static void doubles_start(struct campaign *c)
{
    char shops[16];
    char seed[24];
    bool storm = c->plan->storm;
    snprintf(shops, sizeof shops, "%d", first_shops(c->plan));
    snprintf(seed, sizeof seed, "%" PRIu64, c->plan->seed);
    rig_double(c->rig, "wdt-double",
               (const char *[]){"--shops", shops, "--seed", seed, "--slow_ms", storm ? "100" : "2", NULL}, c->source,
               sizeof c->source);
    const char *const target[] = {"--late_ms",          "3000",
                                  "--visible_ms",       "500",
                                  "--http502_executes", "1",
                                  "--slow_ms",          storm ? "100" : "10",
                                  "--slow_jitter_ms",   storm ? "0" : "40"};
    char every[16];
    snprintf(every, sizeof every, "%d", c->plan->refused_every);
    const char *words[24] = {"--duplicates", "take", "--seed", seed, "--reject_every", every};
    for (size_t i = 0; i < sizeof target / sizeof *target; i++) {
        words[6 + i] = target[i];
    }
    rig_double(c->rig, "xingchen-double", words, c->target, sizeof c->target);
    c->kind = true;
    rig_credentials(c->rig, c->source, c->target);
    if (!storm) { /* S + D + V = 11 s: executed 3 s late and shown 0.5 s late is within. A storm has the default times */
        rig_set(c->rig, "TARGET_TIMEOUT", "1s");
        rig_set(c->rig, "TARGET_LATE", "4s");
        rig_set(c->rig, "TARGET_VISIBLE", "1s");
        rig_set(c->rig, "DIANCHEN_LOG", "debug");
    }
    if (c->plan->store != NULL) {
        rig_set(c->rig, "DIANCHEN_STORE", c->plan->store);
    } else {
        rig_store(c->rig, "dianchen.db");
    }
}

void campaign_run(struct rig *rig, const struct campaign_plan *plan, struct campaign_count *count)
{
    *count = (struct campaign_count){0};
    struct campaign c = {.rig = rig, .plan = plan, .count = count, .state = plan->seed};
    doubles_start(&c);
    shelf_open(&c.shelf, first_shops(plan), plan->refused_every);
    members_add(&c, false);
    if (plan->rival != NULL) {
        members_add(&c, true);
    }
    for (bool more = true; more; more = !plan->storm && !peace(&c)) {
        (plan->storm ? storm_run : round_run)(&c);
        const char *wrong = plan->rival != NULL ? NULL : shelf_reports(&c.shelf, rig);
        if (wrong != NULL) {
            fault(&c, "%s", wrong);
        }
        if (c.count->rounds == 1 && !plan->storm) {
            c.began = now_ms();
            strike_choose(&c);
        }
    }
    rivals_finish(&c);
    stop_all(&c);
    const char *sums = plan->rival != NULL ? shelf_sums(&c.shelf, rig) : NULL;
    if (sums != NULL) {
        fault(&c, "%s", sums);
    }
    count->shops = c.shelf.shops;
    count->refused = shelf_refused(&c.shelf);
    count->renamed = c.shelf.renamed_ever;
    count->runs = (int)c.shelf.last_run;
    const char *wrong = shelf_compare(&c.shelf, c.source, c.target);
    if (wrong != NULL) {
        fault(&c, "%s", wrong);
    }
    shelf_close(&c.shelf);
}
