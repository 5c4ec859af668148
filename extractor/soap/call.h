/* The request for a page, or for one record, as the API file's templates say. */
#ifndef DIANCHEN_EXTRACTOR_SOAP_CALL_H
#define DIANCHEN_EXTRACTOR_SOAP_CALL_H

#include "common/scheme/rest/credential.h"
#include "extractor/platform/values.h"

enum { SOAP_NONCE = 16 /* bytes */ };

struct soap_call {
    struct values_call values; /* its form is that of the scheme */
    const struct rest_settings *settings;
    int64_t now;                     /* unix ms */
    unsigned char nonce[SOAP_NONCE]; /* random */
};

/* Appends the address and a NUL to `url`, header lines, each with a NUL, to `lines`, the envelope to `body`. ERR_LIMIT when
 * something does not fit its buffer. */
int soap_call_write(const struct soap_call *call, struct buffer *url, struct buffer *lines,
                    struct buffer *body) WARN_UNUSED;

#endif
