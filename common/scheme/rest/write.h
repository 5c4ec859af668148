/* Writes a request as its API file's templates say, with values in the place of parameters. Pure; any thread. Whether all
 * fitted says the buffer's `failed`. */
#ifndef DIANCHEN_COMMON_SCHEME_REST_WRITE_H
#define DIANCHEN_COMMON_SCHEME_REST_WRITE_H

#include "common/base/buffer.h"
#include "common/scheme/rest/form.h"

struct rest_value {
    struct text name, value;
    enum {
        REST_QUOTED, /* a text where JSON takes it as a value */
        REST_BARE,   /* a number, true or false there, and null when it is empty; anything else is quoted */
        REST_RAW     /* JSON already: only for whole values of a body */
    } form;
};
struct rest_values {
    const struct rest_value *items;
    size_t count;
};

/* The address without its ends' slashes, then path and query. *first = no ? was written. Entries of the query that hold nothing
 * but empty parameters are left out. */
void rest_write_address(struct buffer *url, const char *base, const struct rest_request *request,
                        const struct rest_values *values, bool *first);
/* One more pair of the query: "?name=value", or with & where *first is false; then it is. */
void rest_write_pair(struct buffer *url, bool *first, struct text name, struct text value);
/* Header lines, each with a NUL: those of the file, and Accept and Content-Type where it has none. */
void rest_write_headers(struct buffer *lines, const struct rest_request *request, const struct rest_values *values);
void rest_write_body(struct buffer *body, const struct rest_template *template, const struct rest_values *values);
/* The same in XML, between tags or quotes; constants are escaped, too. False: it holds nothing but empty parameters. */
bool rest_write_xml(struct buffer *out, const struct rest_template *template, const struct rest_values *values);
/* A text in XML. Control characters that XML can't hold are left out. */
void rest_write_xml_text(struct buffer *out, struct text value);
/* One value as JSON. */
void rest_write_json(struct buffer *out, const struct rest_value *value);

#endif
