/* Puts texts for people into an answer, in the language that the caller asks for. The program makes all texts in English; they are
 * translated here, by the same catalog as those of the commands. Any thread. */
#ifndef DIANCHEN_CONSOLE_SERVE_SAID_H
#define DIANCHEN_CONSOLE_SERVE_SAID_H

#include "common/json/json.h"

/* Does this Accept-Language (NULL = none came) put Chinese before English? */
bool said_chinese(const char *accept_language);

/* Appends a member with a text for people; `english` with data NULL becomes null. */
void put_said(struct buffer *out, bool *first, const char *name, struct text english, bool chinese);
/* Appends what a program answered, with its texts for people translated: those of the members message, text, why, cause, say and
 * cure. Data stays as it is: all below members named source, payload, record and fields. */
void put_tree_said(struct buffer *out, const cJSON *tree, bool chinese);

#endif
