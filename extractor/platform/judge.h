/* What is the same in the replies of every platform: failures of the way, bytes that are no JSON, an HTTP status, a list of
 * records or something that nobody knows. Each fills in a struct source_answer. */
#ifndef DIANCHEN_EXTRACTOR_PLATFORM_JUDGE_H
#define DIANCHEN_EXTRACTOR_PLATFORM_JUDGE_H

#include "extractor/answer.h"
#include "extractor/list.h"

enum { JUDGE_SEEN_ROOM = 200 };

/* Sets the class and the sentence, cut where it is too long. */
void judge_tell(struct source_answer *out, enum reply_class class, const char *format, ...) PRINTF_LIKE(3, 4);
/* Begins an answer. True: it is one, because no body came that could be read. `setting` is the name of the address. */
bool judge_way(const struct http_reply *http, const char *setting, struct source_answer *out);
/* The body can't be opened as JSON. */
void judge_not_json(const struct http_reply *http, struct source_answer *out);
/* The HTTP status says how it went; `message` is what the body says to that, or empty. `cure` stands behind what trying again
 * can't mend: ": check …". */
void judge_status(const struct http_reply *http, const char *cure, struct text message, struct source_answer *out);
/* The list of a reply that went well, as list_find or list_of_value has found it (`error` is theirs). out->total is set. */
void judge_list(int error, const struct list *list, struct source_answer *out);
/* The members of a reply that nobody understands: short texts, numbers and words are shown, for they may say why. No
 * secrets. */
void judge_seen(struct text root, char out[JUDGE_SEEN_ROOM]);

#endif
