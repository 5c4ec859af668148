#include "common/scheme/api_lint.h"

#include <stdio.h>
#include <string.h>

#include "common/scheme/api.h"

enum { ARENA_BYTES = 64 << 20 };

/* The folder's name ends before *base. */
static bool split(const char *path, const char **base)
{
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 0;
    *base = slash ? slash + 1 : path;
    return size >= 3 && strncmp(path + size - 3, "api", 3) == 0 && (size == 3 || path[size - 4] == '/');
}

bool scheme_is_api_file(const char *path)
{
    const char *base;
    size_t size = strlen(path);
    return split(path, &base) && size > 5 && strcmp(path + size - 5, ".json") == 0;
}

/* The API's name as a scheme would write it: the file's own, where it is that of the file; else the file's. */
static void name_find(const struct scheme_file *file, const char *base, char *out, size_t room)
{
    struct text own = scheme_get_text(file->root, "name");
    size_t size = strlen(base) - strlen(".json");
    bool same = own.size == size;
    for (size_t i = 0; same && i < size; i++) {
        same = base[i] == (own.data[i] == '/' ? '.' : own.data[i]);
    }
    (void)snprintf(out, room, "%.*s", (int)size, same ? own.data : base);
}

void scheme_api_open(struct scheme_faults *faults, struct arena *work, struct arena *keep, const char *path,
                     struct scheme_api *out)
{
    struct scheme_file file = {.root = NULL}, whole;
    const char *base;
    char name[300];
    *out = (struct scheme_api){.loaded = false};
    (void)split(path, &base);
    if (!scheme_file_read(faults, work, path, &file)) {
        return;
    }
    name_find(&file, base, name, sizeof name);
    /* As a scheme beside api/ would name it. */
    struct scheme_file scheme = {.root = NULL};
    (void)snprintf(scheme.path, sizeof scheme.path, "%.*s%s", (int)(base - path) - (int)strlen("api/"), path, base);
    const cJSON node = {.type = cJSON_String, .valuestring = name};
    bool source = json_get(file.root, "response") != NULL;
    scheme_api_read(faults, work, keep, &scheme, &node, source ? DOCUMENT_SOURCE_API : DOCUMENT_TARGET_API, &whole,
                    out);
}

int scheme_lint_api(const char *path, void (*told)(void *user, const char *line), void *user)
{
    struct arena work, keep;
    struct scheme_api api;
    struct scheme_faults faults = {.told = told, .user = user};
    arena_init(&work, ARENA_BYTES);
    arena_init(&keep, ARENA_BYTES);
    scheme_api_open(&faults, &work, &keep, path, &api);
    if (faults.memory) {
        told(user, "out of memory");
        faults.count++;
    }
    arena_fini(&work);
    arena_fini(&keep);
    return faults.count;
}
