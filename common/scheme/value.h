/* A value of a source record, on its way from the source's reply to the target's payload. */
#ifndef DIANCHEN_COMMON_SCHEME_VALUE_H
#define DIANCHEN_COMMON_SCHEME_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/text.h"

struct value {
    enum value_kind {
        VALUE_NIL,
        VALUE_BOOL,
        VALUE_INT,
        VALUE_REAL,
        VALUE_NUMBER, /* a number that does not fit VALUE_INT: its digits, without exponent (json_decode_number) */
        VALUE_TEXT,
        VALUE_JSON,
        VALUE_BROKEN, /* it could not be read: its bytes */
    } kind;
    union {
        bool flag;
        int64_t integer;
        double real;
    };
    bool repaired;    /* TEXT and JSON: U+FFFD stands where the reply held half a character or a NUL */
    struct text text; /* NUMBER, TEXT, JSON and BROKEN; points into the frame or the arena */
};

#endif
