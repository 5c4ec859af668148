/* A JSON file that a person wrote, with the line of every value, so that a fault can say FILE:LINE and path.
 * Private to scheme*.c. cJSON knows no lines: a second scan of the text notes them in the order of a
 * depth-first walk, which is the order of the tree too. */
#ifndef DIANCHEN_COMMON_SCHEME_FILE_H
#define DIANCHEN_COMMON_SCHEME_FILE_H

#include "common/json.h"

enum { SCHEME_FILE_MAX = 1 << 20, SCHEME_FILE_VALUES_MAX = 10000, SCHEME_PATH_MAX = 512 };

struct scheme_file {
    char path[SCHEME_PATH_MAX];
    const cJSON *root; /* NULL = could not be read */
    const uint32_t *lines;
    size_t values;
};

/* Where faults go: all are told, the first is kept. */
struct scheme_faults {
    void (*told)(void *user, const char *line);
    void *user;
    struct cause first;
    int count;
    bool memory; /* ran out of memory: the result can't be used, whatever else was found */
};

/* Reads and parses into `arena`, refuses a key that stands twice in an object. Faults are told; false then. */
bool scheme_file_read(struct scheme_faults *faults, struct arena *arena, const char *path,
                      struct scheme_file *out) WARN_UNUSED;
/* Tells "FILE:LINE: /path: …" of a value of the file, or "FILE: …" where node is NULL. */
void scheme_fault(struct scheme_faults *faults, const struct scheme_file *file, const cJSON *node, const char *format,
                  ...) PRINTF_LIKE(4, 5);
/* "FILE:LINE /path" with a NUL behind, in `arena`. */
struct text scheme_where(struct scheme_faults *faults, struct arena *arena, const struct scheme_file *file,
                         const cJSON *node);

#endif
