/* A file that is edited here: a scheme, a table that stands in a CSV file beside it, or an API file. */
#ifndef DIANCHEN_CONSOLE_API_EDITED_H
#define DIANCHEN_CONSOLE_API_EDITED_H

#include "console/serve/request.h"
#include "console/work/draft.h"

enum { EDITED_MOST = 1 << 20 /* bytes of a file */ };

struct edited {
    enum edited_kind { EDITED_SCHEME, EDITED_TABLE, EDITED_API } kind;
    struct catalog_entry scheme; /* not of an API file */
    char path[CATALOG_PATH];
    char key[CATALOG_FILE + 10]; /* of its history: the scheme's file, "./FILE" of a table, "api/FILE" of an API file */
    struct text saved;           /* what stands in it, in the request's arena */
};

/* Finds the file that the call's {scheme} and {table}, or {api}, name, and reads it. 0, or what answer_problem returned: 404, 500. */
int edited_take(struct api_request *request, struct api_answer *answer, struct edited *out) WARN_UNUSED;
/* The object /tables of a scheme's text, in the arena; NULL = none. */
const cJSON *edited_tables(struct text scheme, struct arena *arena);
/* Makes the changes of the body, [{"at":["target","request"],"name":"remark","value":"x"}], in *text, which becomes one of the arena.
 * 0, what answer_problem returned (422), or ERR_MEMORY. */
int edited_change(struct api_request *request, struct api_answer *answer, struct text *text) WARN_UNUSED;
/* Finds the first fault of a draft: 0, or what answer_problem returned: 422 with its place and `who` in front (may be NULL), or
 * 500. `error`: of making the draft, with the cause. */
int edited_check(struct api_request *request, struct api_answer *answer, const struct draft *draft, const char *who,
                 int error, const struct cause *cause) WARN_UNUSED;
/* A file that comes or goes: `key` is that of its history, `did` names it in the audit, and the answer is {member: name, etag}. */
struct edited_file {
    const char *did, *key, *path, *member;
    struct text name;
};
/* Makes a new file with this text, whole or not at all, with the permissions of the file `like`; `from`: what it is a copy of, for
 * the audit. In a write transaction, which also keeps history and audit. 0, or what answer_problem returned: 409 where it is there,
 * 500. */
int edited_new(struct api_request *request, struct api_answer *answer, const struct edited_file *file, const char *like,
               struct text from, struct text text) WARN_UNUSED;
/* Takes the file away; its text stays in the history. In a write transaction. 0, or what answer_problem returned: 500. */
int edited_remove(struct api_request *request, struct api_answer *answer, const struct edited *edited,
                  const struct edited_file *file) WARN_UNUSED;
/* Is the file the one that If-Match names? 0, or what answer_problem returned: 412. */
int edited_same(struct api_request *request, struct api_answer *answer, const struct edited *edited) WARN_UNUSED;
/* Keeps what stands in the file in its history, where that is not its newest version. In a write transaction. */
int edited_keep(struct api_request *request, const struct edited *edited) WARN_UNUSED;
/* Saves a text that was checked, and answers {etag, added, removed}. 412 where the file is not the one that If-Match names. In a
 * write transaction, which also keeps the history and the audit. */
int edited_save(struct api_request *request, struct api_answer *answer, const struct edited *edited,
                struct text text) WARN_UNUSED;

#endif
