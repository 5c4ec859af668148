#include "replay.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "scan.h"

struct replay_settings replay_settings;
struct replay_count replay_count;

struct cassette {
    char *file;
    char *path;        /* of the URL */
    struct blob query; /* as recorded: parts of it may be *** */
    struct blob body;
    struct form form;  /* both, when it could be read as one */
    struct blob names; /* what a JSON body asks for or saves, see put_names */
    bool is_form;
    bool answered, used;
    int status;
    char type[160], header[40], value[300];
    struct blob reply;
};

static struct cassette *cassettes;
static size_t cassette_count;
static char loaded[SWITCH_TEXT_ROOM];

/* ---- reading ---- */

static void fail(const char *file, const char *why)
{
    fprintf(stderr, "double: --replay: %s: %s\n", file, why);
    exit(2);
}

static void read_file(const char *path, struct blob *out)
{
    FILE *file = fopen(path, "re");
    char block[1 << 16];
    size_t size = 0;
    if (!file) {
        fail(path, "can't be read");
        return;
    }
    while ((size = fread(block, 1, sizeof block, file)) > 0) {
        blob_put(out, block, size);
    }
    fclose(file);
}

static int digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static void put_base64(const struct scan_value *value, struct blob *out)
{
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 1; i + 1 < value->length && digit_of(value->raw[i]) >= 0; i++) {
        bits = bits << 6 | (uint32_t)digit_of(value->raw[i]);
        count += 6;
        if (count >= 8) {
            count -= 8;
            blob_put(out, (const char[]){(char)(bits >> count & 0xff)}, 1);
        }
    }
}

/* "Retry-After: 3" of those headers that a client looks at. How the body travelled is over: it stands there decoded. */
static void take_header(struct cassette *c, const char *line)
{
    static const char *const kept[] = {"Retry-After", "Location"};
    const char *colon = strchr(line, ':');
    const char *value = colon ? colon + 1 + strspn(colon + 1, " ") : "";
    size_t length = colon ? (size_t)(colon - line) : 0;
    if (length == 12 && strncasecmp(line, "Content-Type", 12) == 0) {
        snprintf(c->type, sizeof c->type, "%s", value);
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (length == strlen(kept[i]) && strncasecmp(line, kept[i], length) == 0) {
            snprintf(c->header, sizeof c->header, "%s", kept[i]);
            snprintf(c->value, sizeof c->value, "%s", value);
        }
    }
}

static bool read_headers(struct scan *s, struct cassette *c)
{
    struct blob line = {0};
    struct scan_value value;
    bool good = scan_enter(s, '[');
    while (good && scan_element(s)) {
        line.length = 0;
        good = scan_value(s, &value);
        if (good) {
            scan_decode(&value, &line);
            take_header(c, blob_text(&line));
        }
    }
    blob_fini(&line);
    return good;
}

/* http://host:1/a/b -> /a/b */
static char *path_of(const char *url)
{
    const char *host = strstr(url, "//");
    const char *path = host ? strchr(host + 2, '/') : NULL;
    size_t length = path ? strlen(path) : 1;
    char *copy = blob_memory(NULL, length + 1);
    memcpy(copy, path ? path : "/", length);
    copy[length] = '\0';
    return copy;
}

static bool read_request(struct scan *s, struct cassette *c)
{
    struct scan_value name, value;
    struct blob text = {0};
    bool good = scan_enter(s, '{');
    while (good && scan_member(s, &name)) {
        good = scan_value(s, &value);
        text.length = 0;
        if (good && scan_is(&name, "url")) {
            scan_decode(&value, &text);
            free(c->path);
            c->path = path_of(blob_text(&text));
        } else if (good && scan_is(&name, "query")) {
            scan_decode(&value, &c->query);
        } else if (good && scan_is(&name, "body")) {
            scan_decode(&value, &c->body);
        }
    }
    blob_fini(&text);
    return good;
}

static bool read_reply(struct scan *s, struct cassette *c)
{
    struct scan_value name, value;
    bool good = scan_enter(s, '{');
    while (good && scan_member(s, &name)) {
        if (scan_is(&name, "headers")) {
            good = read_headers(s, c);
            continue;
        }
        good = scan_value(s, &value);
        if (good && scan_is(&name, "reach")) {
            c->answered = scan_is(&value, "answered");
        } else if (good && scan_is(&name, "status")) {
            c->status = (int)strtol(value.raw, NULL, 10);
        } else if (good && scan_is(&name, "body")) {
            scan_decode(&value, &c->reply);
        } else if (good && scan_is(&name, "body_base64")) {
            put_base64(&value, &c->reply);
        } else if (good && scan_is(&name, "body_withheld")) {
            fail(c->file, "its reply was withheld when it was recorded");
        }
    }
    return good;
}

/* The members by which two bodies of one path are told apart, whatever else of them is masked. */
static bool tells_apart(const struct scan_value *name)
{
    static const char *const names[] = {"id", "number", "billno", "search", "page", "pagesize"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (scan_is(name, names[i])) {
            return true;
        }
    }
    return false;
}

