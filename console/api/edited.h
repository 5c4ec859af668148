/* A file that is edited here: a scheme, or a table that stands in a CSV file beside it. */
#ifndef DIANCHEN_CONSOLE_API_EDITED_H
#define DIANCHEN_CONSOLE_API_EDITED_H

#include "console/serve/request.h"
#include "console/work/catalog.h"

enum { EDITED_MOST = 1 << 20 /* bytes of a file */ };

struct edited {
    struct catalog_entry scheme;
    bool table;
    char path[CATALOG_PATH];
    char key[CATALOG_FILE + 4]; /* of its history: the scheme's file, or "./FILE" of a table */
    struct text saved;          /* what stands in it, in the request's arena */
};

/* Finds the file that the call's {scheme} and {table} name, and reads it. 0, or what answer_problem returned: 404, 500. */
int edited_take(struct api_request *request, struct api_answer *answer, struct edited *out) WARN_UNUSED;
/* The object /tables of a scheme's text, in the arena; NULL = none. */
const cJSON *edited_tables(struct text scheme, struct arena *arena);
/* Keeps what stands in the file in its history, where that is not its newest version. In a write transaction. */
int edited_keep(struct api_request *request, const struct edited *edited) WARN_UNUSED;
/* Saves a text that was checked, and answers {etag, added, removed}. 412 where the file is not the one that If-Match names. In a
 * write transaction, which also keeps the history and the audit. */
int edited_save(struct api_request *request, struct api_answer *answer, const struct edited *edited,
                struct text text) WARN_UNUSED;

#endif
