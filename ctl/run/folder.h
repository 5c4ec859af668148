/* The private folder of a run: the sockets by which its stages are joined, and a dry run's store. */
#ifndef DIANCHEN_CTL_RUN_FOLDER_H
#define DIANCHEN_CTL_RUN_FOLDER_H

#include <stdint.h>

#include "common/base/error.h"

enum { FOLDER_PATH = 80, FOLDER_ADDRESS = 120 };

struct folder {             /* zero-initialise */
    char path[FOLDER_PATH]; /* "" = none was made */
};

/* In TMPDIR where socket addresses fit into it, else where such folders stand on any Linux; 0700. ERR_INPUT with the cure. */
int folder_make(struct folder *folder, struct cause *cause) WARN_UNUSED;
/* With all that stands in it. */
void folder_remove(struct folder *folder);
/* The address of a stage's worker: "ipc://FOLDER/extractor0". */
void folder_address(const struct folder *folder, const char *stage, int worker, char out[FOLDER_ADDRESS]);
/* Those of all `count` workers, a comma list; the caller frees. NULL when out of memory. */
char *folder_addresses(const struct folder *folder, const char *stage, int64_t count);

#endif
