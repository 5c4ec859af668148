/* Removes invisible characters from numbers: blanks at both ends (also full-width and zero-width ones), and control characters
 * anywhere. Targets drop these themselves, each in its own way, and then don't find the number as it was sent. Pure. */
#ifndef DIANCHEN_TRANSFORMER_TRIM_H
#define DIANCHEN_TRANSFORMER_TRIM_H

#include "common/scheme/scheme.h"

enum { TRIM_ROOM = 1024 /* bytes; a longer text is no number, and stays as it is */ };

/* True: *out is the text without them, and lives in `room`. False: there are none, or the text is longer than TRIM_ROOM. */
bool trim_text(struct text t, char room[TRIM_ROOM], struct text *out);
/* True: *out is the text with its ASCII letters changed to `letters`, and lives in `room`; `t` may stand in `room` already. False:
 * nothing needs to change, or the text is longer than TRIM_ROOM. */
bool trim_letters(struct text t, enum scheme_letters letters, char room[TRIM_ROOM], struct text *out);

#endif
