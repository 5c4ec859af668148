/* What becomes of a list of which a page was too large to be read. */
#ifndef DIANCHEN_LOADER_ASK_SMALLER_H
#define DIANCHEN_LOADER_ASK_SMALLER_H

#include "loader/ask/pass.h"

/* Begins the pass over the list `path` anew, in smaller pages, and says so. False: they are as small as can be. */
bool list_smaller(struct pass *pass, const char *path);

#endif
