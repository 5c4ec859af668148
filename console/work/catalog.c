#include "console/work/catalog.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/scheme/place.h"
#include "common/scheme/scheme.h"

enum { LOOK_EVERY = 1000 /* ms between looks at the files */, FILE_MOST = 1 << 20 };

struct catalog {
    pthread_mutex_t lock;
    char folder[CATALOG_PATH - CATALOG_FILE - 16];
    struct catalog_entry *entries;
    size_t count;
    int64_t looked;
    uint64_t stamp; /* of the files when they were read */
};

/* Letters, digits, '.', '_' and '-', not beginning with a dot: nothing that leads out of the folder. */
static bool name_is_plain(struct text name)
{
    bool plain = name.size > 0 && name.size < CATALOG_FILE - 6 && name.data[0] != '.';
    for (size_t i = 0; plain && i < name.size; i++) {
        unsigned char c = (unsigned char)name.data[i];
        plain = c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '.' || c == '_' ||
                c == '-';
    }
    return plain && text_is_utf8(name);
}

bool catalog_file_good(struct text file)
{
    return name_is_plain(file) && text_find(file, TEXT(".schema")) < 0 && !text_ends_nocase(file, TEXT(".json"));
}

static int by_file(const void *a, const void *b)
{
    return strcmp(((const struct catalog_entry *)a)->file, ((const struct catalog_entry *)b)->file);
}

static void mix(uint64_t *stamp, const char *path)
{
    struct stat about;
    if (stat(path, &about) == 0) {
        const uint64_t parts[] = {(uint64_t)about.st_mtim.tv_sec, (uint64_t)about.st_mtim.tv_nsec,
                                  (uint64_t)about.st_size, (uint64_t)about.st_ino};
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            *stamp = (*stamp ^ parts[i]) * 1099511628211U;
        }
    }
}

/* A stamp of all files of the folder and of its api/. */
static uint64_t stamp_take(const char *folder)
{
    uint64_t stamp = 14695981039346656037U;
    for (int part = 0; part < 2; part++) {
        char path[CATALOG_PATH + 300];
        (void)snprintf(path, sizeof path, "%s%s", folder, part ? "/api" : "");
        DIR *dir = opendir(path);
        size_t size = strlen(path);
        mix(&stamp, path);
        for (const struct dirent *file; dir && (file = readdir(dir)) != NULL;) {
            (void)snprintf(path + size, sizeof path - size, "/%s", file->d_name);
            mix(&stamp, path);
        }
        if (dir) {
            closedir(dir);
        }
    }
    return stamp;
}

static void entry_read(struct catalog_entry *entry)
{
    struct scheme *scheme = NULL;
    struct cause cause;
    if (scheme_load(entry->path, &scheme, &cause) != 0) {
        (void)snprintf(entry->name, sizeof entry->name, "%s", entry->file);
        (void)snprintf(entry->fault, sizeof entry->fault, "%s", cause.text);
        return;
    }
    (void)snprintf(entry->name, sizeof entry->name, "%.*s", TEXT_ARG(scheme->name));
    (void)snprintf(entry->source, sizeof entry->source, "%.*s", TEXT_ARG(scheme->source.api));
    (void)snprintf(entry->target, sizeof entry->target, "%.*s", TEXT_ARG(scheme->target.api));
    entry->every = scheme->every;
    (void)snprintf(entry->at, sizeof entry->at, "%s", scheme->at ? scheme->at->said : "");
    entry->replays = scheme->source.key_param.size > 0;
    scheme_free(&scheme);
}

static void read_all(struct catalog *catalog)
{
    DIR *dir = opendir(catalog->folder);
    catalog->count = 0;
    for (const struct dirent *file; dir && (file = readdir(dir)) != NULL && catalog->count < CATALOG_MOST;) {
        struct text name = text_of(file->d_name), suffix = TEXT(".json");
        if (name.size <= suffix.size || strcmp(file->d_name + name.size - suffix.size, suffix.data) != 0) {
            continue;
        }
        name.size -= suffix.size;
        if (!name_is_plain(name) || text_find(text_of(file->d_name), TEXT(".schema.json")) >= 0) {
            continue;
        }
        struct catalog_entry *entry = &catalog->entries[catalog->count++];
        *entry = (struct catalog_entry){.every = 0};
        (void)snprintf(entry->file, sizeof entry->file, "%.*s", TEXT_ARG(name));
        (void)snprintf(entry->path, sizeof entry->path, "%s/%s.json", catalog->folder, entry->file);
        entry_read(entry);
    }
    if (dir) {
        closedir(dir);
    }
    qsort(catalog->entries, catalog->count, sizeof *catalog->entries, by_file);
}

