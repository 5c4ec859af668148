/* `dianchen run`: the stages as a crew on this machine, joined by ipc:// sockets in a private folder. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json.h"
#include "common/log.h"
#include "common/stage.h"
#include "ctl/command.h"
#include "ctl/job.h"
#include "ctl/report.h"

enum { STAGE_WORKERS_MAX = 64, DRAIN_SECONDS = 10, ADDRESS_ROOM = 120 };
static const char *const stage_names[JOB_STAGES] = {"extractor", "transformer", "loader"};

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupts++;
}

/* "loader: the target fails, calls are repeated  status=502" */
static void show_event(const char *stage, const cJSON *event)
{
    static const char *const told[] = {"time", "level", "program", "event", "message"};
    fprintf(stderr, "%s: %.*s", stage, TEXT_ARG(json_text(json_get(event, "message"))));
    struct buffer value;
    buffer_init(&value, CREW_LINE_MAX);
    for (const cJSON *field = event->child; field != NULL; field = field->next) {
        bool known = false;
        for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
            known = known || strcmp(field->string, told[i]) == 0;
        }
        if (!known) {
            buffer_clear(&value, CREW_LINE_MAX);
            json_put_tree(&value, field);
            fprintf(stderr, "  %s=%.*s", field->string, TEXT_ARG(buffer_text(&value)));
        }
    }
    fputc('\n', stderr);
    buffer_fini(&value);
}

/* What a stage says on stderr. Its JSON lines are shown as text where a person looks on, as they are otherwise. */
static void show_line(void *user, const char *stage, struct text line)
{
    struct job *job = user;
    progress_hide(&job->progress);
    struct arena arena;
    arena_init(&arena, 1 << 16);
    const cJSON *event = NULL;
    if (job->progress.terminal && line.size > 0 && line.data[0] == '{' &&
        json_parse(&arena, line, CREW_LINE_MAX, JSON_STRICT, &event, NULL) == 0) {
        show_event(stage, event);
    } else if (text_starts(line, text_of(stage)) || (line.size > 0 && line.data[0] == '{')) {
        fprintf(stderr, "%.*s\n", TEXT_ARG(line));
    } else {
        fprintf(stderr, "%s: %.*s\n", stage, TEXT_ARG(line));
    }
    arena_fini(&arena);
}

static int make_folder(struct job *job, struct cause *cause)
{
    const char *temp = getenv("TMPDIR");
    if (temp == NULL || strlen(temp) > 40) { /* a socket's path may have 107 bytes in all */
        temp = "/tmp";
    }
    snprintf(job->folder, sizeof job->folder, "%s/dianchen-XXXXXX", temp);
    if (mkdtemp(job->folder) == NULL) {
        int why = errno;
        job->folder[0] = '\0';
        return cause_set(cause, ERR_INPUT, "%s: %s; set TMPDIR to a folder that can be written", temp, strerror(why));
    }
    return 0;
}

static void remove_folder(struct job *job)
{
    if (job->folder[0] == '\0') {
        return;
    }
    char path[ADDRESS_ROOM];
    for (int s = 0; s < JOB_STAGES; s++) {
        for (int64_t w = 0; w < job->workers[s]; w++) {
            snprintf(path, sizeof path, "%s/%s%d", job->folder, stage_names[s], (int)w);
            unlink(path);
        }
    }
    static const char *const tails[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(path, sizeof path, "%s/dry.db%s", job->folder, tails[i]);
        unlink(path);
    }
    rmdir(job->folder);
}

/* What all stages would complain about, each in its own line, is tried here first. */
static int try_shared(const struct job *job, struct cause *cause)
{
    struct scheme *scheme = NULL;
    int error = scheme_load(job->options.scheme, &scheme, cause);
    scheme_free(&scheme);
    struct store *store = NULL;
    if (error == 0) {
        error = store_open(job->options.store, &store, cause);
    }
    store_close(&store);
    return error;
}

/* A dry run goes through everything on a copy of the ledger whose mark keeps the loaders from saving. */
static int make_dry_store(struct job *job, struct cause *cause)
{
    char path[ADDRESS_ROOM];
    snprintf(path, sizeof path, "%s/dry.db", job->folder);
    int error = store_copy_dry(job->options.store, path, cause);
    snprintf(job->dry_store, sizeof job->dry_store, "sqlite:%s", path);
    job->options.store = job->dry_store;
    return error;
}

