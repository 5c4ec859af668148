/* Decides what a row does next: the one place that knows batches, saves, look-ups and outcomes. */
#ifndef DIANCHEN_LOADER_ROWS_H
#define DIANCHEN_LOADER_ROWS_H

#include "loader/row.h"

/* Takes a step that a part reports (loader->step). On the loop's thread. Don't use the row afterwards: it may be gone. */
void row_step(struct row *row, enum row_step step);

#endif
