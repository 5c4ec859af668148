/* Replies that are not JSON as they stand. Servers and boxes between put things around the JSON: a call of a script's
 * function (JSONP), a guard against scripts, a warning before it, markup behind it, byte order marks, quotes around the whole. Where
 * the JSON is beyond doubt it is taken out; else a sentence says what came. Pure; any thread. */
#ifndef DIANCHEN_COMMON_HTTP_WRAP_H
#define DIANCHEN_COMMON_HTTP_WRAP_H

#include "common/json/scan.h"

enum { WRAP_SAID_ROOM = 240 /* bytes of the sentence, with its NUL */ };

/* Takes the one JSON object (or list) of `body`. What stands around it is left out only where the object has a member of one
 * of `names` (NULL-terminated): they tell a reply of this API. *json points into `body`, or into `arena` where it was
 * quoted. *around = something was left out. `marks` (may be NULL) become those of
 * `body`. ERR_SYNTAX: there is none, or more than one; ERR_MEMORY. */
int wrap_open(struct text body, const char *const *names, struct arena *arena, struct text *json,
              struct json_marks *marks, bool *around) WARN_UNUSED;

/* What a reply is that wrap_open does not open. */
enum wrap_kind { WRAP_EMPTY, WRAP_HTML, WRAP_XML, WRAP_JSON /* torn, or not of this API */, WRAP_BYTES, WRAP_TEXT };
enum wrap_kind wrap_kind(struct text body);
/* "the reply is HTML, not JSON: <!DOCTYPE html>…": its first bytes on one line, without secrets, controls shown as blanks and
 * bytes that are no UTF-8 as "?". Of torn JSON nothing is shown: records may stand in it. */
enum wrap_kind wrap_say(struct text body, char out[WRAP_SAID_ROOM]);

/* The contents of the first element <name>…</name> without elements inside; size 0 = there is none. */
struct text wrap_element(struct text xml, const char *name);

/* How long a reply like this is tried again, in ms: it came whole, so more of the same is likely. `known`: the API has
 * answered well before. `most` is the patience with an outage. */
int64_t wrap_patience(enum wrap_kind kind, bool known, int64_t most);

#endif
