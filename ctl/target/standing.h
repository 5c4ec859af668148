/* Shows which records the target has under the numbers of mapped records, and what a run would do with them. */
#ifndef DIANCHEN_CTL_TARGET_STANDING_H
#define DIANCHEN_CTL_TARGET_STANDING_H

#include "common/json/json.h"
#include "common/scheme/scheme.h"

struct standing { /* zero-initialise */
    struct buffer lines;
    struct text rest; /* lines that standing_take has not returned yet */
    bool asked;       /* the target was asked and answered */
};

/* Asks the target for the numbers in `mapped`, lines as transformer --map prints them; only lines with a payload count. Blocks. */
void standing_ask(struct standing *standing, struct text mapped, const char *scheme_path);
void standing_fini(struct standing *standing);
/* Returns the line of `loader --find` for the next payload; empty where there is none. It lives until standing_fini. */
struct text standing_take(struct standing *standing);
/* Returns what the scheme's `existing` means for a record that the target already has: a few words, a constant. */
const char *standing_word(enum scheme_existing existing);
/* Prints what becomes of the target's record (`word`), and each field that differs, before and after. `found` is a line of
 * standing_take, parsed; `payload` is the mapped object. */
void standing_print(const char *word, const cJSON *found, const cJSON *payload);
/* Appends the same as JSON members: "stands":true|false|null,"fields":[{"name","before","after"}], values cut at 200 bytes. */
void standing_put(struct buffer *out, const cJSON *found, const cJSON *payload);
/* Takes the next line from `rest`; it points into the same text. False at the end. */
bool standing_line(struct text *rest, struct text *line);

#endif
