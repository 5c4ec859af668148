/* A LOOKUP in a payload: {"$lookup":["unit","件"]}, with the default as a third element if there is one; the default may be a
 * LOOKUP, too. The loader replaces it by the id. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_QUESTION_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_QUESTION_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"

struct question {
    struct text name, key;
};
/* 0 with the id; ERR_NOT_FOUND: certainly not there; ERR_BUSY: not known yet; ERR_REFUSED: more than one. */
typedef int question_fn(void *user, const struct question *question, struct text *id);

/* Does the payload contain a LOOKUP? */
bool question_stands(struct text payload);
/* Appends the payload with its questions replaced by ids. ERR_NOT_FOUND, ERR_REFUSED: *missing is the first question without
 * an answer and without a default; ERR_BUSY: an answer is not known yet; ERR_SYNTAX: a malformed question; ERR_MEMORY.
 * Texts of `missing` live in the arena. */
int question_resolve(struct text payload, question_fn *find, void *user, struct arena *arena, struct buffer *out,
                     struct question *missing) WARN_UNUSED;

#endif
