/* The language of the person who reads. A program makes every text in English: logs, the store and other programs keep
 * it so. Where a text reaches a person, it is said in their language by the catalog of gettext (po/zh_CN.po).
 * A finished line is found there by the format that made it ("%s: no such file"): so a line that was made a moment
 * ago, one that a stage printed and one that stands in the store are all said the same way. What the catalog lacks
 * stays English. */
#ifndef DIANCHEN_COMMON_BASE_LANGUAGE_H
#define DIANCHEN_COMMON_BASE_LANGUAGE_H

#include "common/base/buffer.h"

/* Marks a text for the catalog that is said elsewhere. */
#define N_(text) text
/* A text of our own, whole, in the person's language. */
#define _(text) language_of(text)

/* What --lang and DIANCHEN_LANG may say; NULL at the end. */
extern const char *const language_names[];
#define LANGUAGE_VARIABLE "DIANCHEN_LANG"

/* Chooses the language: `wanted` ("en", "zh"), or where that is NULL or empty the first of DIANCHEN_LANG, LC_ALL,
 * LC_MESSAGES and LANG that is set. The locale need not be installed. `folder` holds zh_CN/LC_MESSAGES/dianchen.mo; NULL =
 * share/locale beside the folder of the program, where make and make install put it. Without a catalog the language is
 * English. Before threads start; may be called again. ERR_INPUT: `wanted` names no language that is known here. */
int language_choose(const char *wanted, const char *folder) __attribute__((warn_unused_result));
/* Reads the catalog where the language is English, for language_put_in; `folder` as above. Before threads start. ERR_NOT_FOUND. */
int language_load(const char *folder) __attribute__((warn_unused_result));
/* Is it another one than English? */
bool language_other(void);
/* "en", "zh" */
const char *language_name(void);

/* The text as the catalog has it, else itself; lives as long as the program. */
const char *language_of(const char *english) __attribute__((format_arg(1)));
/* Appends a finished English text in the person's language. */
void language_put(struct buffer *out, struct text english);
/* Appends it in the language that one reader wants: the catalog's with `other`, where there is one, else English. Any thread. */
void language_put_in(struct buffer *out, struct text english, bool other);
/* The same as language_put into `out`, cut at `room` - 1 bytes, NUL-terminated. Returns `out`. */
char *language_line(struct text english, char *out, size_t room);

#endif
