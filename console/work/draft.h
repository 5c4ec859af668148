/* A scheme's text that is not saved yet, as a file that programs can read: in a private folder in which all else of the scheme's
 * folder stands, too. */
#ifndef DIANCHEN_CONSOLE_WORK_DRAFT_H
#define DIANCHEN_CONSOLE_WORK_DRAFT_H

#include "console/work/catalog.h"

struct draft { /* zero-initialise */
    char folder[80];
    char path[CATALOG_PATH];
    int lock; /* of the folder, while it is used */
};

/* Takes away the folders that a console of this user left behind when it was killed. */
void drafts_sweep(void);

int draft_open(const struct catalog_entry *scheme, struct text text, struct draft *out,
               struct cause *cause) WARN_UNUSED;
/* One more file in its folder; its path in *path. */
int draft_add(const struct draft *draft, const char *name, struct text text, char path[CATALOG_PATH],
              struct cause *cause) WARN_UNUSED;
void draft_close(struct draft *draft);

/* Puts the text in the place of the scheme's file, whole or not at all, with the permissions that it had. ERR_INPUT with the
 * cause when it can't be written. */
int draft_save(const struct catalog_entry *scheme, struct text text, struct cause *cause) WARN_UNUSED;

#endif
