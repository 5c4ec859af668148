#include "ctl/run/local.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/language.h"
#include "common/base/print.h"
#include "common/json/json.h"
#include "common/log/log.h"
#include "common/observe/descriptors.h"
#include "common/run/hold.h"
#include "common/run/report.h"
#include "common/run/terms.h"
#include "common/scheme/scheme.h"
#include "ctl/children/child.h"
#include "ctl/children/group.h"
#include "ctl/report/summary.h"
#include "ctl/run/changes.h"
#include "ctl/run/progress.h"

enum { DRAIN_SECONDS = 10 };
static const char *const stage_names[LOCAL_STAGES] = {"extractor", "transformer", "loader"};

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
    struct buffer line;
    buffer_init(&line, (size_t)2 * CHILD_LINE_MAX);
    language_put(&line, json_text(json_get(event, "message")));
    for (const cJSON *field = event->child; field != NULL; field = field->next) {
        bool known = false;
        for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
            known = known || strcmp(field->string, told[i]) == 0;
        }
        if (!known) {
            buffer_format(&line, "  %s=", field->string);
            json_put_tree(&line, field);
        }
    }
    print_line(stderr, "%s: %.*s", stage, TEXT_ARG(buffer_text(&line)));
    buffer_fini(&line);
}

/* Two workers of a stage that are refused for the same reason say the same: once is enough. */
static bool said_before(struct local_run *run, struct text line)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < line.size; i++) {
        hash = (hash ^ (unsigned char)line.data[i]) * UINT64_C(1099511628211);
    }
    for (size_t i = 0; i < run->said_count; i++) {
        if (run->said[i] == hash) {
            return true;
        }
    }
    if (run->said_count < LOCAL_SAID) {
        run->said[run->said_count++] = hash;
    }
    return false;
}

/* What a stage says on stderr. Its JSON lines are shown as text where a person looks on, as they are otherwise. */
static void show_line(void *user, const char *stage, struct text line)
{
    struct local_run *run = user;
    if (run->failed && text_find(line, TEXT("\"level\":\"warn\"")) >= 0) {
        return;
    }
    bool event_line = line.size > 0 && line.data[0] == '{';
    if (!event_line && said_before(run, line)) {
        return;
    }
    progress_hide(&run->progress);
    struct arena arena;
    arena_init(&arena, 1 << 16);
    const cJSON *event = NULL;
    if (run->progress.terminal && event_line &&
        json_parse(&arena, line, CHILD_LINE_MAX, JSON_STRICT, &event, NULL) == 0) {
        show_event(stage, event);
    } else if (event_line) {
        print_line(stderr, "%.*s", TEXT_ARG(line)); /* for programs: in English */
    } else if (text_starts(line, text_of(stage))) {
        print_sentence(stderr, line);
    } else {
        char said[CHILD_LINE_MAX * 2];
        print_line(stderr, "%s: %s", stage, language_line(line, said, sizeof said));
    }
    arena_fini(&arena);
}

static int release(struct store *store, void *scheme)
{
    return hold_release(store, *(const struct text *)scheme);
}

/* Whoever starts a run takes back that somebody stopped its scheme. */
static int let_go(struct store *store, struct text scheme, struct cause *cause)
{
    int error = store_insist(store, release, &scheme);
    return error ? cause_set(cause, ERR_IO, "store %s", store_why(store)) : 0;
}

/* What all stages would complain about, each in its own line, is tried here first; and what stands unfinished is told. */
static int try_shared(struct local_run *run, struct cause *cause)
{
    int error = descriptors_raise(cause);
    error = error ? error : scheme_load(run->scheme, &run->loaded, cause);
    struct store *store = NULL;
    struct run_plan plan = {0};
    error = error ? error : run_plan_windows(run->loaded, run->from, run->to, &plan, cause);
    if (error == 0) {
        error = store_open(run->store, &store, cause);
    }
    if (error == 0 && run->id == 0 && !run->dry_run) {
        const struct unfinished_asked asked = {run->limit, run->begin_new, run->from != NULL};
        error = unfinished_tell(store, run->loaded, &asked, &run->unfinished, cause);
        run->begin_new = run->begin_new || run->unfinished.anew;
    }
    if (error == 0 && !run->dry_run) {
        error = let_go(store, run->loaded->name, cause);
    }
    store_close(&store);
    return error;
}

