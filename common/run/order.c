#include "common/run/order.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/scheme/place.h"

static bool is_scheme_file(struct text name)
{
    static const struct text suffix = TEXT(".json");
    return name.size > suffix.size && name.data[0] != '.' && text_find(name, TEXT(".schema.json")) < 0 &&
           text_equal((struct text){name.data + name.size - suffix.size, suffix.size}, suffix);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct order_scheme *)a)->path, ((const struct order_scheme *)b)->path);
}

static int paths_read(const char *folder, struct order_scheme *out, size_t *count, struct cause *cause)
{
    char found[ORDER_PATH - 256];
    folder = scheme_installed(folder, folder, found, sizeof found) ? found : folder;
    DIR *dir = opendir(folder);
    if (!dir) {
        return cause_set(cause, ERR_INPUT, "%s is no folder that can be read; check --scheme", folder);
    }
    int error = 0;
    *count = 0;
    for (const struct dirent *file; !error && (file = readdir(dir)) != NULL;) {
        if (!is_scheme_file(text_of(file->d_name))) {
            continue;
        }
        if (*count == ORDER_MOST) {
            error = cause_set(cause, ERR_INPUT, "%s has more than %d schemes", folder, ORDER_MOST);
            break;
        }
        struct order_scheme *scheme = &out[(*count)++];
        *scheme = (struct order_scheme){.placed = false};
        if (snprintf(scheme->path, ORDER_PATH, "%s/%s", folder, file->d_name) >= ORDER_PATH) {
            error = cause_set(cause, ERR_INPUT, "the path of %s is too long", file->d_name);
        }
    }
    closedir(dir);
    if (!error && *count == 0) {
        return cause_set(cause, ERR_INPUT, "there is no scheme in %s; check --scheme", folder);
    }
    qsort(out, *count, sizeof *out, by_path);
    return error;
}

bool order_behind(const struct scheme *scheme, struct text name)
{
    bool behind = false;
    for (size_t i = 0; i < scheme->after_count; i++) {
        behind = behind || text_equal(scheme->after[i], name);
    }
    for (size_t i = 0; i < scheme->lookup_count; i++) {
        behind = behind || text_equal(scheme->lookups[i].scheme, name);
    }
    return behind && !text_equal(scheme->name, name);
}

static bool has(const struct order_scheme *schemes, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++) {
        if (text_equal(schemes[i].scheme->name, name)) {
            return true;
        }
    }
    return false;
}

static int names_check(const struct order_scheme *schemes, size_t count, struct cause *cause)
{
    for (size_t i = 0; i < count; i++) {
        const struct scheme *scheme = schemes[i].scheme;
        if (has(schemes, i, scheme->name)) {
            return cause_set(cause, ERR_INPUT, "%s: another file of the folder has the name %.*s, too", schemes[i].path,
                             TEXT_ARG(scheme->name));
        }
        for (size_t k = 0; k < scheme->after_count; k++) {
            if (!has(schemes, count, scheme->after[k])) {
                return cause_set(cause, ERR_INPUT, "%s: /after: there is no scheme %.*s in its folder", schemes[i].path,
                                 TEXT_ARG(scheme->after[k]));
            }
        }
    }
    return 0;
}

/* Is one that must come before it not placed yet? */
static bool waits(const struct order_scheme *schemes, size_t count, const struct scheme *scheme)
{
    for (size_t i = 0; i < count; i++) {
        if (!schemes[i].placed && order_behind(scheme, schemes[i].scheme->name)) {
            return true;
        }
    }
    return false;
}

/* Moves the first that waits for none to place `at`, and those before it one on. */
static bool place_next(struct order_scheme *schemes, size_t count, size_t at)
{
    size_t next = at;
    while (next < count && waits(schemes, count, schemes[next].scheme)) {
        next++;
    }
    if (next == count) {
        return false;
    }
    struct order_scheme taken = schemes[next];
    memmove(&schemes[at + 1], &schemes[at], (next - at) * sizeof *schemes);
    taken.placed = true;
    schemes[at] = taken;
    return true;
}

int order_read(const char *folder, struct order_scheme *out, size_t *count, struct cause *cause)
{
    int error = paths_read(folder, out, count, cause);
    for (size_t i = 0; !error && i < *count; i++) {
        error = scheme_load(out[i].path, &out[i].scheme, cause);
    }
    error = error ? error : names_check(out, *count, cause);
    for (size_t at = 0; !error && at < *count; at++) {
        if (!place_next(out, *count, at)) {
            error =
                cause_set(cause, ERR_INPUT,
                          "%s: it waits for itself: follow \"after\" and the schemes that it looks up", out[at].path);
        }
    }
    return error;
}

void order_free(struct order_scheme *schemes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        scheme_free(&schemes[i].scheme);
    }
}
