/* Numbers of elements in a frame, and the ext types: shared by write.c and read.c. Private to wire; others use wire.h. */
#ifndef DIANCHEN_COMMON_WIRE_FORM_H
#define DIANCHEN_COMMON_WIRE_FORM_H

#include "common/wire/wire.h"

enum { FORM_MAPPED = 7, FORM_REFUSED = 10 /* elements of a mapped record, and of a refused one */ };
enum { /* ext types */
       FORM_JSON = 1,
       FORM_APART = 2,
       FORM_NUMBER = 3,
       FORM_BROKEN = 4,
       FORM_TEXT_REPAIRED = 5,
       FORM_JSON_REPAIRED = 6
};

/* Elements of a message behind its version and type. */
static inline size_t form_fields(enum wire_type type)
{
    static const unsigned char fields[] = {
        [WIRE_HELLO] = 5, [WIRE_WELCOME] = 5, [WIRE_CREDIT] = 1, [WIRE_BATCH] = 6, [WIRE_ACK] = 9,  [WIRE_NACK] = 7,
        [WIRE_PING] = 0,  [WIRE_DRAIN] = 0,   [WIRE_BYE] = 0,    [WIRE_ERROR] = 1, [WIRE_TOUCH] = 4};
    return fields[type];
}

/* A name or note, cut to its maximum size on the wire. */
static inline struct text form_short(struct text t, size_t limit)
{
    return (struct text){t.data, text_cut(t, limit)};
}

#endif
