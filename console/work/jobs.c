#include "console/work/jobs.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/json/json.h"
#include "common/log/log.h"
#include "console/serve/said.h"
#include "console/work/child.h"

enum { LOOK_EVERY = 100 /* ms */, LINE_BYTES = 256 << 10, SAID_BYTES = 600, ARENA_BYTES = 4 << 20 };

struct job {
    int64_t id; /* 0 = none */
    enum job_kind kind;
    char name[JOB_NAME];
    pid_t pid; /* 0 = it has ended */
    int fd;    /* -1 = closed */
    int code;  /* exit code; -1 = a signal ended it */
    struct buffer line;
    char said[SAID_BYTES]; /* its last word for people */
    struct buffer report;  /* JSON, empty = none */
    struct draft draft;    /* of what is not saved; folder "" = none */
};

struct jobs {
    pthread_mutex_t lock;
    pthread_t thread;
    bool stop;
    int64_t last;
    struct job all[JOBS_KEPT]; /* by id modulo JOBS_KEPT */
};

static void line_take(struct job *job, struct text line)
{
    struct arena arena;
    const cJSON *tree = NULL;
    arena_init(&arena, ARENA_BYTES);
    bool json =
        line.size > 0 && line.data[0] == '{' && json_parse(&arena, line, LINE_BYTES, JSON_STRICT, &tree, NULL) == 0;
    if (json && json_get(tree, "run") && json_get(tree, "proof")) {
        buffer_clear(&job->report, LINE_BYTES);
        buffer_add_text(&job->report, line);
    } else if (json && text_equal(json_text(json_get(tree, "level")), TEXT("error"))) {
        (void)snprintf(job->said, sizeof job->said, "%.*s", TEXT_ARG(json_text(json_get(tree, "message"))));
    } else if (!json && line.size > 0) {
        (void)snprintf(job->said, sizeof job->said, "%.*s", (int)text_cut(line, SAID_BYTES - 1), line.data);
    }
    arena_fini(&arena);
}

static void output_take(struct job *job)
{
    char block[8192];
    struct pollfd one = {.fd = job->fd, .events = POLLIN};
    while (job->fd >= 0 && poll(&one, 1, 0) > 0) {
        ssize_t size = read(job->fd, block, sizeof block);
        for (ssize_t i = 0; i < size; i++) {
            if (block[i] != '\n') {
                buffer_add_char(&job->line, block[i]);
                continue;
            }
            line_take(job, buffer_text(&job->line));
            buffer_clear(&job->line, LINE_BYTES);
        }
        if (size <= 0) {
            close(job->fd);
            job->fd = -1;
        }
    }
}

static void job_look(struct job *job)
{
    output_take(job);
    if (job->pid > 0 && child_ended(job->pid, &job->code)) {
        output_take(job);
        line_take(job, buffer_text(&job->line));
        buffer_clear(&job->line, 0);
        if (job->fd >= 0) {
            close(job->fd);
            job->fd = -1;
        }
        job->pid = 0;
        draft_close(&job->draft);
        log_event(EVENT_CONSOLE_JOB, "a run that the console started has ended", "scheme", LOG_STR(job->name), "code",
                  LOG_INT(job->code), (const char *)NULL);
    }
}

static void *jobs_run(void *user)
{
    struct jobs *jobs = user;
    bool stop = false;
    while (!stop) {
        pthread_mutex_lock(&jobs->lock);
        stop = jobs->stop;
        for (size_t i = 0; i < JOBS_KEPT; i++) {
            if (jobs->all[i].pid > 0) {
                job_look(&jobs->all[i]);
            }
        }
        pthread_mutex_unlock(&jobs->lock);
        (void)poll(NULL, 0, LOOK_EVERY);
    }
    return NULL;
}

int jobs_new(struct jobs **out, struct cause *cause)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);
    if (!jobs) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    pthread_mutex_init(&jobs->lock, NULL);
    for (size_t i = 0; i < JOBS_KEPT; i++) {
        jobs->all[i].fd = -1;
    }
    if (pthread_create(&jobs->thread, NULL, jobs_run, jobs) != 0) {
        pthread_mutex_destroy(&jobs->lock);
        free(jobs);
        return cause_set(cause, ERR_MEMORY, "no thread could be started");
    }
    *out = jobs;
    return 0;
}

static void job_fini(struct job *job)
{
    buffer_fini(&job->line);
    buffer_fini(&job->report);
    draft_close(&job->draft);
    *job = (struct job){.fd = -1};
}

void jobs_free(struct jobs **held)
{
    struct jobs *jobs = *held;
    *held = NULL;
    if (!jobs) {
        return;
    }
    pthread_mutex_lock(&jobs->lock);
    jobs->stop = true;
    pthread_mutex_unlock(&jobs->lock);
    pthread_join(jobs->thread, NULL);
    for (size_t i = 0; i < JOBS_KEPT; i++) {
        if (jobs->all[i].pid > 0) {
            (void)kill(-jobs->all[i].pid, SIGTERM); /* all at once, then wait for each */
        }
    }
    for (size_t i = 0; i < JOBS_KEPT; i++) {
        if (jobs->all[i].pid > 0) {
            (void)child_end(jobs->all[i].pid, jobs->all[i].fd);
        }
        job_fini(&jobs->all[i]);
    }
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}

