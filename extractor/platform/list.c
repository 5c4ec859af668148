#include "extractor/platform/list.h"

#include <stdio.h>

enum { NESTING = 4 /* of lists in objects and strings */ };

enum shape {
    SHAPE_OTHER,   /* a word, a number, a text, or something that nobody knows */
    SHAPE_NOTHING, /* null, "", [], {} */
    SHAPE_RECORDS, /* elements or members, each a record */
    SHAPE_ONE,     /* a record without a list */
};

struct found {
    enum shape shape;
    struct text text; /* of the list, or of the one record */
    size_t count;     /* SHAPE_RECORDS: how many */
};

static int judge(struct text value, const struct list_form *form, struct arena *arena, int depth, struct found *out);

/* What the members of a list or object are. */
struct census {
    size_t count, objects, lists;
    bool has_id;     /* a member named as the id is a text or a number */
    struct text one; /* the last one */
};

static int census_take(struct text value, const struct list_form *form, struct census *out)
{
    struct json_walk walk;
    struct text name, member;
    int error = json_walk_marked(&walk, value, form->marks), more = 0;
    *out = (struct census){0};
    while (!error && (more = json_walk_next(&walk, &name, &member)) == 1) {
        char first = member.data[0];
        out->count++;
        out->objects += first == '{';
        out->lists += first == '[';
        out->has_id = out->has_id || (walk.object && text_equal(name, form->id) && first != '{' && first != '[');
        out->one = member;
    }
    return error ? error : more;
}

static int judge_object(struct text value, const struct list_form *form, struct arena *arena, int depth,
                        struct found *out)
{
    struct census census;
    int error = census_take(value, form, &census);
    if (error) {
        return error;
    }
    if (census.count == 0) {
        out->shape = SHAPE_NOTHING;
    } else if (census.has_id) {
        *out = (struct found){SHAPE_ONE, value, 1};
    } else if (census.count == 1) {
        error = judge(census.one, form, arena, depth + 1, out); /* {"shop":[…]}, or a list that has one record */
        out->shape = out->shape == SHAPE_NOTHING && census.objects > 0 ? SHAPE_OTHER : out->shape;
    } else if (census.objects == census.count) {
        *out = (struct found){SHAPE_RECORDS, value, census.count};
    }
    return error;
}

static int judge_list(struct text value, const struct list_form *form, struct found *out)
{
    struct census census;
    int error = census_take(value, form, &census);
    if (!error && census.count == 0) {
        out->shape = SHAPE_NOTHING;
    } else if (!error && census.objects > 0) {
        *out = (struct found){SHAPE_RECORDS, value, census.count}; /* an element that is no object becomes a reject */
    }
    return error;
}

static int judge(struct text value, const struct list_form *form, struct arena *arena, int depth, struct found *out)
{
    *out = (struct found){.shape = SHAPE_OTHER};
    if (depth > NESTING) {
        return 0;
    }
    if (value.data[0] == '{') {
        return judge_object(value, form, arena, depth, out);
    }
    if (value.data[0] == '[') {
        return judge_list(value, form, out);
    }
    if (value.data[0] != '"') {
        out->shape = text_equal(value, TEXT("null")) ? SHAPE_NOTHING : SHAPE_OTHER;
        return 0;
    }
    struct text inner, json;
    bool repaired;
    int error = json_decode_text(value, arena, &inner, &repaired);
    if (error) {
        return error == ERR_MEMORY ? error : 0;
    }
    inner = text_trim(inner);
    if (inner.size == 0) {
        out->shape = SHAPE_NOTHING;
    } else if ((inner.data[0] == '{' || inner.data[0] == '[') && json_take(&inner, &json) == 0 && inner.size == 0) {
        error = judge(json, form, arena, depth + 1, out);
        if (error == ERR_SYNTAX) { /* of the string, not of the reply */
            *out = (struct found){.shape = SHAPE_OTHER};
            error = 0;
        }
    }
    return error;
}

/* The array of records. */
static int records_take(const struct found *found, const struct list_form *form, struct arena *arena, struct list *out)
{
    struct json_walk walk;
    struct text name, value;
    size_t count = found->count;
    out->state = LIST_FOUND;
    if (found->shape == SHAPE_NOTHING) {
        return 0;
    }
    bool one = found->shape == SHAPE_ONE;
    if (count > LIST_ROWS_MAX) {
        return ERR_LIMIT;
    }
    struct text *records = arena_take(arena, (count + 1) * sizeof *records);
    if (!records) {
        return ERR_MEMORY;
    }
    records[0] = found->text;
    if (!one) {
        (void)!json_walk_marked(&walk, found->text, form->marks);
        for (size_t i = 0; i < count && json_walk_next(&walk, &name, &value) == 1; i++) {
            records[i] = value;
        }
    }
    out->records = records;
    out->count = count;
    return 0;
}

static void seen_add(char seen[LIST_SEEN_ROOM], struct text name, struct text value)
{
    size_t used = strlen(seen);
    char first = value.data[0];
    const char *kind = first == '{' ? " {…}" : first == '[' ? " […]" : "";
    (void)snprintf(seen + used, LIST_SEEN_ROOM - used, "%s%.*s%s", used ? ", " : "", (int)text_cut(name, 40), name.data,
                   kind);
}

static bool is_key(const struct list_form *form, struct text name, size_t *rank)
{
    for (size_t i = 0; i < form->key_count; i++) {
        if (text_equal(form->keys[i], name)) {
            *rank = i;
            return true;
        }
    }
    return false;
}

int list_find(struct text object, const struct list_form *form, struct arena *arena, struct list *out)
{
    struct json_walk walk;
    struct text name, value;
    struct found best = {.shape = SHAPE_OTHER}, found;
    size_t best_rank = SIZE_MAX, rank = 0, candidates = 0, containers = 0;
    bool named = false;
    *out = (struct list){.state = LIST_UNKNOWN};
    int error = json_walk_marked(&walk, object, form->marks), more = 0;
    while (!error && (more = json_walk_next(&walk, &name, &value)) == 1) {
        seen_add(out->seen, name, value);
        bool key = is_key(form, name, &rank);
        error = judge(value, form, arena, 0, &found);
        bool container = value.data[0] == '{' || value.data[0] == '[';
        if (key && rank < best_rank) {
            best = found;
            best_rank = rank;
            named = true;
        } else if (!named && !key && found.shape >= SHAPE_RECORDS) {
            best = found;
            candidates++;
        }
        containers += !key && container && found.shape == SHAPE_OTHER;
    }
    if (error || more) {
        return error ? error : more;
    }
    if ((named && best.shape != SHAPE_OTHER) || (!named && candidates == 1)) {
        return records_take(&best, form, arena, out);
    }
    if (!named && candidates == 0 && containers == 0) {
        out->state = LIST_ABSENT;
    }
    return 0;
}

int list_of_value(struct text value, const struct list_form *form, struct arena *arena, struct list *out)
{
    struct found found;
    *out = (struct list){.state = LIST_UNKNOWN};
    int error = judge(value, form, arena, 0, &found);
    bool plain = found.shape != SHAPE_RECORDS || found.text.data[0] == '[';
    bool object = value.data[0] == '{' && found.shape == SHAPE_NOTHING;
    if (error || found.shape == SHAPE_OTHER || !plain || object) {
        return error;
    }
    return records_take(&found, form, arena, out);
}
