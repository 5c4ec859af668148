/* Numbers as a target sees them that is looser than bytes: it may trim, fold case or fold width, when it stores a number
 * and when it compares two. */
#ifndef DOUBLES_SPELLING_H
#define DOUBLES_SPELLING_H

#include "blob.h"

enum spelling { SPELLING_EXACT, SPELLING_TRIM, SPELLING_UPPER, SPELLING_HALF, SPELLING_ALL, SPELLING_LOWER };

struct spelling_settings {
    int64_t stored;   /* enum spelling: what becomes of a number that is saved */
    int64_t compared; /* enum spelling: what is left out of account when two are compared */
};
extern struct spelling_settings spelling_settings;

/* The number as it is stored, and the key by which it is found. Each puts it into *room and returns room's text with its
 * length, or the text itself where nothing changes. */
const char *spelling_stored(const char *text, size_t *length, struct blob *room);
const char *spelling_key(const char *text, size_t *length, struct blob *room);

#endif