/* Where the extractor notes the run that it reads. */
static const char *note_path(const struct local_run *run, char out[FOLDER_ADDRESS])
{
    snprintf(out, FOLDER_ADDRESS, "%s/run", run->folder.path);
    return out;
}

/* Other schemes may have newer runs in the store: this one's is known by its id. */
static void note_read(struct local_run *run)
{
    char path[FOLDER_ADDRESS], line[32] = "";
    FILE *file = fopen(note_path(run, path), "re");
    if (file == NULL) {
        return;
    }
    size_t size = fgets(line, sizeof line, file) != NULL ? strlen(line) : 0;
    int64_t id = 0;
    if (size > 1 && line[size - 1] == '\n' && text_integer((struct text){line, size - 1}, &id) == 0) {
        run->own = id;
    }
    fclose(file);
}

/* A start that was wrong before any call leaves no run open. */
static void drop_begun(struct local_run *run)
{
    struct store *store = NULL;
    note_read(run);
    if (run->dry_run || run->id != 0 || run->own == 0 || store_open(run->store, &store, NULL) != 0) {
        return;
    }
    if (unfinished_drop(store, run->own, &run->unfinished) != 0) {
        print_line(stderr, "dianchen: store %s", store_why(store));
    }
    store_close(&store);
}

/* A dry run goes through everything on a copy of the ledger whose mark keeps the loaders from saving. */
static int make_dry_store(struct local_run *run, struct cause *cause)
{
    char path[FOLDER_ADDRESS];
    snprintf(path, sizeof path, "%s/dry.db", run->folder.path);
    int error = store_copy_dry(run->store, path, cause);
    snprintf(run->dry_store, sizeof run->dry_store, "sqlite:%s", path);
    run->store = run->dry_store;
    return error;
}

/* What the loaders of a dry run note. */
static const char *changes_path(const struct local_run *run, char out[FOLDER_ADDRESS])
{
    snprintf(out, FOLDER_ADDRESS, "%s/changes", run->folder.path);
    return out;
}

