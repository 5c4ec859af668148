/* Converts values to numbers, dates, texts and conditions, and compares them. Private to formula/. */
#ifndef DIANCHEN_COMMON_SCHEME_FORMULA_VALUE_H
#define DIANCHEN_COMMON_SCHEME_FORMULA_VALUE_H

#include "common/base/language.h"
#include "common/scheme/formula/machine.h"

/* Nothing, "" or an empty list. */
bool formula_is_empty(const struct formula_value *v);
/* FORMULA_FINE with the value in *out; else the error that the formula ends with, and *out is untouched. */
enum formula_error formula_as_number(const struct formula_value *v, struct decimal *out);
enum formula_error formula_as_date(const struct formula_value *v, int64_t *out);
/* FORMULA_RANGE where the arena is full. */
enum formula_error formula_as_text(struct formula_machine *m, const struct formula_value *v, struct text *out);
/* *order < 0, 0 or > 0. FORMULA_TYPE_WRONG: they have no order; then they are unequal, or, with *broken, can't be
 * compared at all. */
enum formula_error formula_order(struct formula_machine *m, const struct formula_value *a,
                                 const struct formula_value *b, int *order, bool *broken);
enum formula_error formula_equal(struct formula_machine *m, const struct formula_value *a,
                                 const struct formula_value *b, bool *out);
/* For messages: 'abc', 12.5, empty. */
void formula_show(const struct formula_value *v, char *out, size_t size);

/* ---- characters ---- */

/* Bytes of the first character; what is no UTF-8 counts byte by byte. */
static inline size_t formula_character(struct text t)
{
    if (t.size == 0 || (unsigned char)t.data[0] < 0x80) {
        return t.size > 0;
    }
    size_t size = text_sequence(t);
    return size > 0 ? size : 1;
}
/* Bytes of the first n characters. */
size_t formula_characters(struct text t, size_t n);
size_t formula_length(struct text t);

/* A sentence for a value that stands where a number is needed: what to write instead, if that is known. Static. */
const char *formula_no_number(struct formula_machine *m, const struct formula_value *v);
/* Is it a percentage as people write it: "15%"? */
bool formula_is_percentage(struct text t);
#define FORMULA_NUMBER_WORDS N_("a number is needed")
#define FORMULA_PERCENTAGE_WORDS N_("a number is needed; a percentage is NUMBER(TEXTBEFORE(…, \"%\")) / 100")
#define FORMULA_NO_DATE_WORDS "a date is needed, as 2024-02-29; DATEVALUE(…, \"d.M.yyyy\") reads other forms"

#endif
