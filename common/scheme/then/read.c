#include "common/scheme/then/read.h"

enum { BODY_MAX = 4000 /* bytes */, WORDS_MAX = 100, PATH_MAX_BYTES = 100 };

static struct text keep_text(const struct then_reading *r, struct text t)
{
    struct text kept = arena_text(r->keep, t.data ? t : TEXT(""));
    r->faults->memory = r->faults->memory || !kept.data;
    return kept.data ? kept : TEXT("");
}

/* Letters, digits and _ -, as a name in a metric and in a store; a path may have . and / behind its first letter. */
static bool is_plain(struct text t, bool path)
{
    for (size_t i = 0; i < t.size; i++) {
        char c = t.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '-' && !(path && i > 0 && (c == '.' || c == '/'))) {
            return false;
        }
    }
    return t.size > 0 && t.size <= PATH_MAX_BYTES;
}

/* Cuts the body at its one "{{id}}" or "{{number}}". With `most` above 1 that is the one element of a list. */
static void read_body(const struct then_reading *r, const cJSON *node, struct scheme_step *step)
{
    static const struct text marks[] = {{"\"{{id}}\"", 8}, {"\"{{number}}\"", 12}};
    struct buffer json;
    buffer_init(&json, BODY_MAX);
    json_put_tree(&json, node);
    struct text body = buffer_text(&json), mark = marks[0];
    ptrdiff_t at = text_find(body, mark);
    step->by_number = at < 0;
    if (at < 0) {
        mark = marks[1];
        at = text_find(body, mark);
    }
    struct text before = {body.data, at < 0 ? 0 : (size_t)at};
    struct text behind =
        at < 0 ? TEXT("") : (struct text){body.data + at + mark.size, body.size - (size_t)at - mark.size};
    if (json.failed) {
        scheme_fault(r->faults, r->file, node, "more than %d bytes", BODY_MAX);
    } else if (at < 0 || text_find(behind, marks[0]) >= 0 || text_find(behind, marks[1]) >= 0) {
        scheme_fault(r->faults, r->file, node,
                     "needs one value \"{{id}}\" or \"{{number}}\": of the record in the target");
    } else if (step->most > 1 && (before.size == 0 || before.data[before.size - 1] != '[' || behind.data[0] != ']')) {
        scheme_fault(
            r->faults, r->file, node,
            "with \"most\" above 1 a call names several records, so it must stand alone in a list: [\"{{id}}\"]");
    }
    step->before = keep_text(r, before);
    step->behind = keep_text(r, behind);
    buffer_fini(&json);
}

static void read_words(const struct then_reading *r, const cJSON *list, struct target_words *out)
{
    size_t count = (size_t)cJSON_GetArraySize(list);
    struct text *items = arena_take(r->keep, (count + 1) * sizeof *items);
    if (!items || count > WORDS_MAX) {
        r->faults->memory = r->faults->memory || !items;
        if (items) {
            scheme_fault(r->faults, r->file, list, "more than %d texts", WORDS_MAX);
        }
        return;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && item->valuestring[0]) {
            items[out->count++] = keep_text(r, json_text(item));
        } else {
            scheme_fault(r->faults, r->file, item, "must be a text that is not empty");
        }
    }
    out->items = items;
}

static void read_step(const struct then_reading *r, const cJSON *node, struct scheme_step *step)
{
    const cJSON *done = json_get(node, "done");
    *step = (struct scheme_step){.name = keep_text(r, text_of(node->string))};
    if (!is_plain(step->name, false)) {
        scheme_fault(r->faults, r->file, node, "a step needs a name of letters, digits, _ and -: audit");
    }
    if (!scheme_check(r->faults, r->file, node, DOCUMENT_TARGET_API, "/then/*") ||
        !scheme_check(r->faults, r->file, done, DOCUMENT_TARGET_API, "/then/*/done")) {
        return;
    }
    step->label = keep_text(r, scheme_get_text(node, "label"));
    step->path = keep_text(r, scheme_get_text(node, "path"));
    if (!is_plain(step->path, true)) {
        scheme_fault(r->faults, r->file, json_get(node, "path"),
                     "no path: letters, digits and . _ - / only, and no / in front");
    }
    step->most = scheme_get_integer(node, "most", 1);
    step->done_field = keep_text(r, scheme_get_text(done, "field"));
    step->done_value = keep_text(r, scheme_get_text(done, "value"));
    read_body(r, json_get(node, "body"), step);
    read_words(r, json_get(node, "words"), &step->words);
}

void then_read(const struct then_reading *r, struct target_form *form)
{
    const cJSON *then = json_get(r->file->root, "then");
    int count = cJSON_IsObject(then) ? cJSON_GetArraySize(then) : 0;
    if (count > SCHEME_STEPS_MAX) {
        scheme_fault(r->faults, r->file, then, "more than %d steps", SCHEME_STEPS_MAX);
        return;
    }
    struct scheme_step *steps = arena_take(r->keep, ((size_t)count + 1) * sizeof *steps);
    if (!steps) {
        r->faults->memory = true;
        return;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, then)
    {
        read_step(r, item, &steps[form->step_count++]);
    }
    form->steps = steps;
}
