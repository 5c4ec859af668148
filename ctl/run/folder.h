/* The private folder of a run: it holds the sockets between the stages, and a dry run's store. */
#ifndef DIANCHEN_CTL_RUN_FOLDER_H
#define DIANCHEN_CTL_RUN_FOLDER_H

#include <stdint.h>

#include "common/base/error.h"

enum { FOLDER_PATH = 80, FOLDER_ADDRESS = 120 };

struct folder {             /* zero-initialise */
    char path[FOLDER_PATH]; /* "" = none was made */
};

/* Makes the folder (mode 0700): in TMPDIR where that is short enough for socket addresses, else in /tmp, /var/tmp or /dev/shm. End
 * it with folder_remove. ERR_INPUT with the cure. */
int folder_make(struct folder *folder, struct cause *cause) WARN_UNUSED;
/* Removes the folder and all files in it; does nothing where none was made. */
void folder_remove(struct folder *folder);
/* Writes the address of a stage's worker: "ipc://FOLDER/extractor0". */
void folder_address(const struct folder *folder, const char *stage, int worker, char out[FOLDER_ADDRESS]);
/* Returns the addresses of all `count` workers as a comma list; the caller frees it. NULL: out of memory. */
char *folder_addresses(const struct folder *folder, const char *stage, int64_t count);

#endif
