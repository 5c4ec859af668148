/* The transformer's work: takes pages from extractors, maps each record, and sends the pages to loaders under the same id. It stores
 * nothing: it acknowledges a page to the extractor when a loader has acknowledged it. All on the loop's thread; nothing blocks.
 *
 * Credit: it grants the extractors as much as the loaders granted (used or not), and one page more, so that it maps the next page
 * while the last one is under way. Without a loader it grants nothing, and pages in hand go back to the extractor, which may know
 * another transformer. */
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

/* Binds and connects; it works while the stage's loop runs. Stage and map must outlive it; the caller owns *out. ERR_INPUT: an
 * address is wrong or taken. ERR_MEMORY. With the cause. */
int relay_new(struct stage *stage, struct map *map, const char *upstream, const char *bind, struct relay **out,
              struct cause *cause) WARN_UNUSED;
/* Begins the drain: takes no more pages, and stops the loop with 0 when none is in hand, or after RELAY_DRAIN. Returns at once. */
void relay_drain(struct relay *relay);
void relay_free(struct relay **relay); /* not from inside the loop */

#endif