static int start_stage(struct local_run *run, int stage, struct cause *cause)
{
    char *upstream = stage > 0 ? folder_addresses(&run->folder, stage_names[stage - 1], run->workers[stage - 1]) : NULL;
    if (stage > 0 && upstream == NULL) {
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    int error = 0;
    for (int64_t w = 0; error == 0 && w < run->workers[stage]; w++) {
        const char *words[CHILD_WORDS] = {"--scheme", run->scheme, "--log", run->log, "--metrics", run->metrics};
        size_t n = 6;
        char bind[FOLDER_ADDRESS];
        char note[FOLDER_ADDRESS];
        char number[24];
        if (stage < LOCAL_STAGES - 1) {
            folder_address(&run->folder, stage_names[stage], (int)w, bind);
            words[n++] = "--bind";
            words[n++] = bind;
        }
        if (upstream != NULL) {
            words[n++] = "--upstream";
            words[n++] = upstream;
        }
        char changes[FOLDER_ADDRESS];
        if (stage == LOCAL_STAGES - 1 && run->dry_run) {
            words[n++] = "--changes";
            words[n++] = changes_path(run, changes);
        }
        if (stage == 0) {
            words[n++] = "--once";
            if (run->limit > 0) {
                snprintf(number, sizeof number, "%lld", (long long)run->limit);
                words[n++] = "--limit";
                words[n++] = number;
            }
            if (run->vanished) {
                words[n++] = "--vanished";
            }
            if (w == 0) {
                words[n++] = "--note-run";
                words[n++] = note_path(run, note);
            }
            if (run->from != NULL) {
                words[n++] = "--from";
                words[n++] = run->from;
            }
            if (run->to != NULL) {
                words[n++] = "--to";
                words[n++] = run->to;
            }
            if (run->id != 0) {
                snprintf(number, sizeof number, "%lld", (long long)run->id);
                words[n++] = "--run";
                words[n++] = number;
            } else if (w > 0) {
                words[n++] = "--join"; /* one begins the run, the others help */
            } else if (run->begin_new) {
                words[n++] = "--new";
            }
        }
        error = children_start(run->children, stage_names[stage], words, "--new", true, cause);
    }
    free(upstream);
    return error;
}

static void show_progress(struct local_run *run)
{
    note_read(run);
    if (run->own == 0 || (run->reader == NULL && store_open_reader(run->store, &run->reader, NULL) != 0)) {
        return;
    }
    struct run_progress now;
    if (store_begin(run->reader, false) != 0) {
        return;
    }
    int error = run_progress(run->reader, run->own, &now);
    if (store_end(run->reader, error) == 0 && now.state == RUN_OPEN) {
        progress_show(&run->progress, &now, children_restarts(run->children));
    }
}

bool local_interrupted(void)
{
    return interrupts > 0;
}

int local_heavier(int a, int b)
{
    static const int weight[] = {0, 4, 3, 1, 2};
    int wa = a >= 0 && a <= 4 ? weight[a] : 4;
    int wb = b >= 0 && b <= 4 ? weight[b] : 4;
    return wa >= wb ? a : b;
}

/* The first end of an extractor is the run's; others that found no run to join are told to stop. */
static void extractor_ended(struct local_run *run, int code)
{
    bool first = run->extractor_code < 0;
    run->extractor_code = first ? code : local_heavier(run->extractor_code, code == EXIT_UNFINISHED ? 0 : code);
    if (first) {
        children_signal(run->children, "extractor", SIGTERM);
    }
}

/* Until the extractors are done, a stage gives up, or the person does. */
static void watch(struct local_run *run)
{
    int drained = 0;
    while (children_count(run->children, "extractor") > 0) {
        struct child_exit end;
        if (children_poll(run->children, 50, &end)) {
            int code = end.exit_code >= 0 ? end.exit_code : end.asked ? EXIT_UNFINISHED : EXIT_REFUSED;
            if (strcmp(end.stage, "extractor") == 0) {
                extractor_ended(run, code);
            } else if (drained == 0) {
                /* A service stage ends by itself only when it cannot go on. */
                run->exit_code = code == EXIT_COMPLETE ? EXIT_UNFINISHED : code;
                children_signal(run->children, NULL, SIGTERM);
                drained = 1;
            }
        }
        if (interrupts > drained) {
            if (drained == 0) {
                progress_hide(&run->progress);
                print_line(stderr,
                           "dianchen: stopping: what is on the wire is finished first; once more to stop at once");
            }
            children_signal(run->children, NULL, drained == 0 ? SIGTERM : SIGKILL);
            run->exit_code = run->exit_code < 0 ? EXIT_UNFINISHED : run->exit_code;
            drained = (int)interrupts;
        }
        show_progress(run);
    }
}

static int code_of(const struct local_run *run)
{
    return run->exit_code >= 0 ? run->exit_code : run->extractor_code;
}

static void stop_children(struct local_run *run)
{
    run->failed = code_of(run) == EXIT_REFUSED || code_of(run) == EXIT_USAGE;
    children_signal(run->children, NULL, SIGTERM);
    for (int turn = 0; children_count(run->children, NULL) > 0; turn++) {
        struct child_exit end;
        children_poll(run->children, 20, &end);
        if (turn == DRAIN_SECONDS * 50 || interrupts > 1) {
            children_signal(run->children, NULL, SIGKILL);
        }
    }
}

static int read_report(struct local_run *run, int64_t id, struct buffer *json)
{
    int error = run->reader != NULL ? 0 : store_open_reader(run->store, &run->reader, NULL);
    error = error ? error : store_begin(run->reader, false);
    return error ? error : store_end(run->reader, run_report(run->reader, id, json));
}

static int take_report(struct local_run *run, struct buffer *json)
{
    note_read(run);
    return run->own == 0 ? ERR_NOT_FOUND : read_report(run, run->own, json);
}

/* The run that disabled what the source has lost has a report of its own. */
static void print_vanished(struct local_run *run, struct text report)
{
    struct buffer json;
    buffer_init(&json, 1 << 20);
    int64_t id = report_vanished_run(report);
    if (id != 0 && read_report(run, id, &json) == 0) {
        (void)report_print(buffer_text(&json), stdout);
    }
    buffer_fini(&json);
}

/* `first`: what stood unfinished; the report that was asked for follows. */
static void print_result(struct local_run *run, int code, bool first)
{
    struct buffer json;
    buffer_init(&json, 1 << 20);
    if (code != EXIT_USAGE && take_report(run, &json) == 0) {
        FILE *out = run->json ? NULL : stdout;
        int told = (run->dry_run ? report_print_dry : report_print)(buffer_text(&json), out);
        if (out && !run->dry_run) {
            print_vanished(run, buffer_text(&json));
        }
        if (run->dry_run && json.size > 0) { /* its number is that of a copy of the store, which is gone */
            char changes[FOLDER_ADDRESS];
            json.size--;
            buffer_add_text(&json, TEXT(",\"dry_run\":true"));
            if (run->json) {
                buffer_add_text(&json, TEXT(",\"changes\":"));
                changes_put(&json, changes_path(run, changes), run->scheme);
                buffer_add_text(&json, TEXT(",\"creates\":"));
                creates_put(&json, changes_path(run, changes));
            }
            buffer_add_char(&json, '}');
        }
        bool wanted = !first || (code != EXIT_COMPLETE && code != EXIT_REJECTS);
        if (run->report && wanted) {
            buffer_clear(run->report, run->report->limit);
            buffer_add_text(run->report, buffer_text(&json));
        } else if (run->json && wanted) {
            print_json(buffer_text(&json));
        }
        if (!run->json && run->dry_run) {
            char changes[FOLDER_ADDRESS];
            print_line(stdout, "  dry run: nothing was written into the target, and the ledger is as it was");
            creates_print(changes_path(run, changes));
            changes_print(changes_path(run, changes), run->scheme);
        } else if (!run->json && code == EXIT_UNFINISHED && told == EXIT_UNFINISHED) {
            print_line(stdout, "  go on with: dianchen run");
        }
    }
    buffer_fini(&json);
}

/* The stages from start to end, once. Returns the exit code. */
static int run_pass(struct local_run *run, bool first)
{
    struct cause cause;
    char note[FOLDER_ADDRESS];
    run->exit_code = run->extractor_code = -1;
    run->failed = false;
    run->own = run->id;
    (void)unlink(note_path(run, note));
    int error = children_new(show_line, run, &run->children, &cause);
    progress_init(&run->progress);
    for (int s = 0; error == 0 && s < LOCAL_STAGES; s++) {
        error = start_stage(run, s, &cause);
    }
    int code;
    if (error != 0) {
        code = log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    } else {
        watch(run);
        stop_children(run);
        progress_hide(&run->progress);
        code = code_of(run);
        print_result(run, code, first);
    }
    children_free(&run->children);
    if (code == EXIT_USAGE) {
        drop_begun(run);
    }
    return code;
}

int local_run(struct local_run *run)
{
    struct cause cause;
    int error = try_shared(run, &cause);
    error = error ? error : folder_make(&run->folder, &cause);
    if (error == 0 && run->dry_run) {
        error = make_dry_store(run, &cause);
    }
    error = error ? error : child_record(&run->record, &cause);
    /* In the environment, not among the words: a password may stand in it, and words show in ps. */
    if (error == 0 && setenv("DIANCHEN_STORE", run->store, 1) != 0) {
        error = cause_set(&cause, ERR_MEMORY, "out of memory");
    }
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int code = error == 0           ? run_pass(run, run->unfinished.first)
               : error == ERR_INPUT ? log_fatal(&cause, EXIT_USAGE)
                                    : log_fatal(&cause, EXIT_REFUSED);
    bool over = code == EXIT_COMPLETE || code == EXIT_REJECTS;
    if (error == 0 && run->unfinished.first && over && interrupts == 0) {
        code = run_pass(run, false);
    }
    store_close(&run->reader);
    folder_remove(&run->folder);
    scheme_free(&run->loaded);
    return code;
}
