/* The lines of `dianchen check`, "ok    store: …" and "FAIL  source: …", as JSON. */
#ifndef DIANCHEN_CTL_CHECK_LINES_H
#define DIANCHEN_CTL_CHECK_LINES_H

#include "common/base/buffer.h"

/* Calls `check`, takes what it and the programs that it starts print on stdout, in English, and prints it as
 * {"ok","checks":[{"ok","part","text"}]}. Returns what `check` returns, or EXIT_REFUSED. */
int check_lines_json(int (*check)(void));
/* The same from text: further lines of a check ("      (this login…") belong to its text. */
void check_lines_put(struct buffer *json, struct text lines, bool ok);

#endif
