/* What ledger_begin is made of; nobody else includes it but the ledger's own files. */
#ifndef DIANCHEN_COMMON_LEDGER_BEGIN_H
#define DIANCHEN_COMMON_LEDGER_BEGIN_H

#include "common/ledger.h"

/* What a batch must know before its first row is looked up. */
struct ledger_gate {
    int64_t pair;            /* source account, target account, scheme */
    struct text scheme_hash; /* of the run, in the batch's arena */
    bool numbers;            /* some record of the pair has a number that is not its key */
    bool book;               /* some material stood in the account before us */
};
/* Is the page still ours, and the run still into this account? The first batch binds the run to its account.
 * Errors as ledger_begin. */
int ledger_gate(struct store *store, struct ledger_batch *batch, struct ledger_gate *out) WARN_UNUSED;

/* Two keys with one number make one material: the second is refused, naming the first. A number belongs to the record
 * that the target holds it for, or that has a claim; any other gives it up. Notes the numbers of existing records. */
int ledger_number(struct store *store, struct ledger_batch *batch, const struct ledger_gate *gate,
                  const struct record *records) WARN_UNUSED;

/* Which of `count` texts came first: a hash table in an arena. */
struct ledger_names {
    struct ledger_name {
        struct text text; /* data NULL = free */
        size_t value;
    } * slots;
    size_t mask;
};
int ledger_names_init(struct ledger_names *names, struct arena *arena, size_t count) WARN_UNUSED;
/* `value`, or the value which the same text was first added with. */
size_t ledger_names_add(struct ledger_names *names, struct text text, size_t value);
/* Its value, or SIZE_MAX. */
size_t ledger_names_find(const struct ledger_names *names, struct text text);

/* Claims are told apart by number alone, so each is random: of another process, of an earlier life, of the POST
 * before. *first, *first + 1 … are `count` fresh ones, all above 0. */
int ledger_claims(size_t count, int64_t *first) WARN_UNUSED;
/* The ledger itself refuses a row: final, with a sentence. */
int ledger_refuse(struct arena *arena, struct ledger_row *row, struct text class, const char *format, ...)
    PRINTF_LIKE(4, 5) WARN_UNUSED;
/* A copy in the arena; empty stays empty. */
int ledger_keep(struct arena *arena, struct text from, struct text *to) WARN_UNUSED;

/* pick[n] and the `length` rows behind it in pick have ids that follow one another, and get the same stamp. */
struct span {
    size_t from, length;
};

/* A T1 under way: ledger_begin.c looks up and decides, ledger_write.c writes. */
struct begin {
    struct ledger_batch *batch;
    struct store *store;
    int64_t now;
    struct ledger_gate gate;
    struct record *records;
    struct ledger_names seen; /* keys of the batch, first rows */
    bool *again;              /* [row] refused before, and for the same content */
    size_t *pick;             /* rows of the statement at hand */
    struct span *spans;
    size_t picked;
    int64_t *ids; /* room for two a row */
};
/* pick by key: where there are several writers all of them lock the same keys in the same order. */
void begin_sort(struct begin *begin);
int begin_write(struct begin *begin) WARN_UNUSED;

#endif
