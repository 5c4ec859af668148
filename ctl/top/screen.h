/* The terminal of `dianchen top`: a screen of its own while it runs, keys, and the last screen left behind. */
#ifndef DIANCHEN_CTL_TOP_SCREEN_H
#define DIANCHEN_CTL_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/text.h"

/* stdout is a terminal, and nobody asked for none of this. Call once, before all others. */
bool screen_is_there(void);
/* Its size; 80 columns and 0 rows (= any number) where it is not known. */
void screen_size(size_t *columns, size_t *rows);
void screen_enter(void);
/* Takes the place of what stands there. */
void screen_show(struct text text);
/* Back to the screen before, with the last text left on it. */
void screen_leave(void);
/* Waits for a key, a signal or the time. 0 = none. */
char screen_key(int64_t ms);
/* There is a screen, and NO_COLOR is not set. */
bool screen_has_colours(void);
/* "" where there are none. */
const char *screen_bold(void);
const char *screen_plain(void);

#endif
