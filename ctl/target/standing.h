/* What stands in the target under the numbers of mapped records, and what a run would make of it. */
#ifndef DIANCHEN_CTL_TARGET_STANDING_H
#define DIANCHEN_CTL_TARGET_STANDING_H

#include "common/json/json.h"
#include "common/scheme/scheme.h"

struct standing { /* zero-initialise */
    struct buffer lines;
    struct text rest; /* not taken yet */
    bool asked;       /* the target could be asked */
};

/* Asks for the numbers of the lines of `mapped` (as transformer --map prints them), of payloads alone. Blocks. */
void standing_ask(struct standing *standing, struct text mapped, const char *scheme_path);
void standing_fini(struct standing *standing);
/* The line of `loader --find` for the next payload; empty where there is none. Lives until standing_fini. */
struct text standing_take(struct standing *standing);
/* What the scheme's `existing` means for a record that stands there already: a few words. */
const char *standing_word(enum scheme_existing existing);
/* Prints what becomes of the record that stands there (`word`), and before and after of each field that differs. `found` is
 * a line of standing_take, `payload` the mapped object. */
void standing_print(const char *word, const cJSON *found, const cJSON *payload);
/* The same as JSON members: "stands":true|false|null,"fields":[{"name","before","after"}], values cut at 200 bytes. */
void standing_put(struct buffer *out, const cJSON *found, const cJSON *payload);
/* Takes the next line off `rest`. False at the end. */
bool standing_line(struct text *rest, struct text *line);

#endif