/* The lock is held. */
static void refresh(struct catalog *catalog)
{
    int64_t now = clock_ms();
    if (catalog->looked && now - catalog->looked < LOOK_EVERY) {
        return;
    }
    uint64_t stamp = stamp_take(catalog->folder);
    if (!catalog->looked || stamp != catalog->stamp) {
        catalog->stamp = stamp;
        read_all(catalog);
    }
    catalog->looked = now;
}

void catalog_changed(struct catalog *catalog)
{
    pthread_mutex_lock(&catalog->lock);
    catalog->looked = 0;
    pthread_mutex_unlock(&catalog->lock);
}

int catalog_new(const char *scheme, struct catalog **out, struct cause *cause)
{
    struct catalog *catalog = calloc(1, sizeof *catalog);
    if (!catalog || !(catalog->entries = calloc(CATALOG_MOST, sizeof *catalog->entries))) {
        free(catalog);
        return cause_set(cause, ERR_MEMORY, "out of memory");
    }
    if (scheme_folder(scheme, catalog->folder, sizeof catalog->folder) != 0) {
        free(catalog->entries);
        free(catalog);
        return cause_set(cause, ERR_INPUT, "--scheme %s: the path is too long, or empty", scheme);
    }
    pthread_mutex_init(&catalog->lock, NULL);
    *out = catalog;
    return 0;
}

void catalog_free(struct catalog **held)
{
    struct catalog *catalog = *held;
    *held = NULL;
    if (catalog) {
        pthread_mutex_destroy(&catalog->lock);
        free(catalog->entries);
        free(catalog);
    }
}

static bool find(struct catalog *catalog, struct text word, bool by_name, struct catalog_entry *out)
{
    bool found = false;
    pthread_mutex_lock(&catalog->lock);
    refresh(catalog);
    for (size_t i = 0; i < catalog->count && !found; i++) {
        const struct catalog_entry *one = &catalog->entries[i];
        found = text_equal(text_of(by_name ? one->name : one->file), word);
        if (found) {
            *out = *one;
        }
    }
    pthread_mutex_unlock(&catalog->lock);
    return found;
}

bool catalog_find(struct catalog *catalog, struct text file, struct catalog_entry *out)
{
    return find(catalog, file, false, out);
}

bool catalog_named(struct catalog *catalog, struct text name, struct catalog_entry *out)
{
    return find(catalog, name, true, out);
}

bool catalog_at(struct catalog *catalog, size_t i, struct catalog_entry *out)
{
    pthread_mutex_lock(&catalog->lock);
    refresh(catalog);
    bool found = i < catalog->count;
    if (found) {
        *out = catalog->entries[i];
    }
    pthread_mutex_unlock(&catalog->lock);
    return found;
}

bool catalog_uses(const struct catalog_entry *entry, struct text api)
{
    return text_equal(text_of(entry->source), api) || text_equal(text_of(entry->target), api);
}

bool catalog_api(const struct catalog *catalog, struct text name, char out[CATALOG_PATH])
{
    char file[CATALOG_FILE];
    if (name.size >= sizeof file) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        file[i] = (char)(name.data[i] == '/' ? '.' : name.data[i]);
    }
    file[name.size] = '\0';
    return name_is_plain(text_of(file)) &&
           snprintf(out, CATALOG_PATH, "%s/api/%s.json", catalog->folder, file) < CATALOG_PATH;
}

static int is_api(const struct dirent *file)
{
    struct text name = text_of(file->d_name), suffix = TEXT(".json");
    return name.size > suffix.size && name.data[0] != '.' &&
           text_equal((struct text){name.data + name.size - suffix.size, suffix.size}, suffix);
}

void catalog_apis(const struct catalog *catalog, void (*fn)(void *user, const char *path), void *user)
{
    char path[CATALOG_PATH + 300];
    struct dirent **files = NULL;
    (void)snprintf(path, sizeof path, "%s/api", catalog->folder);
    int count = scandir(path, &files, is_api, alphasort);
    for (int i = 0; i < count; i++) {
        (void)snprintf(path, sizeof path, "%s/api/%s", catalog->folder, files[i]->d_name);
        fn(user, path);
        free(files[i]);
    }
    free(files);
}

struct text catalog_read(const char *path, struct arena *arena)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    struct text text = {NULL, 0};
    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= FILE_MOST) {
        char *data = arena_take(arena, (size_t)about.st_size + 1);
        ssize_t size = data ? read(fd, data, (size_t)about.st_size) : -1;
        if (size >= 0) {
            data[size] = '\0';
            text = (struct text){data, (size_t)size};
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return text;
}
