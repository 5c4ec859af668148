/* A strict JSON reader that walks the text in place (RFC 8259): no raw control characters, no lone
 * surrogates, no NUL, UTF-8 only, 32 levels at most. */
#ifndef DOUBLES_SCAN_H
#define DOUBLES_SCAN_H

#include "blob.h"

enum scan_type { SCAN_STRING, SCAN_NUMBER, SCAN_BOOLEAN, SCAN_NULL, SCAN_OBJECT, SCAN_ARRAY };

struct scan {
    const char *at, *end;
    const char *fault; /* NULL while all is well */
    int depth;
    bool fresh; /* just inside an object or array */
};
struct scan_value {
    const char *raw; /* as written, quotes included */
    size_t length;
    enum scan_type type;
    bool escaped; /* a string with a backslash */
    bool integer; /* a number without fraction and exponent */
};

void scan_init(struct scan *s, const char *text, size_t length);
/* Any whole value. false: see fault. */
bool scan_value(struct scan *s, struct scan_value *out);
/* Steps into an object or array. */
bool scan_enter(struct scan *s, char open);
/* The next member's name, or false behind the last one (or at a fault). The value must be read then. */
bool scan_member(struct scan *s, struct scan_value *name);
/* Whether another element follows; it must be read then. */
bool scan_element(struct scan *s);
/* Whether nothing but white space is left. */
bool scan_done(struct scan *s);
/* Appends what a string means; numbers and the rest as written. */
void scan_decode(const struct scan_value *v, struct blob *out);
bool scan_is(const struct scan_value *v, const char *text); /* a string of exactly this text */

#endif
