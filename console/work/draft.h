/* A scheme's text that is not saved yet, as a file that programs can read. It stands in a private folder, which also has links to all
 * other files of the scheme's folder. A draft is used by one thread at a time; the functions block for the disk. */
#ifndef DIANCHEN_CONSOLE_WORK_DRAFT_H
#define DIANCHEN_CONSOLE_WORK_DRAFT_H

#include "console/work/catalog.h"

struct draft {               /* zero-initialise */
    char folder[80];         /* "" = not open */
    char path[CATALOG_PATH]; /* of the file with the text */
    int lock;                /* file descriptor: locks the folder while the draft is open, see drafts_sweep */
};

/* Removes draft folders that a killed console of this user left behind. Call it once, at the start; folders in use stay. */
void drafts_sweep(void);

/* Writes `text` into a new private folder (in TMPDIR or /tmp, readable for this user alone), under the file name of `scheme`. 0: the
 * caller ends *out with draft_close. ERR_INPUT with the cause: folder or file can't be written; nothing is left behind. */
int draft_open(const struct catalog_entry *scheme, struct text text, struct draft *out,
               struct cause *cause) WARN_UNUSED;
/* Writes one more file into the draft's folder, in place of a link of that name, and its path into `path`. draft_close removes it.
 * 0, or ERR_INPUT with the cause. */
int draft_add(const struct draft *draft, const char *name, struct text text, char path[CATALOG_PATH],
              struct cause *cause) WARN_UNUSED;
/* The same for an API file of the scheme's folder ("wdt.shop.query.json"): all others stay. */
int draft_add_api(const struct draft *draft, const struct catalog_entry *scheme, const char *name, struct text text,
                  char path[CATALOG_PATH], struct cause *cause) WARN_UNUSED;
/* Removes the folder with all its files and links, never what the links lead to. A draft that is not open stays as it is. */
void draft_close(struct draft *draft);

/* Saves: replaces what stands in `file`, completely or not at all; owner and permissions stay where that is allowed. On disk
 * when it returns 0. ERR_INPUT with the cause: it can't be written. */
int draft_save(const char *file, struct text text, struct cause *cause) WARN_UNUSED;

#endif
