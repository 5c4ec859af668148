/* What a row does next: the one place that knows batches, saves, look-ups and outcomes. */
#ifndef DIANCHEN_LOADER_ROWS_H
#define DIANCHEN_LOADER_ROWS_H

#include "loader/row.h"

/* The row may be gone afterwards. */
void row_step(struct row *row, enum row_step step);

#endif
