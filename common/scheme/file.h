/* A JSON file with the line of every value, so that faults can name FILE:LINE and path. Private to common/scheme. cJSON keeps
 * no lines: a second scan notes them in depth-first order, which is the order of the tree. One thread. */
#ifndef DIANCHEN_COMMON_SCHEME_FILE_H
#define DIANCHEN_COMMON_SCHEME_FILE_H

#include "common/json/json.h"

enum { SCHEME_FILE_MAX = 1 << 20, SCHEME_FILE_VALUES_MAX = 10000, SCHEME_PATH_MAX = 512 };

struct scheme_file {
    char path[SCHEME_PATH_MAX];
    const cJSON *root; /* NULL = could not be read */
    const uint32_t *lines;
    size_t values;
};

/* Collects faults: each is passed to `told`, the first is kept. */
struct scheme_faults {
    void (*told)(void *user, const char *line);
    void *user;
    struct cause first;
    int count;
    bool memory; /* ran out of memory: the result can't be used, whatever else was found */
};

/* Reads and parses into `arena`; a key twice in one object is a fault. False if a fault was reported. */
bool scheme_file_read(struct scheme_faults *faults, struct arena *arena, const char *path,
                      struct scheme_file *out) WARN_UNUSED;
/* Reports "FILE:LINE: /path: …" for a value of the file, or "FILE: …" if node is NULL. */
void scheme_fault(struct scheme_faults *faults, const struct scheme_file *file, const cJSON *node, const char *format,
                  ...) PRINTF_LIKE(4, 5);
/* The same with "warning: " in front; it is no fault, and reported only by scheme_lint. */
void scheme_warn(struct scheme_faults *faults, const struct scheme_file *file, const cJSON *node, const char *format,
                 ...) PRINTF_LIKE(4, 5);
/* Reads file->path, at most `limit` bytes, into `arena`. False if a fault was reported; `hint` is added if it can't be
 * opened. */
bool scheme_file_bytes(struct scheme_faults *faults, struct arena *arena, const struct scheme_file *file, size_t limit,
                       const char *hint, struct text *out) WARN_UNUSED;
/* "FILE:LINE /path" with a NUL behind, in `arena`. */
struct text scheme_where(struct scheme_faults *faults, struct arena *arena, const struct scheme_file *file,
                         const cJSON *node);

#endif
