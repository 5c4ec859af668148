/* Unsigned integers of 256 bits: exact intermediate results of multiplying and dividing decimals. Pure. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_WIDE_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_WIDE_H

#include <stdbool.h>
#include <stdint.h>

typedef unsigned __int128 uint128;

enum { WIDE_LIMBS = 4, WIDE_TEN_MAX = 38 /* 10^38 is the last power of ten below 2^128 */ };
struct wide {
    uint64_t limb[WIDE_LIMBS]; /* lowest first */
};

/* 10^n for 0 <= n <= WIDE_TEN_MAX. */
uint128 wide_ten(int n);
struct wide wide_multiply(uint128 a, uint128 b);
/* a * 10^n for 0 <= n <= 2 * WIDE_TEN_MAX; false when it needs more than 256 bits. */
bool wide_scale(struct wide a, int n, struct wide *out);
/* Whole quotient and what remains; `d` is not zero. */
void wide_divide(struct wide n, struct wide d, struct wide *quotient, struct wide *rest);
/* a -= b, which is no larger. */
void wide_subtract(struct wide *a, const struct wide *b);
void wide_increment(struct wide *a);
/* Divides by ten where that leaves no rest; false, and nothing done, where it would. */
bool wide_drop_zero(struct wide *a);
/* Below, equal, above: -1, 0, 1. */
int wide_compare(const struct wide *a, const struct wide *b);

static inline struct wide wide_of(uint128 n)
{
    return (struct wide){{(uint64_t)n, (uint64_t)(n >> 64), 0, 0}};
}
static inline bool wide_is_short(const struct wide *a)
{
    return (a->limb[2] | a->limb[3]) == 0;
}
static inline uint128 wide_short(const struct wide *a)
{
    return (uint128)a->limb[1] << 64 | a->limb[0];
}

#endif