/* "ipc://FOLDER/extractor0,ipc://FOLDER/extractor1" */
static char *address_list(const struct job *job, int stage)
{
    size_t room = (size_t)job->workers[stage] * ADDRESS_ROOM;
    char *list = calloc(1, room);
    for (int64_t w = 0; list != NULL && w < job->workers[stage]; w++) {
        size_t used = strlen(list);
        snprintf(list + used, room - used, "%sipc://%s/%s%d", w ? "," : "", job->folder, stage_names[stage], (int)w);
    }
    return list;
}

static int start_stage(struct job *job, int stage, struct cause *cause)
{
    char *upstream = stage > 0 ? address_list(job, stage - 1) : NULL;
    if (stage > 0 && upstream == NULL) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    int error = 0;
    for (int64_t w = 0; error == 0 && w < job->workers[stage]; w++) {
        const char *words[CREW_WORDS] = {"--scheme",       job->options.scheme, "--log",
                                         job->options.log, "--metrics",         job->options.metrics};
        size_t n = 6;
        char bind[ADDRESS_ROOM];
        char number[24];
        if (stage < JOB_STAGES - 1) {
            snprintf(bind, sizeof bind, "ipc://%s/%s%d", job->folder, stage_names[stage], (int)w);
            words[n++] = "--bind";
            words[n++] = bind;
        }
        if (upstream != NULL) {
            words[n++] = "--upstream";
            words[n++] = upstream;
        }
        if (stage == 0) {
            words[n++] = "--once";
            if (job->limit > 0) {
                snprintf(number, sizeof number, "%lld", (long long)job->limit);
                words[n++] = "--limit";
                words[n++] = number;
            }
            if (job->run != 0) {
                snprintf(number, sizeof number, "%lld", (long long)job->run);
                words[n++] = "--run";
                words[n++] = number;
            } else if (w > 0) {
                words[n++] = "--join"; /* one begins the run, the others help */
            } else if (job->begin_new) {
                words[n++] = "--new";
            }
        }
        error = crew_start(job->crew, stage_names[stage], words, "--new", true, cause);
    }
    free(upstream);
    return error;
}

static void show_progress(struct job *job)
{
    if (job->store == NULL && store_open_reader(job->options.store, &job->store, NULL) != 0) {
        return;
    }
    struct run_progress run;
    if (store_begin(job->store, false) != 0) {
        return;
    }
    int error = run_progress(job->store, job->run, &run);
    if (store_end(job->store, error) == 0 && run.state == RUN_OPEN) {
        progress_show(&job->progress, &run, crew_restarts(job->crew));
    }
}

/* 1 and 2 need a person and outweigh 4 (unfinished), that outweighs 3 and 0. */
static int heavier(int a, int b)
{
    static const int weight[] = {0, 4, 3, 1, 2};
    int wa = a >= 0 && a <= 4 ? weight[a] : 4;
    int wb = b >= 0 && b <= 4 ? weight[b] : 4;
    return wa >= wb ? a : b;
}

/* The first end of an extractor is the run's; others that found no run to join are told to stop. */
static void extractor_ended(struct job *job, int code)
{
    bool first = job->extractor_code < 0;
    job->extractor_code = first ? code : heavier(job->extractor_code, code == EXIT_UNFINISHED ? 0 : code);
    if (first) {
        crew_signal(job->crew, "extractor", SIGTERM);
    }
}

/* Until the extractors are done, a stage gives up, or the person does. */
static void watch(struct job *job)
{
    int drained = 0;
    while (crew_count(job->crew, "extractor") > 0) {
        struct crew_end end;
        if (crew_poll(job->crew, 50, &end)) {
            int code = end.exit_code < 0 ? EXIT_REFUSED : end.exit_code;
            if (strcmp(end.stage, "extractor") == 0) {
                extractor_ended(job, code);
            } else if (drained == 0) {
                /* A service stage ends by itself only when it cannot go on. */
                job->exit_code = code == EXIT_COMPLETE ? EXIT_UNFINISHED : code;
                crew_signal(job->crew, NULL, SIGTERM);
                drained = 1;
            }
        }
        if (interrupts > drained) {
            if (drained == 0) {
                progress_hide(&job->progress);
                fputs("dianchen: stopping: what is on the wire is finished first; once more to stop at once\n", stderr);
            }
            crew_signal(job->crew, NULL, drained == 0 ? SIGTERM : SIGKILL);
            job->exit_code = job->exit_code < 0 ? EXIT_UNFINISHED : job->exit_code;
            drained = (int)interrupts;
        }
        show_progress(job);
    }
}

