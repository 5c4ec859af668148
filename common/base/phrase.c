#include "common/base/phrase.h"

#include <ctype.h>

enum { STEPS_MAX = 20000 /* of one look: a text that fits nowhere gives up in time */ };

/* A conversion of a format. */
struct conversion {
    size_t size;     /* bytes, with the % */
    size_t argument; /* of "%2$s": 2; 0 = the next one */
    size_t stars;    /* widths and precisions that arguments give */
    char letter;     /* s, d, f, c or % */
};

static struct conversion conversion_at(const char *p)
{
    struct conversion out = {.size = 1};
    const char *at = p + 1;
    size_t number = 0;
    for (; *at && strchr("0123456789.*-+ #$hlzjt", *at); at++) {
        bool digit = *at >= '0' && *at <= '9';
        if (*at == '$' && out.argument == 0) {
            out.argument = number;
        }
        out.stars += *at == '*';
        number = digit && number < 1000 ? number * 10 + (size_t)(*at - '0') : 0;
    }
    out.letter = *at;
    out.size = (size_t)(at - p) + (*at != '\0');
    if (*at && strchr("iuxXdo", *at)) {
        out.letter = 'd';
    } else if (*at && strchr("eEgGf", *at)) {
        out.letter = 'f';
    }
    return out;
}

size_t phrase_weight(const char *format)
{
    size_t letters = 0, slots = 0;
    while (*format) {
        if (*format == '%') {
            struct conversion c = conversion_at(format);
            slots += c.letter != '%';
            format += c.size;
        } else {
            letters += isalpha((unsigned char)*format) || (unsigned char)*format >= 0x80;
            format++;
        }
    }
    return slots <= PHRASE_SLOTS ? letters : 0;
}

struct phrase_reading {
    struct phrase_match *out;
    int steps;
};

/* Bytes of the number at the front, blanks of its width with it; 0 = there is none. */
static size_t number_size(struct text t)
{
    size_t at = 0, digits = 0;
    while (at < t.size && t.data[at] == ' ') {
        at++;
    }
    at += at < t.size && (t.data[at] == '-' || t.data[at] == '+');
    for (; at < t.size && (isxdigit((unsigned char)t.data[at]) || t.data[at] == '.'); at++) {
        digits += isdigit((unsigned char)t.data[at]) != 0;
    }
    while (at > 0 && digits > 0 && t.data[at - 1] == '.') { /* the sentence's end, not the number's */
        at--;
    }
    return digits > 0 ? at : 0;
}

static bool read_from(struct phrase_reading *reading, const char *begin, const char *p, struct text t, size_t slot);

/* The word at the front: up to a blank or the mark that ends it. */
static size_t word_size(struct text t)
{
    size_t size = 0;
    while (size < t.size && t.data[size] != ' ' && t.data[size] != ';') {
        if (strchr(":,", t.data[size]) && (size + 1 == t.size || t.data[size + 1] == ' ')) {
            break;
        }
        size++;
    }
    return size;
}

static bool read_rest(struct phrase_reading *reading, const char *begin, const char *rest, struct text t, size_t slot,
                      size_t size)
{
    if (read_from(reading, begin, rest, (struct text){t.data + size, t.size - size}, slot + 1)) {
        reading->out->slots[slot].text.size = size;
        return true;
    }
    return false;
}

/* Tries every end of a %s, the nearest first; where another conversion follows at once, a word first. */
static bool read_words(struct phrase_reading *reading, const char *begin, const char *rest, struct text t, size_t slot)
{
    if (*rest == '\0') {
        return read_rest(reading, begin, rest, t, slot, t.size);
    }
    if (*rest == '%' && rest[1] != '%' && read_rest(reading, begin, rest, t, slot, word_size(t))) {
        return true;
    }
    for (size_t size = 0; size <= t.size && reading->steps > 0; size++) {
        bool may = *rest == '%' || (size < t.size && t.data[size] == *rest);
        if (may && read_rest(reading, begin, rest, t, slot, size)) {
            return true;
        }
    }
    return false;
}

static bool read_from(struct phrase_reading *reading, const char *begin, const char *p, struct text t, size_t slot)
{
    for (; reading->steps-- > 0; t.data++, t.size--, p++) {
        struct conversion c = {.size = 1, .letter = '%'};
        if (*p == '%') {
            c = conversion_at(p);
        }
        if (c.letter == '%') {
            if (*p == '\0') {
                reading->out->count = slot;
                return t.size == 0;
            }
            if (t.size == 0 || *t.data != *p) {
                return false;
            }
            p += c.size - 1;
            continue;
        }
        if (slot == PHRASE_SLOTS) {
            return false;
        }
        struct phrase_slot *own = &reading->out->slots[slot];
        size_t before = slot > 0 ? own[-1].argument : 0;
        *own = (struct phrase_slot){
            {t.data, 0}, before + c.stars + 1, c.letter == 's', p > begin && strchr("'\"`", p[-1])};
        if (c.letter == 's') {
            return read_words(reading, begin, p + c.size, t, slot);
        }
        own->text.size = c.letter == 'c' ? (t.size > 0 ? 1U : 0U) : number_size(t);
        size_t size = own->text.size;
        return size > 0 && read_from(reading, begin, p + c.size, (struct text){t.data + size, t.size - size}, slot + 1);
    }
    return false;
}

bool phrase_read(const char *format, struct text text, struct phrase_match *out)
{
    size_t length = strlen(format);
    char last = length > 0 ? format[length - 1] : '\0';
    /* Most formats begin or end in another way. */
    if (text.size == 0 || (*format != '%' && *format != *text.data) ||
        (!isalpha((unsigned char)last) && last != '%' && last != text.data[text.size - 1])) {
        return false;
    }
    struct phrase_reading reading = {out, STEPS_MAX};
    return text.size <= PHRASE_TEXT_MAX && read_from(&reading, format, format, text, 0);
}

static const struct phrase_slot *slot_of(const struct phrase_match *match, size_t argument)
{
    for (size_t i = 0; i < match->count; i++) {
        if (match->slots[i].argument == argument) {
            return &match->slots[i];
        }
    }
    return NULL;
}

void phrase_write(struct buffer *out, const char *format, const struct phrase_match *match,
                  void (*put)(void *user, struct buffer *out, const struct phrase_slot *slot), void *user)
{
    size_t argument = 0;
    while (*format) {
        struct conversion c = {.size = 1, .letter = '%'};
        if (*format == '%') {
            c = conversion_at(format);
        }
        if (c.letter == '%') {
            buffer_add_char(out, *format);
        } else {
            argument = c.argument > 0 ? c.argument : argument + c.stars + 1;
            const struct phrase_slot *slot = slot_of(match, argument);
            if (slot) {
                put(user, out, slot);
            }
        }
        format += c.size;
    }
}
