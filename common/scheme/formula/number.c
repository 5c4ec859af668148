/* Functions on numbers, conditions and lists. */
#include <openssl/evp.h>
#include <stdio.h>

#include "common/scheme/formula/code.h"
#include "common/scheme/formula/function.h"
#include "common/scheme/formula/list.h"
#include "common/scheme/formula/value.h"

static enum formula_error limit(struct formula_machine *m, int error)
{
    return error ? formula_blame(m, -1, FORMULA_OVERFLOW, NULL) : FORMULA_FINE;
}

enum formula_error formula_places(struct formula_machine *m, int guilty, const struct decimal *d, int *out)
{
    int64_t n;
    if (decimal_whole(d, &n) != 0 || n < -DECIMAL_PLACES || n > DECIMAL_PLACES) {
        return formula_blame(m, guilty, FORMULA_RANGE, "places of a rounding are -18 to 18");
    }
    *out = (int)n;
    return FORMULA_FINE;
}

static enum formula_error round_by(struct formula_machine *m, const struct formula_value *args, size_t count,
                                   enum decimal_rounding rounding, struct formula_value *out)
{
    int places = 0;
    enum formula_error error = count > 1 ? formula_places(m, 1, &args[1].number, &places) : FORMULA_FINE;
    out->type = FORMULA_NUMBER;
    return error ? error : limit(m, decimal_round(&args[0].number, places, rounding, &out->number));
}

enum formula_error formula_round(struct formula_machine *m, const struct formula_value *args, size_t count,
                                 struct formula_value *out)
{
    return round_by(m, args, count, DECIMAL_HALF, out);
}

enum formula_error formula_roundup(struct formula_machine *m, const struct formula_value *args, size_t count,
                                   struct formula_value *out)
{
    return round_by(m, args, count, DECIMAL_UP, out);
}

enum formula_error formula_rounddown(struct formula_machine *m, const struct formula_value *args, size_t count,
                                     struct formula_value *out)
{
    return round_by(m, args, count, DECIMAL_DOWN, out);
}

enum formula_error formula_int(struct formula_machine *m, const struct formula_value *args, size_t count,
                               struct formula_value *out)
{
    return round_by(m, args, count, DECIMAL_FLOOR, out);
}

enum formula_error formula_abs(struct formula_machine *m, const struct formula_value *args, size_t count,
                               struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = args[0];
    out->number.negative = false;
    return FORMULA_FINE;
}

enum formula_error formula_mod(struct formula_machine *m, const struct formula_value *args, size_t count,
                               struct formula_value *out)
{
    (void)count;
    if (args[1].number.units == 0) {
        return formula_blame(m, 1, FORMULA_DIVIDE, NULL);
    }
    out->type = FORMULA_NUMBER;
    return limit(m, decimal_modulo(&args[0].number, &args[1].number, &out->number));
}

enum formula_error formula_not(struct formula_machine *m, const struct formula_value *args, size_t count,
                               struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = formula_flag(!args[0].flag);
    return FORMULA_FINE;
}

enum formula_error formula_is_empty_fn(struct formula_machine *m, const struct formula_value *args, size_t count,
                                       struct formula_value *out)
{
    (void)m;
    (void)count;
    *out = formula_flag(formula_is_empty(&args[0]));
    return FORMULA_FINE;
}

/* ---- arguments and lists, one item after the other, empty ones left out ---- */

struct tally {
    size_t count;
    struct formula_value value; /* the sum, or the least or greatest so far */
};
typedef enum formula_error add_item(struct formula_machine *m, const struct formula_value *item, struct tally *tally);

/* Of a list the item that is to blame is told, where values may be told at all. */
static enum formula_error blame_item(struct formula_machine *m, const struct formula_value *list, int place,
                                     const struct formula_value *item, size_t number, enum formula_error error)
{
    enum { ROOM = 300 };
    char shown[200], *text = NULL;
    const char *what = m->what;
    if (what && list->type == FORMULA_LIST && !m->formula->secret) {
        text = formula_take(m, ROOM);
        formula_show(item, shown, sizeof shown);
    }
    if (text) {
        snprintf(text, ROOM, "item %zu is %s: %s", number, shown, what);
    }
    return what ? formula_blame(m, place, error, text ? text : what) : error;
}

