/* Judges what is the same in the replies of every platform: transport failures, bytes that are no JSON, an HTTP status,
 * a list of records or something unknown. Each function fills in a struct source_answer. */
#ifndef DIANCHEN_EXTRACTOR_PLATFORM_JUDGE_H
#define DIANCHEN_EXTRACTOR_PLATFORM_JUDGE_H

#include "extractor/answer.h"
#include "extractor/platform/list.h"

enum { JUDGE_SEEN_ROOM = 200 };

/* Sets the class and the sentence, cut where it is too long. */
void judge_tell(struct source_answer *out, enum reply_class class, const char *format, ...) PRINTF_LIKE(3, 4);
/* Starts *out. True: it is complete, because no readable body came. `setting` is the name of the address, for
 * messages. */
bool judge_way(const struct http_reply *http, const char *setting, struct source_answer *out);
/* Fills *out for a body that can't be read as JSON. */
void judge_not_json(const struct http_reply *http, struct source_answer *out);
/* Fills *out from the HTTP status. `message` is the body's own message, or empty. `cure` (": check …") ends the
 * sentence if trying again can't help. */
void judge_status(const struct http_reply *http, const char *cure, struct text message, struct source_answer *out);
/* Fills *out from the list that list_find or list_of_value found; `error` is their result. Set out->total first. */
void judge_list(int error, const struct list *list, struct source_answer *out);
/* Writes the members of an unknown reply: short texts, numbers and words are shown, because they may say why. No
 * secrets. */
void judge_seen(struct text root, char out[JUDGE_SEEN_ROOM]);

#endif
