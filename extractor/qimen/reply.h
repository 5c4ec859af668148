/* Judges replies of the gateway. One table says what each refusal means for us and what a person can do about it
 * (reply.c; the facts: gateway document 101617 and WDT's own error codes). */
#ifndef DIANCHEN_EXTRACTOR_QIMEN_REPLY_H
#define DIANCHEN_EXTRACTOR_QIMEN_REPLY_H

#include "extractor/answer.h"

/* What is looked for in a reply. */
struct reply_form {
    const struct text *keys; /* names that the list may have, most likely first; else any one list of records will do */
    size_t key_count;
    struct text id; /* the field that every record has */
};
/* The records live in `arena`. */
void qimen_reply_read(const struct http_reply *http, const struct reply_form *form, struct arena *arena,
                      struct source_answer *out);

#endif
