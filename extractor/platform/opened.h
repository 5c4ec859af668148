/* What the JSON of a reply says, by the pointers and signs of its API file: the same for the drivers "rest" and "soap". Each
 * function that judges fills in a struct source_answer. */
#ifndef DIANCHEN_EXTRACTOR_PLATFORM_OPENED_H
#define DIANCHEN_EXTRACTOR_PLATFORM_OPENED_H

#include "common/scheme/rest/form.h"
#include "extractor/driver.h"

struct opened { /* a reply's JSON */
    const struct rest_form *form;
    struct text root;
    struct json_marks marks;
    struct arena *arena;
};

/* What the file's message says, for a person, without secrets: servers may quote what they were sent. Empty = nothing. */
struct text opened_message(const struct opened *reply);
/* Does it say that it is asked too often, or to try again? Then *out is filled in. */
bool opened_sign(const struct opened *reply, const struct http_reply *http, struct source_answer *out);
/* Does it say that it went well? False: *out is filled in. */
bool opened_well(const struct opened *reply, struct source_answer *out);
/* The number of records that it tells; -1 = it tells none that can be. */
int64_t opened_total(const struct opened *reply, const struct http_reply *http);
/* By a cursor: that of the next page, in out->next. A page can't be asked for in parts, so a reply that can't be read, or is too
 * large, is not divided. `first` = the page that was asked for has none itself. */
void opened_chained(const struct opened *reply, const struct http_reply *http, bool first, struct source_answer *out);
/* One reply holds all: what an answer holds is cut to the page that was asked for. Asking for less would bring the same
 * again, so that a reply that can't be read is not divided. */
void opened_whole(const struct source_asked *asked, int64_t first_page, struct source_answer *out);

#endif
