/* Outcomes on their way into the store (T2). Gathered while a reply is worked through, then written in one job. */
#ifndef DIANCHEN_LOADER_ENDING_H
#define DIANCHEN_LOADER_ENDING_H

#include "loader/loader.h"

/* The row's own id and op count; `hash` is what the target now holds (SAVED) or refused. */
void ending_saved(struct row *row, const uint8_t *hash);
void ending_refused(struct row *row, struct text class, struct text code, struct text message); /* texts are copied */
/* Certainly not executed. With row->again T1 comes anew, else the page is given back. */
void ending_released(struct row *row);
void ending_flush(struct loader *loader);
void ending_free_all(struct loader *loader);

#endif
