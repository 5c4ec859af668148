#include "common/scheme/formula/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- digits ---- */

static bool holds(uint128 units)
{
    return units < wide_ten(DECIMAL_DIGITS);
}

/* Zeros at the end of the fraction off. */
static struct decimal trimmed(struct decimal d)
{
    static const int steps[] = {16, 8, 4, 2, 1};
    if (d.units <= UINT64_MAX) { /* nearly always: no division of 128 bits */
        uint64_t units = (uint64_t)d.units;
        for (; d.scale > 0 && units % 10 == 0; d.scale--) {
            units /= 10;
        }
        d.units = units;
        d.negative = d.negative && units != 0;
        return d;
    }
    for (size_t i = 0; i < sizeof steps / sizeof *steps && d.scale > 0; i++) {
        while (steps[i] <= d.scale) {
            uint128 shorter = d.units / wide_ten(steps[i]);
            if (shorter * wide_ten(steps[i]) != d.units) {
                break;
            }
            d.units = shorter;
            d.scale -= steps[i];
        }
    }
    d.negative = d.negative && d.units != 0;
    return d;
}

static size_t digits_end(struct text t, size_t at)
{
    while (at < t.size && t.data[at] >= '0' && t.data[at] <= '9') {
        at++;
    }
    return at;
}

/* Adds t[from..to) to *units: 18 digits at a time. */
static void gather(struct text t, size_t from, size_t to, uint128 *units)
{
    enum { STEP = 18 };
    while (from < to) {
        uint64_t part = 0;
        size_t end = to - from > STEP ? from + STEP : to;
        int count = (int)(end - from);
        for (; from < end; from++) {
            part = part * 10 + (uint64_t)(t.data[from] - '0');
        }
        *units = *units == 0 ? part : *units * wide_ten(count) + part;
    }
}

/* Up to 18 digits with a point among them or none, as nearly all numbers are. False: read it in full. */
static bool parse_short(struct text t, struct decimal *out)
{
    enum { MOST = 18 };
    uint64_t units = 0;
    size_t at = 0, point = t.size;
    if (t.size == 0 || t.size > MOST) {
        return false;
    }
    for (; at < t.size; at++) {
        unsigned int digit = (unsigned int)(unsigned char)t.data[at] - '0';
        if (digit <= 9) {
            units = units * 10 + digit;
        } else if (t.data[at] == '.' && point == t.size) {
            point = at;
        } else {
            return false;
        }
    }
    int scale = point == t.size ? 0 : (int)(t.size - 1 - point);
    if (point == 0 || (point < t.size && scale == 0)) {
        return false;
    }
    for (; scale > 0 && units % 10 == 0; scale--) {
        units /= 10;
    }
    *out = (struct decimal){.units = units, .scale = scale};
    return true;
}

int decimal_parse(struct text t, struct decimal *out)
{
    if (parse_short(t, out)) {
        return 0;
    }
    size_t start = t.size > 0 && (t.data[0] == '-' || t.data[0] == '+') ? 1 : 0;
    size_t point = digits_end(t, start), end = point, fraction = point;
    if (point < t.size && t.data[point] == '.') {
        fraction = point + 1;
        end = digits_end(t, fraction);
        if (end == fraction) {
            return ERR_SYNTAX;
        }
    }
    if (end != t.size || (point == start && end == fraction)) {
        return ERR_SYNTAX;
    }
    size_t whole = start;
    while (whole < point && t.data[whole] == '0') {
        whole++;
    }
    while (end > fraction && t.data[end - 1] == '0') {
        end--;
    }
    if (end - fraction > DECIMAL_PLACES || point - whole + (end - fraction) > DECIMAL_DIGITS) {
        return ERR_LIMIT;
    }
    struct decimal d = {.units = 0, .scale = (int)(end - fraction)};
    gather(t, whole, point, &d.units);
    gather(t, fraction, end, &d.units);
    d.negative = start == 1 && t.data[0] == '-' && d.units != 0;
    *out = d;
    return 0;
}

