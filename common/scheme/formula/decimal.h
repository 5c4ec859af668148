/* Exact decimals: up to 36 digits, up to 18 of them after the point. Nothing here goes through a double. Results that
 * need more digits are ERR_LIMIT; only quotients and products are rounded, once, at the 18th digit after the point,
 * half away from zero (四舍五入). Pure functions; out-parameters are untouched on failure. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_DECIMAL_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_DECIMAL_H

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/scheme/formula/wide.h"

enum { DECIMAL_DIGITS = 36, DECIMAL_PLACES = 18, DECIMAL_ROOM = 48 /* bytes of any decimal as text */ };

struct decimal { /* units / 10^scale; zero is never negative */
    uint128 units;
    int scale;
    bool negative;
};

enum decimal_rounding {
    DECIMAL_HALF,  /* half away from zero */
    DECIMAL_UP,    /* away from zero */
    DECIMAL_DOWN,  /* towards zero */
    DECIMAL_FLOOR, /* down: INT */
};

/* Sign, digits, fraction, nothing else: "-12.50", ".5", "+3". ERR_SYNTAX for other text, ERR_LIMIT for too many digits
 * (zeros at either end don't count). */
int decimal_parse(struct text t, struct decimal *out) WARN_UNUSED;
/* Plain, no exponent, no zeros at the end: "1.5". */
struct text decimal_print(const struct decimal *d, char room[DECIMAL_ROOM]);
struct decimal decimal_of(int64_t n);
/* The shortest decimal that reads back as the same double. ERR_LIMIT. */
int decimal_of_double(double n, struct decimal *out) WARN_UNUSED;
/* The part before the point. ERR_LIMIT beyond 64 bits. */
int decimal_whole(const struct decimal *d, int64_t *out) WARN_UNUSED;
bool decimal_is_whole(const struct decimal *d);

/* Exact. ERR_LIMIT. */
int decimal_add(const struct decimal *a, const struct decimal *b, struct decimal *out) WARN_UNUSED;
int decimal_subtract(const struct decimal *a, const struct decimal *b, struct decimal *out) WARN_UNUSED;
/* These two round once, to `places` digits after the point (-18..18; -2 = hundreds). The divisor is not zero. */
int decimal_multiply(const struct decimal *a, const struct decimal *b, int places, enum decimal_rounding rounding,
                     struct decimal *out) WARN_UNUSED;
int decimal_divide(const struct decimal *a, const struct decimal *b, int places, enum decimal_rounding rounding,
                   struct decimal *out) WARN_UNUSED;
/* a - b * floor(a / b): the sign of b, which is not zero. ERR_LIMIT where the two lie too far apart. */
int decimal_modulo(const struct decimal *a, const struct decimal *b, struct decimal *out) WARN_UNUSED;
/* Rounds to `places` digits, as above. ERR_LIMIT. */
int decimal_round(const struct decimal *a, int places, enum decimal_rounding rounding, struct decimal *out) WARN_UNUSED;
/* -1, 0, 1. */
int decimal_compare(const struct decimal *a, const struct decimal *b);
struct decimal decimal_negate(struct decimal d);

#endif
