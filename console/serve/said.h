/* Texts for people in an answer, in the language that the caller asks for. Texts are English everywhere beneath; what a reader
 * sees is said here, by the same catalog as the command's. */
#ifndef DIANCHEN_CONSOLE_SERVE_SAID_H
#define DIANCHEN_CONSOLE_SERVE_SAID_H

#include "common/json/json.h"

/* Does this Accept-Language (NULL = none came) put Chinese before English? */
bool said_chinese(const char *accept_language);

/* A member with a text for people; data NULL = null. */
void put_said(struct buffer *out, bool *first, const char *name, struct text english, bool chinese);
/* What a program answered, with its texts for people said: those of the members message, text, why, cause, say and cure. What a member named
 * source, payload, record or fields holds is somebody's data, and stays. */
void put_tree_said(struct buffer *out, const cJSON *tree, bool chinese);

#endif
