#include "common/scheme/formula/record.h"

#include <stdio.h>

#include "common/config/config.h"
#include "common/scheme/cast.h"
#include "common/scheme/formula/table.h"

int formula_record_init(struct formula_record *record, struct arena *arena, const cJSON *object, const cJSON *tables,
                        struct cause *why)
{
    const cJSON *item;
    record->arena = arena;
    record->object = object;
    record->count = record->table_count = 0;
    cJSON_ArrayForEach(item, object)
    {
        if (record->count == RECORD_FIELDS_MAX) {
            return cause_set(why, ERR_SYNTAX, "more than %d fields", RECORD_FIELDS_MAX);
        }
        int error = scheme_value_of(item, arena, &record->slots[record->count++]);
        if (error) {
            return error;
        }
    }
    cJSON_ArrayForEach(item, tables)
    {
        if (record->table_count == RECORD_TABLES_MAX || !cJSON_IsObject(item)) {
            return cause_set(why, ERR_SYNTAX, "tables are objects, at most %d of them", RECORD_TABLES_MAX);
        }
        int error = formula_table_of_json(arena, item, &record->tables[record->table_count], why);
        if (error) {
            return error;
        }
        record->table_names[record->table_count++] = item->string;
    }
    return 0;
}

/* "no such field; did you mean price?" */
static bool missing(const char *what, struct text name, const char *const *names, size_t count, struct cause *why)
{
    char word[64];
    snprintf(word, sizeof word, "%.*s", name.size < sizeof word ? (int)name.size : 0, name.data);
    const char *nearest = word[0] && count > 0 ? config_nearest(word, names, count) : NULL;
    if (nearest) {
        cause_set(why, ERR_NOT_FOUND, "no such %s; did you mean %s?", what, nearest);
    } else {
        cause_set(why, ERR_NOT_FOUND, "no such %s", what);
    }
    return false;
}

static bool find_field(const struct formula_record *record, struct text name, struct formula_meaning *out,
                       struct cause *why)
{
    const char *names[RECORD_FIELDS_MAX];
    size_t count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, record->object)
    {
        if (text_equal(text_of(item->string), name)) {
            out->index = (int)count;
            return true;
        }
        names[count++] = item->string;
    }
    return missing("field", name, names, count, why);
}

static bool find(void *user, enum formula_name kind, struct text name, struct formula_meaning *out, struct cause *why)
{
    const struct formula_record *record = user;
    switch (kind) {
    case NAME_FIELD:
        return find_field(record, name, out, why);
    case NAME_TABLE:
        for (size_t i = 0; i < record->table_count; i++) {
            if (text_equal(text_of(record->table_names[i]), name)) {
                out->table = record->tables[i];
                out->index = 0;
                return true;
            }
        }
        return missing("table", name, record->table_names, record->table_count, why);
    case NAME_LOOKUP:
        return true;
    case NAME_VARIABLE:
    case NAME_SCRIPT:
        cause_set(why, ERR_NOT_FOUND, "known only with a scheme (--scheme FILE)");
        return false;
    case NAME_MEMBER:
        break;
    }
    return false;
}

struct formula_scope formula_record_scope(struct formula_record *record)
{
    return (struct formula_scope){.user = record, .find = find};
}

struct formula_run formula_record_run(struct formula_record *record)
{
    return (struct formula_run){.slots = record->slots, .arena = record->arena};
}
