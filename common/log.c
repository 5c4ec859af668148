#include "common/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/json.h"

enum {
    SECRETS_MAX = 64,
    SECRETS_KEPT = 16, /* the first ones stay (configuration); later ones (tokens) take turns in the rest */
    SECRET_MIN = 6,
    LINE_MAX_BYTES = 16 * 1024,
    LINE_ROOM = 64 * 1024, /* with the field that passed it */
    FIELD_MAX = 4000,
    WIPED_MAX = 16 * 1024, /* no sentence is longer */
    RECENTS_MAX = 32,      /* different lines that are watched for repeats */
    SENTENCE_KEPT = 400,   /* bytes of one */
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static struct {
    const char *program;
    enum log_level level;
    bool json;
} log_state = {"dianchen", LOG_INFO, false};

static _Atomic int64_t own_run;

static pthread_rwlock_t secrets_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct {
    char *data;
    size_t size;
} secrets[SECRETS_MAX];
static size_t secret_count, secret_turn = SECRETS_KEPT;

void log_name(const char *program)
{
    log_state.program = program;
}

int log_open(const char *program, const char *level, struct cause *cause)
{
    for (size_t i = 0; level && i < sizeof level_names / sizeof *level_names; i++) {
        if (strcmp(level, level_names[i]) == 0) {
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

/* ---- secrets ---- */

void log_secret(struct text value)
{
    if (value.size < SECRET_MIN) {
        return;
    }
    (void)pthread_rwlock_wrlock(&secrets_lock);
    bool known = false;
    for (size_t i = 0; i < secret_count && !known; i++) {
        known = text_equal((struct text){secrets[i].data, secrets[i].size}, value);
    }
    char *copy = known ? NULL : malloc(value.size);
    if (copy) {
        memcpy(copy, value.data, value.size);
        size_t slot = secret_count;
        if (secret_count < SECRETS_MAX) {
            secret_count++;
        } else {
            slot = secret_turn;
            secret_turn = secret_turn + 1 < SECRETS_MAX ? secret_turn + 1 : SECRETS_KEPT;
            explicit_bzero(secrets[slot].data, secrets[slot].size);
            free(secrets[slot].data);
        }
        secrets[slot].data = copy;
        secrets[slot].size = value.size;
    }
    (void)pthread_rwlock_unlock(&secrets_lock);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* How a server may repeat a secret. Each knows the plain byte, too; what can be read both ways is read the form's way. */
enum form { FORM_PLAIN, FORM_PERCENT, FORM_TWICE /* an encoded URL, encoded once more */, FORM_JSON, FORMS };

/* The byte that two hex digits behind `at` bytes of `t` mean; -1 = none. */
static int hex_byte(struct text t, size_t at)
{
    int high = t.size > at + 1 ? hex_digit(t.data[at]) : -1, low = high >= 0 ? hex_digit(t.data[at + 1]) : -1;
    return low >= 0 ? high * 16 + low : -1;
}

void log_secret_url(const char *url)
{
    const char *user = strstr(url, "://");
    const char *end = user ? user + 3 + strcspn(user + 3, "/?#") : NULL;
    const char *colon = user ? memchr(user + 3, ':', (size_t)(end - user - 3)) : NULL;
    const char *at = colon ? memrchr(colon, '@', (size_t)(end - colon)) : NULL;
    char password[200];
    size_t size = 0;
    for (const char *p = colon ? colon + 1 : NULL; at && p < at && size < sizeof password; p++) {
        int byte = at - p > 2 && *p == '%' ? hex_byte((struct text){p, 3}, 1) : -1;
        password[size++] = byte >= 0 ? (char)byte : *p;
        p += byte >= 0 ? 2 : 0;
    }
    log_secret((struct text){password, size});
    explicit_bzero(password, sizeof password);
}

/* Bytes at the front of `t` that spell one byte; 0 = none. */
static size_t byte_match(struct text t, char wanted, enum form form)
{
    char c = t.data[0];
    if (form == FORM_TWICE && text_starts(t, TEXT("%25")) && hex_byte(t, 3) == (unsigned char)wanted) {
        return 5;
    }
    bool percent = c == '%' && hex_byte(t, 1) == (unsigned char)wanted;
    if (percent && form == FORM_PERCENT) {
        return 3;
    }
    if (form == FORM_JSON && c == '\\' && t.size > 1 && t.data[1] == wanted && strchr("\"\\/", wanted)) {
        return 2;
    }
    return c == wanted || (c == '+' && wanted == ' ') ? 1 : percent ? 3 : 0;
}

/* Bytes at the front of `t` that spell `secret`; 0 = none. Where the text was cut inside one, what is left of it counts. */
static size_t secret_match(struct text t, struct text secret, enum form form)
{
    size_t at = 0;
    for (size_t i = 0; i < secret.size; i++) {
        struct text rest = {t.data + at, t.size - at};
        size_t size = rest.size > 0 ? byte_match(rest, secret.data[i], form) : 0;
        if (size == 0) {
            bool cut = rest.size == 0 || (rest.size < 5 && rest.data[0] == '%');
            return cut && i >= SECRET_MIN ? t.size : 0;
        }
        at += size;
    }
    return at;
}

/* The longest secret that `t` begins with. */
static size_t secret_at(struct text t)
{
    size_t longest = 0;
    for (size_t i = 0; i < secret_count; i++) {
        for (int form = 0; form < FORMS; form++) {
            size_t size = secret_match(t, (struct text){secrets[i].data, secrets[i].size}, (enum form)form);
            longest = size > longest ? size : longest;
        }
    }
    return longest;
}

/* `to` may be `t.data`: what is written (3 bytes) is never longer than what it replaces (6 or more). */
static size_t wipe_into(char *to, struct text t)
{
    size_t size = 0;
    (void)pthread_rwlock_rdlock(&secrets_lock);
    while (t.size > 0) {
        size_t secret = secret_at(t);
        if (secret > 0) {
            for (int stars = 0; stars < 3; stars++) {
                to[size++] = '*';
            }
        } else {
            to[size++] = *t.data;
            secret = 1;
        }
        t.data += secret;
        t.size -= secret;
    }
    (void)pthread_rwlock_unlock(&secrets_lock);
    return size;
}

void log_wipe(char *line)
{
    line[wipe_into(line, text_of(line))] = '\0';
}

struct text log_wiped(struct arena *arena, struct text t)
{
    bool found = false;
    t.size = text_cut(t, WIPED_MAX);
    (void)pthread_rwlock_rdlock(&secrets_lock);
    for (size_t i = 0; i < t.size && !found; i++) {
        found = secret_at((struct text){t.data + i, t.size - i}) > 0;
    }
    (void)pthread_rwlock_unlock(&secrets_lock);
    if (!found) {
        return t;
    }
    char *wiped = arena_take(arena, t.size);
    return wiped ? (struct text){wiped, wipe_into(wiped, t)} : TEXT("***");
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
    struct text shown = {whole, wipe_into(whole, t)};
    shown.size = text_cut(shown, FIELD_MAX);
    if (quote) {
        json_put_text(line, shown);
    } else {
        for (size_t i = 0; i < shown.size; i++) {
            unsigned char c = (unsigned char)shown.data[i];
            buffer_add_char(line, c < 0x20 || c == 0x7f ? ' ' : shown.data[i]);
        }
    }
    if (whole != wiped) {
        free(whole);
    }
}

static void put_head(struct buffer *line, enum log_level level, const char *event, struct text sentence)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    if (log_state.json) {
        (void)gmtime_r(&now.tv_sec, &utc);
        buffer_format(line, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\",\"level\":\"%s\",\"program\":\"%s\",",
                      utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                      (int)(now.tv_nsec / 1000000), level_names[level], log_state.program);
        buffer_format(line, "\"event\":\"%s\",\"message\":", event);
        put_wiped(line, sentence, true);
        return;
    }
    (void)localtime_r(&now.tv_sec, &utc);
    buffer_format(line, "%02d:%02d:%02d %-5s %s  ", utc.tm_hour, utc.tm_min, utc.tm_sec, level_names[level], event);
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
    if (!line->failed) {
        line_write(buffer_text(line));
    }
    buffer_fini(line);
}

/* ---- repeats ---- */

/* Lines written lately, by what makes two of them the same. */
static struct recent {
    uint64_t hash;
    int64_t since; /* ms, monotonic */
    int64_t count; /* held back since */
    enum log_level level;
    const char *event;
    char sentence[SENTENCE_KEPT];
} recents[RECENTS_MAX];
static pthread_mutex_t recents_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t window = LOG_WINDOW;

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

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
        put_head(&line, recent->level, recent->event, text_of(recent->sentence));
        put_field(&line, "repeated", &repeated, true);
        line_end(&line);
    }
    recent->hash = 0;
    recent->count = 0;
}

/* Is this line to be written? Then *before = how many like it were not. */
static bool recent_admit(enum log_level level, const char *event, struct text sentence, uint64_t hash, int64_t *before)
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
        *place = (struct recent){.hash = hash, .since = now, .level = level, .event = event};
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
    atomic_store(&own_run, run);
}

/* Writes, or counts, what `fields` holds behind the head. */
static void event_write(enum log_level level, const char *event, struct text sentence, struct text fields)
{
    uint64_t hash = hash_of(hash_of(0xcbf29ce484222325U, text_of(event)), sentence);
    hash = level < LOG_WARN ? hash_of(hash, fields) : hash;
    int64_t before;
    if (!recent_admit(level, event, sentence, hash | 1, &before)) {
        return;
    }
    struct buffer line;
    buffer_init(&line, LINE_ROOM);
    put_head(&line, level, event, sentence);
    buffer_add_text(&line, fields);
    if (before > 0) {
        struct log_value repeated = LOG_INT(before);
        put_field(&line, "repeated", &repeated, fields.size == 0);
    }
    line_end(&line);
}

static void put_own_run(struct buffer *fields)
{
    int64_t run = atomic_load(&own_run);
    if (run != 0) {
        struct log_value value = LOG_INT(run);
        put_field(fields, "run", &value, fields->size == 0);
    }
}

void log_event(enum log_level level, const char *event, const char *sentence, ...)
{
    if (!log_enabled(level)) {
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
    if (!run_told) {
        put_own_run(&fields);
    }
    event_write(level, event, text_of(sentence), buffer_text(&fields));
    buffer_fini(&fields);
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    if (!log_enabled(level)) {
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
    put_own_run(&fields);
    event_write(level, event, text_of(sentence), buffer_text(&fields));
    buffer_fini(&fields);
}

int log_fatal(const struct cause *cause, int exit_code)
{
    log_flush();
    char line[sizeof cause->text + 100];
    (void)snprintf(line, sizeof line, "%s: %s", log_state.program, cause->text);
    log_wipe(line);
    size_t size = strlen(line);
    line[size] = '\n'; /* in the place of the NUL: `line` is longer than any cause */
    line_write((struct text){line, size + 1});
    return exit_code;
}
