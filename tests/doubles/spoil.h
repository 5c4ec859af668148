/* Damage to single shops of a page: what real systems put into a text, a number or a member that nobody asked for. */
#ifndef DOUBLES_SPOIL_H
#define DOUBLES_SPOIL_H

#include "blob.h"

enum spoil_kind {
    SPOIL_NONE,
    SPOIL_SURROGATE,
    SPOIL_NUL,
    SPOIL_BYTES,
    SPOIL_BROKEN,
    SPOIL_LIST,
    SPOIL_OBJECT,
    SPOIL_TRUE,
    SPOIL_NULL,
    SPOIL_BLANKS,
    SPOIL_QUOTE,
    SPOIL_UNCLOSED,
    SPOIL_EXTRA_BROKEN,
    SPOIL_EXTRA_DEEP,
};

struct spoil_settings {
    int64_t damage; /* enum spoil_kind */
    int64_t depth;  /* of SPOIL_EXTRA_DEEP */
    int64_t pad;    /* bytes more in each remark */
    char shop[4096], field[4096], pad_shop[4096];
};
extern struct spoil_settings spoil_settings;

/* shop_render, and the damage where it falls on this shop; `first` of its page. */
void spoil_render(struct blob *out, uint32_t entry, bool first);

#endif
