/* The schemes of a folder: read once, and again when a file there has changed. Any thread; a call may read files. */
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
    char file[CATALOG_FILE]; /* its name in the API: the file's name without .json */
    char path[CATALOG_PATH];
    char name[CATALOG_NAME]; /* of the scheme; the same as `file` where the scheme has a fault */
    char fault[600];         /* its first fault; "" = none */
    char source[CATALOG_NAME], target[CATALOG_NAME]; /* names of the APIs */
    int64_t every;                                   /* ms of its schedule, 0 = none */
    char at[CRON_SAID_MAX];                          /* its schedule by the clock, "" = none */
    bool replays;                                    /* the source can be asked for single records */
};

/* Makes the catalog of the folder in which the file `scheme` stands; reads nothing yet. The caller owns *out. 0, ERR_INPUT or
 * ERR_MEMORY, with the cause. */
int catalog_new(const char *scheme, struct catalog **out, struct cause *cause) WARN_UNUSED;
void catalog_free(struct catalog **held);
/* Can this be a scheme's file name, without .json? Letters, digits, '.', '_' and '-', no dot in front: it leads out of no folder. */
bool catalog_file_good(struct text file);
/* A file of the folder was made or taken away: the next call looks at once. */
void catalog_changed(struct catalog *catalog);
/* Copies the entry with this file name (catalog_find), or this scheme name (catalog_named). False: there is none. */
bool catalog_find(struct catalog *catalog, struct text file, struct catalog_entry *out);
bool catalog_named(struct catalog *catalog, struct text name, struct catalog_entry *out);
/* Copies entry `i`, from 0, in the order of file names. False: there are no more. */
bool catalog_at(struct catalog *catalog, size_t i, struct catalog_entry *out);
/* Is this API the source or the target of the scheme? Pure. */
bool catalog_uses(const struct catalog_entry *entry, struct text api);
/* Writes the path of an API file, by the API's name; the file need not exist. False: it can't be such a name. */
bool catalog_api(const struct catalog *catalog, struct text name, char out[CATALOG_PATH]);
/* Calls `fn` with the path of each API file, by name. */
void catalog_apis(const struct catalog *catalog, void (*fn)(void *user, const char *path), void *user);
/* Returns the bytes of a small file, in the arena; data NULL where it can't be read. */
struct text catalog_read(const char *path, struct arena *arena);

#endif