/* Writes the digits of n that end before `end`; returns where they begin. */
static char *put_digits(uint128 n, char *end)
{
    while (n > UINT64_MAX) {
        uint64_t low = (uint64_t)(n % UINT64_C(1000000000000000000));
        n /= UINT64_C(1000000000000000000);
        for (int i = 0; i < 18; i++, low /= 10) {
            *--end = (char)('0' + low % 10);
        }
    }
    uint64_t rest = (uint64_t)n;
    do {
        *--end = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    return end;
}

struct text decimal_print(const struct decimal *d, char room[DECIMAL_ROOM])
{
    struct decimal short_one = trimmed(*d);
    char digits[DECIMAL_ROOM];
    char *end = digits + sizeof digits, *start = put_digits(short_one.units, end);
    while (end - start <= short_one.scale) {
        *--start = '0'; /* 0.05 */
    }
    size_t whole = (size_t)(end - start) - (size_t)short_one.scale, size = 0;
    if (short_one.negative) {
        room[size++] = '-';
    }
    memcpy(room + size, start, whole);
    size += whole;
    if (short_one.scale > 0) {
        room[size++] = '.';
        memcpy(room + size, start + whole, (size_t)short_one.scale);
        size += (size_t)short_one.scale;
    }
    return (struct text){room, size};
}

/* ---- from and to the numbers of C ---- */

struct decimal decimal_of(int64_t n)
{
    uint64_t units = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    return (struct decimal){.units = units, .negative = n < 0};
}

/* "1.5e-07" as %g writes it. */
static int parse_scientific(const char *written, struct decimal *out)
{
    const char *e = strchr(written, 'e');
    struct decimal d;
    int error = decimal_parse((struct text){written, e ? (size_t)(e - written) : strlen(written)}, &d);
    int64_t exponent = 0;
    if (error || (e && text_integer(text_of(e + 1), &exponent) != 0)) {
        return error ? error : ERR_LIMIT;
    }
    int64_t scale = d.scale - exponent;
    if (scale > DECIMAL_PLACES || scale < -DECIMAL_DIGITS) {
        return d.units == 0 ? (*out = d, 0) : ERR_LIMIT;
    }
    if (scale < 0) {
        struct wide wide;
        if (!wide_scale(wide_of(d.units), (int)-scale, &wide) || !wide_is_short(&wide) || !holds(wide_short(&wide))) {
            return ERR_LIMIT;
        }
        d.units = wide_short(&wide);
        scale = 0;
    }
    d.scale = (int)scale;
    *out = d;
    return 0;
}

int decimal_of_double(double n, struct decimal *out)
{
    static const double exact = 999999999999999.0; /* 15 digits: no other decimal of as few reads back the same */
    if (!isfinite(n)) {
        return ERR_LIMIT;
    }
    double factor = 1;
    for (int scale = 0; scale <= 6; scale++) {
        double units = n * factor;
        if (fabs(units) > exact) {
            break;
        }
        if (floor(units) == units && units / factor == n) {
            *out = decimal_of((int64_t)units);
            out->scale = scale;
            return 0;
        }
        factor *= 10;
    }
    char written[40];
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(written, sizeof written, "%.*g", precision, n);
        if (strtod(written, NULL) == n) {
            break;
        }
    }
    return parse_scientific(written, out);
}

int decimal_whole(const struct decimal *d, int64_t *out)
{
    uint128 whole = d->units / wide_ten(d->scale);
    if (whole > (uint128)INT64_MAX) {
        return ERR_LIMIT;
    }
    *out = d->negative ? -(int64_t)whole : (int64_t)whole;
    return 0;
}

bool decimal_is_whole(const struct decimal *d)
{
    return d->scale == 0 || d->units % wide_ten(d->scale) == 0;
}

struct decimal decimal_negate(struct decimal d)
{
    d.negative = !d.negative && d.units != 0;
    return d;
}

/* ---- sums ---- */

/* Both at one scale. False where 128 bits don't hold that: *larger then says which one outgrows the other by far. */
static bool align(struct decimal *a, struct decimal *b, int *larger)
{
    if (a->scale == b->scale) {
        return true;
    }
    struct decimal *coarse = a->scale < b->scale ? a : b, *fine = coarse == a ? b : a;
    const uint128 most = ~(uint128)0 >> 1;
    if (coarse->units > most / wide_ten(fine->scale - coarse->scale)) {
        *fine = trimmed(*fine);
        if (fine->scale <= coarse->scale) {
            fine->units *= wide_ten(coarse->scale - fine->scale); /* no more than it had */
            fine->scale = coarse->scale;
            return true;
        }
    }
    int shift = fine->scale - coarse->scale;
    if (coarse->units > most / wide_ten(shift)) {
        *larger = coarse == a ? 1 : -1;
        return false;
    }
    coarse->units *= wide_ten(shift);
    coarse->scale = fine->scale;
    return true;
}

int decimal_add(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    struct decimal x = *a, y = *b;
    int larger = 0;
    if (!align(&x, &y, &larger)) {
        return ERR_LIMIT;
    }
    struct decimal sum = {.scale = x.scale};
    if (x.negative == y.negative) {
        sum.units = x.units + y.units;
        sum.negative = x.negative;
    } else {
        bool first = x.units >= y.units;
        sum.units = first ? x.units - y.units : y.units - x.units;
        sum.negative = first ? x.negative : y.negative;
    }
    sum.negative = sum.negative && sum.units != 0;
    if (!holds(sum.units)) {
        sum = trimmed(sum);
        if (!holds(sum.units)) {
            return ERR_LIMIT;
        }
    }
    *out = sum;
    return 0;
}

int decimal_subtract(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    struct decimal negated = decimal_negate(*b);
    return decimal_add(a, &negated, out);
}

int decimal_compare(const struct decimal *a, const struct decimal *b)
{
    if (a->negative != b->negative) {
        return a->negative ? -1 : 1;
    }
    int order = 0;
    if (a->scale == b->scale) {
        order = a->units < b->units ? -1 : a->units > b->units;
    } else {
        struct decimal x = *a, y = *b;
        if (align(&x, &y, &order)) {
            order = x.units < y.units ? -1 : x.units > y.units;
        }
    }
    return a->negative ? -order : order;
}

