#include "ctl/target/standing.h"

#include <stdio.h>

#include "common/base/print.h"
#include "ctl/children/call.h"

enum { LINES_MAX = 64 << 20, VALUE_MAX = 1 << 20, SHOWN_MAX = 200 };

bool standing_line(struct text *rest, struct text *line)
{
    if (rest->size == 0) {
        return false;
    }
    const char *end = memchr(rest->data, '\n', rest->size);
    *line = (struct text){rest->data, end ? (size_t)(end - rest->data) : rest->size};
    size_t taken = line->size + (end != NULL);
    *rest = (struct text){rest->data + taken, rest->size - taken};
    return true;
}

void standing_ask(struct standing *standing, struct text mapped, const char *scheme_path)
{
    struct buffer numbers;
    struct arena arena;
    struct cause cause;
    buffer_init(&numbers, LINES_MAX);
    buffer_init(&standing->lines, LINES_MAX);
    arena_init(&arena, LINES_MAX);
    for (struct text line; standing_line(&mapped, &line);) {
        const cJSON *row = NULL;
        if (json_parse(&arena, line, LINES_MAX, JSON_STRICT, &row, NULL) == 0 &&
            cJSON_IsObject(json_get(row, "payload"))) {
            buffer_add_text(&numbers, json_text(json_get(row, "number")));
            buffer_add_char(&numbers, '\n');
        }
    }
    const char *words[] = {"--find", "--scheme", scheme_path, NULL};
    standing->asked = numbers.size > 0 && !numbers.failed &&
                      child_call_quiet("loader", words, buffer_text(&numbers), &standing->lines, &cause) == 0;
    standing->rest = standing->asked ? buffer_text(&standing->lines) : TEXT("");
    arena_fini(&arena);
    buffer_fini(&numbers);
}

void standing_fini(struct standing *standing)
{
    buffer_fini(&standing->lines);
}

struct text standing_take(struct standing *standing)
{
    struct text line = TEXT("");
    (void)standing_line(&standing->rest, &line);
    return line;
}

/* As a person compares: texts without their quotes, so that 1 and "1" are the same. */
static struct text value_text(struct buffer *scratch, const cJSON *value)
{
    if (cJSON_IsString(value)) {
        return json_text(value);
    }
    buffer_clear(scratch, VALUE_MAX);
    json_put_tree(scratch, value);
    return buffer_text(scratch);
}

const char *standing_word(enum scheme_existing existing)
{
    switch (existing) {
    case EXISTING_ADOPT:
        return "is updated (existing: adopt)";
    case EXISTING_SKIP:
        return "stays as it is, unless dianchen made it (existing: skip)";
    case EXISTING_REJECT:
        break;
    }
    return "is refused, unless dianchen made it (existing: reject)";
}

/* Calls `fn` for each field that the target tells and that would change; returns their number. */
static int each_change(const cJSON *record, const cJSON *payload,
                       void (*fn)(void *user, const char *field, struct text old, struct text now), void *user)
{
    struct buffer before, after;
    buffer_init(&before, VALUE_MAX);
    buffer_init(&after, VALUE_MAX);
    int changes = 0;
    for (const cJSON *field = payload ? payload->child : NULL; field; field = field->next) {
        const cJSON *there = json_get(record, field->string);
        if (!there || cJSON_IsNull(there)) {
            continue; /* the target does not tell it */
        }
        struct text old = value_text(&before, there), now = value_text(&after, field);
        if (!text_equal(old, now)) {
            fn(user, field->string, old, now);
            changes++;
        }
    }
    buffer_fini(&before);
    buffer_fini(&after);
    return changes;
}

static void change_print(void *user, const char *field, struct text old, struct text now)
{
    (void)user;
    print_line(stdout, "    %-20s %.*s -> %.*s", field, TEXT_ARG(old), TEXT_ARG(now));
}

static void print_changes(const cJSON *record, const cJSON *payload)
{
    if (each_change(record, payload, change_print, NULL) == 0) {
        print_line(stdout, "    no field that the target tells would change");
    }
}

struct put {
    struct buffer *out;
    bool more;
};

static void change_put(void *user, const char *field, struct text old, struct text now)
{
    struct put *put = user;
    buffer_add_text(put->out, put->more ? TEXT(",{\"name\":") : TEXT("{\"name\":"));
    json_put_text(put->out, text_of(field));
    buffer_add_text(put->out, TEXT(",\"before\":"));
    json_put_text(put->out, (struct text){old.data, text_cut(old, SHOWN_MAX)});
    buffer_add_text(put->out, TEXT(",\"after\":"));
    json_put_text(put->out, (struct text){now.data, text_cut(now, SHOWN_MAX)});
    buffer_add_char(put->out, '}');
    put->more = true;
}

void standing_put(struct buffer *out, const cJSON *found, const cJSON *payload)
{
    const cJSON *stands = json_get(found, "stands");
    struct put put = {.out = out};
    buffer_format(out, "\"stands\":%s,\"fields\":[",
                  cJSON_IsTrue(stands)    ? "true"
                  : cJSON_IsFalse(stands) ? "false"
                                          : "null");
    if (cJSON_IsTrue(stands)) {
        (void)each_change(json_get(found, "record"), payload, change_put, &put);
    }
    buffer_add_char(out, ']');
}

void standing_print(const char *word, const cJSON *found, const cJSON *payload)
{
    if (cJSON_IsTrue(json_get(found, "stands"))) {
        print_line(stdout, "  target: stands there already, id %.*s: %s", TEXT_ARG(json_text(json_get(found, "id"))),
                   word);
        print_changes(json_get(found, "record"), payload);
    } else if (cJSON_IsFalse(json_get(found, "stands"))) {
        print_line(stdout, "  target: nothing stands there under this number: it is created");
    } else {
        print_line(stdout, "  target: its answer is not understood: what stands there is not known");
    }
}
