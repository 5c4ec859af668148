/* Matches a finished text with the format that made it: with "no such file: %s" the text "no such file: a.json" gives
 * "a.json". Pure. */
#ifndef DIANCHEN_COMMON_BASE_PHRASE_H
#define DIANCHEN_COMMON_BASE_PHRASE_H

#include "common/base/buffer.h"

enum { PHRASE_SLOTS = 16, PHRASE_TEXT_MAX = 4096 /* bytes: longer texts never match */ };

/* The value of one conversion of a format. */
struct phrase_slot {
    struct text text;
    size_t argument; /* number of its argument, from 1; a * counts as an argument, too */
    bool words;      /* of %s: the value may itself be a text of ours */
    bool quoted;     /* it stands in quotes: a text from outside */
};
struct phrase_match {
    struct phrase_slot slots[PHRASE_SLOTS];
    size_t count;
};

/* Counts the fixed characters of a format: the more it has, the surer a match. 0: it has none, or too many slots. */
size_t phrase_weight(const char *format);
/* Did `format` make `text`? Then *out holds the value of each slot, which is the shortest that fits, from the left. */
bool phrase_read(const char *format, struct text text, struct phrase_match *out);
/* Writes `format` with the slots of `match`; it may name arguments by number ("%2$s", "%3$.*2$s"). `put` writes one
 * slot. */
void phrase_write(struct buffer *out, const char *format, const struct phrase_match *match,
                  void (*put)(void *user, struct buffer *out, const struct phrase_slot *slot), void *user);

#endif