/* ---- products, quotients, rounding ---- */

static bool rounds_up(const struct wide *rest, const struct wide *divisor, bool negative,
                      enum decimal_rounding rounding)
{
    bool any = (rest->limb[0] | rest->limb[1] | rest->limb[2] | rest->limb[3]) != 0;
    struct wide gap = *divisor;
    switch (rounding) {
    case DECIMAL_HALF: /* rest >= divisor - rest, without a doubling that could overflow */
        wide_subtract(&gap, rest);
        return wide_compare(rest, &gap) >= 0;
    case DECIMAL_UP:
        return any;
    case DECIMAL_FLOOR:
        return any && negative;
    case DECIMAL_DOWN:
        break;
    }
    return false;
}

/* n / d, which are counted in units of 10^-places. */
static int quotient(struct wide n, struct wide d, bool negative, int places, enum decimal_rounding rounding,
                    struct decimal *out)
{
    struct wide whole, rest;
    wide_divide(n, d, &whole, &rest);
    if (rounds_up(&rest, &d, negative, rounding)) {
        wide_increment(&whole);
    }
    while (places > 0 && !(wide_is_short(&whole) && holds(wide_short(&whole))) && wide_drop_zero(&whole)) {
        places--;
    }
    if (!wide_is_short(&whole) || !holds(wide_short(&whole))) {
        return ERR_LIMIT;
    }
    uint128 units = wide_short(&whole);
    if (places < 0) {
        if (units > (wide_ten(DECIMAL_DIGITS) - 1) / wide_ten(-places)) {
            return ERR_LIMIT;
        }
        units *= wide_ten(-places);
        places = 0;
    }
    *out = trimmed((struct decimal){.units = units, .scale = places, .negative = negative});
    return 0;
}

/* n * 10^shift / d, shift of any sign. */
static int shifted_quotient(struct wide n, struct wide d, int shift, bool negative, int places,
                            enum decimal_rounding rounding, struct decimal *out)
{
    if (!(shift >= 0 ? wide_scale(n, shift, &n) : wide_scale(d, -shift, &d))) {
        return ERR_LIMIT;
    }
    return quotient(n, d, negative, places, rounding, out);
}

int decimal_multiply(const struct decimal *a, const struct decimal *b, int places, enum decimal_rounding rounding,
                     struct decimal *out)
{
    bool negative = a->negative != b->negative && a->units != 0 && b->units != 0;
    int scale = a->scale + b->scale;
    if (scale <= places && a->units <= UINT64_MAX && b->units <= UINT64_MAX) {
        struct decimal d = {.units = a->units * b->units, .scale = scale, .negative = negative};
        if (holds(d.units)) {
            *out = d;
            return 0;
        }
    }
    if (places > scale) {
        places = scale;
    }
    return shifted_quotient(wide_multiply(a->units, b->units), wide_of(1), places - scale, negative, places, rounding,
                            out);
}

int decimal_divide(const struct decimal *a, const struct decimal *b, int places, enum decimal_rounding rounding,
                   struct decimal *out)
{
    bool negative = a->negative != b->negative && a->units != 0;
    return shifted_quotient(wide_of(a->units), wide_of(b->units), places + b->scale - a->scale, negative, places,
                            rounding, out);
}

int decimal_round(const struct decimal *a, int places, enum decimal_rounding rounding, struct decimal *out)
{
    if (places >= a->scale) {
        *out = *a;
        return 0;
    }
    uint64_t unit = places >= 0 ? (uint64_t)wide_ten(a->scale - places) : 0;
    if (a->units <= UINT64_MAX && unit > 0) { /* nearly always: 64 bits do */
        uint64_t units = (uint64_t)a->units;
        uint64_t whole = units / unit, rest = units % unit;
        bool up = rounding == DECIMAL_HALF    ? rest >= unit - rest
                  : rounding == DECIMAL_UP    ? rest > 0
                  : rounding == DECIMAL_FLOOR ? rest > 0 && a->negative
                                              : false;
        *out = trimmed((struct decimal){.units = (uint128)whole + up, .scale = places, .negative = a->negative});
        return 0;
    }
    return shifted_quotient(wide_of(a->units), wide_of(1), places - a->scale, a->negative, places, rounding, out);
}

int decimal_modulo(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    struct decimal x = *a, y = *b;
    int larger = 0;
    if (!align(&x, &y, &larger) || y.units == 0) {
        return ERR_LIMIT;
    }
    uint128 rest = x.units % y.units;
    if (rest != 0 && x.negative != y.negative) {
        rest = y.units - rest; /* the other way round the circle of b */
    }
    if (!holds(rest)) {
        return ERR_LIMIT;
    }
    *out = trimmed((struct decimal){.units = rest, .scale = x.scale, .negative = y.negative && rest != 0});
    return 0;
}