static enum formula_error over_items(struct formula_machine *m, const struct formula_value *args, size_t count,
                                     add_item *add, struct tally *tally)
{
    for (size_t i = 0; i < count; i++) {
        const struct formula_value *items;
        size_t many;
        enum formula_error error = formula_items(m, &args[i], &items, &many);
        if (error) {
            return m->what ? formula_blame(m, (int)i, error, m->what) : error;
        }
        for (size_t j = 0; j < many; j++) {
            error = formula_is_empty(&items[j]) ? FORMULA_FINE : add(m, &items[j], tally);
            if (error) {
                return blame_item(m, &args[i], (int)i, &items[j], j + 1, error);
            }
            tally->count += !formula_is_empty(&items[j]);
        }
    }
    return FORMULA_FINE;
}

static enum formula_error item_number(struct formula_machine *m, const struct formula_value *item, struct decimal *out)
{
    enum formula_error error = formula_as_number(item, out);
    return error ? formula_blame(m, 0, error, "numbers are needed") : FORMULA_FINE;
}

static enum formula_error add_sum(struct formula_machine *m, const struct formula_value *item, struct tally *tally)
{
    struct decimal number;
    enum formula_error error = item_number(m, item, &number);
    return error ? error : limit(m, decimal_add(&tally->value.number, &number, &tally->value.number));
}

static enum formula_error add_nothing(struct formula_machine *m, const struct formula_value *item, struct tally *tally)
{
    (void)m;
    (void)item;
    (void)tally;
    return FORMULA_FINE;
}

/* Dates among dates, numbers among all else. */
static enum formula_error add_extreme(struct formula_machine *m, const struct formula_value *item, struct tally *tally,
                                      int sign)
{
    struct formula_value v = *item;
    enum formula_error error = FORMULA_FINE;
    if (item->type != FORMULA_DATE) {
        v.type = FORMULA_NUMBER;
        error = item_number(m, item, &v.number);
    }
    if (!error && tally->count > 0 && v.type != tally->value.type) {
        return formula_blame(m, 0, FORMULA_TYPE_WRONG, "dates and numbers don't mix");
    }
    int order = 0;
    bool broken;
    if (!error && tally->count > 0) {
        error = formula_order(m, &v, &tally->value, &order, &broken);
    }
    if (!error && (tally->count == 0 || order * sign > 0)) {
        tally->value = v;
    }
    return error;
}

static enum formula_error add_min(struct formula_machine *m, const struct formula_value *item, struct tally *tally)
{
    return add_extreme(m, item, tally, -1);
}

static enum formula_error add_max(struct formula_machine *m, const struct formula_value *item, struct tally *tally)
{
    return add_extreme(m, item, tally, 1);
}

enum formula_error formula_sum(struct formula_machine *m, const struct formula_value *args, size_t count,
                               struct formula_value *out)
{
    struct tally tally = {.value = formula_number(decimal_of(0))};
    enum formula_error error = over_items(m, args, count, add_sum, &tally);
    *out = tally.value;
    return error;
}

enum formula_error formula_average(struct formula_machine *m, const struct formula_value *args, size_t count,
                                   struct formula_value *out)
{
    struct tally tally = {.value = formula_number(decimal_of(0))};
    enum formula_error error = over_items(m, args, count, add_sum, &tally);
    if (!error && tally.count > 0) {
        struct decimal divisor = decimal_of((int64_t)tally.count);
        out->type = FORMULA_NUMBER;
        error = limit(m, decimal_divide(&tally.value.number, &divisor, DECIMAL_PLACES, DECIMAL_HALF, &out->number));
    }
    return error;
}

enum formula_error formula_count(struct formula_machine *m, const struct formula_value *args, size_t count,
                                 struct formula_value *out)
{
    struct tally tally = {.count = 0};
    enum formula_error error = over_items(m, args, count, add_nothing, &tally);
    *out = formula_number(decimal_of((int64_t)tally.count));
    return error;
}

