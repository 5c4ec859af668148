/* A mapped record, as the transformer sends it to the loader: a payload, or a stub that says why there is none. */
#ifndef DIANCHEN_COMMON_WIRE_MAPPED_H
#define DIANCHEN_COMMON_WIRE_MAPPED_H

#include <stdint.h>

#include "common/base/text.h"

enum record_kind {
    RECORD_PAYLOAD = 0,
    RECORD_FILTERED = 1,
    RECORD_UNMAPPABLE = 2 /* the mapping refused it, or it has no key */
};
enum { HASH_SIZE = 16, KEY_MAX = 200 /* bytes of a key or number */ };

/* Why a record was refused. Class is one of a fixed few (metrics label): "mapping", "formula", "lookup", "keyless",
 * "number_clash", "exists", "target", "unclear", "step", "locked", "poison", "unreadable" (docs/rows.md). */
struct refusal {
    struct text class;
    struct text code;    /* the target's errorCode, or "" */
    struct text message; /* for a person; no secrets */
};

/* The names of a source record's slots (scheme->slots), by which a reject keeps the record as JSON. count 0: the record
 * is kept as it is. */
struct source_form {
    const struct text *names;
    size_t count;
};

/* Changes to a record that the scheme did not ask for: a set of bits. */
enum mapped_note {
    NOTE_REPAIRED = 1, /* a text held half a character or a NUL: U+FFFD stands there */
    NOTE_TRIMMED = 2,  /* its number had blanks at its ends, or control characters */
    NOTES_ALL = 3
};

/* The texts belong to the batch and live as long as it. */
struct mapped {
    enum record_kind kind;
    struct text key;         /* <= KEY_MAX; empty = no key: rejected under a key made of its hash */
    struct text number;      /* <= KEY_MAX; empty = the same as the key */
    uint8_t hash[HASH_SIZE]; /* of number and payload; of a stub the source record's */
    struct text payload;     /* JSON object text without "id"; empty for stubs */
    struct text source;      /* the record as it left the extractor (wire.h), for the reject table */
    unsigned notes;          /* enum mapped_note */
    struct refusal refusal;  /* for RECORD_UNMAPPABLE */
};

#endif
