#include "common/scheme/lookups.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/scheme/place.h"

enum { LOOKUPS_MAX = 20 };

static void lookup_fault(struct scheme_compile *c, const cJSON *node, const char *key, const char *why)
{
    const cJSON *at = json_get(node, key);
    scheme_fault(&c->faults, &c->file, at ? at : node, "%s", why);
}

/* ---- a list of the target ---- */

static void compile_list(struct scheme_compile *c, const cJSON *node, struct scheme_lookup *out)
{
    struct scheme_guess guess;
    const struct target_form *form = &c->target.target;
    scheme_guess_start(&guess, out->list);
    for (size_t i = 0; i < form->lookup_count; i++) {
        if (text_equal(form->lookups[i].what, out->list)) {
            out->path = form->lookups[i].path;
            return;
        }
        scheme_guess_offer(&guess, form->lookups[i].what.data);
    }
    if (c->target.loaded) {
        scheme_fault(&c->faults, &c->file, json_get(node, "list"), "%.*s has no such list under /lookups%s",
                     TEXT_ARG(c->target.name), scheme_guess_tail(&guess));
    }
}

/* ---- another scheme's records ---- */

static bool sibling_path(struct scheme_compile *c, const cJSON *node, struct text name, char *out)
{
    const char *slash = strrchr(c->file.path, '/');
    int folder = slash ? (int)(slash - c->file.path) + 1 : 0;
    int n = snprintf(out, SCHEME_PATH_MAX, "%.*s%.*s.json", folder, c->file.path, TEXT_ARG(name));
    if (memchr(name.data, '/', name.size) || n < 0 || n >= SCHEME_PATH_MAX) {
        lookup_fault(c, node, "scheme", "no name of a scheme: its file NAME.json stands beside this one");
        return false;
    }
    char shipped[SCHEME_PATH_MAX + 8];
    (void)snprintf(shipped, sizeof shipped, "schemes/%s", out + folder);
    (void)scheme_installed(out, shipped, out, SCHEME_PATH_MAX);
    return true;
}

/* How records of the other scheme stand in the target: told by that scheme's target. */
static const struct target_form *sibling_form(struct scheme_compile *c, const cJSON *node, struct text name)
{
    char path[SCHEME_PATH_MAX];
    struct scheme_file *file = arena_take(&c->work, sizeof *file), *api_file = arena_take(&c->work, sizeof *file);
    struct scheme_api *api = arena_take(&c->work, sizeof *api);
    struct target_form *form = scheme_keep(c, 1, sizeof *form);
    if (!file || !api_file || !api || !form) {
        c->faults.memory = true;
        return NULL;
    }
    if (text_equal(name, c->scheme->name)) {
        *form = c->target.target;
        return c->target.loaded ? form : NULL;
    }
    if (!sibling_path(c, node, name, path)) {
        return NULL;
    }
    if (access(path, R_OK) != 0) {
        scheme_fault(&c->faults, &c->file, json_get(node, "scheme"), "there is no %s: it stands beside this file",
                     strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
        return NULL;
    }
    int before = c->faults.count;
    if (!scheme_file_read(&c->faults, &c->work, path, file)) {
        return NULL;
    }
    if (!text_equal(scheme_get_text(file->root, "name"), name)) {
        scheme_fault(&c->faults, file, json_get(file->root, "name"), "is not %.*s, which the file's name and %s say",
                     TEXT_ARG(name), c->file.path);
    }
    const cJSON *target = json_get(json_get(file->root, "target"), "api");
    scheme_api_read(&c->faults, &c->work, c->keep, file, target, DOCUMENT_TARGET_API, api_file, api);
    if (!api->loaded) {
        if (c->faults.count == before) {
            scheme_fault(&c->faults, file, file->root, "names no API under /target/api");
        }
        return NULL;
    }
    *form = api->target;
    return form;
}

static void compile_sibling(struct scheme_compile *c, const cJSON *node, struct scheme_lookup *out)
{
    if (json_get(node, "by")) {
        lookup_fault(c, node, "by", "the key is that of the other scheme's records");
        return;
    }
    out->form = sibling_form(c, node, out->scheme);
    if (out->form && c->target.loaded && !text_equal(out->form->driver, c->target.target.driver)) {
        lookup_fault(c, node, "scheme", "it writes into another platform, whose ids mean nothing here");
    }
}

static void compile_one(struct scheme_compile *c, const cJSON *node, struct scheme_lookup *out)
{
    struct text list = scheme_get_text(node, "list"), scheme = scheme_get_text(node, "scheme");
    *out = (struct scheme_lookup){
        .name = scheme_keep_text(c, text_of(node->string)),
        .scheme = scheme_keep_text(c, scheme),
        .list = scheme_keep_text(c, list),
        .path = TEXT(""),
        .by_number = text_equal(scheme_get_text(node, "by"), TEXT("number")),
    };
    if (!list.data == !scheme.data) {
        scheme_fault(&c->faults, &c->file, node,
                     "needs \"list\" (a list of the target) or \"scheme\" (records that another scheme has written)");
    } else if (scheme.data) {
        compile_sibling(c, node, out);
    } else {
        compile_list(c, node, out);
    }
}

void scheme_compile_lookups(struct scheme_compile *c, const cJSON *lookups)
{
    int count = cJSON_IsObject(lookups) ? cJSON_GetArraySize(lookups) : 0;
    if (count > LOOKUPS_MAX) {
        scheme_fault(&c->faults, &c->file, lookups, "more than %d look-ups", LOOKUPS_MAX);
        return;
    }
    struct scheme_lookup *out = scheme_keep(c, (size_t)count, sizeof *out);
    if (!out) {
        return;
    }
    c->scheme->lookups = out;
    for (const cJSON *item = count > 0 ? lookups->child : NULL; item; item = item->next) {
        if (scheme_check(&c->faults, &c->file, item, DOCUMENT_SCHEME, "/lookups/*")) {
            compile_one(c, item, &out[c->scheme->lookup_count++]);
        }
    }
}

bool scheme_find_lookup(struct scheme_compile *c, struct text name, struct cause *why)
{
    struct scheme_guess guess;
    scheme_guess_start(&guess, name);
    for (size_t i = 0; i < c->scheme->lookup_count; i++) {
        if (text_equal(c->scheme->lookups[i].name, name)) {
            return true;
        }
        scheme_guess_offer(&guess, c->scheme->lookups[i].name.data);
    }
    cause_set(why, ERR_NOT_FOUND, "no such look-up in /lookups%s", scheme_guess_tail(&guess));
    return false;
}
