#include "common/scheme/scheme.h"
#include "common/scheme/env.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/config/config.h"
#include "common/config/cron.h"
#include "common/scheme/api_lint.h"
#include "common/scheme/cases.h"
#include "common/scheme/place.h"
#include "common/scheme/source.h"
#include "common/scheme/tables.h"
#include "common/scheme/target.h"
#include "common/scheme/window.h"

enum {
    WORK_MAX = 64 << 20,
    KEEP_MAX = 32 << 20,
    NAME_SIZE_MAX = 60,
    REQUEST_MAX = 64 << 10,
    EVERY_LEAST = 1000,
    API_LAG = 60000 /* ms */,
    AFTER_MAX = 20
};
enum { BUDGET_CONSECUTIVE = 100 /* refusals of the target in a row: it refuses everything */ };
#define DAYS(n) ((n)*24LL * 3600 * 1000)
static const int64_t every_most = DAYS(366), keep_most = DAYS(3660), keep_unset = DAYS(30);

struct scheme_listener { /* who wants to know of a compilation */
    bool api;            /* of an API file alone */
    const char *request; /* then, parameters of the caller; NULL = none */
    void (*told)(void *user, const char *line);
    int (*then)(struct scheme_compile *c, void *user); /* where there was no fault, before the trees are gone */
    void *user;
};

struct owner { /* what scheme_free frees; the scheme is its first member */
    struct scheme scheme;
    struct arena arena;
};

/* Tests and the order of schemes change no payload. */
static void put_tree(struct buffer *out, const cJSON *tree)
{
    bool first = true;
    const cJSON *item;
    buffer_add_char(out, '{');
    cJSON_ArrayForEach(item, tree)
    {
        if (strcmp(item->string, "tests") != 0 && strcmp(item->string, "after") != 0) {
            json_put_member(out, &first, text_of(item->string));
            json_put_tree(out, item);
        }
    }
    buffer_add_char(out, '}');
}

/* Over what the files say, not how: a comment or a line end changes nothing, so an open run goes on after it. */
static void compile_hash(struct scheme_compile *c)
{
    enum { TREES = 3 };
    const cJSON *const trees[TREES] = {c->file.root, c->source_file.root, c->target_file.root};
    struct buffer text;
    buffer_init(&text, WORK_MAX);
    for (size_t i = 0; i < TREES; i++) {
        put_tree(&text, trees[i]);
        buffer_add_char(&text, '\n'); /* stands in no compact tree: the three can't be confused */
    }
    buffer_add_text(&text, buffer_text(&c->table_bytes));
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (text.failed || EVP_Digest(text.data, text.size, digest, NULL, EVP_sha256(), NULL) != 1) {
        c->faults.memory = true;
    } else {
        for (size_t i = 0; i < 16; i++) {
            snprintf(c->scheme->hash + 2 * i, 3, "%02x", (unsigned)digest[i]);
        }
    }
    buffer_fini(&text);
}

static void compile_at(struct scheme_compile *c, const cJSON *at, const cJSON *zone)
{
    struct cron *cron = scheme_keep(c, 1, sizeof *cron);
    struct text name = zone ? json_text(zone) : TEXT(ZONE_DEFAULT);
    struct zone clocks;
    struct cause cause;
    if (zone_load(name, c->keep, &clocks, &cause) != 0) {
        scheme_fault(&c->faults, &c->file, zone, "%s", cause.text);
    } else if (cron && cron_read(json_text(at), &clocks, name, cron, &cause) != 0) {
        scheme_fault(&c->faults, &c->file, at, "%s", cause.text);
    } else {
        c->scheme->at = cron;
    }
}

static void compile_schedule(struct scheme_compile *c, const cJSON *schedule)
{
    if (!cJSON_IsObject(schedule) || !scheme_check(&c->faults, &c->file, schedule, DOCUMENT_SCHEME, "/schedule")) {
        return;
    }
    const cJSON *every = json_get(schedule, "every"), *at = json_get(schedule, "at");
    int64_t ms = 0;
    if (!every == !at) {
        scheme_fault(&c->faults, &c->file, schedule,
                     "needs either \"every\" (\"60s\") or \"at\" (\"0 2 * * *\": 02:00 each day)");
    } else if (at) {
        compile_at(c, at, json_get(schedule, "zone"));
    } else if (config_duration(json_text(every), &ms) != 0 || ms < EVERY_LEAST || ms > every_most) {
        scheme_fault(&c->faults, &c->file, every, "must be a duration from 1s to 366d: 15s, 2m, 1h, 30d");
    } else if (json_get(schedule, "zone")) {
        scheme_fault(&c->faults, &c->file, json_get(schedule, "zone"), "goes with \"at\" only");
    }
    c->scheme->every = ms;
    scheme_compile_reread(c, json_get(schedule, "reread"));
}

