#include "common/log/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/base/language.h"
#include "common/base/print.h"
#include "common/base/scope.h"
#include "common/base/secret.h"
#include "common/json/json.h"

enum {
    LINE_MAX_BYTES = 16 * 1024,
    LINE_ROOM = 64 * 1024, /* with the field that passed it */
    FIELD_MAX = 4000,
    RECENTS_MAX = 32,    /* different lines that are watched for repeats */
    SENTENCE_KEPT = 400, /* bytes of one */
};

static struct {
    const char *program;
    enum log_level level;
    bool json;
} log_state = {"dianchen", LOG_INFO, false};

static _Atomic int64_t own_run;

void log_name(const char *program)
{
    log_state.program = program;
}

const char *log_program(void)
{
    return log_state.program;
}

int log_open(const char *program, const char *level, struct cause *cause)
{
    for (int i = LOG_DEBUG; level && i <= LOG_ERROR; i++) {
        if (strcmp(level, log_level_name((enum log_level)i)) == 0) {
            log_state.program = program;
            log_state.level = (enum log_level)i;
            log_state.json = !isatty(STDERR_FILENO);
            return 0;
        }
    }
    return cause_set(cause, ERR_INPUT, "log level '%s' is none of debug, info, warn, error: set --log or DIANCHEN_LOG",
                     level ? level : "");
}

bool log_enabled(enum log_level level)
{
    return level >= log_state.level;
}

/* ---- lines ---- */

static void line_write(struct text line)
{
    while (line.size > 0) {
        ssize_t written = write(STDERR_FILENO, line.data, line.size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return; /* nobody reads: nothing better can be done with a log */
        }
        line.data += written;
        line.size -= (size_t)written;
    }
}

/* Wiped before it is quoted: escapes would hide a secret. */
static void put_wiped(struct buffer *line, struct text t, bool quote)
{
    char wiped[FIELD_MAX];
    /* A secret cut in two would show its first half: wipe all that is there, then cut. */
    char *whole = t.size <= sizeof wiped ? wiped : malloc(t.size);
    if (!whole) {
        return;
    }
    struct text shown = {whole, secret_wipe_into(whole, t)};
    shown.size = text_cut(shown, FIELD_MAX);
    if (quote) {
        json_put_text(line, shown);
    } else {
        print_put_shown(line, shown);
    }
    if (whole != wiped) {
        free(whole);
    }
}

static void put_head(struct buffer *line, const struct event_row *event, struct text sentence)
{
    int64_t now = clock_wall();
    time_t seconds = (time_t)(now / 1000);
    struct tm utc;
    if (log_state.json) {
        (void)gmtime_r(&seconds, &utc);
        buffer_format(line, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\",\"level\":\"%s\",\"program\":\"%s\",",
                      utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                      (int)(now % 1000), log_level_name(event->level), log_state.program);
        buffer_format(line, "\"event\":\"%s\",\"message\":", event->id);
        put_wiped(line, sentence, true);
        return;
    }
    (void)localtime_r(&seconds, &utc);
    buffer_format(line, "%02d:%02d:%02d %-5s %s  ", utc.tm_hour, utc.tm_min, utc.tm_sec, log_level_name(event->level),
                  event->id);
    put_wiped(line, sentence, false);
}

static void put_field(struct buffer *line, const char *name, const struct log_value *value, bool first)
{
    if (log_state.json) {
        buffer_format(line, ",\"%s\":", name);
    } else {
        buffer_format(line, "%s%s=", first ? "  " : " ", name);
    }
    if (value->kind == LOG_IS_INT) {
        buffer_format(line, "%lld", (long long)value->integer);
    } else {
        put_wiped(line, value->text, log_state.json);
    }
}

static void line_end(struct buffer *line)
{
    buffer_add_text(line, log_state.json ? TEXT("}\n") : TEXT("\n"));
    struct buffer safe; /* on a terminal, whoever shows it there */
    buffer_init(&safe, (size_t)2 * LINE_ROOM);
    if (log_state.json) {
        print_put_json(&safe, buffer_text(line));
    }
    const struct buffer *out = log_state.json ? &safe : line;
    if (!line->failed && !out->failed) {
        line_write(buffer_text(out));
    }
    buffer_fini(&safe);
    buffer_fini(line);
}

/* ---- repeats ---- */

/* Lines written lately, by what makes two of them the same. */
static struct recent {
    uint64_t hash;
    int64_t since; /* ms, monotonic */
    int64_t count; /* held back since */
    const struct event_row *event;
    char sentence[SENTENCE_KEPT];
} recents[RECENTS_MAX];
static pthread_mutex_t recents_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t window = LOG_WINDOW;

static uint64_t hash_of(uint64_t hash, struct text t)
{
    for (size_t i = 0; i < t.size; i++) {
        hash = (hash ^ (unsigned char)t.data[i]) * 0x100000001b3U;
    }
    return hash;
}

/* The count of one whose window is over, in a line of its own. */
static void recent_tell(struct recent *recent)
{
    if (recent->count > 0) {
        struct buffer line;
        struct log_value repeated = LOG_INT(recent->count);
        buffer_init(&line, LINE_ROOM);
        put_head(&line, recent->event, text_of(recent->sentence));
        put_field(&line, "repeated", &repeated, true);
        line_end(&line);
    }
    recent->hash = 0;
    recent->count = 0;
}

