/* What a reply of an API means, by the pointers and signs of its file. */
#ifndef DIANCHEN_EXTRACTOR_REST_REPLY_H
#define DIANCHEN_EXTRACTOR_REST_REPLY_H

#include "common/scheme/rest/form.h"
#include "extractor/driver.h"

/* `id` is a field that every record has. Where one reply holds all, the records are those of the page that was asked for. The
 * records live in `arena`. */
void rest_reply_read(const struct http_reply *http, const struct rest_form *form, struct text id,
                     const struct source_asked *asked, int64_t first_page, struct arena *arena,
                     struct source_answer *out);

#endif
