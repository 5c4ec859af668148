/* The terminal of `dianchen top`: it has a screen of its own while it runs, and leaves the last one behind. One per process, on the
 * main thread. */
#ifndef DIANCHEN_CTL_TOP_SCREEN_H
#define DIANCHEN_CTL_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"

/* Is stdout a terminal? Call it once, before all others. */
bool screen_is_there(void);
/* Writes the size; 80 columns and 0 rows (= no limit) where it is not known. */
void screen_size(size_t *columns, size_t *rows);
/* Switches to a screen of its own, and to reading single keys. Does nothing without a terminal. */
void screen_enter(void);
/* Shows the text in the place of the one before. Without screen_enter it is only printed. */
void screen_show(struct text text);
/* Goes back to the former screen, and prints the last text there. Call it before the program ends. */
void screen_leave(void);
/* Waits for a key, a signal, or `ms`. Returns the key; 0 = none. */
char screen_key(int64_t ms);
/* True: stdout is a terminal, and NO_COLOR is not set. */
bool screen_has_colours(void);
/* The terminal's codes for bold and plain text, constants; "" without colours. */
const char *screen_bold(void);
const char *screen_plain(void);

#endif