enum formula_error formula_min(struct formula_machine *m, const struct formula_value *args, size_t count,
                               struct formula_value *out)
{
    struct tally tally = {.count = 0};
    enum formula_error error = over_items(m, args, count, add_min, &tally);
    *out = tally.value;
    return error;
}

enum formula_error formula_max(struct formula_machine *m, const struct formula_value *args, size_t count,
                               struct formula_value *out)
{
    struct tally tally = {.count = 0};
    enum formula_error error = over_items(m, args, count, add_max, &tally);
    *out = tally.value;
    return error;
}

/* ---- lists of texts ---- */

/* All items of args[first..count) as texts, an empty argument as an empty one. */
static enum formula_error texts_of(struct formula_machine *m, const struct formula_value *args, size_t first,
                                   size_t count, struct text **out, size_t *total)
{
    size_t used = 0, room = 0;
    struct text *texts = NULL;
    for (size_t i = first; i < count; i++) {
        static const struct formula_value nothing = {.type = FORMULA_EMPTY};
        const struct formula_value *items;
        size_t many;
        enum formula_error error = formula_items(m, &args[i], &items, &many);
        if (!error && args[i].type == FORMULA_EMPTY) {
            items = &nothing;
            many = 1;
        }
        if (!error && used + many + (count - i) > room) {
            room = used + many + (count - i);
            struct text *more = formula_take(m, room * sizeof *more);
            if (!more) {
                return FORMULA_RANGE;
            }
            if (texts) {
                memcpy(more, texts, used * sizeof *more);
            }
            texts = more;
        }
        for (size_t j = 0; !error && j < many; j++) {
            error = formula_as_text(m, &items[j], &texts[used++]);
        }
        if (error) {
            return error == FORMULA_RANGE ? error : formula_blame(m, (int)i, error, "texts are needed");
        }
    }
    *out = texts;
    *total = used;
    return FORMULA_FINE;
}

/* The pieces one behind the other, `size` bytes at most. */
static enum formula_error put_joined(struct formula_machine *m, const struct text *texts, size_t count, size_t size,
                                     struct text separator, bool skip_empty, struct formula_value *out)
{
    char *whole = size > FORMULA_TEXT_MAX ? NULL : formula_take(m, size), *to = whole;
    bool begun = false;
    if (!whole) {
        return size > FORMULA_TEXT_MAX ? formula_blame(m, -1, FORMULA_RANGE, "the text grows beyond 1 MiB")
                                       : FORMULA_RANGE;
    }
    for (size_t i = 0; i < count; i++) {
        if (skip_empty && texts[i].size == 0) {
            continue;
        }
        if (begun && separator.size > 0) {
            memcpy(to, separator.data, separator.size);
            to += separator.size;
        }
        if (texts[i].size > 0) {
            memcpy(to, texts[i].data, texts[i].size);
            to += texts[i].size;
        }
        begun = true;
    }
    *out = formula_text((struct text){whole, (size_t)(to - whole)});
    return FORMULA_FINE;
}

enum { FEW_TEXTS = 16 };

/* What nearly every formula joins: a few texts, some of them empty. False: other values. */
static bool few_texts(const struct formula_value *args, size_t count, struct text few[static FEW_TEXTS])
{
    for (size_t i = 0; i < count; i++) {
        if (args[i].type != FORMULA_TEXT && args[i].type != FORMULA_EMPTY) {
            return false;
        }
        few[i] = args[i].type == FORMULA_TEXT ? args[i].text : TEXT("");
    }
    return true;
}

static enum formula_error joined(struct formula_machine *m, const struct formula_value *args, size_t first,
                                 size_t count, struct text separator, bool skip_empty, struct formula_value *out)
{
    struct text few[FEW_TEXTS], *texts = few;
    bool plain = count - first <= FEW_TEXTS && few_texts(args + first, count - first, few);
    size_t total = plain ? count - first : 0, size = 0;
    enum formula_error error = plain ? FORMULA_FINE : texts_of(m, args, first, count, &texts, &total);
    for (size_t i = 0; !error && texts && i < total; i++) {
        size += texts[i].size + separator.size;
    }
    return error ? error : put_joined(m, texts, texts ? total : 0, size, separator, skip_empty, out);
}

