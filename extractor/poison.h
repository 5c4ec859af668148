/* Records that ended every worker that they were given to. They stand in the store as rejects of class "poison"; as long
 * as record and scheme are the same they go out set apart (wire.h), so that no worker ends by them again. */
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

/* Those that stand refused under this scheme and source account; what was known before is forgotten. On the store's thread
 * or between store_begin and store_end. */
int poison_load(struct store *store, const struct run_plan *plan, struct poison *poison) WARN_UNUSED;
void poison_fini(struct poison *poison);
/* Sets the known ones among the packed records apart; *records is replaced. Nearly always there are none. ERR_MEMORY. */
int poison_mark(const struct poison *poison, const struct scheme *scheme, struct buffer *records) WARN_UNUSED;
/* A single record that has just ended its workers, set apart; false when it was so already. */
bool poison_apart(const struct scheme *scheme, const struct page *page, struct text record, struct buffer *out);
/* Not even set apart does it leave its workers alive. */
int poison_cause(const struct page *page, struct cause *cause);

#endif
