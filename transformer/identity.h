/* What names a record: its key and its number. Pure. */
#ifndef DIANCHEN_TRANSFORMER_IDENTITY_H
#define DIANCHEN_TRANSFORMER_IDENTITY_H

#include "common/scheme/cast.h"
#include "common/scheme/scheme.h"

/* A key or number as text, in its place or in `room`: texts and numbers are; empty for anything else. */
struct text identity_of(const struct value *value, char room[SCHEME_NUMBER_ROOM]);
/* What a value is that can be neither, for a message. */
const char *identity_lack(const struct value *value);
/* A record of a source that is split, and that had no rows. */
bool identity_rowless(const struct scheme *scheme, const struct value *slots);

#endif