enum formula_error formula_textjoin(struct formula_machine *m, const struct formula_value *args, size_t count,
                                    struct formula_value *out)
{
    return joined(m, args, 2, count, args[0].text, args[1].flag, out);
}

enum formula_error formula_concat(struct formula_machine *m, const struct formula_value *args, size_t count,
                                  struct formula_value *out)
{
    return joined(m, args, 0, count, TEXT(""), false, out);
}

enum formula_error formula_split(struct formula_machine *m, const struct formula_value *args, size_t count,
                                 struct formula_value *out)
{
    (void)count;
    struct text rest = args[0].text, separator = args[1].text;
    size_t many = rest.size > 0;
    ptrdiff_t at;
    for (struct text t = rest; separator.size > 0 && many > 0 && (at = text_find(t, separator)) >= 0; many++) {
        size_t past = (size_t)at + separator.size;
        t = (struct text){t.data + past, t.size - past};
    }
    if (many > FORMULA_ITEMS_MAX) {
        return formula_blame(m, 0, FORMULA_RANGE, "a list of more than 10000 items");
    }
    struct formula_value *items = formula_take(m, many * sizeof *items);
    if (!items) {
        return FORMULA_RANGE;
    }
    for (size_t i = 0; i < many; i++) {
        at = i + 1 < many ? text_find(rest, separator) : (ptrdiff_t)rest.size;
        size_t past = (size_t)at + (i + 1 < many ? separator.size : 0);
        items[i] = formula_text((struct text){rest.data, (size_t)at});
        rest = (struct text){rest.data + past, rest.size - past};
    }
    out->type = FORMULA_LIST;
    out->list.items = items;
    out->list.count = many;
    out->list.json = (struct text){NULL, 0};
    return FORMULA_FINE;
}

enum formula_error formula_index(struct formula_machine *m, const struct formula_value *args, size_t count,
                                 struct formula_value *out)
{
    (void)count;
    const struct formula_value *items;
    size_t many;
    int64_t n;
    enum formula_error error = formula_items(m, &args[0], &items, &many);
    if (!error && decimal_whole(&args[1].number, &n) == 0 && n >= 1 && (uint64_t)n <= many) {
        *out = items[n - 1];
    }
    return error;
}

/* ---- HASH ---- */

enum formula_error formula_hash(struct formula_machine *m, const struct formula_value *args, size_t count,
                                struct formula_value *out)
{
    enum { HEX = 16, SIZE_ROOM = 24 };
    struct text texts[FORMULA_ARGUMENTS_MAX];
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        enum formula_error error = FORMULA_FINE;
        if (args[i].type == FORMULA_LIST) {
            texts[i] = formula_value_text(&args[i], m->run->arena);
        } else {
            error = formula_as_text(m, &args[i], &texts[i]);
        }
        if (error) {
            return error == FORMULA_RANGE ? error : formula_blame(m, (int)i, error, "texts are needed");
        }
        size += texts[i].size + SIZE_ROOM;
    }
    struct buffer buffer = formula_buffer(m, size);
    for (size_t i = 0; i < count; i++) {
        char in_front[SIZE_ROOM]; /* so that ("a", "b") and ("ab", "") differ */
        int digits = snprintf(in_front, sizeof in_front, "%zu:", texts[i].size);
        buffer_add(&buffer, in_front, (size_t)digits);
        buffer_add_text(&buffer, texts[i]);
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    char *to = formula_take(m, HEX + 1);
    if (!to || buffer.failed || EVP_Digest(buffer.data, buffer.size, digest, NULL, EVP_sha256(), NULL) != 1) {
        return formula_blame(m, -1, FORMULA_RANGE, NULL);
    }
    for (size_t i = 0; i < HEX / 2; i++) {
        snprintf(to + 2 * i, 3, "%02x", (unsigned)digest[i]);
    }
    *out = formula_text((struct text){to, HEX});
    return FORMULA_FINE;
}
