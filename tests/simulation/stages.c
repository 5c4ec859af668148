/* The three programs without their main(): started, killed, drained. In place of common/stage/stage.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log/log.h"
#include "extractor/plan.h"
#include "loader/begin.h"
#include "loader/life.h"
#include "sim.h"
#include "transformer/relay.h"

enum { EXTRACTOR_PORT = 5000, TRANSFORMER_PORT = 6000, ADDRESSES_MAX = 200, AGAIN = 700, AGAIN_MOST = 4000 };

static void addresses(enum wire_role role, char out[ADDRESSES_MAX])
{
    size_t at = 0;
    for (size_t i = 0; i < sim.process_count; i++) {
        const struct process *process = &sim.processes[i];
        if (process->role == role) {
            at += (size_t)snprintf(out + at, ADDRESSES_MAX - at, "%stcp://127.0.0.1:%d", at > 0 ? "," : "",
                                   (role == ROLE_EXTRACTOR ? EXTRACTOR_PORT : TRANSFORMER_PORT) + process->place);
        }
    }
}

/* ---- common/stage/stage.h ---- */

int stage_open(const char *name, enum wire_role role, const struct stage_options *options, void (*drain)(void *user),
               void *user, struct stage *out, struct cause *cause)
{
    (void)options, (void)drain, (void)user, (void)cause;
    struct process *process = sim.current;
    *out = (struct stage){.name = name,
                          .scheme = sim.scheme,
                          .store = role == ROLE_TRANSFORMER ? NULL : sim.store,
                          .loop = process->loop,
                          .zmq = process};
    snprintf(out->peer_name, sizeof out->peer_name, "%s:%u", process->name, process->life);
    snprintf(out->owner, sizeof out->owner, "%s", out->peer_name);
    out->identity = (struct link_identity){.role = role,
                                           .scheme_hash = text_of(sim.scheme->hash),
                                           .store_id = text_of(out->store ? store_id(out->store) : "")};
    return 0;
}

void stage_close(struct stage *stage)
{
    (void)stage;
}

void stage_end(const struct stage *stage, int exit_code)
{
    loop_stop(stage->loop, exit_code);
}

/* ---- extractor ---- */

struct extractor {
    struct process *process;
    struct stage stage;
    struct plan *plan;
    struct loop_timer next;
    bool draining;
};

static void run_ended(void *user, int exit_code, const struct cause *cause)
{
    struct extractor *e = user;
    sim_note("its run ends with %d: %s", exit_code, cause->text);
    bool many = strstr(cause->text, "not at the source any more") != NULL;
    if (exit_code == EXIT_REFUSED && !many && e->process->bereaved < FLOW_POISON) {
        sim_break("%s gave up: %s", e->process->name, cause->text);
    }
    if (e->draining) {
        loop_stop(e->stage.loop, EXIT_COMPLETE);
    } else {
        loop_set_timer(e->stage.loop, &e->next, (struct loop_ms){sim.now + 100 + sim_delay(AGAIN, AGAIN_MOST)});
    }
}

static void run_closed(void *user, const struct run_closing *closing)
{
    (void)user, (void)closing;
}

static void run_next(void *user)
{
    struct extractor *e = user;
    plan_start(e->plan, false);
}

static void extractor_start(struct process *process)
{
    struct extractor *e = calloc(1, sizeof *e);
    struct cause cause = {""};
    char bind[ADDRESSES_MAX];
    assert(e);
    process->stage = e;
    e->process = process;
    e->next = (struct loop_timer){.fn = run_next, .user = e};
    snprintf(bind, sizeof bind, "tcp://127.0.0.1:%d", EXTRACTOR_PORT + process->place);
    int error = stage_open("extractor", ROLE_EXTRACTOR, NULL, NULL, NULL, &e->stage, &cause);
    struct source_options source = {
        .driver = source_driver(), .scheme = sim.scheme, .loop = process->loop, .patience = RETRY_GIVE_UP};
    struct plan_options options = {.stage = &e->stage,
                                   .bind = bind,
                                   .source = &source,
                                   .account = TEXT("sid"),
                                   .account_setting = "SID",
                                   .closed = run_closed,
                                   .ended = run_ended,
                                   .user = e};
    error = error ? error : plan_new(&options, &e->plan, &cause);
    if (error) {
        sim_break("no extractor: %s", cause.text);
        return;
    }
    loop_set_timer(process->loop, &e->next, (struct loop_ms){sim.now});
}

static void extractor_free(struct process *process)
{
    struct extractor *e = process->stage;
    loop_clear_timer(process->loop, &e->next);
    plan_free(&e->plan);
    free(e);
}

/* ---- transformer ---- */

struct transformer {
    struct stage stage;
    struct map *map;
    struct relay *relay;
};

