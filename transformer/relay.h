/* The transformer at work: pages come in from extractors, are mapped record by record, and go out to loaders under the same
 * id. It keeps nothing: it acknowledges a page upstream when a loader has acknowledged it.
 *
 * Window: it grants upstream what the loaders granted (used or not) and one page more, so that the next page is mapped
 * while the last one is on its way. Without a loader it grants nothing, and pages in hand go back to the extractor, which
 * may know another transformer. */
#ifndef DIANCHEN_TRANSFORMER_RELAY_H
#define DIANCHEN_TRANSFORMER_RELAY_H

#include "common/stage/stage.h"
#include "transformer/map.h"

enum {
    RELAY_ALONE = 5000,  /* ms without any loader before pages go back */
    RELAY_RETRY = 60000, /* ms before a page that could not be handled is tried again */
    RELAY_DRAIN = 6000,  /* ms that a stop waits for acknowledgements */
};

struct relay;

/* Binds and connects; works while the stage's loop runs. `map` must outlive it. ERR_INPUT: an address is wrong or taken. */
int relay_new(struct stage *stage, struct map *map, const char *upstream, const char *bind, struct relay **out,
              struct cause *cause) WARN_UNUSED;
/* Takes no more pages; stops the loop with 0 when none is in hand, or after RELAY_DRAIN. */
void relay_drain(struct relay *relay);
void relay_free(struct relay **relay);

#endif