static void compile_keep(struct scheme_compile *c, const cJSON *keep)
{
    c->scheme->keep = keep_unset;
    if (!cJSON_IsString(keep) || !keep->valuestring[0]) {
        return;
    }
    if (config_duration(json_text(keep), &c->scheme->keep) != 0 || c->scheme->keep < EVERY_LEAST ||
        c->scheme->keep > keep_most) {
        scheme_fault(&c->faults, &c->file, keep, "must be a duration from 1s to 3660d: 12h, 30d");
    }
}

static void compile_after(struct scheme_compile *c, const cJSON *after)
{
    int count = cJSON_IsArray(after) ? cJSON_GetArraySize(after) : 0;
    if (count > AFTER_MAX) {
        scheme_fault(&c->faults, &c->file, after, "more than %d schemes", AFTER_MAX);
        return;
    }
    struct text *names = scheme_keep(c, (size_t)count, sizeof *names);
    for (const cJSON *item = names && count > 0 ? after->child : NULL; item; item = item->next) {
        struct text name = json_text(item);
        if (name.size == 0 || text_equal(name, c->scheme->name)) {
            scheme_fault(&c->faults, &c->file, item, "must be the name of another scheme");
        } else {
            names[c->scheme->after_count++] = scheme_keep_text(c, name);
        }
    }
    c->scheme->after = names;
}

static void compile_budget(struct scheme_compile *c, const cJSON *budget)
{
    if (cJSON_IsObject(budget)) {
        (void)scheme_check(&c->faults, &c->file, budget, DOCUMENT_SCHEME, "/budget");
    }
    c->scheme->budget.rejects = scheme_get_integer(budget, "rejects", 0);
    c->scheme->budget.percent = scheme_get_integer(budget, "percent", 0);
    c->scheme->budget.consecutive = scheme_get_integer(budget, "consecutive", BUDGET_CONSECUTIVE);
}

static void compile_slots(struct scheme_compile *c)
{
    size_t count = c->scheme->slot_count;
    struct text *slots = scheme_keep(c, count, sizeof *slots);
    bool *secret = scheme_keep(c, count, sizeof *secret), *outer = scheme_keep(c, count, sizeof *outer);
    if (slots && secret && outer) {
        for (size_t i = 0; i < count; i++) {
            outer[i] = c->split && text_starts(c->slots[i], TEXT(SCHEME_OUTER));
        }
        c->scheme->source.outer = outer;
        memcpy(slots, c->slots, count * sizeof *slots);
        memcpy(secret, c->secret, count * sizeof *secret);
        c->scheme->slots = slots;
        c->scheme->slot_secret = secret;
    }
    struct scheme_variable *variables = scheme_keep(c, c->scheme->variable_count, sizeof *variables);
    if (variables) {
        memcpy(variables, c->variables, c->scheme->variable_count * sizeof *variables);
        c->scheme->variables = variables;
    }
}

static void compile(struct scheme_compile *c, const char *path)
{
    char installed[SCHEME_PATH_MAX];
    path = scheme_installed(path, path, installed, sizeof installed) ? installed : path;
    if (!scheme_file_read(&c->faults, &c->work, path, &c->file) && !c->file.root) {
        return;
    }
    const cJSON *root = c->file.root;
    (void)scheme_check(&c->faults, &c->file, root, DOCUMENT_SCHEME, "");
    struct text name = scheme_get_text(root, "name");
    if (name.size > NAME_SIZE_MAX) {
        scheme_fault(&c->faults, &c->file, json_get(root, "name"), "longer than %d bytes", NAME_SIZE_MAX);
    }
    c->scheme->name = scheme_keep_text(c, name);
    const cJSON *source = json_get(root, "source"), *target = json_get(root, "target");
    scheme_compile_env(c, json_get(root, "env"));
    if (cJSON_IsObject(source)) {
        scheme_compile_source(c, source);
    }
    scheme_compile_tables(c, json_get(root, "tables"));
    scheme_compile_script(c, json_get(root, "script"));
    scheme_compile_filter(c, json_get(root, "filter"));
    if (cJSON_IsObject(target)) {
        scheme_compile_target(c, target);
    }
    scheme_compile_vanished(c, json_get(root, "vanished"));
    compile_schedule(c, json_get(root, "schedule"));
    compile_budget(c, json_get(root, "budget"));
    compile_keep(c, json_get(root, "keep"));
    compile_after(c, json_get(root, "after"));
    c->scheme->trim = !cJSON_IsFalse(json_get(root, "trim"));
    c->scheme->letters = (enum scheme_letters)scheme_get_word(root, "letters", scheme_letters_words, LETTERS_SENT);
    scheme_check_tests(c, json_get(root, "tests"));
    compile_slots(c);
    if (c->faults.count == 0) {
        compile_hash(c);
    }
}

