/* The signature of a TOP call (official document 101617): what a right caller must have computed. */
#ifndef DOUBLES_SIGN_H
#define DOUBLES_SIGN_H

#include "form.h"

enum { SIGN_ROOM = 65 };

/* `method`: md5, hmac or hmac-sha256; false for any other. Upper-case hex in `out`. */
bool sign_form(const struct form *form, const char *method, const char *secret, char out[SIGN_ROOM]);

#endif
