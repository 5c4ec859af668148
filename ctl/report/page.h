/* A run's report as one HTML page: no scripts, nothing from elsewhere, light and dark, for a desk and a phone. */
#ifndef DIANCHEN_CTL_REPORT_PAGE_H
#define DIANCHEN_CTL_REPORT_PAGE_H

#include "common/base/buffer.h"
#include "common/store/store.h"
#include "ctl/report/words.h"

/* `report` is the run's report as run_report writes it. Inside a transaction. */
int report_page_write(struct store *store, struct text report, struct buffer *out) WARN_UNUSED;

#endif