/* Their values in the order in which they stand, at any depth, a line each. A body that is no JSON has none. */
static void put_names(const struct blob *body, struct blob *out)
{
    const char *at = body->data, *end = at + body->length;
    for (const char *quote = at; quote && (quote = memchr(at, '"', (size_t)(end - at)));) {
        struct scan s;
        struct scan_value name, value;
        scan_init(&s, quote, (size_t)(end - quote));
        if (!scan_value(&s, &name)) {
            return;
        }
        at = s.at;
        while (at < end && *at == ' ') {
            at++;
        }
        if (at == end || *at != ':' || !tells_apart(&name)) {
            continue;
        }
        scan_init(&s, at + 1, (size_t)(end - at - 1));
        if (scan_value(&s, &value)) {
            blob_put(out, value.raw, value.length);
            blob_put(out, "\n", 1);
            at = s.at;
        }
    }
}

static void read_cassette(struct cassette *c)
{
    struct blob text = {0};
    struct scan s;
    struct scan_value name, value;
    bool marked = false;
    read_file(c->file, &text);
    scan_init(&s, text.data, text.length);
    bool good = scan_enter(&s, '{');
    while (good && scan_member(&s, &name)) {
        if (scan_is(&name, "request")) {
            good = read_request(&s, c);
        } else if (scan_is(&name, "reply")) {
            good = read_reply(&s, c);
        } else {
            good = scan_value(&s, &value);
            marked = marked || scan_is(&name, "cassette");
        }
    }
    if (!good || !scan_done(&s) || !marked || !c->path) {
        fail(c->file, s.fault ? s.fault : "is no cassette");
    }
    blob_fini(&text);
    put_names(&c->body, &c->names);
    form_init(&c->form, c->query.length + c->body.length);
    c->is_form =
        form_read(&c->form, c->query.data, c->query.length) && form_read(&c->form, c->body.data, c->body.length);
}

static int is_cassette(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

void replay_fini(void)
{
    for (size_t i = 0; i < cassette_count; i++) {
        free(cassettes[i].file);
        free(cassettes[i].path);
        blob_fini(&cassettes[i].query);
        blob_fini(&cassettes[i].body);
        blob_fini(&cassettes[i].reply);
        blob_fini(&cassettes[i].names);
        form_fini(&cassettes[i].form);
    }
    free(cassettes);
    cassettes = NULL;
    cassette_count = 0;
}

void replay_changed(void)
{
    struct dirent **entries = NULL;
    if (strcmp(loaded, replay_settings.folder) == 0) {
        return;
    }
    replay_fini();
    memcpy(loaded, replay_settings.folder, sizeof loaded);
    int n = *loaded ? scandir(loaded, &entries, is_cassette, alphasort) : 0;
    if (n < 0 || (*loaded && n == 0)) {
        fail(loaded, "holds no cassettes");
    }
    cassettes = blob_memory(NULL, (size_t)n * sizeof *cassettes);
    for (int i = 0; i < n; i++) {
        struct blob path = {0};
        blob_printf(&path, "%s/%s", loaded, entries[i]->d_name);
        (void)blob_text(&path);
        cassettes[i] = (struct cassette){.file = path.data, .status = 200, .type = "application/json"};
        read_cassette(&cassettes[i]);
        free(entries[i]);
        cassette_count++;
    }
    free(entries);
}

bool replay_is_on(void)
{
    return *loaded != '\0';
}

/* ---- answering ---- */

/* Different in each call, or wiped when it was recorded. */
static bool may_differ(const char *name)
{
    static const char *const names[] = {"timestamp",      "sign",    "sign_method", "app_key",
                                        "target_app_key", "session", "sid"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool holds_all(const struct form *these, const struct form *those)
{
    for (size_t i = 0; i < these->count; i++) {
        const char *value = form_get(those, these->pairs[i].name);
        if (!may_differ(these->pairs[i].name) && (!value || strcmp(value, these->pairs[i].value) != 0)) {
            return false;
        }
    }
    return true;
}

/* How well it fits: 0 = not at all. `names` are those of the call's body. */
static int fit(const struct cassette *c, const struct call *call, const struct form *form, const struct blob *names)
{
    if (strcmp(c->path, call->path) != 0) {
        return 0;
    }
    if (form) {
        bool same = c->is_form && holds_all(form, &c->form) && holds_all(&c->form, form);
        return !same ? 0 : c->used ? 1 : 2;
    }
    bool same = c->names.length == names->length &&
                (names->length == 0 || memcmp(c->names.data, names->data, names->length) == 0);
    return (c->used ? 1 : 3) + same;
}

void replay_answer(struct call *call, const struct form *form)
{
    struct cassette *best = NULL;
    int most = 0;
    struct blob names = {0};
    if (!form) {
        put_names(&call->body, &names);
    }
    for (size_t i = 0; i < cassette_count; i++) {
        int fits = fit(&cassettes[i], call, form, &names);
        /* The first of those not used yet; the last of those used. */
        if (fits > most || (fits == most && fits > 0 && cassettes[i].used)) {
            best = &cassettes[i];
            most = fits;
        }
    }
    blob_fini(&names);
    if (!best) {
        replay_count.unknown++;
        call_text(call, 404, "text/plain", "this call was not recorded\n");
        return;
    }
    best->used = true;
    replay_count.replayed++;
    if (!best->answered) {
        call_cut(call, CALL_CLOSE);
        return;
    }
    call->answer.length = 0;
    blob_put(&call->answer, best->reply.data, best->reply.length);
    call_answer(call, best->status, best->type);
    if (*best->header) {
        call->header = best->header;
        call->header_value = best->value;
    }
}
