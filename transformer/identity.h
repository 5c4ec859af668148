/* Key and number of a record. Pure. */
#ifndef DIANCHEN_TRANSFORMER_IDENTITY_H
#define DIANCHEN_TRANSFORMER_IDENTITY_H

#include "common/scheme/cast.h"
#include "common/scheme/scheme.h"

/* Returns a key or number as text: of a text or a number; empty for anything else. It lives as long as `value` and `room`. */
struct text identity_of(const struct value *value, char room[SCHEME_NUMBER_ROOM]);
/* Returns a word for a value that can be neither key nor number, for a message: a constant. */
const char *identity_lack(const struct value *value);
/* Is it a record without rows, of a source that is split into rows? */
bool identity_rowless(const struct scheme *scheme, const struct value *slots);

#endif
