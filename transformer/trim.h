/* Numbers without what nobody sees: blanks at both ends, the full-width one and those without a width too, and control
 * characters anywhere. Targets drop these themselves, each in its own way, and then do not find the number again. Pure. */
#ifndef DIANCHEN_TRANSFORMER_TRIM_H
#define DIANCHEN_TRANSFORMER_TRIM_H

#include "common/scheme/scheme.h"

enum { TRIM_ROOM = 1024 /* bytes; a longer text is no number, and stays as it is */ };

/* *out = the text without them, in `room` where something is left out inside. False: there are none. */
bool trim_text(struct text t, char room[TRIM_ROOM], struct text *out);
/* *out = the text with its ASCII letters as told, in `room`, where the text may stand already. False: they are so. */
bool trim_letters(struct text t, enum scheme_letters letters, char room[TRIM_ROOM], struct text *out);

#endif
