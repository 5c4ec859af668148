/* A SOAP envelope, and its Body as JSON text: from there on a record is what it is for any source of JSON.
 *
 * An element without elements inside is its text, digit for digit; with xsi:nil it is null. Other elements are objects; those
 * of one name side by side, and what the API file declares as an array, are lists. An attribute of an object is its member
 * "@name"; one of a text stands beside it as "price@currency", or in a list makes the text an object with "#text". */
#ifndef DIANCHEN_EXTRACTOR_SOAP_VALUE_H
#define DIANCHEN_EXTRACTOR_SOAP_VALUE_H

#include "common/base/buffer.h"
#include "common/scheme/soap/form.h"
#include "extractor/soap/xml.h"

enum { VALUE_JSON_MAX = 64 << 20 /* bytes of a Body as JSON */ };

/* The Body of an envelope; NULL: it is none, or has no Body. */
const struct xml_element *value_body(const struct xml_element *root);
/* Appends `body` as one object. Where form->rest.list leads to elements, they are a list. Where it leads to none, but the
 * element that would hold them is there and holds nothing else than what the file's other pointers name, the list is
 * there, and empty. */
void value_put(struct buffer *out, const struct xml_element *body, const struct soap_form *form);

#endif
