/* Hides secrets and personal data in recorded calls: the values of members, parameters and elements with known names. It works on the
 * text, so broken JSON, JSON in a string and forms are masked, too. It can't recognise a secret under an unusual name. Pure,
 * any thread. */
#ifndef DIANCHEN_COMMON_HTTP_MASK_H
#define DIANCHEN_COMMON_HTTP_MASK_H

#include "common/base/buffer.h"
#include "common/base/text.h"

enum mask_fields {
    MASK_ALL,     /* secrets and personal fields */
    MASK_SECRETS, /* secrets only */
};

/* Appends the text with the values masked: a secret becomes ***, a personal text keeps its length and kind of characters
 * (13812345678 -> 11111111111, 张三 -> 某某). Registered secrets (secret_add) are wiped under any name. */
void mask_json(struct buffer *out, struct text json, enum mask_fields fields);
/* The same for XML: texts between tags and values of attributes, by the names without prefixes. */
void mask_xml(struct buffer *out, struct text xml, enum mask_fields fields);
/* The same for a=b&c=d, a query or a form. */
void mask_form(struct buffer *out, struct text form, enum mask_fields fields);
/* "Name: value" of an HTTP header; values of cookies, authorisations and the like become ***. */
void mask_header(struct buffer *out, struct text line);

#endif
