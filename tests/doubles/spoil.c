#include "spoil.h"

#include "shops.h"

struct spoil_settings spoil_settings;

/* `shops`: one number, several ("S000001,S000002"), or all. */
static bool is_named(const char *shops, uint32_t entry)
{
    struct blob number = {0};
    shop_number(&number, entry);
    const char *found = strstr(shops, blob_text(&number));
    char after = found ? found[number.length] : 'x';
    bool hit = strcmp(shops, "all") == 0 || after == '\0' || after == ',';
    blob_fini(&number);
    return hit;
}

static bool falls_on(uint32_t entry, bool first)
{
    return *spoil_settings.shop == '\0' ? first : is_named(spoil_settings.shop, entry);
}

/* Where the value of a member starts in the shop that stands from `start` on; NULL when it has no such member. */
static char *value_of(struct blob *out, size_t start, const char *name)
{
    struct blob member = {0};
    blob_printf(&member, "\"%s\":", name);
    blob_text(out);
    char *found = memmem(out->data + start, out->length - start, member.data, member.length);
    size_t length = member.length;
    blob_fini(&member);
    return found ? found + length : NULL;
}

/* Bytes of the value that starts here: a string or a number. */
static size_t value_length(const char *value)
{
    if (*value != '"') {
        return strcspn(value, ",}");
    }
    size_t length = 1;
    for (; value[length] != '"'; length++) {
        length += value[length] == '\\';
    }
    return length + 1;
}

/* Puts `text` in the place of `cut` bytes at `at`. */
static void splice(struct blob *out, size_t at, size_t cut, const struct blob *text)
{
    blob_reserve(out, text->length);
    memmove(out->data + at + text->length, out->data + at + cut, out->length - at - cut);
    if (text->length > 0) {
        memcpy(out->data + at, text->data, text->length);
    }
    out->length = out->length - cut + text->length;
}

static void pad(struct blob *out, size_t start)
{
    struct blob text = {0};
    const char *value = value_of(out, start, "remark");
    blob_reserve(&text, (size_t)spoil_settings.pad);
    memset(text.data, 'x', (size_t)spoil_settings.pad);
    text.length = (size_t)spoil_settings.pad;
    splice(out, (size_t)(value - out->data) + 1, 0, &text);
    blob_fini(&text);
}

static void put_extra(struct blob *text)
{
    blob_puts(text, ",\"ext\":");
    if (spoil_settings.damage == SPOIL_EXTRA_BROKEN) {
        blob_puts(text, "{\"a\":nope,'b':[1,,2,],\"c\":01,\"d\" \"}]\"}");
        return;
    }
    for (int64_t i = 0; i < spoil_settings.depth; i++) {
        blob_puts(text, i % 2 ? "[" : "{\"a\":");
    }
    blob_puts(text, "1");
    for (int64_t i = spoil_settings.depth; i > 0; i--) {
        blob_puts(text, (i - 1) % 2 ? "]" : "}");
    }
}

static void damage(struct blob *out, size_t start)
{
    static const char *const inside[] = {"", "\\ud83d", "\\u0000", "\xff\xc3", "", "", "",
                                         "", "",        " \\t　",  "\"",       "", "", ""};
    static const char *const whole[] = {"",     "",     "", "", "nope", "[10]", "{\"no\":10}",
                                        "true", "null", "", "", "",     "",     ""};
    struct blob text = {0};
    char *value = value_of(out, start, spoil_settings.field);
    size_t at = value ? (size_t)(value - out->data) : 0;
    if (spoil_settings.damage == SPOIL_UNCLOSED) {
        splice(out, out->length - 1, 1, &text);
    } else if (spoil_settings.damage >= SPOIL_EXTRA_BROKEN) {
        put_extra(&text);
        splice(out, out->length - 1, 0, &text);
    } else if (value && *whole[spoil_settings.damage]) {
        blob_puts(&text, whole[spoil_settings.damage]);
        splice(out, at, value_length(value), &text);
    } else if (value && *value == '"') {
        blob_puts(&text, inside[spoil_settings.damage]);
        splice(out, at + value_length(value) - 1, 0, &text);
    }
    blob_fini(&text);
}

void spoil_render(struct blob *out, uint32_t entry, bool first)
{
    size_t start = out->length;
    shop_render(out, entry);
    if (spoil_settings.pad > 0 && (*spoil_settings.pad_shop == '\0' || is_named(spoil_settings.pad_shop, entry))) {
        pad(out, start);
    }
    if (spoil_settings.damage != SPOIL_NONE && falls_on(entry, first)) {
        damage(out, start);
    }
}
