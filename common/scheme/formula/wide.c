#include "common/scheme/formula/wide.h"

enum { LIMB_BITS = 64, BITS = WIDE_LIMBS * LIMB_BITS };

uint128 wide_ten(int n)
{
    static const uint64_t small[] = {1U,
                                     10U,
                                     100U,
                                     1000U,
                                     10000U,
                                     100000U,
                                     1000000U,
                                     10000000U,
                                     100000000U,
                                     1000000000U,
                                     10000000000U,
                                     100000000000U,
                                     1000000000000U,
                                     10000000000000U,
                                     100000000000000U,
                                     1000000000000000U,
                                     10000000000000000U,
                                     100000000000000000U,
                                     1000000000000000000U,
                                     10000000000000000000U};
    return n <= 19 ? (uint128)small[n] : (uint128)small[19] * small[n - 19];
}

struct wide wide_multiply(uint128 a, uint128 b)
{
    uint64_t low_a = (uint64_t)a, high_a = (uint64_t)(a >> LIMB_BITS);
    uint64_t low_b = (uint64_t)b, high_b = (uint64_t)(b >> LIMB_BITS);
    uint128 low = (uint128)low_a * low_b;
    uint128 one = (uint128)low_a * high_b, other = (uint128)high_a * low_b;
    uint128 high = (uint128)high_a * high_b;
    uint128 middle = (low >> LIMB_BITS) + (uint64_t)one + (uint64_t)other; /* three limbs: no overflow */
    high += (one >> LIMB_BITS) + (other >> LIMB_BITS) + (middle >> LIMB_BITS);
    return (struct wide){{(uint64_t)low, (uint64_t)middle, (uint64_t)high, (uint64_t)(high >> LIMB_BITS)}};
}

/* In place by one limb; what does not fit any more is returned. */
static uint64_t scale_limb(struct wide *a, uint64_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < WIDE_LIMBS; i++) {
        uint128 product = (uint128)a->limb[i] * factor + carry;
        a->limb[i] = (uint64_t)product;
        carry = (uint64_t)(product >> LIMB_BITS);
    }
    return carry;
}

bool wide_scale(struct wide a, int n, struct wide *out)
{
    enum { STEP = 19 };
    for (; n > 0; n -= STEP) {
        if (scale_limb(&a, (uint64_t)wide_ten(n < STEP ? n : STEP)) != 0) {
            return false;
        }
    }
    *out = a;
    return true;
}

int wide_compare(const struct wide *a, const struct wide *b)
{
    for (int i = WIDE_LIMBS - 1; i >= 0; i--) {
        if (a->limb[i] != b->limb[i]) {
            return a->limb[i] < b->limb[i] ? -1 : 1;
        }
    }
    return 0;
}

void wide_subtract(struct wide *a, const struct wide *b)
{
    uint64_t borrow = 0;
    for (int i = 0; i < WIDE_LIMBS; i++) {
        uint128 difference = (uint128)a->limb[i] - b->limb[i] - borrow;
        a->limb[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> LIMB_BITS) & 1;
    }
}

/* Shifts left by one and puts `bit` in; the bit that falls out is returned. */
static uint64_t push_bit(struct wide *a, uint64_t bit)
{
    for (int i = 0; i < WIDE_LIMBS; i++) {
        uint64_t next = a->limb[i] >> (LIMB_BITS - 1);
        a->limb[i] = a->limb[i] << 1 | bit;
        bit = next;
    }
    return bit;
}

void wide_divide(struct wide n, struct wide d, struct wide *quotient, struct wide *rest)
{
    if (wide_is_short(&n) && wide_is_short(&d)) {
        uint128 q = wide_short(&n) / wide_short(&d);
        *rest = wide_of(wide_short(&n) - q * wide_short(&d));
        *quotient = wide_of(q);
        return;
    }
    struct wide q = {{0}}, r = {{0}};
    for (int bit = BITS - 1; bit >= 0; bit--) {
        uint64_t fallen = push_bit(&r, n.limb[bit / LIMB_BITS] >> (bit % LIMB_BITS) & 1);
        bool takes = fallen != 0 || wide_compare(&r, &d) >= 0;
        if (takes) {
            wide_subtract(&r, &d);
        }
        (void)push_bit(&q, takes);
    }
    *quotient = q;
    *rest = r;
}

void wide_increment(struct wide *a)
{
    for (int i = 0; i < WIDE_LIMBS && ++a->limb[i] == 0; i++) {
    }
}

bool wide_drop_zero(struct wide *a)
{
    struct wide tenth;
    uint64_t rest = 0;
    for (int i = WIDE_LIMBS - 1; i >= 0; i--) {
        uint128 part = (uint128)rest << LIMB_BITS | a->limb[i];
        tenth.limb[i] = (uint64_t)(part / 10);
        rest = (uint64_t)(part % 10);
    }
    if (rest == 0) {
        *a = tenth;
    }
    return rest == 0;
}