/* The words of a job; `room` has those that are made here. */
static void words_write(const struct job_order *order, const char *words[CHILD_WORDS_MOST + 1], char room[24],
                        const char *code, const char *class, const char *const *keys)
{
    size_t n = 0;
    if (order->kind == JOB_REPLAY) {
        words[n++] = "rejects";
        words[n++] = "replay";
    } else {
        words[n++] = "run";
    }
    words[n++] = "--json";
    words[n++] = "--scheme";
    words[n++] = order->scheme;
    if (order->kind == JOB_DRY) {
        words[n++] = "--dry-run";
    }
    if (order->limit > 0) {
        (void)snprintf(room, 24, "%lld", (long long)order->limit);
        words[n++] = "--limit";
        words[n++] = room;
    }
    if (order->all) {
        words[n++] = "--all";
    }
    if (code[0]) {
        words[n++] = "--code";
        words[n++] = code;
    }
    if (class[0]) {
        words[n++] = "--class";
        words[n++] = class;
    }
    if (order->key_count > 0) {
        words[n++] = "--";
    }
    for (size_t i = 0; i < order->key_count; i++) {
        words[n++] = keys[i];
    }
    words[n] = NULL;
}

/* A place, when none of this scheme is at work. */
static struct job *job_place(struct jobs *jobs, const struct job_order *order, struct cause *cause)
{
    int at_work = 0;
    for (size_t i = 0; i < JOBS_KEPT; i++) {
        const struct job *one = &jobs->all[i];
        if (one->pid > 0 && strcmp(one->name, order->name) == 0) {
            (void)cause_set(cause, ERR_BUSY, "a run of %s that was started here is going on", order->name);
            return NULL;
        }
        at_work += one->pid > 0;
    }
    if (at_work >= JOBS_AT_ONCE) {
        (void)cause_set(cause, ERR_BUSY, "%d runs that were started here are going on; wait for one to end", at_work);
        return NULL;
    }
    struct job *place = &jobs->all[(jobs->last + 1) % JOBS_KEPT];
    for (int64_t i = 2; place->pid > 0; i++) {
        place = &jobs->all[(jobs->last + i) % JOBS_KEPT];
    }
    return place;
}

int jobs_start(struct jobs *jobs, const struct job_order *order, int64_t *id, struct cause *cause)
{
    const char *words[CHILD_WORDS_MOST + 1], *keys[20];
    char room[24];
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct text code = arena_text(&arena, order->code), class = arena_text(&arena, order->class);
    bool whole = code.data && class.data;
    for (size_t i = 0; i < order->key_count; i++) {
        keys[i] = arena_text(&arena, order->keys[i]).data;
        whole = whole && keys[i];
    }
    if (!whole) {
        arena_fini(&arena);
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    words_write(order, words, room, code.data, class.data, keys);
    pthread_mutex_lock(&jobs->lock);
    struct job *job = job_place(jobs, order, cause);
    int error = job ? 0 : ERR_BUSY;
    if (job) {
        job_fini(job);
        buffer_init(&job->line, LINE_BYTES);
        buffer_init(&job->report, LINE_BYTES);
        error = child_begin(words, true, &job->pid, &job->fd, cause);
    }
    if (!error) {
        job->id = *id = ++jobs->last;
        job->kind = order->kind;
        if (order->draft) {
            job->draft = *order->draft;
            order->draft->folder[0] = '\0';
        }
        (void)snprintf(job->name, sizeof job->name, "%s", order->name);
    }
    pthread_mutex_unlock(&jobs->lock);
    arena_fini(&arena);
    return error;
}

void jobs_stop(struct jobs *jobs, const char *name)
{
    pthread_mutex_lock(&jobs->lock);
    for (size_t i = 0; i < JOBS_KEPT; i++) {
        if (jobs->all[i].pid > 0 && strcmp(jobs->all[i].name, name) == 0) {
            (void)kill(jobs->all[i].pid, SIGTERM);
        }
    }
    pthread_mutex_unlock(&jobs->lock);
}

static void job_put(const struct job *job, struct buffer *out, bool chinese)
{
    static const char *const kinds[] = {[JOB_RUN] = "run", [JOB_DRY] = "dry", [JOB_REPLAY] = "replay"};
    buffer_format(out, "{\"id\":%lld,\"kind\":\"%s\",\"scheme\":", (long long)job->id, kinds[job->kind]);
    json_put_text(out, text_of(job->name));
    buffer_format(out, ",\"state\":\"%s\",\"code\":", job->pid > 0 ? "running" : "ended");
    if (job->pid > 0) {
        buffer_add_text(out, TEXT("null"));
    } else {
        buffer_format(out, "%d", job->code);
    }
    bool first = false;
    put_said(out, &first, "said", text_of(job->said), chinese);
    buffer_add_text(out, TEXT(",\"report\":"));
    buffer_add_text(out, job->report.size > 0 ? buffer_text(&job->report) : TEXT("null"));
    buffer_add_char(out, '}');
}

void jobs_put(struct jobs *jobs, struct buffer *out, bool chinese)
{
    bool first = true;
    pthread_mutex_lock(&jobs->lock);
    buffer_add_char(out, '[');
    for (int64_t id = jobs->last; id > 0 && id > jobs->last - JOBS_KEPT; id--) {
        for (size_t i = 0; i < JOBS_KEPT; i++) {
            if (jobs->all[i].id == id) {
                buffer_add_text(out, first ? TEXT("") : TEXT(","));
                job_put(&jobs->all[i], out, chinese);
                first = false;
            }
        }
    }
    buffer_add_char(out, ']');
    pthread_mutex_unlock(&jobs->lock);
}