static void stop_crew(struct job *job)
{
    crew_signal(job->crew, NULL, SIGTERM);
    for (int turn = 0; crew_count(job->crew, NULL) > 0; turn++) {
        struct crew_end end;
        crew_poll(job->crew, 20, &end);
        if (turn == DRAIN_SECONDS * 50 || interrupts > 1) {
            crew_signal(job->crew, NULL, SIGKILL);
        }
    }
}

static int print_result(struct job *job)
{
    struct buffer json;
    buffer_init(&json, 1 << 16);
    int code = job->exit_code >= 0 ? job->exit_code : job->extractor_code;
    int error = ERR_NOT_FOUND;
    if (job->store != NULL || store_open_reader(job->options.store, &job->store, NULL) == 0) {
        error = store_begin(job->store, false);
        if (error == 0) {
            error = store_end(job->store, run_report(job->store, job->run, &json));
        }
    }
    if (error == 0 && code != EXIT_USAGE) {
        int told = report_print(buffer_text(&json), job->json ? NULL : stdout);
        if (job->json) {
            printf("%.*s\n", TEXT_ARG(buffer_text(&json)));
        } else if (job->dry_run) {
            puts("  dry run: nothing was written into the target, and the ledger is as it was");
        } else if (code == EXIT_UNFINISHED && told == EXIT_UNFINISHED) {
            puts("  go on with: dianchen run");
        }
    }
    buffer_fini(&json);
    return code;
}

int job_run(struct job *job)
{
    struct cause cause;
    int error = try_shared(job, &cause);
    if (error == 0) {
        error = make_folder(job, &cause);
    }
    if (error == 0 && job->dry_run) {
        error = make_dry_store(job, &cause);
    }
    /* In the environment, not among the words: a password may stand in it, and words show in ps. */
    if (error == 0 && setenv("DIANCHEN_STORE", job->options.store, 1) != 0) {
        error = cause_set(&cause, ERR_MEMORY, "out of memory");
    }
    if (error == 0) {
        error = crew_new(show_line, job, &job->crew, &cause);
    }
    progress_init(&job->progress);
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    for (int s = 0; error == 0 && s < JOB_STAGES; s++) {
        error = start_stage(job, s, &cause);
    }
    int exit_code;
    if (error != 0) {
        exit_code = log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else {
        watch(job);
        stop_crew(job);
        progress_hide(&job->progress);
        exit_code = print_result(job);
    }
    crew_free(&job->crew);
    store_close(&job->store);
    remove_folder(job);
    return exit_code;
}

int command_run(int argc, char **argv)
{
    struct job job = JOB_NEW;
    const struct config_option options[] = {
        STAGE_OPTION_SCHEME(job.options),
        STAGE_OPTION_STORE(job.options),
        {"--log", "DIANCHEN_LOG", CONFIG_TEXT, "warn", true, "what the stages tell: debug, info, warn or error",
         &job.options.log, 0, 0},
        {"--metrics", NULL, CONFIG_TEXT, "off", true,
         "off, or 127.0.0.1:0 for a free port per stage (told at --log info)", &job.options.metrics, 0, 0},
        {"--extractors", NULL, CONFIG_COUNT, "1", true, "workers of this stage", &job.workers[0], 1, STAGE_WORKERS_MAX},
        {"--transformers", NULL, CONFIG_COUNT, "1", true, "workers of this stage", &job.workers[1], 1,
         STAGE_WORKERS_MAX},
        {"--loaders", NULL, CONFIG_COUNT, "1", true, "workers of this stage", &job.workers[2], 1, STAGE_WORKERS_MAX},
        {"--limit", NULL, CONFIG_COUNT, NULL, false, "only the first N records: for a careful first day", &job.limit, 1,
         1000000000},
        {"--dry-run", NULL, CONFIG_SWITCH, NULL, false, "count what it would create, update, reject; write nothing",
         &job.dry_run, 0, 0},
        {"--new", NULL, CONFIG_SWITCH, NULL, false, "abandon an unfinished run instead of finishing it", &job.begin_new,
         0, 0},
        {"--json", NULL, CONFIG_SWITCH, NULL, false, "the report as one JSON object", &job.json, 0, 0},
    };
    const struct config_program program = {
        "dianchen",
        "dianchen run [OPTION...]",
        "One run on this machine: starts extractors, transformers and loaders, shows progress on stderr, prints the\n"
        "report on stdout. An unfinished run of this scheme is finished first. Ctrl-C drains; the next run goes on\n"
        "where this one stopped.",
        options,
        sizeof options / sizeof *options,
        NULL};
    int exit_code = 0;
    if (command_read(&program, argc, argv, 0, NULL, NULL, &exit_code) != 0) {
        return exit_code;
    }
    return job_run(&job);
}
