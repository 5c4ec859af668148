/* The language of the reader. A program makes every text in English; logs, the store and other programs keep it in
 * English. A text is translated only where a person reads it, with the catalog of gettext (po/zh_CN.po).
 * A finished line is translated by the format that made it ("%s: no such file"). So lines that were made just now, that
 * a stage printed, or that the store keeps, are translated alike. What the catalog lacks stays English. */
#ifndef DIANCHEN_COMMON_BASE_LANGUAGE_H
#define DIANCHEN_COMMON_BASE_LANGUAGE_H

#include "common/base/buffer.h"

/* Marks a text for the catalog; it is translated elsewhere. */
#define N_(text) text
/* A text of our own, whole, in the person's language. */
#define _(text) language_of(text)

/* What --lang and DIANCHEN_LANG may say; NULL at the end. */
extern const char *const language_names[];
#define LANGUAGE_VARIABLE "DIANCHEN_LANG"

/* Chooses the language: `wanted` ("en", "zh"), or where that is NULL or empty the first of DIANCHEN_LANG, LC_ALL,
 * LC_MESSAGES and LANG that is set. The locale need not be installed. `folder` holds zh_CN/LC_MESSAGES/dianchen.mo;
 * NULL = share/locale beside the folder of the program, where make and make install put it. Without a catalog the
 * language is English. Before threads start; may be called again. ERR_INPUT: `wanted` names no language that is known
 * here. */
int language_choose(const char *wanted, const char *folder) __attribute__((warn_unused_result));
/* Loads the catalog although the language is English, for language_put_in; `folder` as above. Before threads start.
 * ERR_NOT_FOUND: there is none. */
int language_load(const char *folder) __attribute__((warn_unused_result));
/* Is the chosen language another than English? */
bool language_other(void);
/* The chosen language: "en" or "zh"; static. */
const char *language_name(void);

/* The translation of a text, or the text itself where there is none; lives as long as the program. */
const char *language_of(const char *english) __attribute__((format_arg(1)));
/* Translates a finished English text and appends it. */
void language_put(struct buffer *out, struct text english);
/* The same in the language of one reader: translated if `other` is true and a catalog is loaded, else English. Any
 * thread. */
void language_put_in(struct buffer *out, struct text english, bool other);
/* The same as language_put into `out`, cut at `room` - 1 bytes, NUL-terminated. Returns `out`. */
char *language_line(struct text english, char *out, size_t room);

#endif
