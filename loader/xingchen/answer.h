/* Decides what a reply of the V1 API means, by one table. Pure. The envelope is
 * {"success","message","errorCode","data"}; the login and the gateway answer with {"errcode","description"} or
 * {"code","message"|"description_cn"}. */
#ifndef DIANCHEN_LOADER_XINGCHEN_ANSWER_H
#define DIANCHEN_LOADER_XINGCHEN_ANSWER_H

#include "common/scheme/scheme.h"
#include "loader/answer.h"

/* Fills in *out; its texts live in the arena. `words`: the reply's text may make it LOGIN, THROTTLED or RETRY; false: a
 * success:false is a REJECT, whatever its text says. */
void answer_read(struct arena *arena, const struct target_form *form, const struct http_reply *reply, bool words,
                 struct answer *out);

/* Does the text of a refusal say so, by the words of the API file? */
bool answer_says_exists(const struct target_form *form, struct text message,
                        struct text code); /* "已存在": number or name is taken */
bool answer_says_gone(const struct target_form *form,
                      struct text message); /* "不存在": what was asked for is not there */

/* `item`, or what stands in it where it is JSON in a text. */
const cJSON *answer_opened(struct arena *arena, const cJSON *item);
/* The first entry of a save result's errorInfo, the others by ->next; NULL = there is none. It may be an array, an object of
 * entries, a single entry or text, each also as JSON in a text. */
const cJSON *answer_errors(struct arena *arena, const cJSON *result);
struct text answer_error_text(const cJSON *entry); /* what an entry says; empty = nothing */

#endif
