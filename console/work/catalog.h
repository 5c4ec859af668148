/* The schemes of a folder: read once, and again when a file there has changed. Any thread. */
#ifndef DIANCHEN_CONSOLE_WORK_CATALOG_H
#define DIANCHEN_CONSOLE_WORK_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/config/cron.h"

struct catalog;

enum { CATALOG_MOST = 200, CATALOG_FILE = 120, CATALOG_PATH = 600, CATALOG_NAME = 200 };

struct catalog_entry {
    char file[CATALOG_FILE]; /* what the API calls it: the file's name without .json */
    char path[CATALOG_PATH];
    char name[CATALOG_NAME];                         /* of the scheme; where it has a fault, as `file` */
    char fault[600];                                 /* its first one; "" = none */
    char source[CATALOG_NAME], target[CATALOG_NAME]; /* names of the APIs */
    int64_t every;                                   /* ms of its schedule, 0 = none */
    char at[CRON_SAID_MAX];                          /* its schedule by the clock, "" = none */
    bool replays;                                    /* the source can be asked for single records */
};

/* Those that stand beside `scheme`, a scheme file, and itself. */
int catalog_new(const char *scheme, struct catalog **out, struct cause *cause) WARN_UNUSED;
void catalog_free(struct catalog **held);
/* By the file's name, or by the scheme's. False when there is none. */
bool catalog_find(struct catalog *catalog, struct text file, struct catalog_entry *out);
bool catalog_named(struct catalog *catalog, struct text name, struct catalog_entry *out);
/* Entry `i`, by file name; false past the last. */
bool catalog_at(struct catalog *catalog, size_t i, struct catalog_entry *out);
/* An API file's path, by the API's name; false where the name can be none. */
bool catalog_api(const struct catalog *catalog, struct text name, char out[CATALOG_PATH]);
/* The bytes of a small file, in the arena; data NULL where it can't be read. */
struct text catalog_read(const char *path, struct arena *arena);

#endif
