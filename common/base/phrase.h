/* A format read backwards: "no such file: %s" finds in "no such file: a.json" what stood for %s. Pure. */
#ifndef DIANCHEN_COMMON_BASE_PHRASE_H
#define DIANCHEN_COMMON_BASE_PHRASE_H

#include "common/base/buffer.h"

enum { PHRASE_SLOTS = 16, PHRASE_TEXT_MAX = 4096 /* bytes: longer texts are no line of ours */ };

/* What stands for one conversion of a format. */
struct phrase_slot {
    struct text text;
    size_t argument; /* its place among the arguments of the format, from 1; a * takes one, too */
    bool words;      /* of %s: it may be a text of ours again */
    bool quoted;     /* it stands in quotes: somebody's own */
};
struct phrase_match {
    struct phrase_slot slots[PHRASE_SLOTS];
    size_t count;
};

/* Letters of a format that stand in it as they are: the more, the surer a match. 0 = it has none, or too many slots. */
size_t phrase_weight(const char *format);
/* Was `text` made by `format`? Then *out says of what. The shortest fit for each slot, from the left. */
bool phrase_read(const char *format, struct text text, struct phrase_match *out);
/* Writes `format` anew with those slots, which it may name by argument ("%2$s", "%3$.*2$s"); `put` writes one. */
void phrase_write(struct buffer *out, const char *format, const struct phrase_match *match,
                  void (*put)(void *user, struct buffer *out, const struct phrase_slot *slot), void *user);

#endif
