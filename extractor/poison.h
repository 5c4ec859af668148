/* Records that ended every worker that got them. They stand in the store as rejects of class "poison". While record and
 * scheme stay the same they are sent set apart (wire.h), so they end no more workers. */
#ifndef DIANCHEN_EXTRACTOR_POISON_H
#define DIANCHEN_EXTRACTOR_POISON_H

#include "common/run/run.h"
#include "common/scheme/scheme.h"

struct poison { /* zero-initialise */
    struct poison_record {
        struct text key, source; /* source as its reject keeps it: JSON */
    } * records;
    size_t count;
};

/* Loads those of this scheme and source account, in place of the earlier ones. On the store's thread or between
 * store_begin and store_end. */
int poison_load(struct store *store, const struct run_plan *plan, struct poison *poison) WARN_UNUSED;
void poison_fini(struct poison *poison);
/* Sets known poison records apart among the packed `records`, which is replaced. Usually there are none. ERR_MEMORY. */
int poison_mark(const struct poison *poison, const struct scheme *scheme, struct buffer *records) WARN_UNUSED;
/* Appends a single record, which has just ended its workers, set apart to `out`. False: it was set apart already. */
bool poison_apart(const struct scheme *scheme, const struct page *page, struct text record, struct buffer *out);
/* Sets the cause for a record that ends its workers even when set apart. Returns ERR_REFUSED. */
int poison_cause(const struct page *page, struct cause *cause);

#endif
