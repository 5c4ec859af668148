/* The elements of an API file of the driver "soap", written as JSON, taken apart: well-formed by construction. Private to
 * common/scheme/soap. */
#ifndef DIANCHEN_COMMON_SCHEME_SOAP_MARKUP_H
#define DIANCHEN_COMMON_SCHEME_SOAP_MARKUP_H

#include "common/scheme/rest/reading.h"

struct soap_names {      /* what the prefixes of names may be */
    const cJSON *spaces; /* /call/namespaces; NULL = none */
    bool instance;       /* becomes true where xsi is needed */
};

/* Is it a name without a prefix? */
bool soap_name_good(struct text name);
/* The members of an object, each an element: a text or number; null, which is xsi:nil; an object of elements, where "@x" is an
 * attribute and "#text" what stands between them; a list of these, which is the element repeated. Faults are reported. */
struct soap_markup soap_read_markup(struct rest_reading *r, const cJSON *object, struct soap_names *names);

#endif
