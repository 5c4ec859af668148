/* Writes a run's report as one HTML page: without scripts, with nothing to load, for light and dark, for wide and small screens. */
#ifndef DIANCHEN_CTL_REPORT_PAGE_H
#define DIANCHEN_CTL_REPORT_PAGE_H

#include "common/base/buffer.h"
#include "common/store/store.h"
#include "ctl/report/words.h"

/* Appends the page. `report` is the run's report as run_report writes it. Inside a transaction. 0; ERR_LIMIT: `out` is full;
 * ERR_MEMORY; or an error of the store. */
int report_page_write(struct store *store, struct text report, struct buffer *out) WARN_UNUSED;

#endif
