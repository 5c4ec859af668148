#include "mar.h"

#include <string.h>

enum mar_kind { MAR_NONE, MAR_SURROGATE, MAR_NUL, MAR_BYTES, MAR_BROKEN, MAR_NUMBER, MAR_DEEP };

struct mar_settings mar_settings;

static void put_member(struct blob *out)
{
    enum { LEVELS = 60 };
    if (mar_settings.damage != MAR_DEEP) {
        blob_puts(out, mar_settings.damage == MAR_BROKEN ? "\"ext\":nope," : "\"ext\":NaN,");
        return;
    }
    blob_puts(out, "\"ext\":");
    for (int i = 0; i < 2 * LEVELS; i++) {
        blob_puts(out, i < LEVELS ? "[" : "]");
    }
    blob_puts(out, ",");
}

/* Behind the string that starts at `at`, before its closing quote. */
static const char *string_end(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        at += *at == '\\';
    }
    return at;
}

void mar(struct blob *answer)
{
    static const char *const names[] = {"\"name\":\"", "\"msg\":\""}, *const inside[] = {"", "\\ud83d", "\\u0000",
                                                                                         "\xff\xc3"};
    struct blob out = {0};
    const char *at = answer->data, *end = at + answer->length;
    bool named = false;
    while (mar_settings.damage != MAR_NONE && at < end) {
        bool name = !named && (size_t)(end - at) > strlen(names[0]) && memcmp(at, names[0], strlen(names[0])) == 0;
        bool message = (size_t)(end - at) > strlen(names[1]) && memcmp(at, names[1], strlen(names[1])) == 0;
        if ((name || message) && mar_settings.damage >= MAR_BROKEN) {
            put_member(&out);
        } else if (name || message) {
            const char *stop = string_end(at + strlen(names[message]) - 1, end);
            blob_put(&out, at, (size_t)(stop - at));
            blob_puts(&out, inside[mar_settings.damage]);
            at = stop;
        }
        named = named || name;
        blob_put(&out, at++, 1);
    }
    if (mar_settings.damage != MAR_NONE) {
        blob_fini(answer);
        *answer = out;
    }
}
