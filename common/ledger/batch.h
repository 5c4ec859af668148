/* A T1 under way: the state that its steps share. gate.c checks that the page is still ours, look.c looks the rows up,
 * decide.c decides each, number.c and existing.c compare with other records and materials, write.c writes. begin.c
 * calls them in turn. */
#ifndef DIANCHEN_COMMON_LEDGER_BATCH_H
#define DIANCHEN_COMMON_LEDGER_BATCH_H

#include "common/ledger/ledger.h"
#include "common/ledger/names.h"

/* What a batch must know before its first row is looked up. */
struct ledger_gate {
    int64_t pair;            /* source account, target account, scheme */
    struct text scheme_hash; /* of the run, in the batch's arena */
    bool numbers;            /* some record of the pair has a number that is not its key */
    bool existing;           /* some material stood in the account before us */
    bool unread;             /* the existing materials are not read yet for this scheme: nothing may be created */
    bool alike_existing, alike_ours; /* some of those, or of ours, have a row for a folded spelling (alike.h) */
    bool others;                     /* other schemes, or other sources, have a ledger of this account too */
    bool numbered; /* a row of the batch has a number that is not its key, or that may be spelled otherwise */
};

/* pick[n] and the `length` rows behind it in pick have ids that follow one another, and get the same stamp. */
struct span {
    size_t from, length;
};

struct beginning {
    struct ledger_batch *batch;
    struct store *store;
    struct store_ms now;
    struct ledger_gate gate;
    struct record *records;
    struct ledger_names seen; /* keys of the batch, first rows */
    bool *again;              /* [row] refused before, and for the same content */
    size_t *pick;             /* rows of the statement at hand */
    struct span *spans;
    size_t picked;
    int64_t *ids; /* room for two a row */
};

/* Takes the memory for all of it from the batch's arena. ERR_MEMORY. */
int begin_room(struct beginning *begin) WARN_UNUSED;
/* Room in the arena for the values of `picked` executions with `params` each. NULL: no memory. */
struct sql_value *begin_values(const struct beginning *begin, size_t params);
/* Sorts `pick` by key, so that all writers lock the same keys in the same order. */
void begin_sort(struct beginning *begin);
/* Compares byte by byte: -1, 0 or 1. */
int begin_compare(struct text a, struct text b);
/* Refuses a row without the target, for good: sets its class and message. ERR_MEMORY. */
int begin_refuse(struct arena *arena, struct ledger_row *row, struct text class, const char *format, ...)
    PRINTF_LIKE(4, 5) WARN_UNUSED;
/* Copies a text into the arena; empty stays empty. ERR_MEMORY. */
int begin_keep(struct arena *arena, struct text from, struct text *to) WARN_UNUSED;

#endif
