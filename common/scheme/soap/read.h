/* Reads what an API file says for the driver "soap". Private to common/scheme. */
#ifndef DIANCHEN_COMMON_SCHEME_SOAP_READ_H
#define DIANCHEN_COMMON_SCHEME_SOAP_READ_H

#include "common/scheme/rest/read.h"

/* The file has passed the check of its outermost keys. Everything lives in `keep`. NULL, and a fault was reported. */
const struct soap_form *soap_read(struct scheme_faults *faults, struct arena *keep, const struct scheme_file *file,
                                  struct rest_paging_read *paging);

#endif
