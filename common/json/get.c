#include "common/json/json.h"

#include <math.h>
#include <string.h>

const cJSON *json_get(const cJSON *object, const char *name)
{
    if (!cJSON_IsObject(object)) {
        return NULL;
    }
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        if (member->string && strcmp(member->string, name) == 0) {
            return member;
        }
    }
    return NULL;
}

struct text json_text(const cJSON *item)
{
    return cJSON_IsString(item) ? text_of(item->valuestring) : (struct text){NULL, 0};
}

int json_integer(const cJSON *item, int64_t *out)
{
    if (cJSON_IsString(item)) {
        return text_integer(text_of(item->valuestring), out);
    }
    /* Numbers of more than 15 digits are strings after the pass: what is left is exact. */
    if (!cJSON_IsNumber(item) || item->valuedouble != floor(item->valuedouble) || fabs(item->valuedouble) > 9.0e15) {
        return ERR_SYNTAX;
    }
    *out = (int64_t)item->valuedouble;
    return 0;
}

int json_flag(const cJSON *item, bool *out)
{
    if (cJSON_IsBool(item) || cJSON_IsNull(item)) {
        *out = cJSON_IsTrue(item);
        return 0;
    }
    if (cJSON_IsNumber(item) && (item->valuedouble == 0.0 || item->valuedouble == 1.0)) {
        *out = item->valuedouble == 1.0;
        return 0;
    }
    static const struct {
        const char *word;
        bool flag;
    } words[] = {{"1", true}, {"true", true}, {"0", false}, {"false", false}, {"", false}};
    for (size_t i = 0; cJSON_IsString(item) && i < sizeof words / sizeof *words; i++) {
        if (strcmp(item->valuestring, words[i].word) == 0) {
            *out = words[i].flag;
            return 0;
        }
    }
    return ERR_SYNTAX;
}
