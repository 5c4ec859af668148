/* The driver of any service that gives lists of records by SOAP 1.1 or 1.2; what its requests and replies are, the API file
 * says (common/scheme/soap/form.h). Its parts: settings.c (what a person sets), call.c (the request), xml.c (the only place
 * that reads XML), value.c (XML as JSON), reply.c (what a reply means), driver.c (the table). */
#ifndef DIANCHEN_EXTRACTOR_SOAP_SOAP_H
#define DIANCHEN_EXTRACTOR_SOAP_SOAP_H

#include "extractor/driver.h"

extern const struct source_driver soap_driver;

#endif