/* Is this line to be written? Then *before = how many like it were not. */
static bool recent_admit(const struct event_row *event, struct text sentence, uint64_t hash, int64_t *before)
{
    int64_t now = clock_ms();
    struct recent *place = &recents[0];
    bool admit = true;
    *before = 0;
    (void)pthread_mutex_lock(&recents_lock);
    for (size_t i = 0; i < RECENTS_MAX && admit; i++) {
        struct recent *recent = &recents[i];
        bool over = recent->hash != 0 && now - recent->since >= window;
        if (recent->hash == hash && !over) {
            recent->count++;
            admit = false;
        } else if (recent->hash == hash) {
            *before = recent->count;
            recent->hash = 0;
            recent->count = 0;
        } else if (over) {
            recent_tell(recent);
        }
        place = place->hash != 0 && (recent->hash == 0 || recent->since < place->since) ? recent : place;
    }
    if (admit && window > 0) {
        recent_tell(place);
        *place = (struct recent){.hash = hash, .since = now, .event = event};
        size_t size = text_cut(sentence, sizeof place->sentence - 1);
        memcpy(place->sentence, sentence.data, size);
    }
    (void)pthread_mutex_unlock(&recents_lock);
    return admit;
}

void log_window(int64_t ms)
{
    window = ms;
}

void log_flush(void)
{
    (void)pthread_mutex_lock(&recents_lock);
    for (size_t i = 0; i < RECENTS_MAX; i++) {
        recent_tell(&recents[i]);
    }
    (void)pthread_mutex_unlock(&recents_lock);
}

/* ---- events ---- */

void log_run(int64_t run)
{
    atomic_store(scope_now ? &scope_now->run : &own_run, run);
}

/* Writes, or counts, what `fields` holds behind the head. */
static void event_write(const struct event_row *event, struct text sentence, struct text fields)
{
    uint64_t hash = hash_of(hash_of(0xcbf29ce484222325U, text_of(event->id)), sentence);
    hash = scope_now ? hash_of(hash, text_of(scope_now->scheme)) : hash;
    hash = event->level < LOG_WARN ? hash_of(hash, fields) : hash;
    int64_t before;
    if (!recent_admit(event, sentence, hash | 1, &before)) {
        return;
    }
    struct buffer line;
    buffer_init(&line, LINE_ROOM);
    put_head(&line, event, sentence);
    buffer_add_text(&line, fields);
    if (before > 0) {
        struct log_value repeated = LOG_INT(before);
        put_field(&line, "repeated", &repeated, fields.size == 0);
    }
    line_end(&line);
}

/* The fields that no caller needs to name: the run, where it did not, and the scheme, where the process serves several. */
static void put_own(struct buffer *fields, bool run_told)
{
    int64_t run = atomic_load(scope_now ? &scope_now->run : &own_run);
    if (run != 0 && !run_told) {
        struct log_value value = LOG_INT(run);
        put_field(fields, "run", &value, fields->size == 0);
    }
    if (scope_now) {
        struct log_value value = LOG_STR(scope_now->scheme);
        put_field(fields, "scheme", &value, fields->size == 0);
    }
}

void log_event(enum event_id event, const char *sentence, ...)
{
    const struct event_row *row = event_row(event);
    if (!log_enabled(row->level)) {
        return;
    }
    struct buffer fields;
    buffer_init(&fields, LINE_ROOM);
    va_list arguments;
    va_start(arguments, sentence);
    bool run_told = false;
    for (const char *name = va_arg(arguments, const char *); name; name = va_arg(arguments, const char *)) {
        struct log_value value = va_arg(arguments, struct log_value);
        if (fields.size < LINE_MAX_BYTES) {
            put_field(&fields, name, &value, fields.size == 0);
        }
        run_told = run_told || strcmp(name, "run") == 0;
    }
    va_end(arguments);
    put_own(&fields, run_told);
    event_write(row, text_of(sentence), buffer_text(&fields));
    buffer_fini(&fields);
}

void log_line(enum event_id event, const char *format, ...)
{
    const struct event_row *row = event_row(event);
    if (!log_enabled(row->level)) {
        return;
    }
    char sentence[FIELD_MAX];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (size < 0) {
        return;
    }
    struct buffer fields;
    buffer_init(&fields, LINE_ROOM);
    put_own(&fields, false);
    event_write(row, text_of(sentence), buffer_text(&fields));
    buffer_fini(&fields);
}

int log_fatal(const struct cause *cause, int exit_code)
{
    log_flush();
    char line[sizeof cause->text * 2 + 400];
    char said[sizeof cause->text * 2];
    (void)snprintf(line, sizeof line, "%s: %s%s%s", log_state.program, scope_now ? scope_now->scheme : "",
                   scope_now ? ": " : "", language_line(text_of(cause->text), said, sizeof said));
    secret_wipe(line);
    struct buffer shown;
    buffer_init(&shown, sizeof line * 8);
    print_put_shown(&shown, text_of(line));
    buffer_add_char(&shown, '\n');
    line_write(buffer_text(&shown));
    buffer_fini(&shown);
    return exit_code;
}
