/* Finds the JSON in a reply that has something around it. Servers, and boxes between, add the call of a script's
 * function (JSONP), a guard against scripts, a warning in front, markup behind, byte order marks, or quotes around the
 * whole. The JSON is taken out only where it is beyond doubt; else a sentence says what came. Pure; any thread. */
#ifndef DIANCHEN_COMMON_HTTP_WRAP_H
#define DIANCHEN_COMMON_HTTP_WRAP_H

#include "common/json/scan.h"

enum { WRAP_SAID_ROOM = 240 /* bytes of the sentence, with its NUL */ };

/* Finds the one JSON object (or list) of `body`. Text around it is left out only if the object has a member of one of
 * `names` (NULL-terminated), which identify a reply of this API. *json points into `body`, or into `arena` if it was
 * quoted. *around = something was left out. `marks` (may be NULL) gets the marks of `body` (scan.h). ERR_SYNTAX: there
 * is none, or more than one; ERR_MEMORY. */
int wrap_open(struct text body, const char *const *names, struct arena *arena, struct text *json,
              struct json_marks *marks, bool *around) WARN_UNUSED;

/* The kind of a reply that wrap_open does not open. */
enum wrap_kind { WRAP_EMPTY, WRAP_HTML, WRAP_XML, WRAP_JSON /* torn, or not of this API */, WRAP_BYTES, WRAP_TEXT };
enum wrap_kind wrap_kind(struct text body);
/* Writes the sentence: "the reply is HTML, not JSON: <!DOCTYPE html>…" (`wanted` is "JSON" or "XML"), with the first bytes on one line, without
 * secrets, controls as blanks, bytes that are no UTF-8 as "?". Of JSON nothing is shown: it may hold records.
 * Returns the kind. */
enum wrap_kind wrap_say(struct text body, const char *wanted, char out[WRAP_SAID_ROOM]);

/* The contents of the first element <name>…</name> without elements inside; size 0 = there is none. */
struct text wrap_element(struct text xml, const char *name);

/* Is it a page of HTML whose title asks to log in? */
bool wrap_asks_login(struct text body);
/* How long to retry after such a reply, in ms. The reply came whole, so the next one is likely to be the same. `known`:
 * the API has answered well before. `most`: the patience with an outage; the result is never longer. */
int64_t wrap_patience(enum wrap_kind kind, bool known, int64_t most);

#endif
