/* A refused record as a line of a list, as a story, as JSON and as a row for a spreadsheet. */
#ifndef DIANCHEN_CTL_REJECT_ROW_H
#define DIANCHEN_CTL_REJECT_ROW_H

#include "common/base/buffer.h"
#include "common/ledger/reject.h"

/* "2026-11-28 19:40:01 +0800  S1  旗舰店  target  …", on stdout. */
void reject_print_line(const struct reject *reject);
/* All that is known, a line each, with source and payload. */
void reject_print_whole(const struct reject *reject);
/* {"key",…}; `whole`: with source and payload. Bytes that are no UTF-8 are shown as U+FFFD, and beside it as hex. */
void reject_put_json(struct buffer *out, const struct reject *reject, bool whole);

/* CSV as a spreadsheet opens it with Chinese intact: a byte order mark and titles first, then rows, lines end with CR LF.
 * A cell that a spreadsheet would take for a formula begins with an apostrophe. */
void reject_put_csv_head(struct buffer *out);
void reject_put_csv(struct buffer *out, const struct reject *reject);

#endif