static const char *no_variable(const char *name)
{
    (void)name;
    return NULL;
}

static void transformer_start(struct process *process)
{
    struct transformer *t = calloc(1, sizeof *t);
    struct cause cause = {""};
    char upstream[ADDRESSES_MAX], bind[ADDRESSES_MAX];
    assert(t);
    process->stage = t;
    addresses(ROLE_EXTRACTOR, upstream);
    snprintf(bind, sizeof bind, "tcp://127.0.0.1:%d", TRANSFORMER_PORT + process->place);
    int error = stage_open("transformer", ROLE_TRANSFORMER, NULL, NULL, NULL, &t->stage, &cause);
    error = error ? error : map_new(sim.scheme, no_variable, &t->map, &cause);
    error = error ? error : relay_new(&t->stage, t->map, upstream, bind, &t->relay, &cause);
    if (error) {
        sim_break("no transformer: %s", cause.text);
    }
}

static void transformer_free(struct process *process)
{
    struct transformer *t = process->stage;
    relay_free(&t->relay);
    map_free(&t->map);
    free(t);
}

/* ---- loader ---- */

static void loader_start(struct process *process)
{
    struct loader *loader = calloc(1, sizeof *loader);
    struct cause cause = {""};
    char upstream[ADDRESSES_MAX];
    assert(loader);
    process->stage = loader;
    addresses(ROLE_TRANSFORMER, upstream);
    loader->settings = (struct loader_settings){
        .driver = target_driver(), .timeout = sim.timeout, .late = sim.times.late, .visible = sim.times.visible};
    int error = stage_open("loader", ROLE_LOADER, NULL, NULL, NULL, &loader->stage, &cause);
    error = error ? error : loader_open(loader, upstream, &cause);
    if (error) {
        sim_break("no loader: %s", cause.text);
        return;
    }
    sim.times = loader->times;
}

static void loader_end(struct process *process)
{
    loader_leave(process->stage);
    loader_free(process->stage);
    free(process->stage);
}

/* ---- lives ---- */

void stages_start(struct process *process)
{
    static void (*const starts[])(struct process *) = {
        [ROLE_EXTRACTOR] = extractor_start, [ROLE_TRANSFORMER] = transformer_start, [ROLE_LOADER] = loader_start};
    process->alive = true;
    process->life++;
    process->frozen_until = process->stored_at = process->heard_at = 0;
    process->bereaved = 0;
    process->loop = clock_loop(process);
    sim.current = process;
    sim_note("starts");
    starts[process->role](process);
    sim.current = NULL;
}

static void process_free(struct process *process)
{
    static void (*const frees[])(struct process *) = {
        [ROLE_EXTRACTOR] = extractor_free, [ROLE_TRANSFORMER] = transformer_free, [ROLE_LOADER] = loader_end};
    sim.current = process;
    frees[process->role](process);
    sim.current = NULL;
    process->alive = false;
    process->stage = NULL;
    loop_free(&process->loop);
}

void stages_kill(struct process *process)
{
    sim_note("%s is killed", process->name);
    process->alive = false; /* what it says from now on nobody hears */
    net_kill(process, sim_chance(500));
    process_free(process);
}

void stages_over(struct process *process)
{
    sim_note("%s ends", process->name);
    process_free(process);
    net_kill(process, false);
}

void stages_drain(struct process *process)
{
    sim_note("%s is told to end", process->name);
    sim.current = process;
    if (process->role == ROLE_EXTRACTOR) {
        struct extractor *e = process->stage;
        e->draining = true;
        loop_clear_timer(process->loop, &e->next);
        if (!plan_leave(e->plan)) {
            loop_stop(process->loop, EXIT_COMPLETE);
        }
    } else if (process->role == ROLE_TRANSFORMER) {
        relay_drain(((struct transformer *)process->stage)->relay);
    } else {
        loader_drain(process->stage);
    }
    sim.current = NULL;
    if (clock_stopped(process->loop) >= 0) {
        stages_over(process);
    }
}

/* ---- what they say ---- */

void event_in(enum event_id event, const char *sentence, ...) WRAPS(log_event);
void event_in(enum event_id event, const char *sentence, ...)
{
    sim_note("%s: %s", event_row(event)->id, sentence);
    judge_logged(event_row(event)->id);
}

void line_in(enum event_id event, const char *format, ...) WRAPS(log_line);
void line_in(enum event_id event, const char *format, ...)
{
    (void)format;
    sim_note("%s", event_row(event)->id);
    judge_logged(event_row(event)->id);
}

int fatal_in(const struct cause *cause, int exit_code) WRAPS(log_fatal);
int fatal_in(const struct cause *cause, int exit_code)
{
    sim_break("%s gave up: %s", sim.current ? sim.current->name : "-", cause->text);
    return exit_code;
}