/* ---- an API file alone ---- */

static void use_secrets(struct scheme_compile *c, const struct scheme_fields *fields, bool first)
{
    for (size_t i = 0; i < fields->count && c->scheme->slot_count < SCHEME_SLOTS_MAX; i++) {
        const struct scheme_field *field = &fields->items[i];
        if (field->secret || (first && i == 0)) {
            c->secret[c->scheme->slot_count] = field->secret;
            c->slots[c->scheme->slot_count++] = field->name;
        }
        use_secrets(c, &field->fields, false);
    }
}

/* A text, number, true or false as it is sent; data NULL: something else. */
static struct text request_value(struct scheme_compile *c, const cJSON *item)
{
    struct buffer written;
    if (cJSON_IsString(item)) {
        return scheme_keep_text(c, json_text(item));
    }
    if (!cJSON_IsNumber(item) && !cJSON_IsBool(item)) {
        return (struct text){NULL, 0};
    }
    buffer_init(&written, REQUEST_MAX);
    json_put_tree(&written, item);
    struct text kept = scheme_keep_text(c, buffer_text(&written));
    buffer_fini(&written);
    return kept;
}

/* Adds the caller's parameters: values alone, in which nothing is filled in. */
static void compile_request(struct scheme_compile *c, const cJSON *request, struct text where)
{
    struct scheme *scheme = c->scheme;
    size_t room = scheme->source.request_count + (size_t)cJSON_GetArraySize(request),
           count = scheme->source.request_count;
    struct scheme_param *params = scheme_keep(c, room, sizeof *params);
    const cJSON *item;
    if (!params) {
        return;
    }
    memcpy(params, scheme->source.request, count * sizeof *params);
    cJSON_ArrayForEach(item, request)
    {
        const struct scheme_api *api = &c->source;
        struct text name = text_of(item->string), value = request_value(c, item);
        struct scheme_guess guess;
        if (!scheme_field_find(&api->request, name, &guess)) {
            scheme_fault(&c->faults, &c->file, NULL, "--request: %s: no such request parameter of %.*s%s", item->string,
                         TEXT_ARG(api->name), scheme_guess_tail(&guess));
        } else if (text_equal(name, api->size_param) || text_equal(name, api->number_param) ||
                   text_equal(name, api->window_start) || text_equal(name, api->window_end)) {
            scheme_fault(&c->faults, &c->file, NULL, "--request: %s is set by --page, --size, --from and --to",
                         item->string);
        } else if (!value.data) {
            scheme_fault(&c->faults, &c->file, NULL, "--request: %s: must be a text, a number, true or false",
                         item->string);
        } else {
            params[count++] = (struct scheme_param){
                .name = scheme_keep_text(c, name), .value = value, .kind = PARAM_CONSTANT, .where = where};
        }
    }
    scheme->source.request = params;
    scheme->source.request_count = count;
}

static void compile_api(struct scheme_compile *c, const char *path, const char *request)
{
    struct scheme *scheme = c->scheme;
    const struct scheme_api *api = &c->source;
    (void)snprintf(c->file.path, sizeof c->file.path, "%s", path);
    if (!scheme_is_api_file(path)) {
        scheme_fault(&c->faults, &c->file, NULL, "an API file stands in a folder api/ and ends with .json");
        return;
    }
    scheme_api_open(&c->faults, &c->work, c->keep, path, &c->source);
    struct scheme_param *params = scheme_keep(c, 2, sizeof *params);
    struct scheme_slice *slice = scheme_keep(c, 1, sizeof *slice);
    if (!api->loaded || !params || !slice) {
        return;
    }
    if (api->response.count == 0) {
        scheme_fault(&c->faults, &c->file, NULL, "it tells of no source: there is no \"response\" in it");
        return;
    }
    const struct text where = scheme_keep_text(c, text_of(path));
    params[0] = (struct scheme_param){.name = api->size_param, .kind = PARAM_PAGE_SIZE, .where = where};
    params[1] = (struct scheme_param){.name = api->number_param, .kind = PARAM_PAGE_NO, .where = where};
    *slice = (struct scheme_slice){.count = 0};
    scheme->name = scheme->source.api = api->name;
    scheme->source.driver = api->driver;
    scheme->source.list_keys = api->list_keys;
    scheme->source.list_key_count = api->list_key_count;
    scheme->source.rest = api->rest;
    scheme->source.soap = api->soap;
    scheme->source.id_slot = scheme->source.number_slot = 0;
    scheme->source.request = params;
    scheme->source.request_count = api->size_param.size > 0 ? 2 : 0; /* one reply holds all: no paging */
    scheme->source.slices = slice;
    scheme->source.slice_count = 1;
    scheme->source.page_size = api->max_size;
    scheme->source.first_page = api->first_page;
    scheme->source.concurrency = 1;
    scheme->source.split = scheme->source.key_param = TEXT("");
    scheme->source.window = (struct scheme_window){.start = api->window_start,
                                                   .end = api->window_end,
                                                   .since = EVERY_LEAST,
                                                   .lag = API_LAG,
                                                   .step = api->window_most,
                                                   .most = api->window_most};
    const cJSON *given = NULL;
    if (request && (json_parse(&c->work, text_of(request), REQUEST_MAX, JSON_STRICT, &given, NULL) != 0 ||
                    !cJSON_IsObject(given))) {
        scheme_fault(&c->faults, &c->file, NULL, "--request: must be a JSON object: '{\"name\": \"value\"}'");
    } else if (request) {
        compile_request(c, given, where);
    }
    use_secrets(c, &api->response, true);
    compile_slots(c);
}

