/* How an API of the driver "soap" is called, and how its replies are read: from its API file (docs/schemes.md). Types only. */
#ifndef DIANCHEN_COMMON_SCHEME_SOAP_FORM_H
#define DIANCHEN_COMMON_SCHEME_SOAP_FORM_H

#include "common/scheme/rest/form.h"

/* A piece of markup: `open`, then the value, then `close`. A piece whose value has nothing but parameters without a value is
 * left out; without a value at all it is `open` alone. */
struct soap_piece {
    struct text open, close;
    struct rest_template value;
};
struct soap_markup {
    const struct soap_piece *items;
    size_t count;
};

/* A field that is an array, however many elements it has: the elements of this name, or those inside the one of this name. */
struct soap_array {
    struct text name;
    struct text item;               /* name of the elements inside; empty = the element itself is repeated */
    const struct soap_array *inner; /* arrays of its rows */
    size_t inner_count;
};

struct soap_words { /* of a fault: found anywhere in its code or text, in capitals or small letters */
    const struct text *items;
    size_t count;
};

enum soap_security { SOAP_NO_SECURITY, SOAP_PASSWORD_TEXT, SOAP_PASSWORD_DIGEST }; /* a UsernameToken of WS-Security */

/* Names that templates may have beside the parameters of /request: credentials, from the settings of the same names. */
#define SOAP_NAME_USER "SOAP_USER"
#define SOAP_NAME_PASSWORD "SOAP_PASSWORD"
#define SOAP_NAME_TOKEN "SOAP_TOKEN"

struct soap_form {
    struct rest_form rest; /* path, headers, credential, paging, pointers into the reply's Body by local names */
    bool twelve;           /* SOAP 1.2, else 1.1 */
    struct text action;
    struct text namespaces;          /* ` xmlns:q="http://…"`, for the envelope */
    struct soap_markup header, body; /* what stands in Header and Body */
    enum soap_security security;
    bool has_user, has_password, has_token; /* templates name these credentials */
    struct soap_words throttled, retry, fatal;
    const struct soap_array *arrays; /* of a record */
    size_t array_count;
};

#endif
