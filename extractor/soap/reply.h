/* What a reply of a SOAP service means, by the pointers, signs and words of its API file. */
#ifndef DIANCHEN_EXTRACTOR_SOAP_REPLY_H
#define DIANCHEN_EXTRACTOR_SOAP_REPLY_H

#include "common/scheme/soap/form.h"
#include "extractor/driver.h"

/* `id` is a field that every record has. Where one reply holds all, the records are those of the page that was asked for. The
 * records live in `arena`. */
void soap_reply_read(const struct http_reply *http, const struct soap_form *form, struct text id,
                     const struct source_asked *asked, int64_t first_page, struct arena *arena,
                     struct source_answer *out);

#endif
