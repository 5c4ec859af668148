/* Turns the lines of `dianchen check` ("ok    store: …", "FAIL  source: …") into JSON. */
#ifndef DIANCHEN_CTL_CHECK_LINES_H
#define DIANCHEN_CTL_CHECK_LINES_H

#include "common/base/buffer.h"

/* Calls `check`, takes what it and the programs that it starts print on stdout, in English, and prints it as
 * {"ok","checks":[{"ok","part","text"}]}. Blocks. Returns what `check` returns, or EXIT_REFUSED where the lines can't be taken. */
int check_lines_json(int (*check)(void));
/* Appends that JSON for `lines`. An indented line ("      (this login…") belongs to the text of the check before it. */
void check_lines_put(struct buffer *json, struct text lines, bool ok);

#endif
