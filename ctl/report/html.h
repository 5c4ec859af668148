/* Writes any text safely as HTML text or attribute value. */
#ifndef DIANCHEN_CTL_REPORT_SUMMARY_HTML_H
#define DIANCHEN_CTL_REPORT_SUMMARY_HTML_H

#include "common/base/buffer.h"

/* Appends `t` with all special characters of HTML escaped. Control characters and bytes that are no UTF-8 become spaces. At most
 * `most` bytes of `t`, then …; 0 = all. */
void html_put(struct buffer *out, struct text t, size_t most);

#endif
