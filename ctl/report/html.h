/* Text from anywhere as HTML text or attribute value. */
#ifndef DIANCHEN_CTL_REPORT_SUMMARY_HTML_H
#define DIANCHEN_CTL_REPORT_SUMMARY_HTML_H

#include "common/base/buffer.h"

/* What has a meaning in HTML is written so that it has none; control characters and bytes that are no UTF-8 become
 * spaces. At most `most` bytes of `t`, with … where more was there; 0 = all. */
void html_put(struct buffer *out, struct text t, size_t most);

#endif
