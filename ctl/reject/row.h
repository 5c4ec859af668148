/* Shows a reject: as a line of a list, with all its details, as JSON, or as a row for a spreadsheet. The last two append to
 * `out`. */
#ifndef DIANCHEN_CTL_REJECT_ROW_H
#define DIANCHEN_CTL_REJECT_ROW_H

#include "common/base/buffer.h"
#include "common/ledger/reject.h"

/* Prints one line on stdout: "2026-11-28 19:40:01 +0800  S1  旗舰店  target  …". The time is local. */
void reject_print_line(const struct reject *reject);
/* Prints all that is known on stdout, one fact a line, with source and payload. */
void reject_print_whole(const struct reject *reject);
/* Appends {"key",…}; with `whole` also source and payload. Bytes that are no UTF-8 become U+FFFD, with a hex member beside. */
void reject_put_json(struct buffer *out, const struct reject *reject, bool whole);

/* CSV that a spreadsheet opens with Chinese intact. The head is a byte order mark and the titles; each reject is one row. Lines end
 * with CR LF. A cell that a spreadsheet would take for a formula begins with an apostrophe. */
void reject_put_csv_head(struct buffer *out);
void reject_put_csv(struct buffer *out, const struct reject *reject);

#endif
