/* What any reply of the V1 API means, as one table. Pure: bytes in, meaning out. The envelope is
 * {"success","message","errorCode","data"}; the login and the gateway answer with {"errcode","description"} or
 * {"code","message"|"description_cn"}. */
#ifndef DIANCHEN_LOADER_XINGCHEN_ANSWER_H
#define DIANCHEN_LOADER_XINGCHEN_ANSWER_H

#include "common/scheme/scheme.h"
#include "loader/answer.h"

/* `words` = texts may say LOGIN, THROTTLED and RETRY (false: a success:false is a REJECT whatever it says). */
void answer_read(struct arena *arena, const struct target_form *form, const struct http_reply *reply, bool words,
                 struct answer *out);

/* Texts of refusals, by the words of the API file. */
bool answer_says_exists(const struct target_form *form, struct text message,
                        struct text code); /* "已存在": number or name is taken */
bool answer_says_gone(const struct target_form *form,
                      struct text message); /* "不存在": what was asked for is not there */

/* An id or code given as string or as whole number, as text in the arena; data NULL for anything else. */
struct text answer_id(struct arena *arena, const cJSON *item);
/* The id of a record of the target: as answer_id, of at most TARGET_ID_MAX bytes of printable ASCII. The store keeps ids, so
 * anything else is none: data NULL. */
enum { TARGET_ID_MAX = 64 };
struct text answer_target_id(struct arena *arena, const cJSON *item);

#endif