/* What the faults amount to. */
static int faults_verdict(const struct scheme_compile *c, const char *path, struct cause *cause)
{
    if (c->faults.memory) {
        return cause_set(cause, ERR_MEMORY, "%s: out of memory", path);
    }
    if (c->faults.count > 1) {
        return cause_set(cause, ERR_INPUT, "%s (%d more: `dianchen lint %s`)", c->faults.first.text,
                         c->faults.count - 1, path);
    }
    return c->faults.count == 1 ? cause_set(cause, ERR_INPUT, "%s", c->faults.first.text) : 0;
}

static int load(const char *path, const struct scheme_listener *listener, struct scheme **out, struct cause *cause,
                int *faults)
{
    struct owner *owner = calloc(1, sizeof *owner);
    struct scheme_compile *c = calloc(1, sizeof *c);
    if (!owner || !c) {
        free(owner);
        free(c);
        return cause_set(cause, ERR_MEMORY, "%s: out of memory", path);
    }
    arena_init(&owner->arena, KEEP_MAX);
    arena_init(&c->work, WORK_MAX);
    c->keep = &owner->arena;
    c->scheme = &owner->scheme;
    c->scheme->source.title_slot = c->scheme->source.id_slot = c->scheme->source.number_slot = -1;
    c->faults.told = listener->told;
    c->faults.user = listener->user;
    if (listener->api) {
        compile_api(c, path, listener->request);
    } else {
        compile(c, path);
    }
    *faults = c->faults.count;
    struct scheme *scheme = &owner->scheme;
    int error = faults_verdict(c, path, cause);
    if (!error && listener->then) {
        error = listener->then(c, listener->user);
    }
    formula_script_free(&c->script);
    buffer_fini(&c->table_bytes);
    arena_fini(&c->work);
    free(c);
    if (error || !out) {
        scheme_free(&scheme);
        return error;
    }
    *out = scheme;
    return 0;
}

int scheme_visit(const char *path, int (*then)(struct scheme_compile *c, void *user), void *user, struct cause *cause)
{
    int faults;
    const struct scheme_listener listener = {.then = then, .user = user};
    return load(path, &listener, NULL, cause, &faults);
}

int scheme_load(const char *path, struct scheme **out, struct cause *cause)
{
    int faults;
    const struct scheme_listener listener = {.told = NULL};
    return load(path, &listener, out, cause, &faults);
}

int scheme_load_api(const char *path, const char *request, struct scheme **out, struct cause *cause)
{
    int faults;
    const struct scheme_listener listener = {.api = true, .request = request};
    return load(path, &listener, out, cause, &faults);
}

int scheme_lint(const char *path, void (*told)(void *user, const char *line), void *user)
{
    struct cause cause;
    int faults = 0;
    const struct scheme_listener listener = {.told = told, .user = user};
    int error = load(path, &listener, NULL, &cause, &faults);
    if (error && faults == 0) {
        told(user, cause.text);
        faults = 1;
    }
    return faults;
}

void scheme_free(struct scheme **scheme)
{
    if (*scheme) {
        struct owner *owner = (struct owner *)(void *)*scheme;
        arena_fini(&owner->arena);
        free(owner);
        *scheme = NULL;
    }
}

bool scheme_by_cursor(const struct scheme *scheme)
{
    return scheme->source.rest && scheme->source.rest->paging == REST_BY_CURSOR;
}

int scheme_slot(const struct scheme *scheme, struct text field)
{
    for (size_t i = 0; i < scheme->slot_count; i++) {
        if (text_equal(scheme->slots[i], field)) {
            return (int)i;
        }
    }
    return -1;
}
